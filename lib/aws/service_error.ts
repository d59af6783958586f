/**
 * What AWS's errors mean to a person.
 *
 * @module
 */
import { interruptedError, PERMISSIONS_HINT, S3CredentialsError } from "../errors.ts";
import { redact } from "../redact.ts";
import {
  CUT,
  ERRORS,
  type Meaning,
  NO_CREDENTIALS,
  SPECIAL_ENDPOINTS,
  THROTTLED,
} from "./error_meanings.ts";
import { certificateOwner, unreachableProxy, withAddress } from "./requests/destination.ts";

/** The parts of an SDK error that say what happened; any of them may be missing. */
interface SdkError {
  name?: string;
  Code?: string;
  code?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number; attempts?: number };
  $response?: { statusCode?: number; headers?: Record<string, string> };
}

/** AWS's own code for an error, such as `NoSuchEntity`; `Unknown` if the answer had no body. */
export function awsErrorCode(error: unknown): string {
  const { Code, name } = (error ?? {}) as SdkError;
  return Code ?? name ?? "Unknown";
}

/** The HTTP status of the answer that an error stands for; `undefined` if there was none. */
export function httpStatus(error: unknown): number | undefined {
  const { $metadata, $response } = (error ?? {}) as SdkError;
  return $metadata?.httpStatusCode ?? $response?.statusCode;
}

/** The headers of the answer that an error stands for, by name in lower case; none if there was no answer. */
export function answerHeaders(error: unknown): Record<string, string> {
  return ((error ?? {}) as SdkError).$response?.headers ?? {};
}

/** The region that an answer names in its `x-amz-bucket-region` header. */
export function namedRegion(error: unknown): string | undefined {
  return answerHeaders(error)["x-amz-bucket-region"];
}

/** Whether the answer was a page for a browser instead of one of AWS's formats. */
function isHtml(error: unknown): boolean {
  return answerHeaders(error)["content-type"]?.startsWith("text/html") ?? false;
}

/** Whether AWS rejected a request unread because of throttling, so that it is safe to retry. */
export function isThrottled(error: unknown): boolean {
  return ERRORS[awsErrorCode(error)] === THROTTLED || httpStatus(error) === 429;
}

/** Whether an error says that the entity or bucket doesn't exist. */
export function isMissing(error: unknown): boolean {
  if (error instanceof S3CredentialsError) return error.code === "not-found";
  // A server without the service has answered.
  if (NOTES.has(error as object)) return false;
  return httpStatus(error) === 404 || /^(NoSuch|NotFound)/.test(awsErrorCode(error));
}

/**
 * Whether a conflict, by its code, may be the result of our own request: if the answer to the first
 * attempt was lost, the SDK's retry fails.
 */
export function isRetriedConflict(error: unknown, code: RegExp): boolean {
  const tries = ((error ?? {}) as SdkError).$metadata?.attempts ?? 1;
  return tries > 1 && code.test(awsErrorCode(error));
}

/**
 * Whether a request that failed may have been carried out: the answer was lost, or the service failed
 * on the way. False only if AWS has plainly refused.
 */
export function mayHaveSucceeded(error: unknown): boolean {
  if (error instanceof S3CredentialsError && error.cause !== undefined) {
    return mayHaveSucceeded(error.cause);
  }
  const meaning = credentialsReason(error) ?? ERRORS[awsErrorCode(error)];
  if (meaning?.code === "credentials") return false;
  const status = httpStatus(error);
  return status === undefined || status < 400 || status >= 500;
}

/**
 * Turns what an SDK call threw into an error for a person, which says that `action` failed, such as
 * `Could not create user NAME`. An {@linkcode S3CredentialsError} comes back as it is.
 */
export function serviceError(error: unknown, action: string): S3CredentialsError {
  if (error instanceof S3CredentialsError) return error;
  if (error instanceof DOMException && error.name === "AbortError") {
    return interruptedError({ cause: error });
  }
  if (isMalformedResponse(error)) {
    // Neither the SDK's words nor its error are passed on: both may quote the answer, and so a secret.
    if ((error as SdkError).code === "ECONNRESET") {
      const { code, message, hint } = CUT;
      return new S3CredentialsError(code, `${action}: ${withAddress(message, error)}`, { hint });
    }
    return new S3CredentialsError("aws", `${action}: the answer could not be understood`, {
      hint:
        "Check that the endpoint is one of AWS's services, or of a server that speaks as they do",
    });
  }
  const { message = "" } = (error ?? {}) as SdkError;
  const awsCode = awsErrorCode(error);
  const meaning = localMeaning(error) ?? NOTES.get(error as object) ?? ERRORS[awsCode] ??
    nestedMeaning(error) ?? redirection(error) ?? meaningOfStatus(httpStatus(error));
  const words = isWorthQuoting(message, awsCode)
    ? `${awsCode === "Unknown" ? "" : `${awsCode}: `}${message}`
    : undefined;
  const happened = meaning?.message === undefined
    ? words ?? answerWithoutWords(error)
    : `${withAddress(meaning.message, error)}${codeInBrackets(error)}`;
  const hint = unreachableProxy(error) !== undefined
    ? "Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY in the environment, then try again"
    : meaning?.hint ?? accessHint(message);
  return new S3CredentialsError(meaning?.code ?? "aws", `${action}: ${happened}`, {
    cause: safeCause(error, meaning),
    hint,
  });
}

function codeInBrackets(error: unknown): string {
  const status = httpStatus(error);
  if (status === undefined) return "";
  const code = awsErrorCode(error);
  return ` (${code === "Unknown" ? `HTTP status ${status}` : code})`;
}

/** What only this machine can say: a server may put the same names and codes into its answer. */
function localMeaning(error: unknown): Meaning | undefined {
  if (httpStatus(error) !== undefined) return undefined;
  // The runtime's code first: the SDK calls a connection that was cut a TimeoutError too.
  const { code = "" } = (error ?? {}) as SdkError;
  return credentialsReason(error) ?? unknownHost(error) ?? untrusted(error) ??
    notHttp(error) ?? refusedTunnel(error) ?? missingPermission(error) ?? ERRORS[code];
}

/**
 * What of an SDK's error may be passed on. S3 repeats session tokens in its answers, STS the request
 * that was signed; the SDK keeps all of the answer, and the headers of the request.
 */
function safeCause(error: unknown, meaning: Meaning | undefined): unknown {
  const { message = "", code, $metadata = {} } = (error ?? {}) as SdkError;
  if (httpStatus(error) === undefined && redact(message) === message) return error;
  const isAboutCredentials = meaning?.code === "credentials";
  const cause = new Error(isAboutCredentials ? meaning.message : redact(message));
  cause.name = redact(awsErrorCode(error));
  return Object.assign(cause, {
    ...(typeof code === "string" && { code: redact(code) }),
    $metadata: { ...$metadata, httpStatusCode: httpStatus(error) },
  });
}

/** Whether the SDK's chain has found no credentials, and says no more than that. */
function isNoProvider(error: unknown): boolean {
  const { name, message = "" } = (error ?? {}) as SdkError;
  return name === "CredentialsProviderError" && /from any providers/.test(message);
}

/**
 * Whether a server says that it has no such operation: by a code, by status 501, or by a web page, as
 * moto does. Other servers don't have all of IAM.
 */
export function isUnsupportedOperation(error: unknown): boolean {
  const status = httpStatus(error);
  return status === 501 || (status === 500 && isHtml(error)) ||
    /^(NotImplemented|InvalidAction|UnknownOperation|UnsupportedOperation)/
      .test(awsErrorCode(error));
}

/** The runtime's codes for a certificate that has expired, is for another name, or is unknown. */
const UNTRUSTED =
  /^(CERT_|ERR_TLS_CERT_|SELF_SIGNED_CERT_|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(GET|VERIFY)_)/;

/** Whether a runtime's code says that the server's certificate is not trusted; a retry changes nothing. */
export function isUntrusted(runtimeCode: string): boolean {
  return UNTRUSTED.test(runtimeCode);
}

function untrusted(error: unknown): Meaning | undefined {
  const { message = "", code = "" } = (error ?? {}) as SdkError;
  if (!isUntrusted(code)) return undefined;
  return {
    code: "network",
    message: `the certificate of ${certificateOwner(error)} is not trusted: ${message}`,
    hint:
      "If a company's proxy or your own server uses private certificates, set AWS_CA_BUNDLE to the " +
      "file of the authority that issued them",
  };
}

/** What answers speaks neither HTTP nor TLS as it should; the message says in what. */
function notHttp(error: unknown): Meaning | undefined {
  const { message, code = "" } = (error ?? {}) as SdkError;
  if (!/^(EPROTO$|HPE_|ERR_SSL_)/.test(code)) return undefined;
  const hint = "Check the endpoint: http or https, its port, and any proxy";
  return { code: "network", message: `the endpoint can't be understood: ${message}`, hint };
}

/** The status says why a proxy refuses to connect; here in our own words or in Node's. */
function refusedTunnel(error: unknown): Meaning | undefined {
  const { message = "", code } = (error ?? {}) as SdkError;
  const status = /( with status | HTTP\/1\.[01] )(\d{3})\b/.exec(message)?.[2];
  if (code !== "ERR_PROXY_TUNNEL" || status === undefined) return undefined;
  const { code: kind, message: words, hint } = ERRORS[code]!;
  return {
    code: kind,
    message: `${words}: it answered with status ${status}`,
    hint: status === "407"
      ? "It wants a name and a password: http://USER:PASSWORD@HOST:PORT in HTTP_PROXY and HTTPS_PROXY"
      : hint,
  };
}

/** Deno names the flag that it needs. */
function missingPermission(error: unknown): Meaning | undefined {
  const { name, message = "" } = (error ?? {}) as SdkError;
  if (name !== "NotCapable") return undefined;
  return {
    code: "access-denied",
    message: `Deno was not allowed to do this: ${message}`,
    hint: PERMISSIONS_HINT,
  };
}

/** An unknown host is likely one of a region that doesn't exist. */
function unknownHost(error: unknown): Meaning | undefined {
  const { message = "", code } = (error ?? {}) as SdkError;
  if (code !== "ENOTFOUND") return undefined;
  const host = /ENOTFOUND ([\w.-]+)/.exec(message)?.[1];
  return {
    code: "network",
    message: "the host name of the endpoint is not known",
    hint: isSpecialEndpoint(host)
      ? `Check the connection, any proxy, and whether the region has what ${SPECIAL_ENDPOINTS}`
      : "Check the connection, any proxy, `region` and `endpointUrl`, then try again",
  };
}

function isSpecialEndpoint(host = ""): boolean {
  return /fips|dualstack|\.api\./.test(host);
}

const MFA_HINT =
  "Get a session with aws sts get-session-token --serial-number SERIAL --token-code CODE, and pass " +
  "what it prints as `credentials`";

const NOTES = new WeakMap<object, Meaning>();

/** Notes what an error means, if its code says something else or nothing. */
export function noteMeaning(error: unknown, meaning: Meaning): void {
  if (typeof error === "object" && error !== null) NOTES.set(error, meaning);
}

/** Whether a response is in a form that neither IAM nor STS has, as of a server that has only S3. */
export function isOtherService(error: unknown): boolean {
  const isRejection = [400, 404, 405, 501].includes(httpStatus(error) ?? 0);
  return isRejection && /^(Unknown|NotFound)/.test(awsErrorCode(error));
}

/** Why a source gave no credentials, such as a sign-in that has expired. */
function credentialsReason(error: unknown): Meaning | undefined {
  const { name, message = "" } = (error ?? {}) as SdkError;
  if (httpStatus(error) !== undefined) return undefined;
  if (!/^(CredentialsProvider|TokenProvider|Provider)Error$/.test(name ?? "")) return undefined;
  if (isNoProvider(error) || message === "") return NO_CREDENTIALS;
  const [reason = "", ...rest] = message.split(/(?<=\.)\s+/);
  const hint = /multi-factor/.test(message) ? MFA_HINT : rest.join(" ").replace(/\.$/, "");
  return {
    code: "credentials",
    message: reason.replace(/\.$/, ""),
    hint: hint || undefined,
  };
}

/** Whether an answer held neither a result nor an error, or broke off before its end. */
function isMalformedResponse(error: unknown): boolean {
  if (typeof error !== "object" || error === null) return false;
  if (error instanceof SyntaxError) return true;
  // The SDK's words where the bytes of an answer could not be read, whatever its status.
  const { message = "" } = error as SdkError;
  if (message.includes("Deserialization error: to see the raw response")) return true;
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

/** Redirects are not followed: what is signed for one host is valid for no other. */
function redirection(error: unknown): Meaning | undefined {
  const status = httpStatus(error) ?? 0;
  const { location = "" } = answerHeaders(error);
  const isElsewhere = status >= 300 && status < 400 && /^https?:/i.test(location);
  if (!isElsewhere || !URL.canParse(location)) return undefined;
  const { origin } = new URL(location);
  return {
    code: "aws",
    hint: `The endpoint redirects to ${origin}: if that is the server, name it as \`endpointUrl\``,
  };
}

function meaningOfStatus(status: number | undefined): Meaning | undefined {
  if (status === undefined) return undefined;
  if (status === 403) return { code: "access-denied" };
  if (status === 404) return { code: "not-found" };
  if (status === 409) return { code: "conflict" };
  if (status === 429 || status === 503) return THROTTLED;
  if (status === 501) {
    return { code: "aws", hint: "The server at this endpoint does not support that request" };
  }
  if (status >= 500) {
    return { code: "aws", hint: "AWS reported an internal error: try again later" };
  }
  return { code: "aws" };
}

function isWorthQuoting(message: string, awsCode: string): boolean {
  return message !== "" && message !== awsCode && message !== "UnknownError";
}

function answerWithoutWords(error: unknown): string {
  const status = httpStatus(error);
  if (status === undefined) return `no answer (${awsErrorCode(error)})`;
  const { Code } = (error ?? {}) as SdkError;
  return Code === undefined ? `HTTP status ${status}` : `${Code} (HTTP status ${status})`;
}

/** AWS names the action that was not allowed, which must be granted. */
function accessHint(message: string): string | undefined {
  const [, action, words = ""] = /not authorized to perform: ([\w-]+:\w+)(.*)/s.exec(message) ?? [];
  if (action === undefined) return undefined;
  const [, denying] = /explicit deny in (an? [\w\s-]*?policy|a permissions boundary)/.exec(words) ??
    [];
  if (denying !== undefined) {
    // The end of a key is a statement of the user's own policies.
    const expiry = denying === "an identity-based policy"
      ? ". The key may have expired, if it was made with `expires`: `extendKeys` gives it more time. Else "
      : ": ";
    return `A statement of ${denying} denies ${action}${expiry}ask an administrator of the account to ` +
      "change it, or use other credentials";
  }
  const [, silent] = /because no (permissions boundary|session policy|service control policy)/
    .exec(words) ?? [];
  return `Ask an administrator of the account to allow ${action}` +
    `${silent === undefined ? "" : ` in the ${silent}`}, or use other credentials`;
}
