/**
 * The answers of `can` as text.
 *
 * @module
 */
import type { Decision, Layer, MatchedStatement, PolicyType } from "../../policy/access.ts";
import type { Answer } from "../../policy/ask.ts";
import type { Capability, GrantedAction } from "../../policy/capabilities.ts";
import type { UnreadPolicy } from "../../policy/unread.ts";

const TYPE_NAMES: Record<PolicyType, string> = {
  "inline": "policy",
  "attached": "attached policy",
  "group": "policy of a group",
  "bucket": "bucket policy",
  "trust": "trust policy",
  "key": "key policy",
  "acl": "access control list of",
  "permissions-boundary": "permissions boundary",
  "session": "session policy",
  "service-control": "service control policy",
  "resource-control": "resource control policy",
};

const MISSING: Record<Layer, string> = {
  "identity": "no policy of the user or role allows it",
  "permissions-boundary": "the permissions boundary does not allow it",
  "session": "the session policy does not allow it",
  "resource": "no policy of the resource allows it",
  "public-access-block": "the public access block keeps other accounts out",
  "service-control": "no service control policy allows it",
  "resource-control": "no resource control policy allows it",
};

function statementText({ type, name, statement, sid }: MatchedStatement): string {
  const id = sid === undefined || sid === "" ? "" : ` (${sid})`;
  const kind = TYPE_NAMES[type];
  return `${name === kind ? kind : `${kind} ${name}`}, Statement[${statement}]${id}`;
}

function reason({ decision, policies, missing }: Answer, unread: readonly UnreadPolicy[]): string {
  if (decision === "unknown") {
    return `it depends on what could not be read: ${unreadNames(unread)}`;
  }
  if (missing !== undefined) return MISSING[missing];
  const [first, ...others] = policies;
  if (first === undefined) return "no policy is needed";
  return others.length === 0
    ? statementText(first)
    : `${statementText(first)}, and ${others.length} more`;
}

/** The policies of who asks, and those of what is asked for: across accounts both must allow. */
const SIDES: readonly (readonly PolicyType[])[] = [
  ["inline", "attached", "group"],
  ["bucket", "trust", "key", "acl"],
];

/** What decided: a policy and its statement, one of each side that allows, or the layer that is missing. */
export function decisionText({ decision, statements, missing }: Decision): string {
  if (missing !== undefined) return MISSING[missing];
  const effect = decision === "allowed" ? "Allow" : "Deny";
  const [first, ...others] = statements.filter((statement) => statement.effect === effect);
  if (first === undefined) return "no policy is needed";
  const isOtherSide = ({ type }: MatchedStatement) =>
    SIDES.some((types) => types.includes(type) && !types.includes(first.type));
  const second = effect === "Allow" ? others.find(isOtherSide) : undefined;
  return [first, second].flatMap((one) => one === undefined ? [] : statementText(one))
    .join(" and ");
}

const LONGEST_DECISION = "explicitDeny".length;

/** One line: the decision, the action, the resource, and why. */
export function answerText(answer: Answer, unread: readonly UnreadPolicy[]): string {
  const { decision, action, resource } = answer;
  const isOnKeys = /\/\*$/.test(resource);
  const some = !answer.isAllowedOnSome
    ? ""
    : isOnKeys
    ? "allowed on some keys only; on others "
    : "allowed with some prefixes only; without one ";
  const why = `${some}${reason(answer, unread)}`;
  return `${decision.padEnd(LONGEST_DECISION)}  ${action}  ${resource}  ${why}`;
}

/** The same where a call has shown what the policies that could be read don't tell. */
export function probedText({ action, resource }: Answer, became: "allowed" | "denied"): string {
  return `${became.padEnd(LONGEST_DECISION)}  ${action}  ${resource}`;
}

function keysText({ keys, except }: GrantedAction): string {
  return keys.join(", ") + (except.length > 0 ? ` except ${except.join(", ")}` : "");
}

function grantedText(granted: readonly GrantedAction[]): string {
  const [only, ...others] = granted;
  if (
    only !== undefined && others.length === 0 &&
    /:(?:ListBucket|[A-Z][a-z]+Object)$/.test(only.action)
  ) {
    return keysText(only);
  }
  return granted.map((one) => {
    const isEverywhere = one.keys.includes("*") && one.except.length === 0;
    return isEverywhere ? one.action : `${one.action} on ${keysText(one)}`;
  }).join("; ");
}

const LONGEST_NAME = "bucket-settings".length;

/** One line: what can be done, and whether, or with which keys. */
export function capabilityText({ name, answer, granted }: Capability): string {
  const start = `  ${name.padEnd(LONGEST_NAME)}  ${answer}`;
  return answer === "some" ? `${start}: ${grantedText(granted)}` : start;
}

/** What could not be read; several policies of one user or role as one. */
export function unreadNames(unread: readonly UnreadPolicy[]): string {
  const ownerOf = ({ what }: UnreadPolicy) => /\b(?:user|role) \S+/.exec(what)?.[0];
  const names = unread.map((one) => {
    const owner = ownerOf(one);
    const isOnly = unread.filter((other) => ownerOf(other) === owner).length === 1;
    return owner === undefined || isOnly ? one.what : `the policies of ${owner}`;
  });
  return [...new Set(names)].join(", ");
}

/** What could not be read, as a sentence. */
export function unreadText(unread: readonly UnreadPolicy[]): string {
  return `Could not be read: ${unread.map(({ what }) => what).join(", ")}`;
}
