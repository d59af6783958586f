/**
 * Refuses policy documents that IAM and STS would refuse, with AWS's messages.
 *
 * @module
 */
import { isObject } from "../../is_object.ts";
import {
  checkPolicy,
  DOCUMENT_ELEMENTS,
  type PolicyUse,
  STATEMENT_ELEMENTS,
} from "../../policy/language/statement.ts";
import type { Account } from "../account.ts";
import { identityExists } from "../accounts.ts";
import { ServiceError } from "../operation.ts";
import { checkLength, validationError } from "../query.ts";

type Json = Record<string, unknown>;

const MAX_LENGTH = 131_072;

/** Refuses a document that can't be the policy of a user or role, a managed or a session policy. */
export function checkIdentityPolicy(
  parameter: string,
  text: string,
  { partition }: Account,
): void {
  checkCharacters(parameter, text);
  const document = parse(text, "Syntax errors in policy.");
  for (const statement of statementsOf(document)) {
    if ("Principal" in statement || "NotPrincipal" in statement) {
      throw malformed("Policy document should not specify a principal.");
    }
    checkActions(statement);
    checkResources(statement, partition);
  }
  checkSyntax(document, "identity");
}

/** Refuses a document that can't be a managed policy, which can't be of an older version. */
export function checkManagedPolicy(parameter: string, text: string, account: Account): void {
  const { Version = "2008-10-17" } = parse(text, "Syntax errors in policy.");
  if (Version === "2008-10-17") {
    throw malformed("Policy document must be version 2012-10-17 or greater.");
  }
  checkIdentityPolicy(parameter, text, account);
}

/** Refuses a document that can't be the trust policy of a role. */
export function checkTrustPolicy(parameter: string, text: string, account: Account): void {
  checkCharacters(parameter, text);
  const document = parse(text, "This policy contains invalid Json");
  for (const statement of statementsOf(document)) {
    if ("Resource" in statement || "NotResource" in statement) {
      throw malformed("Has prohibited field Resource");
    }
    if (!("Principal" in statement) && !("NotPrincipal" in statement)) {
      throw malformed("Missing required field Principal");
    }
    checkActions(statement);
    if (!texts(statement.Action).every(isTrustAction)) {
      throw malformed("AssumeRole policy may only specify STS AssumeRole actions.");
    }
    checkPrincipals(statement.Principal ?? statement.NotPrincipal, account);
    if (statement.Effect === "Allow") checkSharedIssuer(statement);
  }
  checkSyntax(document, "trust");
}

const TRUST_ACTIONS = [
  ...["sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"],
  ...["sts:tagsession", "sts:setsourceidentity", "sts:setcontext"],
];

/** Whether a trust policy may name this action, or this pattern of actions. */
function isTrustAction(action: string): boolean {
  const isPattern = /[*?]/.test(action);
  return isPattern ? /^(?:\*|sts:)/i.test(action) : TRUST_ACTIONS.includes(action.toLowerCase());
}

const GITHUB = "token.actions.githubusercontent.com";
/** The claims that tell the users of GitHub apart, which all have tokens of the same issuer. */
const GITHUB_KEYS = [`${GITHUB}:sub`, `${GITHUB}:job_workflow_ref`];
const SCOPING_OPERATORS = ["StringEquals", "StringLike", "StringEqualsIgnoreCase"];

/** Refuses to trust all of GitHub, see "Identity-provider controls for shared OIDC providers". */
function checkSharedIssuer({ Principal, Condition }: Json): void {
  const trusted = isObject(Principal) ? texts(Principal.Federated) : [];
  const provider = trusted.find((name) => name.endsWith(`:oidc-provider/${GITHUB}`));
  if (provider === undefined) return;
  const tests = Object.entries(isObject(Condition) ? Condition : {})
    .flatMap(([operator, keys]) =>
      SCOPING_OPERATORS.includes(operator) && isObject(keys) ? Object.entries(keys) : []
    );
  const isScoped = tests.some(([key, value]) =>
    GITHUB_KEYS.includes(key.toLowerCase()) && !texts(value).some((text) => /^\*+$/.test(text))
  );
  if (isScoped) return;
  throw malformed(
    `Trust policy with trusted principal ${provider} must evaluate, using StringEquals, ` +
      `StringLike or StringEqualsIgnoreCase, ${
        GITHUB_KEYS.join(" or ")
      } which is not scoped to all.`,
  );
}

/** Length of a policy as IAM's quotas count it: without white space. */
export function countedLength(text: string): number {
  return text.replace(/[\t\n\r ]/g, "").length;
}

function checkCharacters(parameter: string, text: string): void {
  checkLength(parameter, text, 1, MAX_LENGTH);
  if (/[^\t\n\r\u0020-\u00ff]/.test(text)) {
    const name = parameter.charAt(0).toLowerCase() + parameter.slice(1);
    throw validationError(
      `The specified value for ${name} is invalid. ` +
        "It must contain only printable ASCII characters.",
    );
  }
}

function parse(text: string, message: string): Json {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw malformed(message);
  }
  if (!isObject(document)) throw malformed("Syntax errors in policy.");
  return document;
}

function statementsOf(document: Json): Json[] {
  if (Object.keys(document).some((key) => !DOCUMENT_ELEMENTS.has(key))) throw syntaxErrors();
  const version = document.Version ?? "2008-10-17";
  if (version !== "2012-10-17" && version !== "2008-10-17") throw syntaxErrors();
  if (typeof (document.Id ?? "") !== "string") throw syntaxErrors();
  const statements = [document.Statement ?? []].flat();
  if (statements.length === 0 || !statements.every(isObject)) throw syntaxErrors();
  for (const statement of statements) {
    if (Object.keys(statement).some((key) => !STATEMENT_ELEMENTS.has(key))) throw syntaxErrors();
    const { Effect, Sid = "" } = statement;
    if (typeof Sid !== "string") throw syntaxErrors();
    if (Effect !== "Allow" && Effect !== "Deny") {
      throw /^(?:allow|deny)$/i.test(String(Effect)) ? legacyError() : syntaxErrors();
    }
  }
  checkSids(statements);
  return statements;
}

function checkSids(statements: Json[]): void {
  const sids = statements.map(({ Sid }) => Sid).filter((sid) => sid !== undefined && sid !== "");
  if (sids.some((sid) => /[^0-9A-Za-z]/.test(String(sid)))) {
    throw malformed(
      "Statement IDs (SID) must be alpha-numeric. " +
        "Check that your input satisfies the regular expression [0-9A-Za-z]*",
    );
  }
  if (new Set(sids).size < sids.length) {
    throw malformed("Statement IDs (SID) in a single policy must be unique.");
  }
}

function checkActions(statement: Json): void {
  const actions = texts(statement.Action ?? statement.NotAction);
  if (actions.length === 0) throw malformed("Policy statement must contain actions.");
  for (const action of actions.filter((one) => one !== "*")) {
    const [vendor = "", name, another] = action.split(":");
    if (!vendor || !name) {
      throw malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.");
    }
    if (another !== undefined) throw malformed("Actions/Condition can contain only one colon.");
    if (!/^[\w.-]+$/.test(vendor)) throw malformed(`Vendor ${vendor} is not valid`);
  }
}

function checkResources(statement: Json, partition: string): void {
  const resources = texts(statement.Resource ?? statement.NotResource);
  if (resources.length === 0) throw malformed("Policy statement must contain resources.");
  const wrong = resources.find((resource) => resource !== "*" && !/^arn:/.test(resource));
  if (wrong !== undefined) {
    throw malformed(`Resource ${wrong} must be in ARN format or "*".`);
  }
  for (const resource of resources) {
    const [, found] = /^arn:([\w-]+):/.exec(resource) ?? [];
    if (found !== undefined && found !== partition) {
      throw malformed(`Partition "${found}" is not valid for resource "${resource}".`);
    }
    checkParts(resource);
  }
}

/** Refuses an ARN that lacks a part, or that has a region where its service has none. */
function checkParts(resource: string): void {
  const [, , service, region = "", , ...rest] = resource.split(":");
  if (resource === "*" || resource.endsWith("*") && rest.length === 0) return;
  if (rest.length === 0 || service === "") throw legacyError();
  const isGlobal = service === "iam" ||
    (service === "s3" && !/^(accesspoint|job|storage-lens)/.test(rest[0]!));
  if (isGlobal && /^[a-z]/.test(region)) {
    throw malformed(
      service === "iam"
        ? `IAM resource ${resource} cannot contain region information.`
        : `Resource ${resource} can not contain region information.`,
    );
  }
  if (service === "iam" && !isIamPath(rest.join(":"))) {
    const kinds = IAM_KINDS.map((kind) => `${kind}/`).join(", ");
    throw malformed(`IAM resource path must either be "*", root, or start with ${kinds}.`);
  }
}

const IAM_KINDS = [
  ...["user", "federated-user", "role", "group", "instance-profile", "mfa", "server-certificate"],
  ...["policy", "sms-mfa", "saml-provider", "oidc-provider", "report", "access-report"],
];

/** Whether IAM has resources with such a path. A wildcard in the kind is accepted. */
function isIamPath(path: string): boolean {
  const [kind = "", ...names] = path.split("/");
  return /[*?]/.test(kind) || path === "root" || (names.length > 0 && IAM_KINDS.includes(kind));
}

function texts(value: unknown): string[] {
  const list = [value ?? []].flat();
  if (!list.every((item) => typeof item === "string")) throw syntaxErrors();
  return list;
}

/** IAM knows the users and roles of all accounts, and refuses to trust one that isn't there. */
function checkPrincipals(principal: unknown, account: Account): void {
  if (principal === "*") return;
  if (!isObject(principal)) throw malformed(`Invalid principal in policy: ${String(principal)}`);
  for (const name of texts(principal.AWS)) {
    if (!principalExists(name, account)) {
      throw malformed(`Invalid principal in policy: "AWS":"${name}"`);
    }
  }
}

function principalExists(name: string, account: Account): boolean {
  if (name === "*" || /^\d{12}$/.test(name)) return true;
  const [, partition, kind] = /^arn:([\w-]+):(?:iam|sts)::\d{12}:([a-z-]+)/.exec(name) ?? [];
  if (partition !== account.partition) return false;
  return kind === "user" || kind === "role" ? identityExists(name, account) : true;
}

/** What passes here can be evaluated later, so that no stored policy can fail a decision. */
function checkSyntax(document: Json, use: PolicyUse): void {
  try {
    checkPolicy(document, use);
  } catch {
    throw syntaxErrors();
  }
}

function legacyError(): ServiceError {
  return malformed("The policy failed legacy parsing");
}

function syntaxErrors(): ServiceError {
  return malformed("Syntax errors in policy.");
}

function malformed(message: string): ServiceError {
  return new ServiceError(400, "MalformedPolicyDocument", message);
}
