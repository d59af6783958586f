/**
 * Credentials in the configuration of other programs.
 *
 * @module
 */
import type { AwsCredentialIdentity } from "../../aws/credential_types.ts";
import { PLAIN_WORD } from "../../escape.ts";
import { InvalidInput } from "../../errors.ts";
import { DEFAULT_REGION, hostSuffixOf } from "../../partitions.ts";
import { assignments, otherSources, variablesOf } from "./variables.ts";

/** Programs, and forms of variables, in whose configuration credentials can be written. */
export type ProgramFormat =
  | "rclone"
  | "s3cmd"
  | "s3fs"
  | "mc"
  | "dotenv"
  | "docker-env"
  | "github-env"
  | "k8s-secret"
  | "duckdb"
  | "windows-cmd";

/** All of them, in the order of the help. */
export const PROGRAM_FORMATS: readonly ProgramFormat[] = [
  ...["rclone", "s3cmd", "s3fs", "mc", "dotenv", "docker-env"] as const,
  ...["github-env", "k8s-secret", "duckdb", "windows-cmd"] as const,
];

/** What a program needs to know in addition to the credentials. */
export interface CredentialUse {
  /**
   * The name of the section, the remote or the secret.
   *
   * @default {"default" in INI text, "s3" for rclone, "s3-credentials" for Kubernetes}
   */
  profileName?: string;
  /** The region of the buckets, such as `eu-west-1`. If omitted, `us-east-1`. */
  region?: string;
  /** The URL of the server. If omitted, Amazon's. */
  endpointUrl?: string;
  /** The buckets that the credentials are for. */
  buckets?: readonly string[];
}

/** Writes credentials as a program reads them; throws a `RangeError` if it could not read them. */
export function programText(
  credentials: AwsCredentialIdentity,
  format: ProgramFormat,
  use: CredentialUse,
): string {
  switch (format) {
    case "rclone":
      return rclone(credentials, use);
    case "s3cmd":
      return s3cmd(credentials, use);
    case "s3fs":
      return s3fs(credentials);
    case "mc":
      return mc(credentials, use);
    case "dotenv":
      return assignments(credentials, (name, value) => `${name}=${dotenvWord(value)}`);
    case "docker-env":
    case "github-env":
      return assignments(credentials, (name, value) => `${name}=${value}`);
    case "k8s-secret":
      return kubernetes(credentials, use);
    case "duckdb":
      return duckdb(credentials, use);
    case "windows-cmd":
      return windows(credentials);
  }
}

/** Lines `name = value`, without those that have no value. */
function settings(values: Record<string, string | undefined>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} = ${value}`)
    .join("\n");
}

/** https://rclone.org/s3/ */
function rclone(
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentialIdentity,
  { profileName = "s3", region = DEFAULT_REGION, endpointUrl }: CredentialUse,
): string {
  if (!/^[\w.+@-][\w.+@ -]*$/.test(profileName) || /^-|\s$/.test(profileName)) {
    throw new InvalidInput("a remote of rclone has a name of letters, digits, _ . + @ and -");
  }
  const values = {
    type: "s3",
    provider: endpointUrl === undefined ? "AWS" : "Other",
    access_key_id: accessKeyId,
    secret_access_key: secretAccessKey,
    session_token: sessionToken,
    region,
    endpoint: endpointUrl,
    // It would ask for the permission to create the bucket.
    no_check_bucket: "true",
  };
  return `[${profileName}]\n${settings(values)}`;
}

/** https://s3tools.org/kb/item14.htm */
function s3cmd(
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentialIdentity,
  { region = DEFAULT_REGION, endpointUrl }: CredentialUse,
): string {
  const host = endpointUrl === undefined
    ? `s3.${region}.${hostSuffixOf(region)}`
    : endpointUrl.replace(/^https?:\/\//, "").replace(/\/+$/, "");
  const values = {
    access_key: accessKeyId,
    secret_key: secretAccessKey,
    access_token: sessionToken,
    bucket_location: region,
    host_base: host,
    host_bucket: endpointUrl === undefined ? `%(bucket)s.${host}` : host,
    use_https: endpointUrl?.startsWith("http:") ? "False" : "True",
  };
  return `[default]\n${settings(values)}`;
}

/** https://github.com/s3fs-fuse/s3fs-fuse/wiki/Fuse-Over-Amazon */
function s3fs({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentialIdentity): string {
  if (sessionToken !== undefined) {
    throw new InvalidInput(
      "a password file of s3fs has no place for the session token of temporary credentials",
    );
  }
  if (/[:\s]/.test(accessKeyId) || /[:\s]/.test(secretAccessKey)) {
    throw new InvalidInput(
      "a password file of s3fs has no place for a key with a colon or a space",
    );
  }
  return `${accessKeyId}:${secretAccessKey}`;
}

/** What `mc alias import` reads. */
function mc(
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentialIdentity,
  { region = DEFAULT_REGION, endpointUrl }: CredentialUse,
): string {
  const alias = {
    url: endpointUrl ?? `https://s3.${region}.${hostSuffixOf(region)}`,
    accessKey: accessKeyId,
    secretKey: secretAccessKey,
    sessionToken,
    api: "S3v4",
    path: "auto",
  };
  return JSON.stringify(alias, null, 4);
}

/** Libraries agree on single quotes, but not on how one stands between them. */
function dotenvWord(value: string): string {
  if (PLAIN_WORD.test(value)) return value;
  if (/['\\]/.test(value)) {
    throw new InvalidInput(
      "a .env file has no place for a key with a quote or a backslash that every program reads alike",
    );
  }
  return `'${value}'`;
}

/** https://kubernetes.io/docs/concepts/configuration/secret/ */
function kubernetes(
  credentials: AwsCredentialIdentity,
  { profileName = "s3-credentials" }: CredentialUse,
): string {
  if (!/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/.test(profileName)) {
    throw new InvalidInput(
      "a secret of Kubernetes has a name of small letters, digits, hyphens and dots",
    );
  }
  return [
    "apiVersion: v1",
    "kind: Secret",
    "metadata:",
    `  name: ${JSON.stringify(profileName)}`,
    "type: Opaque",
    "stringData:",
    assignments(credentials, (name, value) => `  ${name}: ${JSON.stringify(value)}`),
  ].join("\n");
}

/** https://duckdb.org/docs/stable/core_extensions/httpfs/s3api */
function duckdb(
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentialIdentity,
  { profileName, region = DEFAULT_REGION, endpointUrl, buckets = [] }: CredentialUse,
): string {
  const url = endpointUrl === undefined ? undefined : new URL(endpointUrl);
  const scopes = buckets.map((bucket) => sqlText(`s3://${bucket}`));
  const parts = [
    "TYPE s3",
    "PROVIDER config",
    `KEY_ID ${sqlText(accessKeyId)}`,
    `SECRET ${sqlText(secretAccessKey)}`,
    ...(sessionToken === undefined ? [] : [`SESSION_TOKEN ${sqlText(sessionToken)}`]),
    `REGION ${sqlText(region)}`,
    ...(url === undefined ? [] : [
      `ENDPOINT ${sqlText(url.host + url.pathname.replace(/\/+$/, ""))}`,
      "URL_STYLE 'path'",
      `USE_SSL ${url.protocol === "https:"}`,
    ]),
    ...(scopes.length === 0 ? [] : [`SCOPE ${scopes.length === 1 ? scopes[0] : `[${scopes}]`}`]),
  ];
  const name = profileName === undefined ? "" : `"${profileName.replaceAll('"', '""')}" `;
  return `CREATE OR REPLACE SECRET ${name}(\n    ${parts.join(",\n    ")}\n);`;
}

function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** For a batch file or the prompt, with what would be used in place of the keys or beside them cleared. */
function windows(credentials: AwsCredentialIdentity): string {
  const assigned = variablesOf(credentials);
  if (assigned.some(([, value]) => /["%!]/.test(value))) {
    throw new InvalidInput(
      'the command prompt of Windows has no place for a key with ", % or !: use powershell',
    );
  }
  return [...assigned, ...otherSources(credentials).map((name) => [name, ""])]
    .map(([name, value]) => `set "${name}=${value}"`)
    .join("\n");
}
