/**
 * MinIO's engine: the policies of a user, of which it knows S3's actions and some condition keys.
 *
 * @module
 */
import {
  type Case,
  listOf,
  withConditions,
  withKeyNames,
  withResources,
  withStatements,
} from "./cases.ts";
import { enginePath } from "./support.ts";
import type { Engine, Rule } from "./compare.ts";

const USER = { type: "user", arn: "arn:aws:iam::123456789012:user/alice" };

/** What MinIO takes in a policy; others it refuses. */
const OPERATORS =
  /^(String\w+(?<!IfExists)|Bool|Null|(Not)?IpAddress|Numeric\w+(?<!IfExists)|Date\w+(?<!IfExists))$/;
const ACTIONS = [
  "*",
  "s3:*",
  "s3:Get*",
  "s3:GetObject",
  "s3:GetObjectAcl",
  "s3:GetObjectVersion",
  "s3:PutObject",
  "s3:ListBucket",
  "s3:ListAllMyBuckets",
  "s3:PutBucketPolicy",
  "s3:GetObjec?",
];
const FITS: Record<string, (value: string, operator: string) => boolean> = {
  "s3:prefix": () => true,
  "s3:max-keys": (value, operator) => operator === "Null" || /^\d+$/.test(value),
  "aws:SourceIp": (value) => !value.endsWith("/33"),
  "aws:CurrentTime": (value) => /T/.test(value),
  "aws:SecureTransport": (value) => /^(true|false)$/.test(value),
  "aws:username": () => true,
};
/** Of dates, numbers and Null MinIO takes one value. */
const limitOf = (operator: string) => /^(Date|Numeric|Null|Bool)/.test(operator) ? 1 : undefined;

/** What MinIO can be asked: identity policies for S3 alone, in the version that it has. */
export function minioCase({ request, policies }: Case): Case | undefined {
  if (!request.action.startsWith("s3:") || !policies.identity?.length) return;
  const context = { ...request.context };
  for (const [key, value] of Object.entries(context)) {
    const isOdd = /^aws:CurrentTime$/i.test(key) && !String(value).includes("T") ||
      value === "unknown";
    if (isOdd || /^aws:username$/i.test(key)) delete context[key];
  }
  const { action, resource } = request;
  // MinIO's server takes actions from a table of its own, so that their case is no question.
  if (action !== action.replace(/:[a-z]/, (text) => text.toUpperCase())) return;
  const identity = policies.identity.map((policy) => ({
    ...policy,
    document: { ...policy.document, Version: "2012-10-17" },
  }));
  const asked = withKeyNames({
    request: { principal: USER, action, resource, context },
    policies: { identity },
  });
  const known = withStatements(
    withConditions(asked, (operator, key, values) => {
      const fitting = values.filter((value) => FITS[key]?.(value, operator));
      const isKnown = key in FITS && OPERATORS.test(operator) && fitting.length > 0;
      return isKnown
        ? [operator, key, [...new Set(fitting)].slice(0, limitOf(operator))]
        : undefined;
    }),
    (statement) => {
      const changed = { ...statement };
      for (const name of ["Action", "NotAction"]) {
        if (changed[name] === undefined) continue;
        const kept = listOf(changed[name]).filter((one) => ACTIONS.includes(String(one)));
        changed[name] = kept.includes("*") ? "*" : kept.length > 0 ? kept : "s3:GetObject";
      }
      return changed;
    },
  );
  return withResources(
    known,
    // Of variables it knows the user's name.
    (pattern) =>
      /^(\*$|arn:aws:s3:::(?!.*\$\{(?!aws:username\})).)/.test(pattern)
        ? pattern
        : "arn:aws:s3:::logs/*",
  );
}

function matches(pattern: string, text: string): boolean {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}

const RULES: Rule[] = [
  {
    why: "MinIO: DateNotEquals and NumericNotEquals fail without the key; AWS: they hold",
    page:
      "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html",
    read: (asked) =>
      withConditions(
        asked,
        (operator, key, values) =>
          /^(Date|Numeric)NotEquals$/.test(operator) && asked.request.context[key] === undefined
            ? [operator.replace("Not", ""), key, values]
            : [operator, key, values],
      ),
  },
  {
    why:
      "MinIO: Action * is also for administration, for which it ignores Resource; AWS: each element counts",
    page:
      "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html",
    read: (asked) =>
      withStatements(
        asked,
        ({ NotResource, ...statement }) =>
          listOf(statement.Action).includes("*")
            ? { ...statement, Resource: "*" }
            : { ...statement, ...(NotResource !== undefined && { NotResource }) },
      ),
  },
  {
    why: "MinIO: a bucket is matched as BUCKET/ too; AWS: a bucket's ARN has no slash",
    page:
      "https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-resources-for-iam-policies",
    read(asked) {
      const { request } = asked;
      if (!/^arn:aws:s3:::[^/]+$/.test(request.resource)) return asked;
      const both = withStatements(asked, (statement) => {
        const changed = { ...statement };
        for (const name of ["Resource", "NotResource"]) {
          if (changed[name] === undefined) continue;
          changed[name] = listOf(changed[name]).flatMap((one) => [one, `${one}/`]);
        }
        return changed;
      });
      return { ...both, request: { ...request, resource: `${request.resource}/` } };
    },
  },
  {
    why:
      "MinIO: s3:GetObjectVersion in a policy is s3:GetObject too; AWS: only a request with a version asks for it",
    page: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html",
    read(asked) {
      if (asked.request.action !== "s3:GetObject") return asked;
      return withStatements(asked, (statement) => {
        const changed = { ...statement };
        for (const name of ["Action", "NotAction"]) {
          if (!listOf(changed[name]).some((one) => matches(String(one), "s3:GetObjectVersion"))) {
            continue;
          }
          changed[name] = [...listOf(changed[name]), "s3:GetObject"];
        }
        return changed;
      });
    },
  },
];

/** MinIO's engine as a peer. */
export const MINIO: Engine = {
  name: "MinIO",
  command: [enginePath("minio-policy")],
  question({ request, policies }) {
    const [, bucket = "", object = ""] = /^arn:aws:s3:::([^/]*)\/?(.*)$/s.exec(request.resource) ??
      [];
    const values = Object.entries({ ...request.context, "aws:username": "alice" }).map((
      [key, value],
    ) => [key.replace(/^(aws|s3):/, ""), listOf(value)]);
    return {
      policies: policies.identity!.map(({ document }) => document),
      account: "alice",
      action: request.action,
      bucket,
      object,
      values: Object.fromEntries(values),
    };
  },
  decision: (line) => line,
  ours: (decision) => decision === "allowed" ? "allowed" : "denied",
  refusals: [
    {
      says: /^error: (unsupported action|invalid action)/,
      why: "an action that MinIO does not have",
    },
    { says: /^error: .*condition key/, why: "a condition key that MinIO does not have" },
    {
      says: /^error: (invalid resource|unsupported Resource)/,
      why: "a resource for which MinIO does not have the action",
    },
  ],
  rules: RULES,
};
