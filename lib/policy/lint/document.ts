/**
 * What can be wrong with a policy as a whole.
 *
 * @module
 */
import { isObject } from "../../is_object.ts";
import { type Finding, type LintType, PAGES, type Report } from "./finding.ts";

/** Checks the version of the policy language. */
export function lintVersion(document: Record<string, unknown>, text: string, report: Report): void {
  const { Version } = document;
  const page = "reference_policies_elements_version";
  if (Version === "2012-10-17") return;
  const fix = 'Write "Version": "2012-10-17"';
  if (Version !== undefined && Version !== "2008-10-17") {
    report(
      "invalid-version",
      "error",
      "Version",
      "Version must be 2012-10-17 or 2008-10-17, not another date",
      page,
      fix,
    );
    return;
  }
  const [variable] = /\$\{[^}"]*\}/.exec(text) ?? [];
  const which = Version === undefined ? "without a Version" : "of Version 2008-10-17";
  const message = `Variables don't work in a policy ${which}` +
    (variable === undefined ? "" : `: ${variable} is plain text there`);
  const level = variable === undefined ? "warning" : "error";
  report("version-without-variables", level, "Version", message, page, fix);
}

/** Checks that each Sid is one that AWS takes, and is unique. */
export function lintSids(statements: readonly unknown[], type: LintType, report: Report): void {
  const paths = new Map<unknown, string>();
  for (const [index, statement] of statements.entries()) {
    if (!isObject(statement) || statement.Sid === undefined || statement.Sid === "") continue;
    const { Sid } = statement;
    const path = `Statement[${index}].Sid`;
    const page = "reference_policies_elements_sid";
    // Bucket policies may have other characters too.
    if (typeof Sid !== "string" || (type !== "bucket" && /[^A-Za-z\d]/.test(Sid))) {
      const message = `A Sid has letters and digits only, unlike ${JSON.stringify(Sid)}`;
      report("invalid-sid", "error", path, message, page);
    }
    const first = paths.get(Sid);
    if (first !== undefined) {
      const message = `${JSON.stringify(Sid)} is the Sid of ${first} too`;
      report("duplicate-sid", "error", path, message, page, "Give it another Sid, or none");
    } else paths.set(Sid, `Statement[${index}]`);
  }
}

/** Checks that all ARNs are of one partition. */
export function lintPartitions(
  statements: readonly unknown[],
  wanted: string | undefined,
  report: Report,
): void {
  let partition = wanted;
  const visit = (value: unknown, path: string): void => {
    if (Array.isArray(value)) {
      value.forEach((item, index) => visit(item, `${path}[${index}]`));
    } else if (isObject(value)) {
      for (const [name, item] of Object.entries(value)) visit(item, `${path}.${name}`);
    } else if (typeof value === "string") {
      const [, found] = /^arn:(aws[a-z-]*):/.exec(value) ?? [];
      if (found === undefined || found === (partition ??= found)) return;
      const message = `${value} is an ARN of partition ${found}, not ${partition}`;
      const level = wanted === undefined ? "warning" : "error";
      report("other-partition", level, path, message, "reference-arns");
    }
  };
  visit(statements, "Statement");
}

/** Checks the length against the quotas: the highest is an error, a lower one a warning. */
export function lintSize(text: string, type: LintType, report: Report): void {
  const counted = text.replaceAll(/\s/g, "").length;
  const bytes = new TextEncoder().encode(text).length;
  const over = (level: Finding["level"], limit: number, size: number, whose: string) => {
    if (size <= limit) return false;
    const message = `${size} characters are more than the ${limit} of ${whose}`;
    report("too-large", level, "", message, PAGES.quotas);
    return true;
  };
  switch (type) {
    case "session":
      over("error", 2_048, text.length, "a session policy, white space included");
      break;
    case "bucket":
      over("error", 20_480, bytes, "a bucket policy");
      break;
    case "trust":
      if (over("error", 8_192, counted, "a trust policy")) break;
      over("warning", 2_048, counted, "a trust policy without a raised quota");
      break;
    case "identity":
      if (over("error", 10_240, counted, "the inline policies of a role")) break;
      if (over("warning", 6_144, counted, "a managed policy")) break;
      over("warning", 2_048, counted, "the inline policies of a user");
  }
}

/** Checks that IAM takes every character. */
export function lintCharacters(text: string, type: LintType, report: Report): void {
  if (type === "bucket") return;
  // deno-lint-ignore no-control-regex
  const character = /[^\u0009\u000A\u000D\u0020-\u00FF]/u.exec(text)?.[0];
  if (character === undefined) return;
  const message = `IAM takes no character beyond U+00FF in a policy, such as ${character}`;
  const page = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutUserPolicy.html";
  report("unsupported-character", "error", "", message, page);
}
