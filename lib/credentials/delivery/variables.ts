/**
 * Credentials as environment variables, by the names that AWS's tools read.
 *
 * @module
 */
import type { AwsCredentialIdentity } from "../../aws/credential_types.ts";

/** The variables that hold credentials, and their values. */
export function variablesOf(
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentialIdentity,
): [name: string, value: string][] {
  const key: [string, string][] = [
    ["AWS_ACCESS_KEY_ID", accessKeyId],
    ["AWS_SECRET_ACCESS_KEY", secretAccessKey],
  ];
  return sessionToken === undefined ? key : [...key, ["AWS_SESSION_TOKEN", sessionToken]];
}

/** The variables as lines of text, each written by `assign`. */
export function assignments(
  credentials: AwsCredentialIdentity,
  assign: (name: string, value: string) => string,
): string {
  return variablesOf(credentials).map(([name, value]) => assign(name, value)).join("\n");
}

/**
 * Variables that some clients prefer to keys in the environment, or take for a part of them: a profile,
 * the old name of the session token, the end of other credentials.
 */
export function otherSources({ sessionToken }: AwsCredentialIdentity): string[] {
  return [
    ...(sessionToken === undefined ? ["AWS_SESSION_TOKEN"] : []),
    ...["AWS_PROFILE", "AWS_DEFAULT_PROFILE"],
    ...["AWS_SECURITY_TOKEN", "AWS_CREDENTIAL_EXPIRATION"],
  ];
}
