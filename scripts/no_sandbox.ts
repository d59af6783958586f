/**
 * What standalone executables have in place of the sandbox. It would bring along fifteen megabytes of
 * data and a licence that the rest of the tool doesn't have.
 *
 * @module
 */
import { S3CredentialsError } from "../lib/errors.ts";

/** Says where the sandbox is to be had. */
export function startSandbox(): Promise<never> {
  return Promise.reject(
    new S3CredentialsError("not-found", "This executable has no sandbox in it", {
      hint: "Run it with Deno: deno run -A jsr:@s3creds/cli sandbox",
    }),
  );
}
