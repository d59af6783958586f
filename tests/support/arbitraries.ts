/**
 * What more than one property test draws from.
 *
 * @module
 */
import fc from "fast-check";

/** How many times as many cases as usual large tests try: `S3CREDS_RUNS=10 deno task test`. */
export const RUNS: number = Number(Deno.env.get("S3CREDS_RUNS") ?? 1);

/**
 * Any character but half of a surrogate pair: what fast-check calls the unit `binary`, without the
 * table of all of Unicode for which that takes a second.
 */
export const anyCharacter: fc.Arbitrary<string> = fc.oneof(
  fc.integer({ min: 0, max: 0xff }),
  fc.integer({ min: 0, max: 0xd7ff }),
  fc.integer({ min: 0xe000, max: 0x10ffff }),
).map((codePoint) => String.fromCodePoint(codePoint));
