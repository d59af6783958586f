/**
 * Buckets: list, create, head, delete.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Answer } from "../../answer.ts";
import type { Account, Bucket } from "../../account.ts";
import type { NeededPermission } from "../../operation.ts";
import { ServiceError } from "../../operation.ts";
import { grantsOfHeaders, isPublicAcl } from "../acl.ts";
import {
  type Context,
  emptyAnswer,
  GRANT_HEADERS,
  headerContext,
  isoTime,
  requestContext,
  type S3Call,
  xmlAnswer,
} from "../call.ts";
import { invalidArgument } from "../errors.ts";
import { isBucketName, isRegion } from "./names.ts";
import { aclWithoutAcls, requestedOwnership } from "./ownership.ts";
import { tagsOf } from "../tags.ts";
import { createBucket as newBucket } from "../../seed.ts";
import { childOf, element, optional, textOf, type XmlElement } from "../../xml.ts";

const HOME_REGION = "us-east-1";
const MAX_BUCKETS = 10_000;

/** ListBuckets, in pages if `max-buckets` is given. */
export function listBuckets({ account, query }: S3Call): Answer {
  const prefix = query.get("prefix");
  const region = query.get("bucket-region");
  if (region !== null && !isRegion(region)) {
    const message = `Argument value ${region} is not a valid AWS Region`;
    throw new ServiceError(400, "InvalidArgument", message, {
      details: { ArgumentName: "bucket-region" },
    });
  }
  const limit = maxBuckets(query.get("max-buckets"));
  const after = continuation(query.get("continuation-token"));
  const matching = [...account.buckets.values()]
    .filter((bucket) => bucket.ownerAccountId === account.id)
    .filter(({ name }) => name.startsWith(prefix ?? "") && name > after)
    .filter((bucket) => region === null || bucket.region === region)
    .sort((a, b) => a.name < b.name ? -1 : 1);
  const page = matching.slice(0, limit);
  const last = page.at(-1);
  const isPaged = query.has("max-buckets") || prefix !== null || region !== null || after !== "";
  const buckets = page.map(({ name, creationDate, region }) =>
    element(
      "Bucket",
      element("Name", name),
      element("CreationDate", isoTime(creationDate)),
      isPaged
        ? [
          element("BucketRegion", region),
          element("BucketArn", `arn:${account.partition}:s3:::${name}`),
        ]
        : undefined,
    )
  );
  return xmlAnswer("ListAllMyBucketsResult", [
    element("Owner", element("ID", account.canonicalUserId)),
    element("Buckets", buckets),
    matching.length > limit && last
      ? element("ContinuationToken", Buffer.from(last.name).toString("base64"))
      : undefined,
    optional("Prefix", prefix ?? undefined),
  ]);
}

function maxBuckets(text: string | null): number {
  if (text === null) return MAX_BUCKETS;
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= MAX_BUCKETS) return number;
  throw invalidArgument(
    "Argument max-buckets must be an integer between 1 and 10000",
    "max-buckets",
    text,
  );
}

function continuation(token: string | null): string {
  return token === null ? "" : Buffer.from(token, "base64").toString();
}

function configuration(call: S3Call): XmlElement | undefined {
  return call.request.body.length === 0 ? undefined : call.xml("CreateBucketConfiguration");
}

/** What CreateBucket needs: more if the request sets more than a name and a region. */
export function createBucketNeeds(call: S3Call): NeededPermission[] {
  const constraint = textOf(configuration(call), "LocationConstraint");
  const context: Context = {
    ...requestContext(call),
    ...headerContext(call, [
      "x-amz-acl",
      "x-amz-object-ownership",
      ...GRANT_HEADERS,
    ]),
  };
  if (constraint) context["s3:locationconstraint"] = constraint;
  const has = (name: string) => call.header(name) !== undefined;
  const further: [string, boolean][] = [
    ["s3:PutBucketAcl", ["x-amz-acl", ...GRANT_HEADERS].some(has)],
    ["s3:PutBucketOwnershipControls", has("x-amz-object-ownership")],
    ["s3:PutBucketObjectLockConfiguration", wantsObjectLock(call)],
    ["s3:PutBucketVersioning", wantsObjectLock(call)],
    ["s3:TagResource", childOf(configuration(call), "Tags") !== undefined],
  ];
  const permission = { resource: `arn:${call.account.partition}:s3:::${call.bucketName}`, context };
  return ["s3:CreateBucket", ...further.filter(([, needed]) => needed).map(([action]) => action)]
    .map((action) => ({ action, ...permission }));
}

function wantsObjectLock(call: S3Call): boolean {
  const name = "x-amz-bucket-object-lock-enabled";
  const text = call.header(name) ?? "false";
  if (/^(?:true|false)$/i.test(text)) return text.toLowerCase() === "true";
  throw invalidArgument("The value of x-amz-bucket-object-lock-enabled is invalid", name, text);
}

/** CreateBucket. */
export function createBucket(call: S3Call): Answer {
  const { account, bucketName: name } = call;
  if (!isBucketName(name)) {
    throw new ServiceError(400, "InvalidBucketName", "The specified bucket is not valid.", {
      details: { BucketName: name },
    });
  }
  const region = newBucketRegion(call);
  const existing = account.buckets.get(name);
  if (existing !== undefined) return answerExisting(existing, call);
  const bucket = newBucket(account, name);
  const objectOwnership = requestedOwnership(call) ?? bucket.objectOwnership;
  const grants = grantsOfHeaders(call);
  if (objectOwnership === "BucketOwnerEnforced" && grantsOthers(call)) throw aclWithoutAcls();
  if (grants && bucket.publicAccessBlock?.BlockPublicAcls && isPublicAcl(grants)) {
    throw new ServiceError(
      400,
      "InvalidBucketAclWithBlockPublicAccessError",
      "Bucket cannot have public ACLs set with BlockPublicAccess enabled",
    );
  }
  account.buckets.set(name, {
    ...bucket,
    region,
    ...(textOf(configuration(call), "LocationConstraint") === "EU" && { isNamedEu: true }),
    objectOwnership,
    ...(grants && { acl: grants }),
    tags: tagsOf(childOf(configuration(call), "Tags")),
    ...(wantsObjectLock(call) && {
      objectLock: true,
      versioning: "Enabled" as const,
    }),
  });
  return created(name, region, account);
}

function created(name: string, region: string, { partition }: Account): Answer {
  const location = region === HOME_REGION ? `/${name}` : `http://${name}.s3.amazonaws.com/`;
  return emptyAnswer(200, { location, "x-amz-bucket-arn": `arn:${partition}:s3:::${name}` });
}

/**
 * In us-east-1, and only there, S3 responds as if it had just created the bucket that the caller
 * already has, unless that would need tags.
 */
function answerExisting(bucket: Bucket, call: S3Call): Answer {
  const details = { BucketName: bucket.name };
  if (bucket.ownerAccountId !== call.account.id) {
    throw new ServiceError(
      409,
      "BucketAlreadyExists",
      "The requested bucket name is not available. The bucket namespace is shared by all users " +
        "of the system. Please select a different name and try again.",
      { details },
    );
  }
  const hasTags = tagsOf(childOf(configuration(call), "Tags")).length > 0;
  if (bucket.region === HOME_REGION && newBucketRegion(call) === HOME_REGION && !hasTags) {
    return created(bucket.name, bucket.region, call.account);
  }
  throw new ServiceError(
    409,
    "BucketAlreadyOwnedByYou",
    "Your previous request to create the named bucket succeeded and you already own it.",
    { details },
  );
}

/** Reads LocationConstraint: an endpoint other than us-east-1's makes buckets in its own region. */
function newBucketRegion(call: S3Call): string {
  const endpoint = call.request.region ?? call.account.region;
  const constraint = textOf(configuration(call), "LocationConstraint") || undefined;
  const region = constraint === "EU" ? "eu-west-1" : constraint;
  const isHome = endpoint === HOME_REGION;
  if (isHome && region !== undefined && (region === HOME_REGION || !isRegion(region))) {
    throw noRegion(constraint!);
  }
  if (!isHome && region !== endpoint) {
    throw new ServiceError(
      400,
      "IllegalLocationConstraintException",
      `The ${constraint ?? "unspecified"} location constraint is incompatible for the region ` +
        "specific endpoint this request was sent to.",
    );
  }
  if (!isHome && !isRegion(endpoint) && endpoint !== call.account.region) throw noRegion(endpoint);
  return region ?? HOME_REGION;
}

function noRegion(constraint: string): ServiceError {
  return new ServiceError(
    400,
    "InvalidLocationConstraint",
    "The specified location-constraint is not valid",
    { details: { LocationConstraint: constraint } },
  );
}

function grantsOthers(call: S3Call): boolean {
  const canned = call.header("x-amz-acl");
  return GRANT_HEADERS.some((name) => call.header(name) !== undefined) ||
    (canned !== undefined && canned !== "private");
}

/** HeadBucket. */
export function headBucket({ bucket, account }: S3Call): Answer {
  return emptyAnswer(200, {
    "x-amz-bucket-region": bucket.region,
    "x-amz-bucket-arn": `arn:${account.partition}:s3:::${bucket.name}`,
    "x-amz-access-point-alias": "false",
    "content-type": "application/xml",
  });
}

/** DeleteBucket. */
export function deleteBucket({ bucket, account }: S3Call): Answer {
  if (bucket.objects.size > 0 || bucket.history?.size) {
    const versions = bucket.objects.size > 0 ? "" : ". You must delete all versions in the bucket.";
    const message = `The bucket you tried to delete is not empty${versions}`;
    throw new ServiceError(409, "BucketNotEmpty", message, {
      details: { BucketName: bucket.name },
    });
  }
  account.buckets.delete(bucket.name);
  return emptyAnswer(204);
}

/** GetBucketLocation, whose result is empty for us-east-1, and `EU` where that was asked for. */
export function getBucketLocation({ bucket }: S3Call): Answer {
  const { region, isNamedEu } = bucket;
  return xmlAnswer("LocationConstraint", isNamedEu ? "EU" : region === HOME_REGION ? "" : region);
}
