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
import { defineCommand, flag, value, values } from "../command.ts";
import { itemErrors } from "../items.ts";
import { library } from "../library.ts";
import { rowFormatOf, rowOptions, writeRows } from "../lists/write.ts";
import { awsOptions, bucketNames, readInput, usage, withAws } from "../options.ts";
import { lintBeforeUse } from "../policies/policy_input.ts";
import { errorText, writeJson, writeLine, writeMessage } from "../output.ts";
import { plainData, rowsOf } from "../lists/rows.ts";

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

function onlyBucket(operands: readonly string[]): string {
  return bucketNames(operands)[0] ?? "";
}

function notSet(bucket: string, what: string): S3CredentialsError {
  return new S3CredentialsError("not-found", `Bucket ${bucket} has no ${what}`);
}

/** `s3-credentials get-cors-policy` */
export const getCorsPolicy = defineCommand({
  operands: "<bucket>",
  description: "Show the CORS policy of a bucket as JSON.",
  examples: [["One bucket:", "get-cors-policy my-bucket"]],
  options: awsOptions,
  async run({ operands, options }, io) {
    const bucket = onlyBucket(operands);
    const rules = await withAws(options, io, async (aws) => {
      const { getCorsRules } = await library.bucketSettings();
      return await getCorsRules(aws, bucket);
    });
    if (rules.length === 0) throw notSet(bucket, "CORS policy");
    await writeJson(io, rules.map((rule) => plainData(rule, CORS_FIELDS)));
  },
});

const CORS_FIELDS = [
  "ID",
  "AllowedHeaders",
  "AllowedMethods",
  "AllowedOrigins",
  "ExposeHeaders",
  "MaxAgeSeconds",
];

const CORS_METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD"];

/** What the command line gave; nothing rather than an empty list. */
function listOf<T>(values: readonly T[]): T[] | undefined {
  return values.length > 0 ? [...values] : undefined;
}

function parseMethod(text: string): string {
  const method = text.toUpperCase();
  if (CORS_METHODS.includes(method)) return method;
  throw new InvalidInput(
    `Invalid method ${JSON.stringify(text)}: S3 allows ${CORS_METHODS.join(", ")}`,
  );
}

function parseOrigin(text: string): string {
  if (text.split("*").length <= 2 && text.trim() !== "") return text;
  throw new InvalidInput(
    `Invalid origin ${JSON.stringify(text)}: expected a URL with at most one *`,
  );
}

function parseSeconds(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidInput(`Expected a number of seconds, not ${JSON.stringify(text)}`);
}

/** `s3-credentials set-cors-policy` */
export const setCorsPolicy = defineCommand({
  operands: "<bucket>",
  description:
    "Set the CORS policy of a bucket: which web pages may use it from a browser. It replaces " +
    "the previous policy.",
  examples: [
    ["GET requests from any origin:", "set-cors-policy my-bucket"],
    [
      "GET and PUT from one origin, which may read the ETag header:",
      "set-cors-policy my-bucket --allowed-method GET --allowed-method PUT " +
      "--allowed-origin https://www.example.com/ --expose-header ETag",
    ],
  ],
  options: {
    allowedMethod: values(
      "-m, --allowed-method <method>",
      "Allowed method, such as GET; may be repeated",
      parseMethod,
    ),
    allowedHeader: values(
      "-h, --allowed-header <header>",
      "Allowed request header, such as Authorization; may be repeated",
      (text) => text,
    ),
    allowedOrigin: values(
      "-o, --allowed-origin <origin>",
      "Allowed origin, such as https://www.example.com/; may be repeated",
      parseOrigin,
    ),
    exposeHeader: values(
      "-e, --expose-header <header>",
      "Response header that pages may read, such as ETag; may be repeated",
      (text) => text,
    ),
    maxAgeSeconds: value(
      "--max-age-seconds <seconds>",
      "How long browsers may cache the response to a preflight request",
      parseSeconds,
    ),
    ...awsOptions,
  },
  async run({ operands, options }, io) {
    const bucket = onlyBucket(operands);
    await withAws(options, io, async (aws) => {
      const { CORS_RULE_ID, getCorsRules, setCorsRule } = await library.bucketSettings();
      const others = await getCorsRules(aws, bucket).then(
        (rules) => rules.filter((rule) => rule.ID !== CORS_RULE_ID).length,
        // Permission to set a policy does not imply permission to read it.
        () => 0,
      );
      await setCorsRule(aws, bucket, {
        AllowedMethods: listOf(options.allowedMethod),
        AllowedHeaders: listOf(options.allowedHeader),
        AllowedOrigins: listOf(options.allowedOrigin),
        ExposeHeaders: listOf(options.exposeHeader),
        MaxAgeSeconds: options.maxAgeSeconds,
      });
      await writeMessage(io, `Updated CORS policy for bucket '${bucket}'`);
      if (others > 0) {
        const rules = others === 1 ? "a CORS rule" : `${others} CORS rules`;
        await writeMessage(io, `Warning: this replaced ${rules} that other tools had set`);
      }
    });
  },
});

/** `s3-credentials get-bucket-policy` */
export const getBucketPolicy = defineCommand({
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
    const policy = await withAws(options, io, async (aws) => {
      const { setBucketPolicy } = await library.bucketSettings();
      const policy = policyOfFile ?? await policyForAll(aws, bucket);
      await setBucketPolicy(aws, bucket, policy).catch(async (error) => {
        throw await explainBlock(aws, bucket, error);
      });
      return policy;
    });
    await writeMessage(io, `Policy set:\n${JSON.stringify(policy, null, 4)}`);
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
    const policy = parseJson(text, `${path === "-" ? "Input" : "File"} contained invalid JSON`);
    if (isObject(policy) && "Statement" in policy) return policy as unknown as PolicyDocument;
    throw new InvalidInput("A bucket policy is a JSON object with a Statement");
  }, "Invalid value for --policy-file");
}

/** `s3-credentials get-public-access-block` */
export const getPublicAccessBlock = defineCommand({
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
      return await setPublicAccessBlock(aws, bucket, changes);
    });
    await writeMessage(
      io,
      `Updated public access block settings for bucket '${bucket}': ${JSON.stringify(now)}`,
    );
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
