/**
 * Waiting until new credentials work everywhere.
 *
 * @module
 */
import { mapOrdered } from "../concurrency.ts";
import { bucketsOf, type Grant } from "../policy/grants.ts";
import { retry } from "../retry.ts";
import { grantsOn } from "./planning/grant.ts";
import type { CreateRequest } from "./types.ts";
import { interruptedError, S3CredentialsError } from "../errors.ts";
import type { AwsCredentialIdentity } from "../aws/credential_types.ts";
import type { Aws, S3Client } from "../aws/connect.ts";
import { awsErrorCode, httpStatus, serviceError } from "../aws/service_error.ts";

const DEFAULT_TIMEOUT_MS = 60_000;

/**
 * Waits until AWS accepts new credentials: first STS, then S3 for each bucket, with a call that is within
 * their permissions and changes nothing. IAM takes some seconds until all of AWS knows a new key and its
 * policy.
 *
 * What a custom policy or role allows is not known, nor what remains where a statement denies
 * something, so for these only STS is called.
 *
 * @param aws the account that they were created in; its own credentials are not used
 * @param credentials the new credentials
 * @param request what they were created for
 * @param options when to give up, and callbacks
 * @throws {S3CredentialsError} if they don't work in time; they may do so later
 *
 * @example A key that IAM takes a moment to see
 * ```ts
 * import { connect, createCredentials, waitForCredentials } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 *
 * await using sandbox = await startSandbox({ visibilityDelayMs: 300 });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const request = { buckets: ["photos"], createBucket: true };
 * const { credentials } = await createCredentials(aws, request);
 * await waitForCredentials(aws, credentials, request, { timeoutMs: 10_000 });
 * ```
 */
export async function waitForCredentials(
  aws: Aws,
  credentials: AwsCredentialIdentity,
  request: CreateRequest,
  options: {
    /**
     * Milliseconds after which to give up.
     *
     * @default {60000}
     */
    timeoutMs?: number;
    /** Called with each step, in one line. */
    onProgress?: (message: string) => void;
    /** Called with a sentence about what is left to be cleaned up. */
    onWarning?: (message: string) => void;
    /** Ends the waiting early. */
    signal?: AbortSignal;
  } = {},
): Promise<void> {
  const { timeoutMs = DEFAULT_TIMEOUT_MS, onProgress = () => {}, onWarning, signal } = options;
  const holder = aws.withCredentials(credentials);
  const patience = { deadline: Date.now() + timeoutMs, signal };
  const untilAccepted = (service: string, call: () => Promise<unknown>) =>
    retryUntilAccepted(service, credentials, call, patience);
  try {
    onProgress("Waiting until the credentials work...");
    await untilAccepted("STS", () => tryIdentity(holder));
    const perBucket = mapOrdered(
      bucketsOf(request),
      (bucket) =>
        untilAccepted(`S3, for bucket ${bucket},`, async () => {
          const written = await tryBucket(holder, bucket, request);
          if (written === undefined) return;
          onWarning?.(
            `This server took a write whose checksum was wrong: delete ${written} from ` +
              `bucket ${bucket}`,
          );
        }),
    );
    await Array.fromAsync(perBucket);
    onProgress("The credentials work");
  } finally {
    holder.close();
  }
}

/** Repeats a call until a service accepts the credentials. */
async function retryUntilAccepted(
  service: string,
  { accessKeyId }: AwsCredentialIdentity,
  call: () => Promise<unknown>,
  { deadline, signal }: { deadline: number; signal: AbortSignal | undefined },
): Promise<void> {
  const remains = `The key ${accessKeyId} was created and remains`;
  try {
    await retry(call, { isRetriable: isTooEarly, timeoutMs: deadline - Date.now(), signal });
  } catch (thrown) {
    if (signal?.aborted) {
      throw interruptedError({ hint: remains });
    }
    const isDenied = isExplicitDeny(thrown);
    const { code, message, cause } = serviceError(
      thrown,
      isDenied
        ? `${service} refuses the new credentials`
        : `${service} does not accept the new credentials yet`,
    );
    throw new S3CredentialsError(code, message, {
      cause,
      hint: isDenied ? remains : `${remains}. It may work in a while: try it with \`whoami\``,
    });
  }
}

/** Asks STS who the credentials belong to. */
async function tryIdentity(holder: Aws): Promise<void> {
  const sts = await holder.sts();
  await sts.getCallerIdentity({}).catch((error) => {
    // Servers of other makers may not have this call; then S3 alone must tell.
    const status = httpStatus(error) ?? 0;
    const isUnsupportedOperation = status === 501 || (status >= 400 && status < 500);
    if (isTooEarly(error) || !isUnsupportedOperation) throw error;
  });
}

/** A key or policy that isn't seen yet looks like one that isn't there. */
function isTooEarly(error: unknown): boolean {
  if (isExplicitDeny(error)) return false;
  const status = httpStatus(error);
  return status === 401 || status === 403 ||
    /^(InvalidAccessKeyId|InvalidClientTokenId|AccessDenied|InvalidToken)$/
      .test(awsErrorCode(error));
}

/** No waiting changes that. */
function isExplicitDeny(error: unknown): boolean {
  return error instanceof Error && /\bexplicit deny\b/i.test(error.message);
}

/** Whether the credentials surely may do what their permission stands for. */
function hasKnownPermissions({ policy, roleArn, statements = [] }: CreateRequest): boolean {
  return policy === undefined && roleArn === undefined &&
    statements.every(({ Effect }) => Effect === "Allow");
}

/** Tries what the credentials are for; returns the key of an object that was written unexpectedly. */
async function tryBucket(
  holder: Aws,
  bucket: string,
  request: CreateRequest,
): Promise<string | undefined> {
  if (!hasKnownPermissions(request)) return;
  const s3 = await holder.s3();
  // Nothing harmless is allowed on one key whose existence is not known.
  const grants = grantsOn(request, bucket).filter(({ key }) => key === undefined);
  const start = ({ prefix }: Grant) => prefix?.replace(/\*$/, "") ?? "";
  const listed = grants.find(({ actions }) => actions.bucket.includes("s3:ListBucket"));
  if (listed !== undefined) {
    const Prefix = start(listed) || undefined;
    await s3.listObjectsV2({ Bucket: bucket, MaxKeys: 1, Prefix });
    return;
  }
  const written = grants.find(({ actions }) => actions.keys.includes("s3:PutObject"));
  if (written !== undefined) {
    return await tryWriting(s3, bucket, `${start(written)}s3-credentials-wait`);
  }
}

/** MD5 of other content: S3 first checks the permission to write, and then finds the mismatch. */
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
