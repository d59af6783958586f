/**
 * Makes ids, keys and secrets that look like AWS's.
 *
 * @module
 */

const UNIQUE_ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const SECRET_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Prefixes that tell what kind of thing an id belongs to. */
export type IdPrefix =
  | "AGPA"
  | "AIDA"
  | "AIPA"
  | "AKIA"
  | "ANPA"
  | "APKA"
  | "AROA"
  | "ASIA"
  | "ACCA";

/** Makes a random unique id: the prefix and as many characters as AWS puts after it. */
export function uniqueId(prefix: IdPrefix): string {
  const length = prefix === "AKIA" || prefix === "ASIA" ? 16 : 17;
  return prefix + randomText(UNIQUE_ID_ALPHABET, length);
}

/** Makes a random secret access key. */
export function secretKey(): string {
  return randomText(SECRET_ALPHABET, 40);
}

/** Makes a random session token. */
export function sessionToken(): string {
  return `FwoGZXIvYXdzE${randomText(SECRET_ALPHABET, 299)}==`;
}

/** Makes a random password for a service, such as CodeCommit's. */
export function servicePassword(): string {
  return `${randomText(SECRET_ALPHABET, 43)}=`;
}

/** Makes a random secret for authenticator apps. */
export function base32Secret(): string {
  return randomText(UNIQUE_ID_ALPHABET, 64);
}

/** Makes a random hexadecimal text. */
export function randomHex(length: number): string {
  return randomText("0123456789abcdef", length);
}

/** The length of every alphabet divides 256, so that all characters are equally likely. */
function randomText(alphabet: string, length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  let text = "";
  for (const byte of bytes) text += alphabet[byte % alphabet.length];
  return text;
}
