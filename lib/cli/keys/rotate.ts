/**
 * The command `rotate`.
 *
 * @module
 */
import { abortable } from "../../abortable.ts";
import type { Aws } from "../../aws/connect.ts";
import type { Rotation } from "../../credentials/keys/rotation_state.ts";
import { asUsageError, S3CredentialsError } from "../../errors.ts";
import { checkUserName } from "../../names.ts";
import {
  DEFAULT_GRACE_SECONDS,
  DEFAULT_WAIT_SECONDS,
  formatStart,
  parseAge,
  parseWait,
} from "../../time.ts";
import { defineCommand, flag, optionalValue, value, type Values } from "../command.ts";
import type { Io } from "../io.ts";
import { checkDelivery, deliveryOptions, namesRegion, openDelivery } from "../delivery.ts";
import { library } from "../library.ts";
import { plainData } from "../lists/rows.ts";
import { awsOptions, usage, withAws } from "../options.ts";
import { type MessageLog, messageLog, writeJson } from "../output.ts";

const rotateOptions = {
  status: flag("--status", "Show the keys with age and last use, and the next step"),
  finish: flag(
    "--finish",
    "Deactivate the old key, unless it was used after the new one was created; a day later, delete it",
  ),
  rollback: flag("--rollback", "Activate the old key again, and delete the new one"),
  force: flag(
    "--force",
    "With --finish or --rollback: even if the key is in use, or it is too early. With -o or " +
      "--save-profile: replace the file, or the profile's key",
  ),
  grace: value(
    "--grace <time>",
    "With --finish: how long the old key is inactive before it is deleted (default: 24h)",
    (text) => parseAge(text, "24h or 7d"),
  ),
  ...deliveryOptions,
  wait: optionalValue(
    "--wait [duration]",
    "Return only when the new key works, which uses it once; waits at most this long (default: 60s)",
    (text) => text === "" ? DEFAULT_WAIT_SECONDS : parseWait(text),
  ),
  ...awsOptions,
};

type RotateOptions = Values<typeof rotateOptions>;

/** `s3-credentials rotate` */
export const rotate = defineCommand({
  operands: "<username>",
  description: "Rotate the key of a user: create a second key, and when it is in use everywhere, " +
    "--finish deactivates the old one, and --finish again deletes it a day later. All state is " +
    "read from IAM.",
  examples: [
    ["A second key; the first one goes on working:", "rotate s3.read-write.my-bucket"],
    ["How far along it is:", "rotate s3.read-write.my-bucket --status"],
    ["The next step:", "rotate s3.read-write.my-bucket --finish"],
  ],
  options: rotateOptions,
  stopsItself: true,
  async run({ operands: [name = ""], options }, io) {
    asUsageError(() => checkUserName(name));
    checkCombinations(options);
    await withAws(options, io, (aws) => {
      if (options.status) return showStatus(aws, name, options, io);
      if (options.finish) return finish(aws, name, options, io);
      return options.rollback ? rollBack(aws, name, options, io) : begin(aws, name, options, io);
    });
  },
});

function checkCombinations(options: RotateOptions): void {
  const { status, finish, rollback, force, grace } = options;
  const isDelivered = options.output !== undefined || options.saveProfile !== undefined;
  if ([status, finish, rollback].filter(Boolean).length > 1) {
    throw usage("Use only one of --status, --finish and --rollback");
  }
  if (force && !finish && !rollback && !isDelivered) {
    throw usage("--force needs --finish, --rollback, --output or --save-profile");
  }
  if (grace !== undefined && !finish && !status) throw usage("--grace needs --finish or --status");
  checkDelivery(options);
  if ((options.wait !== undefined || isDelivered) && (status || finish || rollback)) {
    throw usage(`${isDelivered ? "--output and --save-profile are" : "--wait is"} for a new key`);
  }
}

async function begin(aws: Aws, name: string, options: RotateOptions, io: Io): Promise<void> {
  const log = messageLog(io);
  const { rotateKey } = await library.rotate();
  const { buckets, region } = namesRegion(options)
    ? await findBuckets(aws, name, io, log)
    : { buckets: [], region: undefined };
  using delivery = await openDelivery(aws, options, buckets, io, log);
  const created = await rotateKey(aws, name, {
    onProgress: log.say,
    onWarning: log.warn,
    signal: io.signal,
    patienceMs: io.patienceMs,
    now: io.now?.(),
  }).finally(log.flush);
  await delivery.deliver({ ...created, region }).finally(log.flush);
  const next = delivery.isLost
    ? `s3-credentials rotate ${name} --rollback`
    : `replace the old key everywhere, then s3-credentials rotate ${name} --finish`;
  log.say(`Next: ${next}`);
  await log.flush();
  if (options.wait === undefined) return;
  const { waitForCredentials } = await library.wait();
  await waitForCredentials(aws, created.credentials, { buckets: [] }, {
    timeoutMs: 1000 * options.wait,
    onProgress: log.say,
    signal: io.signal,
  }).finally(log.flush);
}

/** What is delivered says where the buckets are, which need not be where the caller is. */
async function findBuckets(
  aws: Aws,
  name: string,
  io: Io,
  log: MessageLog,
): Promise<{ buckets: string[]; region: string | undefined }> {
  const { bucketsOfUser } = await library.rotationState();
  const { findBucket } = await library.presign();
  const buckets = await abortable(bucketsOfUser(aws, name), io.signal);
  try {
    const [first] = buckets;
    if (first !== undefined) {
      return { buckets, region: (await findBucket(aws, first, io.signal)).region };
    }
  } catch (error) {
    io.signal.throwIfAborted();
    if (!(error instanceof S3CredentialsError)) throw error;
  }
  log.warn(`Could not find where the buckets of user ${name} are: check the region`);
  return { buckets, region: undefined };
}

async function showStatus(
  aws: Aws,
  name: string,
  { grace = DEFAULT_GRACE_SECONDS }: RotateOptions,
  io: Io,
): Promise<void> {
  const { rotationStatus } = await library.rotationState();
  const status = await abortable(rotationStatus(aws, name), io.signal);
  const now = io.now?.() ?? new Date();
  await writeJson(io, plainData({ ...status, Next: nextStep(status, grace, now) }));
}

function nextStep({ State, Keys, DeactivatedDate }: Rotation, grace: number, now: Date): string {
  const [older, newer] = Keys;
  switch (State) {
    case "single":
      return "rotate creates a second key";
    case "stuck":
      return "rotate --rollback deletes the newer key, which is inactive";
    case "started":
      return older!.LastUsedDate !== null && older!.LastUsedDate > newer!.CreateDate
        ? "replace the older key with the newer one: it is still in use"
        : "rotate --finish deactivates the older key, unless each belongs to another program";
    case "deactivated": {
      if (DeactivatedDate === null) {
        return "rotate --finish begins the time of waiting (--grace), since the older key was " +
          "disabled by other means; --finish after that deletes it";
      }
      const from = new Date(+DeactivatedDate + 1000 * grace);
      return from <= now
        ? "rotate --finish deletes the older key"
        : `rotate --finish deletes the older key, from ${formatStart(from)} on`;
    }
  }
}

async function finish(
  aws: Aws,
  name: string,
  { force, grace }: RotateOptions,
  io: Io,
): Promise<void> {
  const { finishRotation } = await library.endRotation();
  const log = messageLog(io);
  const step = await finishRotation(aws, name, {
    ...{ force, grace, signal: io.signal },
    now: io.now?.(),
  });
  for (const warning of step.warnings) log.warn(warning);
  const from = step.deletableFrom && formatStart(step.deletableFrom);
  switch (step.done) {
    case "nothing":
      log.say(`User ${name} has one key: nothing to finish`);
      break;
    case "deactivated":
      log.say(`Deactivated access key ${step.accessKeyId} of user ${name}`);
      log.say(`Next: rotate --finish deletes it, from ${from} on; --rollback activates it again`);
      break;
    case "waiting":
      log.say(
        `Access key ${step.accessKeyId} of user ${name} is inactive; --finish deletes it from ${from} on`,
      );
      break;
    case "deleted":
      log.say(`Deleted access key ${step.accessKeyId} of user ${name}`);
  }
  await log.flush();
}

async function rollBack(
  aws: Aws,
  name: string,
  { force }: RotateOptions,
  io: Io,
): Promise<void> {
  const { rollBackRotation } = await library.endRotation();
  const { kept, deleted } = await rollBackRotation(aws, name, {
    force,
    signal: io.signal,
  });
  const log = messageLog(io);
  log.say(`Deleted access key ${deleted} of user ${name}; ${kept} is active`);
  await log.flush();
}
