/**
 * Where Amazon's STS is.
 *
 * @module
 */
import { dualStackSuffixOf, hostSuffixOf, partitionOfRegion } from "../../partitions.ts";

/** What the name of the host depends on. */
export interface StsEndpointSettings {
  /** The region. */
  region: string;
  /** Whether it must comply with FIPS. */
  useFips: boolean;
  /** Whether it must support IPv6. */
  useDualstack: boolean;
}

/** The URL of STS in a region, which must not be one of {@linkcode isPseudoRegion}. */
export function stsEndpoint({ region, useFips, useDualstack }: StsEndpointSettings): string {
  // In GovCloud the usual host complies with it.
  const hasFipsHost = useDualstack || partitionOfRegion(region) !== "aws-us-gov";
  const name = useFips && hasFipsHost ? "sts-fips" : "sts";
  const suffix = useDualstack ? dualStackSuffixOf(region) : hostSuffixOf(region);
  return `https://${name}.${region}.${suffix}`;
}

/** Whether a name stands for another region, such as `aws-global`: for which one, only the SDK knows. */
export function isPseudoRegion(region: string): boolean {
  return /^fips-|-fips$|^aws-.*global$/.test(region);
}
