/**
 * Data to standard output, words to standard error.
 *
 * @module
 */
import type { S3CredentialsError } from "../errors.ts";
import type { Io } from "./io.ts";

/**
 * Writes a message for a person. That nobody can read it is no reason to fail.
 *
 * @param io the process
 * @param message one line or several
 */
export async function writeMessage(io: Io, message: string): Promise<void> {
  try {
    await io.stderr.write(`${message}\n`);
  } catch {
    // Standard error is closed: there is nobody to tell.
  }
}

/**
 * An error as a person reads it: the message, and what to do beneath.
 *
 * @param error the error
 * @returns one line or several
 */
export function errorText({ message, hint }: S3CredentialsError): string {
  return hint === undefined ? `Error: ${message}` : `Error: ${message}\n${hint}`;
}

/**
 * Reports an error of one item of several; the command goes on.
 *
 * @param io the process
 * @param error the error
 */
export async function writeError(io: Io, error: S3CredentialsError): Promise<void> {
  await writeMessage(io, errorText(error));
}

/**
 * Writes a text and a line break to standard output.
 *
 * @param io the process
 * @param text the data
 */
export async function writeLine(io: Io, text: string): Promise<void> {
  await io.stdout.write(`${text}\n`);
}

/**
 * Writes a value as JSON that is indented by four.
 *
 * @param io the process
 * @param value the data
 */
export async function writeJson(io: Io, value: unknown): Promise<void> {
  await writeLine(io, JSON.stringify(value, null, 4));
}

/** Messages in the order in which they were said, without making the speaker wait. */
export interface MessageLog {
  /** Says something. */
  say(message: string): void;
  /** Waits until all has been written. */
  flush(): Promise<void>;
}

/**
 * A log for library calls that report their progress as they go.
 *
 * @param io the process
 * @param isSilent whether to drop the messages
 * @returns the log
 */
export function messageLog(io: Io, isSilent: boolean): MessageLog {
  let written = Promise.resolve();
  return {
    say(message) {
      if (!isSilent) written = written.then(() => writeMessage(io, message));
    },
    flush: () => written,
  };
}
