/**
 * The line on a terminal that shows the progress of a transfer.
 *
 * @module
 */
import type { TransferProgress } from "../objects/types.ts";
import type { Io } from "./io.ts";
import { writeMessage } from "./output.ts";

/** A line that is redrawn as a transfer goes on, and messages above it. */
export interface ProgressLine {
  /** Called with the latest progress. */
  update(progress: Readonly<TransferProgress>): void;
  /** Writes a message. */
  say(message: string): void;
  /** Draws the line for the last time, and waits until all has been written. */
  finish(): Promise<void>;
}

/** How to draw a {@linkcode ProgressLine}. */
export interface ProgressLineOptions {
  /** Such as `Uploading`. */
  label: string;
  /** Whether to draw nothing. */
  isSilent: boolean;
  /** The time in milliseconds. */
  now?: () => number;
}

const INTERVAL_MS = 100;
const CLEAR_LINE = "\r\x1b[K";

/** Starts a line. If standard error is no terminal, only messages are written. */
export function progressLine(
  io: Io,
  { label, isSilent, now = () => performance.now() }: ProgressLineOptions,
): ProgressLine {
  const isShown = io.stderr.isTerminal && !io.stderr.isDumb && !isSilent;
  const started = now();
  let written = Promise.resolve();
  let progress: Readonly<TransferProgress> | undefined;
  let isDrawn = false;
  const put = (text: string) => {
    written = written.then(() => io.stderr.write(text)).catch(() => {});
  };
  const draw = () => {
    if (progress === undefined) return;
    // Some terminals report 0 if they don't know.
    const columns = io.stderr.columns?.() || 80;
    put(CLEAR_LINE + describeProgress(label, progress, now() - started, columns - 1));
    isDrawn = true;
  };
  const timer = isShown ? setInterval(draw, INTERVAL_MS) : undefined;
  return {
    update: (latest) => void (progress = latest),
    say(message) {
      if (isDrawn) put(CLEAR_LINE);
      isDrawn = false;
      written = written.then(() => writeMessage(io, message));
    },
    async finish() {
      clearInterval(timer);
      if (isShown) draw();
      if (isDrawn) put("\n");
      await written;
    },
  };
}

const BAR_WIDTH = 20;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];

/** The progress as one line of at most `columns` characters; the least important parts are dropped. */
export function describeProgress(
  label: string,
  { objects, totalObjects, bytes, totalBytes, isTotalFinal }: Readonly<TransferProgress>,
  milliseconds: number,
  columns: number,
): string {
  const rate = milliseconds > 0 ? bytes / (milliseconds / 1000) : 0;
  // While objects are still being listed, or for a stream of unknown length, there is no percentage.
  const hasShare = isTotalFinal && (totalBytes > 0 ? bytes <= totalBytes : objects > 0);
  const share = totalBytes > 0 ? bytes / totalBytes : 1;
  const isDone = isTotalFinal && objects === totalObjects;
  const parts: [importance: number, text: string][] = [
    [9, label],
    [8, hasShare ? `${Math.floor(share * 100)}%` : ""],
    [2, hasShare ? bar(share) : ""],
    [
      7,
      hasShare && totalBytes > 0
        ? `${formatBytes(bytes)} of ${formatBytes(totalBytes)}`
        : formatBytes(bytes),
    ],
    [4, `${formatBytes(rate)}/s`],
    [
      5,
      totalObjects > 1 || !isTotalFinal
        ? `${objects} of ${totalObjects}${isTotalFinal ? "" : "+"} files`
        : "",
    ],
    [
      3,
      isDone
        ? `in ${formatSeconds(milliseconds / 1000)}`
        : hasShare && rate > 0
        ? `${formatSeconds((totalBytes - bytes) / rate)} left`
        : "",
    ],
  ];
  let shown = parts.filter(([, text]) => text !== "");
  while (lengthOf(shown) > columns && shown.length > 1) {
    const least = Math.min(...shown.map(([importance]) => importance));
    shown = shown.filter(([importance]) => importance !== least);
  }
  return shown.map(([, text]) => text).join("  ").slice(0, Math.max(columns, 0));
}

function lengthOf(parts: readonly [number, string][]): number {
  return parts.reduce((sum, [, text]) => sum + text.length + 2, -2);
}

function bar(share: number): string {
  const eighths = Math.floor(share * BAR_WIDTH * 8);
  const full = "█".repeat(eighths >> 3) + EIGHTHS[eighths & 7];
  return `▕${full.padEnd(BAR_WIDTH)}▏`;
}

const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** A number of bytes for people, such as `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** A time for people, such as `0:05` or `1:02:03`. */
function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
