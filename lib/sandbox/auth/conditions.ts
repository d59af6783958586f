/**
 * Knows a condition block that AWS would accept. The policy engine takes an operator that it does
 * not know for one that never matches, which would make a mistyped Deny do nothing. It also takes
 * seconds for milliseconds.
 *
 * @module
 */

const OPERATOR = new RegExp(
  "^(?:(?:For(?:AllValues|AnyValue):)?(?:" + [
    "String(?:Not)?Equals(?:IgnoreCase)?",
    "String(?:Not)?Like",
    "(?:Numeric|Date)(?:(?:Not)?Equals|(?:Less|Greater)Than(?:Equals)?)",
    "Bool",
    "BinaryEquals",
    "(?:Not)?IpAddress",
    "Arn(?:Not)?(?:Equals|Like)",
  ].join("|") + ")(?:IfExists)?|(?:For(?:AllValues|AnyValue):)?Null)$",
);

/** The last moment that a `Date` can hold. */
const MAX_TIME = 8.64e15;

/** Whether AWS would accept a statement's `Condition`; without one there is nothing to refuse. */
export function isValidCondition(condition: unknown): boolean {
  if (condition === undefined) return true;
  return isRecord(condition) &&
    Object.entries(condition).every(([operator, tests]) =>
      OPERATOR.test(operator) && isRecord(tests) && Object.entries(tests).every(isValidTest)
    );
}

function isValidTest([key, expected]: [string, unknown]): boolean {
  return /^[\w-]+:\S/.test(key) &&
    [expected].flat().every((value) => ["string", "number", "boolean"].includes(typeof value));
}

/** Whether every statement of a policy document has a valid `Condition`. */
export function hasValidConditions(document: unknown): boolean {
  if (!isRecord(document)) return false;
  return [document.Statement].flat().every((statement) =>
    isRecord(statement) && isValidCondition(statement.Condition)
  );
}

/**
 * Writes the dates of a policy document in the form in which the request has them: AWS takes
 * ISO 8601 and seconds since 1970 alike.
 */
export function withComparableDates(document: unknown): unknown {
  if (!isRecord(document)) return document;
  const statements = [document.Statement].flat().map((statement) =>
    isRecord(statement) && isRecord(statement.Condition)
      ? { ...statement, Condition: mapEntries(statement.Condition, comparableTests) }
      : statement
  );
  return { ...document, Statement: statements };
}

function comparableTests(tests: unknown, operator: string): unknown {
  if (!/^(?:For\w+:)?Date/.test(operator) || !isRecord(tests)) return tests;
  return mapEntries(tests, (expected, key) => {
    const isInSeconds = key.toLowerCase() === "aws:epochtime";
    return [expected].flat().map((value) => comparableDate(String(value), isInSeconds));
  });
}

function comparableDate(text: string, isInSeconds: boolean): string {
  const milliseconds = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text);
  if (Number.isNaN(milliseconds)) return text;
  if (isInSeconds) return String(Math.floor(milliseconds / 1000));
  return milliseconds > MAX_TIME ? text : new Date(milliseconds).toISOString();
}

function mapEntries(
  fields: Record<string, unknown>,
  map: (value: unknown, key: string) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, map(value, key)]));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
