/**
 * Changing when the keys of a user expire, and finding out whether a server lets them.
 *
 * @module
 */
import { whoami } from "../../account/whoami.ts";
import { type Aws, connectionOf } from "../../aws/connect.ts";
import type { AwsCredentialIdentity } from "../../aws/credential_types.ts";
import { awsErrorCode, httpStatus, isMissing, serviceError } from "../../aws/service_error.ts";
import { customEndpoint } from "../../aws/settings.ts";
import { asUsageError, S3CredentialsError } from "../../errors.ts";
import { checkUserName } from "../../names.ts";
import { policyText } from "../../policy/document.ts";
import { retry } from "../../retry.ts";
import { checkIsFuture, denyFrom, EXPIRES_POLICY, expiryOfText, expiryPolicy } from "../expiry.ts";
import { expiresTag, OWN_TAG_PREFIX, ownTagKey } from "../tags.ts";

/** Whether IAM and S3 are Amazon's own, so that conditions are evaluated for sure. */
export async function isAmazon(aws: Aws): Promise<boolean> {
  const settings = await connectionOf(aws).settings;
  return (["IAM", "S3"] as const).every((service) => {
    const endpoint = customEndpoint(settings, service);
    return endpoint === undefined ||
      /\.amazonaws\.(com|com\.cn|eu)$/.test(new URL(endpoint).hostname);
  });
}

const PROBED = "s3:ListAllMyBuckets";
const PAST = new Date("2000-01-01");
const FAR_FUTURE = new Date("9999-01-01");

function probePolicy(expires: Date, probedUntil: Date): string {
  const allow = { Effect: "Allow", Action: PROBED, Resource: "*" };
  const Statement = [denyFrom(expires, "*"), allow, denyFrom(probedUntil, PROBED)];
  return policyText({ Version: "2012-10-17", Statement });
}

/** Thrown by a call that should have been refused. */
class NotRefused extends Error {}

/**
 * Shows that a server evaluates the time in policies: the key may list the buckets while that is denied
 * from a future time on, and may not when it is denied from a past one on. The real policy is there
 * all the while, and alone at the end.
 */
export async function proveExpiry(
  aws: Aws,
  { userName, expires, credentials }: {
    userName: string;
    expires: Date;
    credentials: AwsCredentialIdentity;
  },
  patience: { timeoutMs: number; signal?: AbortSignal },
): Promise<void> {
  const iam = await aws.iam();
  const put = (PolicyDocument: string) =>
    iam.putUserPolicy({ UserName: userName, PolicyName: EXPIRES_POLICY, PolicyDocument });
  using holder = aws.withCredentials(credentials);
  const s3 = await holder.s3();
  const isRefused = (error: unknown) => [401, 403].includes(httpStatus(error) ?? 0);
  try {
    await put(probePolicy(expires, FAR_FUTURE));
    await retry(() => s3.listBuckets({}), { isRetriable: isRefused, ...patience });
    await put(probePolicy(expires, PAST));
    await retry(async () => {
      const refused = await s3.listBuckets({}).then(() => false, (error) => {
        if (!isRefused(error)) throw error;
        return true;
      });
      if (!refused) throw new NotRefused();
    }, { isRetriable: (error) => error instanceof NotRefused, ...patience });
    await put(policyText(expiryPolicy(expires)));
  } catch (error) {
    if (!(error instanceof NotRefused) && !isRefused(error)) {
      throw serviceError(error, "Could not find out whether this server lets keys expire");
    }
    throw new S3CredentialsError(
      "conflict",
      error instanceof NotRefused
        ? "This server does not let keys expire: it took no notice of the time in a policy"
        : "Could not find out whether this server lets keys expire: it refused the probe",
      { cause: error, hint: "Only Amazon's endpoints are known to: omit `expires`" },
    );
  }
}

/** When the keys of a user expire, before and after a change. */
export interface KeyExpiry {
  /** The user's name. */
  UserName: string;
  /** When its keys expire; `null` for never. */
  Expires: Date | null;
  /** When they would have expired; `null` for never. */
  Before: Date | null;
}

/** Options of {@linkcode extendKeys}. */
export interface ExtendOptions {
  /**
   * Whether the user may be the one that the call itself is made as, when an end is set.
   *
   * @default {false}
   */
  force?: boolean;
  /** The time now; a test may pass another one. */
  now?: Date;
  /** Called with a sentence where less was done than requested. */
  onWarning?: (message: string) => void;
  /** Stops before the next change. */
  signal?: AbortSignal;
  /**
   * Milliseconds to wait for a server that isn't Amazon's to show that it lets keys expire.
   *
   * @default {10000}
   */
  patienceMs?: number;
}

/**
 * Sets, moves or removes the time at which all keys of a user expire. IAM refuses them from that second on;
 * temporary credentials are not affected.
 *
 * @param aws the account
 * @param userName the user's name
 * @param expires the time, or `null` for never
 * @param options whether the user may be the caller, the time now, warnings, interruption
 * @returns the time before and after
 * @throws {S3CredentialsError} `not-found` if there is no such user; `usage` if the time is past;
 *   `conflict` if the user is the caller, or the server doesn't evaluate the time in policies
 *
 * @example Until the end of a course
 * ```ts
 * import { connect, createCredentials, extendKeys } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["course"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const { accessKey } = await createCredentials(aws, { buckets: ["course"] });
 * const friday = new Date(Date.now() + 5 * 86_400_000);
 * const { Before } = await extendKeys(aws, accessKey.userName, friday);
 * assert.equal(Before, null);
 * ```
 */
export async function extendKeys(
  aws: Aws,
  userName: string,
  expires: Date | null,
  options: ExtendOptions = {},
): Promise<KeyExpiry> {
  const { force = false, now = new Date(), onWarning = () => {}, signal } = options;
  asUsageError(() => checkUserName(userName));
  if (expires !== null) checkIsFuture(expires, now);
  const action = `Could not change when the keys of user ${userName} expire`;
  const iam = await aws.iam();
  const target = { UserName: userName, PolicyName: EXPIRES_POLICY };
  const [user, policy] = await Promise.all([
    iam.getUser({ UserName: userName }),
    iam.getUserPolicy(target).catch((error) => {
      if (isMissing(error)) return undefined;
      throw error;
    }),
  ]).catch((error) => {
    if (!isMissing(error)) throw serviceError(error, action);
    throw new S3CredentialsError("not-found", `User does not exist: ${userName}`);
  });
  if (expires !== null && !force && (await whoami(aws)).Arn === user.User?.Arn) {
    throw new S3CredentialsError(
      "conflict",
      `The credentials in use are those of user ${userName}: they would expire too`,
      { hint: "Use other credentials, or `force` if you can do without these from then on" },
    );
  }
  const before = expiryOfText(policy?.PolicyDocument) ?? null;
  signal?.throwIfAborted();
  try {
    if (expires !== null) {
      if (before === null && !await isAmazon(aws)) await probeOnce(aws, userName, expires, options);
      const PolicyDocument = policyText(expiryPolicy(expires));
      await iam.putUserPolicy({ ...target, PolicyDocument });
    } else if (policy !== undefined) {
      await iam.deleteUserPolicy(target);
    }
  } catch (error) {
    throw serviceError(error, action);
  }
  if (user.User?.Tags?.some(({ Key }) => Key?.startsWith(OWN_TAG_PREFIX))) {
    const Key = ownTagKey("expires");
    const tagging = expires === null
      ? iam.untagUser({ UserName: userName, TagKeys: [Key] })
      : iam.tagUser({ UserName: userName, Tags: [{ Key, Value: expiresTag(expires) }] });
    await tagging.catch((error) => {
      const { message } = serviceError(error, `The tag ${Key} of user ${userName} stays as it was`);
      onWarning(message);
    });
  }
  return { UserName: userName, Expires: expires, Before: before };
}

/** Tries the policy with a key that is made for this and deleted at once. */
async function probeOnce(
  aws: Aws,
  userName: string,
  expires: Date,
  { patienceMs = 10_000, signal }: ExtendOptions,
): Promise<void> {
  const iam = await connectionOf(aws).iam({ keepAlive: false, retry: false });
  const { AccessKey } = await iam.createAccessKey({ UserName: userName }).catch((error) => {
    if (!/^LimitExceeded/.test(awsErrorCode(error))) throw error;
    throw new S3CredentialsError(
      "conflict",
      `Could not find out whether this server lets keys expire: user ${userName} has two keys, ` +
        "and a third one would be needed to try it",
      { hint: "Delete one of the keys, or create others with `expires`", cause: error },
    );
  });
  const { AccessKeyId, SecretAccessKey } = AccessKey!;
  const credentials = { accessKeyId: AccessKeyId!, secretAccessKey: SecretAccessKey! };
  try {
    await proveExpiry(aws, { userName, expires, credentials }, { timeoutMs: patienceMs, signal });
  } catch (error) {
    await iam.deleteUserPolicy({ UserName: userName, PolicyName: EXPIRES_POLICY }).catch(() => {});
    throw error;
  } finally {
    await iam.deleteAccessKey({ UserName: userName, AccessKeyId });
  }
}
