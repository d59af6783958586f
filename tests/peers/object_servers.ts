/**
 * Servers of S3 by other makers, for the commands for objects: each with a directory of its own, and
 * gone at the end.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { hasMinio, startMinio, type UserKeys } from "./minio.ts";
import { awsEnv, cleanEnv } from "./support.ts";
import { startSandbox } from "../../lib/sandbox/mod.ts";

const BIN = Deno.env.get("S3CREDS_GO_BIN") ?? "";
const KEYS: UserKeys = { accessKeyId: "objects", secretAccessKey: crypto.randomUUID() };
const PATIENCE_MS = 30_000;

/** A server that runs. */
export interface ObjectServer {
  url: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** The variables by which any AWS client finds it. */
  env: Record<string, string>;
  stop(): Promise<void>;
}

/** A server that may be there. */
export interface ObjectServerKind {
  name: string;
  isThere: boolean;
  start(): Promise<ObjectServer>;
}

/** Starts one of the programs, which listens where its arguments say. */
function program(
  name: string,
  argsFor: (address: string, directory: string) => string[],
): ObjectServerKind {
  const start = async () => {
    const directory = await Deno.makeTempDir();
    const port = freePort();
    const child = new Deno.Command(join(BIN, name), {
      args: argsFor(`127.0.0.1:${port}`, directory),
      clearEnv: true,
      env: {
        ...cleanEnv(directory),
        ROOT_ACCESS_KEY: KEYS.accessKeyId,
        ROOT_SECRET_KEY: KEYS.secretAccessKey,
      },
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    const stop = async () => {
      // It may have ended by itself.
      await Promise.resolve().then(() => child.kill("SIGKILL")).catch(() => {});
      await child.status;
      await Deno.remove(directory, { recursive: true });
    };
    try {
      await untilOpen(port);
    } catch (error) {
      await stop();
      throw error;
    }
    return running(`http://127.0.0.1:${port}`, KEYS, stop);
  };
  return { name, isThere: BIN !== "" && existsSync(join(BIN, name)), start };
}

function running(
  url: string,
  { accessKeyId, secretAccessKey }: UserKeys,
  stop: () => Promise<void>,
): ObjectServer {
  const keys = { accessKeyId, secretAccessKey };
  return { url, ...keys, env: awsEnv(url, keys), stop };
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

async function untilOpen(port: number): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** VersityGW, which keeps objects as files of a directory. */
export const VERSITYGW = program("versitygw", (address, directory) => [
  ...["--port", address, "--quiet", "posix"],
  ...["--sidecar", subdirectory(directory, "meta"), subdirectory(directory, "data")],
]);

/** Gofakes3, which keeps objects in memory and checks no signatures. */
export const GOFAKES3 = program("gofakes3", (address) => [
  ...["-host", address, "-backend", "memory", "-quiet"],
]);

/** MinIO. */
export const MINIO: ObjectServerKind = {
  name: "minio",
  isThere: hasMinio,
  async start() {
    const minio = await startMinio();
    return running(minio.url, minio.user, minio.stop);
  },
};

/** Our own sandbox. */
export const SANDBOX: ObjectServerKind = {
  name: "sandbox",
  isThere: true,
  async start() {
    const sandbox = await startSandbox();
    return running(sandbox.url, sandbox.credentials, () => sandbox.close());
  },
};

function subdirectory(directory: string, name: string): string {
  const path = join(directory, name);
  Deno.mkdirSync(path);
  return path;
}
