/**
 * What an account holds, as boto3 sees it.
 *
 * @module
 */
import { cleanEnv, peerPath, scriptPath } from "./support.ts";

/** A policy document as it came back, parsed. */
export interface Document {
  Version: string;
  Statement: {
    Effect: string;
    Action: string | string[];
    Resource: string | string[];
    Condition?: unknown;
  }[];
}

/** What account.py writes down. */
export interface Account {
  users: Record<string, {
    path: string;
    keys: string[];
    policies: Record<string, Document>;
    attached: string[];
  }>;
  roles: Record<string, {
    path: string;
    description: string | null;
    trust: unknown;
    maxSessionDuration: number;
    policies: string[];
    attached: string[];
  }>;
  buckets: Record<string, {
    region: string | null;
    policy: unknown;
    publicAccessBlock: unknown;
    website: unknown;
    cors: unknown;
  }>;
}

/** Reads accounts by boto3, in one process for all since boto3 takes long to load. */
export class AccountReader {
  readonly #child: Deno.ChildProcess;
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #output: ReadableStreamDefaultReader<string>;
  readonly #home = Deno.makeTempDirSync();
  #rest = "";

  constructor() {
    this.#child = new Deno.Command(peerPath("python"), {
      args: [scriptPath("account.py")],
      clearEnv: true,
      env: cleanEnv(this.#home),
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#input = this.#child.stdin.getWriter();
    this.#output = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  }

  /** Reads the accounts behind some endpoints. */
  async read(...urls: string[]): Promise<Account[]> {
    await this.#input.write(new TextEncoder().encode(`${urls.join(" ")}\n`));
    while (!this.#rest.includes("\n")) {
      const { value, done } = await this.#output.read();
      if (done) throw new Error("account.py has ended");
      this.#rest += value;
    }
    const [line = "", ...others] = this.#rest.split("\n");
    this.#rest = others.join("\n");
    return JSON.parse(line);
  }

  /** Ends the process. */
  async close(): Promise<void> {
    await this.#input.close();
    await this.#output.cancel();
    await this.#child.status;
    await Deno.remove(this.#home, { recursive: true });
  }
}

/** Says what a policy allows, a line for each statement. */
export function grants(document: Document | undefined): string[] {
  return (document?.Statement ?? []).map(({ Effect, Action, Resource, Condition }) =>
    [
      `${Effect} ${[Action].flat().join(" ")} on ${[Resource].flat().join(" ")}`,
      ...(Condition === undefined ? [] : [`if ${JSON.stringify(Condition)}`]),
    ].join(" ")
  );
}
