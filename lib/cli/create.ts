/**
 * The command `create`.
 *
 * @module
 */
import type { Aws } from "../aws/connect.ts";
import type { CreatedCredentials, CreatePlan, CreateRequest } from "../credentials/types.ts";
import { DEFAULT_WAIT_SECONDS, formatTime, parseDuration, parseWait } from "../time.ts";
import { DEFAULT_REGION, partitionOfRegion } from "../partitions.ts";
import { checkArn, checkUserName } from "../names.ts";
import { bucketsOf } from "../policy/grants.ts";
import {
  checked,
  defineCommand,
  flag,
  optionalValue,
  optionGroup,
  value,
  type Values,
} from "./command.ts";
import {
  createRequest,
  lintRequest,
  requestOptions,
  runOptions,
  tagOptions,
} from "./create_request.ts";
import { checkDelivery, deliveryOptions, openDelivery } from "./delivery.ts";
import { library } from "./library.ts";
import type { Io } from "./io.ts";
import { awsOptions, usage, withAws } from "./options.ts";
import { GRANT_OPTION } from "./permission_options.ts";
import { type MessageLog, messageLog, writeLine } from "./output.ts";

const createOptions = {
  ...requestOptions,
  ...optionGroup("User or role", {
    duration: value(
      "-d, --duration <duration>",
      "Create temporary credentials that last this long: 3600s, 15m or 2h, from 15 minutes to 12 " +
        "hours. If omitted, they are permanent",
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
    expires: value(
      "--expires <time>",
      "When the key expires, with all other keys of its user: in 30d or 12h, or at a date or time " +
        "such as 2027-01-31 or 2027-01-31T17:00Z. If omitted, it never does",
    ),
    ...tagOptions,
  }),
  ...optionGroup("Output", {
    ...deliveryOptions,
    force: flag("--force", "With -o or --save-profile: replace the file, or the profile's key"),
    wait: optionalValue(
      "--wait [duration]",
      "Return only when the credentials work, which takes some seconds; waits at most this long " +
        "(default: 60s)",
      (text) => text === "" ? DEFAULT_WAIT_SECONDS : parseWait(text),
    ),
    silent: flag("--silent", "Don't log the steps; warnings are still shown"),
    dryRun: flag(
      "--dry-run",
      "Show what would be done in an account where nothing exists yet; send nothing",
    ),
    plan: flag("--plan", "Look at the account and show what would be done there; change nothing"),
  }),
  ...awsOptions,
};

type CreateValues = Values<typeof createOptions>;

/** `s3-credentials create` */
export const create = defineCommand({
  operands: "<buckets...>",
  operandsOption: GRANT_OPTION,
  description: "Create credentials for one or more S3 buckets, with the least permission that " +
    "does the job; with --create-bucket also the buckets.",
  examples: [
    ["A new bucket, and a key that reads and writes it:", "create my-new-bucket -c"],
    ["A key that can only read an existing bucket:", "create my-existing-bucket --read-only"],
    [
      "A key that can only write, for 15 minutes:",
      "create my-existing-bucket --write-only -d 15m",
    ],
    ["A key for an application, as its documentation says:", "create my-bucket --for restic"],
    [
      "A key that reads one directory and adds to another one:",
      "create --grant my-bucket/in/:read --grant my-bucket/out/:put",
    ],
    ["Show first what would be done:", "create my-new-bucket -c --dry-run"],
  ],
  options: createOptions,
  stopsItself: true,
  async run({ operands, options }, io) {
    const request = await createRequest(operands, options, io);
    checkOutput(options);
    await lintRequest(request, io);
    const log = messageLog(io, { isSilent: options.silent });
    if (options.dryRun) return await showDryRun(request, options.region, io, log);
    const work = options.plan ? showAccountPlan : createAndDeliver;
    await withAws(options, io, (aws) => work(aws, request, options, io, log));
  },
});

async function createAndDeliver(
  aws: Aws,
  request: CreateRequest,
  options: CreateValues,
  io: Io,
  log: MessageLog,
): Promise<void> {
  using delivery = await openDelivery(aws, options, bucketsOf(request), io, log);
  const { createCredentials } = await library.create();
  const created = await createCredentials(aws, request, runOptions(io, log)).finally(log.flush);
  await delivery.deliver(created).finally(log.flush);
  const isShown = delivery.isPrinted && io.stdout.isTerminal;
  const step = nextStep(created, options.wait !== undefined, isShown);
  if (io.stderr.isTerminal && step !== undefined) log.say(step);
  await log.flush();
  if (options.wait === undefined) return;
  const { waitForCredentials } = await library.wait();
  await waitForCredentials(aws, created.credentials, request, {
    timeoutMs: 1000 * options.wait,
    onProgress: log.say,
    onWarning: log.warn,
    signal: io.signal,
  }).finally(log.flush);
}

/** What a person at a terminal should do with new credentials. */
function nextStep(
  { credentials, accessKey }: CreatedCredentials,
  isWaiting: boolean,
  isShown: boolean,
): string | undefined {
  if (accessKey === undefined) {
    const end = formatTime(new Date(credentials.expiration!));
    return `Next: use all three values, the session token too, until ${end}`;
  }
  const steps = [
    ...(isShown ? ["store the secret, it can't be shown again"] : []),
    ...(isWaiting ? [] : ["give the key a few seconds to start working, or use --wait"]),
  ];
  return steps.length === 0 ? undefined : `Next: ${steps.join("; ")}`;
}

/** `--plan`. What would keep a run from delivering the credentials is found out too; nothing is written. */
async function showAccountPlan(
  aws: Aws,
  request: CreateRequest,
  options: CreateValues,
  io: Io,
  log: MessageLog,
): Promise<void> {
  const isDelivered = options.output !== undefined || options.saveProfile !== undefined;
  if (isDelivered) (await openDelivery(aws, options, [], io, log))[Symbol.dispose]();
  const { planCredentials } = await library.create();
  const plan = await planCredentials(aws, request, { signal: io.signal, now: io.now?.() });
  await showPlan(plan, io, log);
}

/** `--dry-run`. Needs neither credentials nor network. */
async function showDryRun(
  options: CreateRequest,
  region: string | undefined,
  io: Io,
  log: MessageLog,
): Promise<void> {
  const { planForEmptyAccount } = await import("../credentials/planning/plan.ts");
  const partition = partitionOfRegion(region ?? options.bucketRegion ?? DEFAULT_REGION);
  const request = { ...options, partition };
  const plan = planForEmptyAccount(request, { region });
  const { grantsBeyond, provePlan } = await import("../credentials/planning/proof.ts");
  provePlan(request, plan);
  log.say(
    "Dry run: assumes that nothing exists in the account yet (--plan looks at yours)" +
      (request.createBucket ? "" : "; without --create-bucket, a missing bucket is an error"),
  );
  const warnings = [...plan.warnings, ...grantsBeyond(request, plan)];
  const notices = request.kms
    ? [...plan.notices, "Which KMS keys --kms adds depends on the account: see --plan"]
    : plan.notices;
  await showPlan({ ...plan, notices, warnings }, io, log);
}

async function showPlan(
  { steps, notices, warnings }: CreatePlan,
  io: Io,
  log: MessageLog,
): Promise<void> {
  for (const warning of warnings) log.warn(warning);
  for (const notice of notices) log.say(notice);
  await log.flush();
  const { describeStep } = await import("../credentials/planning/describe.ts");
  for (const step of steps) await writeLine(io, describeStep(step));
}

/** An option that would silently have no effect is an error. */
function checkOutput(options: CreateValues): void {
  if (options.plan && options.dryRun) {
    throw usage("--plan cannot be used with --dry-run, which looks at no account");
  }
  checkDelivery(options, options.duration !== undefined);
  if (options.force && options.output === undefined && options.saveProfile === undefined) {
    throw usage("--force needs --output or --save-profile");
  }
}
