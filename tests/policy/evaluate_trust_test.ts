/** Who may assume a role or use a key of KMS: its own policy has to say so. */
import assert from "node:assert/strict";
import {
  ASSUME,
  aws,
  DECRYPT,
  KEY_USE,
  MAY_ASSUME,
  PARTNER,
  ROOT,
  type Scene,
  SILENT,
  to,
  TRUST,
  USER,
  verdict,
} from "./evaluate_scene.ts";

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html */
const SCENES: [name: string, scene: Scene, expected: string][] = [
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
];

for (const [name, scene, expected] of SCENES) {
  Deno.test(`evaluate: ${name}: ${expected}`, () => assert.equal(verdict(scene), expected));
}
