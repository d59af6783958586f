/**
 * The line on a terminal that shows how far a transfer is.
 *
 * @module
 */
import type { TransferProgress } from "../objects/types.ts";
import type { Io } from "./io.ts";
import { writeMessage } from "./output.ts";

/** A line that is drawn again and again, and messages above it. */
export interface ProgressLine {
  /** Takes note of how far the transfer is. */
  update(progress: Readonly<TransferProgress>): void;
  /** Writes a message. */
  say(message: string): void;
  /** Draws the line for the last time, and waits until all has been written. */
  finish(): Promise<void>;
}

/** How to draw a {@linkcode ProgressLine}. */
export interface ProgressLineOptions {
  /** What is going on, such as `Uploading`. */
  label: string;
  /** Whether to draw nothing. */
  isSilent: boolean;
  /** Tells the time in milliseconds. */
  now?: () => number;
}

const INTERVAL_MS = 100;
const CLEAR_LINE = "\r\x1b[K";

/**
 * Begins a line. Where nobody is looking, nothing but messages is written.
 *
 * @param io the process
 * @param options what it says, and whether at all
 * @returns the line
 */
export function progressLine(
  io: Io,
  { label, isSilent, now = () => performance.now() }: ProgressLineOptions,
): ProgressLine {
  const isShown = io.stderr.isTerminal && !isSilent;
  const started = now();
  let written = Promise.resolve();
  let progress: Readonly<TransferProgress> | undefined;
  let isDrawn = false;
  const put = (text: string) => {
    written = written.then(() => io.stderr.write(text)).catch(() => {});
  };
  const draw = () => {
    if (progress === undefined) return;
    // Some terminals say 0 where they do not know.
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

/**
 * Says how far a transfer is, in one line. What finds no room is left out, the least important first.
 *
 * @param label what is going on
 * @param progress how far it is
 * @param milliseconds how long it has taken
 * @param columns how many characters there are
 * @returns the line
 */
export function describeProgress(
  label: string,
  { objects, totalObjects, bytes, totalBytes, isTotalFinal }: Readonly<TransferProgress>,
  milliseconds: number,
  columns: number,
): string {
  const rate = milliseconds > 0 ? bytes / (milliseconds / 1000) : 0;
  // While objects are still being found, or the length of a stream is unknown, there is no share.
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

/**
 * Writes a number of bytes for a person.
 *
 * @param bytes how many
 * @returns such as `1.5 MiB`
 */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1023.95 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** Writes a time for a person, such as `0:05` or `1:02:03`. */
function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const rest = String(whole % 60).padStart(2, "0");
  return hours > 0 ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
