/**
 * AWS's evaluation written down a second time, word for word and without regard to speed: what
 * `evaluate` is checked against. Nothing here is shared with `lib/policy`, on purpose.
 *
 * The sentences are those of the IAM User Guide: "Policy evaluation logic", "Cross-account policy
 * evaluation logic", "IAM JSON policy elements" and "Condition operators".
 */

type Json = Record<string, unknown>;

/** A request as the specification sees it: the same shape as `AccessRequest` with a principal object. */
export interface SpecifiedRequest {
  principal: Json & { type: string };
  action: string;
  resource: string;
  resourceAccount?: string | undefined;
  context: Record<string, string | string[]>;
}

export interface SpecifiedPolicy {
  name: string;
  document: Json;
}

/** The policies that take part: the same shape as `AccessPolicies`. */
export interface SpecifiedPolicies {
  identity?: SpecifiedPolicy[] | undefined;
  permissionsBoundary?: SpecifiedPolicy | undefined;
  session?: SpecifiedPolicy[] | undefined;
  resource?: SpecifiedPolicy & { type: string } | undefined;
  publicAccessBlock?: {
    bucket?: { RestrictPublicBuckets?: boolean };
    account?: { RestrictPublicBuckets?: boolean };
  } | undefined;
  serviceControl?: SpecifiedPolicy[][] | undefined;
  resourceControl?: SpecifiedPolicy[][] | undefined;
}

export type Answer = "allowed" | "explicitDeny" | "implicitDeny";

/** What becomes of a request, and the statements that apply to it, each as `policy[index]`. */
export interface Specified {
  answer: Answer;
  statements: string[];
}

const list = (value: unknown): unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

const quote = (character: string): string =>
  "\\^$.*+?()[]{}|".includes(character) ? `\\${character}` : character;

// ---------------------------------------------------------------------------------------------
// Variables and wildcards

/** A text in which each character knows whether it may be a wildcard. */
type Marked = { character: string; mayBeWildcard: boolean }[];

const marked = (text: string, mayBeWildcard: boolean): Marked =>
  [...text].map((character) => ({ character, mayBeWildcard }));

/** "AWS substitutes a value from the request context key in place of the variable." */
function resolve(text: string, version: unknown, request: SpecifiedRequest): Marked | "unresolved" {
  if (version !== "2012-10-17") return marked(text, true);
  const found = /^(.*?)\$\{([^}]*)\}(.*)$/s.exec(text);
  if (!found) return marked(text, true);
  const [, before, name, after] = found as unknown as [string, string, string, string];
  const rest = resolve(after, version, request);
  if (rest === "unresolved") return rest;
  const insert = (value: string) => [...marked(before, true), ...marked(value, false), ...rest];
  if (["*", "?", "$"].includes(name)) return insert(name);
  const comma = /^([^,]*), *'(.*)' *$/s.exec(name);
  const value = valueOf(request, (comma?.[1] ?? name).trim());
  if (typeof value === "string" && value !== "") return insert(value);
  return comma ? insert(comma[2]!) : "unresolved";
}

function asExpression(text: Marked, star: (index: number) => string, one: string): RegExp {
  const source = text.map(({ character, mayBeWildcard }, index) => {
    if (mayBeWildcard && character === "*") return star(index);
    if (mayBeWildcard && character === "?") return one;
    return quote(character);
  });
  return new RegExp(`^(?:${source.join("")})$`, "su");
}

const like = (pattern: Marked, text: string) => asExpression(pattern, () => ".*", ".").test(text);

/** Where the resource of an ARN starts: after the fifth colon. */
function partsOfArn(arn: string): { head: string; tail: string } | undefined {
  const found = /^((?:[^:]*:){5})(.*)$/s.exec(arn);
  return found ? { head: found[1]!, tail: found[2]! } : undefined;
}

/**
 * "You can use wildcard characters within the individual segments of an ARN. If the * wildcard is the
 * last character of a resource ARN segment, it can expand to match beyond the colon boundaries."
 * "You can use a policy variable only in the resource portion of the ARN."
 */
function resourceMatches(pattern: string, version: unknown, request: SpecifiedRequest): boolean {
  const { resource, action } = request;
  if (/^\*+$/.test(pattern)) return true;
  if (resource === "*") {
    return /^arn:[^:*?]+:s3:::\*+$/.test(pattern) && action.toLowerCase().startsWith("s3:");
  }
  const parts = partsOfArn(pattern) ?? { head: pattern, tail: "" };
  const tail = resolve(parts.tail, version, request);
  if (tail === "unresolved") return false;
  const head = marked(parts.head, true);
  const headEnd = (index: number) =>
    index === head.length - 1 || head[index + 1]?.character === ":";
  const headSource = asExpression(head, (index) => headEnd(index) ? ".*" : "[^:]*", "[^:]").source;
  const tailSource = asExpression(tail, () => ".*", ".").source;
  return new RegExp(headSource.slice(0, -1) + tailSource.slice(1), "su").test(resource);
}

/** "Each of the six colon-delimited components of the ARN is checked separately." */
function arnLike(pattern: Marked, arn: string): boolean {
  const text = pattern.map(({ character }) => character).join("");
  const [parts, wanted] = [partsOfArn(arn), partsOfArn(text)];
  if (!parts || !wanted || !arn.startsWith("arn:")) return false;
  const components = parts.head.slice(0, -1).split(":");
  let position = 0;
  for (const component of components) {
    const end = pattern.findIndex(({ character }, index) => index >= position && character === ":");
    if (!like(pattern.slice(position, end), component)) return false;
    position = end + 1;
  }
  return like(pattern.slice(position), parts.tail);
}

// ---------------------------------------------------------------------------------------------
// Condition

/** "Condition key names are not case-sensitive." */
function valueOf(request: SpecifiedRequest, key: string): string | string[] | undefined {
  const wanted = key.toLowerCase();
  for (const [name, value] of Object.entries(request.context)) {
    if (name.toLowerCase() === wanted) return value;
  }
  const { principal } = request;
  const account = accountOf(principal);
  switch (wanted) {
    case "aws:principalarn":
      return (principal.type === "session" ? principal.roleArn : principal.arn) as string;
    case "aws:principalaccount":
      return principal.type === "anonymous" ? "anonymous" : account;
    case "aws:username":
      return principal.type === "user" ? String(principal.arn).split("/").at(-1) : undefined;
    case "aws:userid":
      return principal.type === "root" ? account : principal.id as string | undefined;
    case "aws:principalisawsservice":
      return String(principal.type === "service");
  }
  return undefined;
}

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
function conditionHolds(condition: Json, version: unknown, request: SpecifiedRequest): boolean {
  for (const [operator, tests] of Object.entries(condition)) {
    for (const [key, expected] of Object.entries(tests as Json)) {
      if (!testHolds(operator, key, list(expected).map(String), version, request)) return false;
    }
  }
  return true;
}

// ---------------------------------------------------------------------------------------------
// Principal

function accountOf(principal: Json): string | undefined {
  return principal.arn === undefined ? undefined : String(principal.arn).split(":")[4];
}

type Naming = "not" | "account" | "role or user behind the session" | "itself or everyone";

/** How one entry of a Principal element names the caller. */
function namingBy(kind: string, name: string, principal: Json): Naming {
  const account = accountOf(principal);
  if (kind === "AWS" && name === "*") return "itself or everyone";
  if (kind === "Service") {
    return principal.type === "service" && principal.service === name
      ? "itself or everyone"
      : "not";
  }
  if (kind === "Federated") {
    return principal.provider === name ? "itself or everyone" : "not";
  }
  if (account === undefined) return "not";
  if (kind === "CanonicalUser") {
    if (principal.canonicalUserId !== name) return "not";
    return principal.type === "root" ? "itself or everyone" : "account";
  }
  if (name === principal.arn || (name !== "" && name === principal.id)) return "itself or everyone";
  if (principal.type === "session") {
    const roleId = String(principal.id ?? "").split(":")[0];
    if (name === principal.roleArn || (name !== "" && name === roleId)) {
      return "role or user behind the session";
    }
  }
  if (principal.type === "federated" && name !== "" && name === principal.userArn) {
    return "role or user behind the session";
  }
  const isAccount = name === account ||
    (/^arn:[^:]+:iam::\d{12}:root$/.test(name) && name.split(":")[4] === account);
  if (!isAccount) return "not";
  return principal.type === "root" ? "itself or everyone" : "account";
}

const ORDER: Naming[] = [
  "not",
  "account",
  "role or user behind the session",
  "itself or everyone",
];

const entries = (element: unknown): [kind: string, name: string][] =>
  element === "*"
    ? [["AWS", "*"]]
    : Object.entries(element as Json).flatMap(([kind, names]) =>
      list(names).map((name): [string, string] => [kind, String(name)])
    );

function naming(element: unknown, principal: Json): Naming {
  const ranks = entries(element).map(([kind, name]) =>
    ORDER.indexOf(namingBy(kind, name, principal))
  );
  return ORDER[Math.max(0, ...ranks)]!;
}

/**
 * "The NotPrincipal element contains the ARN of the assumed-role user, the role, and the AWS account
 * that the role belongs to": those two are there for the first one's sake, and except nobody else.
 */
function isExcepted(element: unknown, principal: Json): boolean {
  const all = entries(element);
  const accountNamed = (name: string) =>
    /^\d{12}$/.test(name) ? name : /^arn:[^:]+:iam::(\d{12}):root$/.exec(name)?.[1];
  const isThereForAnother = (kind: string, name: string) =>
    kind === "AWS" && all.some(([otherKind, other]) => {
      if (otherKind !== "AWS" || accountNamed(other) !== undefined) return false;
      const account = accountNamed(name);
      if (account !== undefined) return other.split(":")[4] === account;
      const role = /^arn:[^:]+:iam::(\d{12}):role\/(.+)$/.exec(name);
      const session = /^arn:[^:]+:sts::(\d{12}):assumed-role\/([^/]+)\//.exec(other);
      return role !== null && session !== null && role[1] === session[1] &&
        role[2]!.split("/").at(-1) === session[2];
    });
  return all.some(([kind, name]) =>
    !isThereForAnother(kind, name) && namingBy(kind, name, principal) !== "not"
  );
}

// ---------------------------------------------------------------------------------------------
// Statements

/** How a statement applies to the request: not at all, or as it names the caller. */
function applies(
  statement: Json,
  version: unknown,
  request: SpecifiedRequest,
  hasBoundary: boolean,
): Naming {
  const isAction = (pattern: unknown) =>
    like(marked(String(pattern).toLowerCase(), true), request.action.toLowerCase());
  const isResource = (pattern: unknown) => resourceMatches(String(pattern), version, request);
  if (statement.Action !== undefined && !list(statement.Action).some(isAction)) return "not";
  if (statement.NotAction !== undefined && list(statement.NotAction).some(isAction)) return "not";
  if (statement.Resource !== undefined && !list(statement.Resource).some(isResource)) return "not";
  if (statement.NotResource !== undefined && list(statement.NotResource).some(isResource)) {
    return "not";
  }
  if (!conditionHolds((statement.Condition ?? {}) as Json, version, request)) return "not";
  if (statement.Principal !== undefined) return naming(statement.Principal, request.principal);
  if (statement.NotPrincipal === undefined) return "itself or everyone";
  if (statement.Effect === "Deny") {
    // "Will always deny any IAM principal that has a permissions boundary policy attached."
    const isSpared = isExcepted(statement.NotPrincipal, request.principal) && !hasBoundary;
    return isSpared ? "not" : "itself or everyone";
  }
  return naming(statement.NotPrincipal, request.principal) === "not" ? "itself or everyone" : "not";
}

interface Finding {
  isDenied: boolean;
  allowedAs: Naming;
  statements: string[];
}

function look(
  { name, document }: SpecifiedPolicy,
  request: SpecifiedRequest,
  hasBoundary: boolean,
): Finding {
  const found: Finding = { isDenied: false, allowedAs: "not", statements: [] };
  for (const [index, statement] of (list(document.Statement) as Json[]).entries()) {
    const how = applies(statement, document.Version, request, hasBoundary);
    if (how === "not") continue;
    found.statements.push(`${name}[${index}]`);
    if (statement.Effect === "Deny") found.isDenied = true;
    else if (ORDER.indexOf(how) > ORDER.indexOf(found.allowedAs)) found.allowedAs = how;
  }
  return found;
}

/**
 * "The meaning of public", as far as the cases go: "Policies that grant access to members of everyone are
 * public, unless a fixed value (one without a wildcard or a variable) of one of these keys limits them."
 */
function isPublic(document: Json): boolean {
  const isFixed = (operator: string, key: string, values: string[]): boolean => {
    const name = key.toLowerCase();
    if (name === "aws:sourceip") {
      return operator === "IpAddress" && values.every((range) => {
        const [address = "", length] = range.split("/");
        const isV6 = address.includes(":");
        return Number(length ?? (isV6 ? 128 : 32)) >= (isV6 ? 32 : 8);
      });
    }
    if (!/^(ForAnyValue:)?(StringEquals|StringLike|ArnEquals|ArnLike)$/.test(operator)) {
      return false;
    }
    if (name === "aws:principalarn") {
      return values.every((arn) => /^arn:[^*?$:]+:[^*?$:]*:[^*?$:]*:\d{12}:/.test(arn));
    }
    return name === "aws:principalaccount" && values.every((value) => !/[*?]|\$\{/.test(value));
  };
  return (list(document.Statement) as Json[]).some((statement) => {
    const { Effect, Principal, NotPrincipal, Condition = {} } = statement;
    if (Effect !== "Allow") return false;
    const isForEveryone = NotPrincipal !== undefined || Principal === "*" ||
      list((Principal as Json).AWS).includes("*") ||
      list((Principal as Json).Federated).some((name) => !String(name).startsWith("arn:"));
    return isForEveryone &&
      !Object.entries(Condition as Json).some(([operator, tests]) =>
        Object.entries(tests as Json).some(([key, values]) =>
          isFixed(operator, key, list(values).map(String))
        )
      );
  });
}

// ---------------------------------------------------------------------------------------------
// The flow chart

/** What AWS answers to the request. */
export function specified(request: SpecifiedRequest, policies: SpecifiedPolicies): Specified {
  const { principal } = request;
  const hasBoundary = policies.permissionsBoundary !== undefined;
  const see = (policy: SpecifiedPolicy) => look(policy, request, hasBoundary);
  const account = accountOf(principal);
  const owner = request.resourceAccount ??
    /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(request.resource)?.[1] ?? account;
  const isOneAccount = account !== undefined && account === owner;

  if (request.action.toLowerCase() === "sts:getcalleridentity") {
    return { answer: "allowed", statements: [] };
  }

  // "The root principal can perform the GetBucketPolicy, PutBucketPolicy, and DeleteBucketPolicy API
  // actions, even if their bucket policy explicitly denies the root principal's access."
  const isRootsRight = principal.type === "root" && isOneAccount &&
    /^s3:(get|put|delete)bucketpolicy$/i.test(request.action);
  const resourcePolicy = isRootsRight ? undefined : policies.resource;

  const identity = (policies.identity ?? []).map(see);
  const boundary = policies.permissionsBoundary && see(policies.permissionsBoundary);
  const session = policies.session?.map(see);
  const resource = resourcePolicy && see(resourcePolicy);
  const organization = [...policies.serviceControl ?? [], ...policies.resourceControl ?? []]
    .map((level) => level.map(see));

  // 1. "If the code finds even one explicit deny that applies, the code returns Deny."
  const everything = [
    ...identity,
    ...(boundary ? [boundary] : []),
    ...session ?? [],
    ...(resource ? [resource] : []),
    ...organization.flat(),
  ];
  const statements = everything.flatMap((finding) => finding.statements);
  const finish = (answer: Answer): Specified => ({ answer, statements });
  if (everything.some(({ isDenied }) => isDenied)) return finish("explicitDeny");

  // 2. "If there are no applicable Allow statements in the SCPs or RCPs": on each level.
  const allows = ({ allowedAs }: Finding) => allowedAs !== "not";
  if (!organization.every((level) => level.some(allows))) return finish("implicitDeny");

  const granted = resource?.allowedAs ?? "not";
  const isRestricted = policies.publicAccessBlock?.bucket?.RestrictPublicBuckets === true ||
    policies.publicAccessBlock?.account?.RestrictPublicBuckets === true;
  // "Access is limited to only AWS service principals and authorized users within the bucket owner's
  // account if the bucket has a public policy."
  const isBlocked = isRestricted && !isOneAccount && principal.type !== "service" &&
    resourcePolicy?.type === "bucket" && isPublic(resourcePolicy.document);
  const isGranted = granted !== "not" && !isBlocked;

  // Somebody without an account has only what the resource grants.
  if (account === undefined) return finish(isGranted ? "allowed" : "implicitDeny");

  const isIdentityAllowing = principal.type === "root" || identity.some(allows);
  const isBoundaryAllowing = boundary === undefined || allows(boundary);
  // "If there is no session policy, the code checks whether the principal is a role session."
  const isSessionAllowing = session === undefined
    ? principal.type !== "federated"
    : session.some(allows);
  const isWithinLimits = isBoundaryAllowing && isSessionAllowing;

  // "The request is allowed only if both evaluations return a decision of Allow."
  if (!isOneAccount) {
    return finish(isGranted && isIdentityAllowing && isWithinLimits ? "allowed" : "implicitDeny");
  }

  // "IAM role trust policies and KMS key policies must explicitly allow access for principals."
  if ((resourcePolicy?.type === "trust" || resourcePolicy?.type === "key") && granted === "not") {
    return finish("implicitDeny");
  }
  switch (granted) {
    case "itself or everyone":
      // "Permissions granted directly are not limited by an implicit deny"; but a user whom a trust
      // policy names needs a boundary that allows sts:AssumeRole.
      return finish(
        resourcePolicy?.type !== "trust" || isWithinLimits ? "allowed" : "implicitDeny",
      );
    case "role or user behind the session":
      return finish(isWithinLimits ? "allowed" : "implicitDeny");
    case "account":
    case "not":
      return finish(isIdentityAllowing && isWithinLimits ? "allowed" : "implicitDeny");
  }
}
