/**
 * Delivering new credentials, or rolling them back.
 *
 * @module
 */
import { S3CredentialsError } from "../../errors.ts";
import { fileErrorWords } from "../../file_error.ts";
import { withRollbackReport } from "../rollback.ts";
import type { CreatedCredentials } from "../types.ts";

/** Delivers credentials. If that fails nobody has the secret, so that all that was created is removed. */
export async function deliver(
  created: CreatedCredentials,
  write: (created: CreatedCredentials) => Promise<void>,
): Promise<void> {
  try {
    await write(created);
  } catch (cause) {
    const error = new S3CredentialsError(
      "partial-failure",
      `Could not write the credentials: ${fileErrorWords(cause)}`,
      { cause },
    );
    throw withRollbackReport(error, await created.rollBack());
  }
}
