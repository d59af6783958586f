/**
 * Runs a command line: parse, run, one catch, exit code.
 *
 * @module
 */
import { abortable } from "../abortable.ts";
import { S3CredentialsError } from "../errors.ts";
import { parseCommandLine, type Program, UsageError } from "./command.ts";
import { ExitCode } from "./exit_code.ts";
import { exitCodeOf, type Io, OutputError } from "./io.ts";
import { errorText, writeMessage } from "./output.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Runs a command line. Whatever goes wrong ends in one message and an exit code. */
export async function runProgram(
  program: Program,
  args: readonly string[],
  io: Io,
): Promise<number> {
  let usage = "";
  try {
    const parsed = await parseCommandLine(program, args);
    if (parsed.kind === "help") {
      await io.stdout.write(parsed.text);
      return 0;
    }
    usage = parsed.usage;
    const run = parsed.run(io);
    await (parsed.stopsItself ? run : abortable(run, io.signal));
    return 0;
  } catch (error) {
    // What a signal stops rejects with the signal's reason.
    const isStop = io.signal.aborted && error === io.signal.reason;
    return await report(isStop ? interruption(error) : error, usage, io);
  }
}

function interruption(reason: unknown): S3CredentialsError {
  return reason instanceof S3CredentialsError
    ? reason
    : new S3CredentialsError("interrupted", "Interrupted", { cause: reason });
}

async function report(error: unknown, usage: string, io: Io): Promise<number> {
  if (error instanceof ExitCode) return error.code;
  // The reader of our output has closed it, as `head` does.
  if (error instanceof Error && error.name === "BrokenPipe") return 0;
  if (error instanceof UsageError) {
    await writeMessage(io, `${error.usage}\nError: ${error.message}`);
    return EXIT_USAGE;
  }
  if (error instanceof S3CredentialsError) {
    const isUsage = error.code === "usage";
    await writeMessage(io, isUsage ? `${usage}\n${errorText(error)}` : errorText(error));
    if (error.code === "interrupted") return exitCodeOf(io.signal);
    return isUsage ? EXIT_USAGE : EXIT_FAILED;
  }
  await writeMessage(io, error instanceof OutputError ? unwritten(error) : unexpected(error));
  return EXIT_FAILED;
}

/** In the operating system's words, as a part of a sentence. */
function unwritten({ message }: OutputError): string {
  const reason = message.replace(/ \(os error \d+\)$/, "").replace(/^[A-Z](?=[a-z])/, lower);
  return `Error: Could not write to standard output: ${reason}`;
}

const lower = (letter: string) => letter.toLowerCase();

function unexpected(error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  switch (name) {
    case "NotCapable":
      return `Error: Deno was not allowed to do something that this command needs: ${message}\n` +
        "Run it with the permissions that docs/configuration.md names, or with deno run -A";
    default:
      return `Error: unexpected ${name}: ${message}\n` +
        "This is a bug in s3-credentials: please report it, with the command that you ran";
  }
}
