/**
 * Where an ordinary bucket of Amazon's is. The SDK knows it of all buckets and settings, but to load it
 * takes longer than a small object does to come.
 *
 * @module
 */
import { hostSuffixOf } from "../../partitions.ts";
import { isPseudoRegion } from "./sts_endpoint.ts";

/** What the name of the host depends on. */
export interface BucketEndpointSettings {
  /** Whether it must comply with FIPS. */
  useFips: boolean;
  /** Whether it must support IPv6. */
  useDualstackS3: boolean;
}

/** The URL of a bucket that is a part of the host name; `undefined` where only the SDK knows. */
export function bucketEndpoint(
  bucket: string,
  region: string,
  { useFips, useDualstackS3 }: BucketEndpointSettings,
): string | undefined {
  // Some endings make a name one of another kind of bucket, or of none.
  const isOrdinary = /^[a-z\d][a-z\d-]{1,61}[a-z\d]$/.test(bucket) && !/--|-s3alias$/.test(bucket);
  const isRegion = /^[a-z]+(-[a-z]+)+-\d+$/.test(region) && !isPseudoRegion(region);
  if (!isOrdinary || !isRegion || useFips || useDualstackS3) return undefined;
  return `https://${bucket}.s3.${region}.${hostSuffixOf(region)}/`;
}
