/**
 * What more than one property test draws from.
 *
 * @module
 */
import fc from "fast-check";

/** How many times as many cases as usual large tests try: `S3CREDS_RUNS=10 deno task test`. */
export const RUNS: number = Number(Deno.env.get("S3CREDS_RUNS") ?? 1);

/**
 * Whose turn it is in matrices of which a part is tried: another part each day. `S3CREDS_TURN`, which
 * `deno task test` prints, repeats another day's.
 */
export const TURN: number = Number(Deno.env.get("S3CREDS_TURN") ?? Math.floor(Date.now() / 864e5));

/** Whether it is this case's turn, which comes once in so many days; always with `S3CREDS_RUNS=10`. */
export function isItsTurn(index: number, days: number): boolean {
  return RUNS > 1 || (index + TURN) % days === 0;
}

/**
 * Printable text. Not `fc.string`, which likes to make names such as `constructor`: one that is taken for a
 * secret here would be redacted in the messages of other tests, which hold it.
 */
export function printable(length: { minLength: number; maxLength: number }): fc.Arbitrary<string> {
  return fc.array(fc.integer({ min: 0x20, max: 0x7e }), length)
    .map((codes) => String.fromCharCode(...codes));
}

/**
 * Any character but half of a surrogate pair: what fast-check calls the unit `binary`, without the
 * table of all of Unicode for which that takes a second.
 */
export const anyCharacter: fc.Arbitrary<string> = fc.oneof(
  fc.integer({ min: 0, max: 0xff }),
  fc.integer({ min: 0, max: 0xd7ff }),
  fc.integer({ min: 0xe000, max: 0x10ffff }),
).map((codePoint) => String.fromCodePoint(codePoint));
