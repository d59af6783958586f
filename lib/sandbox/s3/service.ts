/**
 * S3: reads a request into an operation.
 *
 * @module
 */
import type { Account } from "../account.ts";
import type { Caller, Operation, SandboxRequest, Service } from "../operation.ts";
import { ServiceError } from "../operation.ts";
import { bucketRoutes } from "./buckets/routes.ts";
import { applyLifecycle } from "./buckets/lifecycle.ts";
import { chargeHeaders, checkPayer } from "./buckets/more_settings.ts";
import { S3Call } from "./call.ts";
import { givenChecksums, verifyChecksums, verifyMd5 } from "./objects/checksums.ts";
import { invalidRequest, notImplemented } from "./errors.ts";
import { checkOwner } from "./owners.ts";
import { objectRoutes } from "./objects/routes.ts";
import { refuseUnsupportedInput } from "./parameters.ts";
import { findRoute, type Route, routesOf } from "./route.ts";
import { unimplementedRoutes } from "./unimplemented.ts";

/** The table of S3's operations. */
export const ROUTES: readonly Route[] = [...bucketRoutes, ...objectRoutes, ...unimplementedRoutes];
const BY_REQUEST = routesOf(ROUTES);

/**
 * They look at the checksums in their headers themselves: those of CompleteMultipartUpload are about
 * the finished object, and a part must first be one of its upload.
 */
const VERIFYING = ["CompleteMultipartUpload", "UploadPart"];

/** The service S3, with the account settings of S3 Control. */
export const s3: Service = (request, caller, account): Operation => {
  const call = new S3Call(request, caller, account);
  const route = findRoute(BY_REQUEST, call);
  try {
    return operationOf(call, route);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    const run = () => {
      throw error;
    };
    return { name: route.name, permissions: [], fault: error, run };
  }
};

/** Whether a request's payload is an object or a part of one, rather than a document. */
export function storesPayload(
  request: SandboxRequest,
  caller: Caller,
  account: Account,
): boolean {
  if (request.method !== "PUT") return false;
  const { name } = findRoute(BY_REQUEST, new S3Call(request, caller, account));
  return name === "PutObject" || name === "UploadPart";
}

function operationOf(call: S3Call, route: Route): Operation {
  const hasBucket = call.bucketName !== "" && route.name !== "CreateBucket";
  checkRegion(call, hasBucket ? call.bucket.region : call.account.region);
  if (hasBucket) {
    checkBucket(call, route);
    applyLifecycle(call.bucket, call.account.clock.now());
  }
  const charges = hasBucket ? chargeHeaders(call) : {};
  return {
    name: route.name,
    permissions: route.needs(call),
    deniedHeaders: hasBucket ? { "x-amz-bucket-region": call.bucket.region } : undefined,
    run(may) {
      if (route.run === undefined) {
        throw notImplemented(`${route.name} is not part of the sandbox`);
      }
      refuseUnsupportedInput(call, route.name);
      if (NEEDING_DIGEST.includes(route.name)) requireDigest(call);
      verifyMd5(call);
      if (!VERIFYING.includes(route.name)) verifyChecksums(call);
      const answer = route.run(call, may);
      Object.assign(answer.headers, charges);
      return answer;
    },
  };
}

/** Calls of which AWS's pages say that they take a Content-MD5 or, in its place, a checksum. */
const NEEDING_DIGEST = [
  "DeleteObjects",
  "PutBucketCors",
  "PutBucketLifecycle",
  "PutBucketTagging",
  "PutObjectLegalHold",
  "PutObjectLockConfiguration",
  "PutObjectRetention",
];

function requireDigest(call: S3Call): void {
  if (call.header("content-md5") !== undefined || givenChecksums(call).length > 0) return;
  throw invalidRequest(
    "Missing required header for this request: Content-MD5 OR x-amz-checksum-*",
  );
}

/** GetBucketLocation works here for buckets of every region. */
const HOME_REGION = "us-east-1";
const REGION_NAME = /^[a-z]{2,4}(-[a-z]+)+-\d+$/;

/** A bucket answers in its own region and, if the request names an owner, only to that one. */
function checkBucket(call: S3Call, { name }: Route): void {
  const { bucket, request } = call;
  const owner = call.header("x-amz-expected-bucket-owner");
  checkOwner(bucket, owner);
  checkPayer(call);
  if (request.region === undefined || request.region === bucket.region) return;
  if (name === "GetBucketLocation" && request.region === HOME_REGION) return;
  throw new ServiceError(
    301,
    "PermanentRedirect",
    "The bucket you are attempting to access must be addressed using the specified endpoint. " +
      "Please send all future requests to this endpoint.",
    {
      details: {
        Endpoint: `${bucket.name}.s3.${bucket.region}.amazonaws.com`,
        Bucket: bucket.name,
      },
      headers: { "x-amz-bucket-region": bucket.region },
    },
  );
}

/**
 * If there is no region of that name, it is the signature that is wrong: s3cmd signs for `US` until an
 * answer names the region.
 */
function checkRegion({ request, query }: S3Call, expected: string): void {
  const { region } = request;
  if (region === undefined || REGION_NAME.test(region)) return;
  const [code, problem] = query.has("X-Amz-Credential")
    ? ["AuthorizationQueryParametersError", "Error parsing the X-Amz-Credential parameter"]
    : ["AuthorizationHeaderMalformed", "The authorization header is malformed"];
  throw new ServiceError(
    400,
    code,
    `${problem}; the region '${region}' is wrong; expecting '${expected}'`,
    { details: { Region: expected }, headers: { "x-amz-bucket-region": expected } },
  );
}
