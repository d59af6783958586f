/**
 * A `localserver`, ours or the Python tool's, as a process of its own.
 *
 * @module
 */
import { cleanEnv } from "./support.ts";

/** A server of credentials that runs. */
export interface LocalServer {
  /** Where it answers, such as `http://127.0.0.1:8094/`. */
  url: string;
  /** What it has written to standard output so far. */
  stdout(): string;
  /** Interrupts it as Ctrl-C does, and gives its exit code and all of its standard error. */
  stop(): Promise<{ code: number; stderr: string }>;
}

const PATIENCE_MS = 60_000;

/** Starts a program that says on standard error where it serves, and waits until it does. */
export async function startLocalServer(
  program: string,
  args: readonly string[],
  env: Record<string, string>,
): Promise<LocalServer> {
  const home = await Deno.makeTempDir();
  const child = new Deno.Command(program, {
    args: [...args],
    cwd: home,
    clearEnv: true,
    env: { ...cleanEnv(home), ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const said = { stdout: "", stderr: "" };
  const { promise: url, resolve, reject } = Promise.withResolvers<string>();
  const listen = async (stream: "stdout" | "stderr") => {
    for await (const text of child[stream].pipeThrough(new TextDecoderStream())) {
      said[stream] += text;
      // The line is complete, and so is all that was said before it.
      const served = /^Serving .* at (http:\/\/\S+)\n[^]*Ctrl\+C/m.exec(said.stderr)?.[1];
      if (served !== undefined) resolve(served);
    }
  };
  const heard = Promise.all([listen("stdout"), listen("stderr")]);
  let hasEnded = false;
  const ended = Promise.all([child.status, heard]).then(async ([{ code }]) => {
    hasEnded = true;
    reject(new Error(`Ended with ${code} before it served: ${said.stderr}`));
    await Deno.remove(home, { recursive: true });
    return { code, stderr: said.stderr };
  });
  const timer = setTimeout(() => child.kill(), PATIENCE_MS);
  try {
    return {
      url: await url,
      stdout: () => said.stdout,
      stop() {
        if (!hasEnded) child.kill("SIGINT");
        return ended;
      },
    };
  } finally {
    clearTimeout(timer);
  }
}
