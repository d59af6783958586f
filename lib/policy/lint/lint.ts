/**
 * Finds what is wrong with a policy: `lint`, and the checks of a document and its statements.
 *
 * @module
 */
import { isObject } from "../../is_object.ts";
import { messageOf } from "../../errors.ts";
import { parseJson } from "../../strict_json.ts";
import { isPublicPolicy } from "../public_policy.ts";
import { lintCondition } from "./condition.ts";
import { lintCharacters, lintPartitions, lintSids, lintSize, lintVersion } from "./document.ts";
import { type Finding, type LintType, PAGES, pageUrl, type Report, withPaths } from "./finding.ts";
import { lintSharedIssuers } from "./issuers.ts";
import { lintActions, lintPrincipal, lintResources, meansAction } from "./statement.ts";

/** How a policy is to be judged. */
export interface LintOptions {
  /**
   * What the policy is for.
   *
   * @default what its statements look like: `trust` with `Principal` but no `Resource`, `bucket` with
   * both, otherwise `identity`
   */
  type?: LintType;
  /**
   * The partition whose ARNs belong there, such as `aws-cn`.
   *
   * @default that of the first ARN
   */
  partition?: string;
}

type Fields = Record<string, unknown>;

const STATEMENT_ELEMENTS = [
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
];

function typeOf(statements: readonly unknown[]): LintType {
  const objects = statements.filter(isObject);
  const has = (...names: string[]) =>
    objects.some((statement) => names.some((name) => name in statement));
  if (!has("Principal", "NotPrincipal")) return "identity";
  const isAboutRole = objects.every(({ Action }) => [Action].flat().every(isOfTrust));
  return has("Resource", "NotResource") || !isAboutRole ? "bucket" : "trust";
}

/** Whether an action may stand in a trust policy. */
function isOfTrust(action: unknown): boolean {
  return typeof action !== "string" || /^(?:sts:|\*|[^:]*$)/i.test(action);
}

/** Whether a statement holds under a condition; an empty one is none. */
function isConditional({ Condition }: Fields): boolean {
  return isObject(Condition) ? Object.keys(Condition).length > 0 : Condition !== undefined;
}

/** Whether a public access block would stop a statement for everyone in spite of its condition. */
function isPublicInS3(statement: Fields, resources: readonly string[]): boolean {
  const { Condition } = statement;
  return resources.some((arn) => /^arn:[^:]*:s3:/.test(arn)) &&
    isObject(Condition) && Object.values(Condition).every(isObject) &&
    isPublicPolicy({ Statement: [statement] });
}

/** What the checks of one document share. */
class Linter {
  readonly findings: Finding[] = [];
  readonly #type: LintType;
  readonly #hasVariables: boolean;

  constructor(type: LintType, hasVariables: boolean) {
    this.#type = type;
    this.#hasVariables = hasVariables;
  }

  readonly report: Report = (code, level, path, message, page, fix) => {
    this.findings.push({ code, level, path, message, ...(fix && { fix }), url: pageUrl(page) });
  };

  /** Reports elements that don't exist. */
  elements(fields: Fields, known: readonly string[], what: string, path = ""): void {
    for (const name of Object.keys(fields)) {
      if (known.includes(name)) continue;
      const right = known.find((one) => one.toLowerCase() === name.toLowerCase());
      const message = `${what} has no element ${name}`;
      const fix = right && `Write ${right}`;
      this.report("unknown-element", "error", `${path}${name}`, message, PAGES.grammar, fix);
    }
  }

  statement(statement: unknown, path: string): void {
    if (!isObject(statement)) {
      this.report(
        "invalid-document",
        "error",
        path,
        "A statement must be an object",
        PAGES.grammar,
      );
      return;
    }
    this.elements(statement, STATEMENT_ELEMENTS, "A statement", `${path}.`);
    if (statement.Effect !== "Allow" && statement.Effect !== "Deny") {
      const message = "Effect must be Allow or Deny";
      this.report("invalid-effect", "error", `${path}.Effect`, message, PAGES.grammar);
    }
    this.#body(statement, path);
  }

  /** Which of an element and its opposite a statement has: `Action` or `NotAction`, and so on. */
  #element(statement: Fields, name: string, path: string): string | undefined {
    const not = `Not${name}`;
    if (name in statement && not in statement) {
      const message = `A statement can't have both ${name} and ${not}`;
      this.report("conflicting-elements", "error", `${path}.${not}`, message, PAGES.grammar);
      return undefined;
    }
    const found = name in statement ? name : not in statement ? not : undefined;
    if (found !== undefined && Array.isArray(statement[found]) && statement[found].length === 0) {
      const message = `${found} must not be empty`;
      this.report("missing-element", "error", `${path}.${found}`, message, PAGES.grammar);
    }
    return found;
  }

  #missing(path: string, names: string): void {
    const message = `The statement has neither ${names}`;
    this.report("missing-element", "error", path, message, PAGES.grammar);
  }

  #body(statement: Fields, path: string): void {
    const isAllow = statement.Effect === "Allow";
    const principal = this.#principal(statement, path);
    const action = this.#element(statement, "Action", path);
    const actions = action === undefined
      ? { named: [], all: undefined }
      : lintActions(statement[action], `${path}.${action}`, this.report);
    if (action === undefined && !("Action" in statement)) {
      this.#missing(path, "Action nor NotAction");
    }
    if (this.#type === "trust") this.#trust(statement, path);
    const resources = this.#resources(statement, path, action === "Action" ? actions : undefined);
    if (isAllow) this.#breadth(statement, path, resources, principal);
    else if (principal) this.#lockout(statement, path, resources);
    if (isAllow && this.#type === "trust") lintSharedIssuers(statement, path, this.report);
    if (statement.Condition === undefined) return;
    const named = actions.named.map(([facts]) => facts);
    const isComplete = action === "Action" &&
      named.length === withPaths(statement.Action, "").length;
    lintCondition(statement.Condition, `${path}.Condition`, {
      isAllow,
      actions: isComplete ? named : [],
      hasVariables: this.#hasVariables,
    }, this.report);
  }

  /** IAM refuses a trust policy that is about anything other than assuming its role. */
  #trust({ Action }: Fields, path: string): void {
    for (const [action, actionPath] of withPaths(Action, `${path}.Action`)) {
      if (isOfTrust(action)) continue;
      const message = `A trust policy is about assuming its role, unlike ${action}`;
      this.report("invalid-action", "error", actionPath, message, PAGES.action);
    }
  }

  /** Says whether the statement is for everyone. */
  #principal(statement: Fields, path: string): boolean {
    const name = this.#element(statement, "Principal", path);
    const isResourcePolicy = this.#type === "bucket" || this.#type === "trust";
    if (name === undefined) {
      if (isResourcePolicy && !("Principal" in statement)) {
        this.#missing(path, "Principal nor NotPrincipal");
      }
      return false;
    }
    const namePath = `${path}.${name}`;
    if (!isResourcePolicy) {
      const message = `${name} belongs in the policy of a resource, such as a bucket policy`;
      this.report("misplaced-principal", "error", namePath, message, PAGES.principal);
      return false;
    }
    const isEveryone = lintPrincipal(statement[name], namePath, this.report);
    if (name === "NotPrincipal" && statement.Effect === "Allow") {
      const message = "NotPrincipal with Allow means everyone else, signed in or not";
      const page = "reference_policies_elements_notprincipal";
      this.report("not-with-allow", "error", namePath, message, page);
    }
    return isEveryone && name === "Principal";
  }

  #resources(
    statement: Fields,
    path: string,
    actions: ReturnType<typeof lintActions> | undefined,
  ): string[] {
    const name = this.#element(statement, "Resource", path);
    if (this.#type === "trust") {
      if (name === undefined) return [];
      const message = "A trust policy has no Resource: it is about its role";
      this.report("misplaced-resource", "error", `${path}.${name}`, message, PAGES.grammar);
      return [];
    }
    if (name === undefined) {
      if (!("Resource" in statement)) this.#missing(path, "Resource nor NotResource");
      return [];
    }
    const none = { named: [], all: undefined };
    return lintResources(
      statement[name],
      `${path}.${name}`,
      name === "Resource" && actions !== undefined ? actions : none,
      this.#hasVariables,
      this.report,
    );
  }

  /** AWS accepts a bucket policy that nobody can change afterwards, not even administrators. */
  #lockout(statement: Fields, path: string, resources: string[]): void {
    if (this.#type !== "bucket" || isConditional(statement)) return;
    const isOfBucket = resources.some((arn) => arn === "*" || /^arn:[^:]*:s3:::[^/]*$/.test(arn));
    const means = (element: unknown, action: string) =>
      withPaths(element, "").some(([pattern]) => meansAction(pattern, action));
    const isDenied = (action: string) =>
      "Action" in statement ? means(statement.Action, action) : !means(statement.NotAction, action);
    if (!isOfBucket || !["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"].every(isDenied)) return;
    const message =
      "Everyone is denied to change this policy again, administrators too: only the " +
      "account's root user could";
    const fix = "Add a Condition, or deny other actions only";
    this.report("locks-everyone-out", "error", path, message, PAGES.lockout, fix);
  }

  /** What allows more than is likely to be meant. */
  #breadth(statement: Fields, path: string, resources: string[], isEveryone: boolean): void {
    for (const name of ["NotAction", "NotResource"]) {
      if (!(name in statement) || name.slice(3) in statement) continue;
      const message = `${name} with Allow also allows what AWS adds later`;
      const page = `reference_policies_elements_${name.toLowerCase()}`;
      this.report("not-with-allow", "warning", `${path}.${name}`, message, page);
    }
    const all = withPaths(statement.Action, `${path}.Action`)
      .filter(([action]) => typeof action === "string" && /^(?:\*|\w+:\*)$/.test(action));
    const [widest] = all;
    // In the policy of a resource, * is no more than that resource.
    const isEverything = resources.includes("*") && this.#type !== "bucket";
    if (widest !== undefined && isEverything && !isConditional(statement)) {
      const [action, actionPath] = widest;
      const message = `${action} on * allows everything${action === "*" ? "" : " in its service"}`;
      const page = "best-practices";
      this.report("grants-everything", "warning", actionPath, message, page);
    }
    if (isEveryone && !isConditional(statement)) {
      const message = "Everyone is allowed this, signed in or not";
      this.report("public", "warning", `${path}.Principal`, message, PAGES.principal);
    } else if (isEveryone && isPublicInS3(statement, resources)) {
      const message = "S3 takes this for public: its condition does not say who, or from where";
      this.report("public", "warning", `${path}.Condition`, message, PAGES.publicAccess);
    }
  }
}

function lintDocument(document: unknown, text: string, options: LintOptions): Finding[] {
  const statements = isObject(document) ? [document.Statement ?? []].flat() : [];
  const type = options.type ?? typeOf(statements);
  const linter = new Linter(type, isObject(document) && document.Version === "2012-10-17");
  const { report, findings } = linter;
  if (!isObject(document)) {
    report("invalid-document", "error", "", "A policy must be a JSON object", PAGES.grammar);
    return findings;
  }
  linter.elements(document, ["Version", "Id", "Statement"], "A policy");
  lintVersion(document, text, report);
  if (statements.length === 0) {
    report("missing-element", "error", "Statement", "The policy has no statement", PAGES.grammar);
  }
  for (const [index, statement] of statements.entries()) {
    linter.statement(statement, `Statement[${index}]`);
  }
  lintSids(statements, type, report);
  lintPartitions(statements, options.partition, report);
  lintSize(text, type, report);
  lintCharacters(text, type, report);
  return findings;
}

/**
 * Finds what is wrong with a policy: what AWS would refuse, what AWS would accept and never apply, and
 * what allows more than is likely to be meant. Nothing is sent.
 *
 * Actions, resources and condition keys are checked for S3, S3 Express, IAM, STS and KMS, against
 * AWS's table of the day {@linkcode ACTIONS_UPDATED}.
 *
 * @param policy the policy as text, or as JSON has it
 * @param options what the policy is for
 * @returns what was found, in the order of the document
 *
 * @example An operation that isn't an action
 * ```ts
 * import { lint } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * const [finding] = lint({
 *   Version: "2012-10-17",
 *   Statement: [{
 *     Effect: "Allow",
 *     Action: "s3:ListObjectsV2",
 *     Resource: "arn:aws:s3:::logs",
 *   }],
 * });
 * assert.equal(finding?.code, "unknown-action");
 * assert.equal(finding.path, "Statement[0].Action");
 * assert.equal(finding.fix, "Write s3:ListBucket");
 * ```
 */
export function lint(policy: unknown, options: LintOptions = {}): Finding[] {
  if (typeof policy !== "string") {
    return lintDocument(policy, JSON.stringify(policy) ?? "", options);
  }
  let document: unknown;
  try {
    document = parseJson(policy, "Not JSON");
  } catch (error) {
    const url = pageUrl(PAGES.grammar);
    return [{ code: "invalid-json", level: "error", path: "", message: messageOf(error), url }];
  }
  return lintDocument(document, policy, options);
}
