/**
 * Credentials of somebody who is signed in with `aws login`.
 *
 * @module
 */
import { S3CredentialsError } from "../errors.ts";
import { escapeName, shellWord } from "../escape.ts";
import { clientConfig } from "./clients.ts";
import type { AwsCredentialIdentity } from "./credential_types.ts";
import type { CredentialSource } from "./profiles.ts";
import type { Settings } from "./settings.ts";

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
  try {
    return await fromLoginCredentials({
      profile: "login",
      filepath: path,
      configFilepath: path,
      clientConfig: config,
    })();
  } catch (cause) {
    throw new S3CredentialsError(
      "credentials",
      `Could not get the credentials of profile ${escapeName(profile)}: ${
        escapeName((cause as Error).message)
      }`,
      { hint: `Run aws login --profile=${shellWord(profile)}` },
    );
  }
}
