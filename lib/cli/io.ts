/**
 * Everything that a command uses of the process that it runs in.
 *
 * @module
 */
import { library } from "./library.ts";
import type { PermissionKind, PermissionReasons } from "./permissions.ts";
import { EXIT_CODES, type ProcessSignals, processSignals } from "./signals.ts";

/** Where a command writes to. */
export interface Output {
  /**
   * Writes all of it; rejects with an error named `BrokenPipe` if the reader has gone, and with an
   * {@linkcode OutputError} if it can't be written.
   */
  write(data: string | Uint8Array): Promise<void>;
  /** Whether it is a terminal. */
  isTerminal: boolean;
  /** Whether text may be colored. */
  hasColor?: boolean;
  /** Whether it is a terminal without a cursor that can be moved. */
  isDumb?: boolean;
  /** How many characters a line of the terminal has; undefined if unknown. */
  columns?(): number | undefined;
  /** Whether all that is written is lost, though without an error. */
  isDiscarded?(): Promise<boolean>;
}

/** Data that could not be written, such as to a full disk. The message is the operating system's. */
export class OutputError extends Error {
  /** @param cause what the system said */
  constructor(cause: Error) {
    super(cause.message, { cause });
    this.name = "OutputError";
  }
}

/** Everything that a command may use of its process. Tests pass their own. */
export interface Io {
  /** For data. */
  stdout: Output;
  /** For messages and progress. */
  stderr: Output;
  /** What is piped in. */
  stdin: ReadableStream<Uint8Array>;
  /** Looks up an environment variable. */
  env(name: string): string | undefined;
  /** Reads a file; rejects with Deno's errors. */
  readFile(path: string): Promise<Uint8Array>;
  /** Writes a file that only its owner may read, whole or not at all. */
  writePrivateFile(path: string, text: string): Promise<void>;
  /** Asks on the terminal for a word that is not shown there; missing where there is no terminal. */
  askHidden?(question: string): Promise<string>;
  /** Asks on the terminal for a line; missing where there is no terminal. */
  askLine?(question: string): Promise<string>;
  /**
   * Runs another program with this process's streams, and waits for it.
   *
   * @param words the program and its arguments
   * @param environment makes its variables of those of this process
   * @returns its exit code; rejects with `NotFound` if there is no such program
   */
  run(words: readonly string[], environment: MakeEnvironment): Promise<number>;
  /**
   * Asks the user for Deno permissions that the process doesn't have yet.
   *
   * @param kinds what the command needs; rejects with an `S3CredentialsError` if one is refused
   * @param reasons what for, if not the usual reason
   */
  permit(kinds: readonly PermissionKind[], reasons?: PermissionReasons): Promise<void>;
  /** Aborted when the user presses Ctrl-C. */
  signal: AbortSignal;
  /** Milliseconds to wait for a response; tests set it low. */
  requestTimeoutMs?: number;
  /** Milliseconds to wait for AWS to see what was just made; tests set it low. */
  patienceMs?: number;
  /** The time now; tests move it. */
  now?(): Date;
}

/** Makes all variables of another program of those of this process. */
export type MakeEnvironment = (own: Record<string, string>) => Record<string, string>;

/** The exit code of an interrupted command: 130, or 143 or 129 for SIGTERM or a closed terminal. */
export function exitCodeOf(signal: AbortSignal): number {
  const { cause } = (signal.reason ?? {}) as { cause?: keyof typeof EXIT_CODES };
  return EXIT_CODES[cause ?? "SIGINT"] ?? EXIT_CODES.SIGINT;
}

/**
 * Waits until Ctrl-C is pressed, for commands that serve until then.
 */
export function waitForInterrupt(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve());
  });
}

/**
 * The real process. Ctrl-C asks the command to stop and roll back what it has made; pressed again it
 * ends the process at once.
 */
export function processIo(): Io {
  const signals = processSignals();
  const stderr = output(Deno.stderr);
  return {
    stdout: { ...guarded(output(Deno.stdout)), isDiscarded: isStdoutDiscarded },
    stderr,
    // Opened on first use: that takes 2 ms, which most commands can do without.
    get stdin() {
      return Deno.stdin.readable;
    },
    env: (name) => Deno.env.get(name),
    readFile: (path) => Deno.readFile(path),
    writePrivateFile: async (path, text) => {
      const { replacePrivateFile } = await library.privateFile();
      replacePrivateFile(path, text);
    },
    run: (words, environment) => runProcess(words, environment, signals),
    permit: async (kinds, reasons) => {
      const { denoPermissions, requestPermissions } = await import("./permissions.ts");
      const isInteractive = Deno.stdin.isTerminal() && stderr.isTerminal;
      const say = (message: string) => stderr.write(`${message}\n`);
      const prompt = denoPermissions(say, isInteractive);
      // While Deno waits for the answer, no listener of ours would be called for Ctrl-C.
      const request = (kind: PermissionKind) =>
        signals.withoutListeners(() => prompt.request(kind));
      await requestPermissions(kinds, { ...prompt, request }, reasons);
    },
    ...(Deno.stdin.isTerminal() && stderr.isTerminal && {
      askHidden: async (question) => {
        const { askHidden } = await import("./ask.ts");
        return await askHidden(question, stderr.write, signals.signal);
      },
      askLine: async (question) => {
        const { askLine } = await import("./ask.ts");
        return await askLine(question, stderr.write, signals.signal);
      },
    }),
    signal: signals.signal,
  };
}

async function runProcess(
  [program = "", ...args]: readonly string[],
  environment: MakeEnvironment,
  signals: ProcessSignals,
): Promise<number> {
  const child = new Deno.Command(program, {
    args,
    clearEnv: true,
    env: environment(Deno.env.toObject()),
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

/** The number of /dev/null as a device, which never changes. */
const NULL_DEVICES: Partial<Record<typeof Deno.build.os, number>> = {
  linux: 0x103,
  darwin: 0x3000002,
};

/** To /dev/null, which Deno also opens in place of a standard output that is closed. */
async function isStdoutDiscarded(): Promise<boolean> {
  const { fstatSync } = await import("node:fs");
  const { rdev } = fstatSync(1);
  return rdev === NULL_DEVICES[Deno.build.os];
}

/** Nothing, where Deno would have to ask for permission to look it up. */
function terminalType(): string | undefined {
  const { state } = Deno.permissions.querySync({ name: "env", variable: "TERM" });
  return state === "granted" ? Deno.env.get("TERM") : undefined;
}

function output(stream: typeof Deno.stdout | typeof Deno.stderr): Output {
  const encoder = new TextEncoder();
  const isTerminal = stream.isTerminal();
  const isDumb = isTerminal && terminalType() === "dumb";
  return {
    isTerminal,
    isDumb,
    hasColor: isTerminal && !isDumb && !Deno.noColor,
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
