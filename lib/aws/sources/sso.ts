/**
 * Credentials of a role for somebody who is signed in to IAM Identity Center with `aws sso login`.
 *
 * The SDK's own provider reads the shared files by itself, and by other rules than boto3.
 *
 * @module
 */
import { S3CredentialsError } from "../../errors.ts";
import { escapeName, shellWord } from "../../escape.ts";
import { isoSeconds } from "../../time.ts";
import { clientConfig, traced } from "../clients.ts";
import type { AwsCredentialIdentity } from "../credential_types.ts";
import type { SsoSource } from "../profiles.ts";
import { serviceError } from "../service_error.ts";
import type { Settings } from "../settings.ts";
import { expandPath, readTextIfAny } from "../shared_files.ts";

/** What `aws sso login` keeps in a file; a session can be renewed, the older kind can't. */
interface SignIn {
  accessToken: string;
  expiresAt: string;
  clientId?: string;
  clientSecret?: string;
  refreshToken?: string;
}

/** A sign-in with less time left is renewed. */
const RENEWAL_MS = 5 * 60_000;

/** Gets the credentials of the role. */
export async function ssoCredentials(
  source: SsoSource,
  settings: Settings,
): Promise<AwsCredentialIdentity> {
  const { accessToken } = await currentSignIn(source, settings);
  const { SSO } = await import("@aws-sdk/nested-clients/sso");
  const config = await clientConfig(settings, "SSO");
  const client = traced(new SSO({ ...config, region: source.region }), settings);
  try {
    const { accountId, roleName } = source;
    const { roleCredentials: found } = await client.getRoleCredentials({
      accountId,
      roleName,
      accessToken,
    });
    if (!found?.accessKeyId || !found.secretAccessKey) throw new SyntaxError("no credentials");
    return {
      accessKeyId: found.accessKeyId,
      secretAccessKey: found.secretAccessKey,
      sessionToken: found.sessionToken,
      expiration: found.expiration ? new Date(found.expiration) : undefined,
    };
  } catch (error) {
    throw asRefusal(error, source);
  } finally {
    client.destroy();
  }
}

async function currentSignIn(source: SsoSource, settings: Settings): Promise<SignIn> {
  const path = await signInPath(source, settings);
  const signIn = parseSignIn(await readTextIfAny(path));
  if (signIn === undefined) throw notSignedIn(source, "is not signed in");
  const left = Date.parse(signIn.expiresAt.replace(/UTC$/, "Z")) - Date.now();
  if (left > RENEWAL_MS) return signIn;
  const renewed = await renew(signIn, source, settings).catch((error) => {
    // The old one holds a little longer.
    if (left > 0) return undefined;
    throw asRefusal(error, source);
  });
  if (renewed !== undefined) {
    await save(path, renewed, settings);
    return renewed;
  }
  if (left > 0) return signIn;
  throw notSignedIn(source, "has a sign-in that has expired");
}

async function signInPath({ session, startUrl }: SsoSource, { env }: Settings): Promise<string> {
  const { createHash } = await import("node:crypto");
  const name = createHash("sha1").update(session ?? startUrl).digest("hex");
  return expandPath(`~/.aws/sso/cache/${name}.json`, env);
}

function parseSignIn(text: string | undefined): SignIn | undefined {
  try {
    const { accessToken, expiresAt, ...rest } = JSON.parse(text ?? "");
    if (typeof accessToken !== "string" || typeof expiresAt !== "string") return undefined;
    return { ...rest, accessToken, expiresAt };
  } catch {
    return undefined;
  }
}

async function renew(
  signIn: SignIn,
  source: SsoSource,
  settings: Settings,
): Promise<SignIn | undefined> {
  const { clientId, clientSecret, refreshToken } = signIn;
  if (source.session === undefined || !clientId || !clientSecret || !refreshToken) return undefined;
  const { SSOOIDC } = await import("@aws-sdk/nested-clients/sso-oidc");
  const config = await clientConfig(settings, "SSO_OIDC");
  const client = traced(new SSOOIDC({ ...config, region: source.region }), settings);
  try {
    const answer = await client.createToken({
      clientId,
      clientSecret,
      refreshToken,
      grantType: "refresh_token",
    });
    if (!answer.accessToken) return undefined;
    const expires = new Date(Date.now() + (answer.expiresIn ?? 0) * 1000);
    return {
      ...signIn,
      accessToken: answer.accessToken,
      refreshToken: answer.refreshToken ?? refreshToken,
      expiresAt: isoSeconds(expires),
    };
  } finally {
    client.destroy();
  }
}

/** The other tools go on with the same sign-in. Without the permission to write, this run uses it. */
async function save(path: string, signIn: SignIn, { onRequest }: Settings): Promise<void> {
  const { rename, writeFile } = await import("node:fs/promises");
  const temporary = `${path}.${crypto.randomUUID()}`;
  try {
    await writeFile(temporary, JSON.stringify(signIn), { mode: 0o600, flag: "wx" });
    await rename(temporary, path);
  } catch (error) {
    onRequest?.(`DEBUG the renewed sign-in was not saved: ${(error as Error).message}`);
  }
}

function asRefusal(error: unknown, source: SsoSource): S3CredentialsError {
  const name = (error as Error).name;
  if (name === "UnauthorizedException" || name === "InvalidGrantException") {
    return notSignedIn(source, "has a sign-in that AWS no longer accepts");
  }
  return serviceError(
    error,
    `Could not get the role ${escapeName(source.roleName)} of account ${
      escapeName(source.accountId)
    } for profile ${escapeName(source.profile)}`,
  );
}

function notSignedIn({ profile }: SsoSource, state: string): S3CredentialsError {
  return new S3CredentialsError("credentials", `Profile ${escapeName(profile)} ${state}`, {
    hint: `Run aws sso login --profile=${shellWord(profile)}`,
  });
}
