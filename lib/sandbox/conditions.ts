/**
 * Knows a condition block that AWS would accept. The policy engine takes an operator that it does
 * not know for one that never matches, which would make a mistyped Deny do nothing.
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

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
