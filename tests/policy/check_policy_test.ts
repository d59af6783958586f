/** Which policies and principals AWS would refuse, and which actions are told apart. */
import assert from "node:assert/strict";
import { checkPolicy, principalOf } from "@s3creds/cli/policy";
import { groupActions } from "../../lib/policy/evaluate.ts";
import {
  ACCOUNT,
  ALL,
  aws,
  document,
  FEDERATED,
  READ,
  ROLE,
  ROOT,
  type Statement,
  to,
  TRUST,
  USER,
} from "./evaluate_scene.ts";

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
