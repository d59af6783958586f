/**
 * Commands for several items: an error of one does not keep the command from the others.
 *
 * @module
 */
import { S3CredentialsError } from "../errors.ts";
import { ExitCode } from "./exit_code.ts";
import type { Io } from "./io.ts";
import { errorTexts, type MessageLog, messageLog, writeMessage } from "./output.ts";

/** Does the same with each item, one after the other; throws `ExitCode` 1 if one has failed. */
export async function forEachItem(
  items: readonly string[],
  io: Io,
  log: MessageLog,
  work: (item: string) => Promise<void>,
): Promise<void> {
  const textOf = errorTexts();
  let failed = false;
  for (const item of items) {
    io.signal.throwIfAborted();
    try {
      await work(item);
    } catch (error) {
      if (!(error instanceof S3CredentialsError) || items.length === 1) throw error;
      if (error === io.signal.reason || isOfAll(error)) throw error;
      failed = true;
      await log.flush();
      await writeMessage(io, textOf(error));
    }
  }
  if (failed) throw new ExitCode(1);
}

/** Whether an error is of the command as a whole, such as of a setting that each of its items needs. */
function isOfAll({ code }: S3CredentialsError): boolean {
  return code === "usage";
}

/** Errors of single items, reported as they happen while the rest goes on. */
export interface ErrorLog {
  /** Reports an error; throws one that is of no single item. */
  onError(error: S3CredentialsError): void;
  /** Waits until all have been written; throws `ExitCode` 1 if there were any. */
  finish(): Promise<void>;
}

/** A log for the errors of single items. */
export function itemErrors(io: Io): ErrorLog {
  const log = messageLog(io);
  const textOf = errorTexts();
  let failed = false;
  return {
    onError(error) {
      if (isOfAll(error)) throw error;
      failed = true;
      log.say(textOf(error));
    },
    async finish() {
      await log.flush();
      if (failed) throw new ExitCode(1);
    },
  };
}
