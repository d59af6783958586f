/**
 * Questions about actions on buckets and keys, rather than about requests and ARNs.
 *
 * @module
 */
import type {
  AccessPolicies,
  AccessRequest,
  Layer,
  MatchedStatement,
  PolicyType,
} from "./access.ts";
import { findAction } from "./actions.ts";
import { documentsOf } from "./capabilities.ts";
import { knownValues } from "./evaluate.ts";
import { keyPatterns, keySamples, prefixPatterns } from "./key_samples.ts";
import { evaluatePartly, type PartialDecision, type UnreadPolicy } from "./unread.ts";

/** What a question is about: a bucket, one of its keys, or anything else with an ARN. */
export type Target = { bucket: string; key?: string } | { arn: string };

/** Who asks, under which policies. */
export interface Asker {
  /** Who sends the request, and the values of its condition keys. */
  request: Omit<AccessRequest, "action" | "resource">;
  /** The policies that are known. */
  policies: AccessPolicies;
  /** What is not known. */
  unread: readonly UnreadPolicy[];
  /** The partition, such as `aws`. */
  partition: string;
}

/** The answer to a question. */
export interface Answer {
  /** The action. */
  action: string;
  /** The ARN that it is for. */
  resource: string;
  /** The decision. */
  decision: PartialDecision["decision"];
  /** The statements that decide. */
  policies: MatchedStatement[];
  /** The layer that should have allowed it first; only of an `implicitDeny`. */
  missing: Layer | undefined;
  /** Whether it is allowed on some keys or prefixes of the bucket, although not on all. */
  isAllowedOnSome: boolean;
}

/** What only limits what other policies grant. */
const LIMITS: ReadonlySet<PolicyType> = new Set([
  "permissions-boundary",
  "session",
  "service-control",
  "resource-control",
]);

/** A question with several requests is answered by the first of these that one of them has. */
const WORST_FIRST: readonly PartialDecision["decision"][] = [
  "explicitDeny",
  "implicitDeny",
  "unknown",
  "allowed",
];

type OneRequest = Pick<AccessRequest, "resource" | "context">;

/** The requests that answer a question. */
interface Requests {
  /** What the question is about. */
  resource: string;
  /** All of these have to be allowed. */
  all: OneRequest[];
  /** Listings of a part of the bucket, which may be allowed where that of everything isn't. */
  parts?: OneRequest[];
}

function requestsFor(action: string, target: Target | undefined, asker: Asker): Requests {
  const facts = findAction(action);
  if (target === undefined || facts?.resources.length === 0) {
    return { resource: "*", all: [{ resource: "*" }] };
  }
  if ("arn" in target) return { resource: target.arn, all: [{ resource: target.arn }] };
  const { bucket, key } = target;
  const resource = `arn:${asker.partition}:s3:::${bucket}`;
  const listing = (prefix: string): OneRequest => ({ resource, context: { "s3:prefix": prefix } });
  const documents = documentsOf(asker.policies);
  const values = knownValues(asker.request);
  if (facts?.resources.includes("bucket") ?? key === undefined) {
    if (key !== undefined) return { resource, all: [listing(key)] };
    const prefixes = facts?.keys.includes("s3:prefix") ? prefixPatterns(documents, values) : [];
    const parts = prefixes.length === 0 ? [] : keySamples(prefixes).map((one) => listing(one.key));
    return { resource, all: [{ resource }], parts };
  }
  const object = (name: string): OneRequest => ({ resource: `${resource}/${name}` });
  if (key !== undefined) return { ...object(key), all: [object(key)] };
  const samples = keySamples(keyPatterns(documents, bucket, values));
  return { ...object("*"), all: samples.map((sample) => object(sample.key)) };
}

/**
 * Answers whether an action is allowed on something. An action on objects is allowed on a bucket only if
 * it is allowed on all of its keys. With an action on a bucket, a key is the prefix of a listing.
 */
export function ask(action: string, target: Target | undefined, asker: Asker): Answer {
  const { resource, all, parts = [] } = requestsFor(action, target, asker);
  const { request, policies, unread } = asker;
  const decide = ({ resource, context }: OneRequest) =>
    evaluatePartly(
      { ...request, action, resource, context: { ...context, ...request.context } },
      policies,
      unread,
    );
  const decisions = all.map(decide);
  const worst = WORST_FIRST.flatMap((wanted) =>
    decisions.find(({ decision }) => decision === wanted) ?? []
  )[0]!;
  const effect = worst.decision === "explicitDeny" ? "Deny" : "Allow";
  const deciding = worst.statements.filter((statement) => statement.effect === effect);
  return {
    action: findAction(action)?.name ?? action,
    resource,
    decision: worst.decision,
    policies: [
      ...deciding.filter(({ type }) => !LIMITS.has(type)),
      ...deciding.filter(({ type }) => LIMITS.has(type)),
    ],
    missing: worst.missing,
    isAllowedOnSome: worst.decision !== "allowed" &&
      [...decisions, ...parts.map(decide)].some(({ decision }) => decision === "allowed"),
  };
}
