/**
 * The program that a profile names with `credential_process`.
 *
 * @module
 */
import { S3CredentialsError } from "../../errors.ts";
import { escapeName } from "../../escape.ts";
import type { AwsCredentialIdentity } from "../credential_types.ts";
import { checkedKeys } from "../keys.ts";

/** A program that gives the credentials of a profile. */
export interface CredentialProcess {
  profile: string;
  words: readonly string[];
}

/** Long enough for somebody to sign in in a browser. */
const TERMINAL_TIMEOUT_MS = 5 * 60_000;
const MAX_QUOTE = 300;

/**
 * Runs the program and reads what it prints. On a terminal it may ask questions there: it gets the
 * terminal's input and standard error. Elsewhere it gets no input, and its last words are quoted.
 */
export async function processCredentials(
  { profile, words }: CredentialProcess,
  timeoutMs: number,
): Promise<AwsCredentialIdentity> {
  const title = `credential_process of profile ${escapeName(profile)}`;
  const hasTerminal = Deno.stdin.isTerminal() && Deno.stderr.isTerminal();
  const limit = hasTerminal ? Math.max(timeoutMs, TERMINAL_TIMEOUT_MS) : timeoutMs;
  const timeout = AbortSignal.timeout(limit);
  const { code, success, stdout, stderr } = await run(words, hasTerminal, timeout)
    .catch((error) => {
      throw notStarted(error, title, words[0]!);
    });
  const said = lastWords(stderr);
  if (timeout.aborted) {
    throw refusal(`The ${title} did not end within ${limit / 1000} seconds`, {
      hint: said ?? "Run it by itself to see what it waits for",
    });
  }
  if (!success) throw refusal(`The ${title} failed with exit code ${code}`, { hint: said });
  return parseOutput(stdout, title);
}

async function run(words: readonly string[], hasTerminal: boolean, signal: AbortSignal) {
  const [program = "", ...args] = words;
  const child = new Deno.Command(program, {
    args,
    signal,
    stdin: hasTerminal ? "inherit" : "null",
    stdout: "piped",
    stderr: hasTerminal ? "inherit" : "piped",
  }).spawn();
  const [status, stdout, stderr] = await Promise.all([
    child.status,
    textUntil(signal, child.stdout),
    hasTerminal ? "" : textUntil(signal, child.stderr),
  ]);
  return { ...status, stdout, stderr };
}

/** What has come until the signal: what the program has started may hold its output open for longer. */
async function textUntil(signal: AbortSignal, stream: ReadableStream<Uint8Array>): Promise<string> {
  const reader = stream.pipeThrough(new TextDecoderStream()).getReader();
  const stop = () => void reader.cancel();
  signal.addEventListener("abort", stop);
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) text += part.value;
  signal.removeEventListener("abort", stop);
  return text;
}

function notStarted(error: Error, title: string, program: string): S3CredentialsError {
  if (error.name === "NotCapable") {
    return refusal(`Deno was not allowed to run the ${title}`, {
      hint: "Run it with --allow-run, or with deno run -A",
    });
  }
  const reason = error.name === "NotFound"
    ? `there is no program ${escapeName(program)}`
    : error.message;
  return refusal(`Could not run the ${title}: ${reason}`, {
    hint: "Check its path. No shell reads the line: ~ and $VARIABLES stay as they are",
  });
}

/** Its output may hold secrets and is never quoted, nor is the parser's message, which quotes it. */
function parseOutput(text: string, title: string): AwsCredentialIdentity {
  let data: Record<string, unknown>;
  try {
    data = JSON.parse(text);
  } catch {
    throw refusal(`The ${title} printed no JSON`, {
      hint: "It must print an object with Version, AccessKeyId and SecretAccessKey",
    });
  }
  if (data?.Version !== 1) {
    throw refusal(`The ${title} printed no "Version": 1`, {
      hint: "The only version of this format is 1, as a number",
    });
  }
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = data;
  const [accessKeyId, secretAccessKey] = [AccessKeyId, SecretAccessKey];
  if (!isFilledText(accessKeyId) || !isFilledText(secretAccessKey)) {
    throw refusal(`The ${title} printed no AccessKeyId and SecretAccessKey`, {
      hint: "It must print both",
    });
  }
  const expiration = Expiration === undefined || Expiration === null
    ? undefined
    : new Date(String(Expiration));
  if (expiration !== undefined && Number.isNaN(expiration.getTime())) {
    throw refusal(`The ${title} printed an Expiration that is no time`, {
      hint: "Expected a time such as 2026-01-31T12:00:00Z",
    });
  }
  const sessionToken = isFilledText(SessionToken) ? SessionToken : undefined;
  const keys = checkedKeys({ accessKeyId, secretAccessKey, sessionToken }, `the ${title}`);
  return expiration === undefined ? keys : { ...keys, expiration };
}

function isFilledText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function lastWords(stderr: string): string | undefined {
  const line = stderr.trim().split(/[\r\n]+/).at(-1)?.trim();
  return line ? `It said: ${escapeName(line.slice(-MAX_QUOTE))}` : undefined;
}

function refusal(message: string, options: { hint?: string }): S3CredentialsError {
  return new S3CredentialsError("credentials", message, options);
}
