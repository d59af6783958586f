/**
 * A connection to one account of AWS.
 *
 * @module
 */
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from "./credential_types.ts";
import { noteSecret } from "../redact.ts";
import {
  type ClientOptions,
  type IAMClient,
  iamClient,
  type S3Client,
  s3Client,
  type S3ControlClient,
  s3ControlClient,
  type STSClient,
  stsClient,
} from "./clients.ts";
import { describeSource, sourceProvider } from "./sources/credential_sources.ts";
import { type BucketAddress, bucketAddress } from "./requests/bucket_address.ts";
import { type Connected, type ConnectOptions, resolveSettings, type Settings } from "./settings.ts";

export type { BucketAddress, IAMClient, S3Client, STSClient };

/** The services of one account. A client is loaded and made when it is first needed. */
export interface Aws extends Disposable {
  /** The client for users, roles and policies. */
  iam(): Promise<InstanceType<typeof import("@aws-sdk/client-iam")["IAM"]>>;
  /** The client for identities and temporary credentials. */
  sts(): Promise<InstanceType<typeof import("@aws-sdk/client-sts")["STS"]>>;
  /**
   * The client for buckets.
   *
   * @param options the bucket's region, if it isn't that of the connection
   */
  s3(
    options?: { region?: string },
  ): Promise<InstanceType<typeof import("@aws-sdk/client-s3")["S3"]>>;
  /**
   * The same region and endpoints, with other credentials. Must be closed by itself.
   *
   * @param credentials the other credentials, or a function that provides them
   */
  withCredentials(credentials: AwsCredentialIdentity | AwsCredentialIdentityProvider): Aws;
  /** Closes the connections of all clients that were made here; so does the end of a `using`. */
  close(): void;
}

/**
 * Connects to an account. Nothing is loaded or sent before a client is needed.
 *
 * Credentials are those given, else those that boto3 would find: of the profile that is named, which
 * then is the only source; else of the environment, the default profile, the container or the instance.
 *
 * @param options credentials, profile, region and endpoint
 * @returns the account's services, to be declared with `using` or closed with `close`
 *
 * @example The account of a sandbox
 * ```ts
 * import { connect } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox();
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const sts = await aws.sts();
 * assert.equal((await sts.getCallerIdentity({})).Account, sandbox.account.id);
 * ```
 */
export function connect(options: ConnectOptions = {}): Aws {
  return new Connection(options);
}

/** The connection behind an {@linkcode Aws}: what this library needs and its users don't. */
export function connectionOf(aws: Aws): Connection {
  if (aws instanceof Connection) return aws;
  throw new TypeError("Invalid account: expected the result of connect()");
}

type Client = IAMClient | STSClient | S3Client | S3ControlClient;

const EXPIRY_MARGIN_MS = 5 * 60_000;

/** An {@linkcode Aws} with all that is internal. */
export class Connection implements Aws {
  readonly #options: ConnectOptions;
  readonly #clients = new Map<string, Promise<Client>>();
  #settings: Promise<Connected> | undefined;

  constructor(options: ConnectOptions) {
    this.#options = options;
  }

  /** Where to call, and as whom. Sends nothing. */
  get settings(): Promise<Connected> {
    return this.#settings ??= resolveSettings(this.#options).then((settings) => ({
      ...settings,
      credentials: sharedProvider(settings),
    }));
  }

  /** The region of calls that name no other. Sends nothing. */
  async region(): Promise<string> {
    return (await this.settings).region;
  }

  iam(options: ClientOptions = {}): Promise<IAMClient> {
    return this.#client("iam", options, iamClient);
  }

  sts(): Promise<STSClient> {
    return this.#client("sts", {}, stsClient);
  }

  s3(options: ClientOptions & { region?: string } = {}): Promise<S3Client> {
    return this.#client("s3", options, s3Client);
  }

  s3Control(): Promise<S3ControlClient> {
    return this.#client("s3control", {}, s3ControlClient);
  }

  /** Makes a client of a kind once for the same options. */
  #client<T extends Client, O>(
    kind: string,
    options: O,
    make: (settings: Settings, options: O) => Promise<T>,
  ): Promise<T> {
    const key = `${kind} ${JSON.stringify(options)}`;
    const known = this.#clients.get(key) ??
      this.settings.then((settings) => make(settings, options));
    this.#clients.set(key, known);
    return known as Promise<T>;
  }

  /** Where to call and as whom, in words. Sends nothing. */
  async describe(): Promise<ConnectionDescription> {
    const { region, profile, source, useGlobalSts } = await this.settings;
    const [iam, sts, s3] = await Promise.all([this.iam(), this.sts(), this.s3()]);
    return {
      profile,
      credentials: source && describeSource(source),
      region,
      endpoints: {
        IAM: await endpointUrl(iam),
        STS: await endpointUrl(sts, useGlobalSts),
        S3: await endpointUrl(s3),
      },
    };
  }

  /**
   * Where to find a bucket, or an access point by its ARN; if omitted in the connection's region. Sends
   * nothing.
   */
  async bucketAddress(bucket: string, region?: string): Promise<BucketAddress> {
    return await bucketAddress(bucket, region, await this.settings, (options) => this.s3(options));
  }

  withCredentials(credentials: AwsCredentialIdentity | AwsCredentialIdentityProvider): Aws {
    return new Connection({ ...this.#options, credentials });
  }

  close(): void {
    for (const made of this.#clients.values()) {
      made.then((client) => client.destroy(), () => {});
    }
    this.#clients.clear();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

/** One for all clients, so that an MFA code is asked for once; called again shortly before they expire. */
function sharedProvider(settings: Settings): AwsCredentialIdentityProvider {
  const { credentials, source } = settings;
  if (typeof credentials === "object") return () => Promise.resolve(noted(credentials));
  return cached(credentials ?? sourceProvider(source!, settings));
}

/** As the SDK calls it, though its type says less: its own providers take settings from the options. */
type CalledProvider = (options?: { forceRefresh?: boolean }) => Promise<AwsCredentialIdentity>;

/** Not the SDK's `memoize`: to load its package takes longer than a small object does. */
function cached(provider: CalledProvider): CalledProvider {
  let current: AwsCredentialIdentity | undefined;
  let loading: Promise<AwsCredentialIdentity> | undefined;
  return async (options) => {
    const { expiration = Infinity } = current ?? {};
    const isGood = current !== undefined && Number(expiration) - Date.now() >= EXPIRY_MARGIN_MS;
    if (isGood && options?.forceRefresh !== true) return current!;
    loading ??= provider(options).finally(() => loading = undefined);
    return current = noted(await loading);
  };
}

/** Keeps the secrets of credentials out of messages. */
function noted(credentials: AwsCredentialIdentity): AwsCredentialIdentity {
  noteSecret(credentials.secretAccessKey);
  noteSecret(credentials.sessionToken);
  return credentials;
}

/** What a person needs to know to find a fault. */
export interface ConnectionDescription {
  profile: string | undefined;
  /** Their source; undefined if the caller has given them. */
  credentials: string | undefined;
  region: string;
  endpoints: Record<"IAM" | "STS" | "S3", string>;
}

async function endpointUrl(
  { config }: IAMClient | STSClient | S3Client,
  UseGlobalEndpoint = false,
): Promise<string> {
  const custom = await config.endpoint?.();
  if (custom !== undefined) {
    const { protocol, hostname, port, path } = custom;
    return `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}`;
  }
  const { url } = config.endpointProvider({
    Region: await config.region(),
    UseFIPS: await config.useFipsEndpoint(),
    UseDualStack: await config.useDualstackEndpoint(),
    UseGlobalEndpoint,
  });
  return url.href;
}
