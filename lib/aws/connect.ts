/**
 * From options to clients of AWS.
 *
 * @module
 */
import type { PublicAccessBlockSettings } from "../policy/public_access.ts";
import type { AwsCredentialIdentity } from "@smithy/types";
import { asUsageError, S3CredentialsError } from "../errors.ts";
import { checkBucketName } from "../names.ts";
import { shellWord } from "../escape.ts";
import {
  REQUEST_TIMEOUT_MS,
  resolveSettings,
  type ServiceName,
  type Settings,
} from "./settings.ts";
import type { NetworkSettings } from "./network.ts";
import { withRequestLog } from "./request_log.ts";
import { awsErrorCode, isNoProvider } from "./service_error.ts";

/** Which account to call, and where. */
export interface ConnectOptions {
  /** Credentials; left out, AWS's default chain finds them. */
  credentials?: AwsCredentialIdentity;
  /** The profile of `~/.aws/config` and `~/.aws/credentials` to use. */
  profile?: string;
  /** The region; left out, that of the environment, else of the profile, else `us-east-1`. */
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
   * Milliseconds without a sign of life after which a request is given up, and perhaps sent again.
   *
   * @default {60000}
   */
  requestTimeoutMs?: number;
  /** Told of each request that is sent, in lines without secrets, for whoever looks for a fault. */
  onRequest?: (lines: string) => void;
}

/** `IAM` of `@aws-sdk/client-iam`. */
export type IAMClient = InstanceType<typeof import("@aws-sdk/client-iam")["IAM"]>;
/** `STS` of `@aws-sdk/client-sts`. */
export type STSClient = InstanceType<typeof import("@aws-sdk/client-sts")["STS"]>;
/** `S3` of `@aws-sdk/client-s3`. */
export type S3Client = InstanceType<typeof import("@aws-sdk/client-s3")["S3"]>;

/** How a client sends its requests. */
export interface ClientOptions {
  /**
   * Whether to use connections again. Deno's HTTP client sends a request a second time, unasked, when
   * a connection that it uses again is cut; on a connection of its own it does not.
   *
   * @default {true}
   */
  keepAlive?: boolean;
  /**
   * Whether the SDK may send a request again after a failure that can pass.
   *
   * @default {true}
   */
  retry?: boolean;
  /**
   * Whether to call more slowly for as long as AWS throttles (the SDK's adaptive retry mode), for
   * commands that make many calls. Nothing is slowed down before the first throttling.
   *
   * @default {false}
   */
  adaptive?: boolean;
}

/** Where a bucket is, and who asks: enough to send requests without the SDK's client. */
export interface BucketAddress {
  /** The bucket's URL. */
  url: string;
  /** The region that requests are signed for. */
  region: string;
  /** Whether the endpoint is not Amazon's. */
  isCustom: boolean;
  /** What stands between this machine and the bucket. */
  network: NetworkSettings;
  /** The credentials to sign with, renewed where they expire. */
  credentials(): AwsCredentialIdentity | Promise<AwsCredentialIdentity>;
}

/** The services of one account. A client is loaded and made when it is first asked for. */
export interface Aws {
  /**
   * The client for users, roles and policies.
   *
   * @param options for calls that must not be sent twice
   */
  iam(options?: ClientOptions): Promise<IAMClient>;
  /** The client for identities and temporary credentials. */
  sts(): Promise<STSClient>;
  /**
   * The client for buckets.
   *
   * @param options the bucket's region, where it isn't that of the connection, and the like
   */
  s3(options?: ClientOptions & { region?: string }): Promise<S3Client>;
  /**
   * The public access block of the whole account, which S3 keeps behind an API of its own.
   *
   * @returns its settings; `null` where there are none
   */
  accountPublicAccessBlock(): Promise<Partial<PublicAccessBlockSettings> | null>;
  /**
   * Where to find a bucket. Sends nothing.
   *
   * @param bucket the bucket
   * @param region its region, where it isn't that of the connection
   * @throws {S3CredentialsError} `usage` if that is no bucket's name: it becomes a part of the URL as it is
   */
  bucketAddress(bucket: string, region?: string): Promise<BucketAddress>;
  /**
   * The same region and endpoints, with other credentials. Must be closed by itself.
   *
   * @param credentials the other credentials
   */
  withCredentials(credentials: AwsCredentialIdentity): Aws;
  /** The region that calls go to where no other one is asked for. Sends nothing. */
  region(): Promise<string>;
  /** {@linkcode ConnectOptions.requestTimeoutMs}, for those who send requests of their own. */
  requestTimeoutMs: number;
  /** {@linkcode ConnectOptions.onRequest}, for those who send requests of their own. */
  onRequest: ((lines: string) => void) | undefined;
  /** Closes the connections of all clients that were made here. */
  close(): void;
}

const CONNECTION_TIMEOUT_MS = 10_000;

/**
 * Connects to an account. Nothing is loaded or sent before a client is asked for.
 *
 * Credentials are those given, else the environment's `AWS_ACCESS_KEY_ID`, else what the default
 * chain finds: shared config, SSO, assumed roles, `credential_process`, container, instance.
 *
 * @param options credentials, profile, region and endpoint
 * @returns the account's services; call `close` when done
 *
 * @example The account of a sandbox
 * ```ts
 * import { connect } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox();
 * const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const identity = await (await aws.sts()).getCallerIdentity({});
 * assert.equal(identity.Account, sandbox.account.id);
 * aws.close();
 * ```
 */
export function connect(options: ConnectOptions = {}): Aws {
  let settings: Promise<Settings> | undefined;
  const clients = new Map<string, Promise<IAMClient | STSClient | S3Client>>();

  let defaultCredentials: ReturnType<typeof defaultChain> | undefined;

  function client<T extends IAMClient | STSClient | S3Client>(
    key: string,
    make: (settings: Settings) => Promise<T>,
  ): Promise<T> {
    settings ??= resolveSettings(options);
    const made = clients.get(key) ?? settings.then(make);
    clients.set(key, made);
    return made as Promise<T>;
  }

  const sts = () =>
    client("sts", async (settings) => {
      const { STS } = await import("@aws-sdk/client-sts");
      return withRequestLog(new STS(await clientConfig(settings, "STS")), options.onRequest);
    });

  return {
    iam: (how = {}) =>
      client(`iam ${JSON.stringify(how)}`, async (settings) => {
        const { IAM } = await import("@aws-sdk/client-iam");
        return withRequestLog(
          new IAM(await clientConfig(settings, "IAM", how)),
          options.onRequest,
        );
      }),
    sts,
    s3: ({ region, ...how } = {}) =>
      client(`s3 ${region} ${JSON.stringify(how)}`, async (settings) => {
        const { S3 } = await import("@aws-sdk/client-s3");
        const config = await clientConfig(settings, "S3", how);
        const s3 = new S3({
          ...config,
          region: region ?? config.region,
          followRegionRedirects: true,
          // Other makers' servers often lack virtual hosts and the newer checksums.
          ...(config.endpoint !== undefined && {
            forcePathStyle: true,
            requestChecksumCalculation: "WHEN_REQUIRED",
            responseChecksumValidation: "WHEN_REQUIRED",
          }),
        });
        return withRequestLog(s3, options.onRequest);
      }),
    async accountPublicAccessBlock() {
      const { Account: AccountId } = await (await sts()).getCallerIdentity({});
      const { S3Control } = await import("@aws-sdk/client-s3-control");
      settings ??= resolveSettings(options);
      const { endpoint, ...config } = await clientConfig(await settings, "S3");
      const control = withRequestLog(
        new S3Control({
          ...config,
          // The account's number is a part of Amazon's host names, but not of another server's.
          ...(endpoint !== undefined && {
            endpointProvider: () => ({ url: new URL(endpoint) }),
            disableHostPrefix: true,
          }),
        }),
        options.onRequest,
      );
      try {
        const found = await control.getPublicAccessBlock({ AccountId });
        return found.PublicAccessBlockConfiguration ?? null;
      } catch (error) {
        if (awsErrorCode(error) === "NoSuchPublicAccessBlockConfiguration") return null;
        throw error;
      } finally {
        control.destroy();
      }
    },
    async bucketAddress(bucket, region) {
      asUsageError(() => checkBucketName(bucket));
      const resolved = await (settings ??= resolveSettings(options));
      const { endpoints, credentials, region: usual, network } = resolved;
      if (endpoints.S3 === undefined) {
        return { ...await amazonAddress(bucket, await this.s3(region ? { region } : {})), network };
      }
      const chain = credentials === undefined
        ? await (defaultCredentials ??= defaultChain(resolved))
        : undefined;
      return {
        url: `${endpoints.S3.replace(/\/+$/, "")}/${bucket}`,
        region: region ?? usual,
        isCustom: true,
        network,
        credentials: () => credentials ?? chain!(),
      };
    },
    region: async () => (await (settings ??= resolveSettings(options))).region,
    requestTimeoutMs: options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS,
    onRequest: options.onRequest,
    withCredentials: (credentials) => connect({ ...options, credentials }),
    close() {
      for (const made of clients.values()) {
        made.then((client) => client.destroy(), () => {});
      }
      clients.clear();
    },
  };
}

/** Only the SDK knows the host names of all partitions, and what the configuration changes in them. */
async function amazonAddress(
  bucket: string,
  { config }: S3Client,
): Promise<Omit<BucketAddress, "network">> {
  const region = await config.region();
  const { url } = config.endpointProvider({
    Bucket: bucket,
    Region: region,
    UseFIPS: await config.useFipsEndpoint(),
    UseDualStack: await config.useDualstackEndpoint(),
  });
  return { url: url.href, region, isCustom: false, credentials: () => config.credentials() };
}

async function clientConfig(
  settings: Settings,
  service: ServiceName,
  { keepAlive = true, retry = true, adaptive = false }: ClientOptions = {},
) {
  return {
    region: settings.region,
    endpoint: settings.endpoints[service],
    ...(settings.profile !== undefined && { profile: settings.profile }),
    credentials: settings.credentials ?? await defaultChain(settings),
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: settings.requestTimeoutMs,
      throwOnRequestTimeout: true,
      ...agents(settings.network, keepAlive),
    },
    ...(!retry && { maxAttempts: 1 }),
    ...(adaptive && { retryMode: "adaptive" }),
  };
}

/** Options for the agents of a request handler. */
function agents(network: NetworkSettings, keepAlive: boolean) {
  const options = { keepAlive, ...network };
  return { httpAgent: options, httpsAgent: options };
}

async function defaultChain({ profile, network }: Settings) {
  const { defaultProvider } = await import("@aws-sdk/credential-provider-node");
  // For SSO and assumed roles the chain itself calls AWS.
  const clientConfig = { requestHandler: agents(network, true) };
  if (profile === undefined) return defaultProvider({ clientConfig });
  const provider = defaultProvider({ profile, clientConfig });
  return (...args: Parameters<typeof provider>) =>
    provider(...args).catch((error) => {
      // What another source of the chain says in the end hides what is wrong with the profile.
      if (!isNoProvider(error)) throw error;
      throw new S3CredentialsError(
        "credentials",
        `Profile ${profile} gives no credentials`,
        {
          hint: "For a credential_process, Deno needs --allow-run. Else see what this says: " +
            `aws sts get-caller-identity --profile=${shellWord(profile)}`,
        },
      );
    });
}
