/**
 * The signals that ask this process to stop.
 *
 * @module
 */
import { interruptedError } from "../errors.ts";

/** The exit codes of a command that a signal has ended, as in a shell. */
export const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

type SignalName = keyof typeof EXIT_CODES;

/** The signals that ask a process to end. */
export interface ProcessSignals {
  /** Aborted by the first signal; its reason is an error whose cause is the signal's name. */
  readonly signal: AbortSignal;
  /** Lets signals end the process at once during work that blocks it, such as Deno's prompts. */
  withoutListeners<T>(work: () => Promise<T>): Promise<T>;
  /** Passes signals on to a child, which decides what they mean, until it has ended. */
  forwardTo(child: Deno.ChildProcess): Promise<Deno.CommandStatus>;
}

/**
 * Listens to the signals of this process. The first asks to stop, the second ends it at once, unless
 * it is a hangup.
 */
export function processSignals(): ProcessSignals {
  const interruption = new AbortController();
  const stop = (name: SignalName) => {
    // When a terminal is closed, the shell and the system both send one.
    if (interruption.signal.aborted && name === "SIGHUP") return;
    if (interruption.signal.aborted) Deno.exit(EXIT_CODES[name]);
    interruption.abort(interruptedError({ cause: name }));
  };
  let onSignal = stop;
  const switchAll = listeners(NAMES, (name) => onSignal(name));
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
      const passOn = passOnTo(child);
      onSignal = passOn;
      const switchMore = listeners(CHILD_ONLY, passOn);
      switchMore("addSignalListener");
      try {
        return await child.status;
      } finally {
        switchMore("removeSignalListener");
        onSignal = stop;
      }
    },
  };
}

const IS_WINDOWS = Deno.build.os === "windows";

/** Windows has only one of them. Deno itself ends with SIGHUP even under `nohup`. */
const NAMES: readonly SignalName[] = IS_WINDOWS ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP"];
/** Signals that end this process at once, unless a child may have a use for them. */
const CHILD_ONLY = IS_WINDOWS ? [] : ["SIGQUIT", "SIGUSR2"] as const;

function listeners<Name extends Deno.Signal>(
  names: readonly Name[],
  onSignal: (name: Name) => void,
): (change: "addSignalListener" | "removeSignalListener") => void {
  const all = names.map((name) => [name, () => onSignal(name)] as const);
  return (change) => {
    for (const [name, listener] of all) Deno[change](name, listener);
  };
}

/**
 * A terminal sends Ctrl-C (and Ctrl-\\) to the child as well, and many programs take a second one to mean that
 * they must not clean up, so the first is left to the terminal. On Windows all are.
 */
function passOnTo(child: Deno.ChildProcess): (name: Deno.Signal) => void {
  const typed = new Set<Deno.Signal>(["SIGINT", "SIGQUIT"]);
  return (name) => {
    if (IS_WINDOWS && name === "SIGINT") return;
    if (typed.delete(name) && hasTerminal()) return;
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
