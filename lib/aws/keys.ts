/**
 * Access keys as people paste them, and as servers send them.
 *
 * @module
 */
import { InvalidInput, S3CredentialsError } from "../errors.ts";
import { noteSecret } from "../redact.ts";
import type { AwsCredentialIdentity } from "./credential_types.ts";

/** Refuses keys that can't be sent, such as one with a line end; drops an empty token. */
export function checkedKeys(
  keys: AwsCredentialIdentity,
  where: string,
): AwsCredentialIdentity {
  try {
    return parseKeys(keys);
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new S3CredentialsError(
      "credentials",
      `Cannot use the key of ${where}: ${error.message}`,
      {
        hint: "Copy it again, without quotes, spaces and line ends around it",
      },
    );
  }
}

/**
 * Refuses new keys that no shell or file could hold as they are, such as with a line end. A
 * server that sends those may want to write more into a file than a key.
 */
export function receivedKeys<T extends AwsCredentialIdentity>(keys: T, action: string): T {
  try {
    parseKeys(keys);
    return keys;
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new S3CredentialsError("aws", `${action}: ${error.message}`, {
      hint: "Check that the endpoint is one of AWS's services, or of a server that you trust",
    });
  }
}

/** The same for keys that the caller gives; throws a `RangeError` that repeats nothing of them. */
export function parseKeys(
  { accessKeyId, secretAccessKey, sessionToken, ...rest }: AwsCredentialIdentity,
): AwsCredentialIdentity {
  const parts = [
    ["access key id", accessKeyId],
    ["secret access key", secretAccessKey],
    ["session token", sessionToken],
  ] as const;
  noteSecret(secretAccessKey);
  noteSecret(sessionToken);
  for (const [name, text = ""] of parts) {
    const problem = faultOf(text);
    if (problem !== undefined) throw new InvalidInput(`the ${name} ${problem}`);
  }
  const keys = { accessKeyId, secretAccessKey, ...rest };
  return sessionToken ? { ...keys, sessionToken } : keys;
}

function faultOf(text: string): string | undefined {
  if (/[\r\n]/.test(text)) return "has a line end in it";
  if (text !== text.trim()) return "has a space before or after it";
  // An HTTP header can't carry it.
  if (/[^\x20-\x7e]/.test(text)) return "has a character that no key has";
}
