/**
 * Saving credentials as a profile of AWS's shared credentials file.
 *
 * @module
 */
import { dirname } from "node:path";
import type { AwsCredentialIdentity } from "../../aws/credential_types.ts";
import { parseKeys } from "../../aws/keys.ts";
import { parseIni } from "../../aws/ini.ts";
import { readSharedFiles } from "../../aws/shared_files.ts";
import { asUsageError, InvalidInput, S3CredentialsError } from "../../errors.ts";
import { escapeName } from "../../escape.ts";
import { infoIfExists } from "../../file_info.ts";
import { checkProfileName } from "../format.ts";
import { PrivateFile, withFileErrors } from "./private_file.ts";
import { withProfile } from "./profile_text.ts";

const FILE_VARIABLE = "AWS_SHARED_CREDENTIALS_FILE";

/** Where and how to save a profile. */
export interface SaveProfileOptions {
  /**
   * Whether a profile of this name may be replaced: its key, and nothing else of it.
   *
   * @default {false}
   */
  force?: boolean;
  /** The region of the profile. If omitted, nothing is said of it. */
  region?: string;
  /** The endpoint of the profile, if it isn't Amazon's. */
  endpointUrl?: string;
  /** Looks up an environment variable, such as `AWS_SHARED_CREDENTIALS_FILE`. If omitted, the process's. */
  env?: (name: string) => string | undefined;
}

/** Settings of a profile that AWS's tools prefer to a key, or mix with it. */
const OTHER_SOURCES = [
  ...["role_arn", "web_identity_token_file", "login_session"],
  ...["sso_session", "sso_start_url", "sso_account_id"],
];

/**
 * Saves credentials as a profile of AWS's shared credentials file, where AWS's tools and SDKs find them.
 * All else in the file stays as it is, byte for byte; it is replaced as a whole, and only its owner may
 * read it. Runs at the same time wait for each other.
 *
 * @param name the profile's name
 * @param credentials the credentials
 * @param options whether to replace a profile; its region and endpoint
 * @returns the path of the file
 * @throws {S3CredentialsError} `conflict` if there is such a profile, `file` if the file can't be
 * written, or is none that AWS's tools can read
 *
 * @example A profile for a colleague's machine
 * ```ts
 * import { saveProfile } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * const path = await Deno.makeTempFile();
 * const env = (name: string) => name === "AWS_SHARED_CREDENTIALS_FILE" ? path : undefined;
 * await saveProfile("photos", { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret" }, { env });
 * assert.match(await Deno.readTextFile(path), /^\[photos\]\naws_access_key_id = AKIAEXAMPLE\n/);
 * ```
 */
export async function saveProfile(
  name: string,
  credentials: AwsCredentialIdentity,
  options: SaveProfileOptions = {},
): Promise<{ path: string }> {
  const keys = asUsageError(() => {
    checkProfileName(name);
    return parseKeys(credentials);
  }, "Could not save the profile");
  const path = await checkProfile(name, options);
  const { region, endpointUrl } = options;
  const settings = {
    aws_access_key_id: keys.accessKeyId,
    aws_secret_access_key: keys.secretAccessKey,
    ...(keys.sessionToken !== undefined && { aws_session_token: keys.sessionToken }),
    ...(region !== undefined && { region }),
    ...(endpointUrl !== undefined && { endpoint_url: endpointUrl }),
  };
  withFileErrors(path, () => {
    using _locked = lock(path);
    // Another run may have saved it since.
    const text = textOf(path);
    if (!options.force && hasSection(path, text, name)) throw existsAlready(name, path);
    const changed = edited(path, () => withProfile(text, name, settings));
    using file = PrivateFile.open(path, { replace: true });
    file.write(changed);
  });
  return { path };
}

/**
 * Finds out, before there are credentials, whether a profile can be saved; returns the path of the file.
 *
 * @throws {S3CredentialsError} as {@linkcode saveProfile} would
 */
export async function checkProfile(
  name: string,
  { force = false, endpointUrl, env = (name) => Deno.env.get(name) }: SaveProfileOptions,
): Promise<string> {
  const { credentials: { path, profiles }, profiles: merged } = await readSharedFiles(env);
  // The key is of one account, and must not be sent to the server of another.
  const elsewhere = endpointUrl === undefined ? ["services", "endpoint_url"] : ["services"];
  const others = [...OTHER_SOURCES, ...elsewhere].filter((one) => merged.get(name)?.has(one));
  if (others.length > 0) {
    throw new S3CredentialsError(
      "conflict",
      `Profile ${name} has ${
        others.join(", ")
      }: AWS's tools would not use the key, or not where it ` +
        "is meant for",
      { hint: "Choose another name" },
    );
  }
  if (profiles.has(name) && !force) throw existsAlready(name, path);
  withFileErrors(path, () => {
    if (env(FILE_VARIABLE) && infoIfExists(Deno.statSync, path)?.isFile === false) {
      throw noFile(path);
    }
    Deno.mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const text = infoIfExists(Deno.statSync, path) === undefined ? "" : textOf(path);
    edited(path, () => withProfile(text, name, { aws_access_key_id: "probe" }));
    PrivateFile.open(path, { replace: true })[Symbol.dispose]();
  });
  return path;
}

/** Opens the file for nobody else; it is another one if a run before replaced it. */
function lock(path: string): Disposable {
  for (;;) {
    const file = Deno.openSync(path, { read: true, write: true, create: true, mode: 0o600 });
    try {
      file.lockSync(true);
    } catch {
      // This file system has no locks.
    }
    const [locked, found] = [file.statSync(), infoIfExists(Deno.statSync, path)];
    if (found !== undefined && locked.ino === found.ino && locked.dev === found.dev) {
      return file;
    }
    file.close();
  }
}

/** The text of the file; a byte order mark, or another encoding, is nothing that AWS's tools read. */
function textOf(path: string): string {
  const bytes = Deno.readFileSync(path);
  const isMarked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  try {
    if (isMarked) throw new TypeError();
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw unreadable(path, "it is not UTF-8 without a byte order mark");
  }
}

function hasSection(path: string, text: string, name: string): boolean {
  return edited(path, () => parseIni(text).has(name));
}

function edited<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw unreadable(path, error.message);
  }
}

/** Such as the null device, which keeps AWS's tools from the user's own file. */
function noFile(path: string): S3CredentialsError {
  return new S3CredentialsError("file", `Could not write ${escapeName(path)}: not a regular file`, {
    hint: `${FILE_VARIABLE} names it: set that to the file in which to save the profile`,
  });
}

function unreadable(path: string, reason: string): S3CredentialsError {
  return new S3CredentialsError("file", `Could not change ${escapeName(path)}: ${reason}`, {
    hint: "Correct the file: AWS's other tools can't read it either",
  });
}

function existsAlready(name: string, path: string): S3CredentialsError {
  return new S3CredentialsError(
    "conflict",
    `Profile ${name} already exists in ${escapeName(path)}`,
    {
      hint: "Choose another name, or replace its key with `force`",
    },
  );
}
