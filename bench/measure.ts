/**
 * Runs programs and takes their time and their memory.
 *
 * @module
 */
import type { Server } from "./peers.ts";

/** What one run took. */
export interface Measured {
  seconds: number;
  /** The most memory at a time, in MiB; `undefined` where GNU time is missing. */
  mebibytes: number | undefined;
}

/** GNU time, which tells how much memory a program took. */
const TIME = "/usr/bin/time";

/** The environment that every program is given. */
export function environment(
  { url, accessKeyId, secretAccessKey, certificateFile }: Server,
): Record<string, string> {
  return {
    ...(certificateFile && { AWS_CA_BUNDLE: certificateFile, SSL_CERT_FILE: certificateFile }),
    AWS_ENDPOINT_URL: url,
    S3_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: "/dev/null",
    AWS_SHARED_CREDENTIALS_FILE: "/dev/null",
    DENO_NO_UPDATE_CHECK: "1",
  };
}

/**
 * Runs a program to its end.
 *
 * @throws if it fails: a fast failure is no good time
 */
export async function measure(words: string[], server: Server): Promise<Measured> {
  const hasTime = await Deno.stat(TIME).then(() => true, () => false);
  const [program = "", ...args] = hasTime ? [TIME, "-f", "%M", ...words] : words;
  const started = performance.now();
  const { code, stderr } = await new Deno.Command(program, {
    args,
    env: environment(server),
    stdin: "null",
    // Not null: some programs notice, and print less.
    stdout: "piped",
    stderr: "piped",
  }).output();
  const seconds = (performance.now() - started) / 1000;
  const text = new TextDecoder().decode(stderr);
  if (code !== 0) throw new Error(`${words.join(" ")} ended with ${code}: ${text}`);
  const kibibytes = Number(text.trim().split("\n").at(-1));
  return { seconds, mebibytes: hasTime ? kibibytes / 1024 : undefined };
}

/** The middle one; of an even number the lower. */
export function median(numbers: readonly number[]): number {
  return [...numbers].sort((one, other) => one - other)[Math.floor((numbers.length - 1) / 2)]!;
}
