/**
 * Questions on the terminal, of which one kind does not show the answer.
 *
 * @module
 */
import { abortable } from "../abortable.ts";
import { S3CredentialsError } from "../errors.ts";
import { escapeName } from "../escape.ts";

const CTRL_C = "\x03";
const CTRL_D = "\x04";

/** Asks, and reads a line from the terminal. */
export async function askHidden(
  question: string,
  write: (text: string) => Promise<void>,
  signal: AbortSignal,
): Promise<string> {
  await write(escapeName(question));
  // With cbreak, Ctrl-C stays a signal, which Windows doesn't have.
  Deno.stdin.setRaw(true, { cbreak: Deno.build.os !== "windows" });
  try {
    return await abortable(readHiddenLine(() => readInput()), signal);
  } finally {
    Deno.stdin.setRaw(false);
    await write("\n");
  }
}

/** Asks, and reads a line that the terminal shows as it is typed. */
export async function askLine(
  question: string,
  write: (text: string) => Promise<void>,
  signal: AbortSignal,
  read: () => Promise<string | undefined> = readInput,
): Promise<string> {
  await write(escapeName(question));
  const isEnd = (line: string) => line.endsWith("\n");
  let line = "";
  try {
    while (!isEnd(line)) {
      const typed = await abortable(read(), signal);
      // Ctrl-D is no answer.
      if (typed === undefined) break;
      line += typed;
    }
  } finally {
    // What follows must not stand behind the question.
    if (!isEnd(line)) await write("\n");
  }
  return line.trim();
}

/**
 * Asks before what can't be undone, and throws an error that says `refusal` unless the answer is a yes.
 * An interruption is Ctrl-C alone, and has an exit code of its own.
 */
export async function confirm(
  ask: (question: string) => Promise<string>,
  question: string,
  { isYes, refusal }: { isYes(answer: string): boolean; refusal: string },
): Promise<void> {
  if (isYes(await ask(question))) return;
  throw new S3CredentialsError("conflict", refusal);
}

async function readInput(): Promise<string | undefined> {
  const buffer = new Uint8Array(256);
  const length = await Deno.stdin.read(buffer);
  return length === null ? undefined : new TextDecoder().decode(buffer.subarray(0, length));
}

/** What is typed up to Enter, after its corrections. */
export async function readHiddenLine(
  read: () => Promise<string | undefined>,
): Promise<string> {
  let line = "";
  for (;;) {
    const typed = await read();
    if (typed === undefined) throw cancelled();
    for (const character of typed) {
      if (character === "\r" || character === "\n") return line.trim();
      if (character === CTRL_C || (character === CTRL_D && line === "")) throw cancelled();
      if (character === "\x7f" || character === "\b") line = line.slice(0, -1);
      else if (character === "\x15") line = "";
      else if (character >= " ") line += character;
    }
  }
}

function cancelled(): S3CredentialsError {
  return new S3CredentialsError("interrupted", "Interrupted: no code was entered");
}
