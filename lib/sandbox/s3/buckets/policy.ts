/**
 * Bucket policies: which documents S3 accepts, and the calls that put, get and delete one.
 *
 * @module
 */
import { Answer } from "../../answer.ts";
import { isObject } from "../../../is_object.ts";
import type { Account, Bucket } from "../../account.ts";
import { identityExists, ownerOfBucket } from "../../accounts.ts";
import { identify } from "../../caller.ts";
import { isPublicPolicy } from "../../../policy/public_policy.ts";
import { checkPolicy } from "../../../policy/language/statement.ts";
import type { FindingCode } from "../../../policy/lint/finding.ts";
import { lint } from "../../../policy/lint/lint.ts";
import { ServiceError } from "../../operation.ts";
import { emptyAnswer, type S3Call, xmlAnswer } from "../call.ts";
import { accessDenied, methodNotAllowed, notConfigured } from "../errors.ts";
import { element } from "../../xml.ts";

const MAX_POLICY_BYTES = 20 * 1024;
const VERSIONS = ["2012-10-17", "2008-10-17"];
const STATEMENT_FIELDS = new Set([
  "Sid",
  "Effect",
  "Principal",
  "NotPrincipal",
  "Action",
  "NotAction",
  "Resource",
  "NotResource",
  "Condition",
]);
const ACTION = /^(\*|s3(-object-lambda)?:[a-z*?]+)$/i;
const IDENTITY =
  /^arn:(aws[a-z-]*):(?:iam|sts)::\d{12}:(root|(?:user|role|assumed-role|federated-user)\/.+)$/;
/** The unique id of a user or role, with which S3 replaces the ARN of one that was deleted. */
const UNIQUE_ID = /^A(IDA|ROA)[A-Z0-9]{12,}$/;

type Fields = Record<string, unknown>;

function malformed(message: string): ServiceError {
  return new ServiceError(400, "MalformedPolicy", message);
}

function stringsOf(value: unknown): string[] {
  const list = Array.isArray(value) ? value : [value];
  if (list.length === 0 || list.some((item) => typeof item !== "string")) {
    throw malformed("Invalid policy syntax.");
  }
  return list;
}

function parsePolicy(text: string): Fields {
  if (new TextEncoder().encode(text).length > MAX_POLICY_BYTES) {
    throw new ServiceError(
      400,
      "PolicyTooLarge",
      `Your policy exceeds the maximum allowed document size of ${MAX_POLICY_BYTES} bytes`,
    );
  }
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    throw malformed("Policies must be valid JSON and the first byte must be '{'");
  }
  if (!isObject(policy)) {
    throw malformed("Policies must be valid JSON and the first byte must be '{'");
  }
  return policy;
}

/** Throws MalformedPolicy unless S3 would accept the text as the policy of the bucket. */
function checkBucketPolicy(text: string, bucket: Bucket, account: Account): void {
  const policy = parsePolicy(text);
  const unknown = Object.keys(policy).find((key) => !["Version", "Id", "Statement"].includes(key));
  if (unknown !== undefined) throw malformed(`Unknown field ${unknown}`);
  if (policy.Version !== undefined && !VERSIONS.includes(String(policy.Version))) {
    throw malformed("The policy must contain a valid version string");
  }
  if (policy.Statement === undefined) throw malformed("Missing required field Statement");
  const statements = Array.isArray(policy.Statement) ? policy.Statement : [policy.Statement];
  if (statements.length === 0) throw malformed("Could not parse the policy: Statement is empty!");
  for (const statement of statements) checkStatement(statement, bucket, account);
  const sids = statements.map(({ Sid }) => Sid).filter((sid) => sid !== undefined && sid !== "");
  if (new Set(sids).size < sids.length) {
    throw malformed("Statement IDs (SID) in a single policy must be unique.");
  }
  try {
    checkPolicy(policy, "resource");
  } catch {
    throw malformed("Invalid policy syntax.");
  }
  for (const { code, path } of lint(policy, { type: "bucket" })) {
    // AWS's table lists the keys about access points with some of the actions only.
    const message = /\.s3:(?:Data)?AccessPoint/i.test(path) ? undefined : REFUSED_FINDINGS[code];
    if (message !== undefined) throw malformed(message);
  }
}

/** What `lint` finds that S3 refuses, in S3's words. */
const REFUSED_FINDINGS: Partial<Record<FindingCode, string>> = {
  "unknown-action": "Policy has invalid action",
  "unknown-condition-key": "Policy has an invalid condition key",
  "condition-key-of-other-action":
    "Conditions do not apply to combination of actions and resources in statement",
  "invalid-condition": "Invalid policy syntax.",
  "invalid-value": "Invalid policy syntax.",
};

function checkStatement(statement: unknown, bucket: Bucket, account: Account): void {
  if (!isObject(statement)) throw malformed("Invalid policy syntax.");
  const unknown = Object.keys(statement).find((key) => !STATEMENT_FIELDS.has(key));
  if (unknown !== undefined) throw malformed(`Unknown field ${unknown}`);
  if (statement.Effect === undefined) throw malformed("Missing required field Effect");
  if (statement.Effect !== "Allow" && statement.Effect !== "Deny") {
    throw malformed(`Invalid effect: ${statement.Effect}`);
  }
  checkPrincipal(eitherField(statement, "Principal"), account);
  const actions = stringsOf(eitherField(statement, "Action"));
  if (!actions.every((action) => ACTION.test(action))) throw malformed("Policy has invalid action");
  const resources = stringsOf(eitherField(statement, "Resource"));
  if (!resources.every((resource) => isInBucket(resource, bucket, account))) {
    throw malformed("Policy has invalid resource");
  }
  checkMatch(actions, resources, statement);
}

function eitherField(statement: Fields, name: string): unknown {
  const value = statement[name];
  const not = statement[`Not${name}`];
  if (value === undefined && not === undefined) throw malformed(`Missing required field ${name}`);
  if (value !== undefined && not !== undefined) throw malformed("Invalid policy syntax.");
  return value ?? not;
}

function checkPrincipal(principal: unknown, account: Account): void {
  if (principal === "*") return;
  const invalid = malformed("Invalid principal in policy");
  if (!isObject(principal) || Object.keys(principal).length === 0) throw invalid;
  for (const [kind, value] of Object.entries(principal)) {
    if (!["AWS", "CanonicalUser", "Service", "Federated"].includes(kind)) throw invalid;
    const isValid = kind === "AWS" ? isKnownIdentity : (name: string) => name !== "";
    if (!stringsOf(value).every((name) => isValid(name, account))) throw invalid;
  }
}

/** S3 looks up the principals of a policy. */
function isKnownIdentity(name: string, account: Account): boolean {
  if (name === "*" || /^\d{12}$/.test(name) || UNIQUE_ID.test(name)) return true;
  const [, partition, who = ""] = IDENTITY.exec(name) ?? [];
  if (partition !== account.partition || /[*?]/.test(who)) return false;
  return /^(user|role)\//.test(who) ? identityExists(name, account) : true;
}

function isInBucket(resource: string, bucket: Bucket, { partition }: Account): boolean {
  const [, found, name] = /^arn:(aws[a-z-]*):s3:::([^/]+)/.exec(resource) ?? [];
  return found === partition && name === bucket.name;
}

const BUCKET_ACTION =
  /^s3:(CreateBucket|DeleteBucket|ListBucket|(Get|Put|Delete)(Bucket|Lifecycle|Encryption|Replication|Accelerate|Metrics|Inventory|Analytics|IntelligentTiering))/i;
const OBJECT_ACTION =
  /^s3:((Get|Put|Delete|Restore|Replicate)Object|AbortMultipartUpload|ListMultipartUploadParts|BypassGovernance)/i;

/** Refuses a statement with an action that doesn't apply to any of its resources. */
function checkMatch(actions: string[], resources: string[], statement: Fields): void {
  if (statement.NotAction !== undefined || statement.NotResource !== undefined) return;
  const hasBucket = resources.some((resource) => !resource.includes("/"));
  const hasObject = resources.some((resource) => /[/*?]/.test(resource));
  const misses = actions.some((action) =>
    (BUCKET_ACTION.test(action) && !hasBucket) || (OBJECT_ACTION.test(action) && !hasObject)
  );
  if (misses) throw malformed("Action does not apply to any resource(s) in statement");
}

/** Identities of other accounts can't do anything with a bucket's policy, even where they may. */
function checkAccount({ bucket, account, request }: S3Call): void {
  if (bucket.ownerAccountId !== account.id) throw methodNotAllowed(request.method);
}

/** PutBucketPolicy. */
export function putBucketPolicy(call: S3Call): Answer {
  checkAccount(call);
  const { bucket, account } = call;
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(call.request.body.bytes());
  checkBucketPolicy(text, bucket, account);
  const blocks = bucket.publicAccessBlock?.BlockPublicPolicy ||
    ownerOfBucket(bucket, account)?.publicAccessBlock?.BlockPublicPolicy;
  if (blocks && isPublicPolicy(JSON.parse(text))) {
    const arn = identify(call.caller, account)?.arn ?? "anonymous";
    throw accessDenied(
      `User: ${arn} is not authorized to perform: s3:PutBucketPolicy on resource: ` +
        `"arn:${account.partition}:s3:::${bucket.name}" because public policies are prevented by the ` +
        "BlockPublicPolicy setting in S3 Block Public Access.",
    );
  }
  bucket.policy = text;
  return emptyAnswer(204);
}

function policyOf({ bucket }: S3Call): string {
  if (bucket.policy !== undefined) return bucket.policy;
  throw notConfigured("NoSuchBucketPolicy", "The bucket policy does not exist", bucket.name);
}

/** GetBucketPolicy. */
export function getBucketPolicy(call: S3Call): Answer {
  checkAccount(call);
  return new Answer(policyOf(call), { headers: { "content-type": "application/json" } });
}

/** DeleteBucketPolicy. */
export function deleteBucketPolicy(call: S3Call): Answer {
  checkAccount(call);
  call.bucket.policy = undefined;
  return emptyAnswer(204);
}

/** GetBucketPolicyStatus. */
export function getBucketPolicyStatus(call: S3Call): Answer {
  const isPublic = isPublicPolicy(JSON.parse(policyOf(call)));
  return xmlAnswer("PolicyStatus", element("IsPublic", isPublic));
}
