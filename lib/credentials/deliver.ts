/**
 * Handing new credentials over, or taking them back.
 *
 * @module
 */
import { S3CredentialsError } from "../errors.ts";
import type { Credentials } from "./format.ts";
import type { CreatedCredentials } from "./create.ts";
import { withUndoReport } from "./rollback.ts";

/**
 * Hands credentials over. Where that fails nobody has the secret, so all that was created for it is
 * removed again.
 *
 * @param created what `createCredentials` gave
 * @param handOver writes the credentials to where they are wanted
 * @throws {S3CredentialsError} if they could not be handed over; says what was undone
 */
export async function deliver(
  created: CreatedCredentials,
  handOver: (credentials: Credentials) => Promise<void>,
): Promise<void> {
  try {
    await handOver(created.credentials);
  } catch (cause) {
    const error = new S3CredentialsError(
      "partial-failure",
      `Could not write the credentials: ${cause instanceof Error ? cause.message : cause}`,
      { cause },
    );
    throw withUndoReport(error, await created.undo());
  }
}
