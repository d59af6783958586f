/**
 * Runs a command line: parse, run, one catch, exit code.
 *
 * @module
 */
import { abortable } from "../abortable.ts";
import { interruptedError, PERMISSIONS_HINT, S3CredentialsError } from "../errors.ts";
import type { Program } from "./command.ts";
import { ExitCode } from "./exit_code.ts";
import { commandHelp, overview } from "./help.ts";
import { exitCodeOf, type Io, type Output, OutputError } from "./io.ts";
import { errorText, styled, terminalWidth, writeMessage } from "./output.ts";
import { parseCommandLine, type Parsed, UsageError } from "./parse.ts";

const EXIT_FAILED = 1;
const EXIT_USAGE = 2;

/** Runs a command line. Whatever goes wrong ends in one message and an exit code. */
export async function runProgram(
  program: Program,
  args: readonly string[],
  processIo: Io,
): Promise<number> {
  const io = args.includes("--no-color") ? withoutColor(processIo) : processIo;
  let usage = "";
  try {
    const parsed = await parseCommandLine(program, args);
    if (parsed.kind !== "run") {
      await io.stdout.write(requestedText(program, parsed, io.stdout));
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

function withoutColor(io: Io): Io {
  const plain = (output: Output): Output => ({ ...output, hasColor: false });
  return { ...io, stdout: plain(io.stdout), stderr: plain(io.stderr) };
}

const PIPED_WIDTH = 80;
const MAX_WIDTH = 100;

function requestedText(
  program: Program,
  parsed: Exclude<Parsed, { kind: "run" }>,
  output: Output,
): string {
  if (parsed.kind === "version") return `${program.name}, version ${program.version}\n`;
  const style = {
    width: Math.min(terminalWidth(output) ?? PIPED_WIDTH, MAX_WIDTH),
    bold: (text: string) => styled(output, "bold", text),
  };
  return parsed.kind === "overview"
    ? overview(program, style)
    : commandHelp(program, parsed.name, parsed.command, style);
}

function interruption(reason: unknown): S3CredentialsError {
  return reason instanceof S3CredentialsError ? reason : interruptedError({ cause: reason });
}

async function report(error: unknown, usage: string, io: Io): Promise<number> {
  if (error instanceof ExitCode) return error.code;
  // The reader of our output has closed it, as `head` does.
  if (error instanceof Error && error.name === "BrokenPipe") return 0;
  if (error instanceof UsageError) {
    await writeMessage(io, error.usage);
    await writeMessage(io, `Error: ${error.message}`);
    return EXIT_USAGE;
  }
  if (error instanceof S3CredentialsError) {
    const isUsage = error.code === "usage";
    if (isUsage) await writeMessage(io, usage);
    await writeMessage(io, errorText(error));
    const advice = permissionsAdvice(error, usage);
    if (advice !== undefined) await writeMessage(io, advice);
    if (error.code === "interrupted") return exitCodeOf(io.signal);
    return isUsage ? EXIT_USAGE : EXIT_FAILED;
  }
  await writeMessage(io, error instanceof OutputError ? unwritten(error) : unexpected(error));
  return EXIT_FAILED;
}

/** Where AWS denies an action to a command, how to get the policy that the command takes. */
function permissionsAdvice({ code, message, hint }: S3CredentialsError, usage: string) {
  // What allows more does not overrule a statement that denies.
  if (/\bexplicit deny\b/.test(message)) return undefined;
  const [, command] = /^Usage: \S+ ([\w-]+)/.exec(usage) ?? [];
  // A server that only says that access is denied leaves nothing else to hint at.
  const isAction = hint === undefined
    ? /(access ?denied|forbidden|HTTP status 403\)?)\.?$/i.test(message)
    : /\b(?:iam|s3|sts|kms):[A-Z]\w+/.test(hint);
  // AWS tells everybody who is calling.
  const takesAny = command !== undefined && command !== "whoami";
  return code === "access-denied" && isAction && takesAny
    ? `For a policy that allows all that this takes: s3-credentials permissions ${command}`
    : undefined;
}

/** In the operating system's words, as a part of a sentence. */
function unwritten({ message }: OutputError): string {
  const reason = message.replace(/ \(os error \d+\)$/, "").replace(/^[A-Z](?=[a-z])/, lower);
  return `Error: Could not write to standard output: ${reason}`;
}

const lower = (letter: string) => letter.toLowerCase();

function unexpected(error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  // Deno's error for a module of our own that it was not allowed to read.
  switch (message.startsWith("Requires read access") ? "NotCapable" : name) {
    case "NotCapable":
      return `Error: Deno was not allowed to do something that this command needs: ${message}\n` +
        PERMISSIONS_HINT;
    default:
      return `Error: unexpected ${name}: ${message}\n` +
        "This is a bug in s3-credentials: please report it, with the command that you ran";
  }
}
