/** How policies of different kinds work together in one account, as AWS documents it. */
import assert from "node:assert/strict";
import { evaluate } from "@s3creds/cli/policy";
import {
  ACCOUNT,
  ALL,
  aws,
  decide,
  DENY,
  FEDERATED,
  PARTNER,
  READ,
  ROLE,
  ROOT,
  type Scene,
  SESSION,
  SILENT,
  to,
  USER,
  verdict,
} from "./evaluate_scene.ts";

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
