/**
 * Credentials from a file, as `create` writes them.
 *
 * @module
 */
import { InvalidInput } from "../errors.ts";
import type { AwsCredentialIdentity } from "../aws/credential_types.ts";
import { parseKeys } from "../aws/keys.ts";
import { splitWords } from "../aws/words.ts";

const FORM =
  "expected JSON with AccessKeyId and SecretAccessKey, INI text with aws_access_key_id and " +
  "aws_secret_access_key, assignments of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the CSV " +
  "file of AWS's console";

/**
 * Reads credentials from the text of a file: JSON with `AccessKeyId`, `SecretAccessKey` and perhaps
 * `SessionToken`, also inside `Credentials` or `AccessKey` as the aws command prints them; or the first
 * section of INI text with an `aws_access_key_id`; or assignments of environment variables, one a line;
 * or the CSV file that AWS's console offers for a new key.
 *
 * @throws {RangeError} if it is none of these; the message never repeats the text
 */
export function parseAuthFile(text: string): AwsCredentialIdentity {
  const content = text.replace(/^\uFEFF/, "").trim();
  if (content === "") throw new InvalidInput(`File is empty: ${FORM}`);
  if (content.startsWith("{")) return fromJson(content);
  return fromVariables(content) ?? fromCsv(content) ?? fromIni(content);
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

/** `export NAME=VALUE` as for a shell, or `NAME=VALUE` as it is. */
function fromVariables(content: string): AwsCredentialIdentity | undefined {
  const values = new Map<string, string>();
  for (const line of content.split(/\r?\n/).map((line) => line.trim())) {
    const [, shell, name, value] = /^(export\s+)?(AWS_\w+)=(.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    values.set(name, shell || /^(["']).*\1$/.test(value!) ? splitWords(value!)?.[0] ?? "" : value!);
  }
  if (!values.has("AWS_ACCESS_KEY_ID")) return undefined;
  return checked(
    values.get("AWS_ACCESS_KEY_ID"),
    values.get("AWS_SECRET_ACCESS_KEY"),
    values.get("AWS_SESSION_TOKEN"),
  );
}

/** A line of headings, and one of values; neither an id nor a secret holds a comma. */
function fromCsv(content: string): AwsCredentialIdentity | undefined {
  const [headings = [], values = []] = content.split(/\r?\n/).map((line) =>
    line.split(",").map((cell) => cell.trim().replace(/^"(.*)"$/, "$1"))
  );
  const column = (heading: string) => headings.findIndex((one) => one.toLowerCase() === heading);
  const id = column("access key id");
  if (id < 0) return undefined;
  return checked(values[id], values[column("secret access key")], undefined);
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
  if (token !== undefined && token !== null && typeof token !== "string") {
    throw new InvalidInput(`The session token is not a string: ${FORM}`);
  }
  return parseKeys({ accessKeyId: id, secretAccessKey: secret, sessionToken: token ?? undefined });
}

function isFilledText(value: unknown): value is string {
  return typeof value === "string" && value.trim() !== "";
}
