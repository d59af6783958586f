/** How policies of different kinds work together, as AWS documents it. */
import assert from "node:assert/strict";
import {
  type AccessPolicies,
  type AccessRequest,
  checkPolicy,
  evaluate,
  type Principal,
  principalOf,
} from "@s3creds/cli/policy";
import { groupActions } from "../../lib/policy/evaluate.ts";

const ACCOUNT = "123456789012";
const PARTNER = "222222222222";
const USER = `arn:aws:iam::${ACCOUNT}:user/staff/alice`;
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/app/reader`;
const SESSION: Principal = {
  type: "session",
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/reader/monday`,
  roleArn: ROLE,
  id: "AROAEXAMPLE:monday",
};
const FEDERATED: Principal = {
  type: "federated",
  arn: `arn:aws:sts::${ACCOUNT}:federated-user/bob`,
  userArn: USER,
};

type Statement = Record<string, unknown>;

const READ: Statement = { Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*" };
const SILENT: Statement = { Effect: "Allow", Action: "s3:PutObject", Resource: "*" };
const DENY: Statement = { ...READ, Effect: "Deny" };
const ALL: Statement = { Effect: "Allow", Action: "*", Resource: "*" };

const to = (Principal: unknown, statement: Statement) => ({ ...statement, Principal });
const aws = (name: string, statement: Statement) => to({ AWS: name }, statement);

function document(statements: Statement[]) {
  return { Version: "2012-10-17", Statement: statements } as never;
}

interface Scene {
  principal?: Principal | string;
  identity?: Statement[];
  boundary?: Statement[];
  session?: Statement[];
  bucket?: Statement[];
  trust?: Statement[];
  key?: Statement[];
  block?: AccessPolicies["publicAccessBlock"];
  scp?: Statement[][];
  rcp?: Statement[][];
  owner?: string;
  action?: string;
  resource?: string;
  context?: AccessRequest["context"];
}

function decide(scene: Scene) {
  const resource = scene.bucket
    ? { type: "bucket" as const, name: "policy of b", document: document(scene.bucket) }
    : scene.trust
    ? { type: "trust" as const, name: "trust", document: document(scene.trust) }
    : scene.key && { type: "key" as const, name: "key policy", document: document(scene.key) };
  const named = (name: string) => (statements: Statement[]) => ({
    name,
    document: document(statements),
  });
  return evaluate({
    principal: scene.principal ?? USER,
    action: scene.action ?? "s3:GetObject",
    resource: scene.resource ?? "arn:aws:s3:::b/k",
    resourceAccount: scene.owner,
    context: scene.context,
  }, {
    identity: scene.identity && [{ type: "inline", ...named("own")(scene.identity) }],
    permissionsBoundary: scene.boundary && named("boundary")(scene.boundary),
    session: scene.session && [named("session")(scene.session)],
    resource,
    publicAccessBlock: scene.block,
    serviceControl: scene.scp?.map((level) => [named("scp")(level)]),
    resourceControl: scene.rcp?.map((level) => [named("rcp")(level)]),
  });
}

/** `allowed`, `denied`, or the layer that is missing. */
function verdict(scene: Scene): string {
  const { decision, missing } = decide(scene);
  assert.equal(missing === undefined, decision !== "implicitDeny");
  return decision === "implicitDeny" ? missing! : decision === "allowed" ? "allowed" : "denied";
}

const ASSUME = { action: "sts:AssumeRole", resource: ROLE };
const MAY_ASSUME: Statement = { Effect: "Allow", Action: "sts:AssumeRole", Resource: ROLE };
const TRUST: Statement = { Effect: "Allow", Action: "sts:AssumeRole" };
const KEY_USE = { action: "kms:Decrypt", resource: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/k` };
const DECRYPT: Statement = { Effect: "Allow", Action: "kms:Decrypt", Resource: "*" };
const OPEN = { block: { bucket: { RestrictPublicBuckets: true } } };

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html */
const SCENES: [name: string, scene: Scene, expected: string][] = [
  ["no policies at all", {}, "identity"],
  ["an identity policy that allows", { identity: [READ] }, "allowed"],
  ["another action", { identity: [SILENT] }, "identity"],
  ["a deny beside an allow", { identity: [READ, DENY] }, "denied"],
  ["a deny before an allow", { identity: [DENY, READ] }, "denied"],
  ["a boundary that allows", { identity: [ALL], boundary: [READ] }, "allowed"],
  ["a boundary that is silent", { identity: [ALL], boundary: [SILENT] }, "permissions-boundary"],
  ["a boundary that allows, alone", { boundary: [ALL] }, "identity"],
  ["a boundary that denies", { identity: [ALL], boundary: [ALL, DENY] }, "denied"],
  ["a bucket policy for the user", { bucket: [aws(USER, READ)] }, "allowed"],
  ["a bucket policy for the user, silent boundary", {
    bucket: [aws(USER, READ)],
    boundary: [SILENT],
  }, "allowed"],
  ["a bucket policy for the user, a boundary that denies", {
    bucket: [aws(USER, READ)],
    boundary: [DENY],
  }, "denied"],
  ["a bucket policy for everyone, silent boundary", {
    bucket: [to("*", READ)],
    boundary: [SILENT],
  }, "allowed"],
  ["a bucket policy for the account", { bucket: [aws(ROOT, READ)] }, "identity"],
  ["a bucket policy for the account number", { bucket: [aws(ACCOUNT, READ)] }, "identity"],
  ["a bucket policy that denies the account", {
    identity: [ALL],
    bucket: [aws(ACCOUNT, DENY)],
  }, "denied"],
  ["a bucket policy for another user", { bucket: [aws(`${USER}2`, READ)] }, "identity"],
  ["part of a name with a wildcard is nobody", {
    bucket: [aws(`arn:aws:iam::${ACCOUNT}:user/*`, READ)],
  }, "identity"],
  ["an empty name is nobody", { bucket: [aws("", READ)] }, "identity"],
  ["a bucket policy for the user's unique id", {
    principal: { type: "user", arn: USER, id: "AIDAEXAMPLE" },
    bucket: [aws("AIDAEXAMPLE", READ)],
  }, "allowed"],

  ["a session of a role", { principal: SESSION, identity: [READ] }, "allowed"],
  ["a session policy that allows", {
    principal: SESSION,
    identity: [ALL],
    session: [READ],
  }, "allowed"],
  ["a session policy that is silent", {
    principal: SESSION,
    identity: [ALL],
    session: [SILENT],
  }, "session"],
  ["a session policy alone", { principal: SESSION, session: [ALL] }, "identity"],
  ["a session policy that denies", {
    principal: SESSION,
    identity: [ALL],
    session: [ALL, DENY],
  }, "denied"],
  ["a bucket policy for the role", { principal: SESSION, bucket: [aws(ROLE, READ)] }, "allowed"],
  ["a bucket policy for the role, silent boundary", {
    principal: SESSION,
    boundary: [SILENT],
    bucket: [aws(ROLE, READ)],
  }, "permissions-boundary"],
  ["a bucket policy for the role, silent session policy", {
    principal: SESSION,
    session: [SILENT],
    bucket: [aws(ROLE, READ)],
  }, "session"],
  ["a bucket policy for the role's unique id", {
    principal: SESSION,
    bucket: [aws("AROAEXAMPLE", READ)],
  }, "allowed"],
  ["a bucket policy for the role without its path", {
    principal: SESSION,
    bucket: [aws(ROLE.replace("app/", ""), READ)],
  }, "identity"],
  ["a bucket policy for the session, all else silent", {
    principal: SESSION,
    boundary: [SILENT],
    session: [SILENT],
    bucket: [aws(SESSION.arn, READ)],
  }, "allowed"],
  ["a bucket policy for another session", {
    principal: SESSION,
    bucket: [aws(SESSION.arn.replace("monday", "tuesday"), READ)],
  }, "identity"],
  ["a bucket policy for the session's identity provider", {
    principal: { ...SESSION, provider: "accounts.google.com" },
    bucket: [to({ Federated: "accounts.google.com" }, READ)],
  }, "allowed"],

  ["a federated user with a session policy", {
    principal: FEDERATED,
    identity: [ALL],
    session: [READ],
  }, "allowed"],
  ["a federated user without a session policy", {
    principal: FEDERATED,
    identity: [ALL],
  }, "session"],
  ["a bucket policy for the federated user", {
    principal: FEDERATED,
    bucket: [aws(FEDERATED.arn, READ)],
  }, "allowed"],
  ["a bucket policy for the user who federated, silent session policy", {
    principal: FEDERATED,
    session: [SILENT],
    bucket: [aws(USER, READ)],
  }, "session"],
  ["a bucket policy for the user who federated", {
    principal: FEDERATED,
    session: [READ],
    bucket: [aws(USER, READ)],
  }, "allowed"],

  ["root", { principal: ROOT }, "allowed"],
  ["root, whom the bucket policy denies", { principal: ROOT, bucket: [aws(ROOT, DENY)] }, "denied"],
  ["root may still mend the bucket policy", {
    principal: ROOT,
    bucket: [to("*", { Effect: "Deny", Action: "s3:*", Resource: "*" })],
    action: "s3:PutBucketPolicy",
    resource: "arn:aws:s3:::b",
  }, "allowed"],
  ["root of another account may not", {
    principal: ROOT,
    owner: PARTNER,
    bucket: [to("*", { Effect: "Deny", Action: "s3:*", Resource: "*" })],
    action: "s3:PutBucketPolicy",
    resource: "arn:aws:s3:::b",
  }, "denied"],
  ["root under a service control policy", { principal: ROOT, scp: [[SILENT]] }, "service-control"],
  ["root may not mend the bucket policy where the organization denies it", {
    principal: ROOT,
    scp: [[ALL, { Effect: "Deny", Action: "s3:PutBucketPolicy", Resource: "*" }]],
    action: "s3:PutBucketPolicy",
    resource: "arn:aws:s3:::b",
  }, "denied"],

  ["across accounts, both sides", {
    identity: [READ],
    bucket: [aws(USER, READ)],
    owner: PARTNER,
  }, "allowed"],
  ["across accounts, the bucket policy names the account", {
    identity: [READ],
    bucket: [aws(ACCOUNT, READ)],
    owner: PARTNER,
  }, "allowed"],
  ["across accounts, the bucket policy names the canonical user", {
    principal: { type: "user", arn: USER, canonicalUserId: "79a5" },
    identity: [READ],
    bucket: [to({ CanonicalUser: "79a5" }, READ)],
    owner: PARTNER,
  }, "allowed"],
  ["across accounts, another canonical user", {
    principal: { type: "user", arn: USER, canonicalUserId: "79a6" },
    identity: [READ],
    bucket: [to({ CanonicalUser: "79a5" }, READ)],
    owner: PARTNER,
  }, "resource"],
  ["across accounts, no bucket policy", { identity: [READ], owner: PARTNER }, "resource"],
  ["across accounts, no identity policy", {
    bucket: [aws(USER, READ)],
    owner: PARTNER,
  }, "identity"],
  ["across accounts, a bucket policy for everyone is not enough", {
    bucket: [to("*", READ)],
    owner: PARTNER,
  }, "identity"],
  ["across accounts, a silent boundary limits", {
    identity: [READ],
    boundary: [SILENT],
    bucket: [aws(USER, READ)],
    owner: PARTNER,
  }, "permissions-boundary"],
  ["across accounts, a silent session policy limits even the session named", {
    principal: SESSION,
    identity: [READ],
    session: [SILENT],
    bucket: [aws(SESSION.arn, READ)],
    owner: PARTNER,
  }, "session"],
  [
    "across accounts, root needs the bucket policy",
    { principal: ROOT, owner: PARTNER },
    "resource",
  ],
  ["across accounts, root", {
    principal: ROOT,
    bucket: [aws(ACCOUNT, READ)],
    owner: PARTNER,
  }, "allowed"],
  ["the account in the resource's ARN counts", {
    identity: [ALL],
    action: "kms:Decrypt",
    resource: `arn:aws:kms:eu-west-1:${PARTNER}:key/k`,
  }, "resource"],

  ["anonymous, no bucket policy", { principal: "anonymous" }, "resource"],
  ["anonymous, a bucket policy for everyone", {
    principal: "anonymous",
    bucket: [to("*", READ)],
  }, "allowed"],
  ["anonymous, a bucket policy for every AWS principal", {
    principal: "anonymous",
    bucket: [aws("*", READ)],
  }, "allowed"],
  ["anonymous, a bucket policy for a user", {
    principal: "anonymous",
    bucket: [aws(USER, READ)],
  }, "resource"],
  ["a service", {
    principal: "logging.s3.amazonaws.com",
    bucket: [to({ Service: "logging.s3.amazonaws.com" }, READ)],
  }, "allowed"],
  ["another service", {
    principal: "cloudtrail.amazonaws.com",
    bucket: [to({ Service: "logging.s3.amazonaws.com" }, READ)],
  }, "resource"],

  ["restricted: anonymous", {
    principal: "anonymous",
    bucket: [to("*", READ)],
    ...OPEN,
  }, "public-access-block"],
  ["restricted by the account's block: anonymous", {
    principal: "anonymous",
    bucket: [to("*", READ)],
    block: { account: { RestrictPublicBuckets: true } },
  }, "public-access-block"],
  ["not restricted: anonymous", {
    principal: "anonymous",
    bucket: [to("*", READ)],
    block: { account: { RestrictPublicBuckets: false }, bucket: {} },
  }, "allowed"],
  ["restricted: a user of the bucket's account", { bucket: [to("*", READ)], ...OPEN }, "allowed"],
  ["restricted: a user of another account", {
    identity: [READ],
    bucket: [to("*", READ)],
    owner: PARTNER,
    ...OPEN,
  }, "public-access-block"],
  ["restricted: a user of another account, the policy is not public", {
    identity: [READ],
    bucket: [aws(USER, READ)],
    owner: PARTNER,
    ...OPEN,
  }, "allowed"],
  ["restricted: a user of another account whom a public policy names", {
    identity: [READ],
    bucket: [aws(USER, READ), to("*", SILENT)],
    owner: PARTNER,
    ...OPEN,
  }, "public-access-block"],
  ["restricted: everyone under a condition that limits nobody", {
    principal: "anonymous",
    bucket: [
      to("*", {
        ...READ,
        Condition: { StringLike: { "aws:PrincipalAccount": ["*", "anonymous"] } },
      }),
    ],
    ...OPEN,
  }, "public-access-block"],
  ["restricted: everyone in one range of addresses", {
    principal: "anonymous",
    bucket: [to("*", { ...READ, Condition: { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } } })],
    context: { "aws:SourceIp": "203.0.113.7" },
    ...OPEN,
  }, "allowed"],
  ["restricted: a service", {
    principal: "logging.s3.amazonaws.com",
    bucket: [to({ Service: "logging.s3.amazonaws.com" }, READ), to("*", SILENT)],
    ...OPEN,
  }, "allowed"],

  ["NotPrincipal: a user who is excepted with the account", {
    identity: [READ],
    bucket: [{ ...DENY, NotPrincipal: { AWS: [USER, ROOT] } }],
  }, "allowed"],
  ["NotPrincipal: another user of the account", {
    identity: [READ],
    bucket: [{ ...DENY, NotPrincipal: { AWS: [`${USER}2`, ROOT] } }],
  }, "denied"],
  ["NotPrincipal: the account is excepted", {
    identity: [READ],
    bucket: [{ ...DENY, NotPrincipal: { AWS: ACCOUNT } }],
  }, "allowed"],
  ["NotPrincipal: a user with a boundary is denied", {
    identity: [READ],
    boundary: [READ],
    bucket: [{ ...DENY, NotPrincipal: { AWS: [USER, ROOT] } }],
  }, "denied"],
  ["NotPrincipal: a session that is excepted with role and account", {
    principal: SESSION,
    identity: [READ],
    bucket: [{ ...DENY, NotPrincipal: { AWS: [SESSION.arn, ROLE, ROOT] } }],
  }, "allowed"],
  ["NotPrincipal: another session of the role", {
    principal: SESSION,
    identity: [READ],
    bucket: [{
      ...DENY,
      NotPrincipal: { AWS: [SESSION.arn.replace("monday", "tuesday"), ROLE, ROOT] },
    }],
  }, "denied"],
  ["NotPrincipal with Allow: who is not listed", {
    principal: "anonymous",
    bucket: [{ ...READ, NotPrincipal: { AWS: USER } }],
  }, "allowed"],
  ["NotPrincipal with Allow: who is listed", {
    bucket: [{ ...READ, NotPrincipal: { AWS: USER } }],
  }, "identity"],

  ["trust in the account, which allows", {
    ...ASSUME,
    identity: [MAY_ASSUME],
    trust: [aws(ROOT, TRUST)],
  }, "allowed"],
  ["trust in the account, which is silent", { ...ASSUME, trust: [aws(ROOT, TRUST)] }, "identity"],
  ["trust in the user", { ...ASSUME, trust: [aws(USER, TRUST)] }, "allowed"],
  ["trust in the user, silent boundary", {
    ...ASSUME,
    boundary: [SILENT],
    trust: [aws(USER, TRUST)],
  }, "permissions-boundary"],
  ["trust in somebody else", {
    ...ASSUME,
    identity: [MAY_ASSUME],
    trust: [aws(`${USER}2`, TRUST)],
  }, "resource"],
  ["trust in a user of another account, who may", {
    ...ASSUME,
    principal: `arn:aws:iam::${PARTNER}:user/bob`,
    identity: [MAY_ASSUME],
    trust: [aws(`arn:aws:iam::${PARTNER}:user/bob`, TRUST)],
  }, "allowed"],
  ["trust in a user of another account, who may not", {
    ...ASSUME,
    principal: `arn:aws:iam::${PARTNER}:user/bob`,
    trust: [aws(`arn:aws:iam::${PARTNER}:user/bob`, TRUST)],
  }, "identity"],
  ["trust in a service", {
    ...ASSUME,
    principal: "ec2.amazonaws.com",
    trust: [to({ Service: ["ecs.amazonaws.com", "ec2.amazonaws.com"] }, TRUST)],
  }, "allowed"],
  ["trust in an identity provider", {
    ...ASSUME,
    action: "sts:AssumeRoleWithWebIdentity",
    principal: { type: "web-identity", provider: "accounts.google.com" },
    trust: [
      to({ Federated: "accounts.google.com" }, {
        Effect: "Allow",
        Action: "sts:AssumeRoleWithWebIdentity",
      }),
    ],
  }, "allowed"],
  ["trust in another identity provider", {
    ...ASSUME,
    principal: { type: "web-identity", provider: "graph.facebook.com" },
    trust: [to({ Federated: "accounts.google.com" }, TRUST)],
  }, "resource"],

  ["a key policy that delegates to the account, which allows", {
    ...KEY_USE,
    identity: [DECRYPT],
    key: [aws(ROOT, DECRYPT)],
  }, "allowed"],
  ["a key policy that delegates to the account, which is silent", {
    ...KEY_USE,
    key: [aws(ROOT, DECRYPT)],
  }, "identity"],
  ["a key policy that does not delegate", {
    ...KEY_USE,
    identity: [DECRYPT],
    key: [aws(`${USER}2`, DECRYPT)],
  }, "resource"],
  ["a key policy for the user", {
    ...KEY_USE,
    boundary: [SILENT],
    key: [aws(USER, DECRYPT)],
  }, "allowed"],
  ["a key policy that does not name root", {
    ...KEY_USE,
    principal: ROOT,
    key: [aws(USER, DECRYPT)],
  }, "resource"],
  ["a key policy that names root", {
    ...KEY_USE,
    principal: ROOT,
    key: [aws(ROOT, DECRYPT)],
  }, "allowed"],

  ["service control policies that allow on each level", {
    identity: [READ],
    scp: [[ALL], [READ]],
  }, "allowed"],
  ["a level that is silent", { identity: [READ], scp: [[ALL], [SILENT]] }, "service-control"],
  ["a level that is silent above one that allows", {
    identity: [READ],
    scp: [[SILENT], [ALL]],
  }, "service-control"],
  ["a level that denies", { identity: [READ], scp: [[ALL, DENY], [ALL]] }, "denied"],
  ["service control policies grant nothing", { scp: [[ALL]] }, "identity"],
  ["service control policies limit what a bucket policy grants", {
    bucket: [aws(USER, READ)],
    scp: [[SILENT]],
  }, "service-control"],
  ["a resource control policy that allows", { identity: [READ], rcp: [[to("*", ALL)]] }, "allowed"],
  ["a resource control policy that denies a stranger", {
    principal: "anonymous",
    bucket: [to("*", READ)],
    rcp: [[to("*", ALL), to("*", DENY)]],
  }, "denied"],
  ["a resource control level that is silent", {
    identity: [READ],
    rcp: [[to("*", SILENT)]],
  }, "resource-control"],

  ["GetCallerIdentity takes no permission", {
    action: "sts:GetCallerIdentity",
    resource: "*",
    identity: [{ ...ALL, Effect: "Deny" }],
  }, "allowed"],
  ["no resource: all resources", {
    action: "s3:ListAllMyBuckets",
    resource: "*",
    identity: [{ ...ALL, Action: "s3:*" }],
  }, "allowed"],
  ["no resource: all of S3", {
    action: "s3:ListAllMyBuckets",
    resource: "*",
    identity: [{ ...ALL, Resource: "arn:aws:s3:::*" }],
  }, "allowed"],
  ["no resource: one bucket", {
    action: "s3:ListAllMyBuckets",
    resource: "*",
    identity: [{ ...ALL, Resource: "arn:aws:s3:::b" }],
  }, "identity"],
  ["no resource of another service: all of S3", {
    action: "iam:ListUsers",
    resource: "*",
    identity: [{ ...ALL, Resource: "arn:aws:s3:::*" }],
  }, "identity"],
  ["a key that is an asterisk is no request for everything", {
    resource: "arn:aws:s3:::b/*",
    identity: [{ ...ALL, Resource: "arn:aws:s3:::b/k" }],
  }, "identity"],
  ["NotAction", { identity: [{ Effect: "Allow", NotAction: "iam:*", Resource: "*" }] }, "allowed"],
  ["NotAction that lists the action", {
    identity: [{ Effect: "Allow", NotAction: ["iam:*", "S3:GETOBJECT"], Resource: "*" }],
  }, "identity"],
  ["NotResource", {
    identity: [{ ...READ, Resource: undefined, NotResource: "arn:aws:s3:::b/x" }],
  }, "allowed"],
  ["NotResource that lists the resource", {
    identity: [{ ...READ, Resource: undefined, NotResource: "arn:aws:s3:::b/*" }],
  }, "identity"],
];

for (const [name, scene, expected] of SCENES) {
  Deno.test(`evaluate: ${name}: ${expected}`, () => assert.equal(verdict(scene), expected));
}

Deno.test("evaluate: names every statement that applies, and what is missing", () => {
  const scene: Scene = {
    identity: [{ ...READ, Sid: "Read" }, SILENT, ALL],
    boundary: [SILENT],
    bucket: [aws(`${USER}2`, READ), aws(ROOT, READ)],
  };
  assert.deepEqual(decide(scene), {
    decision: "implicitDeny",
    missing: "permissions-boundary",
    statements: [
      { type: "inline", name: "own", statement: 0, sid: "Read", effect: "Allow" },
      { type: "inline", name: "own", statement: 2, sid: undefined, effect: "Allow" },
      { type: "bucket", name: "policy of b", statement: 1, sid: undefined, effect: "Allow" },
    ],
  });
  const denied = decide({ identity: [READ, DENY], scp: [[DENY]], session: [READ] });
  assert.deepEqual(denied, {
    decision: "explicitDeny",
    missing: undefined,
    statements: [
      { type: "inline", name: "own", statement: 0, sid: undefined, effect: "Allow" },
      { type: "inline", name: "own", statement: 1, sid: undefined, effect: "Deny" },
      { type: "session", name: "session", statement: 0, sid: undefined, effect: "Allow" },
      { type: "service-control", name: "scp", statement: 0, sid: undefined, effect: "Deny" },
    ],
  });
});

Deno.test("evaluate: variables only since version 2012-10-17, and only in the resource of an ARN", () => {
  const may = (Version: string | undefined, Resource: string, key: string) =>
    evaluate({ principal: USER, action: "s3:GetObject", resource: `arn:aws:s3:::b/${key}` }, {
      identity: [{
        type: "inline",
        name: "p",
        document: { Version, Statement: [{ Effect: "Allow", Action: "*", Resource }] },
      }],
    }).decision === "allowed";
  const own = "arn:aws:s3:::b/${aws:username}/*";
  assert.equal(may("2012-10-17", own, "alice/k"), true);
  assert.equal(may("2012-10-17", own, "${aws:username}/k"), false);
  for (const version of ["2008-10-17", undefined]) {
    assert.equal(may(version, own, "alice/k"), false);
    assert.equal(may(version, own, "${aws:username}/k"), true);
  }
  assert.equal(may("2012-10-17", "arn:aws:${aws:username}:::b/*", "k"), false);
  assert.equal(may("2012-10-17", "arn:aws:s3:::${aws:nothing}*", "k"), false);
  assert.equal(may("2012-10-17", "arn:aws:s3:::${aws:nothing, 'b'}/*", "k"), true);
});

Deno.test("principalOf: reads who is meant, and refuses what can't send a request", () => {
  assert.equal(principalOf(ROOT).type, "root");
  assert.equal(principalOf("anonymous").type, "anonymous");
  assert.equal(principalOf("ec2.amazonaws.com").type, "service");
  assert.equal(principalOf(FEDERATED.arn).type, "federated");
  assert.equal(principalOf(USER.replace("arn:aws:", "arn:aws-cn:")).type, "user");
  for (const text of ["", "alice", ROLE, `arn:aws:sts::${ACCOUNT}:root`, "*", `${ROOT}/x`]) {
    assert.throws(() => principalOf(text), { code: "usage" }, text);
  }
});

const VALID = { Effect: "Allow", Action: "s3:*", Resource: "*" };

Deno.test("checkPolicy: refuses what AWS would refuse", () => {
  const identity: [document: unknown, message: string][] = [
    ["text", "A policy must be a JSON object"],
    [{ Version: "2012-10-17" }, "The policy has no Statement"],
    [{ Statement: [] }, "The policy has no Statement"],
    [{ Version: "2020-01-01", Statement: VALID }, "Version must be 2012-10-17 or 2008-10-17"],
    [{ Statment: VALID }, "The policy has an unknown element: Statment"],
    [{ Statement: [VALID, "text"] }, "Statement[1] must be an object"],
    [{ Statement: { ...VALID, Effect: "allow" } }, "Statement[0]: Effect must be Allow or Deny"],
    [
      { Statement: { ...VALID, Action: undefined } },
      "Statement[0]: Action or NotAction is missing",
    ],
    [
      { Statement: { ...VALID, NotAction: "s3:*" } },
      "Statement[0]: A statement can't have both Action and NotAction",
    ],
    [
      { Statement: { ...VALID, Action: [] } },
      "Statement[0]: Action must be a string, or an array of strings that is not empty",
    ],
    [
      { Statement: { ...VALID, Resource: undefined } },
      "Statement[0]: Resource or NotResource is missing",
    ],
    [{ Statement: to("*", VALID) }, "Statement[0]: Principal has no place here"],
    [{ Statement: { ...VALID, Sid: 1 } }, "Statement[0]: Sid must be a string"],
  ];
  for (const [document, message] of identity) {
    assert.throws(() => checkPolicy(document, "identity"), { code: "invalid-policy", message });
  }
  const resource: [statement: unknown, message: string][] = [
    [VALID, "Statement[0]: Principal or NotPrincipal is missing"],
    [to("alice", VALID), 'Statement[0]: Principal must be "*" or an object'],
    [to({ Aws: "*" }, VALID), "Statement[0]: Unknown kind of principal: Aws"],
    [to({ AWS: [1] }, VALID), "Statement[0]: Principals must be strings: AWS"],
  ];
  for (const [statement, message] of resource) {
    const document = { Statement: statement };
    assert.throws(() => checkPolicy(document, "resource"), { code: "invalid-policy", message });
  }
  assert.throws(() => checkPolicy({ Statement: to("*", VALID) }, "trust"), {
    message: "Statement[0]: Resource has no place here",
  });
  checkPolicy({ Id: "x", Statement: VALID }, "identity");
  checkPolicy({ Statement: [aws(USER, TRUST)] }, "trust");
});

Deno.test("groupActions: tells apart what statements, services and AWS itself tell apart", () => {
  const actions = [
    "s3:GetObject",
    "s3:PutObject",
    "s3:GetObjectAcl",
    "s3:PutObjectAcl",
    "s3:GetBucketPolicy",
    "iam:GetUser",
    "iam:ListUsers",
    "sts:GetCallerIdentity",
  ];
  const named = (statement: Statement) => ({ name: "p", document: document([statement]) });
  const groups = groupActions(actions, {
    identity: [{ type: "inline", ...named(ALL) }],
    permissionsBoundary: named({ ...READ, Action: ["s3:Get*", "iam:*"] }),
    session: [named({ Effect: "Allow", NotAction: "s3:*acl", Resource: "*" })],
  });
  assert.deepEqual(groups, [
    ["s3:GetObject"],
    ["s3:PutObject"],
    ["s3:GetObjectAcl"],
    ["s3:PutObjectAcl"],
    ["s3:GetBucketPolicy"],
    ["iam:GetUser", "iam:ListUsers"],
    ["sts:GetCallerIdentity"],
  ]);
  assert.deepEqual(groupActions(actions, { identity: [{ type: "inline", ...named(ALL) }] }), [
    ["s3:GetObject", "s3:PutObject", "s3:GetObjectAcl", "s3:PutObjectAcl"],
    ["s3:GetBucketPolicy"],
    ["iam:GetUser", "iam:ListUsers"],
    ["sts:GetCallerIdentity"],
  ]);
});
