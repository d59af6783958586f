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

/** What the regions and host names of a partition have in common. */
interface PartitionNames {
  /** How its regions begin. */
  regions: RegExp;
  /** How its host names end. */
  hostSuffix: string;
  /** The same for hosts that support IPv6. */
  dualStackSuffix: string;
}

const PARTITIONS: Record<Partition, PartitionNames> = {
  "aws-cn": {
    regions: /^cn-/,
    hostSuffix: "amazonaws.com.cn",
    dualStackSuffix: "api.amazonwebservices.com.cn",
  },
  "aws-us-gov": { regions: /^us-gov-/, hostSuffix: "amazonaws.com", dualStackSuffix: "api.aws" },
  "aws-iso": { regions: /^us-iso-/, hostSuffix: "c2s.ic.gov", dualStackSuffix: "api.aws.ic.gov" },
  "aws-iso-b": {
    regions: /^us-isob-/,
    hostSuffix: "sc2s.sgov.gov",
    dualStackSuffix: "api.aws.scloud",
  },
  "aws-iso-e": {
    regions: /^eu-isoe-/,
    hostSuffix: "cloud.adc-e.uk",
    dualStackSuffix: "api.cloud-aws.adc-e.uk",
  },
  "aws-iso-f": {
    regions: /^us-isof-/,
    hostSuffix: "csp.hci.ic.gov",
    dualStackSuffix: "api.aws.hci.ic.gov",
  },
  "aws-eusc": {
    regions: /^eusc-/,
    hostSuffix: "amazonaws.eu",
    dualStackSuffix: "api.amazonwebservices.eu",
  },
  aws: { regions: /^/, hostSuffix: "amazonaws.com", dualStackSuffix: "api.aws" },
};

/**
 * The region where none is configured, as in AWS's other tools. It is also the one region that
 * CreateBucket must not be given, and that GetBucketLocation doesn't name.
 */
export const DEFAULT_REGION = "us-east-1";

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

/** Throws `InvalidInput` if an ARN is of another partition than a region. */
export function checkPartitionOfArn(arn: string, region: string): void {
  const [named, partition] = [partitionOfArn(arn), partitionOfRegion(region)];
  if (named === undefined || named === partition) return;
  throw new InvalidInput(
    `Invalid ARN ${
      JSON.stringify(arn)
    }: region ${region} is in partition ${partition}, not ${named}`,
  );
}

/** How the host names of a region's services end. */
export function hostSuffixOf(region: string): string {
  return PARTITIONS[partitionOfRegion(region)].hostSuffix;
}

/** The same for hosts that support IPv6. */
export function dualStackSuffixOf(region: string): string {
  return PARTITIONS[partitionOfRegion(region)].dualStackSuffix;
}

/** Checks the name of a partition. */
export function parsePartition(text: string): Partition {
  if (Object.hasOwn(PARTITIONS, text)) return text as Partition;
  const names = Object.keys(PARTITIONS).sort().join(", ");
  throw new InvalidInput(`Invalid partition ${JSON.stringify(text)}: expected one of ${names}`);
}
