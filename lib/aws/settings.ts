/**
 * Where to call, and as whom: options first, then the environment, then the files of AWS's tools.
 *
 * @module
 */
import { asUsageError, InvalidInput, S3CredentialsError } from "../errors.ts";
import { escapeName } from "../escape.ts";
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from "./credential_types.ts";
import { ADDRESSING_STYLES, type AddressingStyle } from "./addressing.ts";
import { type Configuration, configuration, trueOrFalse } from "./configuration.ts";
import { parseEndpointUrl } from "./endpoint_url.ts";
import { checkedKeys } from "./keys.ts";
import type { NetworkSettings } from "../http/proxy.ts";
import { DEFAULT_REGION } from "../partitions.ts";
import { networkSettings } from "./network.ts";
import type { Clock } from "./requests/clock.ts";
import { type CredentialSource, credentialSource, namedProfile } from "./profiles.ts";
import { type SdkSettings, sdkSettings } from "./sdk/settings.ts";
import { type Environment, readSharedFiles, type SharedFiles } from "./shared_files.ts";

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
   * Whether a bucket is a part of S3's path, or of its host name; if omitted, as the profile says, else
   * in the path of a custom endpoint, and in Amazon's host names.
   */
  addressing?: "virtual" | "path";
  /**
   * Whether to pay for the requests for objects of buckets whose owner doesn't.
   *
   * @default {false}
   */
  requestPayer?: boolean;
  /**
   * Looks an environment variable up.
   *
   * @default {(name) => Deno.env.get(name)}
   */
  env?: (name: string) => string | undefined;
  /**
   * Milliseconds without a sign of life after which a request fails; it may be retried.
   *
   * @default {60000}
   */
  requestTimeoutMs?: number;
  /**
   * Called with the lines of each request that is sent, without secrets, for debugging, and with the
   * source of the credentials.
   */
  onRequest?: (lines: string) => void;
  /**
   * Asks the user for the current code of an MFA device; if omitted, a profile whose role needs one
   * is an error.
   */
  mfaCode?: (serialNumber: string) => Promise<string>;
  /** The time, if not that of this machine: for tests that move the clock of a sandbox. */
  now?: () => Date;
}

/** The services with an endpoint of their own. */
export type ServiceName = "IAM" | "STS" | "S3" | "SSO" | "SSO_OIDC" | "SIGNIN";

/** What all clients share. */
export interface Settings {
  /** The region of calls that name no other. */
  region: string;
  /** The endpoints that are not Amazon's. */
  endpoints: Partial<Record<ServiceName, string>>;
  /** Whether Amazon's endpoints are those that comply with FIPS. */
  useFips: boolean;
  /** Whether Amazon's endpoints are those that support IPv6. */
  useDualstack: boolean;
  /** The same for S3, which has a setting of its own besides. */
  useDualstackS3: boolean;
  /** Whether STS is called at the one endpoint that it had before each region had its own. */
  useGlobalSts: boolean;
  /** Whether a bucket is a part of S3's path, or of its host name; if omitted, as usual for the endpoint. */
  addressingStyle: AddressingStyle | undefined;
  /** Whether to pay for the requests for objects of buckets whose owner doesn't. */
  requestPayer: boolean;
  /** The profile's name, if one is named. */
  profile: string | undefined;
  /** The credentials that the caller has given, or those of {@linkcode source}. */
  credentials: AwsCredentialIdentity | AwsCredentialIdentityProvider | undefined;
  /** Where the credentials come from, if the caller has given none. */
  source: CredentialSource | undefined;
  /** Milliseconds without a sign of life after which a request fails. */
  requestTimeoutMs: number;
  /** Called with the lines of each request that is sent. */
  onRequest: ((lines: string) => void) | undefined;
  /** Asks for the code of an MFA device. */
  mfaCode: ((serialNumber: string) => Promise<string>) | undefined;
  /** Proxies and trusted certificates. */
  network: NetworkSettings;
  /**
   * Settings of the SDK's clients only. Read when a client is made, so that an invalid one does no harm to
   * calls without a client.
   */
  sdk(): SdkSettings;
  /** Looks an environment variable up. */
  env: Environment;
  /** How far AWS's clock is ahead of this machine's, as one of the clients has found out. */
  clock: Clock;
}

/** Settings with credentials, whatever their source. */
export type Connected = Settings & { credentials: AwsCredentialIdentityProvider };

/** AWS's answers take well under a second; past this an endpoint is taken for dead. */
const REQUEST_TIMEOUT_MS = 60_000;

/**
 * Works out where to call, and as whom. Sends nothing.
 *
 * @throws {S3CredentialsError} `credentials` if the profile isn't there or can give no credentials, `file` if
 *   the shared files can't be read, `usage` for a region, an endpoint, a proxy or certificates that make no
 *   sense
 */
export async function resolveSettings(options: ConnectOptions): Promise<Settings> {
  const env = options.env ?? ((name: string) => Deno.env.get(name));
  const files = await readSharedFiles(env);
  const named = namedProfile(options.profile, env);
  const config = configuration(files, env, named);
  const { credentials } = options;
  const region = regionOf(options.region, config);
  const useFips = config.flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint");
  const useDualstack = config.flag("AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint");
  const endpoints = endpointsOf(options.endpointUrl, files, config);
  return {
    region,
    endpoints,
    useFips,
    useDualstack,
    useDualstackS3: useDualstack || trueOrFalse(config.s3("use_dualstack_endpoint")) === true,
    useGlobalSts: wantsGlobalSts(config) && endpoints.STS === undefined,
    addressingStyle: addressingStyleOf(options.addressing) ??
      ADDRESSING_STYLES.find((style) => style === config.s3("addressing_style")),
    requestPayer: options.requestPayer ?? false,
    profile: named?.name,
    credentials: typeof credentials === "object"
      ? checkedKeys(credentials, "the caller")
      : credentials,
    source: credentials === undefined ? credentialSource(files, env, named) : undefined,
    requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    onRequest: options.onRequest,
    mfaCode: options.mfaCode,
    network: await networkSettings(env, { ca_bundle: config.profile("ca_bundle") }),
    sdk: () => sdkSettings(config),
    env,
    clock: options.now === undefined ? { offsetMs: 0 } : movedClock(options.now),
  };
}

/** A clock that the caller sets, and no server. */
function movedClock(now: () => Date): Settings["clock"] {
  return {
    get offsetMs() {
      return now().getTime() - Date.now();
    },
    set offsetMs(_) {
      // What a server's date says is of no interest.
    },
  };
}

/**
 * The endpoint of a service that is not Amazon's.
 *
 * @throws {S3CredentialsError} `usage` if it contradicts the other settings
 */
export function customEndpoint(settings: Settings, service: ServiceName): string | undefined {
  const endpoint = settings.endpoints[service];
  // As for boto3, S3's own endpoint counts.
  if (endpoint === undefined || !settings.useFips || service === "S3") return endpoint;
  throw new S3CredentialsError(
    "usage",
    `Amazon's FIPS endpoints and the endpoint ${endpoint} cannot both be used`,
    {
      hint:
        "Unset AWS_USE_FIPS_ENDPOINT, or use_fips_endpoint of the profile, or omit the endpoint",
    },
  );
}

const STS_ENDPOINTS = ["legacy", "regional"] as const;

function wantsGlobalSts({ env, setting }: Configuration): boolean {
  const [variable, name] = ["AWS_STS_REGIONAL_ENDPOINTS", "sts_regional_endpoints"] as const;
  const parse = (text: string) => STS_ENDPOINTS.find((one) => one === text);
  const wanted = setting(variable, name, parse, STS_ENDPOINTS.join(" or "));
  // An empty variable stands for the usual one, as for boto3.
  return wanted === "legacy" && env(variable) !== "";
}

/** Whether a bucket is a part of S3's path. Other makers' servers often lack virtual hosts. */
export function usesPathStyle({ endpoints, addressingStyle }: Settings): boolean {
  return addressingStyle === undefined ? endpoints.S3 !== undefined : addressingStyle === "path";
}

function addressingStyleOf(given: AddressingStyle | undefined): AddressingStyle | undefined {
  if (given === undefined || ADDRESSING_STYLES.includes(given)) return given;
  throw new S3CredentialsError("usage", "Invalid addressing: expected virtual or path");
}

function regionOf(given: string | undefined, { env, where, profile }: Configuration): string {
  const check = (region: string, source: string) => asUsageError(() => checkRegion(region, source));
  if (given !== undefined) return check(given, "region");
  for (const variable of ["AWS_REGION", "AWS_DEFAULT_REGION"]) {
    const region = env(variable);
    // boto3 doesn't know AWS_REGION, and takes the other one as it is.
    if (region || region === "" && variable === "AWS_DEFAULT_REGION") {
      return check(region, variable);
    }
  }
  const region = profile("region");
  return region === undefined ? DEFAULT_REGION : check(region, `region of ${where}`);
}

function checkRegion(region: string, source: string): string {
  // It becomes a part of host names.
  if (/^(?!\d+$)(?!-)[a-z0-9-]{1,63}(?<!-)$/i.test(region)) return region;
  throw new InvalidInput(
    `Invalid region ${JSON.stringify(region)} in ${source}: expected a name such as eu-west-1`,
  );
}

const SERVICES: readonly ServiceName[] = ["IAM", "STS", "S3", "SSO", "SSO_OIDC", "SIGNIN"];

function endpointsOf(
  given: string | undefined,
  files: SharedFiles,
  config: Configuration,
): Settings["endpoints"] {
  const { env, profile } = config;
  if (given !== undefined) {
    const url = checkedUrl("endpointUrl", given);
    return Object.fromEntries(SERVICES.map((service) => [service, url]));
  }
  if (config.flag("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls")) {
    return {};
  }
  const everyService = env("AWS_ENDPOINT_URL");
  return Object.fromEntries(SERVICES.map((service) => {
    const variable = `AWS_ENDPOINT_URL_${service}`;
    const url = checkedUrl(variable, env(variable)) ??
      checkedUrl("AWS_ENDPOINT_URL", everyService) ??
      checkedUrl("endpoint_url", serviceEndpoint(service, files, config)) ??
      checkedUrl("endpoint_url", profile("endpoint_url"));
    return [service, url];
  }));
}

/** The endpoint that the profile's `services` section has for a service. */
function serviceEndpoint(
  service: ServiceName,
  files: SharedFiles,
  { profile, where }: Configuration,
): string | undefined {
  const name = profile("services");
  if (name === undefined) return undefined;
  const section = files.services.get(name);
  if (section === undefined || section.size === 0) {
    throw new S3CredentialsError(
      "credentials",
      `The services section of ${where} does not exist: ${escapeName(name)}`,
      { hint: `Add a section [services ${escapeName(name)}] to ${files.config.path}` },
    );
  }
  const block = section.get(service.toLowerCase());
  if (typeof block !== "string") return block?.get("endpoint_url");
  throw new S3CredentialsError(
    "credentials",
    `${service.toLowerCase()} of services ${escapeName(name)} is no indented block`,
    { hint: "Write endpoint_url = URL on an indented line below it" },
  );
}

function checkedUrl(source: string, url: string | undefined): string | undefined {
  // An empty one is none, as for boto3.
  if (!url) return undefined;
  return asUsageError(() => parseEndpointUrl(url), source);
}
