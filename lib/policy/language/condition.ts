/**
 * The `Condition` of a statement: its operators, compiled once and tested against a request, see
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 *
 * @module
 */
import { S3CredentialsError } from "../../errors.ts";
import { isObject } from "../../is_object.ts";
import {
  isInRange,
  readAddress,
  readAddressRange,
  readBase64,
  readBoolean,
  readDate,
  readNumber,
} from "./values.ts";
import {
  type ContextValues,
  isConstant,
  parseTemplate,
  plainText,
  substitute,
  type TextPart,
} from "./variables.ts";
import { compilePattern, matchesPattern } from "./wildcard.ts";

/** Whether a value of the request matches one that the policy has. */
type ValueTest = (value: string, context: ContextValues) => boolean;
type Comparison = (value: number, expected: number) => boolean;

/** What an operator compares, without regard to whether it negates. */
interface Comparator {
  compile(expected: string, hasVariables: boolean): ValueTest;
}

const NEVER: ValueTest = () => false;

/** An operator whose expected values may have variables. */
function textComparator(build: (parts: readonly TextPart[]) => (value: string) => boolean) {
  return {
    compile(expected: string, hasVariables: boolean): ValueTest {
      const template = parseTemplate(expected, hasVariables);
      if (isConstant(template)) return build(template);
      return (value, context) => {
        const parts = substitute(template, context);
        return parts !== undefined && build(parts)(value);
      };
    },
  };
}

/** An operator whose expected values are read once; those that can't be read match nothing. */
function valueComparator<T>(
  readExpected: (text: string) => T | undefined,
  matches: (value: string, expected: T) => boolean,
): Comparator {
  return {
    compile(expected) {
      const read = readExpected(expected);
      return read === undefined ? NEVER : (value) => matches(value, read);
    },
  };
}

const STRING = textComparator((parts) => {
  const expected = plainText(parts);
  return (value) => value === expected;
});

const STRING_IGNORE_CASE = textComparator((parts) => {
  const expected = plainText(parts).toLowerCase();
  return (value) => value.toLowerCase() === expected;
});

const STRING_LIKE = textComparator((parts) => {
  const pattern = compilePattern(parts, "text");
  return (value) => matchesPattern(pattern, value);
});

const SIX_SEGMENTS = /^arn(?::[^:]*){4}:/;

const ARN = textComparator((parts) => {
  const pattern = compilePattern(parts, "arn");
  return (value) => SIX_SEGMENTS.test(value) && matchesPattern(pattern, value);
});

const BOOLEAN = textComparator((parts) => {
  const expected = readBoolean(plainText(parts));
  return (value) => expected !== undefined && readBoolean(value) === expected;
});

const ADDRESS = valueComparator(readAddressRange, (value, range) => {
  const address = readAddress(value);
  return address !== undefined && isInRange(address, range);
});

const BINARY = valueComparator(readBase64, (value, bytes) => readBase64(value) === bytes);

/** Comparing with `NaN`, which stands for anything but a number or a date, is never true. */
const numeric = (compare: Comparison) =>
  valueComparator(readNumber, (value, expected) => compare(readNumber(value), expected));
const date = (compare: Comparison) =>
  valueComparator(readDate, (value, expected) => compare(readDate(value), expected));

const EQUAL: Comparison = (value, expected) => value === expected;
const LESS: Comparison = (value, expected) => value < expected;
const LESS_OR_EQUAL: Comparison = (value, expected) => value <= expected;
const GREATER: Comparison = (value, expected) => value > expected;
const GREATER_OR_EQUAL: Comparison = (value, expected) => value >= expected;

interface Operator {
  comparator: Comparator;
  isNegated: boolean;
}

function operators(
  comparator: Comparator,
  names: readonly string[],
  negated: readonly string[] = [],
): [string, Operator][] {
  return [
    ...names.map((name): [string, Operator] => [name, { comparator, isNegated: false }]),
    ...negated.map((name): [string, Operator] => [name, { comparator, isNegated: true }]),
  ];
}

const OPERATORS = new Map<string, Operator>([
  ...operators(STRING, ["StringEquals"], ["StringNotEquals"]),
  ...operators(STRING_IGNORE_CASE, ["StringEqualsIgnoreCase"], ["StringNotEqualsIgnoreCase"]),
  ...operators(STRING_LIKE, ["StringLike"], ["StringNotLike"]),
  ...operators(ARN, ["ArnEquals", "ArnLike"], ["ArnNotEquals", "ArnNotLike"]),
  ...operators(BOOLEAN, ["Bool"]),
  ...operators(BINARY, ["BinaryEquals"]),
  ...operators(ADDRESS, ["IpAddress"], ["NotIpAddress"]),
  ...([["Numeric", numeric], ["Date", date]] as const).flatMap(([kind, comparatorFor]) => [
    ...operators(comparatorFor(EQUAL), [`${kind}Equals`], [`${kind}NotEquals`]),
    ...operators(comparatorFor(LESS), [`${kind}LessThan`]),
    ...operators(comparatorFor(LESS_OR_EQUAL), [`${kind}LessThanEquals`]),
    ...operators(comparatorFor(GREATER), [`${kind}GreaterThan`]),
    ...operators(comparatorFor(GREATER_OR_EQUAL), [`${kind}GreaterThanEquals`]),
  ]),
]);

const OPERATOR_PARTS = /^(?:(ForAllValues|ForAnyValue):)?(.*?)(IfExists)?$/;

/** How the values of a request's key take part. */
type Quantifier = "one" | "all" | "any";

/** What the name of an operator says; `undefined` for one that IAM does not have. */
export interface OperatorName {
  quantifier: Quantifier;
  /** The name without set operator and `IfExists`. */
  base: string;
  ifExists: boolean;
}

/** Reads the name of a condition operator. */
export function readOperatorName(name: string): OperatorName | undefined {
  const [, set, base = "", ifExists] = OPERATOR_PARTS.exec(name)!;
  if (base === "Null" ? ifExists !== undefined : !OPERATORS.has(base)) return undefined;
  const quantifier = set === undefined ? "one" : set === "ForAllValues" ? "all" : "any";
  return { quantifier, base, ifExists: ifExists !== undefined };
}

/** The names of all operators, without set operators and `IfExists`. */
export const OPERATOR_NAMES: readonly string[] = [...OPERATORS.keys(), "Null"];

/** One key of a `Condition`, ready to be tested. */
export type Condition = (context: ContextValues) => boolean;

type ContextValue = ReturnType<ContextValues["get"]>;

function isMissing(value: ContextValue): value is undefined {
  return value === undefined || (typeof value !== "string" && value.length === 0);
}

/** A key is null that is missing, or has nothing but an empty value. */
function isNull(value: ContextValue): boolean {
  if (typeof value === "string") return value === "";
  return value === undefined || value.every((one) => one === "");
}

function nullCondition(key: string, expected: readonly string[]): Condition {
  const wanted = expected.map(readBoolean);
  return (context) => wanted.includes(isNull(context.get(key)));
}

/**
 * Compiles the test of one key.
 *
 * Without the key, a test is false, or true if its operator negates. `IfExists` makes it true.
 * `ForAllValues` is true and `ForAnyValue` false of a key without values, or with an empty one only.
 */
function compileTest(
  { quantifier, base, ifExists }: OperatorName,
  key: string,
  expected: readonly string[],
  hasVariables: boolean,
): Condition {
  if (base === "Null") return nullCondition(key, expected);
  const { comparator, isNegated } = OPERATORS.get(base)!;
  const tests = expected.map((value) => comparator.compile(value, hasVariables));
  const isExpected = (value: string, context: ContextValues) =>
    tests.some((test) => test(value, context));
  return (context) => {
    const value = context.get(key);
    if (isMissing(value)) {
      return ifExists || quantifier === "all" || (quantifier === "one" && isNegated);
    }
    if (quantifier !== "one" && isNull(value)) return quantifier === "all";
    if (typeof value === "string") return isExpected(value, context) !== isNegated;
    const isForAll = quantifier === "all" || (quantifier === "one" && isNegated);
    const holds = (one: string) => isExpected(one, context) !== isNegated;
    return isForAll ? value.every(holds) : value.some(holds);
  };
}

function malformed(message: string): S3CredentialsError {
  return new S3CredentialsError("invalid-policy", message);
}

/** The part before the colon is a service, or an issuer of tokens such as `token.actions.githubusercontent.com`. */
const KEY = /^[^\s:]+:\S/;

function readExpected(operator: string, key: string, value: unknown): string[] {
  const values = Array.isArray(value) ? value : [value];
  return values.map((one) => {
    if (typeof one === "string" || typeof one === "number" || typeof one === "boolean") {
      return String(one);
    }
    throw malformed(`${operator} of ${key} must have strings, numbers or booleans`);
  });
}

/** Compiles a `Condition`; all of its tests must hold. Throws `invalid-policy`. */
export function compileConditions(condition: unknown, hasVariables: boolean): Condition[] {
  if (!isObject(condition)) throw malformed("Condition must be an object");
  return Object.entries(condition).flatMap(([operator, tests]) => {
    const name = readOperatorName(operator);
    if (name === undefined) throw malformed(`Unknown condition operator: ${operator}`);
    if (!isObject(tests)) throw malformed(`${operator} must be an object`);
    return Object.entries(tests).map(([key, value]) => {
      if (!KEY.test(key)) throw malformed(`${operator} has an invalid key: ${key}`);
      const expected = readExpected(operator, key, value);
      return compileTest(name, key.toLowerCase(), expected, hasVariables);
    });
  });
}
