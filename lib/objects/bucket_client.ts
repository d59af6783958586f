/**
 * Requests for the objects of one bucket: addressed, signed, sent, and sent again where that helps.
 *
 * @module
 */
import type { AwsCredentialIdentity } from "../aws/credential_types.ts";
import { asUsageError } from "../errors.ts";
import { checkBucketName } from "../names.ts";
import { childText, parseXml } from "./xml.ts";
import { type Aws, type BucketAddress, connectionOf } from "../aws/connect.ts";
import {
  ConnectionError,
  type ExchangeOptions,
  HttpConnections,
  type HttpResponse,
} from "./http.ts";
import { NO_CONNECTION } from "./types.ts";
import { requestLog } from "../aws/request_log.ts";
import { isUntrusted, serviceError } from "../aws/service_error.ts";
import { EMPTY_PAYLOAD_HASH, encodePath, encodeQuery, sha256, Signer } from "./signature.ts";

/** What is asked of a bucket. */
export interface BucketRequest {
  /** Such as `GET`. */
  method: string;
  /** The object; left out, the bucket itself. */
  key?: string;
  /** The query by name, not encoded. */
  query?: Record<string, string>;
  /** Headers by name in lower case. */
  headers?: Record<string, string>;
  /** The body. */
  body?: Uint8Array;
  /** SHA-256 of the body, where the caller has it already. */
  payloadHash?: string;
  /** Whether it would do harm if the HTTP client sent it twice, unasked. */
  isNotIdempotent?: boolean;
}

/** S3's answer that something went wrong, in the form of the SDK's errors. */
export class S3RequestError extends Error {
  /** The HTTP status. */
  readonly $metadata: { httpStatusCode: number };
  /** The headers of the answer. */
  readonly $response: { statusCode: number; headers: Record<string, string> };
  /** The region that the request should have gone to, where S3 tells. */
  readonly region: string | undefined;

  /** @param answer the answer; @param code S3's code; @param message S3's words; @param region S3's */
  constructor(answer: HttpResponse, code: string, message: string, region?: string) {
    super(message);
    this.name = code;
    this.$metadata = { httpStatusCode: answer.status };
    this.$response = { statusCode: answer.status, headers: answer.headers };
    this.region = answer.headers["x-amz-bucket-region"] ?? region;
  }
}

/** How often a request is sent at the most. */
const MAX_ATTEMPTS = 10;
/** The same where the endpoint gives no sign of life: nothing suggests that it soon will. */
const MOST_SILENT_ATTEMPTS = 3;
const FIRST_DELAY_MS = 50;
const MAX_DELAY_MS = 5_000;

const PASSING_CODES = new Set([
  ...["SlowDown", "InternalError", "RequestTimeout", "ServiceUnavailable", "Throttling"],
  ...["RequestTimeoutException", "OperationAborted"],
]);

/** The requests for one bucket. */
export class BucketClient {
  /** The bucket's name. */
  readonly bucket: string;
  readonly #aws: Aws;
  readonly #signal: AbortSignal | undefined;
  #connections: HttpConnections | undefined;
  #target: Promise<Target> | undefined;
  #clockSkewMs = 0;

  /**
   * Sends nothing.
   *
   * @param aws the account
   * @param bucket the bucket
   * @param signal ends all requests
   * @throws {S3CredentialsError} `usage` if that is no bucket's name
   */
  constructor(aws: Aws, bucket: string, signal?: AbortSignal) {
    asUsageError(() => checkBucketName(bucket));
    this.#aws = aws;
    this.bucket = bucket;
    this.#signal = signal;
  }

  /** Closes the connections. */
  close(): void {
    this.#connections?.close();
  }

  /** Whether the bucket is Amazon's, which knows the newer checksums. */
  async isAws(): Promise<boolean> {
    return !(await this.#address()).address.isCustom;
  }

  /**
   * Sends a request until it succeeds or there is no hope.
   *
   * @param request what to ask
   * @param options where the answer's body goes
   * @returns the answer, whose status is one of success
   * @throws {S3RequestError} S3's last answer
   * @throws {ConnectionError} if there was no answer
   * @throws {S3CredentialsError} `interrupted`
   */
  send(request: BucketRequest, options: ExchangeOptions = {}): Promise<HttpResponse> {
    return this.withRetries(() => this.sendOnce(request, options));
  }

  /**
   * Tries something until it succeeds or there is no hope.
   *
   * @param attempt what to try; the same each time or what is left to do
   * @param progress a number that grows when an attempt got a bit further; patience is then new
   * @returns what it gave
   * @throws its last error
   */
  async withRetries<T>(attempt: () => Promise<T>, progress: () => number = () => 0): Promise<T> {
    let adaptations = 0;
    let reached = progress();
    for (let count = 1;; count++) {
      this.throwIfAborted();
      if (progress() > reached) count = 1;
      reached = progress();
      try {
        return await attempt();
      } catch (error) {
        this.throwIfAborted();
        if (adaptations < 2 && this.#adaptTo(error)) {
          adaptations++;
          continue;
        }
        if (!passes(error) || count >= mostAttempts(error)) throw error;
        await this.#pause(count);
      }
    }
  }

  /**
   * Sends a request once.
   *
   * @param request what to ask
   * @param options where the answer's body goes
   * @returns the answer, whose status is one of success
   */
  async sendOnce(request: BucketRequest, options: ExchangeOptions = {}): Promise<HttpResponse> {
    const { address, origin, basePath, signer } = this.#known ?? await this.#address();
    const { method, key, query = {}, body } = request;
    const path = key === undefined ? basePath : `${basePath}/${encodePath(key)}`;
    const credentials = await this.#credentials(address);
    const headers = signer.sign(
      {
        method,
        path: path || "/",
        query,
        headers: { host: origin.host, ...request.headers },
        payloadHash: body === undefined ? EMPTY_PAYLOAD_HASH : request.payloadHash ?? sha256(body),
      },
      credentials,
      new Date(Date.now() + this.#clockSkewMs),
    );
    const queryText = encodeQuery(query);
    const target = `${path || "/"}${queryText && `?${queryText}`}`;
    const began = performance.now();
    const log = (outcome: number | string) =>
      address.onRequest?.(requestLog({
        method,
        url: `${origin.origin}${target}`,
        headers,
        outcome,
        milliseconds: performance.now() - began,
      }));
    this.#connections ??= new HttpConnections(address.requestTimeoutMs, address.network);
    const answer = await this.#connections.exchange({
      method,
      origin,
      target,
      headers,
      ...(body !== undefined && { body }),
      ...(request.isNotIdempotent && { isOnOwnConnection: true }),
    }, {
      signal: options.signal ?? this.#signal,
      onHead: (head) => isSuccess(head.status) ? options.onHead?.(head) : undefined,
    }).catch((error) => {
      log(error.code ?? error.name);
      throw error;
    });
    log(answer.status);
    if (!isSuccess(answer.status)) throw errorOf(answer);
    return answer;
  }

  async #credentials({ credentials }: BucketAddress): Promise<AwsCredentialIdentity> {
    try {
      return await credentials();
    } catch (error) {
      throw serviceError(error, `Could not work with bucket ${this.bucket}`);
    }
  }

  /** @throws {S3CredentialsError} `interrupted`, if the caller has stopped the work */
  throwIfAborted(): void {
    this.#signal?.throwIfAborted();
  }

  /** The target once it is known, so that most requests need not wait for it. */
  #known: Target | undefined;

  #address(region?: string): Promise<Target> {
    if (region !== undefined) this.#target = this.#known = undefined;
    return this.#target ??= connectionOf(this.#aws).bucketAddress(this.bucket, region).then(
      (address) => {
        const origin = new URL(address.url);
        const basePath = origin.pathname.replace(/\/+$/, "");
        return this.#known = { address, origin, basePath, signer: new Signer(address.region) };
      },
    );
  }

  /** Another region, or a clock that is wrong: with that known the same request can succeed. */
  #adaptTo(error: unknown): boolean {
    if (!(error instanceof S3RequestError)) return false;
    const { $response: { headers }, region } = error;
    if (error.name === "RequestTimeTooSkewed" && headers.date !== undefined) {
      const skew = Date.parse(headers.date) - Date.now();
      this.#clockSkewMs = Number.isFinite(skew) ? skew : 0;
      return true;
    }
    const isElsewhere = [301, 307, 400].includes(error.$metadata.httpStatusCode);
    if (!isElsewhere || !region || region === this.#known?.address.region) return false;
    this.#address(region).catch(() => {});
    return true;
  }

  #pause(count: number): Promise<void> {
    const longest = Math.min(FIRST_DELAY_MS * 2 ** (count - 1), MAX_DELAY_MS);
    const signal = this.#signal;
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", end);
        resolve();
      };
      // Whoever was turned away together shall not come back together.
      const timer = setTimeout(end, longest * (0.5 + Math.random() / 2));
      signal?.addEventListener("abort", end);
    });
  }
}

interface Target {
  address: BucketAddress;
  origin: URL;
  basePath: string;
  signer: Signer;
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function passes(error: unknown): boolean {
  if (error instanceof ConnectionError) return !isUntrusted(error.code);
  if (!(error instanceof S3RequestError)) return false;
  const { httpStatusCode } = error.$metadata;
  return httpStatusCode >= 500 && httpStatusCode !== 501 || httpStatusCode === 429 ||
    PASSING_CODES.has(error.name);
}

function mostAttempts(error: unknown): number {
  return error instanceof ConnectionError && NO_CONNECTION.has(error.code)
    ? MOST_SILENT_ATTEMPTS
    : MAX_ATTEMPTS;
}

/**
 * Reads S3's words about what went wrong.
 *
 * @param answer the answer
 * @returns an error for `serviceError`
 */
export function errorOf(answer: HttpResponse): S3RequestError {
  try {
    const error = parseXml(answer.text.trim());
    const code = childText(error, "Code");
    if (error.name === "Error" && code !== undefined) {
      const [message = "", region] = ["Message", "Region"].map((name) => childText(error, name));
      return new S3RequestError(answer, code, message, region);
    }
  } catch {
    // Answers to HEAD have no body, and what stands between may answer with a page.
  }
  return new S3RequestError(answer, "Unknown", "");
}
