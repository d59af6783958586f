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
import { keyPatterns, keySamples } from "./key_samples.ts";
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
  /** What becomes of it. */
  decision: PartialDecision["decision"];
  /** The statements that decide. */
  policies: MatchedStatement[];
  /** The layer that should have allowed it first; only of an `implicitDeny`. */
  missing: Layer | undefined;
  /** Whether it is allowed on some keys of the bucket, although not on all. */
  isAllowedOnSome: boolean;
}

/** What only limits what other policies grant. */
const LIMITS: ReadonlySet<PolicyType> = new Set([
  "permissions-boundary",
  "session",
  "service-control",
  "resource-control",
]);

/** From the one that is looked for first. */
const WORST_FIRST: readonly PartialDecision["decision"][] = [
  "explicitDeny",
  "implicitDeny",
  "unknown",
  "allowed",
];

/** The resources for which an action has to be allowed, and the condition keys that follow from them. */
function requestsFor(
  action: string,
  target: Target | undefined,
  { policies, partition, request }: Asker,
): { resource: string; samples: string[]; context?: AccessRequest["context"] } {
  const facts = findAction(action);
  if (target === undefined || facts?.resources.length === 0) {
    return { resource: "*", samples: ["*"] };
  }
  if ("arn" in target) return { resource: target.arn, samples: [target.arn] };
  const { bucket, key } = target;
  const bucketArn = `arn:${partition}:s3:::${bucket}`;
  const isForBucket = facts?.resources.includes("bucket") ?? key === undefined;
  if (isForBucket) {
    const context = key === undefined ? undefined : { "s3:prefix": key };
    return { resource: bucketArn, samples: [bucketArn], context };
  }
  if (key !== undefined) {
    return { resource: `${bucketArn}/${key}`, samples: [`${bucketArn}/${key}`] };
  }
  const patterns = keyPatterns(documentsOf(policies), bucket, knownValues(request));
  return {
    resource: `${bucketArn}/*`,
    samples: keySamples(patterns).map((sample) => `${bucketArn}/${sample.key}`),
  };
}

/**
 * Answers whether an action is allowed on something. An action on objects is allowed on a bucket only if
 * it is on all of its keys. A key beside an action on a bucket is the prefix of a listing.
 */
export function ask(action: string, target: Target | undefined, asker: Asker): Answer {
  const { resource, samples, context } = requestsFor(action, target, asker);
  const { request, policies, unread } = asker;
  const decisions = samples.map((one) =>
    evaluatePartly(
      { ...request, action, resource: one, context: { ...context, ...request.context } },
      policies,
      unread,
    )
  );
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
      decisions.some(({ decision }) => decision === "allowed"),
  };
}
