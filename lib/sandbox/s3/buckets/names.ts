/**
 * S3's rules for bucket names and regions.
 *
 * @module
 */

const NAME = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const IP_ADDRESS = /^\d+\.\d+\.\d+\.\d+$/;
const RESERVED_PREFIXES = ["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_SUFFIXES = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/** Whether S3 lets a new bucket have that name. */
export function isBucketName(name: string): boolean {
  return NAME.test(name) && !name.includes("..") && !IP_ADDRESS.test(name) &&
    !RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix)) &&
    !RESERVED_SUFFIXES.some((suffix) => name.endsWith(suffix));
}

/** Where buckets can be: area, then its numbered sites. */
const REGIONS: Record<string, string> = {
  "af-south": "1",
  "ap-east": "12",
  "ap-northeast": "123",
  "ap-south": "12",
  "ap-southeast": "1234567",
  "ca-central": "1",
  "ca-west": "1",
  "cn-north": "1",
  "cn-northwest": "1",
  "eu-central": "12",
  "eu-isoe-west": "1",
  "eu-north": "1",
  "eu-south": "12",
  "eu-west": "123",
  "eusc-de-east": "1",
  "il-central": "1",
  "me-central": "1",
  "me-south": "1",
  "mx-central": "1",
  "sa-east": "1",
  "us-east": "12",
  "us-gov-east": "1",
  "us-gov-west": "1",
  "us-iso-east": "1",
  "us-iso-west": "1",
  "us-isob-east": "1",
  "us-isob-west": "1",
  "us-isof-east": "1",
  "us-isof-south": "1",
  "us-west": "12",
};

/** Whether AWS has a region of that name. */
export function isRegion(name: string): boolean {
  const [, area = "", site = ""] = /^(.+)-(\d)$/.exec(name) ?? [];
  return REGIONS[area]?.includes(site) ?? false;
}
