/** What callers of other accounts, services and anyone may do, and whom NotPrincipal excepts. */
import assert from "node:assert/strict";
import {
  ACCOUNT,
  ALL,
  aws,
  DENY,
  OPEN,
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

  ["aws:userid of somebody who has not signed in", {
    principal: "anonymous",
    bucket: [to("*", { ...READ, Condition: { StringEquals: { "aws:userid": "anonymous" } } })],
  }, "allowed"],
  ["aws:userid of a session of GetFederationToken", {
    principal: `arn:aws:sts::${ACCOUNT}:federated-user/bob`,
    bucket: [to("*", { ...READ, Condition: { StringLike: { "aws:userid": `${ACCOUNT}:b*` } } })],
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
];

for (const [name, scene, expected] of SCENES) {
  Deno.test(`evaluate: ${name}: ${expected}`, () => assert.equal(verdict(scene), expected));
}
