/**
 * What the peer tests share: programs of other makers, and our own command line as users run it.
 * `deno task test:peers` installs the programs and says where they are.
 *
 * @module
 */
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Sandbox } from "../../lib/sandbox/mod.ts";

const PEERS = dirname(fileURLToPath(import.meta.url));
/** The file of our command line. */
export const CLI: string = join(dirname(dirname(PEERS)), "cli.ts");
const BIN = Deno.env.get("S3CREDS_PEERS_BIN") ?? "";
const MISSING = Deno.env.get("S3CREDS_PEERS_MISSING") || "run it by deno task test:peers";

/** Whether the peers are installed. */
export const hasPeers: boolean = BIN !== "";

/** A test that needs the peers, and is skipped with the reason where there are none. */
export function peerTest(name: string, fn: () => void | Promise<void>): void {
  if (hasPeers) Deno.test(name, fn);
  else Deno.test({ name: `${name} (skipped: ${MISSING})`, ignore: true, fn });
}

/** What a program did. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
  /** The output as bytes. */
  bytes: Uint8Array;
}

/** How a program is run. */
export interface RunOptions {
  env?: Record<string, string> | undefined;
  stdin?: string | undefined;
  /** Milliseconds after which it is ended; by default never. */
  timeoutMs?: number | undefined;
}

/** What a child sees of this process's environment: no AWS_*, no configuration, no home. */
export function cleanEnv(home: string): Record<string, string> {
  const denoDir = Deno.env.get("DENO_DIR");
  return {
    PATH: [BIN, Deno.env.get("PATH")].join(delimiter),
    HOME: home,
    NO_COLOR: "1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_EC2_METADATA_DISABLED: "true",
    ...(denoDir !== undefined && { DENO_DIR: denoDir }),
  };
}

/** Runs a program in a clean environment with an empty home, and collects what it writes. */
export async function runProgram(
  program: string,
  args: readonly string[],
  { env, stdin, timeoutMs }: RunOptions = {},
): Promise<Ran> {
  const home = await Deno.makeTempDir();
  try {
    const child = new Deno.Command(program, {
      args: [...args],
      cwd: home,
      clearEnv: true,
      env: { ...cleanEnv(home), ...env },
      stdin: stdin === undefined ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
      ...(timeoutMs !== undefined && { signal: AbortSignal.timeout(timeoutMs) }),
    }).spawn();
    const [{ code, stdout, stderr }] = await Promise.all([
      child.output(),
      stdin === undefined ? undefined : new Blob([stdin]).stream().pipeTo(child.stdin),
    ]);
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    return { code, stdout: text(stdout), stderr: text(stderr), bytes: stdout };
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

/** The path of a program of the peers' virtual environment. */
export function peerPath(name: string): string {
  return join(BIN, name);
}

/** The path of one of the Python scripts beside this file. */
export function scriptPath(name: string): string {
  return join(PEERS, name);
}

/** Runs a program of the peers' virtual environment. */
export function runPeer(name: string, args: readonly string[], options?: RunOptions): Promise<Ran> {
  return runProgram(peerPath(name), args, options);
}

/** Runs our command line as users do. */
export function runCli(args: readonly string[], options?: RunOptions): Promise<Ran> {
  return runProgram(Deno.execPath(), ["run", "-A", CLI, ...args], options);
}

/** The variables by which any AWS client finds an account. */
export function awsEnv(
  url: string,
  keys: { accessKeyId: string; secretAccessKey: string; sessionToken?: string },
): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
    ...(keys.sessionToken !== undefined && { AWS_SESSION_TOKEN: keys.sessionToken }),
  };
}

/** The variables of a sandbox's administrator. */
export function adminEnv(sandbox: Sandbox): Record<string, string> {
  return awsEnv(sandbox.url, sandbox.credentials);
}
