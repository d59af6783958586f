/**
 * The command `policy`.
 *
 * @module
 */
import { publicBucketPolicy } from "../../policy/build.ts";
import { grantsOf, grantsPolicy } from "../../policy/grants.ts";
import { unsupportedCharacter } from "../../policy/limits.ts";
import { asUsageError } from "../../errors.ts";
import { parsePartition } from "../../partitions.ts";
import { defineCommand, flag, value } from "../command.ts";
import { usage } from "../options.ts";
import { writeJson, writeMessage } from "../output.ts";
import {
  GRANT_OPTION,
  grantedBy,
  isNarrowed,
  NARROWING,
  permissionOptions,
  warnOfScopes,
} from "../permission_options.ts";

/** `s3-credentials policy` */
export const policy = defineCommand({
  printsJson: true,
  operands: "<buckets...>",
  operandsOption: GRANT_OPTION,
  description: "Show the JSON policy that create would use for one or more buckets. Makes no " +
    "request and needs no credentials.",
  examples: [
    ["The policy of a key that can only read a bucket:", "policy my-bucket --read-only"],
    ["The same for one directory:", "policy my-bucket --read-only --prefix my-directory/"],
    ["The bucket policy of a public bucket:", "policy my-bucket --public-bucket"],
  ],
  options: {
    ...permissionOptions,
    publicBucket: flag("--public-bucket", "Show the bucket policy that allows public access"),
    partition: value(
      "--partition <name>",
      "AWS partition of the buckets, such as aws-cn or aws-us-gov (default: aws)",
      parsePartition,
    ),
  },
  async run({ operands, options }, io) {
    const granted = await grantedBy(operands, options);
    if (options.publicBucket) {
      if (isNarrowed(options) || options.statement[0]) {
        throw usage(`--public-bucket cannot be used with --statement, ${NARROWING}`);
      }
      const [bucket, ...others] = granted.buckets ?? [];
      if (bucket === undefined || others.length > 0) {
        throw usage("--public-bucket policy can only be generated for a single bucket");
      }
      await writeJson(
        io,
        asUsageError(() => publicBucketPolicy(bucket, { partition: options.partition })),
      );
      return;
    }
    await warnOfScopes(granted, io);
    const { Statement, ...rest } = asUsageError(() =>
      grantsPolicy(grantsOf(granted), { partition: options.partition })
    );
    const document = { ...rest, Statement: [...Statement, ...options.statement] };
    const character = unsupportedCharacter(document);
    if (character !== undefined) {
      await writeMessage(
        io,
        `Warning: IAM accepts no characters beyond U+00FF in a policy, and this one contains ${character}`,
      );
    }
    await writeJson(io, document);
  },
});
