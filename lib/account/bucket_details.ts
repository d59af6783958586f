/**
 * Settings of a bucket that several reports show.
 *
 * @module
 */
import type { S3CredentialsError } from "../errors.ts";
import type { AclGrant, PublicAccessBlockSettings } from "../policy/public_access.ts";
import type { S3Client } from "../aws/connect.ts";
import { DEFAULT_REGION } from "../partitions.ts";
import { undefinedIfMissing } from "./s3_calls.ts";

/** Settings of a bucket. What could not be read is an error in its place. */
export interface BucketDetails {
  /** The bucket's region. */
  region: string | S3CredentialsError;
  /** The access control list. */
  acl:
    | { Owner?: { DisplayName?: string; ID?: string }; Grants?: AclGrant[] }
    | S3CredentialsError;
  /** The public access block; `null` if there is none. */
  publicAccessBlock: Partial<PublicAccessBlockSettings> | null | S3CredentialsError;
  /** The website settings, with the website's URL; `null` if there are none. */
  website:
    | {
      RedirectAllRequestsTo?: { HostName?: string; Protocol?: string };
      IndexDocument?: { Suffix?: string };
      ErrorDocument?: { Key?: string };
      RoutingRules?: { Condition?: object; Redirect?: object }[];
      url?: string;
    }
    | null
    | S3CredentialsError;
}

/** The value of a detail that could be read. */
export type ReadDetail<K extends keyof BucketDetails> = Exclude<
  BucketDetails[K],
  S3CredentialsError
>;

/** The region of a bucket, by a client of any region. */
export async function bucketRegion(s3: S3Client, bucket: string): Promise<string> {
  const { LocationConstraint } = await s3.getBucketLocation({ Bucket: bucket });
  // `EU` is what eu-west-1 was once called.
  return LocationConstraint === "EU" ? "eu-west-1" : LocationConstraint || DEFAULT_REGION;
}

/** The access control list of a bucket, by a client of its region. */
export async function bucketAcl(s3: S3Client, bucket: string): Promise<ReadDetail<"acl">> {
  const { Owner, Grants } = await s3.getBucketAcl({ Bucket: bucket });
  return { Owner, Grants };
}

/** The website settings of a bucket, by a client of its region; with the URL if the region is known. */
export async function bucketWebsite(
  s3: S3Client,
  bucket: string,
  region: string | undefined,
): Promise<ReadDetail<"website">> {
  const website = await undefinedIfMissing(
    s3.getBucketWebsite({ Bucket: bucket }),
    "NoSuchWebsiteConfiguration",
  );
  if (website === undefined) return null;
  const { RedirectAllRequestsTo, IndexDocument, ErrorDocument, RoutingRules } = website;
  const url = region === undefined ? undefined : websiteUrl(bucket, region);
  return { RedirectAllRequestsTo, IndexDocument, ErrorDocument, RoutingRules, url };
}

/** Where a bucket serves its website: over http, as S3's website endpoints have no TLS. */
function websiteUrl(bucket: string, region: string): string {
  return `http://${bucket}.s3-website.${region}.amazonaws.com/`;
}
