/**
 * A Python script beside this file, in one process for many questions since boto3 takes long to
 * load.
 *
 * @module
 */
import { cleanEnv, peerPath, scriptPath } from "./support.ts";

/** A script that answers each line of its input with a line of JSON. */
export class PythonProcess {
  readonly #child: Deno.ChildProcess;
  readonly #name: string;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;
  readonly #home = Deno.makeTempDirSync();
  #rest = "";

  /** Starts a script, with these variables beside those of a clean environment. */
  constructor(name: string, env: Record<string, string> = {}) {
    this.#name = name;
    this.#child = new Deno.Command(peerPath("python"), {
      args: [scriptPath(name)],
      clearEnv: true,
      env: { ...cleanEnv(this.#home), ...env },
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Writes a line, and gives the answer. One question at a time. */
  async ask(line: string): Promise<unknown> {
    await this.#input.write(new TextEncoder().encode(`${line}\n`));
    while (!this.#rest.includes("\n")) {
      const { value, done } = await this.#output.read();
      if (done) throw new Error(`${this.#name} has ended`);
      this.#rest += value;
    }
    const [answer = "", ...others] = this.#rest.split("\n");
    this.#rest = others.join("\n");
    return JSON.parse(answer);
  }

  /** Ends the process. */
  async close(): Promise<void> {
    await this.#input.close();
    await this.#output.cancel();
    await this.#child.status;
    await Deno.remove(this.#home, { recursive: true });
  }
}
