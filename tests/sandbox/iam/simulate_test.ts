import assert from "node:assert/strict";
import { send, sign } from "../auth/sign.ts";
import { allow, deny, refusal, room, trust, userWithKey } from "../helpers.ts";

Deno.test("SimulatePrincipalPolicy: decides by the user's policies, groups and boundary", async () => {
  await using r = await room();
  const { iam } = r;
  const keys = await userWithKey(iam, "joe", allow("s3:GetObject", "arn:aws:s3:::b/*"));
  await iam.createGroup({ GroupName: "g" });
  await iam.addUserToGroup({ GroupName: "g", UserName: "joe" });
  const PolicyDocument = JSON.stringify(deny("s3:DeleteObject"));
  await iam.putGroupPolicy({ GroupName: "g", PolicyName: "p", PolicyDocument });
  const simulate = (client = iam) =>
    client.simulatePrincipalPolicy({
      PolicySourceArn: "arn:aws:iam::123456789012:user/joe",
      ActionNames: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
      ResourceArns: ["arn:aws:s3:::b/k"],
    });
  const { EvaluationResults } = await simulate();
  assert.deepEqual(
    EvaluationResults!.map((one) => [one.EvalActionName, one.EvalDecision]),
    [["s3:GetObject", "allowed"], ["s3:PutObject", "implicitDeny"], [
      "s3:DeleteObject",
      "explicitDeny",
    ]],
  );
  assert.equal(EvaluationResults![0]!.MatchedStatements![0]!.SourcePolicyId, "own");
  assert.equal((await refusal(simulate(r.iamAs(keys)))).code, "AccessDenied");
});

Deno.test("SimulatePrincipalPolicy: takes a role, as which its sessions ask", async () => {
  await using r = await room();
  const { iam } = r;
  const RoleName = "job";
  await iam.createRole({ RoleName, AssumeRolePolicyDocument: trust("123456789012") });
  const own = "arn:aws:s3:::b/${aws:PrincipalTag/none}";
  const PolicyDocument = JSON.stringify(allow("s3:GetObject", ["arn:aws:s3:::b/k", own]));
  await iam.putRolePolicy({ RoleName, PolicyName: "p", PolicyDocument });
  const simulation = {
    PolicySourceArn: "arn:aws:iam::123456789012:role/job",
    ActionNames: ["s3:GetObject", "s3:PutObject"],
    ResourceArns: ["arn:aws:s3:::b/k"],
  };
  const { EvaluationResults } = await iam.simulatePrincipalPolicy(simulation);
  assert.deepEqual(
    EvaluationResults!.map(({ EvalDecision }) => EvalDecision),
    ["allowed", "implicitDeny"],
  );
  const CallerArn = "arn:aws:sts::123456789012:assumed-role/job/me";
  const wrong = await refusal(iam.simulatePrincipalPolicy({ ...simulation, CallerArn }));
  assert.equal(wrong.code, "InvalidInput");
});

Deno.test("SimulateCustomPolicy: decides by the given policies and context", async () => {
  await using r = await room();
  const policy = {
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Action: "s3:ListBucket",
      Resource: "arn:aws:s3:::b",
      Condition: { StringLike: { "s3:prefix": "in/*" } },
    }],
  };
  const simulate = async (prefix: string) => {
    const { EvaluationResults } = await r.iam.simulateCustomPolicy({
      PolicyInputList: [JSON.stringify(policy)],
      ActionNames: ["s3:ListBucket"],
      ResourceArns: ["arn:aws:s3:::b"],
      ContextEntries: [{
        ContextKeyName: "s3:prefix",
        ContextKeyValues: [prefix],
        ContextKeyType: "string",
      }],
    });
    return EvaluationResults![0]!.EvalDecision;
  };
  assert.equal(await simulate("in/a"), "allowed");
  assert.equal(await simulate("out/a"), "implicitDeny");
});

Deno.test("SimulatePrincipalPolicy: a boundary that is given takes the place of the user's", async () => {
  await using r = await room();
  const PermissionsBoundary = "arn:aws:iam::aws:policy/AWSDenyAll";
  await r.iam.createUser({ UserName: "joe", PermissionsBoundary });
  const PolicyDocument = JSON.stringify(allow("s3:*"));
  await r.iam.putUserPolicy({ UserName: "joe", PolicyName: "own", PolicyDocument });
  const decisions = async (PermissionsBoundaryPolicyInputList?: string[]) => {
    const { EvaluationResults } = await r.iam.simulatePrincipalPolicy({
      PolicySourceArn: "arn:aws:iam::123456789012:user/joe",
      ActionNames: ["s3:GetObject", "s3:PutObject"],
      PermissionsBoundaryPolicyInputList,
    });
    return EvaluationResults!.map(({ EvalDecision }) => EvalDecision);
  };
  assert.deepEqual(await decisions(), ["explicitDeny", "explicitDeny"]);
  const boundary = JSON.stringify(allow("s3:GetObject"));
  assert.deepEqual(await decisions([boundary]), ["allowed", "implicitDeny"]);
});

Deno.test("SimulatePrincipalPolicy: takes a group, whose policies alone decide", async () => {
  await using r = await room();
  await r.iam.createGroup({ GroupName: "g" });
  const PolicyDocument = JSON.stringify(allow("s3:GetObject"));
  await r.iam.putGroupPolicy({ GroupName: "g", PolicyName: "p", PolicyDocument });
  const { EvaluationResults } = await r.iam.simulatePrincipalPolicy({
    PolicySourceArn: "arn:aws:iam::123456789012:group/g",
    ActionNames: ["s3:GetObject", "s3:PutObject"],
  });
  assert.deepEqual(
    EvaluationResults!.map(({ EvalDecision }) => EvalDecision),
    ["allowed", "implicitDeny"],
  );
});

Deno.test("GetContextKeysFor…: gives the keys of conditions and variables, each once", async () => {
  await using r = await room();
  const policy = (Resource: string, Condition?: unknown) =>
    JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "s3:*", Resource, Condition }],
    });
  const own = policy("arn:aws:s3:::b/${aws:username}/${aws:PrincipalTag/team, 'none'}/${*}");
  const given = policy("*", {
    StringLike: { "s3:prefix": "${aws:username}/*" },
    Bool: { "aws:SecureTransport": "true" },
  });
  await r.iam.putUserPolicy({ UserName: "admin", PolicyName: "own", PolicyDocument: own });
  const custom = await r.iam.getContextKeysForCustomPolicy({ PolicyInputList: [given] });
  assert.deepEqual(custom.ContextKeyNames, ["aws:SecureTransport", "aws:username", "s3:prefix"]);
  const PolicySourceArn = "arn:aws:iam::123456789012:user/admin";
  const both = { PolicySourceArn, PolicyInputList: [given] };
  const { ContextKeyNames } = await r.iam.getContextKeysForPrincipalPolicy(both);
  assert.deepEqual(ContextKeyNames, [
    "aws:PrincipalTag/team",
    "aws:SecureTransport",
    "aws:username",
    "s3:prefix",
  ]);
  const nobody = r.iamAs(await userWithKey(r.iam, "nobody"));
  assert.equal(
    (await refusal(nobody.getContextKeysForPrincipalPolicy({ PolicySourceArn }))).code,
    "AccessDenied",
  );
});

Deno.test("SimulateCustomPolicy: comes in pages, and refuses what it doesn't heed", async () => {
  await using r = await room();
  const call = {
    PolicyInputList: [JSON.stringify(allow("s3:*"))],
    ActionNames: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
  };
  const actions: unknown[] = [];
  let Marker: string | undefined;
  do {
    const page = await r.iam.simulateCustomPolicy({ ...call, MaxItems: 2, Marker });
    actions.push(page.EvaluationResults!.map(({ EvalActionName }) => EvalActionName));
    Marker = page.Marker;
  } while (Marker !== undefined);
  assert.deepEqual(actions, [["s3:GetObject", "s3:PutObject"], ["s3:DeleteObject"]]);
  const other = r.iam.simulateCustomPolicy({ ...call, ResourceOwner: "arn:aws:iam::1:root" });
  assert.match((await refusal(other)).message, /does not support the parameter ResourceOwner/);
});

Deno.test("GetSessionToken: keys of a user for S3 and for roles, but not for IAM", async () => {
  await using r = await room();
  const keys = await userWithKey(r.iam, "joe", allow("*"));
  const { Credentials } = await r.stsAs(keys).getSessionToken({ DurationSeconds: 900 });
  const session = {
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  };
  const { Arn } = await r.stsAs(session).getCallerIdentity({});
  assert.equal(Arn, "arn:aws:iam::123456789012:user/joe");
  assert.equal((await refusal(r.iamAs(session).listUsers({}))).code, "InvalidClientTokenId");
  const again = r.stsAs(session).getSessionToken({});
  assert.equal((await refusal(again)).code, "AccessDenied");
  r.sandbox.clock.advance(901_000);
  const late = await send(sign(`${r.sandbox.url}/`, {
    service: "s3",
    keys: session,
    date: r.sandbox.clock.now(),
  }));
  assert.equal(late.code, "ExpiredToken");
});

Deno.test("GetAccessKeyInfo: gives the account of a key", async () => {
  await using r = await room();
  const { accessKeyId } = r.sandbox.credentials;
  const { Account } = await r.sts.getAccessKeyInfo({ AccessKeyId: accessKeyId });
  assert.equal(Account, "123456789012");
  const unknown = r.sts.getAccessKeyInfo({ AccessKeyId: "AKIAUNKNOWNUNKNOWN00" });
  assert.equal((await refusal(unknown)).code, "ValidationError");
});

Deno.test("iam, sts: what AWS has and the sandbox doesn't is 501, what AWS lacks is 400", async () => {
  await using r = await room();
  const unsigned = await refusal(r.sts.assumeRoleWithSAML({
    RoleArn: "arn:aws:iam::123456789012:role/r",
    PrincipalArn: "arn:aws:iam::123456789012:saml-provider/p",
    SAMLAssertion: "AAAA",
  }));
  assert.deepEqual([unsigned.status, unsigned.code], [501, "NotImplemented"]);
  const saml = await refusal(r.iam.listSAMLProviders({}));
  assert.deepEqual([saml.status, saml.code], [501, "NotImplemented"]);
  assert.match(saml.message, /ListSAMLProviders is not part of the sandbox/);
  const token = await refusal(r.sts.getWebIdentityToken({
    Audience: ["someone"],
    SigningAlgorithm: "RS256",
  }));
  assert.deepEqual([token.status, token.code], [501, "NotImplemented"]);
  const typo = await send(sign(`${r.sandbox.url}/`, {
    service: "iam",
    keys: r.sandbox.credentials,
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: "Action=ListUser&Version=2010-05-08",
  }));
  assert.deepEqual([typo.status, typo.code], [400, "InvalidAction"]);
});
