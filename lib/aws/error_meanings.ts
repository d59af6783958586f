/**
 * What AWS's error codes, and those of the runtime, mean to a person.
 *
 * @module
 */
import type { ErrorCode } from "../errors.ts";

/** What an error of AWS means to a person. */
export interface Meaning {
  code: ErrorCode;
  /**
   * What happened, if AWS's own words don't help. Where no answer came, the addresses of `the endpoint` and
   * `the proxy` are put in.
   */
  message?: string;
  hint?: string;
}

const UNKNOWN_KEY: Meaning = {
  code: "credentials",
  message: "AWS does not know this access key, or it was disabled or deleted",
  hint:
    "Check the key id, the endpoint and, where the id begins with ASIA, the session token. A new key " +
    "takes some seconds to work: try again, or wait with `waitForCredentials`",
};
/** What IAM answers to some temporary credentials that are valid elsewhere. */
export const SESSION_REFUSED: Meaning = {
  code: "credentials",
  message: "IAM does not accept these temporary credentials",
  hint:
    "A session of aws sts get-session-token may call IAM only if it was made with --serial-number " +
    "and --token-code, one of get-federation-token never. Use such a session, a role or permanent keys",
};
/** The endpoint is of a server that has only S3. */
export function noService(service: "IAM" | "STS"): Meaning {
  return {
    code: "aws",
    message: `the server at this endpoint does not offer this call of ${service}`,
    hint: service === "IAM"
      ? "Servers such as R2, B2 and Garage have no IAM: make keys for them in their own consoles. The " +
        "commands for objects work there, and temporary credentials with `duration` and `roleArn` if " +
        "the server offers STS"
      : "Servers such as R2, B2 and Garage have no STS: make keys for them in their own consoles. The " +
        "commands for objects work there",
  };
}
const BAD_SIGNATURE: Meaning = {
  code: "credentials",
  message: "the secret key does not belong to the access key, or the clock is wrong",
  hint: "Check the secret key",
};
const EXPIRED: Meaning = {
  code: "credentials",
  message: "these credentials have expired",
  hint: "Get new ones: sign in again, or ask the person who created them",
};
const BAD_TOKEN: Meaning = {
  code: "credentials",
  message: "AWS does not accept the session token",
  hint: "Temporary keys need the token that came with them, permanent keys need none",
};
const CLOCK: Meaning = {
  code: "credentials",
  message: "the clock of this machine and that of AWS differ too much",
  hint: "Correct the clock and try again",
};
/** There is no source of credentials. */
export const NO_CREDENTIALS: Meaning = {
  code: "credentials",
  message: "no AWS credentials were found",
  hint:
    "Pass `credentials` or `profile`, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run " +
    "aws configure",
};
/** Too many requests, under any of its names. */
export const THROTTLED: Meaning = {
  code: "aws",
  message: "AWS is throttling requests",
  hint: "Wait a minute and try again",
};
const UNREACHABLE: Meaning = {
  code: "network",
  hint: "Check the connection, any proxy and `endpointUrl`, then try again",
};
const WEB_PAGE: Meaning = {
  code: "network",
  hint:
    "Check `endpointUrl`: it may be the port of a console. Or the network wants a sign-in first",
};
/** A connection that ended before the answer did. */
export const CUT = { ...UNREACHABLE, message: "the connection to the endpoint was cut" };

const NO_REGION: Meaning = {
  code: "aws",
  hint: "Name a region that AWS has and the account has enabled, as `bucketRegion` or `region`",
};

/** Settings that lead to endpoints which not every region and server has. */
export const SPECIAL_ENDPOINTS =
  "AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT, or the profile's use_fips_endpoint and " +
  "use_dualstack_endpoint, demand";

/** By AWS's error code, or by the name that the SDK or the runtime gives an error. */
export const ERRORS: Record<string, Meaning | undefined> = {
  // An error document may name anything.
  __proto__: null!,
  InvalidAccessKeyId: UNKNOWN_KEY,
  InvalidClientTokenId: UNKNOWN_KEY,
  UnrecognizedClientException: UNKNOWN_KEY,
  SignatureDoesNotMatch: BAD_SIGNATURE,
  ExpiredToken: EXPIRED,
  ExpiredTokenException: EXPIRED,
  TokenRefreshRequired: EXPIRED,
  IncompleteSignature: BAD_SIGNATURE,
  InvalidSignatureException: BAD_SIGNATURE,
  RequestExpired: EXPIRED,
  InvalidToken: BAD_TOKEN,
  MissingAuthenticationToken: NO_CREDENTIALS,
  RequestTimeTooSkewed: CLOCK,
  EndpointError: {
    code: "usage",
    hint: `Check whether the region has what ${SPECIAL_ENDPOINTS}`,
  },
  AccessDenied: { code: "access-denied" },
  AccessDeniedException: { code: "access-denied" },
  AllAccessDisabled: { code: "access-denied" },
  NoSuchEntity: { code: "not-found" },
  NoSuchEntityException: { code: "not-found" },
  NoSuchBucket: { code: "not-found" },
  InvalidObjectState: {
    code: "conflict",
    message: "the object is archived",
    hint:
      "Restore it first, which takes minutes to two days: aws s3api restore-object --bucket BUCKET " +
      "--key KEY --restore-request Days=7",
  },
  NoSuchKey: { code: "not-found" },
  EntityAlreadyExists: { code: "conflict" },
  EntityAlreadyExistsException: { code: "conflict" },
  BucketAlreadyExists: {
    code: "conflict",
    message: "a bucket of that name belongs to another account",
    hint: "Bucket names are unique over all accounts: choose another one",
  },
  BucketAlreadyOwnedByYou: { code: "conflict" },
  InvalidLocationConstraint: NO_REGION,
  IllegalLocationConstraintException: NO_REGION,
  AuthorizationHeaderMalformed: { code: "aws", hint: "Check the region and the key id" },
  OperationAborted: {
    code: "conflict",
    hint: "Another change to it is in progress: wait a minute and try again",
  },
  DeleteConflict: { code: "conflict" },
  DeleteConflictException: { code: "conflict" },
  ConcurrentModification: { code: "conflict", hint: "Try again" },
  LimitExceeded: { code: "limit" },
  LimitExceededException: { code: "limit" },
  TooManyBuckets: { code: "limit", hint: "Delete a bucket, or ask AWS for a higher quota" },
  PackedPolicyTooLarge: { code: "limit", hint: "Name fewer buckets, or shorten the policy" },
  PackedPolicyTooLargeException: {
    code: "limit",
    hint: "Name fewer buckets, or shorten the policy",
  },
  MalformedPolicyDocument: { code: "invalid-policy" },
  MalformedPolicyDocumentException: { code: "invalid-policy" },
  MalformedPolicy: { code: "invalid-policy" },
  Throttling: THROTTLED,
  ThrottlingException: THROTTLED,
  TooManyRequestsException: THROTTLED,
  SlowDown: THROTTLED,
  RequestLimitExceeded: THROTTLED,
  ECONNREFUSED: {
    ...UNREACHABLE,
    message: "the endpoint refused the connection",
    hint: "Check that a server runs there, `endpointUrl` and any proxy, then try again",
  },
  ECONNRESET: CUT,
  EPIPE: CUT,
  EAI_AGAIN: { ...UNREACHABLE, message: "the host name of the endpoint could not be looked up" },
  ETIMEDOUT: { ...UNREACHABLE, message: "the endpoint did not answer in time" },
  EHOSTUNREACH: { ...UNREACHABLE, message: "the endpoint can't be reached" },
  ENETUNREACH: { ...UNREACHABLE, message: "the endpoint can't be reached" },
  ERR_PROXY_TUNNEL: {
    code: "network",
    message: "the proxy did not connect to the endpoint",
    hint: "Check HTTPS_PROXY and NO_PROXY in the environment, and `endpointUrl`",
  },
  ERR_PROXY_ADDRESS: {
    code: "usage",
    message: "the proxy can't be used: it is called by https and named by its IP address",
    hint: "Name it by its host name, or as http:// if it takes that",
  },
  ENOANSWER: {
    code: "aws",
    message: "the endpoint answered others in the meantime, but not this request",
    hint: "Try this one again",
  },
  ENOTS3: { ...WEB_PAGE, message: "the endpoint answers with a web page, not as S3 does" },
  ENOTAWS: { ...WEB_PAGE, message: "the endpoint answers with a web page, not as AWS does" },
  TimeoutError: { ...UNREACHABLE, message: "the endpoint did not answer in time" },
};
