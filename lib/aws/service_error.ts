/**
 * What AWS's errors mean to a person.
 *
 * @module
 */
import { type ErrorCode, S3CredentialsError } from "../errors.ts";

/** The parts of an SDK error that say what happened; any of them may be missing. */
interface SdkError {
  name?: string;
  Code?: string;
  code?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number; attempts?: number };
  $response?: { statusCode?: number; headers?: Record<string, string> };
}

interface Meaning {
  code: ErrorCode;
  /** What to say happened, where AWS's own words don't help. */
  message?: string;
  hint?: string;
}

const UNKNOWN_KEY: Meaning = {
  code: "credentials",
  message: "AWS does not know this access key",
  hint:
    "Check the key id and the endpoint. A key made a moment ago takes some seconds to work: try " +
    "again, or wait with `waitForCredentials`",
};
const BAD_SIGNATURE: Meaning = {
  code: "credentials",
  message: "the secret key does not belong to the access key, or the clock is wrong",
  hint: "Check the secret key",
};
const EXPIRED: Meaning = {
  code: "credentials",
  message: "these credentials have expired",
  hint: "Get new ones: sign in again, or ask whoever made them",
};
const BAD_TOKEN: Meaning = {
  code: "credentials",
  message: "AWS does not accept the session token",
  hint: "Temporary keys need the token that came with them, permanent keys need none",
};
const CLOCK: Meaning = {
  code: "credentials",
  message: "the clock of this machine and that of AWS differ too much",
  hint: "Set the clock right and try again",
};
const NO_CREDENTIALS: Meaning = {
  code: "credentials",
  message: "no AWS credentials were found",
  hint: "Pass `credentials` or `profile`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
};
const THROTTLED: Meaning = {
  code: "aws",
  message: "AWS asks to slow down",
  hint: "Wait a minute and try again",
};
const UNREACHABLE: Meaning = {
  code: "network",
  hint: "Check the connection, any proxy and `endpointUrl`, then try again",
};

/** By AWS's error code, or by the name that the SDK or the runtime gives an error. */
const ERRORS: Record<string, Meaning | undefined> = {
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
    hint:
      "Check the region, AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT, and use_fips_endpoint " +
      "and use_dualstack_endpoint of the profile",
  },
  AccessDenied: { code: "access-denied" },
  AccessDeniedException: { code: "access-denied" },
  AllAccessDisabled: { code: "access-denied" },
  NoSuchEntity: { code: "not-found" },
  NoSuchEntityException: { code: "not-found" },
  NoSuchBucket: { code: "not-found" },
  NoSuchKey: { code: "not-found" },
  EntityAlreadyExists: { code: "conflict" },
  EntityAlreadyExistsException: { code: "conflict" },
  BucketAlreadyExists: {
    code: "conflict",
    message: "a bucket of that name belongs to another account",
    hint: "Bucket names are unique over all accounts: choose another one",
  },
  BucketAlreadyOwnedByYou: { code: "conflict" },
  OperationAborted: {
    code: "conflict",
    hint: "Another change to the same thing is under way: wait a minute and try again",
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
  ECONNREFUSED: { ...UNREACHABLE, message: "the endpoint refused the connection" },
  ECONNRESET: { ...UNREACHABLE, message: "the connection was cut" },
  EPIPE: { ...UNREACHABLE, message: "the connection was cut" },
  EAI_AGAIN: { ...UNREACHABLE, message: "the endpoint's host name could not be looked up" },
  ETIMEDOUT: { ...UNREACHABLE, message: "the endpoint did not answer in time" },
  EHOSTUNREACH: { ...UNREACHABLE, message: "the endpoint can't be reached" },
  ENETUNREACH: { ...UNREACHABLE, message: "the endpoint can't be reached" },
  ERR_PROXY_TUNNEL: {
    code: "network",
    message: "the proxy did not connect to the endpoint",
    hint: "Check HTTPS_PROXY and NO_PROXY in the environment, and `endpointUrl`",
  },
  TimeoutError: { ...UNREACHABLE, message: "the endpoint did not answer in time" },
};

/**
 * AWS's own code for an error, such as `NoSuchEntity`.
 *
 * @param error what an SDK call threw
 * @returns the code; `Unknown` where the answer had no body, as HeadBucket's
 */
export function awsErrorCode(error: unknown): string {
  const { Code, name } = (error ?? {}) as SdkError;
  return Code ?? name ?? "Unknown";
}

/**
 * The HTTP status of the answer that an error stands for.
 *
 * @param error what an SDK call threw
 * @returns the status, or `undefined` where there was no answer
 */
export function httpStatus(error: unknown): number | undefined {
  const { $metadata, $response } = (error ?? {}) as SdkError;
  return $metadata?.httpStatusCode ?? $response?.statusCode;
}

/**
 * The region that an answer names, where it does.
 *
 * @param error what an SDK call threw
 * @returns the `x-amz-bucket-region` header
 */
export function namedRegion(error: unknown): string | undefined {
  return ((error ?? {}) as SdkError).$response?.headers?.["x-amz-bucket-region"];
}

/**
 * Whether the answer was a page for a browser instead of one of AWS's formats.
 *
 * @param error what an SDK call threw
 * @returns true where the answer says that it is HTML
 */
export function isHtml(error: unknown): boolean {
  const type = ((error ?? {}) as SdkError).$response?.headers?.["content-type"];
  return type?.startsWith("text/html") ?? false;
}

/**
 * Whether AWS turned a call away unread because too many came, so that it is safe to send again.
 *
 * @param error what an SDK call threw
 * @returns true for throttling under any of its names
 */
export function isThrottled(error: unknown): boolean {
  return ERRORS[awsErrorCode(error)] === THROTTLED || httpStatus(error) === 429;
}

/**
 * Whether an error says that the thing in question isn't there.
 *
 * @param error what an SDK call threw
 * @returns true for a missing entity of IAM or a missing bucket
 */
export function isMissing(error: unknown): boolean {
  if (error instanceof S3CredentialsError) return error.code === "not-found";
  return httpStatus(error) === 404 || /^(NoSuch|NotFound)/.test(awsErrorCode(error));
}

/**
 * Whether a refusal is the consequence of our own request: it may have been carried out although its
 * answer got lost, and then the SDK's second try fails. The count of tries holds only on connections
 * that are not used again.
 *
 * @param error what an SDK call threw
 * @param code the code of such a refusal
 * @returns true where the request was sent more than once, and refused so
 */
export function isRetriedConflict(error: unknown, code: RegExp): boolean {
  const tries = ((error ?? {}) as SdkError).$metadata?.attempts ?? 1;
  return tries > 1 && code.test(awsErrorCode(error));
}

/**
 * Whether a call that failed may have been carried out all the same: the answer was lost, or the
 * service broke down on the way.
 *
 * @param error what an SDK call threw
 * @returns false only where AWS has plainly refused
 */
export function mayHaveSucceeded(error: unknown): boolean {
  const meaning = credentialsReason(error) ?? ERRORS[awsErrorCode(error)];
  if (meaning?.code === "credentials") return false;
  const status = httpStatus(error);
  return status === undefined || status < 400 || status >= 500;
}

/**
 * Turns what an SDK call threw into an error for a person.
 *
 * @param error what was thrown
 * @param tried what was tried, such as `Could not create user NAME`
 * @returns the error; one that is an {@linkcode S3CredentialsError} already comes back as it is
 */
export function serviceError(error: unknown, tried: string): S3CredentialsError {
  if (error instanceof S3CredentialsError) return error;
  if (error instanceof DOMException && error.name === "AbortError") {
    return new S3CredentialsError("interrupted", "Interrupted", { cause: error });
  }
  if (isMalformedResponse(error)) {
    // Neither the SDK's words nor its error are passed on: both may quote the answer, and so a secret.
    return new S3CredentialsError("aws", `${tried}: the answer could not be understood`, {
      hint:
        "Check that the endpoint is one of AWS's services, or of a server that speaks as they do",
    });
  }
  const { message = "", code: runtimeCode } = (error ?? {}) as SdkError;
  const awsCode = awsErrorCode(error);
  // The runtime's code first: the SDK calls a connection that was cut a TimeoutError too.
  const meaning = credentialsReason(error) ?? unknownHost(error) ?? untrusted(error) ??
    missingPermission(error) ??
    ERRORS[runtimeCode ?? ""] ??
    ERRORS[awsCode] ??
    nestedMeaning(error) ??
    meaningOfStatus(httpStatus(error));
  // A line of its own could pass for one of ours.
  const words = isWorthQuoting(message, awsCode)
    ? `${awsCode === "Unknown" ? "" : `${awsCode}: `}${message.replaceAll(/\s*[\r\n]+\s*/g, " ")}`
    : undefined;
  const happened = meaning?.message === undefined
    ? words ?? answerWithoutBody(error)
    : `${meaning.message}${httpStatus(error) === undefined ? "" : ` (${awsCode})`}`;
  const hint = meaning?.hint ?? accessHint(message);
  return new S3CredentialsError(meaning?.code ?? "aws", `${tried}: ${happened}`, {
    ...causeOption(safeCause(error, meaning)),
    ...(hint !== undefined && { hint }),
  });
}

function causeOption(cause: unknown): { cause?: unknown } {
  return cause === undefined ? {} : { cause };
}

/**
 * What of an SDK's error may be passed on. S3 repeats session tokens in its answers, STS the request
 * that was signed; the SDK keeps all of the answer, and the headers of the request.
 */
function safeCause(error: unknown, meaning: Meaning | undefined): unknown {
  if (httpStatus(error) === undefined) return error;
  const { message = "", code, $metadata = {} } = error as SdkError;
  const isAboutCredentials = meaning?.code === "credentials";
  const cause = new Error(isAboutCredentials ? meaning.message : message);
  cause.name = awsErrorCode(error);
  return Object.assign(cause, {
    ...(code !== undefined && { code }),
    $metadata: { ...$metadata, httpStatusCode: httpStatus(error) },
  });
}

/**
 * Whether the chain of the SDK has found no credentials, and says no more than that.
 *
 * @param error what the SDK threw
 * @returns true where its words are not worth quoting
 */
export function isNoProvider(error: unknown): boolean {
  const { name, message = "" } = (error ?? {}) as SdkError;
  return name === "CredentialsProviderError" && /from any providers/.test(message);
}

/**
 * Whether a server says that it has no such operation: other makers' servers don't have all of IAM.
 *
 * @param error what an SDK call threw
 * @returns true for the codes by which servers say so, status 501, and a web page as moto's
 */
export function isUnsupportedOperation(error: unknown): boolean {
  const status = httpStatus(error);
  return status === 501 || (status === 500 && isHtml(error)) ||
    /^(NotImplemented|InvalidAction|UnknownOperation|UnsupportedOperation)/
      .test(awsErrorCode(error));
}

/** The runtime's codes for a server whose certificate does not hold. */
const UNTRUSTED =
  /^(CERT_|ERR_TLS_CERT_|SELF_SIGNED_CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)_)/;

/**
 * Whether a connection was given up since the server's certificate does not hold, which no second
 * attempt changes.
 *
 * @param runtimeCode the runtime's code
 * @returns true for a certificate that has expired, is for another name, or that nobody vouches for
 */
export function isUntrusted(runtimeCode: string): boolean {
  return UNTRUSTED.test(runtimeCode);
}

function untrusted(error: unknown): Meaning | undefined {
  const { message = "", code = "" } = (error ?? {}) as SdkError;
  if (!isUntrusted(code)) return undefined;
  return {
    code: "network",
    message: `the server's certificate is not trusted: ${message}`,
    hint:
      "Where a company's proxy or a server of your own has certificates of its own making, name " +
      "the file of those who vouch for them in AWS_CA_BUNDLE",
  };
}

/** Deno names the flag that it wants. */
function missingPermission(error: unknown): Meaning | undefined {
  const { name, message = "" } = (error ?? {}) as SdkError;
  if (name !== "NotCapable") return undefined;
  return {
    code: "access-denied",
    message: `Deno was not allowed to do this: ${message}`,
    hint: "Run it with the permissions that docs/configuration.md names, or with deno run -A",
  };
}

/** A host that nobody knows is likely one of a region that isn't there. */
function unknownHost(error: unknown): Meaning | undefined {
  const { message = "", code } = (error ?? {}) as SdkError;
  if (code !== "ENOTFOUND") return undefined;
  const host = /ENOTFOUND ([\w.-]+)/.exec(message)?.[1];
  return {
    code: "network",
    message: `the endpoint's host name is not known${host === undefined ? "" : `: ${host}`}`,
    hint: "Check the connection, any proxy, `region` and `endpointUrl`, then try again",
  };
}

const MFA_HINT =
  "Get a session with aws sts get-session-token, and pass what it prints as `credentials`";

/** What keeps a source of credentials from giving them, such as a sign-in that has expired. */
function credentialsReason(error: unknown): Meaning | undefined {
  const { name, message = "" } = (error ?? {}) as SdkError;
  if (!/^(CredentialsProvider|TokenProvider|Provider)Error$/.test(name ?? "")) return undefined;
  if (isNoProvider(error) || message === "") return NO_CREDENTIALS;
  const [reason = "", ...rest] = message.split(/(?<=\.)\s+/);
  const hint = /multi-factor/.test(message) ? MFA_HINT : rest.join(" ").replace(/\.$/, "");
  return {
    code: "credentials",
    message: reason.replace(/\.$/, ""),
    ...(hint !== "" && { hint }),
  };
}

/** Whether an answer came that said neither what was asked for nor what went wrong. */
function isMalformedResponse(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  if (error instanceof SyntaxError) return true;
  const status = httpStatus(error);
  const isSuccess = status !== undefined && status >= 200 && status < 300;
  return "$responseBodyText" in error || (isSuccess && !("Code" in error));
}

/** The SDK puts the failures of several addresses of a host into one `AggregateError`. */
function nestedMeaning(error: unknown): Meaning | undefined {
  const parts = [
    ...(error instanceof AggregateError ? error.errors : []),
    ...(error instanceof Error && error.cause !== undefined ? [error.cause] : []),
  ];
  for (const part of parts) {
    const { code, name } = part as SdkError;
    const meaning = ERRORS[code ?? ""] ?? ERRORS[name ?? ""];
    if (meaning !== undefined) return meaning;
  }
  return undefined;
}

function meaningOfStatus(status: number | undefined): Meaning | undefined {
  if (status === undefined) return undefined;
  if (status === 403) return { code: "access-denied" };
  if (status === 404) return { code: "not-found" };
  if (status === 409) return { code: "conflict" };
  if (status === 429 || status === 503) return THROTTLED;
  if (status === 501) {
    return { code: "aws", hint: "The server behind this endpoint does not offer that call" };
  }
  if (status >= 500) return { code: "aws", hint: "AWS has a fault of its own: try again later" };
  return { code: "aws" };
}

function isWorthQuoting(message: string, awsCode: string): boolean {
  return message !== "" && message !== awsCode && message !== "UnknownError";
}

function answerWithoutBody(error: unknown): string {
  const status = httpStatus(error);
  return status === undefined ? `no answer (${awsErrorCode(error)})` : `HTTP status ${status}`;
}

/** AWS names the action that was not allowed; that is what has to be granted. */
function accessHint(message: string): string | undefined {
  const action = /not authorized to perform: ([\w-]+:\w+)/.exec(message)?.[1];
  return action === undefined
    ? undefined
    : `Ask an administrator of the account to allow ${action}, or use other credentials`;
}
