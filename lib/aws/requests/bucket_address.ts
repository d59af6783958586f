/**
 * Where a bucket is, for requests that are sent without the SDK's client.
 *
 * @module
 */
import { accessPointOf, checkBucketOrAccessPoint } from "../../access_point.ts";
import { asUsageError, S3CredentialsError } from "../../errors.ts";
import type { NetworkSettings } from "../../http/proxy.ts";
import type { S3Client } from "../clients.ts";
import type { AwsCredentialIdentity } from "../credential_types.ts";
import { type Connected, customEndpoint, type Settings, usesPathStyle } from "../settings.ts";
import { bucketEndpoint } from "./bucket_endpoint.ts";
import type { Clock } from "./clock.ts";

/** What is needed to send a bucket's requests without the SDK's client. */
export interface BucketAddress {
  /** The bucket's URL. */
  url: string;
  /** The region that requests are signed for. */
  region: string;
  /** Whether the endpoint is not Amazon's. */
  isCustom: boolean;
  /** Whether to pay for requests if the bucket's owner doesn't. */
  requestPayer: boolean;
  /** Proxies and trusted certificates. */
  network: NetworkSettings;
  /** Milliseconds without a sign of life after which a request fails. */
  requestTimeoutMs: number;
  /** Called with the lines of each request that is sent. */
  onRequest?: (lines: string) => void;
  /** How far AWS's clock is ahead of this machine's. */
  clock: Clock;
  /** The credentials to sign with, renewed before they expire. */
  credentials(): AwsCredentialIdentity | Promise<AwsCredentialIdentity>;
}

/**
 * Where to find a bucket, or an access point by its ARN; if omitted in the region of the settings. Sends
 * nothing, and makes a client with `s3` only where no one else knows the address.
 */
export async function bucketAddress(
  bucket: string,
  region: string | undefined,
  settings: Connected,
  s3: (options: { region: string | undefined }) => Promise<S3Client>,
): Promise<BucketAddress> {
  // The name becomes a part of the URL as it is.
  asUsageError(() => checkBucketOrAccessPoint(bucket));
  const { network, requestTimeoutMs, onRequest, clock, requestPayer } = settings;
  const endpoint = customEndpoint(settings, "S3");
  const isCustom = endpoint !== undefined;
  const common = { network, requestTimeoutMs, onRequest, clock, requestPayer, isCustom };
  const accessPoint = accessPointOf(bucket);
  if (accessPoint !== undefined) {
    assertCanReachAccessPoint(settings, endpoint);
    const client = await s3({ region: accessPoint.region });
    return { ...common, ...await addressBySdk(bucket, client, endpoint) };
  }
  const signedRegion = region ?? settings.region;
  const url = bucketUrl(bucket, signedRegion, settings, endpoint);
  if (url === undefined) {
    return { ...common, ...await addressBySdk(bucket, await s3({ region }), endpoint) };
  }
  return { ...common, url, region: signedRegion, credentials: settings.credentials };
}

/** An access point has no address but a host name that begins with its own name. */
function assertCanReachAccessPoint({ addressingStyle }: Settings, endpoint: string | undefined) {
  const isIpAddress = endpoint !== undefined && /^\[|^[\d.]+$/.test(new URL(endpoint).hostname);
  if (addressingStyle !== "path" && !isIpAddress) return;
  const reason = isIpAddress
    ? `the endpoint ${endpoint} has no host name`
    : "addressing is by path";
  throw new S3CredentialsError(
    "usage",
    `An access point is a part of the host name, but ${reason}`,
    { hint: "Name the bucket, or an endpoint by its name and with virtual addressing" },
  );
}

/** A bucket's URL; `undefined` where only the SDK knows it. */
function bucketUrl(bucket: string, region: string, settings: Settings, endpoint?: string) {
  const isInPath = usesPathStyle(settings);
  if (endpoint === undefined) {
    return isInPath ? undefined : bucketEndpoint(bucket, region, settings);
  }
  return isInPath ? `${endpoint.replace(/\/+$/, "")}/${bucket}` : undefined;
}

/** Only the SDK knows the host names of all partitions, and what the configuration changes in them. */
async function addressBySdk(bucket: string, { config }: S3Client, endpoint?: string) {
  const region = await config.region();
  const { url, properties } = config.endpointProvider({
    Bucket: bucket,
    Region: region,
    Endpoint: endpoint?.replace(/\/+$/, ""),
    UseFIPS: await config.useFipsEndpoint(),
    UseDualStack: await config.useDualstackEndpoint(),
    ForcePathStyle: config.forcePathStyle && accessPointOf(bucket) === undefined,
  });
  return {
    url: url.href,
    // A name such as `aws-global` stands for another region.
    region: properties?.authSchemes?.[0]?.signingRegion ?? region,
    credentials: () => config.credentials(),
  };
}
