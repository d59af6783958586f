/**
 * Variables, wildcards and ARNs in texts of policies, as AWS describes them.
 *
 * @module
 */
import type { SpecifiedRequest } from "./types.ts";
import { valueOf } from "./request.ts";

const quote = (character: string): string =>
  "\\^$.*+?()[]{}|".includes(character) ? `\\${character}` : character;

// ---------------------------------------------------------------------------------------------
// Variables and wildcards

/** A text in which each character knows whether it may be a wildcard. */
type Marked = { character: string; mayBeWildcard: boolean }[];

export const marked = (text: string, mayBeWildcard: boolean): Marked =>
  [...text].map((character) => ({ character, mayBeWildcard }));

/** "AWS substitutes a value from the request context key in place of the variable." */
export function resolve(
  text: string,
  version: unknown,
  request: SpecifiedRequest,
): Marked | "unresolved" {
  if (version !== "2012-10-17") return marked(text, true);
  const found = /^(.*?)\$\{([^}]*)\}(.*)$/s.exec(text);
  if (!found) return marked(text, true);
  const [, before, name, after] = found as unknown as [string, string, string, string];
  const rest = resolve(after, version, request);
  if (rest === "unresolved") return rest;
  const insert = (value: string) => [...marked(before, true), ...marked(value, false), ...rest];
  if (["*", "?", "$"].includes(name)) return insert(name);
  const comma = /^([^,]*), *'(.*)' *$/s.exec(name);
  const value = valueOf(request, (comma?.[1] ?? name).trim());
  if (typeof value === "string" && value !== "") return insert(value);
  return comma ? insert(comma[2]!) : "unresolved";
}

function asExpression(text: Marked, star: (index: number) => string, one: string): RegExp {
  const source = text.map(({ character, mayBeWildcard }, index) => {
    if (mayBeWildcard && character === "*") return star(index);
    if (mayBeWildcard && character === "?") return one;
    return quote(character);
  });
  return new RegExp(`^(?:${source.join("")})$`, "su");
}

export const like = (pattern: Marked, text: string) =>
  asExpression(pattern, () => ".*", ".").test(text);

/** Where the resource of an ARN starts: after the fifth colon. */
function partsOfArn(arn: string): { head: string; tail: string } | undefined {
  const found = /^((?:[^:]*:){5})(.*)$/s.exec(arn);
  return found ? { head: found[1]!, tail: found[2]! } : undefined;
}

/**
 * "You can use wildcard characters within the individual segments of an ARN. If the * wildcard is the
 * last character of a resource ARN segment, it can expand to match beyond the colon boundaries."
 * "You can use a policy variable only in the resource portion of the ARN."
 */
export function resourceMatches(
  pattern: string,
  version: unknown,
  request: SpecifiedRequest,
): boolean {
  const { resource, action } = request;
  if (/^\*+$/.test(pattern)) return true;
  if (resource === "*") {
    return /^arn:[^:*?]+:s3:::\*+$/.test(pattern) && action.toLowerCase().startsWith("s3:");
  }
  const parts = partsOfArn(pattern) ?? { head: pattern, tail: "" };
  const tail = resolve(parts.tail, version, request);
  if (tail === "unresolved") return false;
  const head = marked(parts.head, true);
  const headEnd = (index: number) =>
    index === head.length - 1 || head[index + 1]?.character === ":";
  const headSource = asExpression(head, (index) => headEnd(index) ? ".*" : "[^:]*", "[^:]").source;
  const tailSource = asExpression(tail, () => ".*", ".").source;
  return new RegExp(headSource.slice(0, -1) + tailSource.slice(1), "su").test(resource);
}

/** "Each of the six colon-delimited components of the ARN is checked separately." */
export function arnLike(pattern: Marked, arn: string): boolean {
  const text = pattern.map(({ character }) => character).join("");
  const [parts, wanted] = [partsOfArn(arn), partsOfArn(text)];
  if (!parts || !wanted || !arn.startsWith("arn:")) return false;
  const components = parts.head.slice(0, -1).split(":");
  let position = 0;
  for (const component of components) {
    const end = pattern.findIndex(({ character }, index) => index >= position && character === ":");
    if (!like(pattern.slice(position, end), component)) return false;
    position = end + 1;
  }
  return like(pattern.slice(position), parts.tail);
}
