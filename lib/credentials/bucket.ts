/**
 * The steps of `create` for new buckets.
 *
 * @module
 */
import { policyText } from "../policy/document.ts";
import { retry } from "../retry.ts";
import type { S3Client } from "../aws/connect.ts";
import { isMissing, isRetriedConflict, serviceError } from "../aws/service_error.ts";
import { S3CredentialsError } from "../errors.ts";
import { bucketConfiguration } from "./planning/describe.ts";
import { change, type Outcome } from "./rollback.ts";
import type { Run } from "./run.ts";
import type { StepOf } from "./types.ts";

/** Creates a bucket. */
export async function createBucket(
  { bucket, region }: StepOf<"create-bucket">,
  run: Run,
): Promise<Outcome<unknown>> {
  const s3 = await run.aws.s3({ region });
  return await change(
    `Could not create bucket ${bucket}`,
    () =>
      s3.createBucket({
        Bucket: bucket,
        CreateBucketConfiguration: bucketConfiguration(region) as undefined,
      }).catch((error) => {
        if (!isRetriedConflict(error, /^BucketAlreadyOwnedByYou$/)) throw error;
      }),
    {
      what: `bucket ${bucket}`,
      async run() {
        // S3 may tell both of two runs that they have created the bucket.
        if (run.discoveries.concurrentRunSeen) {
          throw new S3CredentialsError(
            "conflict",
            `bucket ${bucket}: somebody else creates the same credentials at the same time, and ` +
              "may use it",
          );
        }
        await s3.deleteBucket({ Bucket: bucket });
      },
    },
  );
}

type SettingStep = StepOf<
  "set-public-access-block" | "put-bucket-policy" | "put-bucket-website" | "put-bucket-tagging"
>;

/** Changes a setting of a bucket that this run has created, and that is gone with the bucket. */
export async function changeBucket(step: SettingStep, run: Run): Promise<Outcome<unknown>> {
  const s3 = await run.aws.s3({ region: step.region });
  try {
    const value = await retry(() => putSetting(step, s3), {
      isRetriable: isMissing,
      ...run.patience,
    });
    return { value, changes: [] };
  } catch (error) {
    const action = `Could not ${VERBS[step.kind]} bucket ${step.bucket}`;
    const failure = withBlockHint(serviceError(error, action));
    if (step.kind === "put-bucket-tagging" && failure.code === "access-denied") {
      run.warn(`Bucket ${step.bucket} got no tags: that needs s3:PutBucketTagging`);
      return { value: undefined, changes: [] };
    }
    return { error: failure, changes: [] };
  }
}

/** The block of the bucket itself was lifted a moment ago: what refuses now is that of the account. */
function withBlockHint(error: S3CredentialsError): S3CredentialsError {
  const { code, message, cause } = error;
  if (!/prevented by the \w+ setting/.test(message)) return error;
  return new S3CredentialsError(code, message, {
    cause,
    hint:
      "The public access block of the account, or of its organization, allows no public bucket: " +
      "only an administrator can lift it. Omit `public` and `website`",
  });
}

const VERBS: Record<SettingStep["kind"], string> = {
  "set-public-access-block": "set the public access block of",
  "put-bucket-policy": "attach a policy to",
  "put-bucket-website": "configure the website of",
  "put-bucket-tagging": "tag",
};

function putSetting(step: SettingStep, s3: S3Client): Promise<unknown> {
  const { bucket: Bucket } = step;
  switch (step.kind) {
    case "set-public-access-block":
      return s3.putPublicAccessBlock({ Bucket, PublicAccessBlockConfiguration: step.settings });
    case "put-bucket-tagging":
      return s3.putBucketTagging({ Bucket, Tagging: { TagSet: step.tags } });
    case "put-bucket-policy":
      return s3.putBucketPolicy({ Bucket, Policy: policyText(step.policy) });
    case "put-bucket-website":
      return s3.putBucketWebsite({
        Bucket,
        WebsiteConfiguration: {
          IndexDocument: { Suffix: step.indexDocument },
          ErrorDocument: { Key: step.errorDocument },
        },
      });
  }
}
