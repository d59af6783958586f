/**
 * The environment of a program that uses given credentials and can find no others.
 *
 * @module
 */
import { devNull } from "node:os";
import type { AwsCredentialIdentity } from "../../aws/credential_types.ts";
import { redact } from "../../redact.ts";
import { isoSeconds } from "../../time.ts";
import { variablesOf } from "./variables.ts";

/** A server of credentials, such as one with {@linkcode credentialHandler}. */
export interface CredentialServer {
  /** Its address, on this machine. */
  url: string;
  /** What must stand in the `Authorization` header. */
  token: string;
}

/** Where a program is to use its credentials. */
export interface ChildSettings {
  /** The region. */
  region?: string;
  /** The endpoint of all services, or those of some, if they are not Amazon's. */
  endpoints?: string | { IAM?: string; STS?: string; S3?: string };
  /**
   * Whether to use Amazon's endpoints that comply with FIPS.
   *
   * @default {false}
   */
  useFips?: boolean;
  /**
   * Whether to use Amazon's endpoints that support IPv6.
   *
   * @default {false}
   */
  useDualstack?: boolean;
}

/** Settings of AWS's tools that lead to no credentials and no account. */
const HARMLESS = new Set([
  ...["AWS_CA_BUNDLE", "AWS_DEFAULT_OUTPUT", "AWS_PAGER", "AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE"],
  ...["AWS_REQUEST_CHECKSUM_CALCULATION", "AWS_RESPONSE_CHECKSUM_VALIDATION"],
]);

/**
 * Makes the environment of a program that is to use some credentials and can find no others by AWS's
 * rules. Variables of AWS's tools are not passed on, nor what holds a secret that this process uses.
 *
 * @param env the environment to start from, such as this process's
 * @param credentials what the program is to use: credentials, or a server that renews them
 * @param settings where to use them
 * @returns all variables of the program, for `clearEnv`
 *
 * @example A program that can only read a bucket
 * ```ts
 * import { childEnvironment, connect, createCredentials } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const { credentials, region } = await createCredentials(aws, {
 *   buckets: ["photos"],
 *   permission: "read-only",
 *   duration: 3600,
 * });
 * const own = { PATH: "/bin", AWS_PROFILE: "production" };
 * const env = childEnvironment(own, credentials, { region, endpoints: sandbox.url });
 * assert.equal(env.AWS_PROFILE, undefined);
 * assert.equal(env.AWS_ACCESS_KEY_ID, credentials.accessKeyId);
 * // new Deno.Command("aws", { args: ["s3", "ls"], clearEnv: true, env })
 * ```
 */
export function childEnvironment(
  env: Readonly<Record<string, string>>,
  credentials: AwsCredentialIdentity | CredentialServer,
  settings: ChildSettings = {},
): Record<string, string> {
  const { region, useFips, useDualstack } = settings;
  const inherited = Object.entries(env).filter(([name, value]) =>
    HARMLESS.has(name) || !isOfAws(name) && redact(value) === value
  );
  const endpoints = endpointVariables(settings.endpoints);
  const server = "url" in credentials ? [credentials.url] : [];
  return {
    ...Object.fromEntries(inherited),
    ...withoutProxy(env, [...Object.values(endpoints), ...server]),
    ...endpoints,
    // Some clients read one name of the region, some the other.
    ...(region !== undefined && { AWS_REGION: region, AWS_DEFAULT_REGION: region }),
    ...(useFips && { AWS_USE_FIPS_ENDPOINT: "true" }),
    ...(useDualstack && { AWS_USE_DUALSTACK_ENDPOINT: "true" }),
    ...NO_OTHER_SOURCES,
    ...credentialVariables(credentials),
  };
}

/** Without these, a profile could name other keys, or switch an endpoint off. */
const NO_OTHER_SOURCES: Readonly<Record<string, string>> = {
  AWS_CONFIG_FILE: devNull,
  AWS_SHARED_CREDENTIALS_FILE: devNull,
  BOTO_CONFIG: devNull,
  AWS_EC2_METADATA_DISABLED: "true",
};

/** Older programs write `AWSACCESSKEYID`. */
function isOfAws(name: string): boolean {
  return /^(AWS|BOTO_CONFIG$)/i.test(name);
}

function endpointVariables(endpoints: ChildSettings["endpoints"] = {}): Record<string, string> {
  if (typeof endpoints === "string") return { AWS_ENDPOINT_URL: endpoints };
  const named = Object.entries(endpoints).flatMap(([service, url]) =>
    url === undefined ? [] : [[`AWS_ENDPOINT_URL_${service}`, url]]
  );
  return Object.fromEntries(named);
}

/** No proxy can reach this machine, and not every client bypasses it for loopback. */
function withoutProxy(
  env: Readonly<Record<string, string>>,
  urls: readonly string[],
): Record<string, string> {
  const hosts = urls.map((url) => new URL(url).hostname)
    .filter((host) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(host));
  if (hosts.length === 0) return {};
  const known = (env.no_proxy ?? env.NO_PROXY ?? "").split(",").filter(Boolean);
  const all = [...new Set([...known, ...hosts])].join(",");
  return { NO_PROXY: all, no_proxy: all };
}

function credentialVariables(
  credentials: AwsCredentialIdentity | CredentialServer,
): Record<string, string> {
  if ("url" in credentials) {
    return {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: credentials.url,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: credentials.token,
    };
  }
  const { expiration } = credentials;
  return {
    ...Object.fromEntries(variablesOf(credentials)),
    ...(expiration !== undefined && { AWS_CREDENTIAL_EXPIRATION: isoSeconds(expiration) }),
  };
}
