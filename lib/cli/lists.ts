/**
 * What the commands share that print lists: their formats, rows as they arrive, errors of single items.
 *
 * @module
 */
import type { S3CredentialsError } from "../errors.ts";
import { formatRows, type RowFormat } from "./rows.ts";
import { flag, type Values } from "./command.ts";
import { ExitCode } from "./exit_code.ts";
import type { Io } from "./io.ts";
import { usage } from "./options.ts";
import { errorText, messageLog, writeText } from "./output.ts";

/** How a list is written. */
export const rowOptions = {
  nl: flag("--nl", "Newline-delimited JSON: one object a line"),
  csv: flag("--csv", "CSV"),
  tsv: flag("--tsv", "TSV"),
};

/** The format selected by the options; throws `usage` if there is more than one. */
export function rowFormatOf(options: Values<typeof rowOptions>): RowFormat {
  const chosen = (["nl", "csv", "tsv"] as const).filter((format) => options[format]);
  if (chosen.length > 1) throw usage("Use only one of --nl, --csv and --tsv");
  return chosen[0] ?? "json";
}

/** The same items, but throws the signal's reason as soon as Ctrl-C is pressed, even mid-page. */
export async function* abortableItems<T>(items: AsyncIterable<T>, io: Io): AsyncGenerator<T> {
  const { signal } = io;
  const iterator = items[Symbol.asyncIterator]();
  let stop = () => {};
  const onAbort = () => stop();
  signal.addEventListener("abort", onAbort);
  const next = () =>
    new Promise<IteratorResult<T>>((resolve, reject) => {
      stop = () => reject(signal.reason);
      if (signal.aborted) stop();
      else iterator.next().then(resolve, reject);
    });
  try {
    for (let item = await next(); !item.done; item = await next()) yield item.value;
  } finally {
    signal.removeEventListener("abort", onAbort);
    const ended = iterator.return?.();
    // After Ctrl-C, don't wait for the page.
    if (signal.aborted) ended?.catch(() => {});
    else await ended;
  }
}

/** Characters that are collected before they are written, if rows arrive quickly. */
const BATCH_SIZE = 32_768;
/** Milliseconds that a row waits for others to be written in the same batch. */
const BATCH_DELAY_MS = 20;

/** Writes rows to standard output as they arrive; `fields` are the columns of CSV and TSV. */
export async function writeRows(
  io: Io,
  rows: AsyncIterable<object>,
  format: RowFormat,
  fields: readonly string[],
): Promise<void> {
  let batch = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failure: { error: unknown } | undefined;
  let written: Promise<void> = Promise.resolve();
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    const text = batch;
    batch = "";
    if (text === "") return;
    written = written.then(() => writeText(io.stdout, text)).catch((error) => {
      failure ??= { error };
    });
  };
  try {
    for await (const piece of formatRows(abortableItems(rows, io), format, fields)) {
      batch += piece;
      timer ??= setTimeout(flush, BATCH_DELAY_MS);
      if (batch.length >= BATCH_SIZE) {
        flush();
        await written;
      }
      // If the reader has gone, no more is fetched.
      if (failure !== undefined) break;
    }
  } finally {
    // What came before an error is written before the error is reported.
    flush();
    await written;
  }
  if (failure !== undefined) throw (failure as { error: unknown }).error;
}

/** Errors of single items, reported as they happen while the rest goes on. */
export interface ErrorLog {
  /** Reports an error. */
  onError(error: S3CredentialsError): void;
  /** Waits until all have been written; throws `ExitCode` 1 if there were any. */
  finish(): Promise<void>;
}

/** A log for the errors of single items. */
export function itemErrors(io: Io): ErrorLog {
  const log = messageLog(io, false);
  let failed = false;
  return {
    onError(error) {
      failed = true;
      log.say(errorText(error));
    },
    async finish() {
      await log.flush();
      if (failed) throw new ExitCode(1);
    },
  };
}
