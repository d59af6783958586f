/**
 * The options that commands share, and files that options name.
 *
 * @module
 */
import { abortable } from "../abortable.ts";
import type { Aws } from "../aws/connect.ts";
import { ADDRESSING_STYLES } from "../aws/addressing.ts";
import type { ConnectOptions } from "../aws/settings.ts";
import { parseEndpointUrl } from "../aws/endpoint_url.ts";
import { asUsageError, InvalidInput, S3CredentialsError } from "../errors.ts";
import { escapeName } from "../escape.ts";
import { fileErrorWords } from "../file_error.ts";
import { type BucketNameOptions, checkBucketName } from "../names.ts";
import { decodeText } from "../text.ts";
import { formatTime, parseExpiry } from "../time.ts";
import { flag, optionalChoice, optionGroup, value, type Values } from "./command.ts";
import { library } from "./library.ts";
import type { Io } from "./io.ts";
import { writeMessage } from "./output.ts";
import { AWS_PERMISSIONS } from "./permissions.ts";

function parseRegion(text: string): string {
  if (/^[a-z0-9][a-z0-9-]*$/.test(text)) return text;
  throw new InvalidInput(
    `Invalid region ${JSON.stringify(text)}: expected a name such as eu-west-1`,
  );
}

/** A region for new buckets. */
export const bucketRegionOption = value(
  "--bucket-region <region>",
  "Region in which to create buckets",
  parseRegion,
);

/** The options of every command that talks to AWS. */
export const awsOptions = optionGroup("AWS options", {
  accessKey: value("--access-key <id>", "AWS access key ID"),
  secretKey: value("--secret-key <secret>", "AWS secret access key"),
  sessionToken: value("--session-token <token>", "AWS session token"),
  endpointUrl: value("--endpoint-url <url>", "Custom endpoint URL", parseEndpointUrl),
  addressing: optionalChoice(
    "--addressing <style>",
    "Where a bucket's name stands in the addresses of S3: virtual (in the host name) or path " +
      "(default: path at a custom endpoint, else virtual)",
    ADDRESSING_STYLES,
  ),
  auth: value("-a, --auth <file>", "JSON or INI file with credentials, - for standard input"),
  profile: value("--profile <name>", "Profile of the AWS configuration files"),
  region: value("--region <name>", "AWS region", parseRegion),
  debug: flag(
    "--debug",
    "Log the source of the credentials and each request, without secrets, on standard error",
  ),
});

/** Of commands that change something: what they would change. */
export const dryRunOption = flag("-d, --dry-run", "Show what would be changed, and change nothing");

/** The values of {@linkcode awsOptions}. */
export type AwsOptionValues = Values<typeof awsOptions>;

/** Turns the options into those of {@linkcode connect}; throws `usage` for contradictions. */
async function connectOptions(
  options: AwsOptionValues & { requestPayer?: boolean },
  io: Io,
): Promise<ConnectOptions> {
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
    profile,
    region,
    endpointUrl,
    addressing: options.addressing,
    requestPayer: options.requestPayer,
    requestTimeoutMs: io.requestTimeoutMs,
    now: io.now,
    onRequest: options.debug ? (lines: string) => void writeMessage(io, lines) : undefined,
    mfaCode: io.askHidden && ((serial: string) => io.askHidden!(`Enter MFA code for ${serial}: `)),
  };
  if (secretKey !== undefined || sessionToken !== undefined) {
    await writeMessage(
      io,
      "Warning: other users of this machine can see --secret-key and --session-token in the list of " +
        "processes: --auth, --profile and environment variables are safer",
    );
  }
  if (auth !== undefined) return { ...common, credentials: await readAuth(auth, io) };
  if (!hasKeys) {
    if (profile === undefined) await warnOfUnusedProfile(io);
    return common;
  }
  if (!accessKey || !secretKey) {
    throw usage("--access-key and --secret-key go together, and --session-token needs both");
  }
  return {
    ...common,
    credentials: {
      accessKeyId: accessKey,
      secretAccessKey: secretKey,
      sessionToken: sessionToken || undefined,
    },
  };
}

/** Keys in the environment count before a profile that is named there: perhaps those of another account. */
async function warnOfUnusedProfile(io: Io): Promise<void> {
  const { namedProfile } = await import("../aws/profiles.ts");
  const named = namedProfile(undefined, io.env);
  if (!named?.name || !io.env("AWS_ACCESS_KEY_ID") || !io.env("AWS_SECRET_ACCESS_KEY")) return;
  const name = escapeName(named.name);
  await writeMessage(
    io,
    `Warning: AWS_ACCESS_KEY_ID is set and comes before ${named.by}: for the credentials of profile ` +
      `${name}, unset it or pass --profile`,
  );
}

async function readAuth(path: string, io: Io) {
  const text = await readInput(path, io, "--auth");
  const { parseAuthFile } = await import("../credentials/auth_file.ts");
  return asUsageError(() => parseAuthFile(text), "Invalid value for --auth");
}

/** Connects as the options say, does the work, and disconnects. */
export async function withAws<T>(
  options: AwsOptionValues & { requestPayer?: boolean },
  io: Io,
  work: (aws: Aws) => Promise<T>,
): Promise<T> {
  const settings = await connectOptions(options, io);
  const { connect } = await library.connect();
  const aws = connect(settings);
  try {
    return await work(aws);
  } finally {
    aws.close();
  }
}

/** An error of usage. */
export function usage(message: string): S3CredentialsError {
  return new S3CredentialsError("usage", message);
}

/** Throws `usage` if an option is given twice for the same name: one of them would have no effect. */
export function checkEachOnce(option: string, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw usage(`${option} is given twice for ${twice}`);
}

/** Reads the text file that an option names, or standard input for `-`. */
export async function readInput(path: string, io: Io, option: string): Promise<string> {
  const reading = path === "-" ? new Response(io.stdin).bytes() : io.readFile(path);
  const bytes = reading.catch((error) => {
    throw usage(`Invalid value for ${option}: ${fileFault(error, path)}`);
  });
  const content = await abortable<Uint8Array>(bytes, io.signal);
  return asUsageError(() => decodeText(content), `Invalid value for ${option}`);
}

function fileFault(error: unknown, path: string): string {
  const { name, code } = error as Error & { code?: string };
  if (name === "NotFound") return `File not found: ${path}`;
  if (name === "PermissionDenied") return `File may not be read: ${path}`;
  if (name === "NotCapable") return `Deno was not allowed to read ${path}: add --allow-read`;
  if (name === "IsADirectory" || code === "EISDIR") return `Not a file but a directory: ${path}`;
  return `File could not be read: ${path}: ${fileErrorWords(error)}`;
}

/** Checks bucket names from the command line, and returns each once. */
export function bucketNames(names: readonly string[], options?: BucketNameOptions): string[] {
  for (const name of names) asUsageError(() => checkBucketName(name, options));
  return [...new Set(names)];
}

/** Parses when keys expire, which must be in the future. */
export function expiryOption(text: string, io: Io, context = "Invalid value for --expires"): Date {
  const now = io.now?.() ?? new Date();
  return asUsageError(() => {
    const expires = parseExpiry(text, now);
    if (expires > now) return expires;
    throw new InvalidInput(`${formatTime(expires)} is not in the future`);
  }, context);
}

const HIGHEST_PORT = 65_535;

/** Parses the id of an AWS account. */
export function parseAccountId(text: string): string {
  if (/^\d{12}$/.test(text)) return text;
  throw new InvalidInput(`expected twelve digits, not ${JSON.stringify(text)}`);
}

/** Parses a port: 0 (any free one) to 65,535. */
export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > HIGHEST_PORT) {
    throw new InvalidInput(`Invalid port ${JSON.stringify(text)}: expected 0 to ${HIGHEST_PORT}`);
  }
  return port;
}
