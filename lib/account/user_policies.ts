/**
 * The inline policies of users.
 *
 * @module
 */
import { DEFAULT_CONCURRENCY } from "../concurrency.ts";
import type { PolicyDocument } from "../policy/document.ts";
import type { Aws, IAMClient } from "../aws/connect.ts";
import { withDetails } from "../aws/listing.ts";
import { userError } from "../aws/missing.ts";
import { inlinePolicies, listingClient } from "./iam_calls.ts";
import { type ListOptions, reportError } from "./list_options.ts";
import { allUsers } from "./users.ts";

/** The inline policies of one user. */
export interface UserPolicies {
  /** The user's name. */
  UserName: string;
  /** The policies, in AWS's order. */
  Policies: { PolicyName: string; PolicyDocument: PolicyDocument }[];
}

/**
 * Lists the inline policies of users: of those that are named, or of all.
 *
 * @param aws the account
 * @param options names, and what to do about a user that is missing or may not be read
 * @returns an entry a user, in order
 * @throws {S3CredentialsError} if the users can't be listed
 *
 * @example The policy of a user that createCredentials has created
 * ```ts
 * import { connect, createCredentials, listUserPolicies } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox();
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await createCredentials(aws, { buckets: ["photos"], createBucket: true });
 * const names = ["s3.read-write.photos"];
 * const [found] = await Array.fromAsync(listUserPolicies(aws, { names }));
 * assert.equal(found?.Policies[0]?.PolicyName, "s3.read-write.photos");
 * ```
 */
export async function* listUserPolicies(
  aws: Aws,
  options: Omit<ListOptions, "details"> = {},
): AsyncGenerator<UserPolicies> {
  const { names = [], concurrency = DEFAULT_CONCURRENCY } = options;
  const iam = await listingClient(aws, concurrency, "Could not list users");
  const userNames = names.length > 0 ? names : allUserNames(iam);
  const found = withDetails(userNames, async (UserName) => {
    try {
      const policies = inlinePolicies({
        list: (page) => iam.listUserPolicies({ UserName, ...page }),
        get: (PolicyName) => iam.getUserPolicy({ UserName, PolicyName }),
      });
      return { UserName, Policies: await Array.fromAsync(policies) };
    } catch (error) {
      const action = `Could not read the policies of user ${UserName}`;
      reportError(options, userError(error, UserName, action));
    }
  }, concurrency);
  for await (const one of found) if (one !== undefined) yield one;
}

async function* allUserNames(iam: IAMClient): AsyncGenerator<string> {
  for await (const { UserName } of allUsers(iam)) yield UserName;
}
