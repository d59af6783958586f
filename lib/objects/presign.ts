/**
 * URLs and forms that need no credentials.
 *
 * @module
 */
import type { AwsCredentialIdentity } from "../aws/credential_types.ts";
import { type Aws, type BucketAddress, connectionOf } from "../aws/connect.ts";
import { REQUEST_PAYER } from "../aws/clients.ts";
import { missingBucket } from "../aws/missing.ts";
import { httpStatus, serviceError } from "../aws/service_error.ts";
import { asUsageError, InvalidInput } from "../errors.ts";
import { checkUrlDuration, formatTime } from "../time.ts";
import { BucketClient, type Endpoint, endpointAt } from "./bucket_client.ts";
import { checkKey } from "./keys.ts";
import { encodePath, encodeQuery } from "../aws/requests/signature.ts";

/** What URLs and forms have in common. */
export interface PresignOptions {
  /**
   * Seconds for which it works, from 1 to 604,800 (7 days).
   *
   * @default {3600}
   */
  expiresIn?: number;
  /** The content type that an upload must have. If omitted, any. */
  contentType?: string;
  /** The bucket's region. If omitted, S3 is asked for it; otherwise nothing is sent. */
  region?: string;
  /** Called with a sentence where it will not work for as long, or not with every program. */
  onWarning?: (message: string) => void;
  /** Ends the question for the region. */
  signal?: AbortSignal;
}

const DEFAULT_SECONDS = 3600;

/**
 * Makes a URL by which anyone can download or upload one object until it expires, with the permissions
 * of the credentials that it is made with.
 *
 * @param aws the account
 * @param bucket the bucket
 * @param key the object
 * @param options the method, how long it works, and what an upload must be
 * @returns the URL
 * @throws {S3CredentialsError} `usage` for what S3 doesn't take, `not-found` if there is no such bucket
 *
 * @example A download without credentials
 * ```ts
 * import { connect, presignUrl, putObject } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await putObject(aws, "my-bucket", "hello.txt", new Blob(["Hello"]));
 * const url = await presignUrl(aws, "my-bucket", "hello.txt", { expiresIn: 60 });
 * assert.equal(await (await fetch(url)).text(), "Hello");
 * ```
 */
export async function presignUrl(
  aws: Aws,
  bucket: string,
  key: string,
  options: PresignOptions & {
    /**
     * What the URL is for: to download or to upload.
     *
     * @default {"GET"}
     */
    method?: "GET" | "PUT";
  } = {},
): Promise<string> {
  const { method = "GET", contentType, onWarning } = options;
  asUsageError(() => {
    checkKey(key);
    if (!["GET", "PUT"].includes(method)) throw new InvalidInput("A URL is for GET or PUT");
    if (contentType !== undefined && method !== "PUT") {
      throw new InvalidInput("A content type is for uploads only");
    }
  });
  const { address, origin, basePath, signer, credentials, now, expiresIn } = await prepare(
    aws,
    bucket,
    options,
  );
  const path = `${basePath}/${encodePath(key)}`;
  const headers = {
    host: origin.host,
    ...(contentType !== undefined && { "content-type": contentType }),
  };
  const payer = address.requestPayer ? REQUEST_PAYER : {};
  const request = { method, path, query: payer, headers };
  const query = signer.presign(request, credentials, now, expiresIn);
  if (/(^|\/)\.\.?(\/|$)/.test(key)) {
    onWarning?.(
      "the key has a segment . or .., which browsers and many programs take out of a URL; " +
        "curl leaves it as it is with --path-as-is",
    );
  }
  return `${origin.origin}${path}?${encodeQuery(query)}`;
}

/** A form for uploads. */
export interface PresignedPost {
  /** Where to post it. */
  url: string;
  /** Its fields, to be sent before the file. */
  fields: Record<string, string>;
}

/**
 * Makes a form by which anyone can upload a file until it expires, such as from a web page, with the
 * permissions of the credentials that it is made with.
 *
 * @param aws the account
 * @param bucket the bucket
 * @param target the key to upload to; or a prefix, to which the name of the file is added
 * @param options how long it works, and what an upload must be
 * @returns the address and the fields of the form
 * @throws {S3CredentialsError} `usage` for what S3 doesn't take, `not-found` if there is no such bucket
 *
 * @example An upload without credentials, of a megabyte at most
 * ```ts
 * import { connect, presignPost } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const options = { maxSize: 1_000_000 };
 * const { url, fields } = await presignPost(aws, "my-bucket", { prefix: "inbox/" }, options);
 * const form = new FormData();
 * for (const [name, value] of Object.entries(fields)) form.append(name, value);
 * form.append("file", new Blob(["Hello"]), "hello.txt");
 * const answer = await fetch(url, { method: "POST", body: form });
 * assert.equal(answer.status, 204);
 * ```
 */
export async function presignPost(
  aws: Aws,
  bucket: string,
  target: { key: string } | { prefix: string },
  options: PresignOptions & {
    /** The maximum size of the file, in bytes. If omitted, that of S3. */
    maxSize?: number;
  } = {},
): Promise<PresignedPost> {
  const { contentType, maxSize } = options;
  asUsageError(() => {
    checkTarget(target);
    if (maxSize !== undefined && !(Number.isSafeInteger(maxSize) && maxSize > 0)) {
      throw new InvalidInput("A maximum size is a whole number of bytes, 1 or more");
    }
  });
  const { address, signer, credentials, now, end } = await prepare(aws, bucket, options);
  const fields: Record<string, string> = {
    key: "key" in target ? target.key : `${target.prefix}${FILE_NAME}`,
    ...(contentType !== undefined && { "Content-Type": contentType }),
    ...signer.formFields(credentials, now),
  };
  const conditions = Object.entries(fields).map(([name, value]) =>
    name === "key" && "prefix" in target
      ? ["starts-with", "$key", target.prefix]
      : ["eq", `$${name}`, value]
  );
  const policy = toBase64(JSON.stringify({
    expiration: end.toISOString(),
    conditions: [
      { bucket },
      ...conditions,
      ...(maxSize === undefined ? [] : [["content-length-range", 0, maxSize]]),
    ],
  }));
  const signature = signer.signText(policy, credentials, now);
  return { url: address.url, fields: { ...fields, policy, "x-amz-signature": signature } };
}

/** What S3 replaces in the key of a form by the name of the file. */
const FILE_NAME = "${filename}";

function checkTarget(target: { key: string } | { prefix: string }): void {
  const text = "key" in target ? target.key : target.prefix;
  if ("key" in target) checkKey(text);
  else if (text === "") {
    throw new InvalidInput("Invalid prefix: it is empty, so that any key has it");
  }
  if (text.includes(FILE_NAME)) {
    throw new InvalidInput(`S3 would replace ${FILE_NAME} by the name of the file`);
  }
}

/** Other characters than those of ASCII are escaped: not every server reads UTF-8 here. */
function toBase64(json: string): string {
  const ascii = json.replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
  return btoa(ascii);
}

/** All that is needed to sign something for a bucket. */
interface Prepared extends Endpoint {
  credentials: AwsCredentialIdentity;
  now: Date;
  expiresIn: number;
  end: Date;
}

async function prepare(aws: Aws, bucket: string, options: PresignOptions): Promise<Prepared> {
  const { expiresIn = DEFAULT_SECONDS, region, onWarning } = options;
  asUsageError(() => {
    checkUrlDuration(expiresIn);
    if (/--x-s3$/.test(bucket)) {
      throw new InvalidInput(
        `Bucket ${bucket} is a directory bucket, which takes the credentials of a session only`,
      );
    }
  });
  const address = region === undefined
    ? await findBucket(aws, bucket, options.signal)
    : await connectionOf(aws).bucketAddress(bucket, region);
  const credentials = await credentialsOf(address, bucket);
  const now = new Date(Date.now() + address.clock.offsetMs);
  const end = new Date(now.getTime() + expiresIn * 1000);
  const warning = lifetimeWarning(credentials, end);
  if (warning !== undefined) onWarning?.(warning);
  return { ...endpointAt(address), credentials, now, expiresIn, end };
}

/**
 * Where a bucket is, by its own region: what is signed for another one doesn't work.
 *
 * @throws {S3CredentialsError} if there is no such bucket, or S3 doesn't know the caller
 */
export async function findBucket(
  aws: Aws,
  bucket: string,
  signal?: AbortSignal,
): Promise<BucketAddress> {
  const client = new BucketClient(aws, bucket, signal);
  try {
    return await client.find();
  } catch (error) {
    signal?.throwIfAborted();
    if (httpStatus(error) === 404) {
      throw missingBucket(bucket, error);
    }
    throw serviceError(error, `Could not find the region of bucket ${bucket}`);
  } finally {
    client.close();
  }
}

async function credentialsOf(
  address: BucketAddress,
  bucket: string,
): Promise<AwsCredentialIdentity> {
  try {
    return await address.credentials();
  } catch (error) {
    throw serviceError(error, `Could not sign for bucket ${bucket}`);
  }
}

/** What is signed with temporary credentials works no longer than they do. */
function lifetimeWarning(
  { sessionToken, expiration }: AwsCredentialIdentity,
  end: Date,
): string | undefined {
  if (expiration !== undefined && expiration < end) {
    return `the credentials expire at ${
      formatTime(expiration)
    }, and what is signed with them then ` +
      `stops working, before ${formatTime(end)}`;
  }
  return sessionToken !== undefined && expiration === undefined
    ? "the credentials are temporary, and what is signed with them stops working when they expire: " +
      `that may be before ${formatTime(end)}`
    : undefined;
}
