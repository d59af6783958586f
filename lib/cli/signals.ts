/**
 * Ctrl-C and its like, as they reach this process.
 *
 * @module
 */

import { S3CredentialsError } from "../errors.ts";

/** The exit codes of a command that a signal has ended, as a shell would tell them. */
export const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

type SignalName = keyof typeof EXIT_CODES;

/** The signals that ask a process to end. */
export interface ProcessSignals {
  /** Aborted by the first signal; its reason is an error whose cause is the signal's name. */
  readonly signal: AbortSignal;
  /**
   * Lets signals end the process at once, for work during which nobody here could hear them.
   *
   * @param work what keeps the whole process waiting, such as a question of Deno's
   */
  withoutListeners<T>(work: () => Promise<T>): Promise<T>;
  /**
   * Passes signals on to another process, which decides what they mean.
   *
   * @param child the other process
   * @returns how it ended
   */
  forwardTo(child: Deno.ChildProcess): Promise<Deno.CommandStatus>;
}

/**
 * Listens to the signals of this process. The first asks to stop, the second ends it at once, unless
 * it is a hangup.
 *
 * @returns the signals
 */
export function processSignals(): ProcessSignals {
  const interruption = new AbortController();
  const stop = (name: SignalName) => {
    // Of a terminal that is closed, the shell and the system both tell.
    if (interruption.signal.aborted && name === "SIGHUP") return;
    if (interruption.signal.aborted) Deno.exit(EXIT_CODES[name]);
    interruption.abort(new S3CredentialsError("interrupted", "Interrupted", { cause: name }));
  };
  let hear = stop;
  const switchAll = listeners((name) => hear(name));
  switchAll("addSignalListener");
  return {
    signal: interruption.signal,
    async withoutListeners(work) {
      switchAll("removeSignalListener");
      try {
        return await work();
      } finally {
        switchAll("addSignalListener");
      }
    },
    async forwardTo(child) {
      hear = passOnTo(child);
      try {
        return await child.status;
      } finally {
        hear = stop;
      }
    },
  };
}

const IS_WINDOWS = Deno.build.os === "windows";

/** Windows knows only one of them. Deno itself ends with SIGHUP even under `nohup`. */
const NAMES: readonly SignalName[] = IS_WINDOWS ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];

function listeners(
  hear: (name: SignalName) => void,
): (change: "addSignalListener" | "removeSignalListener") => void {
  const all = NAMES.map((name) => [name, () => hear(name)] as const);
  return (change) => {
    for (const [name, listener] of all) Deno[change](name, listener);
  };
}

/**
 * A terminal sends Ctrl-C to the child as well, and many programs take a second one to mean that
 * they shall not clean up; so the first is left to the terminal. On Windows all are.
 */
function passOnTo(child: Deno.ChildProcess): (name: SignalName) => void {
  let interrupts = 0;
  return (name) => {
    if (name === "SIGINT" && (IS_WINDOWS || (hasTerminal() && interrupts++ === 0))) return;
    try {
      child.kill(name);
    } catch {
      // It has ended already.
    }
  };
}

function hasTerminal(): boolean {
  return [Deno.stdin, Deno.stdout, Deno.stderr].some((stream) => stream.isTerminal());
}
