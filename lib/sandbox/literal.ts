/**
 * Keeps the policy engine from reading patterns where a request has plain text.
 *
 * The engine takes a `*` in a requested resource as a wildcard, and its own wildcards stop at line
 * ends. Object keys may hold both. So these characters are swapped for stand-ins that occur
 * nowhere else, in the request and in the policies alike, before the engine sees them.
 *
 * @module
 */

/** Characters on which a regular expression's `.` stops. */
const LINE_ENDS = ["\n", "\r", "\u2028", "\u2029"];
const STAR = "*";
const PRIVATE_USE = { first: 0xe000, last: 0xf8ff };

/** A request and the policies that decide on it, ready for the engine. */
export interface Spelling {
  /** Spells the requested resource. */
  resource(arn: string): string;
  /** Spells the value of a condition key. */
  value(text: string): string;
  /** Spells a policy document. */
  policy(document: unknown): unknown;
}

/** Finds stand-ins that none of the texts contains. */
export function spellingFor(texts: string[]): Spelling {
  const special = [STAR, ...LINE_ENDS];
  if (!texts[0]!.includes(STAR) && !texts.some((text) => /[\n\r\u2028\u2029]/.test(text))) {
    return { resource: same, value: same, policy: same };
  }
  const free = unusedCharacters(texts.join(""), special.length);
  const standIns = new Map(special.map((character, index) => [character, free[index]!]));
  const lineEnds = (text: string) =>
    text.replace(/[\n\r\u2028\u2029]/g, (character) => standIns.get(character)!);
  const star = standIns.get(STAR)!;
  return {
    resource: (arn) => lineEnds(arn).replaceAll(STAR, star),
    value: lineEnds,
    policy: (document) => mapStrings(document, lineEnds, (text) => text.replaceAll("${*}", star)),
  };
}

function same<T>(value: T): T {
  return value;
}

function unusedCharacters(text: string, count: number): string[] {
  const used = new Set(text);
  const free: string[] = [];
  for (let code = PRIVATE_USE.first; free.length < count && code <= PRIVATE_USE.last; code++) {
    const character = String.fromCharCode(code);
    if (!used.has(character)) free.push(character);
  }
  if (free.length < count) throw new RangeError("Cannot evaluate policy: no unused character left");
  return free;
}

/** Applies `every` to all strings, and `resources` besides to those of Resource and NotResource. */
function mapStrings(
  value: unknown,
  every: (text: string) => string,
  resources: (text: string) => string,
  inResource = false,
): unknown {
  if (typeof value === "string") return inResource ? resources(every(value)) : every(value);
  if (Array.isArray(value)) return value.map((v) => mapStrings(v, every, resources, inResource));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      mapStrings(inner, every, resources, key === "Resource" || key === "NotResource"),
    ]),
  );
}
