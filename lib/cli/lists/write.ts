/**
 * What the commands share that print lists: their formats, and rows as they arrive.
 *
 * @module
 */
import { formatRows, type RowFormat } from "./rows.ts";
import { flag, type Values } from "../command.ts";
import { escapeControls } from "../../escape.ts";
import { startTimer } from "../../timer.ts";
import type { Io, Output } from "../io.ts";
import { usage } from "../options.ts";
import { styled, terminalWidth, writeMessage } from "../output.ts";
import { formatTable } from "./table.ts";

/** How a list is written. */
export const rowOptions = {
  nl: flag("--nl", "Newline-delimited JSON: one object a line"),
  csv: flag("--csv", "CSV"),
  tsv: flag("--tsv", "TSV"),
  table: flag("--table", "Table for people, cut to the terminal's width"),
};

/** How a list is written. */
export type ListFormat = RowFormat | "table";

/** The format selected by the options, else JSON; throws `usage` if there is more than one. */
export function rowFormatOf(options: Values<typeof rowOptions>): ListFormat {
  return chosenFormat(options) ?? "json";
}

/** The same for a list that is plain text by default. */
export function chosenFormat(
  options: Values<typeof rowOptions> & { json?: boolean },
): ListFormat | undefined {
  const formats = ["nl", "csv", "tsv", "table"] as const;
  const all = "json" in options ? ["json" as const, ...formats] : formats;
  const chosen = all.filter((format) => options[format]);
  if (chosen.length <= 1) return chosen[0];
  const names = all.map((format) => `--${format}`);
  throw usage(`Use only one of ${names.slice(0, -1).join(", ")} and ${names.at(-1)}`);
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

/** The columns of a list. */
export interface Columns {
  /** Those of CSV and TSV. */
  fields: readonly string[];
  /** Those of a table: what matters most to people, in this order. */
  tableFields: readonly string[];
  /** Those of a table that are not cut: names, ids and ARNs. */
  wholeFields?: readonly string[];
}

/** Writes rows to standard output as they arrive. */
export async function writeRows(
  io: Io,
  rows: AsyncIterable<object>,
  format: ListFormat,
  columns: Columns,
): Promise<void> {
  let batch = "";
  let stopTimer: (() => void) | undefined;
  let failure: { error: unknown } | undefined;
  let written: Promise<void> = Promise.resolve();
  let dropped: readonly string[] = [];
  const onDropped = (fields: readonly string[]) => {
    dropped = fields;
  };
  const flush = () => {
    stopTimer?.();
    stopTimer = undefined;
    const text = batch;
    batch = "";
    if (text === "") return;
    written = written.then(() => io.stdout.write(text)).catch((error) => {
      failure ??= { error };
    });
  };
  try {
    const pieces = formatted(abortableItems(rows, io), format, columns, io.stdout, onDropped);
    for await (const piece of pieces) {
      batch += piece;
      stopTimer ??= startTimer(BATCH_DELAY_MS, flush);
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
  if (dropped.length === 0) return;
  await writeMessage(
    io,
    `Not shown for lack of width: ${dropped.join(", ")}. Make the terminal wider, or omit --table`,
  );
}

/** On a terminal, control characters are escaped; those of a table always are. */
async function* formatted(
  rows: AsyncIterable<object>,
  format: ListFormat,
  { fields, tableFields, wholeFields }: Columns,
  output: Output,
  onDropped: (fields: readonly string[]) => void,
): AsyncGenerator<string> {
  if (format === "table") {
    const bold = (text: string) => styled(output, "bold", text);
    const width = terminalWidth(output) ?? Infinity;
    yield* formatTable(rows, tableFields, { width, bold, whole: wholeFields, onDropped });
    return;
  }
  for await (const piece of formatRows(rows, format, fields)) {
    yield output.isTerminal ? escapeControls(piece) : piece;
  }
}
