/**
 * The commands `make-public` and `make-private`.
 *
 * @module
 */
import type { PublicAccessChange, PublicAccessOptions } from "../../account/public_bucket.ts";
import { abortable } from "../../abortable.ts";
import type { Aws } from "../../aws/connect.ts";
import { defineCommand, type Values } from "../command.ts";
import type { Io } from "../io.ts";
import { library } from "../library.ts";
import { awsOptions, bucketNames, dryRunOption, withAws } from "../options.ts";
import { writeLine, writeMessage } from "../output.ts";

const publicOptions = {
  dryRun: dryRunOption,
  ...awsOptions,
};

/** `s3-credentials make-public` */
export const makePublic = defineCommand({
  operands: "<bucket>",
  description:
    "Let anyone download the objects of a bucket whose keys they know. Changes what stands in the way " +
    "and no more, and shows who could read the bucket before and who can now.",
  examples: [
    ["One bucket:", "make-public my-bucket"],
    ["Show first what would be changed:", "make-public my-bucket --dry-run"],
  ],
  options: publicOptions,
  stopsItself: true,
  async run({ operands: [bucket = ""], options }, io) {
    await change(bucket, options, io, async (aws, how) => {
      const { makePublic } = await library.publicBucket();
      return await makePublic(aws, bucket, how);
    });
  },
});

/** `s3-credentials make-private` */
export const makePrivate = defineCommand({
  operands: "<bucket>",
  description:
    "Close a bucket to the public: removes the public statements of its policy, and switches " +
    "its public access block on. Other statements of the policy stay.",
  examples: [
    ["One bucket:", "make-private my-bucket"],
    ["Show first what would be changed:", "make-private my-bucket --dry-run"],
  ],
  options: publicOptions,
  stopsItself: true,
  async run({ operands: [bucket = ""], options }, io) {
    await change(bucket, options, io, async (aws, how) => {
      const { makePrivate } = await library.publicBucket();
      return await makePrivate(aws, bucket, how);
    });
  },
});

async function change(
  bucket: string,
  options: Values<typeof publicOptions>,
  io: Io,
  work: (aws: Aws, how: PublicAccessOptions) => Promise<PublicAccessChange>,
): Promise<void> {
  bucketNames([bucket]);
  const { dryRun } = options;
  await withAws(options, io, async (aws) => {
    const { debugBucket } = await library.bucketReport();
    const look = () => abortable(debugBucket(aws, bucket), io.signal);
    const before = await look();
    const changes = changesInWords(await work(aws, { dryRun, signal: io.signal }));
    if (changes.length === 0) await writeMessage(io, "Nothing has to be changed");
    if (dryRun) {
      for (const [, verb, what] of changes) await writeLine(io, `Would ${verb} ${what}`);
      return await writeLine(io, `Now: ${before.verdict.join(" ")}`);
    }
    for (const [done, , what] of changes) await writeMessage(io, `${done} ${what}`);
    const after = await look();
    await writeLine(io, `Before: ${before.verdict.join(" ")}`);
    await writeLine(io, `Now: ${after.verdict.join(" ")}`);
  });
}

type ChangeInWords = [done: string, verb: string, what: string];

function changesInWords({ publicAccessBlock, added, removed }: PublicAccessChange) {
  const settings = Object.entries(publicAccessBlock)
    .map(([name, value]) => `${name} ${value ? "on" : "off"}`);
  const block = `public access block: ${settings.join(", ")}`;
  const statement = (one: object) => `bucket policy statement ${JSON.stringify(one)}`;
  return [
    ...(settings.length > 0 ? [["Changed", "change", block]] : []),
    ...added.map((one) => ["Added", "add", statement(one)]),
    ...removed.map((one) => ["Removed", "remove", statement(one)]),
  ] as ChangeInWords[];
}
