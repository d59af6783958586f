/**
 * Where to call, and as whom: options first, then the environment, then the files of AWS's tools.
 *
 * @module
 */
import process from "node:process";
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from "./credential_types.ts";
import { parseEndpointUrl } from "./endpoint_url.ts";
import { asUsageError, S3CredentialsError } from "../errors.ts";
import { type NetworkSettings, networkSettings } from "./network.ts";

/** Which account to call, and where. */
export interface ConnectOptions {
  /**
   * Credentials, or a function that provides them and is called again before they expire; if
   * omitted, AWS's default chain finds them.
   */
  credentials?: AwsCredentialIdentity | AwsCredentialIdentityProvider;
  /** The profile of `~/.aws/config` and `~/.aws/credentials` to use. */
  profile?: string;
  /** The region; if omitted, that of the environment, else of the profile, else `us-east-1`. */
  region?: string;
  /** One endpoint for IAM, STS and S3, in place of Amazon's. */
  endpointUrl?: string;
  /**
   * Looks an environment variable up.
   *
   * @default {(name) => process.env[name]}
   */
  env?: (name: string) => string | undefined;
  /**
   * Milliseconds without a sign of life after which a request fails; it may be retried.
   *
   * @default {60000}
   */
  requestTimeoutMs?: number;
  /** Called with the lines of each request that is sent, without secrets, for debugging. */
  onRequest?: (lines: string) => void;
}

/** The services with an endpoint of their own. */
export type ServiceName = "IAM" | "STS" | "S3";

/** What all clients share. */
export interface Settings {
  /** The region of calls that name no other. */
  region: string;
  /** The endpoints that are not Amazon's. */
  endpoints: Partial<Record<ServiceName, string>>;
  /** The profile's name, if one is named. */
  profile: string | undefined;
  /** The credentials; if omitted, AWS's default chain finds them. */
  credentials: AwsCredentialIdentity | AwsCredentialIdentityProvider | undefined;
  /** Milliseconds without a sign of life after which a request fails. */
  requestTimeoutMs: number;
  /** Called with the lines of each request that is sent. */
  onRequest: ((lines: string) => void) | undefined;
  /** Proxies and trusted certificates. */
  network: NetworkSettings;
}

/** AWS's answers take well under a second; past this an endpoint is taken for dead. */
const REQUEST_TIMEOUT_MS = 60_000;

/**
 * Works out where to call. Sends nothing.
 *
 * @throws {S3CredentialsError} `credentials` if a profile that is named isn't there, `usage` for an
 *   endpoint, a proxy or certificates that make no sense
 */
export async function resolveSettings(options: ConnectOptions): Promise<Settings> {
  const env = options.env ?? ((name: string) => process.env[name]);
  const variable = (name: string) => env(name) || undefined;
  const credentials = options.credentials ??
    (options.profile === undefined ? environmentCredentials(variable) : undefined);
  // In the order of boto3, for those who have set both.
  const profileName = options.profile ?? variable("AWS_DEFAULT_PROFILE") ?? variable("AWS_PROFILE");
  // With credentials given, the profile still sets region and endpoint, if it is there.
  const mustExist = options.profile !== undefined ||
    credentials === undefined && profileName !== undefined && profileName !== "default";
  const profile = await sharedProfile(profileName, variable, mustExist);
  return {
    credentials,
    requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    onRequest: options.onRequest,
    profile: profileName,
    network: await networkSettings(variable, profile),
    region: options.region ?? variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION") ??
      profile.region ?? "us-east-1",
    endpoints: Object.fromEntries(
      (["IAM", "STS", "S3"] as const).map((service) => [
        service,
        checkedUrl("endpointUrl", options.endpointUrl) ??
          configuredEndpoint(service, variable, profile),
      ]),
    ),
  };
}

function environmentCredentials(
  variable: (name: string) => string | undefined,
): AwsCredentialIdentity | undefined {
  const accessKeyId = variable("AWS_ACCESS_KEY_ID");
  const secretAccessKey = variable("AWS_SECRET_ACCESS_KEY");
  const sessionToken = variable("AWS_SESSION_TOKEN");
  if (accessKeyId === undefined || secretAccessKey === undefined) return undefined;
  return { accessKeyId, secretAccessKey, sessionToken };
}

/** The settings of a profile that concern us; those of its `services` section as `s3.endpoint_url`. */
type SharedProfile = Record<string, string | undefined>;

async function sharedProfile(
  name: string | undefined,
  variable: (name: string) => string | undefined,
  mustExist: boolean,
): Promise<SharedProfile> {
  const { loadSharedConfigFiles } = await import("@smithy/core/config");
  const files = await loadSharedConfigFiles({
    ignoreCache: true,
    filepath: variable("AWS_SHARED_CREDENTIALS_FILE"),
    configFilepath: variable("AWS_CONFIG_FILE"),
  });
  const key = name ?? "default";
  const profile = { ...files.credentialsFile[key], ...files.configFile[key] };
  if (mustExist && Object.keys(profile).length === 0) {
    throw new S3CredentialsError("credentials", `Profile does not exist: ${key}`, {
      hint: "See aws configure list-profiles, or the files ~/.aws/config and ~/.aws/credentials",
    });
  }
  const services = profile.services && files.configFile[`services.${profile.services}`];
  return { ...profile, ...services };
}

function configuredEndpoint(
  service: ServiceName,
  variable: (name: string) => string | undefined,
  profile: SharedProfile,
): string | undefined {
  const ignore = variable("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") ??
    profile.ignore_configured_endpoint_urls;
  if (ignore?.toLowerCase() === "true") return undefined;
  return checkedUrl(`AWS_ENDPOINT_URL_${service}`, variable(`AWS_ENDPOINT_URL_${service}`)) ??
    checkedUrl("AWS_ENDPOINT_URL", variable("AWS_ENDPOINT_URL")) ??
    checkedUrl("endpoint_url", profile[`${service.toLowerCase()}.endpoint_url`]) ??
    checkedUrl("endpoint_url", profile.endpoint_url);
}

function checkedUrl(source: string, url: string | undefined): string | undefined {
  if (url === undefined) return undefined;
  return asUsageError(() => parseEndpointUrl(url), source);
}
