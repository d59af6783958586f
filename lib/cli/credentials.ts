/**
 * The command `create`.
 *
 * @module
 */
import type { PolicyDocument } from "../policy/document.ts";
import type { CreateRequest } from "../credentials/types.ts";
import { DEFAULT_WAIT_SECONDS, parseDuration, parseWait } from "../time.ts";
import { asUsageError } from "../errors.ts";
import { checkProfileName, CREDENTIAL_FORMATS, formatCredentials } from "../credentials/format.ts";
import { checkArn, checkUserName, USER_NAME_LIMIT } from "../names.ts";
import { parsePolicyTemplate } from "../policy/template.ts";
import {
  choice,
  defineCommand,
  flag,
  optionalValue,
  optionGroup,
  value,
  type Values,
} from "./command.ts";
import type { Io } from "./io.ts";
import {
  awsOptions,
  bucketNames,
  bucketRegionOption,
  readInput,
  usage,
  withAws,
} from "./options.ts";
import { permissionOf, permissionOptions, warnOfPrefix } from "./permission_options.ts";
import { messageLog, writeLine, writeMessage } from "./output.ts";

const createOptions = {
  ...permissionOptions,
  ...optionGroup("Permissions", {
    policy: value(
      "--policy <policy>",
      "Custom policy: a file, a JSON string, or - for standard input. $!BUCKET_NAME!$ is replaced " +
        "by the bucket's name",
    ),
  }),
  ...optionGroup("Buckets", {
    createBucket: flag("-c, --create-bucket", "Create buckets that do not exist yet"),
    bucketRegion: bucketRegionOption,
    public: flag(
      "--public",
      "Make the new bucket public: anyone can download files whose names they know",
    ),
    website: flag(
      "--website",
      "Make the new bucket a public website, with index.html and error.html",
    ),
  }),
  ...optionGroup("User or role", {
    duration: value(
      "-d, --duration <duration>",
      "Create temporary credentials that last this long: 3600s, 15m or 2h, from 15 minutes to 12 " +
        "hours. If omitted, they never expire",
      parseDuration,
    ),
    username: value(
      "--username <name>",
      "User to create, or existing user to use",
      checked(checkUserName),
    ),
    userPermissionsBoundary: value(
      "--user-permissions-boundary <arn>",
      "Permissions boundary of a new user, or none. If omitted: AmazonS3ReadOnlyAccess with " +
        "--read-only, else AmazonS3FullAccess; none with --policy or --statement",
      checked((arn) => arn === "none" || checkArn(arn, "policy")),
    ),
    roleArn: value(
      "--role-arn <arn>",
      "With --duration: assume this role, and make no IAM call",
      checked((arn) => checkArn(arn, "role")),
    ),
  }),
  ...optionGroup("Output", {
    format: choice("-f, --format <format>", "Output format", CREDENTIAL_FORMATS, "json"),
    profileName: value(
      "--profile-name <name>",
      "Section name for --format ini (default: default)",
      checked(checkProfileName),
    ),
    wait: optionalValue(
      "--wait [duration]",
      "Return only when the credentials work, which takes some seconds; waits at most this long " +
        "(default: 60s)",
      (text) => text === "" ? DEFAULT_WAIT_SECONDS : parseWait(text),
    ),
    silent: flag("--silent", "Don't log the steps; warnings are still shown"),
    dryRun: flag("--dry-run", "Show what would be done, and do nothing"),
  }),
  ...awsOptions,
};

function checked(check: (text: string) => unknown): (text: string) => string {
  return (text) => {
    check(text);
    return text;
  };
}

/** `s3-credentials create` */
export const create = defineCommand({
  operands: "<buckets...>",
  description: "Create credentials for one or more S3 buckets, with the least permission that " +
    "does the job; with --create-bucket also the buckets.",
  examples: [
    ["A new bucket, and a key that reads and writes it:", "create my-new-bucket -c"],
    ["A key that can only read an existing bucket:", "create my-existing-bucket --read-only"],
    [
      "A key that can only write, for 15 minutes:",
      "create my-existing-bucket --write-only -d 15m",
    ],
    ["Show first what would be done:", "create my-new-bucket -c --dry-run"],
  ],
  options: createOptions,
  stopsItself: true,
  async run({ operands, options }, io) {
    const request = await createRequest(operands, options, io);
    await warnOfPrefix(options.prefix, io);
    const log = messageLog(io, options.silent);
    const { actionsBeyondS3, userNameFor } = await import("../credentials/grant.ts");
    const { name, shortenedFrom } = userNameFor(request);
    if (shortenedFrom !== undefined && request.duration === undefined) {
      log.say(
        `User name shortened to ${name}: ${beginningOf(shortenedFrom)} is longer than the ` +
          `${USER_NAME_LIMIT} characters that AWS allows`,
      );
    }
    await log.flush();
    const beyond = request.roleArn === undefined ? actionsBeyondS3(request) : [];
    if (request.duration !== undefined && beyond.length > 0) {
      await writeMessage(
        io,
        `Warning: ${beyond.join(", ")} will have no effect, since the role of temporary ` +
          "credentials is confined to S3: pass --role-arn for another role",
      );
    }
    if (options.dryRun) {
      const { NOTHING_EXISTS, planCreate } = await import("../credentials/plan.ts");
      const { describeStep } = await import("../credentials/describe.ts");
      const facts = { ...NOTHING_EXISTS, ...(options.region && { region: options.region }) };
      const steps = planCreate({ ...request, createBucket: true }, facts);
      for (const step of steps) await writeLine(io, describeStep(step));
      return;
    }
    await withAws(options, io, async (aws) => {
      const { createCredentials } = await import("../credentials/create.ts");
      const { deliver } = await import("../credentials/deliver.ts");
      const created = await createCredentials(aws, request, {
        onProgress: log.say,
        onWarning: log.warn,
        signal: io.signal,
        patienceMs: io.patienceMs,
      }).finally(log.flush);
      await deliver(
        created,
        (credentials) =>
          writeLine(
            io,
            formatCredentials(credentials, options.format, {
              profileName: options.profileName ?? "default",
            }),
          ),
      );
      if (options.wait !== undefined) {
        const { waitForCredentials } = await import("../credentials/wait.ts");
        await waitForCredentials(aws, created.credentials, request, {
          seconds: options.wait,
          onProgress: log.say,
          onWarning: log.warn,
          signal: io.signal,
        }).finally(log.flush);
      }
    });
  },
});

/** Enough for the name made of a single bucket; the names of forty would fill the screen. */
const MAX_NAME_SHOWN = 80;

function beginningOf(name: string): string {
  return name.length > MAX_NAME_SHOWN ? `${name.slice(0, MAX_NAME_SHOWN)}…` : name;
}

async function createRequest(
  operands: readonly string[],
  options: Values<typeof createOptions>,
  io: Io,
): Promise<CreateRequest> {
  checkCombinations(options);
  const { prefix, duration, roleArn, username, bucketRegion, userPermissionsBoundary } = options;
  return {
    buckets: bucketNames(operands, { forNewBucket: options.createBucket }),
    permission: permissionOf(options),
    statements: options.statement,
    createBucket: options.createBucket,
    public: options.public,
    website: options.website,
    prefix,
    duration,
    roleArn,
    username,
    bucketRegion,
    userPermissionsBoundary,
    policy: options.policy === undefined ? undefined : await readPolicy(options.policy, io),
  };
}

/** An option that would silently have no effect is an error: the grant would not be the intended one. */
function checkCombinations(options: Values<typeof createOptions>): void {
  permissionOf(options);
  const isNarrowed = options.readOnly || options.writeOnly || options.prefix !== undefined;
  if (options.policy !== undefined && isNarrowed) {
    throw usage("--policy cannot be used with --read-only, --write-only or --prefix");
  }
  if (options.policy === "-" && options.auth === "-") {
    throw usage("--policy and --auth cannot both read standard input");
  }
  // A dry run assumes that the buckets have to be created.
  if (options.bucketRegion !== undefined && !options.createBucket && !options.dryRun) {
    throw usage("--bucket-region needs --create-bucket");
  }
  if (options.roleArn !== undefined && options.duration === undefined) {
    throw usage("--role-arn needs --duration");
  }
  if (options.duration !== undefined) {
    if (options.username !== undefined) {
      throw usage("--username cannot be used with --duration, which creates no user");
    }
    if (options.userPermissionsBoundary !== undefined) {
      throw usage(
        "--user-permissions-boundary cannot be used with --duration, which creates no user",
      );
    }
  }
  if (options.profileName !== undefined && options.format !== "ini") {
    throw usage("--profile-name needs --format ini");
  }
}

async function readPolicy(source: string, io: Io): Promise<PolicyDocument> {
  const isLiteral = source.trimStart().startsWith("{");
  const text = isLiteral ? source : await readInput(source, io, "--policy");
  const fault = isLiteral
    ? "Invalid JSON string"
    : `${source === "-" ? "Input" : "File"} contained invalid JSON`;
  return asUsageError(() => parsePolicyTemplate(text, fault), "Invalid value for --policy");
}
