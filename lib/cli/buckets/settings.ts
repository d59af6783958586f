/**
 * The commands about buckets and their settings.
 *
 * @module
 */
import type { BucketReport } from "../../account/bucket_report.ts";
import type { Aws } from "../../aws/connect.ts";
import { publicBucketPolicy } from "../../policy/build.ts";
import type { PolicyDocument } from "../../policy/document.ts";
import {
  NO_PUBLIC_ACCESS_BLOCK,
  type PublicAccessBlockSettings,
  VERDICTS,
} from "../../policy/public_access.ts";
import { asUsageError, InvalidInput, S3CredentialsError } from "../../errors.ts";
import { isObject } from "../../is_object.ts";
import { partitionOfRegion } from "../../partitions.ts";
import { parseJson } from "../../strict_json.ts";
import { aclData, bucketColumns, bucketRow, mapDetail } from "../lists/account_rows.ts";
import { defineCommand, flag, value } from "../command.ts";
import { itemErrors } from "../items.ts";
import { library } from "../library.ts";
import { rowFormatOf, rowOptions, writeRows } from "../lists/write.ts";
import { awsOptions, bucketNames, dryRunOption, readInput, usage, withAws } from "../options.ts";
import { invalidJson, lintBeforeUse } from "../policies/policy_input.ts";
import { errorText, writeJson, writeLine, writeMessage } from "../output.ts";
import { plainData, rowsOf } from "../lists/rows.ts";
import { notSet, onlyBucket, readable } from "./one_bucket.ts";

/** `s3-credentials list-buckets` */
export const listBuckets = defineCommand({
  operands: "[buckets...]",
  description: "List the buckets of the account: all of them, or only the given ones.",
  examples: [
    ["All buckets as JSON:", "list-buckets"],
    ["All buckets as CSV:", "list-buckets --csv"],
    ["One bucket with region, ACL, public access and website:", "list-buckets my-bucket --details"],
  ],
  options: {
    details: flag("--details", "Include region, ACL, public access block and website (slower)"),
    ...rowOptions,
    ...awsOptions,
  },
  async run({ operands, options }, io) {
    const format = rowFormatOf(options);
    const names = bucketNames(operands);
    const { onError, finish } = itemErrors(io);
    await withAws(options, io, async (aws) => {
      const { listBuckets } = await library.buckets();
      const buckets = listBuckets(aws, { names, details: options.details, onError });
      await writeRows(io, rowsOf(buckets, bucketRow), format, bucketColumns(options.details));
    });
    await finish();
  },
});

/** `s3-credentials get-bucket-policy` */
export const getBucketPolicy = defineCommand({
  printsJson: true,
  operands: "<bucket>",
  description: "Show the policy of a bucket as JSON.",
  examples: [["One bucket:", "get-bucket-policy my-bucket"]],
  options: awsOptions,
  async run({ operands, options }, io) {
    const bucket = onlyBucket(operands);
    const policy = await withAws(options, io, async (aws) => {
      const { getBucketPolicy } = await library.bucketSettings();
      return await getBucketPolicy(aws, bucket);
    });
    if (policy === undefined) throw notSet(bucket, "bucket policy");
    await writeJson(io, policy);
  },
});

/** `s3-credentials set-bucket-policy` */
export const setBucketPolicy = defineCommand({
  operands: "<bucket>",
  description: "Set the policy of a bucket.",
  examples: [
    ["From a file:", "set-bucket-policy my-bucket --policy-file policy.json"],
    ["Let anyone download files:", "set-bucket-policy my-bucket --allow-all-get"],
  ],
  options: {
    policyFile: value("--policy-file <file>", "JSON file with the policy, - for standard input"),
    allowAllGet: flag("--allow-all-get", "Allow GET requests from everyone"),
    dryRun: dryRunOption,
    ...awsOptions,
  },
  async run({ operands, options }, io) {
    const bucket = onlyBucket(operands);
    const { allowAllGet, policyFile, auth } = options;
    if (allowAllGet && policyFile !== undefined) {
      throw usage("Cannot pass both --allow-all-get and --policy-file");
    }
    if (!allowAllGet && policyFile === undefined) {
      throw usage("Pass either --policy-file FILE or --allow-all-get");
    }
    if (policyFile === "-" && auth === "-") {
      throw usage("--policy-file and --auth cannot both read standard input");
    }
    const policyOfFile = policyFile === undefined
      ? undefined
      : parseBucketPolicy(await readInput(policyFile, io, "--policy-file"), policyFile);
    if (policyOfFile !== undefined) {
      await lintBeforeUse(policyOfFile, "bucket", "--policy-file", io);
    }
    await withAws(options, io, async (aws) => {
      const { getBucketPolicy, setBucketPolicy } = await library.bucketSettings();
      const policy = policyOfFile ?? await policyForAll(aws, bucket);
      if (options.dryRun) {
        const present = await readable(getBucketPolicy(aws, bucket));
        await writeLine(io, "Would set policy:");
        await writeJson(io, policy);
        if (present === undefined) return;
        await writeLine(io, "... in place of:");
        return await writeJson(io, present);
      }
      await setBucketPolicy(aws, bucket, policy).catch(async (error) => {
        throw await explainBlock(aws, bucket, error);
      });
      await writeMessage(io, `Policy set:\n${JSON.stringify(policy, null, 4)}`);
    });
  },
});

async function policyForAll(aws: Aws, bucket: string): Promise<PolicyDocument> {
  const { connectionOf } = await library.connect();
  const partition = partitionOfRegion(await connectionOf(aws).region());
  return asUsageError(() => publicBucketPolicy(bucket, { partition }));
}

/** If a public access block rejected a policy, says whose, and what lifts that of the bucket. */
async function explainBlock(aws: Aws, bucket: string, error: unknown): Promise<unknown> {
  if (!(error instanceof S3CredentialsError)) return error;
  const { code, message, cause } = error;
  if (!message.includes("prevented by the BlockPublicPolicy setting")) return error;
  const { getPublicAccessBlock } = await library.publicAccessBlock();
  const isOfBucket = await getPublicAccessBlock(aws, bucket).then(
    (block) => block?.BlockPublicPolicy === true,
    () => true,
  );
  const hint = isOfBucket
    ? `To allow public policies:\n  ${allowPublicAccess(bucket)}`
    : "That is the public access block of the account: only an administrator can lift it";
  return new S3CredentialsError(code, message, { hint, cause });
}

function allowPublicAccess(bucket: string): string {
  return `s3-credentials set-public-access-block ${bucket} --allow-public-access`;
}

function parseBucketPolicy(text: string, path: string): PolicyDocument {
  return asUsageError(() => {
    const policy = parseJson(text, invalidJson(path));
    if (isObject(policy) && "Statement" in policy) return policy as unknown as PolicyDocument;
    throw new InvalidInput("A bucket policy is a JSON object with a Statement");
  }, "Invalid value for --policy-file");
}

/** `s3-credentials get-public-access-block` */
export const getPublicAccessBlock = defineCommand({
  printsJson: true,
  operands: "<bucket>",
  description: "Show the public access block of a bucket: what prevents it from becoming public.",
  examples: [["One bucket:", "get-public-access-block my-bucket"]],
  options: awsOptions,
  async run({ operands, options }, io) {
    const bucket = onlyBucket(operands);
    const block = await withAws(options, io, async (aws) => {
      const { getPublicAccessBlock } = await library.publicAccessBlock();
      return await getPublicAccessBlock(aws, bucket);
    });
    if (block === undefined) throw notSet(bucket, "public access block");
    await writeJson(io, block);
  },
});

const BOOLEANS = new Map([
  ...["true", "t", "yes", "y", "on", "1"].map((word) => [word, true] as const),
  ...["false", "f", "no", "n", "off", "0"].map((word) => [word, false] as const),
]);

function parseBoolean(text: string): boolean {
  const found = BOOLEANS.get(text.toLowerCase());
  if (found !== undefined) return found;
  throw new InvalidInput(`Expected true or false, not ${JSON.stringify(text)}`);
}

/** `s3-credentials set-public-access-block` */
export const setPublicAccessBlock = defineCommand({
  operands: "<bucket>",
  description:
    "Change the public access block of a bucket. Settings that are not given keep their " +
    "current value.",
  examples: [
    ["One setting:", "set-public-access-block my-bucket --block-public-acls false"],
    [
      "Allow public access:",
      "set-public-access-block my-bucket --allow-public-access",
    ],
  ],
  options: {
    blockPublicAcls: value("--block-public-acls <boolean>", "Reject new public ACLs", parseBoolean),
    ignorePublicAcls: value(
      "--ignore-public-acls <boolean>",
      "Ignore public ACLs",
      parseBoolean,
    ),
    blockPublicPolicy: value(
      "--block-public-policy <boolean>",
      "Reject new public bucket policies",
      parseBoolean,
    ),
    restrictPublicBuckets: value(
      "--restrict-public-buckets <boolean>",
      "Limit a public bucket policy to users of the account",
      parseBoolean,
    ),
    allowPublicAccess: flag("--allow-public-access", "Set all four to false"),
    dryRun: dryRunOption,
    ...awsOptions,
  },
  async run({ operands, options }, io) {
    const bucket = onlyBucket(operands);
    const given: Partial<PublicAccessBlockSettings> = {
      BlockPublicAcls: options.blockPublicAcls,
      IgnorePublicAcls: options.ignorePublicAcls,
      BlockPublicPolicy: options.blockPublicPolicy,
      RestrictPublicBuckets: options.restrictPublicBuckets,
    };
    const isAnyGiven = Object.values(given).some((setting) => setting !== undefined);
    if (options.allowPublicAccess && isAnyGiven) {
      throw usage("--allow-public-access cannot be used with the individual settings");
    }
    if (!options.allowPublicAccess && !isAnyGiven) {
      throw usage("No valid options provided. Use --help to see available options.");
    }
    const changes = options.allowPublicAccess ? NO_PUBLIC_ACCESS_BLOCK : given;
    const now = await withAws(options, io, async (aws) => {
      const { setPublicAccessBlock } = await library.publicAccessBlock();
      return await setPublicAccessBlock(aws, bucket, changes, { dryRun: options.dryRun });
    });
    const what = `public access block settings for bucket '${bucket}': ${JSON.stringify(now)}`;
    if (options.dryRun) await writeLine(io, `Would update ${what}`);
    else await writeMessage(io, `Updated ${what}`);
  },
});

/** `s3-credentials debug-bucket` */
export const debugBucket = defineCommand({
  operands: "<bucket>",
  description:
    "Show everything that determines who can read a bucket, with a verdict in plain words.",
  examples: [["One bucket:", "debug-bucket my-bucket"]],
  options: awsOptions,
  async run({ operands, options }, io) {
    const bucket = onlyBucket(operands);
    const report = await withAws(options, io, async (aws) => {
      const { debugBucket } = await library.bucketReport();
      return await debugBucket(aws, bucket);
    });
    for (const [name, detail] of reportParts(report)) {
      if (detail instanceof S3CredentialsError) {
        await writeLine(io, errorText(detail).replace(/^Error: /, ""));
      } else if (detail === null) {
        await writeLine(io, `${name}: none`);
      } else {
        await writeLine(io, `${name}:`);
        await writeJson(io, plainData(detail));
      }
    }
    await writeLine(io, `\n${report.verdict.join("\n")}`);
    const command = remedy(bucket, report);
    if (command !== undefined) await writeLine(io, `\n${command}`);
  },
});

/** The command that changes the verdict, if there is one. */
function remedy(
  bucket: string,
  { verdict, publicAccessBlock }: BucketReport,
): string | undefined {
  const set = `s3-credentials set-public-access-block ${bucket}`;
  const isBlocked = Object.values(publicAccessBlock ?? {}).some((setting) => setting === true);
  switch (verdict[0]) {
    case VERDICTS.public:
      return `To make it private again:\n  s3-credentials make-private ${bucket}`;
    case VERDICTS.perhapsByAcls:
      return `To rule that out:\n  ${set} --ignore-public-acls true`;
    case VERDICTS.onlyBlocked:
      return isBlocked ? `To allow public access:\n  ${allowPublicAccess(bucket)}` : undefined;
    default:
      return undefined;
  }
}

/** The parts of `debug-bucket` in their order, some wrapped as S3's own answers are. */
function reportParts(report: BucketReport): [name: string, detail: unknown][] {
  const within = (key: string, detail: unknown) => mapDetail(detail, (value) => ({ [key]: value }));
  return [
    ["Bucket ACL", mapDetail(report.acl, aclData)],
    ["Bucket policy status", within("PolicyStatus", report.policyStatus)],
    [
      "Bucket public access block",
      within("PublicAccessBlockConfiguration", report.publicAccessBlock),
    ],
    ["Bucket location", report.region],
    ["Bucket ownership controls", within("OwnershipControls", report.ownershipControls)],
    ["Bucket website", report.website],
    ["Bucket CORS policy", within("CORSRules", report.cors)],
    ["Bucket policy", report.policy],
    ["Account public access block", report.accountPublicAccessBlock],
  ];
}
