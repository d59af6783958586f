/** Who may assume a role with a token, and what the session may do and keeps. */
import assert from "node:assert/strict";
import { allow, deny, refusal, userWithKey } from "../helpers.ts";
import { s3Room } from "../s3/helpers.ts";
import {
  ANY_REPOSITORY,
  assume,
  GITHUB,
  GITHUB_NAME,
  keysOf,
  NOT_AUTHORIZED,
  PROVIDER,
  READ,
  ROLE_ARN,
  roomWithRole,
  SUBJECT,
  token,
  trustIn,
  WRITE,
} from "./web_identity.ts";

Deno.test("AssumeRoleWithWebIdentity: without keys, gives those of the role, and names all", async () => {
  await using r = await roomWithRole();
  const answer = await assume(r, token());
  assert.equal(answer.SubjectFromWebIdentityToken, SUBJECT);
  assert.equal(answer.Audience, "sts.amazonaws.com");
  assert.equal(answer.Provider, PROVIDER);
  const arn = "arn:aws:sts::123456789012:assumed-role/deploy/run";
  assert.equal(answer.AssumedRoleUser!.Arn, arn);
  const keys = keysOf(answer);
  assert.equal((await r.stsAs(keys).getCallerIdentity({})).Arn, arn);
  const s3 = r.s3As(keys);
  assert.equal(await (await s3.getObject(READ)).Body!.transformToString(), "text");
  assert.equal(
    (await refusal(s3.putObject(WRITE))).message,
    `User: ${arn} is not authorized to perform: s3:PutObject on resource: "arn:aws:s3:::b/a" ` +
      "because no identity-based policy allows the s3:PutObject action",
  );
});

Deno.test("AssumeRoleWithWebIdentity: the role's trust policy decides by subject and audience", async () => {
  await using r = await roomWithRole({
    condition: {
      StringEquals: { "token.actions.githubusercontent.com:aud": "sts.amazonaws.com" },
      StringLike: { "token.actions.githubusercontent.com:sub": "repo:me/app:*" },
    },
    clientIds: ["sts.amazonaws.com", "other"],
  });
  await assume(r, token());
  assert.deepEqual(await refusal(assume(r, token({ sub: "repo:you/app:x" }))), NOT_AUTHORIZED);
  assert.deepEqual(await refusal(assume(r, token({ aud: "other" }))), NOT_AUTHORIZED);
});

for (
  const [name, key, claims] of [
    ["the session's name", "sts:RoleSessionName", {}],
    ["a claim that is a condition key of its issuer", ":repository", { repository: "run" }],
    ["azp in place of aud", ":aud", { azp: "run", aud: "another" }],
    ["aud as it stands in the token", ":oaud", { azp: "sts.amazonaws.com", aud: "run" }],
    ["one of several audiences", ":aud", { aud: ["another", "run"] }],
  ] as const
) {
  Deno.test(`AssumeRoleWithWebIdentity: a trust policy can ask for ${name}`, async () => {
    const full = key.startsWith(":") ? `token.actions.githubusercontent.com${key}` : key;
    const asking = (value: string) =>
      roomWithRole({
        condition: { StringEquals: { [full]: value } },
        clientIds: ["sts.amazonaws.com", "run"],
      });
    await using r = await asking("run");
    await assume(r, token(claims));
    await using other = await asking("another");
    assert.deepEqual(await refusal(assume(other, token(claims))), NOT_AUTHORIZED);
  });
}

Deno.test("AssumeRoleWithWebIdentity: a role that is not there or trusts others refuses alike", async () => {
  await using r = await roomWithRole();
  const RoleArn = "arn:aws:iam::123456789012:role/none";
  assert.deepEqual(await refusal(assume(r, token(), { RoleArn })), NOT_AUTHORIZED);
  const PolicyDocument = trustIn("arn:aws:iam::123456789012:oidc-provider/example.com");
  await r.iam.updateAssumeRolePolicy({ RoleName: "deploy", PolicyDocument });
  assert.deepEqual(await refusal(assume(r, token())), NOT_AUTHORIZED);
});

for (
  const [name, condition, isAccepted] of [
    ["no condition", {}, false],
    ["the audience", { StringEquals: { [`${GITHUB_NAME}:aud`]: "sts.amazonaws.com" } }, false],
    ["the repository", { StringEquals: { [`${GITHUB_NAME}:repository`]: "me/app" } }, false],
    ["any subject", { StringLike: { [`${GITHUB_NAME}:sub`]: "*" } }, false],
    ["a subject or any", { StringLike: { [`${GITHUB_NAME}:sub`]: ["repo:me/*", "*"] } }, false],
    ["not a subject", { StringNotLike: { [`${GITHUB_NAME}:sub`]: "repo:you/*" } }, false],
    ["a subject", { StringEquals: { [`${GITHUB_NAME}:SUB`]: SUBJECT } }, true],
    ["subjects", { StringLike: { [`${GITHUB_NAME}:sub`]: ["repo:*", "repo:me/*"] } }, true],
    ["a workflow", { StringLike: { [`${GITHUB_NAME}:job_workflow_ref`]: "me/app/*" } }, true],
  ] as const
) {
  Deno.test(`CreateRole, UpdateAssumeRolePolicy: trust in GitHub with ${name}`, async () => {
    await using r = await roomWithRole();
    const document = trustIn(PROVIDER, condition);
    const calls = [
      () => r.iam.createRole({ RoleName: "new", AssumeRolePolicyDocument: document }),
      () => r.iam.updateAssumeRolePolicy({ RoleName: "deploy", PolicyDocument: document }),
    ];
    for (const call of calls) {
      if (isAccepted) await call();
      else {
        assert.deepEqual(await refusal(call()), {
          status: 400,
          code: "MalformedPolicyDocument",
          message: `Trust policy with trusted principal ${PROVIDER} must evaluate, using ` +
            "StringEquals, StringLike or StringEqualsIgnoreCase, " +
            `${GITHUB_NAME}:sub or ${GITHUB_NAME}:job_workflow_ref which is not scoped to all.`,
        });
      }
    }
  });
}

Deno.test("AssumeRoleWithWebIdentity: who signs the call takes no part in it", async () => {
  await using r = await roomWithRole();
  const keys = await userWithKey(r.iam, "joe", deny("*"));
  const answer = await r.stsAs(keys).assumeRoleWithWebIdentity({
    RoleArn: ROLE_ARN,
    RoleSessionName: "run",
    WebIdentityToken: token(),
  });
  await r.s3As(keysOf(answer)).getObject(READ);
});

Deno.test("AssumeRoleWithWebIdentity: a session keeps provider, subject and audience", async () => {
  await using r = await roomWithRole();
  const PolicyDocument = (sub: string) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: {
        Effect: "Allow",
        Action: "s3:PutObject",
        Resource: "arn:aws:s3:::b/*",
        Condition: {
          StringEquals: {
            "aws:FederatedProvider": PROVIDER,
            "token.actions.githubusercontent.com:sub": sub,
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
          },
          Null: { "token.actions.githubusercontent.com:repository": "true" },
        },
      },
    });
  const put = (sub: string) =>
    r.iam.putRolePolicy({
      RoleName: "deploy",
      PolicyName: "write",
      PolicyDocument: PolicyDocument(sub),
    });
  await put(SUBJECT);
  const s3 = r.s3As(keysOf(await assume(r, token({ repository: "me/app" }))));
  await s3.putObject(WRITE);
  await put("somebody else");
  assert.equal((await refusal(s3.putObject(WRITE))).code, "AccessDenied");
});

Deno.test("AssumeRoleWithWebIdentity: tags and source identity of a token take permissions of the trust policy", async () => {
  await using r = await roomWithRole();
  const tagged = token({
    "https://aws.amazon.com/tags": {
      principal_tags: { team: ["red"] },
      transitive_tag_keys: ["team"],
    },
    "https://aws.amazon.com/source_identity": "alice",
  });
  const allowing = (Action: string[]) => {
    const document = JSON.parse(trustIn(PROVIDER, ANY_REPOSITORY));
    document.Statement[0].Action = Action;
    const PolicyDocument = JSON.stringify(document);
    return r.iam.updateAssumeRolePolicy({ RoleName: "deploy", PolicyDocument });
  };
  const actions = ["sts:AssumeRoleWithWebIdentity"];
  for (const more of ["sts:TagSession", "sts:SetSourceIdentity"]) {
    await allowing(actions);
    assert.deepEqual(await refusal(assume(r, tagged)), {
      ...NOT_AUTHORIZED,
      message: `Not authorized to perform ${more}`,
    });
    actions.push(more);
  }
  await allowing(actions);
  const answer = await assume(r, tagged);
  assert.equal(answer.SourceIdentity, "alice");
  const PolicyDocument = JSON.stringify({
    Version: "2012-10-17",
    Statement: {
      Effect: "Allow",
      Action: "s3:PutObject",
      Resource: "arn:aws:s3:::b/${aws:PrincipalTag/team}/*",
      Condition: { StringEquals: { "aws:SourceIdentity": "alice" } },
    },
  });
  await r.iam.putRolePolicy({ RoleName: "deploy", PolicyName: "write", PolicyDocument });
  const s3 = r.s3As(keysOf(answer));
  await s3.putObject({ ...WRITE, Key: "red/a" });
  assert.equal((await refusal(s3.putObject({ ...WRITE, Key: "blue/a" }))).code, "AccessDenied");
});

Deno.test("AssumeRoleWithWebIdentity: a session policy limits the session", async () => {
  await using r = await roomWithRole();
  const Policy = JSON.stringify(allow("s3:GetObject", "arn:aws:s3:::b/public/*"));
  const answer = await assume(r, token(), { Policy, DurationSeconds: 900 });
  const { Credentials } = answer;
  const { issueDate } = r.sandbox.account.sessions.get(Credentials!.AccessKeyId!)!;
  assert.equal(
    Math.ceil((Credentials!.Expiration!.getTime() - issueDate.getTime()) / 1000),
    900,
  );
  const denied = await refusal(r.s3As(keysOf(answer)).getObject(READ));
  assert.match(denied.message, /because no session policy allows/);
});

Deno.test("AssumeRoleWithWebIdentity: the provider is looked up in the account of the role", async () => {
  const theirs = "444455556666";
  await using r = await s3Room({ accounts: { [theirs]: { buckets: ["theirs"] } } });
  const { credentials } = r.sandbox.accounts[theirs]!;
  const iam = r.iamAs(credentials);
  const provider = `arn:aws:iam::${theirs}:oidc-provider/${GITHUB_NAME}`;
  await iam.createRole({
    RoleName: "deploy",
    AssumeRolePolicyDocument: trustIn(provider, ANY_REPOSITORY),
  });
  const PolicyDocument = JSON.stringify(allow("s3:ListBucket", "arn:aws:s3:::theirs"));
  await iam.putRolePolicy({ RoleName: "deploy", PolicyName: "list", PolicyDocument });
  const RoleArn = `arn:aws:iam::${theirs}:role/deploy`;
  const call = { Url: GITHUB, ClientIDList: ["sts.amazonaws.com"] };
  await r.iam.createOpenIDConnectProvider(call);
  const missing = await refusal(assume(r, token(), { RoleArn }));
  assert.match(missing.message, /^No OpenIDConnect provider found in your account for/);
  await iam.createOpenIDConnectProvider(call);
  const answer = await assume(r, token(), { RoleArn });
  assert.equal(answer.Provider, provider);
  const s3 = r.s3As(keysOf(answer));
  await s3.listObjectsV2({ Bucket: "theirs" });
  assert.equal((await refusal(s3.putObject({ ...WRITE, Bucket: "theirs" }))).code, "AccessDenied");
});

Deno.test("AssumeRoleWithWebIdentity: a bucket policy can name the provider", async () => {
  await using r = await roomWithRole();
  const s3 = r.s3As(keysOf(await assume(r, token())));
  assert.equal((await refusal(s3.putObject(WRITE))).code, "AccessDenied");
  const grant = (Federated: string) =>
    r.s3.putBucketPolicy({
      Bucket: "b",
      Policy: JSON.stringify({
        Version: "2012-10-17",
        Statement: {
          Effect: "Allow",
          Principal: { Federated },
          Action: "s3:PutObject",
          Resource: "arn:aws:s3:::b/*",
        },
      }),
    });
  await grant("arn:aws:iam::123456789012:oidc-provider/example.com");
  assert.equal((await refusal(s3.putObject(WRITE))).code, "AccessDenied");
  await grant(PROVIDER);
  await s3.putObject(WRITE);
});
