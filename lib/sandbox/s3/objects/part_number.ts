/**
 * The number of a part, as requests name it.
 *
 * @module
 */
import type { S3Call } from "../call.ts";
import { invalidArgument } from "../errors.ts";

/** How many parts an upload can have. */
export const MAX_PARTS = 10_000;

/** The number of the part that a request names. */
export function partNumberOf(call: S3Call): number {
  const text = call.query.get("partNumber") ?? "";
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= MAX_PARTS) return number;
  throw invalidArgument(
    "Part number must be an integer between 1 and 10000, inclusive",
    "partNumber",
    text,
  );
}
