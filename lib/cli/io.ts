/**
 * The one door between a command and the process that it runs in.
 *
 * @module
 */

import type { PermissionKind, PermissionReasons } from "./permissions.ts";
import { EXIT_CODES, type ProcessSignals, processSignals } from "./signals.ts";

/** Where a command writes to. */
export interface Output {
  /**
   * Writes all of it; rejects with an error named `BrokenPipe` where nobody reads any more, and with an
   * {@linkcode OutputError} where it can't be written.
   */
  write(data: string | Uint8Array): Promise<void>;
  /** Whether a person is looking. */
  isTerminal: boolean;
  /** How many characters a line of the terminal has; nothing where that can't be told. */
  columns?(): number | undefined;
}

/** Data that could not be written, such as to a full disk. The message is the system's. */
export class OutputError extends Error {
  /** @param cause what the system said */
  constructor(cause: Error) {
    super(cause.message, { cause });
    this.name = "OutputError";
  }
}

/** All that a command may use of its process. Tests pass their own. */
export interface Io {
  /** For data. */
  stdout: Output;
  /** For messages and progress. */
  stderr: Output;
  /** What is piped in. */
  stdin: ReadableStream<Uint8Array>;
  /** Looks an environment variable up. */
  env(name: string): string | undefined;
  /** Reads a file; rejects with Deno's errors. */
  readTextFile(path: string): Promise<string>;
  /**
   * Runs another program with this process's streams, and waits for it.
   *
   * @param words the program and its arguments
   * @param environment variables to set, and the names of those to leave out first
   * @returns its exit code; rejects with `NotFound` where there is no such program
   */
  run(words: readonly string[], environment: ChildEnvironment): Promise<number>;
  /**
   * Asks the user for permissions that the process doesn't have yet.
   *
   * @param kinds what the command needs; rejects with an `S3CredentialsError` where one is refused
   * @param reasons what for, where it isn't the usual
   */
  permit(kinds: readonly PermissionKind[], reasons?: PermissionReasons): Promise<void>;
  /** Aborted when the user presses Ctrl-C. */
  signal: AbortSignal;
  /** Milliseconds to wait for an answer, where the usual patience is too long. */
  requestTimeoutMs?: number;
}

/** How the environment of a child differs from ours. */
export interface ChildEnvironment {
  /** Variables with such a name are not passed on. */
  without: RegExp;
  /** Variables to set. */
  set: Record<string, string>;
}

/**
 * The exit code of a command that was interrupted.
 *
 * @param signal the signal of its {@linkcode Io}
 * @returns 130, or 143 or 129 where it was not Ctrl-C but the system or a lost terminal that ended it
 */
export function exitCodeOf(signal: AbortSignal): number {
  const { cause } = (signal.reason ?? {}) as { cause?: keyof typeof EXIT_CODES };
  return EXIT_CODES[cause ?? "SIGINT"] ?? EXIT_CODES.SIGINT;
}

/**
 * Waits until a command shall stop, for those that serve until then.
 *
 * @param signal the signal of its {@linkcode Io}
 */
export function untilInterrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
}

/**
 * The door to the real process. Ctrl-C asks the command to stop and take back what it has made;
 * pressed again it ends the process at once.
 *
 * @returns the process's streams, environment, files and signal
 */
export function processIo(): Io {
  const signals = processSignals();
  const stderr = output(Deno.stderr);
  return {
    stdout: guarded(output(Deno.stdout)),
    stderr,
    stdin: Deno.stdin.readable,
    env: (name) => Deno.env.get(name),
    readTextFile: (path) => Deno.readTextFile(path),
    run: (words, environment) => runProcess(words, environment, signals),
    permit: async (kinds, reasons) => {
      const { denoPermissions, requestPermissions } = await import("./permissions.ts");
      const isInteractive = Deno.stdin.isTerminal() && stderr.isTerminal;
      const say = (message: string) => stderr.write(`${message}\n`);
      const desk = denoPermissions(say, isInteractive);
      // Deno waits for the answer in a way that no listener would hear Ctrl-C.
      const request = (kind: PermissionKind) => signals.withoutListeners(() => desk.request(kind));
      await requestPermissions(kinds, { ...desk, request }, reasons);
    },
    signal: signals.signal,
  };
}

async function runProcess(
  [program = "", ...args]: readonly string[],
  { without, set }: ChildEnvironment,
  signals: ProcessSignals,
): Promise<number> {
  const inherited = Object.entries(Deno.env.toObject()).filter(([name]) => !without.test(name));
  const child = new Deno.Command(program, {
    args,
    clearEnv: true,
    env: { ...Object.fromEntries(inherited), ...set },
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  }).spawn();
  return (await signals.forwardTo(child)).code;
}

function guarded(output: Output): Output {
  return {
    ...output,
    write: (data) =>
      output.write(data).catch((error) => {
        throw error.name === "BrokenPipe" ? error : new OutputError(error);
      }),
  };
}

function output(stream: typeof Deno.stdout | typeof Deno.stderr): Output {
  const encoder = new TextEncoder();
  return {
    isTerminal: stream.isTerminal(),
    columns() {
      try {
        return Deno.consoleSize().columns;
      } catch {
        // The terminal has been closed.
        return undefined;
      }
    },
    async write(data) {
      let rest = typeof data === "string" ? encoder.encode(data) : data;
      while (rest.length > 0) rest = rest.subarray(await stream.write(rest));
    },
  };
}
