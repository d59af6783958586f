/**
 * Options and steps that the commands for objects share.
 *
 * @module
 */
import type { ObjectResult } from "../../objects/types.ts";
import { checkBucketOrAccessPoint } from "../../access_point.ts";
import { checkKey } from "../../objects/keys.ts";
import { asUsageError, InvalidInput } from "../../errors.ts";
import { flag, type Option, value } from "../command.ts";
import { ExitCode } from "../exit_code.ts";
import type { Io } from "../io.ts";
import { awsOptions } from "../options.ts";
import { errorTexts } from "../output.ts";
import type { ProgressLine } from "../progress.ts";

const MAX_CONCURRENCY = 512;

/** The maximum number of concurrent requests. */
export const concurrencyOption = value(
  "--concurrency <n>",
  "Maximum number of concurrent requests",
  parseConcurrency,
);

/** Hides the progress bar. */
export const silentOption = flag("-s, --silent", "Don't show progress bar");

function parseConcurrency(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > MAX_CONCURRENCY) {
    throw new InvalidInput(
      `Invalid number ${JSON.stringify(text)}: expected 1 to ${MAX_CONCURRENCY}`,
    );
  }
  return count;
}

/** The content type of an upload. */
export function contentTypeOption(help: string): Option<string | undefined> {
  return value("--content-type <type>", help, parseContentType);
}

function parseContentType(text: string): string {
  if (/^[\x20-\x7e]+$/.test(text) && text.trim() !== "") return text;
  throw new InvalidInput(
    `Invalid content type ${JSON.stringify(text)}: expected a type such as text/html`,
  );
}

/** The options of every command for objects that talks to AWS. */
export const objectAwsOptions = {
  requestPayer: flag(
    "--request-payer",
    "Pay for the requests, and for what is downloaded, of a bucket whose owner doesn't",
  ),
  ...awsOptions,
};

/** Checks the name of an existing bucket, or the ARN of an access point. */
export function bucketOrAccessPoint(name: string = ""): string {
  asUsageError(() => checkBucketOrAccessPoint(name));
  return name;
}

/** Checks keys from the command line. */
export function checkedKeys(keys: readonly string[]): string[] {
  for (const key of keys) asUsageError(() => checkKey(key));
  return [...keys];
}

/** The options of every transfer. */
export function transferOptions(
  { concurrency }: { concurrency: number | undefined },
  line: ProgressLine,
  io: Io,
) {
  return {
    onProgress: line.update,
    onWarning: (message: string) => line.say(`Warning: ${message}`),
    signal: io.signal,
    concurrency,
  };
}

/**
 * Waits for the objects of a transfer, reports those that failed, and throws `ExitCode` 1 for any.
 * Returns the number of objects.
 */
export async function report(
  results: AsyncIterable<ObjectResult>,
  line: ProgressLine,
): Promise<number> {
  let count = 0;
  const textOf = errorTexts();
  let failed = false;
  for await (const { error } of results) {
    count++;
    if (error === undefined) continue;
    failed = true;
    line.fail(textOf(error));
  }
  if (failed) throw new ExitCode(1);
  return count;
}
