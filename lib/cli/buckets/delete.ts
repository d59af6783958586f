/**
 * The command `delete-bucket`.
 *
 * @module
 */
import type { Aws } from "../../aws/connect.ts";
import type { BucketContent } from "../../objects/delete_bucket.ts";
import { confirm } from "../ask.ts";
import { defineCommand, flag, type Values } from "../command.ts";
import type { Io } from "../io.ts";
import { forEachItem } from "../items.ts";
import { library } from "../library.ts";
import { awsOptions, bucketNames, usage, withAws } from "../options.ts";
import { type MessageLog, messageLog, writeLine } from "../output.ts";
import { expire, isMany, keep, suggestion } from "./lifecycle.ts";

const deleteBucketOptions = {
  force: flag(
    "--force",
    "Delete first what the bucket holds: all objects, versions and unfinished uploads",
  ),
  byLifecycle: flag(
    "--by-lifecycle",
    "Leave it to S3 to empty the bucket, by a lifecycle rule: for more objects than one machine " +
      "would delete",
  ),
  undo: flag("--undo", "With --by-lifecycle: remove the rule again"),
  yes: flag("--yes", "Don't ask for the bucket's name"),
  dryRun: flag("-d, --dry-run", "Show what the bucket holds, and delete nothing"),
  ...awsOptions,
};

/** `s3-credentials delete-bucket` */
export const deleteBucket = defineCommand({
  operands: "<buckets...>",
  description: "Delete empty buckets; with --force also what they hold.",
  examples: [
    ["An empty bucket:", "delete-bucket my-empty-bucket"],
    ["Show first what it holds:", "delete-bucket my-bucket --dry-run"],
    ["With all that it holds:", "delete-bucket my-bucket --force"],
    ["Millions of objects, by S3 itself:", "delete-bucket my-bucket --by-lifecycle"],
  ],
  options: deleteBucketOptions,
  stopsItself: true,
  async run({ operands, options }, io) {
    const buckets = bucketNames(operands);
    checkCombinations(options);
    const log = messageLog(io);
    await withAws(options, io, async (aws) => {
      await forEachItem(buckets, io, log, (bucket) => deleteOne(aws, bucket, options, io, log));
    }).finally(log.flush);
  },
});

function checkCombinations(options: Values<typeof deleteBucketOptions>): void {
  const { force, byLifecycle, undo, yes, dryRun } = options;
  if (force && byLifecycle) throw usage("Use only one of --force and --by-lifecycle");
  if (undo && !byLifecycle) throw usage("--undo needs --by-lifecycle");
  if (dryRun && byLifecycle) throw usage("--dry-run cannot be used with --by-lifecycle");
  if (yes && !force && !byLifecycle) throw usage("--yes needs --force or --by-lifecycle");
}

async function deleteOne(
  aws: Aws,
  bucket: string,
  { force, byLifecycle, undo, yes, dryRun }: Values<typeof deleteBucketOptions>,
  io: Io,
  log: MessageLog,
): Promise<void> {
  if (undo) return await keep(aws, bucket, undefined, log);
  const { bucketContent, deleteBucket } = await library.deleteBucket();
  if (dryRun) {
    const content = await bucketContent(aws, bucket, { signal: io.signal });
    const isEmpty = total({ ...content, unfinishedUploads: 0 }) === 0;
    if (!isEmpty && !force) log.say(`Only with --force: bucket ${bucket} is not empty`);
    return await writeLine(io, `Would delete bucket: ${bucket} (${inWords(content)})`);
  }
  if ((force || byLifecycle) && !yes) await confirmName(bucket, io);
  if (byLifecycle) return await expire(aws, bucket, undefined, io, log);
  let isSuggested = false;
  const content = await deleteBucket(aws, bucket, {
    force,
    signal: io.signal,
    onProgress(deleted) {
      if (isSuggested || !isMany(total(deleted))) return;
      isSuggested = true;
      log.say(suggestion(`delete-bucket ${bucket}`));
    },
  });
  const what = total(content) === 0 ? "" : ` (${inWords(content)})`;
  log.say(`Deleted bucket: ${bucket}${what}`);
}

/** What can't be brought back is deleted only if its name is typed. */
async function confirmName(bucket: string, io: Io): Promise<void> {
  if (io.askLine === undefined) {
    throw usage(
      "Can't ask for the bucket's name without a terminal: pass --yes to delete without asking",
    );
  }
  await confirm(
    io.askLine,
    `This deletes bucket ${bucket} with all that it holds, for good. Type its name to go on: `,
    {
      isYes: (answer) => answer === bucket,
      refusal: `Bucket ${bucket} is not deleted: its name was not typed`,
    },
  );
}

function total(content: BucketContent): number {
  return Object.values(content).reduce((sum, number) => sum + number, 0);
}

const WORDS: Record<keyof BucketContent, [one: string, several: string]> = {
  objects: ["object", "objects"],
  noncurrentVersions: ["older version", "older versions"],
  deleteMarkers: ["delete marker", "delete markers"],
  unfinishedUploads: ["unfinished upload", "unfinished uploads"],
};

function inWords(content: BucketContent): string {
  const parts = (Object.keys(WORDS) as (keyof BucketContent)[])
    .filter((kind) => content[kind] > 0)
    .map((kind) => `${content[kind]} ${WORDS[kind][content[kind] === 1 ? 0 : 1]}`);
  return parts.length === 0 ? "empty" : parts.join(", ");
}
