/**
 * Keys on which a decision can depend: one for each pattern that the policies have, and for what two of
 * them have in common.
 *
 * @module
 */
import { isObject } from "../is_object.ts";
import {
  type ContextValues,
  parseTemplate,
  substitute,
  type TextPart,
} from "./language/variables.ts";
import { compileGlob, matchesPattern } from "./language/wildcard.ts";

/** Stands for the characters that a wildcard takes; no policy is likely to have it. */
const ANYTHING = "~s3-credentials~";

/** A pattern of keys and a key that it describes. */
export interface KeySample {
  /** The pattern, such as `reports/*`. */
  pattern: string;
  /** A key. */
  key: string;
}

/** A key that a pattern describes, and that fits no other pattern by chance. */
function keyOf(pattern: string): string {
  return pattern.replaceAll("*", ANYTHING).replaceAll("?", "~");
}

/** Whether a pattern describes everything that another one does, as far as one key can tell. */
export function covers(pattern: string, other: string): boolean {
  return matchesPattern(compileGlob(pattern), keyOf(other));
}

/** The text of a policy with the values of its variables in it; escaped wildcards become `?`. */
function resolved(text: string, version: unknown, context: ContextValues): string | undefined {
  const parts = substitute(parseTemplate(text, version === "2012-10-17"), context);
  return parts?.map(({ text, isLiteral }: TextPart) => isLiteral ? text.replaceAll("*", "?") : text)
    .join("");
}

/** The patterns of keys in one ARN, for a bucket. */
function patternsIn(arn: string, bucket: string): string[] {
  if (/^\*+$/.test(arn)) return ["*"];
  const [, path] = /^arn:[^:]*:s3:[^:]*:[^:]*:(.*)$/s.exec(arn) ?? [];
  if (path === undefined) return [];
  const slash = path.indexOf("/");
  const name = slash === -1 ? path : path.slice(0, slash);
  const patterns: string[] = [];
  if (slash !== -1 && matchesPattern(compileGlob(name), bucket)) {
    patterns.push(path.slice(slash + 1));
  }
  // A star in the name of a bucket goes on into the keys.
  const star = name.lastIndexOf("*");
  if (star !== -1 && matchesPattern(compileGlob(name.slice(0, star + 1)), `${bucket}/`)) {
    patterns.push(`*${path.slice(star + 1)}`);
  }
  return patterns;
}

type Fields = Record<string, unknown>;

function statementsIn(documents: readonly unknown[]): { version: unknown; statement: Fields }[] {
  return documents.filter(isObject).flatMap(({ Version, Statement }) =>
    [Statement].flat().filter(isObject).map((statement) => ({ version: Version, statement }))
  );
}

const texts = (value: unknown): string[] =>
  [value].flat().filter((one): one is string => typeof one === "string");

/** All patterns of keys that policies have for a bucket, in `Resource` and `NotResource`. */
export function keyPatterns(
  documents: readonly unknown[],
  bucket: string,
  context: ContextValues,
): string[] {
  return statementsIn(documents).flatMap(({ version, statement }) =>
    [...texts(statement.Resource), ...texts(statement.NotResource)].flatMap((arn) => {
      const text = resolved(arn, version, context);
      return text === undefined ? [] : patternsIn(text, bucket);
    })
  );
}

/** All patterns of `s3:prefix` that the conditions of policies have. */
export function prefixPatterns(documents: readonly unknown[], context: ContextValues): string[] {
  return statementsIn(documents).flatMap(({ version, statement: { Condition } }) =>
    Object.values(isObject(Condition) ? Condition : {}).filter(isObject).flatMap((tests) =>
      Object.entries(tests).filter(([key]) => key.toLowerCase() === "s3:prefix")
        .flatMap(([, values]) => texts(values))
        .flatMap((value) => resolved(value, version, context) ?? [])
    )
  );
}

/**
 * A pattern of what two patterns have in common, `undefined` if there is none. There may be more in common,
 * as of `*a*` and `*b*`.
 */
export function commonPattern(one: string, other: string): string | undefined {
  const width = other.length + 1;
  /** How each place was reached first: from which place, and by which character. */
  const from = new Map<number, { previous: number; character: string }>();
  // Stars take what they can before they end, which leaves the widest pattern.
  const next = [{ place: 0, previous: -1, character: "" }];
  for (let step = next.pop(); step !== undefined; step = next.pop()) {
    const { place } = step;
    if (from.has(place)) continue;
    from.set(place, step);
    const [a, b] = [one[Math.floor(place / width)], other[place % width]];
    if (a === undefined && b === undefined) return pathTo(place, from);
    const reach = (distance: number, character: string) =>
      next.push({ place: place + distance, previous: place, character });
    // Where both have a star, so has what they have in common.
    const star = a === "*" && b === "*" ? "*" : "";
    if (a === "*") reach(width, star);
    if (b === "*") reach(1, star);
    if (a === undefined || b === undefined || star === "*") continue;
    if (a === "*") reach(1, b);
    else if (b === "*") reach(width, a);
    else if (a === b || a === "?" || b === "?") reach(width + 1, a === "?" ? b : a);
  }
  return undefined;
}

function pathTo(
  end: number,
  from: ReadonlyMap<number, { previous: number; character: string }>,
): string {
  let pattern = "";
  for (let place = end; place !== -1;) {
    const { previous, character } = from.get(place)!;
    pattern = character + pattern;
    place = previous;
  }
  return pattern.replaceAll(/\*+/g, "*");
}

/** If there are more patterns than this, their pairs are not looked at. */
const MAX_PAIRED = 40;

/** The patterns, what each two have in common, and everything; each once, with a key. */
export function keySamples(patterns: readonly string[]): KeySample[] {
  const own = [...new Set(["*", ...patterns])];
  const common = own.length > MAX_PAIRED
    ? []
    : own.flatMap((one, index) =>
      own.slice(index + 1).flatMap((other) => commonPattern(one, other) ?? [])
    );
  return [...new Set([...own, ...common])].map((pattern) => ({ pattern, key: keyOf(pattern) }));
}
