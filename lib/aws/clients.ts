/**
 * The SDK's clients, made from the settings of a connection and loaded on first use.
 *
 * @module
 */
import { withRequestLog } from "./request_log.ts";
import { noService, SESSION_REFUSED } from "./error_meanings.ts";
import { isBelievable, isCorrection } from "./requests/clock.ts";
import { withDestinations } from "./requests/destination.ts";
import { withoutWebPages } from "./requests/web_page.ts";
import { awsErrorCode, isOtherService, noteMeaning } from "./service_error.ts";
import type { SdkClient } from "./sdk/client.ts";
import { sdk } from "./sdk/load.ts";
import { customEndpoint, type ServiceName, type Settings, usesPathStyle } from "./settings.ts";

/** `IAM` of `@aws-sdk/client-iam`. */
export type IAMClient = InstanceType<typeof import("@aws-sdk/client-iam")["IAM"]>;
/** `STS` of `@aws-sdk/client-sts`. */
export type STSClient = InstanceType<typeof import("@aws-sdk/client-sts")["STS"]>;
/** `S3` of `@aws-sdk/client-s3`. */
export type S3Client = InstanceType<typeof import("@aws-sdk/client-s3")["S3"]>;
/** `S3Control` of `@aws-sdk/client-s3-control`. */
export type S3ControlClient = InstanceType<
  typeof import("@aws-sdk/client-s3-control")["S3Control"]
>;

/** How a client sends its requests. */
export interface ClientOptions {
  /**
   * Whether the SDK may retry. If not, each request has a connection of its own, since one that was
   * used before may be closed by now.
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

const CONNECTION_TIMEOUT_MS = 10_000;

/** A client for users, roles and policies. */
export async function iamClient(settings: Settings, options: ClientOptions): Promise<IAMClient> {
  const { IAM } = await sdk.iam();
  const iam = prepared(new IAM(await clientConfig(settings, "IAM", options)), settings);
  return withErrorNotes(iam, async (error) => {
    const isRefused = awsErrorCode(error).startsWith("InvalidClientTokenId");
    if (isRefused && (await iam.config.credentials()).sessionToken) {
      noteMeaning(error, SESSION_REFUSED);
    }
    noteOtherService(error, settings, "IAM");
  });
}

/** A client for identities and temporary credentials. */
export async function stsClient(settings: Settings): Promise<STSClient> {
  const { STS } = await sdk.sts();
  const config = await clientConfig(settings, "STS");
  const sts = prepared(new STS({ ...config, useGlobalEndpoint: settings.useGlobalSts }), settings);
  return withErrorNotes(sts, (error) => noteOtherService(error, settings, "STS"));
}

/** Notes of an error that the server at a custom endpoint doesn't have the service. */
export function noteOtherService(
  error: unknown,
  { endpoints }: Settings,
  service: "IAM" | "STS",
): void {
  if (endpoints[service] && isOtherService(error)) noteMeaning(error, noService(service));
}

/** A client for buckets. */
export async function s3Client(
  settings: Settings,
  { region = settings.region, ...options }: ClientOptions & { region?: string },
): Promise<S3Client> {
  const { S3 } = await sdk.s3();
  const config = await clientConfig(settings, "S3", options);
  const { requestChecksumCalculation, responseChecksumValidation } = settings.sdk();
  const s3 = new S3({
    ...config,
    region,
    followRegionRedirects: true,
    forcePathStyle: usesPathStyle(settings),
    requestChecksumCalculation,
    responseChecksumValidation,
    // Other makers' servers often lack the newer checksums.
    ...(config.endpoint !== undefined && {
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    }),
  });
  return prepared(settings.requestPayer ? payingFor(s3) : s3, settings);
}

/** The header of requests that the caller pays for, not the bucket's owner. */
export const REQUEST_PAYER = { "x-amz-request-payer": "requester" };

function payingFor(client: S3Client): S3Client {
  type Args = { request: { headers: Record<string, string> } };
  const middleware = (next: (args: Args) => Promise<unknown>) => (args: Args) => {
    Object.assign(args.request.headers, REQUEST_PAYER);
    return next(args);
  };
  (client as SdkClient).middlewareStack.add(middleware, { step: "build", name: "requestPayer" });
  return client;
}

/** A client for S3's settings of a whole account. */
export async function s3ControlClient(settings: Settings): Promise<S3ControlClient> {
  const { S3Control } = await sdk.s3Control();
  const { endpoint, ...config } = await clientConfig(settings, "S3");
  const control = new S3Control({
    ...config,
    // The account's number is a part of Amazon's host names, but not of another server's.
    ...(endpoint !== undefined && {
      endpointProvider: () => ({ url: new URL(endpoint) }),
      disableHostPrefix: true,
    }),
  });
  return prepared(control, settings);
}

/** Notes what an error of this client means, where its code doesn't tell. */
function withErrorNotes<T extends SdkClient>(
  client: T,
  note: (error: unknown) => void | Promise<void>,
): T {
  const middleware = (next: (args: unknown) => Promise<unknown>) => (args: unknown) =>
    next(args).catch(async (error) => {
      await note(error);
      throw error;
    });
  client.middlewareStack.add(middleware, { step: "initialize", name: "errorNotes" });
  return client;
}

/**
 * The SDK sends a request again whenever it is refused by a server whose time is minutes from this
 * machine's, also if it was signed for that time already, or that time isn't believed. Here it does so
 * only if the clock has been set since it was signed: no other error goes away by itself.
 */
function withoutUselessRetries<T extends SdkClient>(client: T, clock: Settings["clock"]): T {
  const middleware = (next: (args: unknown) => Promise<unknown>) => (args: unknown) => {
    const { offsetMs } = clock;
    return next(args).catch((error) => {
      const metadata: { clockSkewCorrected?: boolean } = error?.$metadata ?? {};
      if (!isCorrection(offsetMs, clock.offsetMs)) metadata.clockSkewCorrected = false;
      throw error;
    });
  };
  client.middlewareStack.addRelativeTo(middleware, {
    name: "withoutUselessRetries",
    relation: "after",
    toMiddleware: "retryMiddleware",
  });
  return client;
}

type AnyConfig = Pick<IAMClient["config"], "serviceId" | "defaultUserAgentProvider">;
const userAgents = new Map<string, ReturnType<AnyConfig["defaultUserAgentProvider"]>>();

/** The SDK would ask the system for its version before each request. */
function rememberUserAgent(config: AnyConfig): void {
  const { serviceId, defaultUserAgentProvider } = config;
  config.defaultUserAgentProvider = () => {
    const userAgent = userAgents.get(serviceId) ?? defaultUserAgentProvider();
    userAgents.set(serviceId, userAgent);
    return userAgent;
  };
}

/** The SDK would make one for each request, always the same, of a copy of all settings. */
function rememberSigner(config: Pick<IAMClient["config"], "signer">): void {
  const { signer } = config;
  let made: ReturnType<typeof signer> | undefined;
  config.signer = (authScheme) => made ??= signer(authScheme);
}

/**
 * Logs the client's requests, and shares with it what others have found out about the clock: a client
 * that may not retry has only one attempt.
 */
function prepared<T extends IAMClient | STSClient | S3Client | S3ControlClient>(
  client: T,
  settings: Settings,
): T {
  const { clock } = settings;
  Object.defineProperty(client.config, "systemClockOffset", {
    get: () => clock.offsetMs,
    set: (offsetMs: number) => clock.offsetMs = isBelievable(offsetMs) ? offsetMs : 0,
  });
  rememberUserAgent(client.config);
  rememberSigner(client.config);
  return traced(withoutWebPages(withoutUselessRetries(client, clock)), settings);
}

/** Logs a client's requests, and notes where those went that fail; returns the same client. */
export function traced<T extends SdkClient>(client: T, { network, onRequest }: Settings): T {
  return withRequestLog(withDestinations(client, network), onRequest);
}

/** Far more than AWS's longest answer other than an object: a page of the longest keys. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Reads an answer of a limited length. */
async function collectAnswer(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > MAX_ANSWER_BYTES) throw new SyntaxError("the answer is too long");
  }
  const answer = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    answer.set(chunk, at);
    at += chunk.length;
  }
  return answer;
}

/** A setting that must not be looked up. */
const unset = () => Promise.resolve(undefined);

/**
 * What the SDK would look up, and nothing here depends on: the values that it has by itself. Some clients
 * know only a part of it.
 */
const SDK_DEFAULTS = {
  authSchemePreference: [] as string[],
  defaultsMode: "legacy" as const,
  disableClockSkewCorrection: false,
  sigv4aSigningRegionSet: unset,
};

/**
 * What all clients have in common. The SDK itself must look for none of it: it would find other things, in
 * the environment of the process and in files that `settings.env` doesn't name.
 */
export async function clientConfig(
  settings: Settings,
  service: ServiceName,
  { retry = true, adaptive = false }: ClientOptions = {},
) {
  const { agents } = await import("./agents.ts");
  // The SDK would write two slashes between the endpoint's path and its own.
  const endpoint = customEndpoint(settings, service)?.replace(/\/+$/, "");
  const { maxAttempts, retryMode, userAgentAppId, useArnRegion, disableS3ExpressSessionAuth } =
    settings.sdk();
  return {
    ...SDK_DEFAULTS,
    region: settings.region,
    endpoint,
    ignoreConfiguredEndpointUrls: true,
    useFipsEndpoint: endpoint === undefined && settings.useFips,
    useDualstackEndpoint: endpoint === undefined &&
      (service === "S3" ? settings.useDualstackS3 : settings.useDualstack),
    credentials: settings.credentials,
    maxAttempts: retry ? maxAttempts : 1,
    retryMode: adaptive ? "adaptive" : retryMode,
    userAgentAppId: userAgentAppId ?? unset,
    useArnRegion: useArnRegion ?? unset,
    disableS3ExpressSessionAuth,
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: settings.requestTimeoutMs,
      throwOnRequestTimeout: true,
      ...agents({ keepAlive: retry, ...settings.network }),
    },
    streamCollector: collectAnswer,
  };
}
