/**
 * The line on a terminal that shows the progress of a transfer, and the one that says what was done.
 *
 * @module
 */
import type { TransferProgress } from "../objects/types.ts";
import { ExitCode } from "./exit_code.ts";
import type { Io } from "./io.ts";
import { terminalWidth, writeMessage } from "./output.ts";

/** A line that is redrawn as a transfer goes on, and messages above it. */
export interface ProgressLine {
  /** Called with the latest progress. */
  update(progress: Readonly<TransferProgress>): void;
  /** Writes a message. */
  say(message: string): void;
  /** Writes the error of one object. */
  fail(message: string): void;
  /** Replaces the line by what was done, and waits until everything has been written. */
  finish(outcome: "done" | "stopped"): Promise<void>;
}

/** Which way a transfer goes: what it is called while it runs, and afterwards. */
const WORDS = {
  upload: { running: "Uploading", done: "Uploaded" },
  download: { running: "Downloading", done: "Downloaded" },
};

/** How to draw a {@linkcode ProgressLine}. */
interface ProgressLineOptions {
  /** Which way the transfer goes. */
  direction: keyof typeof WORDS;
  /** Whether to write nothing but messages. */
  isSilent: boolean;
  /** What else there is to say in the end. */
  note?: string;
  /** The time in milliseconds. */
  now?: () => number;
}

const INTERVAL_MS = 100;
const CLEAR_LINE = "\r\x1b[K";

/** Shows the progress of some work, and in the end what was done or how far it came. */
export async function withProgress(
  io: Io,
  options: ProgressLineOptions,
  work: (line: ProgressLine) => Promise<void>,
): Promise<void> {
  const line = progressLine(io, options);
  try {
    await work(line);
    await line.finish("done");
  } catch (error) {
    await line.finish(error instanceof ExitCode ? "done" : "stopped");
    throw error;
  }
}

/**
 * Starts a line. If standard error is no terminal, only messages are written, and at the end what was
 * uploaded or how far an interrupted transfer came.
 */
function progressLine(
  io: Io,
  { direction, isSilent, note = "", now = () => performance.now() }: ProgressLineOptions,
): ProgressLine {
  const { isTerminal, isDumb } = io.stderr;
  const isDrawing = isTerminal && !isDumb && !isSilent;
  const started = now();
  let written = Promise.resolve();
  let progress: Readonly<TransferProgress> | undefined;
  let failed = 0;
  let isDrawn = false;
  const put = (text: string) => {
    written = written.then(() => io.stderr.write(text)).catch(() => {});
  };
  const clear = () => {
    if (isDrawn) put(CLEAR_LINE);
    isDrawn = false;
  };
  const draw = () => {
    if (progress === undefined) return;
    const columns = (terminalWidth(io.stderr) ?? 80) - 1;
    const { running } = WORDS[direction];
    put(CLEAR_LINE + describeProgress(running, progress, now() - started, columns));
    isDrawn = true;
  };
  const say = (message: string) => {
    clear();
    written = written.then(() => writeMessage(io, message));
  };
  const lastLine = (outcome: "done" | "stopped") => {
    if (progress === undefined || isSilent) return undefined;
    if (outcome === "stopped") {
      return isTerminal || io.signal.aborted ? describeStop(progress) : undefined;
    }
    // Uploads change the bucket: that is said in a log file too.
    if (!isTerminal && direction === "download") return undefined;
    const milliseconds = isTerminal ? now() - started : 0;
    const result = describeResult(WORDS[direction].done, progress, failed, milliseconds);
    return result && note ? `${result}; ${note}` : result;
  };
  const timer = isDrawing ? setInterval(draw, INTERVAL_MS) : undefined;
  return {
    update: (latest) => void (progress = latest),
    say,
    fail(message) {
      failed++;
      say(message);
    },
    async finish(outcome) {
      // For any call of it, Deno loads all of Node's timers.
      if (timer !== undefined) clearInterval(timer);
      clear();
      const text = lastLine(outcome);
      if (text !== undefined) say(text);
      await written;
    },
  };
}

/** What was done, such as `Uploaded 9 of 10 files, 9.0 MiB`; nothing if that is nothing. */
export function describeResult(
  done: string,
  { objects, totalObjects, bytes, isTotalFinal }: Readonly<TransferProgress>,
  failed: number,
  milliseconds: number,
): string | undefined {
  const succeeded = objects - failed;
  const isComplete = isTotalFinal && succeeded === totalObjects;
  if (!isComplete && succeeded === 0) return undefined;
  const total = isComplete ? "" : ` of ${totalObjects}`;
  const files = totalObjects === 1 ? "file" : "files";
  const text = `${done} ${succeeded}${total} ${files}, ${formatBytes(bytes)}`;
  if (milliseconds === 0) return text;
  return `${text} in ${formatSeconds(milliseconds / 1000)} (${formatRate(bytes, milliseconds)})`;
}

/** How much was done when it ended early. */
export function describeStop(progress: Readonly<TransferProgress>): string | undefined {
  const { bytes, totalBytes } = progress;
  if (bytes === 0 && progress.objects === 0) return undefined;
  const size = bytes < totalBytes ? formatBytesOf(bytes, totalBytes) : formatBytes(bytes);
  return `Stopped after ${[formatFiles(progress), size].filter(Boolean).join(", ")}`;
}

const MIN_BAR_WIDTH = 6;
const MAX_BAR_WIDTH = 20;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const SPACE = "  ";

/** The progress as one line of at most `columns` characters; the least important parts are dropped. */
export function describeProgress(
  running: string,
  progress: Readonly<TransferProgress>,
  milliseconds: number,
  columns: number,
): string {
  const { objects, bytes, totalBytes, isTotalFinal } = progress;
  // While objects are still being listed, or for a stream of unknown length, there is no percentage.
  const hasShare = isTotalFinal && (totalBytes > 0 ? bytes <= totalBytes : objects > 0);
  const share = totalBytes > 0 ? bytes / totalBytes : 1;
  const secondsLeft = bytes > 0 ? (totalBytes - bytes) / bytes * milliseconds / 1000 : undefined;
  const parts: [importance: number, text: string][] = [
    [9, running],
    [8, hasShare ? `${Math.floor(share * 100)}%` : ""],
    [7, hasShare ? bar(share, MIN_BAR_WIDTH) : ""],
    [6, hasShare && totalBytes > 0 ? formatBytesOf(bytes, totalBytes) : formatBytes(bytes)],
    [4, milliseconds > 0 ? formatRate(bytes, milliseconds) : ""],
    [5, formatFiles(progress)],
    [3, hasShare && secondsLeft !== undefined ? `${formatSeconds(secondsLeft)} left` : ""],
  ];
  let kept = parts.filter(([, text]) => text !== "");
  while (lengthOf(kept) > columns && kept.length > 1) {
    const least = Math.min(...kept.map(([importance]) => importance));
    kept = kept.filter(([importance]) => importance !== least);
  }
  const barWidth = Math.min(MAX_BAR_WIDTH, MIN_BAR_WIDTH + columns - lengthOf(kept));
  const texts = kept.map(([importance, text]) => importance === 7 ? bar(share, barWidth) : text);
  return texts.join(SPACE).slice(0, Math.max(columns, 0));
}

function formatFiles({ objects, totalObjects, isTotalFinal }: Readonly<TransferProgress>): string {
  return totalObjects > 1 ? `${objects}/${totalObjects}${isTotalFinal ? "" : "+"} files` : "";
}

function lengthOf(parts: readonly [number, string][]): number {
  return parts.map(([, text]) => text).join(SPACE).length;
}

function bar(share: number, width: number): string {
  const eighths = Math.floor(share * width * 8);
  const full = "█".repeat(eighths >> 3) + EIGHTHS[eighths & 7];
  return `▕${full.padEnd(width)}▏`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A number of bytes for people, such as `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  const unit = unitOf(bytes);
  return `${inUnit(bytes, unit)} ${UNITS[unit]}`;
}

/** Two numbers of bytes in the unit of the larger one, such as `0.5/1.5 MiB`. */
function formatBytesOf(bytes: number, total: number): string {
  const unit = unitOf(total);
  return `${inUnit(bytes, unit)}/${inUnit(total, unit)} ${UNITS[unit]}`;
}

/** In which unit the number has no more than four digits before the point. */
function unitOf(bytes: number): number {
  let unit = 0;
  while (bytes / 1024 ** unit >= 1023.95 && unit < UNITS.length - 1) unit++;
  return unit;
}

function inUnit(bytes: number, unit: number): string {
  return unit === 0 ? `${Math.round(bytes)}` : (bytes / 1024 ** unit).toFixed(1);
}

function formatRate(bytes: number, milliseconds: number): string {
  return `${formatBytes(milliseconds > 0 ? bytes / (milliseconds / 1000) : 0)}/s`;
}

/** A time for people, such as `0:05` or `1:02:03`. */
function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
