/**
 * The commands `make-public` and `make-private`.
 *
 * @module
 */
import type { PublicAccessChange } from "../../account/public_bucket.ts";
import type { Aws } from "../../aws/connect.ts";
import { defineCommand } from "../command.ts";
import type { Io } from "../io.ts";
import { library } from "../library.ts";
import { awsOptions, type AwsOptionValues, bucketNames, withAws } from "../options.ts";
import { writeLine, writeMessage } from "../output.ts";

/** `s3-credentials make-public` */
export const makePublic = defineCommand({
  operands: "<bucket>",
  description:
    "Let anyone download the objects of a bucket whose keys they know. Changes what stands in the way " +
    "and no more, and shows who could read the bucket before and who can now.",
  examples: [["One bucket:", "make-public my-bucket"]],
  options: awsOptions,
  async run({ operands: [bucket = ""], options }, io) {
    await change(bucket, options, io, async (aws) => {
      const { makePublic } = await library.publicBucket();
      return await makePublic(aws, bucket);
    });
  },
});

/** `s3-credentials make-private` */
export const makePrivate = defineCommand({
  operands: "<bucket>",
  description:
    "Close a bucket to the public: removes the public statements of its policy, and switches " +
    "its public access block on. Other statements of the policy stay.",
  examples: [["One bucket:", "make-private my-bucket"]],
  options: awsOptions,
  async run({ operands: [bucket = ""], options }, io) {
    await change(bucket, options, io, async (aws) => {
      const { makePrivate } = await library.publicBucket();
      return await makePrivate(aws, bucket);
    });
  },
});

async function change(
  bucket: string,
  options: AwsOptionValues,
  io: Io,
  work: (aws: Aws) => Promise<PublicAccessChange>,
): Promise<void> {
  bucketNames([bucket]);
  await withAws(options, io, async (aws) => {
    const { debugBucket } = await library.bucketReport();
    const before = await debugBucket(aws, bucket);
    const done = changesInWords(await work(aws));
    for (const line of done) await writeMessage(io, line);
    if (done.length === 0) await writeMessage(io, "Nothing has to be changed");
    const after = await debugBucket(aws, bucket);
    await writeLine(io, `Before: ${before.verdict.join(" ")}`);
    await writeLine(io, `Now: ${after.verdict.join(" ")}`);
  });
}

function changesInWords({ publicAccessBlock, added, removed }: PublicAccessChange): string[] {
  const settings = Object.entries(publicAccessBlock)
    .map(([name, value]) => `${name} ${value ? "on" : "off"}`);
  const statement = (one: object) => `bucket policy statement ${JSON.stringify(one)}`;
  return [
    ...(settings.length > 0 ? [`Changed public access block: ${settings.join(", ")}`] : []),
    ...added.map((one) => `Added ${statement(one)}`),
    ...removed.map((one) => `Removed ${statement(one)}`),
  ];
}
