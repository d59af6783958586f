/**
 * Policy documents made ready to be evaluated, statement by statement. What AWS would refuse is
 * refused here too: a statement that is half understood could grant more than it says.
 *
 * @module
 */
import { S3CredentialsError } from "../../errors.ts";
import { isObject } from "../../is_object.ts";
import { compileConditions, type Condition } from "./condition.ts";
import {
  compileExceptions,
  compilePrincipals,
  matchPrincipal,
  type Principal,
  type PrincipalMatch,
  type PrincipalSet,
} from "./principal.ts";
import {
  constantStart,
  type ContextValues,
  isConstant,
  parseTemplate,
  substitute,
  type Template,
} from "./variables.ts";
import { compileGlob, compilePattern, matchesPattern, type Pattern } from "./wildcard.ts";

/** What a document is for, which decides the elements that it must and must not have. */
export type PolicyUse =
  /** Attached to a caller: no `Principal`. */
  | "identity"
  /** Attached to a resource: `Principal` and `Resource`. */
  | "resource"
  /** The trust policy of a role: `Principal`, no `Resource`. */
  | "trust";

/** What a statement is matched against. */
export interface RequestFacts extends ContextValues {
  /** The action in lower case. */
  readonly action: string;
  /** An ARN, or `*` for an action that has no resource. */
  readonly resource: string;
  readonly principal: Principal;
  /** Whether the caller has a permissions boundary. */
  readonly hasBoundary: boolean;
}

interface ActionSet {
  exact: ReadonlySet<string>;
  patterns: readonly Pattern[];
}

/** One ARN of a `Resource`. */
interface ResourcePattern {
  /** Whether it stands for everything that there is. */
  isAll: boolean;
  /** Whether it stands for everything in S3. */
  isAllOfS3: boolean;
  /** What every match starts with. */
  prefix: string;
  /** `undefined` if the ARN has variables. */
  pattern: Pattern | undefined;
  template: Template;
}

/** One statement, ready to be matched. */
export interface CompiledStatement {
  /** Its place in the document, from 0. */
  readonly index: number;
  readonly sid: string | undefined;
  readonly isAllow: boolean;
  readonly actions: ActionSet;
  readonly isNotAction: boolean;
  /** `undefined` in a trust policy. */
  readonly resources: readonly ResourcePattern[] | undefined;
  readonly isNotResource: boolean;
  /** `undefined` in an identity policy. */
  readonly principals: PrincipalSet | undefined;
  readonly isNotPrincipal: boolean;
  readonly conditions: readonly Condition[];
}

/** The elements that a policy document can have. */
export const DOCUMENT_ELEMENTS: ReadonlySet<string> = new Set(["Version", "Id", "Statement"]);
/** The elements that a statement can have. */
export const STATEMENT_ELEMENTS: ReadonlySet<string> = new Set([
  "Sid",
  "Effect",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Principal",
  "NotPrincipal",
  "Condition",
]);
/** The version of the policy language that has variables. */
const VERSION_WITH_VARIABLES = "2012-10-17";
const VERSIONS: readonly unknown[] = [undefined, "2008-10-17", VERSION_WITH_VARIABLES];

function malformed(message: string): S3CredentialsError {
  return new S3CredentialsError("invalid-policy", message);
}

function strings(name: string, value: unknown): string[] {
  const values = Array.isArray(value) ? value : [value];
  if (values.length === 0 || !values.every((one) => typeof one === "string")) {
    throw malformed(`${name} must be a string, or an array of strings that is not empty`);
  }
  return values;
}

/** An element and its opposite, of which a statement has at most one. */
function eitherElement(
  statement: Record<string, unknown>,
  name: string,
): { name: string; value: unknown; isNot: boolean } | undefined {
  const value = statement[name];
  const not = statement[`Not${name}`];
  if (value !== undefined && not !== undefined) {
    throw malformed(`A statement can't have both ${name} and Not${name}`);
  }
  if (value !== undefined) return { name, value, isNot: false };
  return not === undefined ? undefined : { name: `Not${name}`, value: not, isNot: true };
}

function compileActions(name: string, value: unknown): ActionSet {
  const actions = strings(name, value).map((action) => action.toLowerCase());
  return {
    exact: new Set(actions.filter((action) => !/[*?]/.test(action))),
    patterns: actions.filter((action) => /[*?]/.test(action)).map(compileGlob),
  };
}

const BEFORE_RESOURCE_OF_ARN = /^(?:[^:]*:){5}/;
const ALL = /^\*+$/;
const ALL_OF_S3 = /^arn:[^:*?]+:s3:::\*+$/;

function compileResource(arn: string, hasVariables: boolean): ResourcePattern {
  // Variables are known in the resource of an ARN only.
  const start = BEFORE_RESOURCE_OF_ARN.exec(arn)?.[0] ?? arn;
  const template = [
    { text: start, isLiteral: false },
    ...parseTemplate(arn.slice(start.length), hasVariables),
  ];
  return {
    isAll: ALL.test(arn),
    isAllOfS3: ALL_OF_S3.test(arn),
    prefix: compilePattern(constantStart(template), "resource").prefix,
    pattern: isConstant(template) ? compilePattern(template, "resource") : undefined,
    template,
  };
}

/** Checks that a statement has the elements that its use takes, and no others. */
function checkElements(statement: Record<string, unknown>, use: PolicyUse): void {
  const unknown = Object.keys(statement).find((name) => !STATEMENT_ELEMENTS.has(name));
  if (unknown !== undefined) throw malformed(`has an unknown element: ${unknown}`);
  const { Effect, Sid } = statement;
  if (Effect !== "Allow" && Effect !== "Deny") throw malformed("Effect must be Allow or Deny");
  if (Sid !== undefined && typeof Sid !== "string") throw malformed("Sid must be a string");
  const demands = [
    ["Action", true],
    ["Resource", use !== "trust"],
    ["Principal", use !== "identity"],
  ] as const;
  for (const [name, isNeeded] of demands) {
    const element = eitherElement(statement, name);
    if (isNeeded && element === undefined) throw malformed(`${name} or Not${name} is missing`);
    if (!isNeeded && element !== undefined) throw malformed(`${element.name} has no place here`);
  }
}

function compileStatement(
  statement: unknown,
  index: number,
  use: PolicyUse,
  hasVariables: boolean,
): CompiledStatement {
  if (!isObject(statement)) throw malformed("must be an object");
  checkElements(statement, use);
  const isAllow = statement.Effect === "Allow";
  const action = eitherElement(statement, "Action")!;
  const resource = eitherElement(statement, "Resource");
  const principal = eitherElement(statement, "Principal");
  const principalsOf = principal?.isNot && !isAllow ? compileExceptions : compilePrincipals;
  const { Condition } = statement;
  return {
    index,
    sid: statement.Sid as string | undefined,
    isAllow,
    actions: compileActions(action.name, action.value),
    isNotAction: action.isNot,
    resources: resource &&
      strings(resource.name, resource.value).map((arn) => compileResource(arn, hasVariables)),
    isNotResource: resource?.isNot ?? false,
    principals: principal && principalsOf(principal.value),
    isNotPrincipal: principal?.isNot ?? false,
    conditions: Condition === undefined ? [] : compileConditions(Condition, hasVariables),
  };
}

function compileDocument(document: unknown, use: PolicyUse): readonly CompiledStatement[] {
  if (!isObject(document)) throw malformed("A policy must be a JSON object");
  const unknown = Object.keys(document).find((name) => !DOCUMENT_ELEMENTS.has(name));
  if (unknown !== undefined) throw malformed(`The policy has an unknown element: ${unknown}`);
  if (!VERSIONS.includes(document.Version)) {
    throw malformed("Version must be 2012-10-17 or 2008-10-17");
  }
  const { Statement } = document;
  const statements = Array.isArray(Statement) ? Statement : [Statement];
  if (Statement === undefined || statements.length === 0) {
    throw malformed("The policy has no Statement");
  }
  const hasVariables = document.Version === VERSION_WITH_VARIABLES;
  return statements.map((statement, index) => {
    try {
      return compileStatement(statement, index, use, hasVariables);
    } catch (error) {
      if (!(error instanceof S3CredentialsError)) throw error;
      const separator = /^(?:has|must) /.test(error.message) ? " " : ": ";
      throw malformed(`Statement[${index}]${separator}${error.message}`);
    }
  });
}

/** The statements of a document. */
class CompiledPolicy {
  readonly statements: readonly CompiledStatement[];
  readonly #byAction = new Map<string, readonly CompiledStatement[]>();

  constructor(document: object, use: PolicyUse) {
    this.statements = compileDocument(document, use);
  }

  /** Those about an action, found once for each action. */
  about(action: string): readonly CompiledStatement[] {
    let found = this.#byAction.get(action);
    if (found === undefined) {
      const lower = action.toLowerCase();
      found = this.statements.filter((statement) => isAbout(statement, lower));
      this.#byAction.set(action, found);
    }
    return found;
  }
}

const compiled: Record<PolicyUse, WeakMap<object, CompiledPolicy>> = {
  identity: new WeakMap(),
  resource: new WeakMap(),
  trust: new WeakMap(),
};

/** A document ready to be matched, compiled once for each object. Throws `invalid-policy`. */
export function compilePolicy(document: object, use: PolicyUse): CompiledPolicy {
  let policy = compiled[use].get(document);
  if (policy === undefined) compiled[use].set(document, policy = new CompiledPolicy(document, use));
  return policy;
}

/**
 * Checks that a policy document is one that can be evaluated.
 *
 * @param document the document, as JSON has it
 * @param use what the document is for
 * @throws {S3CredentialsError} `invalid-policy` if AWS would refuse the document
 *
 * @example A mistyped element
 * ```ts
 * import { checkPolicy } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * const Statement = { Effect: "Allow", Action: "s3:*", Resource: "*", Conditon: {} };
 * assert.throws(() => checkPolicy({ Version: "2012-10-17", Statement }, "identity"), {
 *   message: "Statement[0] has an unknown element: Conditon",
 * });
 * ```
 */
export function checkPolicy(document: unknown, use: PolicyUse): void {
  compileDocument(document, use);
}

function matchesAction({ exact, patterns }: ActionSet, action: string): boolean {
  if (exact.has(action)) return true;
  for (const pattern of patterns) if (matchesPattern(pattern, action)) return true;
  return false;
}

function matchesResource(resource: ResourcePattern, facts: RequestFacts): boolean {
  if (resource.isAll) return true;
  if (facts.resource === "*") return resource.isAllOfS3 && facts.action.startsWith("s3:");
  if (!facts.resource.startsWith(resource.prefix)) return false;
  if (resource.pattern !== undefined) return matchesPattern(resource.pattern, facts.resource);
  const parts = substitute(resource.template, facts);
  return parts !== undefined && matchesPattern(compilePattern(parts, "resource"), facts.resource);
}

function matchesOneResource(resources: readonly ResourcePattern[], facts: RequestFacts): boolean {
  for (const resource of resources) if (matchesResource(resource, facts)) return true;
  return false;
}

function principalMatch(statement: CompiledStatement, facts: RequestFacts): PrincipalMatch {
  if (statement.principals === undefined) return "direct";
  const match = matchPrincipal(statement.principals, facts.principal);
  if (!statement.isNotPrincipal) return match;
  // A NotPrincipal that denies applies to everyone with a boundary, whatever it lists.
  if (facts.hasBoundary && !statement.isAllow) return "direct";
  return match === "none" ? "direct" : "none";
}

/** Whether the `Action` or `NotAction` of a statement means an action, which is given in lower case. */
export function isAbout({ actions, isNotAction }: CompiledStatement, action: string): boolean {
  return matchesAction(actions, action) !== isNotAction;
}

/**
 * Whether a statement about the action of a request applies to the request, and how it names the caller;
 * `none` if it doesn't apply.
 */
export function matchStatement(statement: CompiledStatement, facts: RequestFacts): PrincipalMatch {
  const { resources, conditions } = statement;
  if (resources && matchesOneResource(resources, facts) === statement.isNotResource) return "none";
  const match = principalMatch(statement, facts);
  if (match === "none") return "none";
  for (const condition of conditions) if (!condition(facts)) return "none";
  return match;
}
