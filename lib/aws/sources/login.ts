/**
 * Credentials of somebody who is signed in with `aws login`.
 *
 * @module
 */
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { S3CredentialsError } from "../../errors.ts";
import { escapeName, shellWord } from "../../escape.ts";
import type { NetworkSettings } from "../../http/proxy.ts";
import { clientConfig } from "../clients.ts";
import type { AwsCredentialIdentity } from "../credential_types.ts";
import type { CredentialSource } from "../profiles.ts";
import { noteSdkDestination } from "../requests/destination.ts";
import { serviceError } from "../service_error.ts";
import type { Settings } from "../settings.ts";

/** Gets them by the SDK's own provider, which also renews them. */
export async function loginCredentials(
  { profile, session, region }: Extract<CredentialSource, { kind: "login" }>,
  settings: Settings,
): Promise<AwsCredentialIdentity> {
  const { fromLoginCredentials } = await import("@aws-sdk/credential-provider-login");
  const { externalDataInterceptor } = await import("@smithy/core/config");
  // The provider reads the profile by itself, but not all names that a profile may have.
  const path = `s3-credentials login ${session}`;
  const text = `[profile login]\nlogin_session=${session}\nregion=${region ?? settings.region}\n`;
  externalDataInterceptor.interceptFile(path, text);
  const { credentials: _, ...config } = await clientConfig(settings, "SIGNIN");
  const requestHandler = new NotingHandler(config.requestHandler, settings.network);
  try {
    return await fromLoginCredentials({
      profile: "login",
      filepath: path,
      configFilepath: path,
      clientConfig: { ...config, requestHandler },
    })();
  } catch (cause) {
    const action = `Could not get the credentials of profile ${escapeName(profile)}`;
    if (requestHandler.failure !== undefined) throw serviceError(requestHandler.failure, action);
    throw new S3CredentialsError("credentials", `${action}: ${reasonOf(cause as Error)}`, {
      hint: `Run aws login --profile=${shellWord(profile)}`,
    });
  }
}

/** Connections that keep why the last request got no answer: the provider only repeats the runtime's words. */
class NotingHandler extends NodeHttpHandler {
  failure: unknown;
  readonly #network: NetworkSettings;

  constructor(options: ConstructorParameters<typeof NodeHttpHandler>[0], network: NetworkSettings) {
    super(options);
    this.#network = network;
  }

  override async handle(...args: Parameters<NodeHttpHandler["handle"]>) {
    this.failure = undefined;
    try {
      return await super.handle(...args);
    } catch (error) {
      noteSdkDestination(error, args[0], this.#network);
      this.failure = error;
      throw error;
    }
  }
}

/** The provider's words, unless they may quote a file or an answer, and so a secret. */
function reasonOf({ message }: Error): string {
  if (message.startsWith("Failed to load token")) return "it is not signed in";
  if (message.includes("SyntaxError")) return "the answer could not be understood";
  return escapeName(message);
}
