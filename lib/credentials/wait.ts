/**
 * Waiting until new credentials work everywhere.
 *
 * @module
 */
import { mapOrdered } from "../concurrency.ts";
import { retry } from "../retry.ts";
import type { CreateRequest } from "./types.ts";
import { DEFAULT_WAIT_SECONDS } from "../time.ts";
import { S3CredentialsError } from "../errors.ts";
import type { Credentials } from "./format.ts";
import type { Aws, S3Client } from "../aws/connect.ts";
import { awsErrorCode, httpStatus, serviceError } from "../aws/service_error.ts";

/** Choices of {@linkcode waitForCredentials}. */
export interface WaitOptions {
  /**
   * For how long to try.
   *
   * @default {60}
   */
  seconds?: number;
  /** Told of each step. */
  onProgress?: (message: string) => void;
  /** Told in a sentence what is left to be cleaned up. */
  onWarning?: (message: string) => void;
  /** Ends the waiting early. */
  signal?: AbortSignal;
}

/**
 * Waits until AWS accepts new credentials: first STS, then S3 for each bucket, with a call that is within
 * their rights and changes nothing. IAM takes some seconds until all of AWS knows a new key and its
 * policy.
 *
 * What a policy or role of the caller's own allows is not known, nor what is left where a statement
 * denies something, so for these only STS is asked.
 *
 * @param aws the account that they were created in; its own credentials are not used
 * @param credentials the new credentials
 * @param request what they were created for
 * @param options for how long, and whom to tell
 * @throws {S3CredentialsError} if they don't work in time; they may do so later
 *
 * @example A key that IAM takes a moment to see
 * ```ts
 * import { connect, createCredentials, waitForCredentials } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 *
 * await using sandbox = await startSandbox({ visibilityDelayMs: 300 });
 * const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const request = { buckets: ["photos"], createBucket: true };
 * const { credentials } = await createCredentials(aws, request);
 * await waitForCredentials(aws, credentials, request);
 * aws.close();
 * ```
 */
export async function waitForCredentials(
  aws: Aws,
  credentials: Credentials,
  request: CreateRequest,
  options: WaitOptions = {},
): Promise<void> {
  const { seconds = DEFAULT_WAIT_SECONDS, onProgress = () => {}, onWarning, signal } = options;
  const holder = aws.withCredentials({
    accessKeyId: credentials.AccessKeyId,
    secretAccessKey: credentials.SecretAccessKey,
    ...("SessionToken" in credentials && { sessionToken: credentials.SessionToken }),
  });
  const printed = `The key ${credentials.AccessKeyId} was created and printed, and stays`;
  const deadline = Date.now() + 1000 * seconds;
  const untilAccepted = async (what: string, call: () => Promise<unknown>) => {
    try {
      await retry(call, {
        isRetriable: isTooEarly,
        timeoutMs: deadline - Date.now(),
        signal,
      });
    } catch (thrown) {
      if (signal?.aborted) {
        throw new S3CredentialsError("interrupted", "Interrupted", { hint: printed });
      }
      const tried = isExplicitDeny(thrown)
        ? `${what} refuses the new credentials`
        : `${what} does not accept the new credentials yet`;
      const error = serviceError(thrown, tried);
      throw new S3CredentialsError(error.code, error.message, {
        cause: error.cause,
        hint: isExplicitDeny(thrown)
          ? printed
          : `${printed}. It may work in a while: try it with \`whoami\``,
      });
    }
  };
  try {
    onProgress("Waiting until the credentials work...");
    await untilAccepted("STS", async () => {
      const sts = await holder.sts();
      await sts.getCallerIdentity({}).catch((error) => {
        // Not every maker's server has this call; then S3 alone must tell.
        const status = httpStatus(error) ?? 0;
        const isUnsupportedOperation = status === 501 || (status >= 400 && status < 500);
        if (isTooEarly(error) || !isUnsupportedOperation) throw error;
      });
    });
    await Array.fromAsync(
      mapOrdered(
        request.buckets,
        (bucket) =>
          untilAccepted(`S3, for bucket ${bucket},`, async () => {
            const written = await tryBucket(holder, bucket, request);
            if (written === undefined) return;
            onWarning?.(
              `This server took a write whose checksum was wrong: delete ${written} from ` +
                `bucket ${bucket}`,
            );
          }),
      ),
    );
    onProgress("The credentials work");
  } finally {
    holder.close();
  }
}

/** A key or policy that isn't seen yet looks like one that isn't there. */
function isTooEarly(error: unknown): boolean {
  if (isExplicitDeny(error)) return false;
  const status = httpStatus(error);
  return status === 401 || status === 403 ||
    /^(InvalidAccessKeyId|InvalidClientTokenId|AccessDenied|InvalidToken)$/
      .test(awsErrorCode(error));
}

/** No time changes that. */
function isExplicitDeny(error: unknown): boolean {
  return error instanceof Error && /\bexplicit deny\b/i.test(error.message);
}

/** Whether the credentials surely have the rights that their permission stands for. */
function hasKnownRights({ policy, roleArn, statements = [] }: CreateRequest): boolean {
  return policy === undefined && roleArn === undefined &&
    statements.every(({ Effect }) => Effect === "Allow");
}

/** @returns the key of an object that was written against all expectation */
async function tryBucket(
  holder: Aws,
  bucket: string,
  request: CreateRequest,
): Promise<string | undefined> {
  if (!hasKnownRights(request)) return;
  const s3 = await holder.s3();
  const prefix = request.prefix?.replace(/\*$/, "") ?? "";
  if (request.permission === "write-only") {
    return await tryWriting(s3, bucket, `${prefix}s3-credentials-wait`);
  }
  await s3.listObjectsV2({ Bucket: bucket, MaxKeys: 1, ...(prefix && { Prefix: prefix }) });
}

/** MD5 of some other content: S3 first decides over the right to write, and then finds the mistake. */
const WRONG_MD5 = "AAAAAAAAAAAAAAAAAAAAAA==";

/** A write that is allowed, but can't succeed. */
async function tryWriting(s3: S3Client, bucket: string, key: string): Promise<string | undefined> {
  try {
    await s3.putObject({ Bucket: bucket, Key: key, Body: "x", ContentMD5: WRONG_MD5 });
    return key;
  } catch (error) {
    if (httpStatus(error) !== 400 || isTooEarly(error)) throw error;
  }
}
