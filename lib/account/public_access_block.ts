/**
 * What keeps buckets from becoming public: the blocks of a bucket and of the whole account.
 *
 * @module
 */
import type { PublicAccessBlockSettings } from "../policy/public_access.ts";
import { type Aws, connectionOf } from "../aws/connect.ts";
import { awsErrorCode } from "../aws/service_error.ts";

/** The public access block of the whole account; `null` if there is none. */
export async function accountPublicAccessBlock(
  aws: Aws,
): Promise<Partial<PublicAccessBlockSettings> | null> {
  const { Account: AccountId } = await (await aws.sts()).getCallerIdentity({});
  const control = await connectionOf(aws).s3Control();
  try {
    const found = await control.getPublicAccessBlock({ AccountId });
    return found.PublicAccessBlockConfiguration ?? null;
  } catch (error) {
    if (awsErrorCode(error) === "NoSuchPublicAccessBlockConfiguration") return null;
    throw error;
  }
}
