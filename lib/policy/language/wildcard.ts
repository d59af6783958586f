/**
 * Patterns with `*` (any characters) and `?` (any one character), as policies have them in actions,
 * resources and conditions. Matching takes at most pattern times text steps.
 *
 * Before its resource, an ARN has five segments that end in a colon. There, `?` and a `*` inside a
 * segment stop at the colon. In a `Resource`, a `*` that is a segment's last character goes on past
 * it; in a condition with an ARN operator it doesn't. See
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html and
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 *
 * @module
 */
import type { TextPart } from "./variables.ts";

/** Wildcards among UTF-16 code units: negative, so that no code unit equals one. */
const ANY = -1;
const ONE = -2;
const ANY_IN_SEGMENT = -3;
const ONE_IN_SEGMENT = -4;

const STAR = 0x2a;
const QUESTION_MARK = 0x3f;
const COLON = 0x3a;
/** Segments of an ARN before its resource: `arn`, partition, service, region, account. */
const SEGMENTS_BEFORE_RESOURCE = 5;

/** A pattern that is ready to be matched. */
export interface Pattern {
  /** What the text must start with: everything before the first wildcard. */
  readonly prefix: string;
  /** Code units and wildcards after that. */
  readonly rest: readonly number[];
  /** Whether a `*` that stops at a colon follows one that doesn't. */
  readonly isMixed: boolean;
}

/** Where a pattern stands, which says what its wildcards match. */
export type PatternKind =
  /** Wildcards match any characters. */
  | "text"
  /** The ARN of a `Resource`. */
  | "resource"
  /** The ARN of a condition: each segment is matched separately. */
  | "arn";

function isWildcard(code: number): boolean {
  return code === STAR || code === QUESTION_MARK;
}

/** Compiles the parts of a text into a pattern. */
export function compilePattern(parts: readonly TextPart[], kind: PatternKind): Pattern {
  const text = parts.map((part) => part.text).join("");
  const elements: number[] = [];
  let segment = kind === "text" ? SEGMENTS_BEFORE_RESOURCE : 0;
  for (const part of parts) {
    for (let index = 0; index < part.text.length; index++) {
      const code = part.text.charCodeAt(index);
      const isInResource = segment >= SEGMENTS_BEFORE_RESOURCE;
      if (part.isLiteral || !isWildcard(code)) {
        if (code === COLON) segment++;
        elements.push(code);
      } else if (code === QUESTION_MARK) {
        elements.push(isInResource ? ONE : ONE_IN_SEGMENT);
      } else {
        const next = text.charCodeAt(elements.length + 1);
        const isLastOfSegment = Number.isNaN(next) || next === COLON;
        const goesOn = isInResource || (kind === "resource" && isLastOfSegment);
        elements.push(goesOn ? ANY : ANY_IN_SEGMENT);
      }
    }
  }
  const firstWildcard = elements.findIndex((element) => element < 0);
  const prefixLength = firstWildcard === -1 ? elements.length : firstWildcard;
  const rest = elements.slice(prefixLength);
  const firstAny = rest.indexOf(ANY);
  return {
    prefix: text.slice(0, prefixLength),
    rest,
    isMixed: firstAny !== -1 && rest.indexOf(ANY_IN_SEGMENT, firstAny) !== -1,
  };
}

/** Compiles a text in which `*` matches any characters, colons included, and `?` any one. */
export function compileGlob(text: string): Pattern {
  return compilePattern([{ text, isLiteral: false }], "text");
}

/** Whether a text is what a pattern describes, from its first character to its last. */
export function matchesPattern(pattern: Pattern, text: string): boolean {
  const { prefix, rest } = pattern;
  if (rest.length === 0) return text === prefix;
  if (!text.startsWith(prefix)) return false;
  if (rest.length === 1 && rest[0] === ANY) return true;
  return pattern.isMixed
    ? matchesByStates(rest, text, prefix.length)
    : matchesByLastStar(rest, text, prefix.length);
}

/** How many code units one element of a pattern takes of the text at a position; 0 if it doesn't fit. */
function taken(element: number, text: string, position: number): number {
  const code = text.charCodeAt(position);
  if (element >= 0) return element === code ? 1 : 0;
  if (element === ONE_IN_SEGMENT && code === COLON) return 0;
  // A character outside the basic plane has two code units.
  return text.codePointAt(position)! > 0xffff ? 2 : 1;
}

/**
 * Lets each star take as little as it can, and only ever goes back to the last one: a star before
 * it could not do better.
 */
function matchesByLastStar(pattern: readonly number[], text: string, start: number): boolean {
  let element = 0;
  let position = start;
  let star = -1;
  let resume = start;
  while (position < text.length) {
    const wanted = pattern[element];
    if (wanted === ANY || wanted === ANY_IN_SEGMENT) {
      star = element++;
      resume = position;
      continue;
    }
    const width = wanted === undefined ? 0 : taken(wanted, text, position);
    if (width > 0) {
      element++;
      position += width;
      continue;
    }
    if (star === -1) return false;
    if (pattern[star] === ANY_IN_SEGMENT && text.charCodeAt(resume) === COLON) return false;
    element = star + 1;
    position = ++resume;
  }
  while (pattern[element] === ANY || pattern[element] === ANY_IN_SEGMENT) element++;
  return element === pattern.length;
}

/**
 * Keeps all the elements that the text may have come to, character by character. Needed where a star
 * that stops at a colon follows one that doesn't: then it can be the earlier one that has to take more.
 */
function matchesByStates(pattern: readonly number[], text: string, start: number): boolean {
  const isStar = (element: number) => element === ANY || element === ANY_IN_SEGMENT;
  const reach = (states: Set<number>, state: number) => {
    for (; !states.has(state); state++) {
      states.add(state);
      if (!isStar(pattern[state]!)) break;
    }
  };
  let states = new Set<number>();
  reach(states, 0);
  for (let position = start; position < text.length && states.size > 0;) {
    const width = text.codePointAt(position)! > 0xffff ? 2 : 1;
    const next = new Set<number>();
    for (const state of states) {
      const element = pattern[state];
      if (element === undefined) continue;
      if (element === ANY) reach(next, state);
      else if (element === ANY_IN_SEGMENT) {
        if (text.charCodeAt(position) !== COLON) reach(next, state);
      } else if (element < 0) {
        if (taken(element, text, position) > 0) reach(next, state + 1);
      } else if (element === text.charCodeAt(position)) {
        if (width === 1) reach(next, state + 1);
        else if (pattern[state + 1] === text.charCodeAt(position + 1)) reach(next, state + 2);
      }
    }
    states = next;
    position += width;
  }
  return states.has(pattern.length);
}
