/**
 * Whether a server lets keys expire: only a key can show that.
 *
 * @module
 */
import { isDeepStrictEqual } from "node:util";
import { abortable } from "../../abortable.ts";
import { type Aws, connectionOf } from "../../aws/connect.ts";
import type { AwsCredentialIdentity } from "../../aws/credential_types.ts";
import { httpStatus, serviceError } from "../../aws/service_error.ts";
import { customEndpoint } from "../../aws/settings.ts";
import { S3CredentialsError } from "../../errors.ts";
import { policyText } from "../../policy/document.ts";
import { retry } from "../../retry.ts";
import { denyFrom, EXPIRES_POLICY, expiryPolicy } from "../expiry.ts";

/** Whether IAM and S3 are Amazon's own, so that conditions are evaluated for sure. */
export async function usesAwsEndpoints(aws: Aws): Promise<boolean> {
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

/** Whether a policy is one that an interrupted proof has left. */
export function isProbe(document: unknown, expires: Date): boolean {
  return [FAR_FUTURE, PAST].some((until) =>
    isDeepStrictEqual(document, JSON.parse(probePolicy(expires, until)))
  );
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
  const { signal } = patience;
  const put = (PolicyDocument: string) => {
    signal?.throwIfAborted();
    return iam.putUserPolicy({ UserName: userName, PolicyName: EXPIRES_POLICY, PolicyDocument });
  };
  using holder = aws.withCredentials(credentials);
  const s3 = await holder.s3();
  const listBuckets = () => abortable(s3.listBuckets({}), signal);
  const isRefused = (error: unknown) => [401, 403].includes(httpStatus(error) ?? 0);
  try {
    await put(probePolicy(expires, FAR_FUTURE));
    await retry(listBuckets, { isRetriable: isRefused, ...patience });
    await put(probePolicy(expires, PAST));
    await retry(async () => {
      const refused = await listBuckets().then(() => false, (error) => {
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
      { cause: error, hint: "Amazon's own endpoints let them: use one, or omit `expires`" },
    );
  }
}
