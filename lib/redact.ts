/**
 * The secrets that this process holds, and texts without them: a server may repeat in its answers what
 * it was sent, or what it has just given out.
 *
 * @module
 */

const REDACTED = "[redacted]";
/** A shorter one, such as a test server's, may well be a word of a message. */
const MIN_LENGTH = 8;
/** A server of credentials gets new ones for as long as it runs. */
const MAX_KEPT = 100;

const formsBySecret = new Map<string, string[]>();

/** Keeps a secret out of all messages and errors from now on. */
export function noteSecret(secret: string | undefined): void {
  if (secret === undefined || secret.length < MIN_LENGTH || formsBySecret.has(secret)) return;
  formsBySecret.set(secret, formsOf(secret));
  const [oldest] = formsBySecret.keys();
  if (formsBySecret.size > MAX_KEPT) formsBySecret.delete(oldest!);
}

/** A text without the secrets, whether plain, URL-encoded or in base64. */
export function redact(text: string): string {
  let left = text;
  for (const forms of formsBySecret.values()) {
    for (const form of forms) left = left.replaceAll(form, REDACTED);
  }
  return left;
}

function formsOf(secret: string): string[] {
  const bytes = new TextEncoder().encode(secret);
  const encoded = [...bytes].map((byte) => {
    const character = String.fromCharCode(byte);
    return /[\w.~-]/.test(character) ? character : `%${byte.toString(16).padStart(2, "0")}`;
  }).join("");
  const upper = encoded.replace(/%../g, (escape) => escape.toUpperCase());
  const inBase64 = [0, 1, 2].map((before) => base64Within(bytes, before));
  const forUrls = inBase64.map((text) => text.replaceAll("+", "-").replaceAll("/", "_"));
  const all = [secret, encoded, upper, upper.replaceAll("%2F", "/"), ...inBase64, ...forUrls];
  // Of two that begin alike the longer first.
  return [...new Set(all)].sort((one, other) => other.length - one.length);
}

/** The base64 that the bytes have in every text, where `before` others (modulo three) come before them. */
function base64Within(bytes: Uint8Array, before: number): string {
  const text = btoa(String.fromCharCode(...new Uint8Array(before), ...bytes));
  const start = Math.ceil(before * 8 / 6);
  return text.slice(start, Math.floor((before + bytes.length) * 8 / 6));
}
