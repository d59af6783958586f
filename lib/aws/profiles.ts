/**
 * Which source gives the credentials: worked out from the files and the environment alone, in the
 * order of boto3. Nothing is sent or run here, see `sources/credential_sources.ts` for that.
 *
 * @module
 */
import { S3CredentialsError } from "../errors.ts";
import { escapeName } from "../escape.ts";
import type { AwsCredentialIdentity } from "./credential_types.ts";
import type { IniSection } from "./ini.ts";
import { checkedKeys } from "./keys.ts";
import { type Environment, type SharedFiles, textOf } from "./shared_files.ts";
import { splitWindowsWords, splitWords } from "./words.ts";

/** Where credentials come from, with all that is needed to get them. */
export type CredentialSource =
  | { kind: "keys"; from: string; keys: AwsCredentialIdentity }
  | AssumeRoleSource
  | WebIdentitySource
  | SsoSource
  | { kind: "login"; profile: string; session: string; region: string | undefined }
  | { kind: "process"; profile: string; words: string[] }
  | { kind: "container" }
  | { kind: "instance" }
  /** What comes last where no profile is named: legacy files, the container, the instance. */
  | { kind: "machine" };

/** A role that is assumed with the credentials of another source. */
export interface AssumeRoleSource {
  kind: "assume-role";
  profile: string;
  roleArn: string;
  source: CredentialSource;
  sessionName: string | undefined;
  externalId: string | undefined;
  mfaSerial: string | undefined;
  durationSeconds: number | undefined;
}

/** A role that is assumed with a token that is kept in a file. */
export interface WebIdentitySource {
  kind: "web-identity";
  from: string;
  roleArn: string;
  tokenFile: string;
  sessionName: string | undefined;
}

/** A role that IAM Identity Center gives to those who are signed in. */
export interface SsoSource {
  kind: "sso";
  profile: string;
  session: string | undefined;
  startUrl: string;
  region: string;
  accountId: string;
  roleName: string;
}

/** A profile, and who named it. */
export interface NamedProfile {
  /** Its name. */
  name: string;
  /** Who named it; an option keeps the environment's credentials out. */
  by: "option" | "AWS_DEFAULT_PROFILE" | "AWS_PROFILE";
}

/** The profile that is named, by an option or else the environment in boto3's order. */
export function namedProfile(
  option: string | undefined,
  env: Environment,
): NamedProfile | undefined {
  if (option !== undefined) return { name: option, by: "option" };
  for (const by of ["AWS_DEFAULT_PROFILE", "AWS_PROFILE"] as const) {
    const name = env(by);
    if (name !== undefined) return { name, by };
  }
  return undefined;
}

/** The settings of the profile in use; a profile that is named must be there. */
export function profileSettings(
  files: SharedFiles,
  named: NamedProfile | undefined,
): IniSection | undefined {
  if (named === undefined) return files.profiles.get("default");
  const profile = files.profiles.get(named.name);
  if (profile !== undefined) return profile;
  if (named.name === "") {
    throw refusal(`${named.by === "option" ? "The profile" : named.by} is empty`, {
      hint: "Name a profile, or omit it for the default one",
    });
  }
  throw refusal(`Profile does not exist: ${escapeName(named.name)}`, {
    hint: `There is no such section in ${
      [...new Set([files.config.path, files.credentials.path])].join(" or ")
    }: ${nearNames(named.name, files)}`,
  });
}

function nearNames(name: string, { profiles }: SharedFiles): string {
  const known = [...profiles.keys()];
  if (known.length === 0) return "no profile is there";
  const near = known.filter((one) => one.toLowerCase() === name.toLowerCase());
  const few = (near.length > 0 ? near : known).slice(0, 10).map(escapeName);
  return `the profiles there are ${few.join(", ")}${
    near.length === 0 && known.length > 10 ? ", …" : ""
  }`;
}

/**
 * The source that gives the credentials.
 *
 * @throws {S3CredentialsError} `credentials` if the files or the environment contradict themselves, or a
 *   profile that is named gives none
 */
export function credentialSource(
  files: SharedFiles,
  env: Environment,
  named: NamedProfile | undefined,
): CredentialSource {
  const usesEnvironment = named?.by !== "option";
  const name = named?.name ?? "default";
  checkSsoSession(files, name);
  const found = (usesEnvironment ? environmentKeys(env) : undefined) ??
    roleOf(files, env, name, [name]) ??
    profileSource(files, usesEnvironment ? env : undefined, name);
  if (found !== undefined) return found;
  if (named === undefined) return { kind: "machine" };
  throw refusal(`Profile ${escapeName(name)} gives no credentials`, {
    hint: "It has none of aws_access_key_id, role_arn, sso_account_id, web_identity_token_file, " +
      "login_session and credential_process",
  });
}

/** The keys of the environment; one without the other is an error. */
function environmentKeys(env: Environment): CredentialSource | undefined {
  const accessKeyId = env("AWS_ACCESS_KEY_ID") || undefined;
  const secretAccessKey = env("AWS_SECRET_ACCESS_KEY") || undefined;
  if (accessKeyId === undefined && secretAccessKey === undefined) return undefined;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const [there, missing] = accessKeyId === undefined
      ? ["AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"]
      : ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
    throw refusal(`${there} is set and ${missing} is not`, { hint: "Set both, or unset both" });
  }
  const sessionToken = env("AWS_SECURITY_TOKEN") || env("AWS_SESSION_TOKEN") || undefined;
  const keys = checkedKeys({ accessKeyId, secretAccessKey, sessionToken }, "the environment");
  const expires = env("AWS_CREDENTIAL_EXPIRATION");
  const expiration = expires ? new Date(expires) : undefined;
  if (expiration !== undefined && Number.isNaN(expiration.getTime())) {
    throw refusal("AWS_CREDENTIAL_EXPIRATION is no time", {
      hint: "Unset it, or write it as 2027-01-31T17:00:00Z",
    });
  }
  return {
    kind: "keys",
    from: "the environment",
    keys: expiration ? { ...keys, expiration } : keys,
  };
}

/** A profile's own means, apart from its role: a web identity, SSO, keys, a sign-in, a program. */
function profileSource(
  files: SharedFiles,
  env: Environment | undefined,
  name: string,
): CredentialSource | undefined {
  return webIdentity(files, env, name) ??
    ssoRole(files, name) ??
    fileKeys(files.credentials, name) ??
    login(files, name) ??
    program(files, name) ??
    fileKeys(files.config, name);
}

function roleOf(
  files: SharedFiles,
  env: Environment,
  name: string,
  chain: readonly string[],
): AssumeRoleSource | undefined {
  const setting = settingsOf(files, name);
  const roleArn = setting("role_arn");
  if (roleArn === undefined || setting("web_identity_token_file") !== undefined) return undefined;
  const profile = escapeName(name);
  const duration = setting("duration_seconds");
  return {
    kind: "assume-role",
    profile: name,
    roleArn,
    source: roleSource(),
    sessionName: setting("role_session_name"),
    externalId: setting("external_id"),
    mfaSerial: setting("mfa_serial"),
    durationSeconds: duration !== undefined && /^[+-]?\d+$/.test(duration)
      ? Number(duration)
      : undefined,
  };

  function roleSource(): CredentialSource {
    const sourceProfile = setting("source_profile");
    const credentialSource = setting("credential_source");
    if (sourceProfile !== undefined && credentialSource !== undefined) {
      throw refusal(`Profile ${profile} has both source_profile and credential_source`, {
        hint: "Remove one of them: they say with which credentials its role is assumed",
      });
    }
    if (credentialSource !== undefined) return namedSource(credentialSource, env, profile);
    if (sourceProfile !== undefined) return sourceOf(sourceProfile);
    throw refusal(`Profile ${profile} has role_arn without source_profile or credential_source`, {
      hint: "Add source_profile = NAME: the profile whose credentials assume the role",
    });
  }

  function sourceOf(source: string): CredentialSource {
    if (!files.profiles.has(source)) {
      throw refusal(
        `The source_profile of profile ${profile} does not exist: ${escapeName(source)}`,
        { hint: `Correct it in ${files.config.path}: ${nearNames(source, files)}` },
      );
    }
    const hasKeys = ["aws_access_key_id", "aws_secret_access_key"]
      .some((key) => files.profiles.get(source)!.has(key));
    if (chain.includes(source) && !(source === name && hasKeys)) {
      throw refusal(
        `The source_profile settings go in a circle: ${
          [...chain, source].map(escapeName).join(" -> ")
        }`,
        { hint: `Correct source_profile of one of them in ${files.config.path}` },
      );
    }
    const role = hasKeys ? undefined : roleOf(files, env, source, [...chain, source]);
    const found = role ?? profileSource(files, undefined, source);
    if (found !== undefined) return found;
    throw refusal(
      `Profile ${escapeName(source)}, the source_profile of ${profile}, gives no credentials`,
      { hint: "Give it keys, a role, SSO, a sign-in or a credential_process" },
    );
  }
}

function namedSource(name: string, env: Environment, profile: string): CredentialSource {
  switch (name) {
    case "Environment": {
      const keys = environmentKeys(env);
      if (keys !== undefined) return keys;
      throw refusal(`Profile ${profile} has credential_source = Environment, which holds no keys`, {
        hint: "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
      });
    }
    case "EcsContainer":
      return { kind: "container" };
    case "Ec2InstanceMetadata":
      return { kind: "instance" };
    default:
      throw refusal(`Profile ${profile} has an unknown credential_source: ${escapeName(name)}`, {
        hint: "Use Environment, EcsContainer or Ec2InstanceMetadata",
      });
  }
}

function webIdentity(
  files: SharedFiles,
  env: Environment | undefined,
  name: string,
): WebIdentitySource | undefined {
  const setting = settingsOf(files, name);
  const tokenFile = env?.("AWS_WEB_IDENTITY_TOKEN_FILE") ?? setting("web_identity_token_file");
  if (tokenFile === undefined || tokenFile === "") return undefined;
  const from = env?.("AWS_WEB_IDENTITY_TOKEN_FILE") === undefined
    ? `profile ${escapeName(name)}`
    : "AWS_WEB_IDENTITY_TOKEN_FILE";
  const roleArn = env?.("AWS_ROLE_ARN") ?? setting("role_arn");
  if (!roleArn) {
    throw refusal(`${from} names a web identity token without a role`, {
      hint: "Set AWS_ROLE_ARN, or role_arn in the profile",
    });
  }
  const sessionName = env?.("AWS_ROLE_SESSION_NAME") ?? setting("role_session_name");
  return { kind: "web-identity", from, roleArn, tokenFile, sessionName };
}

const SSO_SETTINGS = ["sso_start_url", "sso_region"] as const;

/** A session that is named must be there, whether or not this profile gives a role. */
function checkSsoSession(files: SharedFiles, name: string): void {
  const session = settingsOf(files, name)("sso_session");
  if (session === undefined) return;
  const section = files.ssoSessions.get(session);
  if (section === undefined || section.size === 0) {
    throw refusal(
      `The sso_session of profile ${escapeName(name)} does not exist: ${escapeName(session)}`,
      { hint: `Add a section [sso-session ${escapeName(session)}] to ${files.config.path}` },
    );
  }
  const missing = SSO_SETTINGS.filter((one) => !section.has(one));
  if (missing.length > 0) {
    throw refusal(`The section sso-session ${escapeName(session)} lacks ${missing.join(" and ")}`, {
      hint: `Add it in ${files.config.path}, or run aws configure sso`,
    });
  }
}

function ssoRole(files: SharedFiles, name: string): SsoSource | undefined {
  const own = settingsOf(files, name);
  if (own("sso_account_id") === undefined && own("sso_role_name") === undefined) return undefined;
  checkSsoSession(files, name);
  const session = own("sso_session");
  const section = session === undefined ? undefined : files.ssoSessions.get(session);
  for (const key of section?.keys() ?? []) {
    const [here, there] = [own(key), textOf(section, key, `sso-session ${session}`)];
    if (here === undefined || here === there) continue;
    throw refusal(`Profile ${escapeName(name)} and its sso-session differ in ${key}`, {
      hint: "Remove the setting from the profile",
    });
  }
  const setting = (key: string) => own(key) ?? textOf(section, key, `sso-session ${session}`);
  const missing = ["sso_account_id", "sso_role_name", ...SSO_SETTINGS]
    .filter((key) => setting(key) === undefined);
  if (missing.length > 0) {
    throw refusal(`Profile ${escapeName(name)} uses SSO and lacks ${missing.join(" and ")}`, {
      hint: "Run aws configure sso, or add it to the profile",
    });
  }
  return {
    kind: "sso",
    profile: name,
    session,
    startUrl: setting("sso_start_url")!,
    region: setting("sso_region")!,
    accountId: setting("sso_account_id")!,
    roleName: setting("sso_role_name")!,
  };
}

function fileKeys(
  { path, profiles }: SharedFiles["config"],
  name: string,
): CredentialSource | undefined {
  const section = profiles.get(name);
  if (!section?.has("aws_access_key_id")) return undefined;
  const from = `profile ${escapeName(name)} in ${path}`;
  const setting = (key: string) => textOf(section, key, from);
  const accessKeyId = setting("aws_access_key_id");
  const secretAccessKey = setting("aws_secret_access_key");
  if (!accessKeyId || !secretAccessKey) {
    const missing = accessKeyId ? "aws_secret_access_key" : "aws_access_key_id";
    throw refusal(`${from[0]!.toUpperCase()}${from.slice(1)} has no ${missing}`, {
      hint: "A key has both an id and a secret",
    });
  }
  const sessionToken = setting("aws_security_token") ?? setting("aws_session_token");
  return {
    kind: "keys",
    from,
    keys: checkedKeys({ accessKeyId, secretAccessKey, sessionToken }, from),
  };
}

function login(files: SharedFiles, name: string): CredentialSource | undefined {
  const setting = settingsOf(files, name);
  const session = setting("login_session");
  if (session === undefined) return undefined;
  return { kind: "login", profile: name, session, region: setting("region") };
}

function program(files: SharedFiles, name: string): CredentialSource | undefined {
  const command = settingsOf(files, name)("credential_process");
  if (command === undefined) return undefined;
  const words = (Deno.build.os === "windows" ? splitWindowsWords : splitWords)(command);
  if (words === undefined || words.length === 0) {
    throw refusal(`The credential_process of profile ${escapeName(name)} can't be read`, {
      hint: "A quote may be left open. Paths with spaces need quotes, backslashes need doubling",
    });
  }
  return { kind: "process", profile: name, words };
}

function settingsOf(files: SharedFiles, name: string): (key: string) => string | undefined {
  const section = files.profiles.get(name);
  return (key) => textOf(section, key, `profile ${escapeName(name)}`);
}

function refusal(message: string, options: { hint: string }): S3CredentialsError {
  return new S3CredentialsError("credentials", message, options);
}
