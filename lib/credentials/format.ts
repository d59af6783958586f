/**
 * Credentials as text.
 *
 * @module
 */
import { parseKeys } from "../aws/keys.ts";
import { asUsageError, InvalidInput } from "../errors.ts";
import { formatTime, isoSeconds } from "../time.ts";
import { PLAIN_WORD, shellWord } from "../escape.ts";
import type { AwsCredentialIdentity } from "../aws/credential_types.ts";
import {
  type CredentialUse,
  PROGRAM_FORMATS,
  type ProgramFormat,
  programText,
} from "./delivery/program_formats.ts";
import { assignments, otherSources } from "./delivery/variables.ts";
import type { CreatedKey } from "./types.ts";

/** How {@linkcode formatCredentials} can write credentials. */
export type CredentialFormat =
  | "json"
  | "ini"
  | "env"
  | "env-no-export"
  | "powershell"
  | "fish"
  | "process"
  | ProgramFormat;

/** All formats of credentials, in the order of the help. */
export const CREDENTIAL_FORMATS: readonly CredentialFormat[] = [
  "json",
  "ini",
  "env",
  "env-no-export",
  "powershell",
  "fish",
  "process",
  ...PROGRAM_FORMATS,
];

/**
 * Writes credentials in a format that other programs read.
 *
 * - `json`: with the names that AWS's API uses, indented by four
 * - `ini`: a section for `~/.aws/credentials`
 * - `env`, `env-no-export`, `powershell`, `fish`: assignments of environment variables; all but
 *   `env-no-export`, which is no script, clear what would win over them: `AWS_PROFILE` and the like,
 *   and before permanent credentials a session token
 * - `process`: the document that `credential_process` prints, see
 *   https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 * - `rclone`, `s3cmd`, `s3fs`: a section of `rclone.conf`, an `.s3cfg`, a password file of s3fs
 * - `mc`: what `mc alias import` reads
 * - `dotenv`, `docker-env`, `github-env`: variables for an `.env` file, for `docker run --env-file`, for
 *   the file that `$GITHUB_ENV` names
 * - `k8s-secret`: the manifest of a secret of Kubernetes
 * - `duckdb`: a statement for DuckDB
 * - `windows-cmd`: assignments for the command prompt of Windows
 *
 * @param credentials what to write
 * @param format how to write it
 * @param options the details of the key; name, region, endpoint and buckets for programs that want them
 * @returns the text, without a line break at its end
 * @throws {S3CredentialsError} `usage` if a value is not one line of printable ASCII, or the format has
 * no place for it
 *
 * @example Variables for a shell
 * ```ts
 * import { formatCredentials } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * const text = formatCredentials({
 *   accessKeyId: "ASIAEXAMPLE",
 *   secretAccessKey: "example/secret",
 *   sessionToken: "token==",
 *   expiration: new Date("2026-01-01T00:00:00Z"),
 * }, "env");
 * assert.equal(text.split("\n")[0], "export AWS_ACCESS_KEY_ID=ASIAEXAMPLE");
 * ```
 */
export function formatCredentials(
  credentials: AwsCredentialIdentity,
  format: CredentialFormat,
  options: CredentialUse & {
    /** The details of a permanent key, which JSON shows. */
    accessKey?: CreatedKey["accessKey"];
  } = {},
): string {
  asUsageError(() => parseKeys(credentials), "Could not write the credentials");
  switch (format) {
    case "json":
      return JSON.stringify(printed(credentials, options.accessKey), null, 4);
    case "ini":
      return ini(credentials, options.profileName ?? "default");
    case "process":
      return JSON.stringify(processFields(credentials), null, 4);
    case "env":
      return script(
        credentials,
        (name, value) => `export ${name}=${shellWord(value)}`,
        (names) => `unset ${names.join(" ")}`,
      );
    case "env-no-export":
      return assignments(credentials, (name, value) => `${name}=${value}`);
    case "powershell":
      return script(
        credentials,
        (name, value) => `$Env:${name}=${powershellWord(value)}`,
        (names) =>
          `Remove-Item ${names.map((name) => `Env:${name}`).join(", ")} -ErrorAction Ignore`,
      );
    case "fish":
      return script(
        credentials,
        (name, value) => `set -gx ${name} ${fishWord(value)}`,
        (names) => `set -e ${names.join(" ")}`,
      );
    default:
      return asUsageError(
        () => programText(credentials, format, options),
        `Could not write the credentials for ${format}`,
      );
  }
}

/** The fields in the order in which AWS gives them. */
function printed(
  { accessKeyId, secretAccessKey, sessionToken, expiration }: AwsCredentialIdentity,
  key: CreatedKey["accessKey"] | undefined,
): Record<string, string | undefined> {
  return {
    UserName: key?.userName,
    AccessKeyId: accessKeyId,
    Status: key?.status,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: expiration && formatTime(expiration),
    CreateDate: key && formatTime(key.createDate),
  };
}

function ini(credentials: AwsCredentialIdentity, section: string): string {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  return [
    `[${section}]`,
    `aws_access_key_id=${accessKeyId}`,
    `aws_secret_access_key=${secretAccessKey}`,
    ...(sessionToken === undefined ? [] : [`aws_session_token=${sessionToken}`]),
  ].join("\n");
}

/** The fields that `credential_process` prints. */
export function processFields(
  { accessKeyId, secretAccessKey, sessionToken, expiration }: AwsCredentialIdentity,
): Record<string, string | number | undefined> {
  return {
    Version: 1,
    AccessKeyId: accessKeyId,
    SecretAccessKey: secretAccessKey,
    SessionToken: sessionToken,
    Expiration: expiration && isoSeconds(expiration),
  };
}

/** Assigns the credentials, and clears what would be used in place of them or beside them. */
function script(
  credentials: AwsCredentialIdentity,
  assign: (name: string, value: string) => string,
  clear: (names: readonly string[]) => string,
): string {
  return `${assignments(credentials, assign)}\n${clear(otherSources(credentials))}`;
}

function fishWord(value: string): string {
  return PLAIN_WORD.test(value) ? value : `'${value.replace(/['\\]/g, "\\$&")}'`;
}

function powershellWord(value: string): string {
  return PLAIN_WORD.test(value) ? `"${value}"` : `'${value.replaceAll("'", "''")}'`;
}

/** @throws {RangeError} if a name can't stand between the brackets of a section of INI text */
export function checkProfileName(name: string): void {
  // deno-lint-ignore no-control-regex
  if (name === "" || name !== name.trim() || /[\[\]\x00-\x1f#;]/.test(name)) {
    throw new InvalidInput(
      `Invalid profile name ${JSON.stringify(name)}: it must not be empty, nor begin or end with ` +
        "a space, nor hold brackets, line breaks, # or ;",
    );
  }
  if (name === "DEFAULT") {
    throw new InvalidInput('Invalid profile name "DEFAULT": its settings count for all profiles');
  }
}
