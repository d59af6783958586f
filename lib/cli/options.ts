/**
 * The options that commands share, and files that options name.
 *
 * @module
 */
import { prefixPattern, prefixWarnings } from "../policy/build.ts";
import { abortable } from "../abortable.ts";
import { parseAuthFile } from "../credentials/auth_file.ts";
import { type Aws, connect, type ConnectOptions } from "../aws/connect.ts";
import { parseEndpointUrl } from "../aws/endpoint_url.ts";
import { asUsageError, InvalidInput, S3CredentialsError } from "../errors.ts";
import { type BucketNameOptions, checkBucketName } from "../names.ts";
import type { RowFormat } from "../rows.ts";
import { flag, value, type Values } from "./command.ts";
import type { Io } from "./io.ts";
import { writeMessage } from "./output.ts";
import { AWS_PERMISSIONS } from "./permissions.ts";

function parseRegion(text: string): string {
  if (/^[a-z0-9][a-z0-9-]*$/.test(text)) return text;
  throw new InvalidInput(
    `Invalid region ${JSON.stringify(text)}: expected a name such as eu-west-1`,
  );
}

/** Which permission the credentials shall have. */
export const permissionOptions = {
  readOnly: flag("--read-only", "Only allow reading from the bucket"),
  writeOnly: flag("--write-only", "Only allow writing to the bucket"),
  prefix: value(
    "--prefix <prefix>",
    "Only allow keys that start with this, such as foo/",
    (text) => {
      prefixPattern(text);
      return text;
    },
  ),
};

/** A region for new buckets. */
export const bucketRegionOption = value(
  "--bucket-region <region>",
  "Region in which to create buckets",
  parseRegion,
);

/** The options of every command that talks to AWS. */
export const awsOptions = {
  accessKey: value("--access-key <id>", "AWS access key ID"),
  secretKey: value("--secret-key <secret>", "AWS secret access key"),
  sessionToken: value("--session-token <token>", "AWS session token"),
  endpointUrl: value("--endpoint-url <url>", "Custom endpoint URL", parseEndpointUrl),
  auth: value("-a, --auth <file>", "JSON or INI file with credentials, - for standard input"),
  profile: value("--profile <name>", "Profile of the AWS configuration files"),
  region: value("--region <name>", "AWS region", parseRegion),
  debug: flag("--debug", "Log each request, without secrets, on standard error"),
};

/** How a list is written. */
export const rowOptions = {
  nl: flag("--nl", "Newline-delimited JSON: one object a line"),
  csv: flag("--csv", "CSV"),
  tsv: flag("--tsv", "TSV"),
};

/**
 * The format that `--nl`, `--csv` and `--tsv` ask for.
 *
 * @param options the options' values
 * @returns the format; `json` without any of them
 * @throws {S3CredentialsError} `usage` if more than one is given
 */
export function rowFormatOf(options: Values<typeof rowOptions>): RowFormat {
  const asked = (["nl", "csv", "tsv"] as const).filter((format) => options[format]);
  if (asked.length > 1) throw usage("Use only one of --nl, --csv and --tsv");
  return asked[0] ?? "json";
}

/** The values of {@linkcode awsOptions}. */
export type AwsOptionValues = Values<typeof awsOptions>;

/**
 * Works out which account the options name. Nothing is sent.
 *
 * @param options the options' values
 * @param io where the file and the environment are
 * @returns what {@linkcode connect} needs
 * @throws {S3CredentialsError} `usage` for options that contradict each other or a bad file
 */
export async function connectOptions(options: AwsOptionValues, io: Io): Promise<ConnectOptions> {
  const { accessKey, secretKey, sessionToken, auth, profile, region, endpointUrl } = options;
  const hasKeys = [accessKey, secretKey, sessionToken].some((one) => one !== undefined);
  if (auth !== undefined && hasKeys) {
    throw usage("--auth cannot be used with --access-key, --secret-key or --session-token");
  }
  if (profile !== undefined && (auth !== undefined || hasKeys)) {
    throw usage("--profile cannot be used with --auth or with --access-key and --secret-key");
  }
  await io.permit(AWS_PERMISSIONS);
  const common = {
    env: io.env,
    ...(profile !== undefined && { profile }),
    ...(region !== undefined && { region }),
    ...(endpointUrl !== undefined && { endpointUrl }),
    ...(io.requestTimeoutMs !== undefined && { requestTimeoutMs: io.requestTimeoutMs }),
    ...(options.debug && { onRequest: (lines: string) => void writeMessage(io, lines) }),
  };
  if (secretKey !== undefined || sessionToken !== undefined) {
    await writeMessage(
      io,
      "Warning: other users of this machine can see --secret-key and --session-token in the list of " +
        "processes: --auth, --profile and the environment are safer",
    );
  }
  if (auth !== undefined) return { ...common, credentials: await readAuth(auth, io) };
  if (!hasKeys) return common;
  if (!accessKey || !secretKey) {
    throw usage("--access-key and --secret-key go together, also with --session-token");
  }
  return {
    ...common,
    credentials: {
      accessKeyId: accessKey,
      secretAccessKey: secretKey,
      ...(sessionToken && { sessionToken }),
    },
  };
}

async function readAuth(path: string, io: Io) {
  const text = await readInput(path, io, "--auth");
  return asUsageError(() => parseAuthFile(text), "Invalid value for --auth");
}

/**
 * Connects to the account that the options name, does something with it, and disconnects.
 *
 * @param options the options' values
 * @param io the process
 * @param work what to do
 * @returns what `work` gave
 */
export async function withAws<T>(
  options: AwsOptionValues,
  io: Io,
  work: (aws: Aws) => Promise<T>,
): Promise<T> {
  const aws = connect(await connectOptions(options, io));
  try {
    return await work(aws);
  } finally {
    aws.close();
  }
}

/**
 * Wrong usage, as an error.
 *
 * @param message what is wrong
 * @returns the error
 */
export function usage(message: string): S3CredentialsError {
  return new S3CredentialsError("usage", message);
}

/**
 * Reads a file that an option names, or standard input for `-`.
 *
 * @param path the file's path, or `-`
 * @param io where to read
 * @param option the option, for the error
 * @returns the text, without the mark that editors of Windows put in front
 * @throws {S3CredentialsError} `usage` if it can't be read
 */
export async function readInput(path: string, io: Io, option: string): Promise<string> {
  const reading = path === "-" ? new Response(io.stdin).text() : io.readTextFile(path);
  const text = reading.catch((error) => {
    throw usage(`Invalid value for ${option}: ${fileFault(error, path)}`);
  });
  return (await abortable(text, io.signal)).replace(/^\uFEFF/, "");
}

function fileFault(error: unknown, path: string): string {
  const { name, message, code } = error as Error & { code?: string };
  if (name === "NotFound") return `File not found: ${path}`;
  if (name === "PermissionDenied") return `File may not be read: ${path}`;
  if (name === "NotCapable") return `Deno was not allowed to read ${path}: add --allow-read`;
  if (name === "IsADirectory" || code === "EISDIR") return `Not a file but a folder: ${path}`;
  return `File could not be read: ${path}: ${message}`;
}

/**
 * Checks the names of buckets that were typed, and drops repetitions.
 *
 * @param names the names
 * @param options whether new buckets' rules hold
 * @returns each name once
 * @throws {S3CredentialsError} `usage` for a bad name
 */
export function bucketNames(names: readonly string[], options?: BucketNameOptions): string[] {
  for (const name of names) asUsageError(() => checkBucketName(name, options));
  return [...new Set(names)];
}

/**
 * The permission that `--read-only` and `--write-only` ask for.
 *
 * @param options the options' values
 * @returns the permission
 * @throws {S3CredentialsError} `usage` if both are given
 */
export function permissionOf(
  options: { readOnly: boolean; writeOnly: boolean },
): "read-only" | "write-only" | "read-write" {
  if (options.readOnly && options.writeOnly) {
    throw usage("Cannot use --read-only and --write-only at the same time");
  }
  if (options.readOnly) return "read-only";
  return options.writeOnly ? "write-only" : "read-write";
}

const HIGHEST_PORT = 65_535;

/**
 * Reads a port.
 *
 * @param text 0 (any that is free) to 65,535
 * @returns the port
 * @throws {RangeError} for anything else
 */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > HIGHEST_PORT) {
    throw new InvalidInput(`Invalid port ${JSON.stringify(text)}: expected 0 to ${HIGHEST_PORT}`);
  }
  return port;
}

/**
 * Says what may surprise someone about a prefix.
 *
 * @param prefix the prefix, if one was given
 * @param io the process
 */
export async function warnOfPrefix(prefix: string | undefined, io: Io): Promise<void> {
  if (prefix === undefined) return;
  for (const warning of prefixWarnings(prefix)) await writeMessage(io, `Warning: ${warning}`);
}
