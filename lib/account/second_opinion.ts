/**
 * What AWS itself says to a question: by IAM's simulator, or by trying.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { messageOf } from "../errors.ts";
import type { Aws, S3Client } from "../aws/connect.ts";
import { awsErrorCode, httpStatus, serviceError } from "../aws/service_error.ts";
import { conditionKeyType } from "../policy/actions.ts";
import type { AccessRequest, Decision, ResourcePolicy } from "../policy/access.ts";
import type { Principal } from "../policy/language/principal.ts";

/** The types of context keys by the names that IAM's simulator gives them. */
const SIMULATED_TYPES: Readonly<Record<string, "boolean" | "date" | "ip" | "numeric" | "string">> =
  {
    Bool: "boolean",
    Date: "date",
    IPAddress: "ip",
    Numeric: "numeric",
  };

function contextEntries(context: AccessRequest["context"] = {}) {
  return Object.entries(context).flatMap(([ContextKeyName, value]) => {
    if (value === undefined) return [];
    const type = SIMULATED_TYPES[conditionKeyType(ContextKeyName) ?? ""] ?? "string";
    return [{
      ContextKeyName,
      ContextKeyType: typeof value === "string" ? type : "stringList" as const,
      ContextKeyValues: typeof value === "string" ? [value] : [...value],
    }];
  });
}

/** A question to IAM's simulator. */
export interface SimulatedQuestion {
  /** Who asks: a user, or a session of a role. */
  principal: Principal;
  /** The action. */
  action: string;
  /** The ARN of the resource. */
  resource: string;
  /** Values of condition keys. */
  context?: AccessRequest["context"];
  /** The policy of the resource, which the simulator does not read by itself. */
  resourcePolicy?: ResourcePolicy;
}

/**
 * Asks IAM's simulator what becomes of a request.
 *
 * @param aws the account
 * @param question who wants to do what
 * @returns what it says; `undefined` for callers that it can't simulate: root, services, anonymous ones
 * @throws {S3CredentialsError} if it may not be asked
 *
 * @example May this user list a bucket?
 * ```ts
 * import { connect, createCredentials, readAccess, simulateAccess } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox();
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await createCredentials(aws, { buckets: ["photos"], createBucket: true });
 * const { principal } = await readAccess(aws, { user: "s3.read-write.photos" });
 * const resource = "arn:aws:s3:::photos";
 * const said = await simulateAccess(aws, { principal, action: "s3:ListBucket", resource });
 * assert.equal(said, "allowed");
 * ```
 */
export async function simulateAccess(
  aws: Aws,
  { principal, action, resource, context, resourcePolicy }: SimulatedQuestion,
): Promise<Decision["decision"] | undefined> {
  if (principal.type !== "user" && principal.type !== "session") return undefined;
  const PolicySourceArn = principal.type === "user" ? principal.arn : principal.roleArn;
  try {
    const iam = await aws.iam();
    const { EvaluationResults = [] } = await iam.simulatePrincipalPolicy({
      PolicySourceArn,
      ActionNames: [action],
      ResourceArns: [resource],
      ContextEntries: contextEntries(context),
      // The simulator takes the policy of a resource for a user only.
      ...(principal.type === "user" && resourcePolicy !== undefined && {
        ResourcePolicy: JSON.stringify(resourcePolicy.document),
        CallerArn: principal.arn,
      }),
    });
    return EvaluationResults[0]?.EvalDecision as Decision["decision"] | undefined;
  } catch (error) {
    throw serviceError(error, `Could not simulate ${action}`);
  }
}

interface Probe {
  /** Whether the call needs a key of an object that exists. */
  needsKey: boolean;
  call(s3: S3Client, Bucket: string, Key: string): Promise<unknown>;
}

const bucketProbe = (call: (s3: S3Client, Bucket: string) => Promise<unknown>): Probe => ({
  needsKey: false,
  call,
});

const objectProbe = (
  call: (s3: S3Client, object: { Bucket: string; Key: string }) => Promise<unknown>,
): Probe => ({
  needsKey: true,
  call: (s3, Bucket, Key) => call(s3, { Bucket, Key }),
});

/** Tries something else where the first call is forbidden, which may have another reason. */
async function unlessForbidden(call: Promise<unknown>, next: () => Promise<unknown>) {
  try {
    return await call;
  } catch (error) {
    if (httpStatus(error) !== 403) throw error;
    return await next();
  }
}

const PROBE_BODY = "s3-credentials can --probe";
/** The digest of another text: no server stores what does not fit it. */
const WRONG_DIGEST = createHash("md5").update(`not ${PROBE_BODY}`).digest("base64");

/** Calls that change nothing. */
const PROBES: Readonly<Record<string, Probe>> = {
  "s3:listbucket": {
    needsKey: false,
    call: (s3, Bucket, Key) => s3.listObjectsV2({ Bucket, MaxKeys: 1, Prefix: Key || undefined }),
  },
  "s3:listbucketversions": bucketProbe((s3, Bucket) =>
    s3.listObjectVersions({ Bucket, MaxKeys: 1 })
  ),
  "s3:listbucketmultipartuploads": bucketProbe((s3, Bucket) =>
    s3.listMultipartUploads({ Bucket, MaxUploads: 1 })
  ),
  "s3:getbucketacl": bucketProbe((s3, Bucket) => s3.getBucketAcl({ Bucket })),
  "s3:getbucketcors": bucketProbe((s3, Bucket) => s3.getBucketCors({ Bucket })),
  "s3:getbucketlocation": bucketProbe((s3, Bucket) => s3.getBucketLocation({ Bucket })),
  "s3:getbucketpolicy": bucketProbe((s3, Bucket) => s3.getBucketPolicy({ Bucket })),
  "s3:getbucketversioning": bucketProbe((s3, Bucket) => s3.getBucketVersioning({ Bucket })),
  "s3:getbucketwebsite": bucketProbe((s3, Bucket) => s3.getBucketWebsite({ Bucket })),
  "s3:getobject": objectProbe((s3, object) =>
    // Only the answer to a GET has words that tell a missing key from one that may not be read.
    unlessForbidden(s3.headObject(object), async () => {
      const { Body } = await s3.getObject({ ...object, Range: "bytes=0-0" });
      await Body?.transformToByteArray();
    })
  ),
  "s3:getobjectacl": objectProbe((s3, object) => s3.getObjectAcl(object)),
  "s3:getobjecttagging": objectProbe((s3, object) => s3.getObjectTagging(object)),
  "s3:putobject": objectProbe((s3, object) => {
    const put = { ...object, Body: PROBE_BODY, ContentMD5: WRONG_DIGEST };
    // A further reason for which nothing can be stored; but If-Match takes s3:GetObject too.
    const known = s3.putObject({ ...put, IfMatch: '"00000000000000000000000000000000"' });
    return unlessForbidden(known, () => s3.putObject({ ...put, IfNoneMatch: "*" }));
  }),
  "s3:listallmybuckets": { needsKey: false, call: (s3) => s3.listBuckets({}) },
};

/** Answers to a caller who may: there is no such setting, or the digest is wrong, as it is meant to be. */
const ALLOWED_CODES =
  /^(?:NoSuch(?!Bucket$|Key$)\w+|BadDigest|InvalidDigest|PreconditionFailed|InvalidObjectState)/;

/** Whether a refusal is for a listing, as that of a missing key is to who may not list. */
function isAboutListing(error: unknown, action: string): boolean {
  return /\bs3:ListBucket\b/.test(messageOf(error)) && action.toLowerCase() !== "s3:listbucket";
}

/**
 * Tries an action of S3 by a call that changes nothing.
 *
 * @param aws the account
 * @param action the action, such as `s3:GetObject`
 * @param target the bucket, and the key of an object that exists
 * @returns what became of it; `undefined` if there is no such call, or if its answer says nothing about
 *   permissions
 * @throws {S3CredentialsError} if there was no answer
 *
 * @example A write that is tried and not made
 * ```ts
 * import { connect, probeAccess } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const target = { bucket: "photos", key: "cat.jpg" };
 * assert.equal(await probeAccess(aws, "s3:PutObject", target), "allowed");
 * assert.equal(sandbox.account.buckets.get("photos")!.objects.size, 0);
 * ```
 */
export async function probeAccess(
  aws: Aws,
  action: string,
  target: { bucket: string; key?: string } | undefined,
): Promise<"allowed" | "denied" | undefined> {
  const probe = PROBES[action.toLowerCase()];
  const { bucket = "", key } = target ?? {};
  if (probe === undefined || (probe.needsKey && key === undefined)) return undefined;
  try {
    await probe.call(await aws.s3(), bucket, key ?? "");
    return "allowed";
  } catch (error) {
    const status = httpStatus(error);
    if (status === undefined || status >= 500) throw serviceError(error, `Could not try ${action}`);
    const isPut = action.toLowerCase() === "s3:putobject";
    // With permission, a write to a key that isn't there fails for that reason.
    if (ALLOWED_CODES.test(awsErrorCode(error)) || (isPut && (status === 404 || status === 412))) {
      return "allowed";
    }
    return status === 403 && !isAboutListing(error, action) ? "denied" : undefined;
  }
}
