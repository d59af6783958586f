import type {
  AssumeRoleWithWebIdentityCommandInput,
  AssumeRoleWithWebIdentityCommandOutput,
} from "@aws-sdk/client-sts";
import { STS } from "@aws-sdk/client-sts";
import assert from "node:assert/strict";
import { allow, deny, type Keys, refusal, userWithKey } from "../helpers.ts";
import { type S3Room, s3Room } from "../s3/helpers.ts";
import { type Claims, claimsOf, signingKey, startIssuer, unsignedToken } from "./tokens.ts";

const GITHUB = "https://token.actions.githubusercontent.com";
const GITHUB_NAME = "token.actions.githubusercontent.com";
const PROVIDER = `arn:aws:iam::123456789012:oidc-provider/${GITHUB_NAME}`;
const ROLE_ARN = "arn:aws:iam::123456789012:role/deploy";
const SUBJECT = "repo:me/app:ref:main";
/** Without this IAM does not let a role trust GitHub. */
const ANY_REPOSITORY = { StringLike: { "token.actions.githubusercontent.com:sub": "repo:*" } };
const READ = { Bucket: "b", Key: "a" };
const WRITE = { Bucket: "b", Key: "a", Body: "other" };

/** A trust policy for tokens of a provider. */
function trustIn(Federated: string, Condition: unknown = {}): string {
  const Action = "sts:AssumeRoleWithWebIdentity";
  const statement = { Effect: "Allow", Principal: { Federated }, Action, Condition };
  return JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
}

/** A sandbox with a bucket, a provider, and a role for it that may read. */
async function roomWithRole(
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
async function assume(
  { sandbox }: S3Room,
  WebIdentityToken: string,
  more: Partial<AssumeRoleWithWebIdentityCommandInput> = {},
): Promise<AssumeRoleWithWebIdentityCommandOutput> {
  const sts = new STS({
    endpoint: sandbox.url,
    region: sandbox.region,
    maxAttempts: 1,
    credentials: () => Promise.reject(new Error("The call must not be signed")),
  });
  try {
    return await sts.assumeRoleWithWebIdentity({
      RoleArn: ROLE_ARN,
      RoleSessionName: "run",
      WebIdentityToken,
      ...more,
    });
  } finally {
    sts.destroy();
  }
}

function keysOf({ Credentials }: AssumeRoleWithWebIdentityCommandOutput): Required<Keys> {
  return {
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  };
}

const token = (more: Claims = {}) => unsignedToken(claimsOf(GITHUB, more));
const NOT_AUTHORIZED = {
  status: 403,
  code: "AccessDenied",
  message: "Not authorized to perform sts:AssumeRoleWithWebIdentity",
};

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

Deno.test("AssumeRoleWithWebIdentity: times count by the sandbox's clock, with five minutes to spare", async () => {
  await using r = await roomWithRole();
  const now = 1_800_000_000;
  r.sandbox.clock.set(new Date(now * 1000));
  const at = (times: Claims) => assume(r, token(times));
  await at({ iat: now - 3600, exp: now - 200 });
  await at({ iat: now + 200, exp: now + 3600 });
  const expired = await refusal(at({ iat: now - 3600, exp: now - 300 }));
  assert.deepEqual([expired.status, expired.code], [400, "ExpiredTokenException"]);
  assert.match(
    expired.message,
    /^Token expired: current date\/time 18000000\d\d must be before the expiration date\/time1799999700$/,
  );
  for (const early of [{ iat: now + 400 }, { iat: now, nbf: now + 400 }]) {
    const found = await refusal(at({ exp: now + 3600, ...early }));
    assert.deepEqual([found.status, found.code], [400, "InvalidIdentityToken"]);
    assert.match(found.message, /^Token is not valid yet/);
  }
});

const NOT_A_TOKEN =
  /^The ID Token provided is not a valid JWT\. \(You may see this error if you sent an Access Token\)$/;

for (
  const [name, text, code, message] of [
    ["what is no token", "not.a.token", "InvalidIdentityToken", NOT_A_TOKEN],
    [
      "a token without signature",
      `${token().split(".").slice(0, 2).join(".")}.`,
      "InvalidIdentityToken",
      NOT_A_TOKEN,
    ],
    [
      "the algorithm none",
      unsignedToken(claimsOf(GITHUB), { alg: "none" }),
      "InvalidIdentityToken",
      /algorithm none/,
    ],
    [
      "an issuer that is no provider",
      token({ iss: "https://example.com" }),
      "InvalidIdentityToken",
      /^No OpenIDConnect provider found in your account for https:\/\/example\.com$/,
    ],
    [
      "an audience that is no client id",
      token({ aud: "other" }),
      "InvalidIdentityToken",
      /^Incorrect token audience$/,
    ],
    [
      "an authorized party that is no client id",
      token({ azp: "other" }),
      "InvalidIdentityToken",
      /^Incorrect token audience$/,
    ],
    ...["iss", "sub", "aud", "exp", "iat"].map((claim) =>
      [
        `a token without ${claim}`,
        token({ [claim]: undefined }),
        "InvalidIdentityToken",
        new RegExp(`^Missing a required claim: ${claim}$`),
      ] as const
    ),
    [
      "a session tag with two values",
      token({ "https://aws.amazon.com/tags": { principal_tags: { team: ["a", "b"] } } }),
      "InvalidIdentityToken",
      /^Not a single text in the claim https:\/\/aws\.amazon\.com\/tags$/,
    ],
    [
      "a source identity of one character",
      token({ "https://aws.amazon.com/source_identity": "x" }),
      "ValidationError",
      /'sourceIdentity' .* or equal to 2$/,
    ],
  ] as const
) {
  Deno.test(`AssumeRoleWithWebIdentity: refuses ${name}`, async () => {
    await using r = await roomWithRole();
    const found = await refusal(assume(r, text));
    assert.deepEqual([found.status, found.code], [400, code]);
    assert.match(found.message, message);
    assert.equal(r.sandbox.account.sessions.size, 0);
  });
}

Deno.test("AssumeRoleWithWebIdentity: refuses the ProviderId of OAuth 2.0", async () => {
  await using r = await roomWithRole();
  const found = await refusal(assume(r, token(), { ProviderId: "www.amazon.com" }));
  assert.match(found.message, /does not support the parameter ProviderId/);
});

for (const algorithm of ["RS256", "ES256", "ES384"] as const) {
  Deno.test(`AssumeRoleWithWebIdentity: an issuer on this machine signs with ${algorithm}`, async () => {
    const [key, other] = await Promise.all([
      signingKey("one", algorithm),
      signingKey("one", algorithm),
    ]);
    await using issuer = await startIssuer([(await signingKey("zero")).jwk, key.jwk]);
    await using r = await roomWithRole({ url: issuer.url });
    const claims = claimsOf(issuer.url);
    const good = await key.sign(claims);
    await r.s3As(keysOf(await assume(r, good))).getObject(READ);
    const [header, , signature] = good.split(".");
    const [, payload] = (await key.sign({ ...claims, sub: "me" })).split(".");
    for (const forged of [await other.sign(claims), `${header}.${payload}.${signature}`]) {
      assert.deepEqual(await refusal(assume(r, forged)), {
        status: 400,
        code: "InvalidIdentityToken",
        message: "The signature of the token is not that of its issuer",
      });
    }
    assert.equal(r.sandbox.account.sessions.size, 1);
  });
}

const KEY_NOT_FOUND = {
  status: 400,
  code: "InvalidIdentityToken",
  message: "Couldn't retrieve verification key from your identity provider,  please reference " +
    "AssumeRoleWithWebIdentity documentation for requirements",
};

Deno.test("AssumeRoleWithWebIdentity: an issuer on this machine must have the key, and be there", async () => {
  const key = await signingKey("one");
  await using issuer = await startIssuer([key.jwk]);
  await using r = await roomWithRole({ url: issuer.url });
  const claims = claimsOf(issuer.url);
  const unknown = assume(r, await key.sign(claims, { kid: "two" }));
  assert.deepEqual(await refusal(unknown), KEY_NOT_FOUND);
  const good = await key.sign(claims);
  issuer.keysAt = "https://example.com/keys";
  assert.deepEqual(await refusal(assume(r, good)), KEY_NOT_FOUND);
  issuer.keysAt = `${issuer.url}/elsewhere`;
  assert.deepEqual(await refusal(assume(r, good)), KEY_NOT_FOUND);
  issuer.keysAt = undefined;
  await assume(r, good);
  await issuer.close();
  const gone = await refusal(assume(r, good));
  assert.deepEqual([gone.status, gone.code], [400, "IDPCommunicationError"]);
  assert.ok(gone.message.includes(issuer.url));
});

Deno.test("AssumeRoleWithWebIdentity: a test can give a provider its keys", async () => {
  await using r = await roomWithRole();
  const [key, other] = await Promise.all([signingKey("one"), signingKey("one")]);
  r.sandbox.account.oidcProviders.get(PROVIDER)!.signingKeys = [key.jwk];
  await assume(r, await key.sign(claimsOf(GITHUB)));
  const forged = await refusal(assume(r, await other.sign(claimsOf(GITHUB))));
  assert.equal(forged.code, "InvalidIdentityToken");
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
