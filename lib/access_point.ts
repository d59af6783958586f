/**
 * Access points: other names of buckets, with a policy of their own. Their ARN stands where a bucket's
 * name does in requests for objects.
 *
 * @module
 */
import { InvalidInput } from "./errors.ts";
import { checkBucketName } from "./names.ts";
import { checkPartitionOfArn } from "./partitions.ts";

/** What the ARN of an access point says. */
export interface AccessPoint {
  /** The only region in which it answers. */
  region: string;
}

const ACCESS_POINT = /^arn:[\w-]+:s3:([a-z0-9-]+):\d{12}:accesspoint[/:][a-z0-9][a-z0-9-]*$/;
const MULTI_REGION = /^arn:[\w-]+:s3::\d{12}:accesspoint[/:]/;

/** Reads the ARN of an access point; `undefined` for what is none. */
export function accessPointOf(text: string): AccessPoint | undefined {
  const region = ACCESS_POINT.exec(text)?.[1];
  return region === undefined ? undefined : { region };
}

/** Throws `InvalidInput` unless the text is the name of one bucket, or the ARN of an access point. */
export function checkBucketOrAccessPoint(text: string): void {
  if (typeof text !== "string" || !text.startsWith("arn:")) return checkBucketName(text);
  const accessPoint = accessPointOf(text);
  if (accessPoint !== undefined) return checkPartitionOfArn(text, accessPoint.region);
  if (/^arn:[\w-]+:s3:::/.test(text)) return checkBucketName(text);
  throw new InvalidInput(`Invalid ARN ${JSON.stringify(text)}: ${faultOf(text)}`);
}

function faultOf(arn: string): string {
  if (MULTI_REGION.test(arn)) {
    return "a multi-Region access point takes signatures of another kind; name a bucket behind it";
  }
  if (/^arn:[\w-]+:s3-(outposts|object-lambda):/.test(arn)) {
    return "access points of Outposts and of Object Lambda are not supported";
  }
  return "expected a bucket's name, or arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME";
}
