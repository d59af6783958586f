/**
 * The commands about the life of a key.
 *
 * @module
 */
import type { AccessKeyOwner } from "../../account/access_keys.ts";
import type { Aws } from "../../aws/connect.ts";
import { asUsageError } from "../../errors.ts";
import { checkAccessKeyId, checkUserName } from "../../names.ts";
import { formatTime, parseAge } from "../../time.ts";
import { checked, defineCommand, flag, value, values } from "../command.ts";
import { ExitCode } from "../exit_code.ts";
import type { Io } from "../io.ts";
import { forEachItem, itemErrors } from "../items.ts";
import { library } from "../library.ts";
import { plainData, rowsOf } from "../lists/rows.ts";
import { rowFormatOf, rowOptions, writeRows } from "../lists/write.ts";
import { awsOptions, dryRunOption, expiryOption, withAws } from "../options.ts";
import { messageLog, writeLine } from "../output.ts";

/** `s3-credentials extend` */
export const extend = defineCommand({
  operands: "<username> <end>",
  description: "Change when the keys of a user expire: in 30d or 12h, at a date or time such as " +
    "2027-01-31 or 2027-01-31T17:00Z, or never. IAM refuses them from that second on.",
  examples: [
    ["Another thirty days from now:", "extend s3.read-write.my-bucket 30d"],
    ["Until a certain time, in UTC:", "extend s3.read-write.my-bucket 2027-01-31T17:00Z"],
    ["Forever:", "extend s3.read-write.my-bucket never"],
  ],
  options: {
    force: flag("--force", "Even if it is the user that runs this command"),
    dryRun: dryRunOption,
    ...awsOptions,
  },
  stopsItself: true,
  async run({ operands, options }, io) {
    const [name = "", end = ""] = operands;
    asUsageError(() => checkUserName(name));
    const expires = end === "never" ? null : expiryOption(end, io, "Invalid end");
    const log = messageLog(io);
    await withAws(options, io, async (aws) => {
      const { extendKeys } = await library.expire();
      const { Before } = await extendKeys(aws, name, expires, {
        force: options.force,
        dryRun: options.dryRun,
        now: io.now?.(),
        onWarning: log.warn,
        signal: io.signal,
        patienceMs: io.patienceMs,
      });
      const before = Before?.getTime() === expires?.getTime()
        ? "as before"
        : `before: ${inWords(Before)}`;
      const end = `${inWords(expires)} (${before})`;
      if (options.dryRun) await writeLine(io, `The keys of user ${name} would expire: ${end}`);
      else log.say(`The keys of user ${name} expire: ${end}`);
    }).finally(log.flush);
  },
});

function inWords(time: Date | null): string {
  return time === null ? "never" : formatTime(time);
}

const CREDENTIAL_FIELDS = [
  "UserName",
  "AccessKeyId",
  "Status",
  "CreateDate",
  "AgeDays",
  "LastUsedDate",
  "LastUsedService",
  "LastUsedRegion",
  "Buckets",
  "Permission",
  "Expires",
  "Tags",
  "Warnings",
];

const CREDENTIAL_COLUMNS = {
  fields: CREDENTIAL_FIELDS,
  tableFields: [
    ...["UserName", "AccessKeyId", "Status", "Expires", "Warnings", "Buckets"],
    ...["Permission", "AgeDays", "LastUsedDate"],
  ],
  wholeFields: ["UserName", "AccessKeyId"],
};

/** `s3-credentials list-credentials` */
export const listCredentials = defineCommand({
  description: "List access keys: their age, their last use, what they may do, when they expire, " +
    "and what deserves attention. By default those of the users that create has made.",
  examples: [
    ["All keys that this tool has created:", "list-credentials --table"],
    ["Keys that are older than a year:", "list-credentials --older-than 365d"],
    [
      "All keys of the account that were not used for three months:",
      "list-credentials --all --unused-for 90d",
    ],
  ],
  options: {
    user: values(
      "--user <name>",
      "Only the keys of this user; may be repeated",
      checked(checkUserName),
    ),
    olderThan: value(
      "--older-than <time>",
      "Only keys that are at least this old, such as 90d",
      (text) => parseAge(text),
    ),
    unusedFor: value(
      "--unused-for <time>",
      "Only keys that were not used for this long, such as 30d",
      (text) => parseAge(text),
    ),
    expired: flag("--expired", "Only keys that have expired"),
    all: flag("--all", "Also the keys of users that this tool has not created"),
    failOnMatch: flag("--fail-on-match", "Exit with code 1 if a key is listed"),
    ...rowOptions,
    ...awsOptions,
  },
  async run({ options }, io) {
    const format = rowFormatOf(options);
    const { user: users, olderThan, unusedFor, expired, all } = options;
    const { onError, finish } = itemErrors(io);
    let isMatch = false;
    await withAws(options, io, async (aws) => {
      const { listCredentials } = await library.audit();
      const found = listCredentials(aws, {
        users: [...new Set(users)],
        ...{ olderThan, unusedFor, expired, all, onError },
        now: io.now?.(),
      });
      const rows = rowsOf(found, (row) => {
        isMatch = true;
        return plainData(row, CREDENTIAL_FIELDS) as object;
      });
      await writeRows(io, rows, format, CREDENTIAL_COLUMNS);
    });
    await finish();
    if (isMatch && options.failOnMatch) throw new ExitCode(1);
  },
});

const keyOperands = "<access_key_ids...>";
const force = flag("--force", "Even if it is the key that this command is run with");
const dryRun = flag("-d, --dry-run", "Show whose keys would be changed, and change nothing");

/** A change of keys in words. */
interface KeyChange {
  verb: "disable" | "enable" | "delete";
  done: "Disabled" | "Enabled" | "Deleted";
}

/** Does the same with several keys; an error of one does not keep it from the others. */
async function forEachKey(
  ids: readonly string[],
  options: Parameters<typeof withAws>[0] & { dryRun: boolean },
  io: Io,
  { verb, done }: KeyChange,
  change: (aws: Aws, id: string) => Promise<AccessKeyOwner>,
): Promise<void> {
  for (const id of ids) asUsageError(() => checkAccessKeyId(id));
  const log = messageLog(io);
  await withAws(options, io, async (aws) => {
    await forEachItem([...new Set(ids)], io, log, async (id) => {
      const { UserName, WasActive } = await change(aws, id);
      const key = `access key ${id} of user ${UserName}`;
      const isAlready = WasActive !== undefined && WasActive === (verb === "enable");
      if (isAlready) log.say(`${done} already: ${key}`);
      else if (options.dryRun) await writeLine(io, `Would ${verb} ${key}`);
      else log.say(`${done} ${key}`);
    });
  }).finally(log.flush);
}

/** `s3-credentials disable-key` */
export const disableKey = defineCommand({
  operands: keyOperands,
  description:
    "Disable access keys: AWS refuses them until they are enabled again. Finds their users " +
    "by itself.",
  examples: [["A key that has leaked:", "disable-key AKIAIOSFODNN7EXAMPLE"]],
  options: { force, dryRun, ...awsOptions },
  stopsItself: true,
  async run({ operands, options }, io) {
    const words = { verb: "disable", done: "Disabled" } as const;
    await forEachKey(operands, options, io, words, async (aws, id) => {
      const { disableKey } = await library.accessKeys();
      return await disableKey(aws, id, {
        force: options.force,
        dryRun: options.dryRun,
        signal: io.signal,
      });
    });
  },
});

/** `s3-credentials enable-key` */
export const enableKey = defineCommand({
  operands: keyOperands,
  description: "Enable access keys that were disabled. Finds their users by itself.",
  examples: [["A key:", "enable-key AKIAIOSFODNN7EXAMPLE"]],
  options: { dryRun, ...awsOptions },
  stopsItself: true,
  async run({ operands, options }, io) {
    const words = { verb: "enable", done: "Enabled" } as const;
    await forEachKey(operands, options, io, words, async (aws, id) => {
      const { enableKey } = await library.accessKeys();
      return await enableKey(aws, id, { dryRun: options.dryRun, signal: io.signal });
    });
  },
});

/** `s3-credentials delete-key` */
export const deleteKey = defineCommand({
  operands: keyOperands,
  description:
    "Delete access keys; their users and policies stay. Finds the users by itself. A key that " +
    "was deleted can't be brought back: disable it first, and see who complains.",
  examples: [
    ["A key:", "delete-key AKIAIOSFODNN7EXAMPLE"],
    ["Show first whose it is:", "delete-key AKIAIOSFODNN7EXAMPLE --dry-run"],
  ],
  options: { force, dryRun, ...awsOptions },
  stopsItself: true,
  async run({ operands, options }, io) {
    const words = { verb: "delete", done: "Deleted" } as const;
    await forEachKey(operands, options, io, words, async (aws, id) => {
      const { deleteKey } = await library.accessKeys();
      return await deleteKey(aws, id, {
        force: options.force,
        dryRun: options.dryRun,
        signal: io.signal,
      });
    });
  },
});
