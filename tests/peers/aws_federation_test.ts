/** The aws CLI on our sandbox with a token in place of keys, and as a federated user. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";
import {
  claimsOf,
  type Issuer,
  type SigningKey,
  signingKey,
  startIssuer,
} from "../sandbox/sts/tokens.ts";
import { AWS_SERVICE_ERROR as SERVICE_ERROR, stepTests } from "./steps.ts";
import { adminEnv, awsEnv } from "./support.ts";

let sandbox: Sandbox;
let issuer: Issuer;
let key: SigningKey;
let home: string;
/** The federated user's keys, once there are some. */
let federated = { accessKeyId: "", secretAccessKey: "", sessionToken: "" };

Deno.test.beforeAll(async () => {
  sandbox = await startSandbox({ buckets: ["photos", "secrets"] });
  key = await signingKey("one", "RS256");
  issuer = await startIssuer([key.jwk]);
  home = await Deno.makeTempDir();
  const tokens = {
    good: claimsOf(issuer.url, { sub: "pod" }),
    late: claimsOf(issuer.url, { sub: "pod", exp: 1_500_000_000 }),
    stranger: claimsOf(issuer.url, { sub: "stranger" }),
  };
  for (const [name, claims] of Object.entries(tokens)) {
    await Deno.writeTextFile(join(home, name), await key.sign(claims));
  }
});
Deno.test.afterAll(async () => {
  await Deno.remove(home, { recursive: true });
  await issuer.close();
  await sandbox.close();
});

const provider = () =>
  `arn:aws:iam::123456789012:oidc-provider/${issuer.url.replace("http://", "")}`;
const trust = () => ({
  Version: "2012-10-17",
  Statement: {
    Effect: "Allow",
    Principal: { Federated: provider() },
    Action: "sts:AssumeRoleWithWebIdentity",
    Condition: { StringEquals: { [`${issuer.url.replace("http://", "")}:sub`]: "pod" } },
  },
});
const READ = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:ListBucket", Resource: "arn:aws:s3:::photos" }],
};
const admin = () => adminEnv(sandbox);
const withToken = (name: string) => () => ({
  AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/pod",
  AWS_ROLE_SESSION_NAME: "one",
  AWS_WEB_IDENTITY_TOKEN_FILE: join(home, name),
});
const asFederated = () => awsEnv(sandbox.url, federated);

stepTests("aws", () => ({ env: { AWS_ENDPOINT_URL: sandbox.url } }), [
  {
    name: "iam create-open-id-connect-provider",
    args: () => [
      ...["iam", "create-open-id-connect-provider", "--url", issuer.url],
      ...["--client-id-list", "sts.amazonaws.com"],
    ],
    env: admin,
    check: ({ stdout }) =>
      assert.deepEqual(JSON.parse(stdout), { OpenIDConnectProviderArn: provider() }),
  },
  {
    name: "iam create-role",
    args: () => [
      ...["iam", "create-role", "--role-name", "pod"],
      ...["--assume-role-policy-document", JSON.stringify(trust())],
    ],
    env: admin,
  },
  {
    name: "iam put-role-policy",
    args: () => [
      ...["iam", "put-role-policy", "--role-name", "pod", "--policy-name", "read"],
      ...["--policy-document", JSON.stringify(READ)],
    ],
    env: admin,
  },
  {
    name: "AWS_WEB_IDENTITY_TOKEN_FILE: sts get-caller-identity",
    args: "sts get-caller-identity",
    env: withToken("good"),
    stdout: { json: { Arn: "arn:aws:sts::123456789012:assumed-role/pod/one" } },
  },
  {
    name: "AWS_WEB_IDENTITY_TOKEN_FILE: what the role may",
    args: "s3api list-objects-v2 --bucket photos",
    env: withToken("good"),
  },
  {
    name: "AWS_WEB_IDENTITY_TOKEN_FILE: what the role may not",
    args: "s3api list-objects-v2 --bucket secrets",
    env: withToken("good"),
    code: SERVICE_ERROR,
    stderr: /\(AccessDenied\) when calling the ListObjectsV2 operation/,
  },
  {
    name: "AWS_WEB_IDENTITY_TOKEN_FILE: a token of somebody else",
    args: "sts get-caller-identity",
    env: withToken("stranger"),
    code: SERVICE_ERROR,
    stderr:
      /\(AccessDenied\) when calling the AssumeRoleWithWebIdentity operation: Not authorized to perform/,
  },
  {
    name: "AWS_WEB_IDENTITY_TOKEN_FILE: a token that has expired",
    args: "sts get-caller-identity",
    env: withToken("late"),
    code: SERVICE_ERROR,
    stderr: /\(ExpiredTokenException\) when calling the AssumeRoleWithWebIdentity operation/,
  },
  {
    name: "sts get-federation-token",
    args: () => [
      ...["sts", "get-federation-token", "--name", "app", "--policy", JSON.stringify(READ)],
      ...["--duration-seconds", "900"],
    ],
    env: admin,
    stdout: {
      json: { FederatedUser: { Arn: "arn:aws:sts::123456789012:federated-user/app" } },
    },
    check: ({ stdout }) => {
      const { AccessKeyId, SecretAccessKey, SessionToken } = JSON.parse(stdout).Credentials;
      federated = {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: SessionToken,
      };
    },
  },
  {
    name: "a federated user: what the session policy allows",
    args: "s3api list-objects-v2 --bucket photos",
    env: asFederated,
  },
  {
    name: "a federated user: what only the user's policies allow",
    args: "s3api list-objects-v2 --bucket secrets",
    env: asFederated,
    code: SERVICE_ERROR,
    stderr: /because no session policy allows the s3:ListBucket action/,
  },
  {
    name: "a federated user: IAM takes no such keys",
    args: "iam list-users",
    env: asFederated,
    code: SERVICE_ERROR,
    stderr: /\(InvalidClientTokenId\) when calling the ListUsers operation/,
  },
]);
