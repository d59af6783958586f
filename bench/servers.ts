/**
 * Starts the servers that programs are measured on.
 *
 * @module
 */
import { join } from "node:path";
import { startSandbox } from "../lib/sandbox/mod.ts";
import type { Server } from "./peers.ts";

/** A server that runs. */
export type Running = Server & AsyncDisposable & { name: string };

const KEYS = { accessKeyId: "benchmark", secretAccessKey: "benchmark-secret" };

/** Starts the bare server, which keeps everything in memory and checks nothing. */
export function startBare(program: string): Promise<Running> {
  const port = freePort();
  return started("a bare server in memory", port, program, [`127.0.0.1:${port}`], {});
}

/** Starts the bare server behind TLS, which writes the certificate to trust to a file. */
export async function startBareTls(program: string, certificateFile: string): Promise<Running> {
  const port = freePort();
  const args = [`127.0.0.1:${port}`, certificateFile];
  const running = await started("a bare server in memory, TLS", port, program, args, {});
  return { ...running, url: running.url.replace("http:", "https:"), certificateFile };
}

/** A line to a server, with a round trip and with so many megabytes a second for each connection. */
export async function startLine(
  program: string,
  server: Running,
  { roundTripMs, megabytes }: { roundTripMs: number; megabytes: number },
): Promise<Running> {
  const port = freePort();
  const args = [`127.0.0.1:${port}`, new URL(server.url).host, `${roundTripMs}`, `${megabytes}`];
  const name = `a round trip of ${roundTripMs} ms, ${megabytes} MB a second for each connection`;
  return await started(name, port, program, args, {});
}

/** Starts MinIO on a folder. */
export function startMinio(program: string, folder: string): Promise<Running> {
  const port = freePort();
  return started(
    "MinIO",
    port,
    program,
    ["server", "--quiet", "--address", `127.0.0.1:${port}`, join(folder, "minio")],
    {
      MINIO_ROOT_USER: KEYS.accessKeyId,
      MINIO_ROOT_PASSWORD: KEYS.secretAccessKey,
      MINIO_BROWSER: "off",
    },
  );
}

/** Starts a sandbox in which every answer takes a while longer. */
export async function startSlowSandbox(delayMs: number): Promise<Running> {
  const sandbox = await startSandbox();
  if (delayMs > 0) sandbox.fail({ operation: "*", times: Infinity, delayMs });
  const dispose = () => sandbox.close();
  return {
    name: "the sandbox",
    url: sandbox.url,
    ...sandbox.credentials,
    [Symbol.asyncDispose]: dispose,
  };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function started(
  name: string,
  port: number,
  program: string,
  args: string[],
  env: Record<string, string>,
): Promise<Running> {
  const child = new Deno.Command(program, { args, env, stdout: "null", stderr: "null" }).spawn();
  for (let attempt = 0;; attempt++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      break;
    } catch (error) {
      if (attempt >= 100) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return {
    name,
    url: `http://127.0.0.1:${port}`,
    ...KEYS,
    async [Symbol.asyncDispose]() {
      try {
        child.kill("SIGTERM");
      } catch {
        // It has ended by itself; whoever called it has noticed.
      }
      await child.status;
    },
  };
}
