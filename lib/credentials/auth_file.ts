/**
 * Credentials from a file, as `create` writes them.
 *
 * @module
 */
import { InvalidInput } from "../errors.ts";
import type { AwsCredentialIdentity } from "../aws/credential_types.ts";

const FORM = "expected JSON with AccessKeyId and SecretAccessKey, or INI text with " +
  "aws_access_key_id and aws_secret_access_key";

/**
 * Reads credentials from the text of a file.
 *
 * The text is JSON with `AccessKeyId`, `SecretAccessKey` and perhaps `SessionToken`, also inside
 * `Credentials` or `AccessKey` as the aws CLI prints them; or INI: its first section with an
 * `aws_access_key_id` counts.
 *
 * @param text what the file holds
 * @returns the credentials
 * @throws {RangeError} if it is neither; the message never repeats the text
 *
 * @example INI, as `create --format ini` writes it
 * ```ts
 * import { parseAuthFile } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * const found = parseAuthFile("[any]\naws_access_key_id=AKIA1\naws_secret_access_key=s#cret\n");
 * assert.deepEqual(found, { accessKeyId: "AKIA1", secretAccessKey: "s#cret" });
 * ```
 */
export function parseAuthFile(text: string): AwsCredentialIdentity {
  const content = text.replace(/^\uFEFF/, "").trim();
  if (content === "") throw new InvalidInput(`File is empty: ${FORM}`);
  return content.startsWith("{") ? fromJson(content) : fromIni(content);
}

function fromJson(content: string): AwsCredentialIdentity {
  let data: Record<string, unknown>;
  try {
    data = JSON.parse(content);
  } catch {
    // The parser's own message quotes the text, which may hold a secret.
    throw new InvalidInput(`File contained invalid JSON: ${FORM}`);
  }
  const inner = data.Credentials ?? data.AccessKey;
  const found = typeof inner === "object" && inner !== null
    ? inner as Record<string, unknown>
    : data;
  return checked(found.AccessKeyId, found.SecretAccessKey, found.SessionToken);
}

function fromIni(content: string): AwsCredentialIdentity {
  const section = iniSections(content).find((entries) => entries.has("aws_access_key_id"));
  if (section === undefined) throw new InvalidInput(`No credentials found: ${FORM}`);
  return checked(
    section.get("aws_access_key_id"),
    section.get("aws_secret_access_key"),
    section.get("aws_session_token"),
  );
}

/**
 * AWS's files have neither escapes nor quotes, and their secrets may hold `#`, `;` and `\`, all of
 * which general INI parsers take for something else.
 */
function iniSections(content: string): Map<string, string>[] {
  const all = [new Map<string, string>()];
  for (const line of content.split(/\r?\n/).map((line) => line.trim())) {
    const entry = /^([^=#;[][^=]*)=(.*)$/.exec(line);
    if (line.startsWith("[")) all.push(new Map());
    else if (entry) all.at(-1)?.set(entry[1]!.trim().toLowerCase(), entry[2]!.trim());
  }
  return all;
}

function checked(id: unknown, secret: unknown, token: unknown): AwsCredentialIdentity {
  if (!isFilledText(id) || !isFilledText(secret)) {
    throw new InvalidInput(`No complete credentials found: ${FORM}`);
  }
  if (token === undefined || token === null || token === "") {
    return { accessKeyId: id, secretAccessKey: secret };
  }
  if (!isFilledText(token)) throw new InvalidInput(`The session token is not a text: ${FORM}`);
  return { accessKeyId: id, secretAccessKey: secret, sessionToken: token };
}

function isFilledText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}
