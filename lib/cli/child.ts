/**
 * Running another program.
 *
 * @module
 */
import { messageOf, S3CredentialsError } from "../errors.ts";
import type { Io, MakeEnvironment } from "./io.ts";
import { writeError } from "./output.ts";

/** The exit codes of shells for a program that is not there, and for one that can't be run. */
const EXIT_NOT_FOUND = 127;
const EXIT_NOT_RUN = 126;

/**
 * Runs a program and returns its exit code. One that can't be run is reported, and ends as in a shell;
 * `explain` may add to the error what became of the preparations.
 */
export async function runChild(
  words: readonly string[],
  environment: MakeEnvironment,
  io: Io,
  explain: (error: S3CredentialsError) => Promise<S3CredentialsError> = (error) =>
    Promise.resolve(error),
): Promise<number> {
  try {
    return await io.run(words, environment);
  } catch (error) {
    await writeError(io, await explain(startError(error, words[0]!)));
    return (error as Error).name === "NotFound" ? EXIT_NOT_FOUND : EXIT_NOT_RUN;
  }
}

function startError(cause: unknown, program: string): S3CredentialsError {
  switch ((cause as Error).name) {
    case "NotFound":
      return new S3CredentialsError("not-found", `Command not found: ${program}`, {
        hint:
          "Name a program on the PATH. Commands of this tool begin with s3-credentials, which " +
          "must be installed",
        cause,
      });
    case "NotCapable":
      return new S3CredentialsError("access-denied", `Deno was not allowed to run ${program}`, {
        hint: "Run it with --allow-run, or with -A",
        cause,
      });
    default:
      return new S3CredentialsError("file", `Could not run ${program}: ${messageOf(cause)}`, {
        cause,
      });
  }
}
