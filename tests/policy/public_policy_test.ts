import assert from "node:assert/strict";
import { isPublicPolicy } from "../../lib/policy/public_policy.ts";

function policyWith(statement: Record<string, unknown>): unknown {
  const Resource = "arn:aws:s3:::b/*";
  return {
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource, ...statement }],
  };
}

const EVERYONE = { Principal: "*" };
const PUBLIC: [statement: Record<string, unknown>, isPublic: boolean][] = [
  [EVERYONE, true],
  [{ Principal: { AWS: "*" } }, true],
  [{ Principal: { AWS: ["*", "123456789012"] } }, true],
  [{ NotPrincipal: { AWS: "123456789012" } }, true],
  [{ Principal: { AWS: "123456789012" } }, false],
  [{ Effect: "Deny", ...EVERYONE }, false],
  [{ ...EVERYONE, Condition: { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } } }, false],
  [{ ...EVERYONE, Condition: { IpAddress: { "aws:SourceIp": "0.0.0.0/0" } } }, true],
  [{ ...EVERYONE, Condition: { IpAddress: { "aws:SourceIp": "::/1" } } }, true],
  [{ ...EVERYONE, Condition: { NotIpAddress: { "aws:SourceIp": "203.0.113.0/24" } } }, true],
  [{ ...EVERYONE, Condition: { StringEquals: { "aws:PrincipalAccount": "123456789012" } } }, false],
  [{ ...EVERYONE, Condition: { StringLike: { "aws:SourceVpce": "vpce-*" } } }, true],
  [{ ...EVERYONE, Condition: { StringEquals: { "aws:UserAgent": "mine" } } }, true],
  [
    { ...EVERYONE, Condition: { ArnLike: { "aws:PrincipalArn": "arn:aws:iam::123456789012:*" } } },
    false,
  ],
  [{ ...EVERYONE, Condition: { ArnLike: { "aws:PrincipalArn": "arn:aws:iam::*:user/x" } } }, true],
];

for (const [statement, expected] of PUBLIC) {
  Deno.test(`isPublicPolicy: ${JSON.stringify(statement)} is ${expected ? "" : "not "}public`, () => {
    assert.equal(isPublicPolicy(policyWith(statement)), expected);
  });
}

Deno.test("isPublicPolicy: true for what is not a document", () => {
  assert.equal(isPublicPolicy("{"), true);
});
