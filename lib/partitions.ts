/**
 * AWS's partitions: groups of regions with accounts, ARNs and host names of their own.
 *
 * @module
 */
import { InvalidInput } from "./errors.ts";

/** The part of an ARN after `arn:`. */
export type Partition =
  | "aws"
  | "aws-cn"
  | "aws-us-gov"
  | "aws-iso"
  | "aws-iso-b"
  | "aws-iso-e"
  | "aws-iso-f"
  | "aws-eusc";

/** How a partition's regions begin, and how its host names end. */
const PARTITIONS: Record<Partition, { regions: RegExp; hostSuffix: string }> = {
  "aws-cn": { regions: /^cn-/, hostSuffix: "amazonaws.com.cn" },
  "aws-us-gov": { regions: /^us-gov-/, hostSuffix: "amazonaws.com" },
  "aws-iso": { regions: /^us-iso-/, hostSuffix: "c2s.ic.gov" },
  "aws-iso-b": { regions: /^us-isob-/, hostSuffix: "sc2s.sgov.gov" },
  "aws-iso-e": { regions: /^eu-isoe-/, hostSuffix: "cloud.adc-e.uk" },
  "aws-iso-f": { regions: /^us-isof-/, hostSuffix: "csp.hci.ic.gov" },
  "aws-eusc": { regions: /^eusc-/, hostSuffix: "amazonaws.eu" },
  aws: { regions: /^/, hostSuffix: "amazonaws.com" },
};

/** The partition of a region; of one that is unknown, `aws`. */
export function partitionOfRegion(region: string): Partition {
  const ids = Object.keys(PARTITIONS) as Partition[];
  return ids.find((id) => PARTITIONS[id].regions.test(region))!;
}

/** The partition that an ARN names; undefined if it names none that is known. */
export function partitionOfArn(arn: string): Partition | undefined {
  const id = /^arn:([^:]*):/.exec(arn)?.[1] ?? "";
  return Object.hasOwn(PARTITIONS, id) ? id as Partition : undefined;
}

/** How the host names of a region's services end. */
export function hostSuffixOf(region: string): string {
  return PARTITIONS[partitionOfRegion(region)].hostSuffix;
}

/** Checks the name of a partition. */
export function parsePartition(text: string): Partition {
  if (Object.hasOwn(PARTITIONS, text)) return text as Partition;
  const names = Object.keys(PARTITIONS).sort().join(", ");
  throw new InvalidInput(`Invalid partition ${JSON.stringify(text)}: expected one of ${names}`);
}
