/**
 * The text of files, in the encodings in which the editors and shells of all systems write them.
 *
 * @module
 */
import { InvalidInput } from "./errors.ts";

/** Decodes UTF-8 with or without a byte order mark, or UTF-16 with one; drops the mark. */
export function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding = first === 0xff && second === 0xfe
    ? "utf-16le"
    : first === 0xfe && second === 0xff
    ? "utf-16be"
    : "utf-8";
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new InvalidInput("it is neither UTF-8 nor UTF-16 text");
  }
}
