/**
 * Requests for the objects of one bucket: addressed, signed, sent, and sent again where that helps.
 *
 * @module
 */
import { type Aws, type BucketAddress, connectionOf } from "../aws/connect.ts";
import type { AwsCredentialIdentity } from "../aws/credential_types.ts";
import { REQUEST_PAYER } from "../aws/clients.ts";
import { correctClock } from "../aws/requests/clock.ts";
import { noteDestination } from "../aws/requests/destination.ts";
import { RequestError, UNKNOWN } from "../aws/requests/request_error.ts";
import { isSuccess, sendSigned } from "../aws/requests/send.ts";
import { isThrottled, isUntrusted, noteMeaning, serviceError } from "../aws/service_error.ts";
import { delay } from "../abortable.ts";
import { asUsageError } from "../errors.ts";
import { checkBucketOrAccessPoint } from "../access_point.ts";
import { AdaptiveLimiter, readRetryAfter, type Refusal } from "../http/adaptive_limiter.ts";
import { type ExchangeOptions, HttpClient, type HttpResponse } from "../http/client.ts";
import type { HttpBody } from "../http/connection.ts";
import { ConnectionError, NO_CONNECTION } from "../http/errors.ts";
import { backoffMs } from "../retry.ts";
import { md5OfBody, sha256OfBody } from "../aws/requests/body_digest.ts";
import { EMPTY_PAYLOAD_HASH, encodePath, Signer } from "../aws/requests/signature.ts";
import { isOfService, isWebPage } from "../aws/requests/web_page.ts";
import { childText, parseXml } from "../aws/requests/xml.ts";
import { neededAction, refusalHint } from "./needed_action.ts";

/** A request to a bucket. */
export interface BucketRequest {
  /** Such as `GET`. */
  method: string;
  /** The object; if omitted, the bucket itself. */
  key?: string;
  /** The query by name, not encoded. */
  query?: Record<string, string>;
  /** Headers by name in lower case. */
  headers?: Record<string, string>;
  /** The body. */
  body?: Uint8Array | HttpBody;
  /** SHA-256 of the body, if it is known already. */
  payloadHash?: string;
}

/** An error that S3 answered with. */
export class S3RequestError extends RequestError {
  /** The region that the request should have gone to, if S3 names it. */
  readonly region: string | undefined;
  /** The region that it went to. */
  sentTo: string | undefined;

  constructor(answer: HttpResponse, code: string, message: string, region?: string) {
    super(answer, code, message);
    this.region = answer.headers["x-amz-bucket-region"] ?? region;
  }
}

const MAX_ATTEMPTS = 10;
/** The same while the endpoint stays silent or speaks no HTTP: nothing suggests that this will pass. */
const MAX_SILENT_ATTEMPTS = 3;
const FIRST_DELAY_MS = 50;

/** Of a proxy whose patience ended just when a request was sent over a connection that it had kept. */
const REQUEST_TIMEOUT = 408;
/** S3's codes for errors that pass with time. */
const RETRIABLE_CODES = new Set([
  "InternalError",
  "RequestTimeout",
  "RequestTimeoutException",
  "OperationAborted",
]);

/** The requests for one bucket. */
export class BucketClient {
  /** The bucket's name. */
  readonly bucket: string;
  readonly #aws: Aws;
  readonly #signal: AbortSignal | undefined;
  readonly #limiter: AdaptiveLimiter;
  #http: HttpClient | undefined;
  /** The region, once S3 has named another than the settings. */
  #region: string | undefined;
  #endpoint: Promise<Endpoint> | undefined;
  /** The endpoint once it is known, so that most requests need not wait for it. */
  #known: Endpoint | undefined;
  /** Whether the server has refused content without a digest. */
  #needsDigest = false;
  /** When the server last answered with success. */
  #succeededAt: number | undefined;

  /** Sends nothing; throws `usage` unless it is a bucket's name or an access point's ARN. The signal ends all requests. */
  constructor(aws: Aws, bucket: string, signal?: AbortSignal) {
    asUsageError(() => checkBucketOrAccessPoint(bucket));
    this.#aws = aws;
    this.bucket = bucket;
    this.#signal = signal;
    const clock = { now: () => performance.now(), pause: (ms: number) => this.pause(ms) };
    this.#limiter = new AdaptiveLimiter(clock, signal);
  }

  /** Closes the connections. */
  close(): void {
    this.#http?.close();
  }

  /** Whether the bucket is Amazon's, which knows the newer checksums. */
  async isAws(): Promise<boolean> {
    return !(await this.#locate()).address.isCustom;
  }

  /**
   * Where the bucket is, in the region that S3 names. Throws if there is no such bucket, or if S3
   * doesn't know the caller.
   */
  async find(): Promise<BucketAddress> {
    try {
      await this.send({ method: "HEAD" });
    } catch (error) {
      const status = error instanceof S3RequestError && error.$metadata.httpStatusCode;
      if (status !== 400 && status !== 403) throw error;
      // The answer to HEAD has no body, and so no reason: it may be more than a missing permission.
      await this.send({ method: "GET", query: { "max-keys": "0" } }).catch((reason) => {
        if (reason.name !== "AccessDenied") throw reason;
      });
      const { region } = error as S3RequestError;
      if (region !== undefined) await this.#locate(region);
    }
    return (await this.#locate()).address;
  }

  /** Throws the signal's reason if it is aborted. */
  throwIfAborted(): void {
    this.#signal?.throwIfAborted();
  }

  /** Waits, but not longer than until the signal is aborted. */
  async pause(milliseconds: number): Promise<void> {
    await delay(milliseconds, this.#signal);
    this.throwIfAborted();
  }

  /**
   * Sends a request until it succeeds or a retry makes no sense.
   *
   * Throws the {@linkcode S3RequestError} or {@linkcode ConnectionError} of the last attempt.
   */
  send(request: BucketRequest, options: ExchangeOptions = {}): Promise<HttpResponse> {
    return this.withRetries(() => this.sendOnce(request, options));
  }

  /**
   * Calls `attempt` until it succeeds or a retry makes no sense. `progress` is a number that grows
   * when an attempt got further: the count of attempts then starts again. All calls share one limit,
   * which the server's refusals lower: an attempt must not wait for another call.
   */
  async withRetries<T>(attempt: () => Promise<T>, progress: () => number = () => 0): Promise<T> {
    let adaptations = 0;
    let reached = progress();
    for (let count = 1;; count++) {
      this.throwIfAborted();
      if (progress() > reached) count = 1;
      reached = progress();
      try {
        return await this.#limiter.run(attempt, refusalOf);
      } catch (error) {
        this.throwIfAborted();
        if (refusalOf(error) !== undefined) throw error;
        if (adaptations < 2 && this.#adaptTo(error)) {
          adaptations++;
          continue;
        }
        if (!isRetriable(error) || count >= maxAttempts(error)) throw error;
        await this.pause(backoffMs(count, FIRST_DELAY_MS));
      }
    }
  }

  /** Sends a request once and returns the answer, whose status is one of success. */
  async sendOnce(request: BucketRequest, options: ExchangeOptions = {}): Promise<HttpResponse> {
    const { address, origin, basePath, signer } = this.#known ?? await this.#locate();
    const { method, key, query = {}, body } = request;
    const path = key === undefined ? basePath : `${basePath}/${encodePath(key)}`;
    const credentials = await this.#credentials(address);
    const digest = this.#needsDigest && body !== undefined &&
      { "content-md5": await md5OfBody(body) };
    const unsigned = {
      method,
      origin,
      path: path || "/",
      query,
      headers: { ...request.headers, ...digest, ...(address.requestPayer && REQUEST_PAYER) },
      body,
      payloadHash: body === undefined
        ? EMPTY_PAYLOAD_HASH
        : request.payloadHash ?? await sha256OfBody(body),
    };
    this.#http ??= new HttpClient(address.requestTimeoutMs, address.network);
    const { clock, onRequest } = address;
    const route = { http: this.#http, signer, clock, onRequest };
    const began = performance.now();
    const answer = await sendSigned(unsigned, credentials, route, {
      ...options,
      signal: options.signal ?? this.#signal,
      onHead: (head) => {
        if (!isSuccess(head.status)) return undefined;
        // S3 names an entity tag for whatever it has stored.
        if (isWebPage(head) || method === "PUT" && !isOfService(head.headers)) {
          throw new ConnectionError("ENOTS3", "the endpoint answers with a web page");
        }
        return options.onHead?.(head);
      },
    }).catch((error) => {
      if (!this.#isAlive(error, began)) throw error;
      const unanswered = new ConnectionError("ENOANSWER", "only this was not answered", error);
      noteDestination(unanswered, origin, address.network);
      throw unanswered;
    });
    // S3 may find out that it failed after it has begun to answer with success.
    if (!isSuccess(answer.status) || /^\s*(<\?xml[^>]*>\s*)?<Error[\s>]/.test(answer.text)) {
      throw this.#noted(Object.assign(errorOf(answer), { sentTo: address.region }), request);
    }
    this.#succeededAt = performance.now();
    return answer;
  }

  /** Whether other requests were answered while this one was not. */
  #isAlive(error: unknown, began: number): boolean {
    return error instanceof ConnectionError && error.code === "ETIMEDOUT" &&
      (this.#succeededAt ?? 0) > began;
  }

  /**
   * Notes what an error means that doesn't say so itself. Once the secret key has proven right, a wrong
   * signature is about one request.
   */
  #noted(error: S3RequestError, request: BucketRequest): S3RequestError {
    // An answer to HEAD has no body, and so not even a code.
    const isAlike = [UNKNOWN, "Forbidden"].includes(error.name) &&
      error.$metadata.httpStatusCode === 403;
    if (error.name === "AccessDenied" || isAlike) {
      const hint = refusalHint(error.message, neededAction(request), this.bucket);
      if (hint !== undefined) noteMeaning(error, { code: "access-denied", hint });
    }
    if (error.name === "SignatureDoesNotMatch" && this.#succeededAt !== undefined) {
      noteMeaning(error, {
        code: "aws",
        message:
          "the server takes the signature of this request for wrong, though not that of others",
        hint: "A proxy, or the server itself, may change some characters of its key on the way",
      });
    }
    return error;
  }

  async #credentials({ credentials }: BucketAddress): Promise<AwsCredentialIdentity> {
    try {
      return await credentials();
    } catch (error) {
      throw serviceError(error, `Could not work with bucket ${this.bucket}`);
    }
  }

  #locate(region?: string): Promise<Endpoint> {
    if (region !== undefined && region !== this.#region) {
      this.#region = region;
      this.#endpoint = this.#known = undefined;
    }
    const locating = () => connectionOf(this.#aws).bucketAddress(this.bucket, this.#region);
    return this.#endpoint ??= locating().then((address) => this.#known = endpointAt(address));
  }

  /** Another region, a wrong clock, a missing digest: with that known, the same request can succeed. */
  #adaptTo(error: unknown): boolean {
    if (!(error instanceof S3RequestError)) return false;
    const { $response: { headers }, region } = error;
    if (error.name === "RequestTimeTooSkewed" && this.#known !== undefined) {
      return correctClock(this.#known.address.clock, headers);
    }
    if (isMissingDigest(error)) return this.#needsDigest = true;
    const isElsewhere = [301, 307, 400].includes(error.$metadata.httpStatusCode);
    // Where requests go by now says nothing: another one may have learned the region meanwhile.
    if (!isElsewhere || !region || region === error.sentTo) return false;
    this.#locate(region).catch(() => {});
    return true;
  }
}

/** An address, and what each request to it needs. */
export interface Endpoint {
  address: BucketAddress;
  origin: URL;
  /** The bucket's path, without a slash at its end. */
  basePath: string;
  signer: Signer;
}

/** The endpoint at an address. */
export function endpointAt(address: BucketAddress): Endpoint {
  const origin = new URL(address.url);
  const basePath = origin.pathname.replace(/\/+$/, "");
  return { address, origin, basePath, signer: new Signer(address.region, "s3") };
}

/**
 * Whether a server wants a digest of the content, as for a bucket that retains its objects. Amazon is
 * sent one with everything; of others, some don't know its newer kinds.
 */
function isMissingDigest(
  { name, message, $metadata: { httpStatusCode } }: S3RequestError,
): boolean {
  return httpStatusCode === 400 &&
    (/^Missing(ContentMD5|UploadObjectWithObjectLockHeaders)$/.test(name) ||
      name === "InvalidRequest" && message.includes("Content-MD5"));
}

/** What says that there are too many requests, or that the server can't keep up with them. */
function refusalOf(error: unknown): Refusal | undefined {
  if (!(error instanceof S3RequestError)) return undefined;
  const { statusCode, headers } = error.$response;
  if (statusCode !== 503 && !isThrottled(error)) return undefined;
  return { retryAfterMs: readRetryAfter(headers["retry-after"], Date.now()) };
}

function isRetriable(error: unknown): boolean {
  if (error instanceof ConnectionError) return !isUntrusted(error.code) && error.code !== "ENOTS3";
  if (!(error instanceof S3RequestError)) return false;
  const { httpStatusCode } = error.$metadata;
  return httpStatusCode === REQUEST_TIMEOUT || RETRIABLE_CODES.has(error.name) ||
    httpStatusCode >= 500 && httpStatusCode !== 501;
}

function maxAttempts(error: unknown): number {
  return error instanceof ConnectionError &&
      (NO_CONNECTION.has(error.code) || ["EPROTO", "ENOANSWER"].includes(error.code))
    ? MAX_SILENT_ATTEMPTS
    : MAX_ATTEMPTS;
}

/** Reads what S3 says went wrong, for `serviceError`. */
export function errorOf(answer: HttpResponse): S3RequestError {
  try {
    const error = parseXml(answer.text);
    const code = childText(error, "Code");
    if (error.name === "Error" && code !== undefined) {
      const [message = "", region, endpoint] = ["Message", "Region", "Endpoint"]
        .map((name) => childText(error, name));
      return new S3RequestError(answer, code, message, region ?? regionOf(endpoint));
    }
  } catch {
    // Answers to HEAD have no body, and a proxy may answer with a page.
  }
  return new S3RequestError(answer, UNKNOWN, "");
}

/** The region in a host name of Amazon's, which a redirect may name instead. */
function regionOf(endpoint = ""): string | undefined {
  return /\bs3[.-](?:dualstack\.)?([a-z]{2,}(?:-[a-z]+)+-\d+)\.amazonaws\.com/.exec(endpoint)?.[1];
}
