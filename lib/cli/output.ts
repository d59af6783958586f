/**
 * Data to standard output, messages to standard error.
 *
 * @module
 */
import type { S3CredentialsError } from "../errors.ts";
import { escapeControls, escapeName } from "../escape.ts";
import { redact } from "../redact.ts";
import type { Io, Output } from "./io.ts";

const STYLES = { bold: 1, red: 31, yellow: 33 };

/** The text in bold or in a color where the output shows colors. */
export function styled(output: Output, style: keyof typeof STYLES, text: string): string {
  return output.hasColor ? `\x1b[${STYLES[style]}m${text}\x1b[0m` : text;
}

/** The characters a line of a terminal has, 80 if unknown; `undefined` if it is no terminal. */
export function terminalWidth(output: Output): number | undefined {
  // Some terminals report 0 if they don't know.
  return output.isTerminal ? output.columns?.() || 80 : undefined;
}

/** Writes a message to standard error, with control characters escaped and without secrets. Never fails. */
export async function writeMessage(io: Io, message: string): Promise<void> {
  const text = escapeControls(redact(message))
    .replace(/^Error:/, (word) => styled(io.stderr, "red", word))
    .replace(/^Warning:/, (word) => styled(io.stderr, "yellow", word));
  try {
    await io.stderr.write(`${text}\n`);
  } catch {
    // Standard error is closed: there is no one to report it to.
  }
}

/** An error as text: the message, and below it the hint. */
export function errorText({ message, hint }: Pick<S3CredentialsError, "message" | "hint">): string {
  return inCliTerms(hint === undefined ? `Error: ${message}` : `Error: ${message}\n${hint}`);
}

/** {@linkcode errorText} for the errors of many items: what several have in common to be done is said once. */
export function errorTexts(): typeof errorText {
  const hints = new Set<string | undefined>();
  return ({ message, hint }) => {
    const text = errorText({ message, hint: hints.has(hint) ? undefined : hint });
    hints.add(hint);
    return text;
  };
}

/** How the command line calls what the library's messages name in backticks. */
export const CLI_TERMS: Readonly<Record<string, string>> = {
  bucketRegion: "--bucket-region",
  createBucket: "--create-bucket",
  credentials: "--auth",
  debugBucket: "s3-credentials debug-bucket",
  deleteKey: "s3-credentials delete-key ID",
  duration: "--duration",
  enableKey: "s3-credentials enable-key ID",
  expires: "--expires",
  extendKeys: "s3-credentials extend USER",
  finish: "--finish",
  force: "--force",
  grace: "--grace",
  endpointUrl: "--endpoint-url",
  followLinks: "--follow-links",
  kms: "--kms",
  listBuckets: "s3-credentials list-buckets",
  listCredentials: "s3-credentials list-credentials --all",
  listRoles: "s3-credentials list-roles",
  listUsers: "s3-credentials list-users",
  makePrivate: "s3-credentials make-private",
  patterns: "get-objects --pattern",
  prefix: "--prefix",
  presets: "s3-credentials presets --table",
  profile: "--profile",
  public: "--public",
  readAccess: "s3-credentials can",
  region: "--region",
  roleArn: "--role-arn",
  rollback: "--rollback",
  username: "--username",
  userPermissionsBoundary: "--user-permissions-boundary",
  waitForCredentials: "create --wait",
  website: "--website",
  whoami: "s3-credentials whoami --auth FILE, where FILE holds what was printed",
};

/** A message of the library, with its options as the command line calls them. */
export function inCliTerms(text: string): string {
  return text.replace(
    /`(\w+)`/g,
    (quoted, name) => Object.hasOwn(CLI_TERMS, name) ? CLI_TERMS[name]! : quoted,
  );
}

/** Reports an error of one item of several; the command goes on. */
export async function writeError(io: Io, error: S3CredentialsError): Promise<void> {
  await writeMessage(io, errorText(error));
}

/** Writes text and a line break to standard output; on a terminal, control characters are escaped. */
export async function writeLine(io: Io, text: string): Promise<void> {
  await io.stdout.write(`${io.stdout.isTerminal ? escapeControls(text) : text}\n`);
}

/** A key or path for standard output: escaped on a terminal, else as it is. */
export function nameFor(io: Io, name: string): string {
  return io.stdout.isTerminal ? escapeName(name) : name;
}

/** Writes a value as JSON with an indent of four. */
export async function writeJson(io: Io, value: unknown): Promise<void> {
  await writeLine(io, JSON.stringify(value, null, 4));
}

/** Messages in the order in which they were said; the caller need not wait. */
export interface MessageLog {
  /** Writes a message. */
  say(message: string): void;
  /** Writes a warning, which `--silent` does not hide. */
  warn(message: string): void;
  /** Waits until everything has been written. */
  flush(): Promise<void>;
}

/** A log for library calls that report their progress; if silent, only warnings are written. */
export function messageLog(io: Io, { isSilent = false } = {}): MessageLog {
  let written = Promise.resolve();
  const write = (message: string) => {
    written = written.then(() => writeMessage(io, message));
  };
  return {
    say(message) {
      if (!isSilent) write(message);
    },
    warn: (message) => write(inCliTerms(`Warning: ${message}`)),
    flush: () => written,
  };
}
