/**
 * Data to standard output, messages to standard error.
 *
 * @module
 */
import type { S3CredentialsError } from "../errors.ts";
import { formatRows, type RowFormat } from "../rows.ts";
import { escapeControls, escapeName } from "../escape.ts";
import { ExitCode } from "./exit_code.ts";
import type { Io, Output } from "./io.ts";

/** Writes a message to standard error, with control characters escaped. Never fails. */
export async function writeMessage(io: Io, message: string): Promise<void> {
  try {
    await io.stderr.write(`${escapeControls(message)}\n`);
  } catch {
    // Standard error is closed: there is no one to report it to.
  }
}

/** An error as text: the message, and below it the hint. */
export function errorText({ message, hint }: S3CredentialsError): string {
  return inCliTerms(hint === undefined ? `Error: ${message}` : `Error: ${message}\n${hint}`);
}

/** How the command line calls what the library's messages name in backticks. */
export const CLI_TERMS: Readonly<Record<string, string>> = {
  createBucket: "--create-bucket",
  credentials: "--auth",
  duration: "--duration",
  endpointUrl: "--endpoint-url",
  prefix: "--prefix",
  profile: "--profile",
  public: "--public",
  region: "--region",
  username: "--username",
  userPermissionsBoundary: "--user-permissions-boundary",
  waitForCredentials: "create --wait",
  website: "--website",
  whoami: "s3-credentials whoami --auth FILE, where FILE holds what was printed",
};

function inCliTerms(text: string): string {
  return text.replace(
    /`(\w+)`/g,
    (quoted, name) => Object.hasOwn(CLI_TERMS, name) ? CLI_TERMS[name]! : quoted,
  );
}

/** Reports an error of one item of several; the command goes on. */
export async function writeError(io: Io, error: S3CredentialsError): Promise<void> {
  await writeMessage(io, errorText(error));
}

/** Writes text and a line break to standard output; on a terminal, control characters are escaped. */
export async function writeLine(io: Io, text: string): Promise<void> {
  await writeText(io.stdout, `${text}\n`);
}

/** A key or path for standard output: escaped on a terminal, else as it is. */
export function nameFor(io: Io, name: string): string {
  return io.stdout.isTerminal ? escapeName(name) : name;
}

function writeText(output: Output, text: string): Promise<void> {
  return output.write(output.isTerminal ? escapeControls(text) : text);
}

/** Writes a value as JSON with an indent of four. */
export async function writeJson(io: Io, value: unknown): Promise<void> {
  await writeLine(io, JSON.stringify(value, null, 4));
}

/** Messages in the order in which they were said; the caller need not wait. */
export interface MessageLog {
  /** Writes a message. */
  say(message: string): void;
  /** Writes a warning, which `--silent` does not hide. */
  warn(message: string): void;
  /** Waits until everything has been written. */
  flush(): Promise<void>;
}

/** A log for library calls that report their progress; if silent, only warnings are written. */
export function messageLog(io: Io, isSilent: boolean): MessageLog {
  let written = Promise.resolve();
  const write = (message: string) => {
    written = written.then(() => writeMessage(io, message));
  };
  return {
    say(message) {
      if (!isSilent) write(message);
    },
    warn: (message) => write(`Warning: ${message}`),
    flush: () => written,
  };
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
