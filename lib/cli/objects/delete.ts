/**
 * The command `delete-objects`.
 *
 * @module
 */
import type { Aws } from "../../aws/connect.ts";
import type { S3CredentialsError } from "../../errors.ts";
import { shellWord } from "../../escape.ts";
import { expire, isMany, keep, suggestion } from "../buckets/lifecycle.ts";
import { defineCommand, flag, value, type Values } from "../command.ts";
import { ExitCode } from "../exit_code.ts";
import type { Io } from "../io.ts";
import { library } from "../library.ts";
import { bucketNames, usage, withAws } from "../options.ts";
import { errorTexts, messageLog, nameFor, writeLine, writeMessage } from "../output.ts";
import {
  bucketOrAccessPoint,
  checkedKeys,
  concurrencyOption,
  objectAwsOptions,
} from "./options.ts";

const deleteOptions = {
  prefix: value("--prefix <prefix>", "Delete all objects whose keys start with this"),
  silent: flag("-s, --silent", "Show only errors"),
  dryRun: flag("-d, --dry-run", "Show the keys that would be deleted, and delete nothing"),
  byLifecycle: flag(
    "--by-lifecycle",
    "With --prefix: leave it to S3, by a lifecycle rule, with older versions and unfinished uploads",
  ),
  undo: flag("--undo", "With --by-lifecycle: remove the rule again"),
  concurrency: concurrencyOption,
  ...objectAwsOptions,
};

type DeleteOptions = Values<typeof deleteOptions>;

/** `s3-credentials delete-objects` */
export const deleteObjects = defineCommand({
  operands: "<bucket> [keys...]",
  description: "Delete objects of a bucket: by keys, or all with a prefix.",
  examples: [
    ["Two objects:", "delete-objects my-bucket one.txt two.txt"],
    ["All with a prefix:", "delete-objects my-bucket --prefix my-directory/"],
    [
      "Show first what would be deleted:",
      "delete-objects my-bucket --prefix my-directory/ --dry-run",
    ],
  ],
  options: deleteOptions,
  stopsItself: true,
  async run({ operands: [name, ...keys], options }, io) {
    const bucket = bucketOrAccessPoint(name);
    const { prefix } = options;
    if (keys.length > 0 && prefix !== undefined) throw usage("Cannot pass both keys and --prefix");
    // That is more likely an empty variable.
    if (prefix === "") throw usage("An empty --prefix would delete all objects of the bucket");
    if (keys.length === 0 && !prefix) throw usage("Specify one or more keys or use --prefix");
    checkLifecycle(options);
    if (options.byLifecycle) bucketNames([bucket]);
    const selection = { prefix, keys: [...new Set(checkedKeys(keys))] };
    await withAws(options, io, async (aws) => {
      if (options.byLifecycle) return await leaveToS3(aws, bucket, options, io);
      const work = options.dryRun ? showKeys : deleteSelected;
      await work(aws, bucket, selection, options, io);
    });
  },
});

function checkLifecycle({ byLifecycle, undo, prefix, dryRun }: DeleteOptions): void {
  if (byLifecycle && prefix === undefined) throw usage("--by-lifecycle needs --prefix");
  if (byLifecycle && dryRun) throw usage("--by-lifecycle cannot be used with --dry-run");
  if (undo && !byLifecycle) throw usage("--undo needs --by-lifecycle");
}

async function leaveToS3(
  aws: Aws,
  bucket: string,
  { prefix, undo, silent }: DeleteOptions,
  io: Io,
): Promise<void> {
  const log = messageLog(io, { isSilent: silent });
  const work = undo ? keep(aws, bucket, prefix, log) : expire(aws, bucket, prefix, io, log);
  await work.finally(log.flush);
}

/** What to delete: all with the prefix, or the keys if there is none. */
interface Selection {
  prefix: string | undefined;
  keys: readonly string[];
}

/** Lines of a dry run that are written together; all at once would double the memory. */
const LINES_AT_A_TIME = 10_000;

async function showKeys(
  aws: Aws,
  bucket: string,
  { prefix, keys: named }: Selection,
  options: DeleteOptions,
  io: Io,
): Promise<void> {
  const { checkListed } = await library.deleteObjects();
  const { listObjects } = await library.listObjects();
  const found = prefix === undefined
    ? named.map((Key) => ({ Key }))
    : listObjects(aws, bucket, { prefix, signal: io.signal });
  const keys = await Array.fromAsync(found, ({ Key }) => Key);
  if (prefix !== undefined) checkListed(bucket, prefix, keys);
  await announce(keys.length, bucket, options, io);
  await writeLine(io, "The following keys would be deleted:");
  for (let at = 0; at < keys.length; at += LINES_AT_A_TIME) {
    const names = keys.slice(at, at + LINES_AT_A_TIME).map((key) => nameFor(io, key));
    await writeLine(io, names.join("\n"));
  }
}

async function announce(
  count: number,
  bucket: string,
  { silent }: DeleteOptions,
  io: Io,
): Promise<void> {
  if (silent) return;
  await writeMessage(io, `Deleting ${count} object${count === 1 ? "" : "s"} from ${bucket}`);
}

async function deleteSelected(
  aws: Aws,
  bucket: string,
  { prefix, keys }: Selection,
  options: DeleteOptions,
  io: Io,
): Promise<void> {
  const { deleteObjects } = await library.deleteObjects();
  let announced = Promise.resolve();
  const results = deleteObjects(aws, bucket, prefix === undefined ? { keys } : { prefix }, {
    onFound: (count) => void (announced = announce(count, bucket, options, io)),
    signal: io.signal,
    concurrency: options.concurrency,
  });
  const reported = new Set<S3CredentialsError>();
  const textOf = errorTexts();
  let count = 0;
  for await (const { error } of results) {
    const wereMany = isMany(count++);
    if (prefix !== undefined && !options.silent && isMany(count) && !wereMany) {
      const command = `delete-objects ${bucket} --prefix=${shellWord(prefix)}`;
      await writeMessage(io, suggestion(command));
    }
    if (error === undefined || reported.has(error)) continue;
    reported.add(error);
    await writeMessage(io, textOf(error));
  }
  await announced;
  if (reported.size > 0) throw new ExitCode(1);
}
