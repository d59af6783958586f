/**
 * Temporary credentials that renew themselves.
 *
 * @module
 */
import type { Aws } from "../aws/connect.ts";
import { messageOf } from "../errors.ts";
import { createCredentials, type CreateOptions } from "./create.ts";
import type { CreateRequest, TemporaryCredentials } from "./types.ts";

/** Options of a cache. */
interface CacheOptions {
  onProgress?: (message: string) => void;
  /** The clock, in milliseconds since 1970. */
  now?: () => number;
  /** Credentials that were created already. */
  initial?: TemporaryCredentials;
}

/** If a renewal fails, the old credentials are given until this long before their end. */
const MIN_REMAINING_MS = 5 * 60_000;

/**
 * Keeps temporary credentials, which last `duration` seconds, and renews them when half of their time is
 * over. However many callers there are at the same time, there is one renewal. If it fails while the old
 * credentials are good for five minutes or more, these are given.
 */
export function credentialCache(
  create: () => Promise<TemporaryCredentials>,
  duration: number,
  options: CacheOptions = {},
): () => Promise<TemporaryCredentials> {
  const { now = Date.now, onProgress = () => {} } = options;
  let current = options.initial;
  let renewal: Promise<TemporaryCredentials> | undefined;
  const remainingMs = () => current === undefined ? 0 : current.expiration.getTime() - now();

  async function renew(): Promise<TemporaryCredentials> {
    try {
      const isFirst = current === undefined;
      current = await create();
      if (!isFirst) onProgress("Renewed credentials");
      return current;
    } catch (error) {
      if (current === undefined || remainingMs() < MIN_REMAINING_MS) throw error;
      onProgress(`Could not renew credentials, the old ones still work: ${messageOf(error)}`);
      return current;
    }
  }

  return () => {
    const half = duration * 1000 / 2;
    if (current !== undefined && remainingMs() > half) return Promise.resolve(current);
    return renewal ??= renew().finally(() => {
      renewal = undefined;
    });
  };
}

/**
 * The temporary credentials that a request describes, created when they are first needed and renewed
 * when half of their time is over. However many callers there are, there is one renewal. If it fails
 * while the old credentials are good for five minutes or more, these are given.
 *
 * @param aws the account
 * @param request what the credentials are for; each of them lasts `duration` seconds
 * @param options progress, clock, interruption, patience
 * @returns a provider of credentials, as any client of the SDK takes it
 *
 * @example A client that never runs out of credentials
 * ```ts
 * import { bucketCredentials, connect } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import { S3 } from "@aws-sdk/client-s3";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const s3 = new S3({
 *   endpoint: sandbox.url,
 *   region: sandbox.region,
 *   forcePathStyle: true,
 *   credentials: bucketCredentials(aws, { buckets: ["photos"], duration: 3600 }),
 * });
 * await s3.listObjectsV2({ Bucket: "photos" });
 * s3.destroy();
 * ```
 */
export function bucketCredentials(
  aws: Aws,
  request: CreateRequest & { duration: number },
  options: Pick<CreateOptions, "signal" | "patienceMs"> & {
    /** Called when credentials have been renewed, or could not be. */
    onProgress?: (message: string) => void;
    /**
     * The clock, in milliseconds since 1970.
     *
     * @default {Date.now}
     */
    now?: () => number;
    /** Credentials that were created for this request already: the first to be given. */
    initial?: TemporaryCredentials;
  } = {},
): () => Promise<TemporaryCredentials> {
  const { onProgress, signal, patienceMs } = options;
  const create = async () => {
    const { credentials } = await createCredentials(aws, request, {
      onProgress,
      signal,
      patienceMs,
    });
    return credentials;
  };
  return credentialCache(create, request.duration, options);
}
