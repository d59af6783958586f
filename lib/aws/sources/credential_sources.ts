/**
 * Gets credentials from the source that `profiles.ts` has found.
 *
 * @module
 */
import { S3CredentialsError } from "../../errors.ts";
import { escapeName } from "../../escape.ts";
import { isObject } from "../../is_object.ts";
import { type STSClient, stsClient } from "../clients.ts";
import { processCredentials } from "./credential_process.ts";
import type { AwsCredentialIdentity, AwsCredentialIdentityProvider } from "../credential_types.ts";
import type { AssumeRoleSource, CredentialSource, WebIdentitySource } from "../profiles.ts";
import { serviceError } from "../service_error.ts";
import type { Settings } from "../settings.ts";
import { readTextIfAny } from "../shared_files.ts";

type StsCredentials = import("@aws-sdk/client-sts").Credentials;

/** Sources that need packages of their own, loaded as those of `sdk/load.ts` are. */
const sources = {
  login: (): Promise<typeof import("./login.ts")> => import("../" + "sources/login.ts"),
  machine: (): Promise<typeof import("./machine_credentials.ts")> =>
    import("../" + "sources/machine_credentials.ts"),
  sso: (): Promise<typeof import("./sso.ts")> => import("../" + "sources/sso.ts"),
};

const SESSION_NAME = "s3-credentials";

/** A provider for all clients of a connection, which share what it gives until shortly before it expires. */
export function sourceProvider(
  source: CredentialSource,
  settings: Settings,
): AwsCredentialIdentityProvider {
  return async () => {
    settings.onRequest?.(`DEBUG credentials of ${describeSource(source)}`);
    const found = await get(source, settings);
    // What AWS gave a moment ago holds, whatever the clock of this machine says.
    const isKept = source.kind === "keys" || source.kind === "process";
    if (!isKept || !found.expiration || found.expiration.getTime() > Date.now()) return found;
    throw new S3CredentialsError(
      "credentials",
      `The credentials of ${describeSource(source)} have expired`,
      { hint: "Get new ones: sign in again, or ask the person who made them" },
    );
  };
}

/** A source in a few words, without secrets. */
export function describeSource(source: CredentialSource): string {
  switch (source.kind) {
    case "keys":
      return source.from;
    case "assume-role":
      return `role ${escapeName(source.roleArn)} of profile ${escapeName(source.profile)}, ` +
        `assumed by ${describeSource(source.source)}`;
    case "web-identity":
      return `role ${escapeName(source.roleArn)} of ${source.from}, by web identity`;
    case "sso":
      return `role ${escapeName(source.roleName)} in account ${
        escapeName(source.accountId)
      } of profile ${escapeName(source.profile)}, by SSO`;
    case "login":
      return `profile ${escapeName(source.profile)}, by aws login`;
    case "process":
      return `profile ${escapeName(source.profile)}, by the program ${
        escapeName(source.words[0]!)
      }`;
    case "container":
      return "the container";
    case "instance":
      return "the instance";
    case "machine":
      return "the container or instance";
  }
}

async function get(source: CredentialSource, settings: Settings): Promise<AwsCredentialIdentity> {
  switch (source.kind) {
    case "keys":
      return source.keys;
    case "assume-role":
      return await assumedRole(source, settings);
    case "web-identity":
      return await webIdentityRole(source, settings);
    case "process":
      return await processCredentials(source, settings.requestTimeoutMs);
    case "sso": {
      const { ssoCredentials } = await sources.sso();
      return await ssoCredentials(source, settings);
    }
    case "login": {
      const { loginCredentials } = await sources.login();
      return await loginCredentials(source, settings);
    }
    case "container":
    case "instance":
    case "machine": {
      const machine = await sources.machine();
      if (source.kind === "container") return await machine.containerCredentials(settings.env);
      if (source.kind === "instance") return await machine.instanceCredentials(settings.env);
      const found = await machine.machineCredentials(settings.env);
      if (found !== undefined) return found;
      throw noCredentials();
    }
  }
}

/** Under the SDK's name, so that the command that needed them says so in its own words. */
function noCredentials(): Error {
  const error = new Error("Could not load credentials from any providers");
  error.name = "CredentialsProviderError";
  return error;
}

async function assumedRole(
  source: AssumeRoleSource,
  settings: Settings,
): Promise<AwsCredentialIdentity> {
  const { roleArn, mfaSerial } = source;
  const action = `Could not assume role ${escapeName(roleArn)} of profile ${
    escapeName(source.profile)
  }`;
  const credentials = await get(source.source, settings);
  const code = mfaSerial === undefined ? undefined : await mfaCode(mfaSerial, source, settings);
  return await callSts(action, { ...settings, credentials }, (sts) =>
    sts.assumeRole({
      RoleArn: roleArn,
      RoleSessionName: source.sessionName || SESSION_NAME,
      ExternalId: source.externalId,
      DurationSeconds: source.durationSeconds,
      SerialNumber: mfaSerial,
      TokenCode: code,
    }));
}

async function mfaCode(
  serial: string,
  { profile }: AssumeRoleSource,
  { mfaCode }: Settings,
): Promise<string> {
  if (mfaCode !== undefined) return await mfaCode(serial);
  throw new S3CredentialsError(
    "credentials",
    `The role of profile ${escapeName(profile)} requires a code of the MFA device ${
      escapeName(serial)
    }, and there is no terminal to ask for it`,
    {
      hint: "Run the command on a terminal, or get a session with aws sts get-session-token " +
        "--serial-number SERIAL --token-code CODE, and pass what it prints as `credentials`",
    },
  );
}

async function webIdentityRole(
  { roleArn, tokenFile, sessionName, from }: WebIdentitySource,
  settings: Settings,
): Promise<AwsCredentialIdentity> {
  const token = await readTextIfAny(tokenFile);
  if (token === undefined) {
    throw new S3CredentialsError(
      "credentials",
      `The web identity token of ${from} is not there: ${escapeName(tokenFile)}`,
      { hint: "Whatever runs this machine's containers must write it: check its path" },
    );
  }
  const action = `Could not assume role ${escapeName(roleArn)} of ${from}`;
  const credentials = () => Promise.reject(new Error("this call needs no credentials"));
  try {
    return await callSts(
      action,
      { ...settings, credentials },
      (sts) =>
        sts.assumeRoleWithWebIdentity({
          RoleArn: roleArn,
          RoleSessionName: sessionName || SESSION_NAME,
          WebIdentityToken: token,
        }),
    );
  } catch (error) {
    throw aboutToken(error, action, token, tokenFile);
  }
}

/** What AWS says of a refused token doesn't tell what is in it, which is what the reader must compare. */
function aboutToken(error: unknown, action: string, token: string, tokenFile: string): unknown {
  if (!(error instanceof S3CredentialsError)) return error;
  const { code, message, cause } = error;
  if (cause instanceof Error && cause.name === "ExpiredTokenException") {
    return new S3CredentialsError(code, `${action}: the token has expired (${cause.name})`, {
      hint: `Whatever wrote it to ${escapeName(tokenFile)} must write a new one`,
      cause,
    });
  }
  const claims = claimsOf(token);
  if (claims === undefined || (code !== "access-denied" && code !== "aws")) return error;
  const facts = ["iss", "aud", "sub"].map((name) =>
    name in claims ? `${name} ${escapeName(String(claims[name]))}` : `no ${name}`
  );
  return new S3CredentialsError(code, message, {
    hint: `The token has ${facts.join(", ")}: compare IAM's provider, and the role's trust policy`,
    cause,
  });
}

/** What a token claims. That is not secret; its signature is. */
function claimsOf(token: string): Record<string, unknown> | undefined {
  try {
    const bytes = Uint8Array.fromBase64(token.split(".")[1] ?? "", { alphabet: "base64url" });
    const claims = JSON.parse(new TextDecoder().decode(bytes));
    return isObject(claims) ? claims : undefined;
  } catch {
    return undefined;
  }
}

async function callSts(
  action: string,
  settings: Settings,
  call: (sts: STSClient) => Promise<{ Credentials?: StsCredentials }>,
): Promise<AwsCredentialIdentity> {
  const sts = await stsClient(settings);
  try {
    const { Credentials: found } = await call(sts);
    if (!found?.AccessKeyId || !found.SecretAccessKey) throw new SyntaxError("no credentials");
    return {
      accessKeyId: found.AccessKeyId,
      secretAccessKey: found.SecretAccessKey,
      sessionToken: found.SessionToken,
      expiration: found.Expiration,
    };
  } catch (error) {
    throw serviceError(error, action);
  } finally {
    sts.destroy();
  }
}
