/**
 * The command line as a process of its own, which says on standard error that it listens to signals, and
 * that one has reached it.
 *
 * @module
 */
import { main } from "../../cli.ts";

/** Printed when it listens to signals. */
export const LISTENING = "listening to signals\n";
/** Printed for each signal. */
export const ANNOUNCEMENT = "a signal has come\n";

if (import.meta.main) {
  const write = (text: string) => Deno.stderr.writeSync(new TextEncoder().encode(text));
  const signals: readonly Deno.Signal[] = Deno.build.os === "windows"
    ? ["SIGINT"]
    : ["SIGINT", "SIGTERM", "SIGHUP"];
  const exitCode = main(Deno.args);
  // After those of the command, so that the command has heard of it by then.
  for (const signal of signals) Deno.addSignalListener(signal, () => write(ANNOUNCEMENT));
  write(LISTENING);
  Deno.exit(await exitCode);
}
