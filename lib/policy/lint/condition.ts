/**
 * What can be wrong with the `Condition` of a statement.
 *
 * @module
 */
import { isObject } from "../../is_object.ts";
import { nearest } from "../../suggest.ts";
import { type ActionFacts, conditionKeyType, isKnownService, isSameKey } from "../actions.ts";
import { OPERATOR_NAMES, type OperatorName, readOperatorName } from "../language/condition.ts";
import { readAddressRange, readBoolean, readDate, readNumber } from "../language/values.ts";
import { PAGES, type Report, servicePage, withPaths } from "./finding.ts";

/** What the checks of a condition need of its statement. */
export interface StatementFacts {
  isAllow: boolean;
  /** The actions that it names without wildcards, where all of them are known. */
  actions: readonly ActionFacts[];
  /** Whether variables are known in its document. */
  hasVariables: boolean;
}

/** Checks a `Condition`. */
export function lintCondition(
  condition: unknown,
  path: string,
  statement: StatementFacts,
  report: Report,
): void {
  if (!isObject(condition)) {
    report("invalid-condition", "error", path, "Condition must be an object", PAGES.condition);
    return;
  }
  for (const [operator, tests] of Object.entries(condition)) {
    const operatorPath = `${path}.${operator}`;
    const name = readOperatorName(operator);
    if (name === undefined) {
      reportOperator(operator, operatorPath, report);
      continue;
    }
    if (!isObject(tests)) {
      const message = `${operator} must be an object of condition keys and values`;
      report("invalid-condition", "error", operatorPath, message, PAGES.condition);
      continue;
    }
    for (const [key, expected] of Object.entries(tests)) {
      const keyPath = `${operatorPath}.${key}`;
      lintKey(key, keyPath, name, statement, report);
      lintOperator(operator, name, key, keyPath, report);
      if (name.quantifier === "all" && statement.isAllow && !demandsKey(condition, key)) {
        reportForAllValues(key, keyPath, report);
      }
      for (const [value, valuePath] of withPaths(expected, keyPath)) {
        lintValue(value, valuePath, operator, name, statement, report);
      }
    }
  }
}

function reportOperator(operator: string, path: string, report: Report): void {
  const [, set = "", base = ""] = /^((?:ForAllValues|ForAnyValue):)?(.*?)(?:IfExists)?$/s
    .exec(operator)!;
  const exact = OPERATOR_NAMES.find((name) => name.toLowerCase() === base.toLowerCase());
  const [near, ...others] = exact === undefined ? nearest(base, OPERATOR_NAMES) : [exact];
  const fix = base === "Null"
    ? `Write ${set}Null: it has no IfExists`
    : near !== undefined && others.length === 0
    ? `Write ${operator.replace(base, near)}`
    : undefined;
  const message = `Unknown condition operator: ${operator}`;
  report("unknown-operator", "error", path, message, PAGES.operators, fix);
}

/** A test that holds of a key that isn't there may be written on purpose. */
function holdsWithoutKey({ quantifier, base, ifExists }: OperatorName): boolean {
  return ifExists || base === "Null" || quantifier === "all" ||
    (quantifier === "one" && base.includes("Not"));
}

function lintKey(
  key: string,
  path: string,
  name: OperatorName,
  { actions }: StatementFacts,
  report: Report,
): void {
  const [service = "", rest] = key.split(":", 2);
  if (rest === undefined || rest === "") {
    const message = `Condition keys have a prefix and a colon, such as aws: or s3:, unlike ${key}`;
    report("invalid-condition", "error", path, message, PAGES.condition);
    return;
  }
  const isKnown = conditionKeyType(key) !== undefined;
  const isListed = service.toLowerCase() === "aws" || isKnownService(service);
  if (!isKnown && isListed) {
    report(
      "unknown-condition-key",
      service.toLowerCase() === "aws" ? "warning" : "error",
      path,
      `AWS documents no condition key ${key}`,
      service.toLowerCase() === "aws" ? "reference_policies_condition-keys" : servicePage(service),
    );
    return;
  }
  if (service.toLowerCase() === "aws" || !isListed || actions.length === 0) return;
  const without = actions.filter(({ keys }) => !keys.some((known) => isSameKey(key, known)));
  if (without.length === 0 || holdsWithoutKey(name)) return;
  const isOfNone = without.length === actions.length;
  report(
    "condition-key-of-other-action",
    isOfNone ? "error" : "warning",
    path,
    `${without.map((action) => action.name).join(", ")} ${
      without.length === 1 ? "has" : "have"
    } no condition key ${key}, so that this never holds`,
    servicePage(without[0]!.name.split(":")[0]!),
    isOfNone ? "Take the condition out, or the action" : "Give that action a statement of its own",
  );
}

/** The operators that fit the types of values. */
const FITTING: Record<string, RegExp> = {
  String: /^(?:String|Arn)/,
  ARN: /^(?:Arn|String)/,
  Bool: /^(?:Bool|String)/,
  Date: /^(?:Date|Numeric)/,
  IPAddress: /^(?:Not)?IpAddress/,
  Numeric: /^Numeric/,
};

function lintOperator(
  operator: string,
  { quantifier, base }: OperatorName,
  key: string,
  path: string,
  report: Report,
): void {
  const type = conditionKeyType(key);
  if (type === undefined || base === "Null") return;
  const isMultivalued = type.startsWith("ArrayOf");
  const fitting = FITTING[type.replace("ArrayOf", "")];
  if (fitting !== undefined && !fitting.test(base)) {
    const message = `${operator} does not fit ${key}, which AWS lists as ${type}`;
    report("wrong-operator", "warning", path, message, PAGES.operators);
  }
  if (isMultivalued && quantifier === "one") {
    const message = `${key} can have several values, for which ${operator} is not defined`;
    const fix = `Write ForAnyValue:${operator} or ForAllValues:${operator}`;
    report("wrong-operator", "warning", path, message, PAGES.sets, fix);
  }
}

/** Whether a condition holds only of requests that have a key. */
function demandsKey(condition: Record<string, unknown>, key: string): boolean {
  return Object.entries(condition).some(([operator, tests]) => {
    const name = readOperatorName(operator);
    if (name === undefined || !isObject(tests)) return false;
    return Object.entries(tests).some(([tested, expected]) =>
      tested.toLowerCase() === key.toLowerCase() &&
      (name.base === "Null"
        ? [expected].flat().every((one) => readBoolean(String(one)) === false)
        : !holdsWithoutKey(name))
    );
  });
}

function reportForAllValues(key: string, path: string, report: Report): void {
  report(
    "for-all-values-with-allow",
    "warning",
    path,
    `ForAllValues also holds of a request without ${key}`,
    PAGES.sets,
    `Add "Null": {"${key}": "false"}`,
  );
}

/** Whether a value is one that its operator can compare. */
function isReadable(base: string, value: string): boolean {
  if (base.startsWith("Numeric")) return !Number.isNaN(readNumber(value));
  if (base.startsWith("Date")) return !Number.isNaN(readDate(value));
  if (base.endsWith("IpAddress")) return readAddressRange(value) !== undefined;
  if (base === "Bool" || base === "Null") return readBoolean(value) !== undefined;
  if (base.startsWith("Arn")) return /^arn(?::[^:]*){4}:/.test(value);
  return true;
}

const WANTED: [base: RegExp, what: string][] = [
  [/^Numeric/, "a number"],
  [/^Date/, "a date such as 2027-01-31T00:00:00Z, or seconds since 1970"],
  [/IpAddress$/, "an address, or a range such as 203.0.113.0/24"],
  [/^(?:Bool|Null)/, "true or false"],
  [/^Arn/, "an ARN with all of its six parts, each of which may have wildcards"],
];

function lintValue(
  value: unknown,
  path: string,
  operator: string,
  { base }: OperatorName,
  { hasVariables }: StatementFacts,
  report: Report,
): void {
  if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") {
    const message = `${operator} compares strings, numbers and booleans`;
    report("invalid-value", "error", path, message, PAGES.condition);
    return;
  }
  const text = String(value);
  const takesVariables = hasVariables && /^(?:String|Arn|Bool)/.test(base);
  if (takesVariables && text.includes("${") && !base.startsWith("String")) return;
  if (!isReadable(base, text)) {
    const wanted = WANTED.find(([pattern]) => pattern.test(base))?.[1];
    const message = `${operator} compares with ${wanted}, not with ${text}`;
    report("invalid-value", "error", path, message, PAGES.operators);
  }
  const isExact = /^String(?:Not)?Equals/.test(base);
  if (isExact && /[*?]/.test(text.replaceAll(/\$\{[^}]*\}/g, ""))) {
    const like = operator.replace(/Equals(?:IgnoreCase)?/, "Like");
    const message = `${operator} takes the wildcard in ${text} for an ordinary character`;
    report("wildcard-without-like", "warning", path, message, PAGES.operators, `Write ${like}`);
  }
}
