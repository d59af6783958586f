/**
 * The check of `create` on its own work: that the policies of a plan grant what was requested, and nothing
 * else of S3. Written without regard to how the policies are made.
 *
 * @module
 */
import { S3CredentialsError } from "../../errors.ts";
import type { AccessPolicies, AccessRequest, NamedPolicy } from "../../policy/access.ts";
import { allActions } from "../../policy/actions.ts";
import { bucketsOf, type Grant, type Permission } from "../../policy/grants.ts";
import { evaluate, groupActions } from "../../policy/evaluate.ts";
import { fullAccessArn } from "../defaults.ts";
import { actionsBeyondS3, unnamedBeyondS3 } from "./grant.ts";
import type { CreatePlan, CreateRequest } from "../types.ts";

/** What each permission must allow on a bucket, and on its keys. */
const EXPECTED: Readonly<Record<Permission, { bucket: string[]; keys: string[] }>> = {
  "read-only": {
    bucket: ["s3:ListBucket", "s3:GetBucketLocation"],
    keys: [
      "s3:GetObject",
      "s3:GetObjectAcl",
      "s3:GetObjectLegalHold",
      "s3:GetObjectRetention",
      "s3:GetObjectTagging",
    ],
  },
  "write-only": { bucket: [], keys: ["s3:PutObject"] },
  "read-write": {
    bucket: ["s3:ListBucket", "s3:GetBucketLocation"],
    keys: [
      "s3:GetObject",
      "s3:GetObjectAcl",
      "s3:GetObjectLegalHold",
      "s3:GetObjectRetention",
      "s3:GetObjectTagging",
      "s3:PutObject",
      "s3:DeleteObject",
    ],
  },
};

function allowing(name: string, Action: string | string[]): NamedPolicy {
  const Statement = [{ Effect: "Allow", Action, Resource: "*" }];
  return { name, document: { Version: "2012-10-17", Statement } };
}

/** What of S3 AWS's managed policies allow, see the AWS Managed Policy Reference. */
const MANAGED: Readonly<Record<string, string[]>> = {
  AmazonS3FullAccess: ["s3:*", "s3-object-lambda:*"],
  AmazonS3ReadOnlyAccess: [
    "s3:Get*",
    "s3:List*",
    "s3:Describe*",
    "s3-object-lambda:Get*",
    "s3-object-lambda:List*",
  ],
};

function managedPolicy(arn: string): NamedPolicy | undefined {
  const [, name = ""] = /^arn:[^:]+:iam::aws:policy\/(.+)$/.exec(arn) ?? [];
  const actions = Object.hasOwn(MANAGED, name) ? MANAGED[name] : undefined;
  return actions && allowing(arn, actions);
}

const USER = "arn:aws:iam::123456789012:user/new";
const SESSION = "arn:aws:sts::123456789012:assumed-role/role/session";

/** The holder of the planned credentials, and what decides over its requests. */
function holderOf({ steps }: CreatePlan): { principal: string; policies: AccessPolicies } {
  const session = steps.find((step) => step.kind === "assume-role");
  if (session !== undefined) {
    const policies: AccessPolicies = {
      identity: [{ type: "attached", ...managedPolicy(fullAccessArn("aws"))! }],
      session: [{ name: "session policy", document: session.policy }],
    };
    return { principal: SESSION, policies };
  }
  const own = steps.filter((step) => step.kind === "put-user-policy");
  const boundary = steps.find((step) => step.kind === "create-user")?.permissionsBoundary;
  return {
    principal: USER,
    policies: {
      identity: own.map(({ policyName: name, policy: document }) => ({
        type: "inline",
        name,
        document,
      })),
      permissionsBoundary: boundary === undefined ? undefined : managedPolicy(boundary),
    },
  };
}

/** What must be allowed on some keys of a bucket, and on the bucket as far as it is about them. */
interface Expectation {
  /** The start of the keys, or the one key. */
  start: string;
  isOneKey: boolean;
  bucket: readonly string[];
  keys: readonly string[];
  listing: Grant["actions"]["listing"];
}

/** What a request says of one bucket. */
function expectationsOf(request: CreateRequest, bucket: string): Expectation[] {
  const startOf = (prefix = "") => prefix.replace(/\*$/, "");
  if (request.grants !== undefined) {
    return request.grants.filter((grant) => grant.bucket === bucket).map(
      ({ prefix, key, actions: { bucket, keys, allKeys = [], listing } }) => {
        const start = key ?? startOf(prefix);
        const isOneKey = key !== undefined;
        return { start, isOneKey, keys, bucket: start ? bucket : [...bucket, ...allKeys], listing };
      },
    );
  }
  const { permission = "read-write", prefix = "", noDelete = false } = request;
  const { bucket: onBucket, keys } = EXPECTED[permission];
  return [prefix].flat().map((one) => ({
    start: startOf(one),
    isOneKey: false,
    bucket: onBucket,
    keys: keys.filter((action) => !noDelete || action !== "s3:DeleteObject"),
    listing: "prefix",
  }));
}

/** The actions that must be allowed on a key. */
function expectedOnKey(expected: readonly Expectation[], key: string): Set<string> {
  return new Set(
    expected.flatMap(({ start, isOneKey, keys }) =>
      (isOneKey ? key === start : key.startsWith(start)) ? keys : []
    ),
  );
}

/** The actions that can be limited to what is listed. */
const LISTINGS = ["s3:ListBucket", "s3:ListBucketVersions"];

/** The actions that must be allowed on the bucket, for a listing of a prefix or of everything. */
function expectedOnBucket(expected: readonly Expectation[], listing: Listing): Set<string> {
  return new Set(
    expected.flatMap((expectation) =>
      expectation.bucket.filter((action) =>
        !LISTINGS.includes(action) || isListingExpected(expectation, listing)
      )
    ),
  );
}

function isListingExpected(
  { start, isOneKey, listing }: Expectation,
  { prefix, delimiter }: Listing,
): boolean {
  if (start === "" || listing === "whole-bucket") return true;
  if (isOneKey || prefix === undefined) return false;
  if (prefix.startsWith(start)) return true;
  return listing === "prefix-and-parents" && delimiter === "/" && prefix === parentOf(start);
}

/** The directory in which something is. */
function parentOf(start: string): string {
  return start.replace(/[^/]*\/?$/, "");
}

/** What a request for a listing asks for. */
interface Listing {
  prefix?: string;
  delimiter?: string;
}

/** What must be allowed on a resource, and nothing else. */
interface Demand extends Pick<AccessRequest, "resource" | "context"> {
  expected: ReadonlySet<string>;
}

const NOTHING: ReadonlySet<string> = new Set();

/** Nearly the same text, but neither of the two begins with the other. */
function beside(start: string): string {
  return `${start.slice(0, -1)}${start.endsWith("~") ? "-" : "~"}`;
}

/** What is demanded about one bucket: on itself, on keys within the grants and beside them, on another one. */
function demandsOf(bucket: string, request: CreateRequest): Demand[] {
  const arn = `arn:${request.partition ?? "aws"}:s3:::${bucket}`;
  const other = `${arn}-other`;
  const expected = expectationsOf(request, bucket);
  const starts = [...new Set(expected.map(({ start }) => start))];
  const keys = starts.flatMap((start) =>
    start === "" ? ["key"] : [start, `${start}key`, `${beside(start)}key`]
  ).filter((key) => key !== "");
  const prefixes = starts.flatMap((start) => [
    `${start}key`,
    `${beside(start)}key`,
    ...start === "" ? [] : [parentOf(start)],
  ]);
  const listings: Listing[] = [
    {},
    ...[...new Set(prefixes)].flatMap((prefix) => [{ prefix }, { prefix, delimiter: "/" }]),
  ];
  return [
    { resource: "*", expected: NOTHING },
    ...keys.flatMap((key): Demand[] => [
      { resource: `${arn}/${key}`, expected: expectedOnKey(expected, key) },
      { resource: `${other}/${key}`, expected: NOTHING },
      { resource: other, context: { "s3:prefix": key }, expected: NOTHING },
    ]),
    ...listings.map((listing): Demand => ({
      resource: arn,
      context: { "s3:prefix": listing.prefix, "s3:delimiter": listing.delimiter },
      expected: expectedOnBucket(expected, listing),
    })),
  ];
}

function fault(what: string): S3CredentialsError {
  return new S3CredentialsError("invalid-policy", `Nothing was changed: ${what}`, {
    hint: "This is a bug in s3-credentials: please report it, with the command that you ran",
  });
}

/** The actions of S3, in groups whose actions all get the same answers. */
function groupsOfS3(policies: AccessPolicies): string[][] {
  return groupActions(allActions("s3").map(({ name }) => name), policies);
}

const EXAMPLES = 3;

/** Says what a custom policy grants beyond actions of S3 on the named buckets, a sentence each. */
export function grantsBeyond(request: CreateRequest, plan: CreatePlan): string[] {
  const { principal, policies } = holderOf(plan);
  if (request.policy === undefined && (request.statements ?? []).length === 0) return [];
  const other = `arn:${request.partition ?? "aws"}:s3:::another-bucket`;
  const first = groupsOfS3(policies).map((group) => group[0]!).find((action) =>
    [other, `${other}/key`].some((resource) =>
      evaluate({ principal, action, resource }, policies).decision === "allowed"
    )
  );
  // The role of temporary credentials allows S3 only, unless it is another one.
  const services = request.duration === undefined || request.roleArn !== undefined
    ? [...unnamedBeyondS3(request), ...actionsBeyondS3(request)]
    : [];
  const shown = services.slice(0, EXAMPLES).join(", ");
  return [
    ...(services.length === 0 ? [] : [
      `The custom policy also allows ${shown}${services.length > EXAMPLES ? " and more" : ""}`,
    ]),
    ...(first === undefined ? [] : [
      `The custom policy also allows actions of S3 on other buckets, such as ${first}`,
    ]),
  ];
}

/**
 * Checks that the policies of a plan, under its boundary or in its session, allow every action of the
 * permission on the keys that are named, and no other action of S3 on the bucket, on keys beside them, and on
 * another bucket. What a custom policy should allow is not known.
 *
 * @throws {S3CredentialsError} `invalid-policy` if there is a difference, which is a bug
 */
export function provePlan(request: CreateRequest, plan: CreatePlan): void {
  const { principal, policies } = holderOf(plan);
  if (request.expires !== undefined) proveEnd(request, request.expires, plan);
  const isCustom = request.policy !== undefined || (request.statements ?? []).length > 0;
  const granting = [...policies.identity ?? [], ...policies.session ?? []];
  if (isCustom || granting.length === 0) return;
  // A boundary that somebody has chosen may leave less of the grant, which is not a mistake.
  const mustGrant = request.userPermissionsBoundary === undefined;
  const groups = groupsOfS3(policies);
  for (const bucket of bucketsOf(request)) {
    for (const { resource, context, expected } of demandsOf(bucket, request)) {
      for (const group of groups) {
        const question = { principal, action: group[0]!, resource, context };
        const isAllowed = evaluate(question, policies).decision === "allowed";
        const action = group.find((one) => expected.has(one) !== isAllowed);
        if (action === undefined || (!isAllowed && !mustGrant)) continue;
        throw fault(
          isAllowed
            ? `the planned policies would allow ${action} on ${resource}, which was not requested`
            : `the planned policies would not allow ${action} on ${resource}, which was requested`,
        );
      }
    }
  }
}

/** Checks that nothing is allowed any more from the moment on at which the keys expire. */
function proveEnd(request: CreateRequest, expires: Date, plan: CreatePlan): void {
  const { principal, policies } = holderOf(plan);
  const context = { "aws:CurrentTime": expires.toISOString() };
  const arns = bucketsOf(request).map((name) => `arn:aws:s3:::${name}`);
  for (const [action] of groupsOfS3(policies)) {
    for (const resource of ["*", ...arns.flatMap((arn) => [arn, `${arn}/key`])]) {
      const { decision } = evaluate({ principal, action: action!, resource, context }, policies);
      if (decision === "explicitDeny") continue;
      throw fault(`the planned policies would not deny ${action} once the keys have expired`);
    }
  }
}
