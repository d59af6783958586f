/** What can be done with a bucket: all of it, nothing, or which keys. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  type AccessPolicies,
  bucketsPolicy,
  capabilities,
  type CapabilityOptions,
} from "@s3creds/cli/policy";
import { commonPattern, covers } from "../../lib/policy/key_samples.ts";

const PRINCIPAL = "arn:aws:iam::123456789012:user/alice";

type Statement = Record<string, unknown>;

const document = (...statements: Statement[]) =>
  ({ Version: "2012-10-17", Statement: statements }) as never;

const own = (...statements: Statement[]): AccessPolicies => ({
  identity: [{ type: "inline", name: "own", document: document(...statements) }],
});

const read = (...Resource: string[]) => ({ Effect: "Allow", Action: "s3:GetObject", Resource });

/** Each capability as one text, such as `some s3:GetObject a/* except a/b*`. */
function answers(
  policies: AccessPolicies,
  options: Partial<CapabilityOptions> = {},
  context = {},
): Record<string, string> {
  const found = capabilities({ principal: PRINCIPAL, context }, policies, {
    bucket: "logs",
    ...options,
  });
  return Object.fromEntries(found.map(({ name, answer, granted }) => {
    const some = granted.map(({ action, keys, except }) =>
      [action, ...keys, ...(except.length > 0 ? ["except", ...except] : [])].join(" ")
    );
    return [name, answer === "some" ? `some ${some.join(", ")}` : answer];
  }));
}

Deno.test("capabilities: a key that reads and writes a bucket", () => {
  const policy = {
    identity: [{ type: "inline" as const, name: "p", document: bucketsPolicy(["logs"]) }],
  };
  assert.deepEqual(answers(policy), {
    "list": "yes",
    "read": "yes",
    "write": "yes",
    "delete": "yes",
    "acl": "some s3:GetObjectAcl *",
    "tags": "some s3:GetObjectTagging *",
    "versions": "no",
    "bucket-settings": "no",
    "delete-bucket": "no",
  });
  assert.ok(
    Object.values(answers(policy, { bucket: "logs-2" })).every((answer) => answer === "no"),
  );
});

Deno.test("capabilities: everything, and everything but one directory", () => {
  const all = { Effect: "Allow", Action: "s3:*", Resource: "*" };
  assert.ok(Object.values(answers(own(all))).every((answer) => answer === "yes"));
  const secret = { Effect: "Deny", Action: "s3:*", Resource: "arn:aws:s3:::logs/secret/*" };
  assert.equal(answers(own(all, secret)).read, "some s3:GetObject * except secret/*");
  assert.equal(answers(own(all, secret))["bucket-settings"], "yes");
});

Deno.test("capabilities: which keys, by the resources of the policies", () => {
  const keys = (policies: AccessPolicies, context = {}) => answers(policies, {}, context).read;
  assert.equal(keys(own(read("arn:aws:s3:::logs/a/*"))), "some s3:GetObject a/*");
  assert.equal(
    keys(own(read("arn:aws:s3:::logs/a/*", "arn:aws:s3:::logs/a/b/*", "arn:aws:s3:::logs/c"))),
    "some s3:GetObject a/* c",
  );
  assert.equal(keys(own(read("arn:aws:s3:::lo*"))), "yes");
  assert.equal(keys(own(read("arn:aws:s3:::lo*/x"))), "some s3:GetObject x */x");
  assert.equal(keys(own(read("arn:aws:s3:::other/*"))), "no");
  assert.equal(
    keys(own(read("arn:aws:s3:::logs/${aws:username}/*"))),
    "some s3:GetObject alice/*",
  );
  const team = own(read("arn:aws:s3:::logs/${aws:PrincipalTag/team}/*"));
  assert.equal(keys(team), "no");
  assert.equal(keys(team, { "aws:PrincipalTag/team": "blue" }), "some s3:GetObject blue/*");
  assert.equal(
    keys(own({ Effect: "Allow", Action: "s3:GetObject", NotResource: "arn:aws:s3:::logs/x/*" })),
    "some s3:GetObject * except x/*",
  );
});

Deno.test("capabilities: what policy and boundary have in common", () => {
  const policies = {
    ...own(read("arn:aws:s3:::logs/*/2026/*")),
    permissionsBoundary: { name: "b", document: document(read("arn:aws:s3:::logs/eu/*")) },
  };
  assert.equal(answers(policies).read, "some s3:GetObject eu/*/2026/*");
});

Deno.test("capabilities: listing limited to prefixes", () => {
  const list = {
    Effect: "Allow",
    Action: "s3:ListBucket",
    Resource: "arn:aws:s3:::logs",
    Condition: { StringLike: { "s3:prefix": ["a/*", "b/"] } },
  };
  assert.equal(answers(own(list)).list, "some s3:ListBucket a/* b/");
});

Deno.test("capabilities: one key", () => {
  const policies = own(read("arn:aws:s3:::logs/a/*"));
  assert.equal(answers(policies, { key: "a/x" }).read, "yes");
  assert.equal(answers(policies, { key: "b/x" }).read, "no");
  assert.equal(answers(policies, { key: "a/x" }).list, undefined);
  assert.equal(answers(policies, { key: "a/x" }).versions, "no");
});

Deno.test("capabilities: another partition", () => {
  const policies = own(read("arn:aws-cn:s3:::logs/*"));
  assert.equal(answers(policies).read, "no");
  assert.equal(answers(policies, { partition: "aws-cn" }).read, "yes");
});

Deno.test("commonPattern: describes what both patterns do", () => {
  assert.equal(commonPattern("a*", "*b"), "a*b");
  assert.equal(commonPattern("a*", "b*"), undefined);
  assert.equal(commonPattern("a?", "*b"), "ab");
  const part = fc.constantFrom("*", "?", "a", "b", "*", "a");
  const pattern = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(pattern, pattern, (one, other) => {
      const common = commonPattern(one, other);
      if (common === undefined) return;
      assert.ok(
        covers(one, common) && covers(other, common),
        JSON.stringify({ one, other, common }),
      );
    }),
    { numRuns: 5_000 },
  );
});
