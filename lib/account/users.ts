/**
 * The users of an account.
 *
 * @module
 */
import { DEFAULT_CONCURRENCY } from "../concurrency.ts";
import type { Aws, IAMClient } from "../aws/connect.ts";
import { iamPages } from "../aws/listing.ts";
import { serviceError } from "../aws/service_error.ts";
import { listingClient } from "./iam_calls.ts";

/** A user, under AWS's field names. */
export interface User {
  /** The user's name. */
  UserName: string;
  /** The user's unique id. */
  UserId: string;
  /** The user's ARN. */
  Arn: string;
  /** The user's path, such as `/`. */
  Path: string;
  /** When the user was created. */
  CreateDate: Date;
  /** When the user last signed in with a password. */
  PasswordLastUsed?: Date;
  /** The policy that limits the user's permissions; a list of users has none, as IAM omits it there. */
  PermissionsBoundary?: { PermissionsBoundaryType?: string; PermissionsBoundaryArn?: string };
  /** The user's tags; a list of users has none, as IAM omits them there. */
  Tags?: { Key: string; Value: string }[];
}

/**
 * Lists the users of the account.
 *
 * @param aws the account
 * @returns the users, as pages arrive
 * @throws {S3CredentialsError} if they can't be listed
 *
 * @example The users of a sandbox
 * ```ts
 * import { connect, listUsers } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox();
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const users = await Array.fromAsync(listUsers(aws));
 * assert.deepEqual(users.map(({ UserName }) => UserName), ["admin"]);
 * assert.ok(users[0]!.CreateDate <= new Date());
 * ```
 */
export async function* listUsers(aws: Aws): AsyncGenerator<User> {
  yield* allUsers(await listingClient(aws, DEFAULT_CONCURRENCY, "Could not list users"));
}

/** The same by a client that is there already. */
export async function* allUsers(iam: IAMClient): AsyncGenerator<User> {
  try {
    const users = iamPages((page) => iam.listUsers(page), (page) => page.Users);
    for await (const user of users) yield user as User;
  } catch (error) {
    throw serviceError(error, "Could not list users");
  }
}
