/**
 * Credentials of the machine itself, where no profile is named: boto's older files, the container,
 * the instance.
 *
 * @module
 */
import { S3CredentialsError } from "../../errors.ts";
import { escapeName } from "../../escape.ts";
import type { AwsCredentialIdentity } from "../credential_types.ts";
import { checkedKeys } from "../keys.ts";
import {
  type Environment,
  expandPath,
  readIniFile,
  readTextIfAny,
  textOf,
} from "../shared_files.ts";

/** The first that the machine has; undefined if it has none. */
export async function machineCredentials(
  env: Environment,
): Promise<AwsCredentialIdentity | undefined> {
  const found = await ec2FileKeys(env) ?? await botoKeys(env);
  if (found !== undefined) return found;
  if (hasContainer(env)) return await containerCredentials(env);
  return await instanceCredentials(env).catch((error) => {
    // Most machines are not instances.
    if (error instanceof S3CredentialsError) return undefined;
    throw error;
  });
}

const RELATIVE_URI = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI";
const FULL_URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI";
const TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN";
const TOKEN_FILE = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE";

function hasContainer(env: Environment): boolean {
  return env(RELATIVE_URI) !== undefined || env(FULL_URI) !== undefined;
}

/** The credentials of the container's role. */
export async function containerCredentials(env: Environment): Promise<AwsCredentialIdentity> {
  const { fromHttp } = await import("@aws-sdk/credential-provider-http");
  return await withReason(`the container${addressIn(env)}`, async () => {
    checkAddress(env);
    const relative = env(RELATIVE_URI);
    return await fromHttp({
      ...SILENT,
      awsContainerCredentialsRelativeUri: relative ?? "",
      awsContainerCredentialsFullUri: relative === undefined ? env(FULL_URI) : "",
      awsContainerAuthorizationTokenFile: "",
      awsContainerAuthorizationToken: await authorizationToken(env) ?? "",
    })();
  });
}

/** The runtime's words would repeat an address that is none, with what may be secret in it. */
function checkAddress(env: Environment): void {
  if (!hasContainer(env)) throw new Error(`${FULL_URI} is not set`);
  const relative = env(RELATIVE_URI);
  if (relative === undefined) {
    if (fullUri(env) === undefined) throw new Error(`${FULL_URI} is no URL of http or https`);
  } else if (!relative.startsWith("/")) {
    throw new Error(`${RELATIVE_URI} is no path that begins with /`);
  }
}

/** What the container's service wants to see, as the variables say. */
async function authorizationToken(env: Environment): Promise<string | undefined> {
  const path = env(TOKEN_FILE);
  const token = path === undefined ? env(TOKEN) : await readTextIfAny(path);
  if (path !== undefined && token === undefined) {
    throw new Error(`${TOKEN_FILE} names no file: ${escapeName(path)}`);
  }
  // No header can carry it.
  if (token === undefined || !/[^\t\x20-\x7e\x80-\xff]/.test(token)) return token;
  throw new Error(
    `the token of ${path === undefined ? TOKEN : TOKEN_FILE} has a line end or another character ` +
      "that can't be sent",
  );
}

/** Where the container's service is, if not in the usual place. */
function addressIn(env: Environment): string {
  const url = env(RELATIVE_URI) === undefined ? fullUri(env) : undefined;
  // Without its query, which may be secret.
  return url === undefined ? "" : `, from ${url.origin}`;
}

function fullUri(env: Environment): URL | undefined {
  const url = URL.parse(env(FULL_URI) ?? "");
  return url !== null && /^https?:$/.test(url.protocol) ? url : undefined;
}

/** The credentials of the instance's role. */
export async function instanceCredentials(env: Environment): Promise<AwsCredentialIdentity> {
  return await withReason("the instance", async () => {
    if (env("AWS_EC2_METADATA_DISABLED")?.toLowerCase() === "true") {
      throw new Error("AWS_EC2_METADATA_DISABLED is set");
    }
    const { fromInstanceMetadata } = await import("@smithy/credential-provider-imds");
    return await fromInstanceMetadata({ ...SILENT })();
  });
}

const ignore = () => {};
/** The SDK's providers write warnings to the console otherwise. */
const SILENT = { logger: { debug: ignore, info: ignore, warn: ignore, error: ignore } };

async function withReason(
  what: string,
  get: () => Promise<AwsCredentialIdentity>,
): Promise<AwsCredentialIdentity> {
  try {
    return await get();
  } catch (cause) {
    if (cause instanceof Error && cause.name === "NotCapable") throw cause;
    // The runtime's errors of what can't be read may quote it, and so a secret.
    const isUnreadable = cause instanceof SyntaxError || cause instanceof TypeError;
    const reason = isUnreadable ? "the answer could not be understood" : reasonOf(cause as Error);
    throw new S3CredentialsError(
      "credentials",
      `Could not get the credentials of ${what}: ${reason}`,
      {
        cause: isUnreadable ? undefined : cause,
        hint: "Pass `credentials` or `profile` to use others",
      },
    );
  }
}

/** The provider's words in one line: a list stays, and what stands in further lines is for programmers. */
function reasonOf({ message }: Error): string {
  const text = message.replace(/:\n\s*- /g, ": ").replace(/\n\s*- /g, ", ");
  const [reason = ""] = text.split("\n");
  return reason.replace(/^\w*Error: /, "");
}

/** Lines of the form NAME=VALUE, for the first tools of EC2. */
async function ec2FileKeys(env: Environment): Promise<AwsCredentialIdentity | undefined> {
  const name = env("AWS_CREDENTIAL_FILE");
  if (name === undefined) return undefined;
  const path = expandPath(name, env);
  const text = await readTextIfAny(path);
  if (text === undefined) {
    throw new S3CredentialsError("file", `There is no file ${escapeName(path)}`, {
      hint: "AWS_CREDENTIAL_FILE names it: unset the variable, or correct it",
    });
  }
  const values = new Map(
    text.split(/\r?\n/).map((line) => {
      const [name = "", ...rest] = line.split("=");
      return [name.trim(), rest.join("=").trim()];
    }),
  );
  return keyPair(values.get("AWSAccessKeyId"), values.get("AWSSecretKey"), path);
}

/** The `[Credentials]` of boto 2, which gsutil still writes. */
async function botoKeys(env: Environment): Promise<AwsCredentialIdentity | undefined> {
  const named = env("BOTO_CONFIG");
  for (const one of named === undefined ? ["/etc/boto.cfg", "~/.boto"] : [named]) {
    const path = expandPath(one, env);
    const section = (await readIniFile(path)).get("Credentials");
    const setting = (name: string) => textOf(section, name, path);
    const keys = keyPair(setting("aws_access_key_id"), setting("aws_secret_access_key"), path);
    if (keys !== undefined) return keys;
  }
  return undefined;
}

function keyPair(
  accessKeyId: string | undefined,
  secretAccessKey: string | undefined,
  path: string,
): AwsCredentialIdentity | undefined {
  if (accessKeyId === undefined) return undefined;
  if (accessKeyId !== "" && secretAccessKey) {
    return checkedKeys({ accessKeyId, secretAccessKey }, escapeName(path));
  }
  throw new S3CredentialsError("credentials", `${escapeName(path)} holds half a key`, {
    hint: "A key has both an id and a secret",
  });
}
