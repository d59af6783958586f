/**
 * A sandbox in which a role trusts the tokens of an issuer, and calls with these.
 *
 * @module
 */
import type {
  AssumeRoleWithWebIdentityCommandInput,
  AssumeRoleWithWebIdentityCommandOutput,
} from "@aws-sdk/client-sts";
import { STS } from "@aws-sdk/client-sts";
import { allow, type Keys } from "../helpers.ts";
import { SDK_DEFAULTS } from "../../support/sdk.ts";
import { type S3Room, s3Room } from "../s3/helpers.ts";
import { type Claims, claimsOf, unsignedToken } from "./tokens.ts";

export const GITHUB = "https://token.actions.githubusercontent.com";
export const GITHUB_NAME = "token.actions.githubusercontent.com";
export const PROVIDER = `arn:aws:iam::123456789012:oidc-provider/${GITHUB_NAME}`;
export const ROLE_ARN = "arn:aws:iam::123456789012:role/deploy";
export const SUBJECT = "repo:me/app:ref:main";
/** Without this IAM does not let a role trust GitHub. */
export const ANY_REPOSITORY = {
  StringLike: { "token.actions.githubusercontent.com:sub": "repo:*" },
};
export const READ = { Bucket: "b", Key: "a" };
export const WRITE = { Bucket: "b", Key: "a", Body: "other" };

/** A trust policy for tokens of a provider. */
export function trustIn(Federated: string, Condition: unknown = {}): string {
  const Action = "sts:AssumeRoleWithWebIdentity";
  const statement = { Effect: "Allow", Principal: { Federated }, Action, Condition };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

/** A sandbox with a bucket, a provider, and a role for it that may read. */
export async function roomWithRole(
  options: { url?: string; condition?: object; clientIds?: string[] } = {},
): Promise<S3Room> {
  const { url = GITHUB, condition, clientIds = ["sts.amazonaws.com"] } = options;
  const r = await s3Room({ buckets: ["b"] });
  await r.s3.putObject({ Bucket: "b", Key: "a", Body: "text" });
  const { OpenIDConnectProviderArn } = await r.iam.createOpenIDConnectProvider({
    Url: url,
    ClientIDList: clientIds,
  });
  await r.iam.createRole({
    RoleName: "deploy",
    AssumeRolePolicyDocument: trustIn(OpenIDConnectProviderArn!, {
      ...(url === GITHUB && ANY_REPOSITORY),
      ...condition,
    }),
  });
  const PolicyDocument = JSON.stringify(allow("s3:GetObject", "arn:aws:s3:::b/*"));
  await r.iam.putRolePolicy({ RoleName: "deploy", PolicyName: "read", PolicyDocument });
  return r;
}

/** Calls without keys, as a program does that has nothing but its token. */
export function assume(
  { sandbox, requestHandler }: S3Room,
  WebIdentityToken: string,
  more: Partial<AssumeRoleWithWebIdentityCommandInput> = {},
): Promise<AssumeRoleWithWebIdentityCommandOutput> {
  const sts = new STS({
    ...SDK_DEFAULTS,
    endpoint: sandbox.url,
    region: sandbox.region,
    maxAttempts: 1,
    credentials: () => Promise.reject(new Error("The call must not be signed")),
    requestHandler,
  });
  return sts.assumeRoleWithWebIdentity({
    RoleArn: ROLE_ARN,
    RoleSessionName: "run",
    WebIdentityToken,
    ...more,
  });
}

export function keysOf({ Credentials }: AssumeRoleWithWebIdentityCommandOutput): Required<Keys> {
  return {
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  };
}

export const token = (more: Claims = {}) => unsignedToken(claimsOf(GITHUB, more));
export const NOT_AUTHORIZED = {
  status: 403,
  code: "AccessDenied",
  message: "Not authorized to perform sts:AssumeRoleWithWebIdentity",
};
