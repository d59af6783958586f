/**
 * Which user or role the credentials belong to.
 *
 * @module
 */
import type { Aws } from "../aws/connect.ts";
import { callerIdentity, type Identity } from "../aws/requests/caller_identity.ts";
import { serviceError } from "../aws/service_error.ts";

export type { Identity };

/**
 * Finds out which user or role the credentials belong to.
 *
 * Needs no permission, see
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html
 *
 * @param aws the account
 * @returns the caller
 * @throws {S3CredentialsError} if AWS doesn't accept the credentials
 *
 * @example The administrator of a sandbox
 * ```ts
 * import { connect, whoami } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox();
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * assert.match((await whoami(aws)).Arn, /:user\/admin$/);
 * ```
 */
export async function whoami(aws: Aws): Promise<Identity> {
  try {
    return await callerIdentity(aws);
  } catch (error) {
    throw serviceError(error, "Could not find out who is calling");
  }
}
