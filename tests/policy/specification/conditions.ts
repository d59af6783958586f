/**
 * Conditions: "IAM JSON policy elements: Condition operators".
 *
 * @module
 */
import { type Json, list, type SpecifiedRequest } from "./types.ts";
import { arnLike, like, marked, resolve } from "./texts.ts";
import { valueOf } from "./request.ts";

function dateOf(text: string): number {
  if (/^[+-]?\d+(\.\d*)?$|^[+-]?\.\d+$/.test(text)) return Number(text) * 1000;
  const isIso = /^\d{4}-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?$/i.test(text);
  if (!isIso) return NaN;
  const [day] = text.split("T");
  const hasTime = /T/i.test(text);
  const isLocal = hasTime && !/(Z|[+-]\d\d:\d\d)$/i.test(text);
  const time = Date.parse(isLocal ? `${text}Z` : text);
  // The calendar day must exist.
  if (day!.length === 10 && new Date(`${day}T00:00Z`).toISOString().slice(0, 10) !== day) {
    return NaN;
  }
  return time;
}

const numberOf = (text: string): number =>
  /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text) ? parseFloat(text) : NaN;

/** An address as a string of bits. */
function bitsOf(address: string): string | undefined {
  const bits = (value: number, width: number) => value.toString(2).padStart(width, "0");
  if (!address.includes(":")) {
    const bytes = address.split(".");
    const isValid = bytes.length === 4 &&
      bytes.every((byte) => /^\d{1,3}$/.test(byte) && String(Number(byte)) === byte && +byte < 256);
    return isValid ? bytes.map((byte) => bits(+byte, 8)).join("") : undefined;
  }
  const [left, right, ...more] = address.split("::");
  if (more.length > 0) return undefined;
  const groups = (text: string | undefined) => !text ? [] : text.split(":");
  const missing = 8 - groups(left).length - groups(right).length;
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...groups(left), ...Array<string>(missing).fill("0"), ...groups(right)];
  if (!all.every((group) => /^[\da-f]{1,4}$/i.test(group))) return undefined;
  return all.map((group) => bits(parseInt(group, 16), 16)).join("");
}

function inRange(address: string, range: string): boolean {
  const [start = "", length] = range.split("/");
  const [bits, startBits] = [bitsOf(address), bitsOf(start)];
  if (bits === undefined || startBits === undefined || bits.length !== startBits.length) {
    return false;
  }
  const count = length === undefined ? bits.length : Number(length);
  return count <= bits.length && bits.slice(0, count) === startBits.slice(0, count);
}

const VARIABLE_OPERATORS = /^(String|Arn|Bool)/;

/** The positive operators: whether one value of the request matches one of the policy. */
function matchesOne(
  operator: string,
  expected: string,
  actual: string,
  version: unknown,
  request: SpecifiedRequest,
): boolean {
  const resolved = VARIABLE_OPERATORS.test(operator)
    ? resolve(expected, version, request)
    : marked(expected, true);
  if (resolved === "unresolved") return false;
  const text = resolved.map(({ character }) => character).join("");
  switch (operator) {
    case "StringEquals":
      return actual === text;
    case "StringEqualsIgnoreCase":
      return actual.toLowerCase() === text.toLowerCase();
    case "StringLike":
      return like(resolved, actual);
    case "ArnEquals":
    case "ArnLike":
      return arnLike(resolved, actual);
    case "Bool":
      return /^(true|false)$/i.test(text) && actual.toLowerCase() === text.toLowerCase();
    case "IpAddress":
      return inRange(actual, expected);
    case "NumericEquals":
      return numberOf(actual) === numberOf(expected);
    case "NumericLessThan":
      return numberOf(actual) < numberOf(expected);
    case "NumericLessThanEquals":
      return numberOf(actual) <= numberOf(expected);
    case "NumericGreaterThan":
      return numberOf(actual) > numberOf(expected);
    case "NumericGreaterThanEquals":
      return numberOf(actual) >= numberOf(expected);
    case "DateEquals":
      return dateOf(actual) === dateOf(expected);
    case "DateLessThan":
      return dateOf(actual) < dateOf(expected);
    case "DateLessThanEquals":
      return dateOf(actual) <= dateOf(expected);
    case "DateGreaterThan":
      return dateOf(actual) > dateOf(expected);
    case "DateGreaterThanEquals":
      return dateOf(actual) >= dateOf(expected);
  }
  throw new Error(`the specification has no ${operator}`);
}

function testHolds(
  name: string,
  key: string,
  expected: string[],
  version: unknown,
  request: SpecifiedRequest,
): boolean {
  const actual = valueOf(request, key);
  const values = list(actual) as string[];
  // "Occasionally null (an empty data string)."
  const isNull = values.every((value) => value === "");
  if (/(^|:)Null$/.test(name)) {
    return expected.some((wanted) => wanted.toLowerCase() === String(isNull));
  }
  // "If the key is not present, evaluate the condition element as true."
  if (name.endsWith("IfExists") && values.length === 0) return true;
  const plain = name.replace(/IfExists$/, "").replace(/^For\w+:/, "");
  const isNegated = /Not/.test(plain);
  const positive = plain.replace("Not", "");
  const matchesAny = (value: string) =>
    expected.some((one) => matchesOne(positive, one, value, version, request));
  // "It also returns true if there are no keys in the request, or a null data set."
  if (name.startsWith("ForAllValues:")) {
    return isNull || values.every((value) => matchesAny(value) !== isNegated);
  }
  // "For no matching key or a null dataset, the condition returns false."
  if (name.startsWith("ForAnyValue:")) {
    return !isNull && values.some((value) => matchesAny(value) !== isNegated);
  }
  // "Not present: the values do not match"; with a negated operator the condition is true.
  const doesAnyMatch = values.some(matchesAny);
  return isNegated ? !doesAnyMatch : doesAnyMatch;
}

/** "All conditions must resolve to true." */
export function conditionHolds(
  condition: Json,
  version: unknown,
  request: SpecifiedRequest,
): boolean {
  for (const [operator, tests] of Object.entries(condition)) {
    for (const [key, expected] of Object.entries(tests as Json)) {
      if (!testHolds(operator, key, list(expected).map(String), version, request)) return false;
    }
  }
  return true;
}
