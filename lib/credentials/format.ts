/**
 * Credentials and times as text.
 *
 * @module
 */

import { InvalidInput } from "../errors.ts";
import { formatTime } from "../time.ts";
import { PLAIN_WORD, shellWord } from "../escape.ts";

/** An access key that never expires, as IAM's CreateAccessKey gives it. */
export interface PermanentCredentials {
  /** The IAM user whose key it is. */
  UserName: string;
  /** The key's id, `AKIA…`. */
  AccessKeyId: string;
  /** `Active` for a new key. */
  Status: string;
  /** The secret, which AWS shows this once. */
  SecretAccessKey: string;
  /** When the key was made. */
  CreateDate: Date;
}

/** Credentials with an end, as STS's AssumeRole gives them. */
export interface TemporaryCredentials {
  /** The key's id, `ASIA…`. */
  AccessKeyId: string;
  /** The secret. */
  SecretAccessKey: string;
  /** The token that must accompany the key. */
  SessionToken: string;
  /** When they stop working. */
  Expiration: Date;
}

/** Credentials of either kind. */
export type Credentials = PermanentCredentials | TemporaryCredentials;

/** How {@linkcode formatCredentials} can write credentials. */
export type CredentialFormat =
  | "json"
  | "ini"
  | "env"
  | "env-no-export"
  | "powershell"
  | "fish"
  | "process";

/** All formats of credentials, in the order of the help. */
export const CREDENTIAL_FORMATS: readonly CredentialFormat[] = [
  "json",
  "ini",
  "env",
  "env-no-export",
  "powershell",
  "fish",
  "process",
];

/** Choices of {@linkcode formatCredentials}. */
export interface FormatOptions {
  /**
   * The section's name in INI text.
   *
   * @default {"default"}
   */
  profileName?: string;
}

/**
 * Writes credentials in a format that other programs read.
 *
 * - `json`: the keys of AWS, indented by four
 * - `ini`: a section for `~/.aws/credentials`
 * - `env`, `env-no-export`, `powershell`, `fish`: assignments of environment variables; all but
 *   `env-no-export`, which is no script, clear a session token that was there before permanent ones
 * - `process`: the document that `credential_process` prints, see
 *   https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html
 *
 * @param credentials what to write
 * @param format how to write it
 * @param options the name of the INI section
 * @returns the text, without a line break at its end
 *
 * @example Variables for a shell
 * ```ts
 * import { formatCredentials } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * const text = formatCredentials({
 *   AccessKeyId: "ASIAEXAMPLE",
 *   SecretAccessKey: "example/secret",
 *   SessionToken: "token==",
 *   Expiration: new Date("2026-01-01T00:00:00Z"),
 * }, "env");
 * assert.equal(text.split("\n")[0], "export AWS_ACCESS_KEY_ID=ASIAEXAMPLE");
 * ```
 */
export function formatCredentials(
  credentials: Credentials,
  format: CredentialFormat,
  options: FormatOptions = {},
): string {
  switch (format) {
    case "json":
      return JSON.stringify(withTimesAsText(credentials), null, 4);
    case "ini":
      return ini(credentials, options.profileName ?? "default");
    case "process":
      return processDocument(credentials);
    case "env":
      return script(
        credentials,
        (name, value) => `export ${name}=${shellWord(value)}`,
        (name) => `unset ${name}`,
      );
    case "env-no-export":
      return assignments(credentials, (name, value) => `${name}=${value}`);
    case "powershell":
      return script(
        credentials,
        (name, value) => `$Env:${name}=${powershellWord(value)}`,
        (name) => `Remove-Item Env:${name} -ErrorAction Ignore`,
      );
    case "fish":
      return script(
        credentials,
        (name, value) => `set -gx ${name} ${fishWord(value)}`,
        (name) => `set -e ${name}`,
      );
  }
}

function withTimesAsText(credentials: Credentials): Record<string, string> {
  return Object.fromEntries(
    Object.entries(credentials).map(([key, value]: [string, string | Date]) => [
      key,
      value instanceof Date ? formatTime(value) : value,
    ]),
  );
}

function sessionToken(credentials: Credentials): string | undefined {
  return "SessionToken" in credentials ? credentials.SessionToken : undefined;
}

function ini(credentials: Credentials, section: string): string {
  const token = sessionToken(credentials);
  return [
    `[${section}]`,
    `aws_access_key_id=${credentials.AccessKeyId}`,
    `aws_secret_access_key=${credentials.SecretAccessKey}`,
    ...(token === undefined ? [] : [`aws_session_token=${token}`]),
  ].join("\n");
}

function processDocument(credentials: Credentials): string {
  const { AccessKeyId, SecretAccessKey } = credentials;
  const temporary = "SessionToken" in credentials
    ? {
      SessionToken: credentials.SessionToken,
      Expiration: credentials.Expiration.toISOString().replace(/\.\d+Z$/, "Z"),
    }
    : {};
  return JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey, ...temporary }, null, 4);
}

type Assign = (name: string, value: string) => string;

/** A token of other credentials would make AWS refuse permanent ones. */
function script(
  credentials: Credentials,
  assign: Assign,
  clear: (name: string) => string,
): string {
  const text = assignments(credentials, assign);
  const isPermanent = sessionToken(credentials) === undefined;
  return isPermanent ? `${text}\n${clear("AWS_SESSION_TOKEN")}` : text;
}

function assignments(credentials: Credentials, assign: Assign): string {
  const token = sessionToken(credentials);
  return [
    assign("AWS_ACCESS_KEY_ID", credentials.AccessKeyId),
    assign("AWS_SECRET_ACCESS_KEY", credentials.SecretAccessKey),
    ...(token === undefined ? [] : [assign("AWS_SESSION_TOKEN", token)]),
  ].join("\n");
}

function fishWord(value: string): string {
  return PLAIN_WORD.test(value) ? value : `'${value.replace(/['\\]/g, "\\$&")}'`;
}

function powershellWord(value: string): string {
  return PLAIN_WORD.test(value) ? `"${value}"` : `'${value.replaceAll("'", "''")}'`;
}

/**
 * Checks the name of a section of INI text.
 *
 * @param name the name to check
 * @throws {RangeError} if it is empty, has blanks around it, or can't stand between brackets on one line
 *
 * @example A name that would break the file
 * ```ts
 * import { checkProfileName } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * checkProfileName("uploads");
 * assert.throws(() => checkProfileName("a]\n[b"), RangeError);
 * ```
 */
export function checkProfileName(name: string): void {
  // deno-lint-ignore no-control-regex
  if (name === "" || name !== name.trim() || /[\[\]\x00-\x1f#;]/.test(name)) {
    throw new InvalidInput(
      `Invalid profile name ${JSON.stringify(name)}: it must not be empty, nor begin or end with ` +
        "a blank, nor hold brackets, line breaks, # or ;",
    );
  }
}
