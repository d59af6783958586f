/** The token of a CI or a container in place of keys: the provider, the role and the calls are real. */
import assert from "node:assert/strict";
import { IAM } from "@aws-sdk/client-iam";
import { startSandbox } from "@s3creds/cli/sandbox";
import { claimsOf, signingKey, startIssuer } from "../sandbox/sts/tokens.ts";
import { runOn } from "../support/machine.ts";

Deno.test("AWS_WEB_IDENTITY_TOKEN_FILE: reads a bucket with the role that trusts the token, and no more", async () => {
  const key = await signingKey("one");
  await using issuer = await startIssuer([key.jwk]);
  await using sandbox = await startSandbox({ buckets: ["photos"] });
  const iam = new IAM({
    endpoint: sandbox.url,
    region: sandbox.region,
    credentials: sandbox.credentials,
  });
  const { OpenIDConnectProviderArn } = await iam.createOpenIDConnectProvider({
    Url: issuer.url,
    ClientIDList: ["sts.amazonaws.com"],
  });
  await iam.createRole({
    RoleName: "pod",
    AssumeRolePolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: {
        Effect: "Allow",
        Principal: { Federated: OpenIDConnectProviderArn },
        Action: "sts:AssumeRoleWithWebIdentity",
        Condition: {
          StringEquals: { [`${issuer.url.replace("http://", "")}:sub`]: "system:app" },
        },
      },
    }),
  });
  await iam.putRolePolicy({
    RoleName: "pod",
    PolicyName: "list",
    PolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: { Effect: "Allow", Action: "s3:ListBucket", Resource: "arn:aws:s3:::photos" },
    }),
  });
  iam.destroy();

  const tokenFile = await Deno.makeTempFile();
  const withToken = async (claims: Record<string, unknown>, command: string[]) => {
    await Deno.writeTextFile(tokenFile, await key.sign(claimsOf(issuer.url, claims)));
    const env = () => ({
      AWS_ENDPOINT_URL: sandbox.url,
      AWS_REGION: sandbox.region,
      AWS_WEB_IDENTITY_TOKEN_FILE: tokenFile,
      AWS_ROLE_ARN: "arn:aws:iam::123456789012:role/pod",
      AWS_ROLE_SESSION_NAME: "app-1",
    });
    return await runOn({ env }, sandbox, command);
  };
  try {
    const me = await withToken({ sub: "system:app" }, ["whoami"]);
    assert.equal(me.code, 0, me.stderr);
    assert.equal(
      JSON.parse(me.stdout).Arn,
      "arn:aws:sts::123456789012:assumed-role/pod/app-1",
    );
    const listed = await withToken({ sub: "system:app" }, ["list-bucket", "photos"]);
    assert.equal(listed.code, 0, listed.stderr);
    const written = await withToken({ sub: "system:app" }, ["delete-objects", "photos", "k"]);
    assert.equal(written.code, 1);
    assert.match(written.stderr, /s3:DeleteObject/);
    const stranger = await withToken({ sub: "system:other" }, ["whoami"]);
    assert.equal(stranger.code, 1);
    assert.match(stranger.stderr, /Not authorized to perform sts:AssumeRoleWithWebIdentity/);
    assert.ok(
      stranger.stderr.includes(
        `The token has iss ${issuer.url}, aud sts.amazonaws.com, sub system:other: compare ` +
          "IAM's provider, and the role's trust policy",
      ),
      stranger.stderr,
    );
    const signature = (await Deno.readTextFile(tokenFile)).split(".")[2]!;
    assert.ok(!stranger.stderr.includes(signature), "the token stands on standard error");
    const late = await withToken({ sub: "system:app", exp: 1_500_000_000 }, ["whoami"]);
    assert.equal(late.code, 1);
    assert.match(
      late.stderr,
      /of AWS_WEB_IDENTITY_TOKEN_FILE: the token has expired \(ExpiredTokenException\)$/m,
    );
    assert.ok(
      late.stderr.includes(`Whatever wrote it to ${tokenFile} must write a new one`),
      late.stderr,
    );
  } finally {
    await Deno.remove(tokenFile);
  }
});
