/**
 * Runs the command line inside the test's own process, against a sandbox, and tells what it did.
 *
 * @module
 */
import assert from "node:assert/strict";
import { devNull } from "node:os";
import { main } from "../../cli.ts";
import type { Io, Output } from "../../lib/cli/io.ts";
import { replacePrivateFile } from "../../lib/credentials/delivery/private_file.ts";
import type { Sandbox } from "../../lib/sandbox/mod.ts";

/** What a command did. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Where a command runs. */
export interface RunOptions {
  /** The account; its endpoint and administrator's keys go into the environment. */
  sandbox?: Sandbox;
  /** Environment variables, over those of the sandbox. */
  env?: Record<string, string>;
  /** What is piped in. */
  stdin?: string | Uint8Array<ArrayBuffer> | undefined;
  /** Whether standard error is a terminal. */
  isTerminal?: boolean;
  /** Whether standard output is one. */
  isStdoutTerminal?: boolean;
  /** The characters a line of the terminal has. */
  columns?: number;
  /** Whether the terminals show colors. */
  hasColor?: boolean;
  /** Whether standard error is a terminal that can't move its cursor. */
  isDumb?: boolean;
  /** Milliseconds to wait for an answer. */
  requestTimeoutMs?: number;
  /**
   * Milliseconds to wait for AWS to see what was just made. Short, so that no test waits for real
   * seconds; a test in which waiting helps sets more.
   *
   * @default {300}
   */
  patienceMs?: number;
  /** Files that the command can read, by path. */
  files?: Record<string, string | Uint8Array>;
  /** Answers questions on the terminal. */
  askHidden?: (question: string) => Promise<string>;
  /** The same for answers that the terminal shows. */
  askLine?: (question: string) => Promise<string>;
  /** Stands for the program that a command runs. */
  program?: Io["run"];
  /** Told which of Deno's permissions a command asks for. */
  onPermit?: (kinds: readonly string[]) => void;
  /** The time now; that of the sandbox if omitted. */
  now?: () => Date;
  /** Stands for Ctrl-C. */
  signal?: AbortSignal;
  /** The error with which standard output refuses everything. */
  stdoutError?: Error;
  /** Sees what is written to standard output, at the moment when it is. */
  onStdout?: (text: string) => void;
  /** The same for standard error. */
  onStderr?: (text: string) => void;
}

const DEFAULT_PATIENCE_MS = 300;

/** The environment in which any AWS client meets the sandbox as its administrator. */
export function sandboxEnv(sandbox: Sandbox): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: sandbox.url,
    AWS_REGION: sandbox.region,
    AWS_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
  };
}

/** Every secret key and session token that the accounts have ever given out and still know. */
export function secretsOf(sandbox: Sandbox): string[] {
  const accounts = [...sandbox.account.accounts.values()];
  const users = accounts.flatMap((account) =>
    [...account.users.values()].flatMap((user) => [...user.accessKeys.values()])
  );
  const sessions = accounts.flatMap((account) => [
    ...account.sessions.values(),
    ...account.userSessions.values(),
  ]);
  return [
    ...users.map((key) => key.secretAccessKey),
    ...sessions.flatMap((session) => [session.secretAccessKey, session.sessionToken]),
  ];
}

/**
 * Holds in every test that runs a command: no secret goes to standard error, and to standard output
 * only the new ones of `create`, and the session token that a URL needs.
 */
function assertNoSecrets(sandbox: Sandbox, args: readonly string[], { stdout, stderr }: Ran): void {
  const mayShow = ["create", "rotate", "presign"].some((command) => args.includes(command)) &&
    !args.includes("--dry-run") &&
    !args.includes("--plan");
  for (const secret of secretsOf(sandbox)) {
    assert.ok(!stderr.includes(secret), "a secret stands on standard error");
    assert.ok(mayShow || !stdout.includes(secret), "a secret stands on standard output");
  }
}

/** Runs one command line. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const columns = () => options.columns;
  const { isTerminal = false, isStdoutTerminal = false, hasColor = false, isDumb } = options;
  const stdout = {
    ...collector(options.stdoutError, options.onStdout),
    isTerminal: isStdoutTerminal,
    hasColor: isStdoutTerminal && hasColor,
    columns,
  };
  const stderr = {
    ...collector(undefined, options.onStderr),
    isTerminal,
    hasColor: isTerminal && hasColor,
    isDumb,
    columns,
  };
  const env: Record<string, string> = {
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    ...(options.sandbox && sandboxEnv(options.sandbox)),
    ...options.env,
  };
  const io: Io = {
    stdout,
    stderr,
    stdin: new Blob([options.stdin ?? ""]).stream(),
    env: (name) => env[name],
    readFile: (path) => {
      const content = options.files?.[path];
      if (content === undefined) return Deno.readFile(path);
      return Promise.resolve(
        typeof content === "string" ? new TextEncoder().encode(content) : content,
      );
    },
    askHidden: options.askHidden,
    askLine: options.askLine,
    writePrivateFile: (path, text) => Promise.try(replacePrivateFile, path, text),
    run: options.program ?? (() => Promise.reject(new Error("this test runs no programs"))),
    permit: (kinds) => Promise.resolve(options.onPermit?.(kinds)),
    signal: options.signal ?? new AbortController().signal,
    requestTimeoutMs: options.requestTimeoutMs,
    patienceMs: options.patienceMs ?? DEFAULT_PATIENCE_MS,
    now: options.now ?? (options.sandbox && (() => options.sandbox!.clock.now())),
  };
  const ran = { code: await main(args, io), stdout: stdout.text(), stderr: stderr.text() };
  if (options.sandbox) assertNoSecrets(options.sandbox, args, ran);
  return ran;
}

function collector(
  error?: Error,
  onText: (text: string) => void = () => {},
): Output & { text(): string } {
  const chunks: Uint8Array[] = [];
  return {
    isTerminal: false,
    write(data) {
      if (error !== undefined) return Promise.reject(error);
      chunks.push(typeof data === "string" ? new TextEncoder().encode(data) : data);
      onText(new TextDecoder().decode(chunks.at(-1)));
      return Promise.resolve();
    },
    text: () => chunks.map((chunk) => new TextDecoder().decode(chunk)).join(""),
  };
}
