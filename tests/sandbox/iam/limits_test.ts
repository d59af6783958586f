import assert from "node:assert/strict";
import { allow, refusal, room, trust } from "../helpers.ts";

const ROOT = "arn:aws:iam::123456789012:root";

/** A policy document whose text counts so many characters. */
function policyOfSize(size: number): string {
  const frame = JSON.stringify(allow("s3:GetObject", "arn:aws:s3:::"));
  return frame.replace(":::", `:::${"x".repeat(size - frame.length)}`);
}

const statement = (more: Record<string, unknown>) =>
  JSON.stringify({
    Version: "2012-10-17",
    Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*", ...more }],
  });

const MALFORMED: [name: string, document: string, message: RegExp, code?: string][] = [
  ["no JSON", "{", /^Syntax errors in policy\.$/],
  ["a list", "[]", /^Syntax errors/],
  ["no statement", '{"Version":"2012-10-17"}', /^Syntax errors/],
  ["an unknown version", '{"Version":"2020-01-01","Statement":[]}', /^Syntax errors/],
  ["an unknown element", statement({ Comment: "x" }), /^Syntax errors/],
  ["a wrong effect", statement({ Effect: "Permit" }), /^Syntax errors/],
  ["no action", statement({ Action: undefined }), /must contain actions/],
  ["an action without service", statement({ Action: "GetObject" }), /prefaced by a vendor/],
  ["an action with two colons", statement({ Action: "s3:Get:Object" }), /only one colon/],
  ["an effect in small letters", statement({ Effect: "allow" }), /legacy parsing/],
  ["an id that is no text", '{"Version":"2012-10-17","Id":{},"Statement":[]}', /^Syntax errors/],
  ["no resource", statement({ Resource: undefined }), /must contain resources/],
  ["a resource that is no ARN", statement({ Resource: "b" }), /^Resource b must be in ARN format/],
  ["a principal", statement({ Principal: "*" }), /should not specify a principal/],
  ["an id with a dash", statement({ Sid: "a-b" }), /must be alpha-numeric/],
  ["an unknown operator", statement({ Condition: { Like: { a: "b" } } }), /^Syntax errors/],
  [
    "a character that IAM doesn't take",
    statement({ Resource: "arn:aws:s3:::b/\u20ac" }),
    /^The specified value for policyDocument is invalid/,
    "ValidationError",
  ],
];

for (const [name, PolicyDocument, message, code = "MalformedPolicyDocument"] of MALFORMED) {
  Deno.test(`MalformedPolicyDocument: a policy with ${name}`, async () => {
    await using r = await room();
    const found = await refusal(
      r.iam.putUserPolicy({ UserName: "admin", PolicyName: "p", PolicyDocument }),
    );
    assert.deepEqual([found.status, found.code], [400, code]);
    assert.match(found.message, message);
  });
}

Deno.test("MalformedPolicyDocument: a managed policy of the older version, which an inline one may have", async () => {
  await using r = await room();
  const Statement = [{ Effect: "Allow", Action: "s3:GetObject", Resource: "*" }];
  for (const document of [{ Version: "2008-10-17", Statement }, { Statement }]) {
    const PolicyDocument = JSON.stringify(document);
    const found = await refusal(r.iam.createPolicy({ PolicyName: "p", PolicyDocument }));
    assert.deepEqual(found, {
      status: 400,
      code: "MalformedPolicyDocument",
      message: "Policy document must be version 2012-10-17 or greater.",
    });
    await r.iam.putUserPolicy({ UserName: "admin", PolicyName: "p", PolicyDocument });
  }
});

const BAD_TRUST: [name: string, document: string, message: RegExp][] = [
  ["no JSON", "trust.json", /^This policy contains invalid Json$/],
  ["no principal", JSON.stringify(allow("sts:AssumeRole")), /prohibited field Resource/],
  ["a user who isn't there", trust("arn:aws:iam::123456789012:user/x"), /^Invalid principal/],
  ["a role that isn't there", trust("arn:aws:iam::123456789012:role/x"), /^Invalid principal/],
  [
    "an action of another service",
    trust("123456789012").replace("sts:AssumeRole", "s3:GetObject"),
    /^AssumeRole policy may only specify STS AssumeRole actions\.$/,
  ],
  ["nonsense for a principal", trust("someone"), /^Invalid principal in policy: "AWS":"someone"/],
];

for (const [name, AssumeRolePolicyDocument, message] of BAD_TRUST) {
  Deno.test(`MalformedPolicyDocument: a trust policy with ${name}`, async () => {
    await using r = await room();
    const found = await refusal(r.iam.createRole({ RoleName: "r", AssumeRolePolicyDocument }));
    assert.deepEqual([found.status, found.code], [400, "MalformedPolicyDocument"]);
    assert.match(found.message, message);
  });
}

Deno.test("limits: two access keys a user", async () => {
  await using r = await room();
  await r.iam.createUser({ UserName: "joe" });
  await r.iam.createAccessKey({ UserName: "joe" });
  await r.iam.createAccessKey({ UserName: "joe" });
  assert.deepEqual(await refusal(r.iam.createAccessKey({ UserName: "joe" })), {
    status: 409,
    code: "LimitExceeded",
    message: "Cannot exceed quota for AccessKeysPerUser: 2",
  });
});

Deno.test("limits: a user's inline policies may have 2,048 characters in all", async () => {
  await using r = await room();
  const put = (PolicyName: string, PolicyDocument: string) =>
    r.iam.putUserPolicy({ UserName: "admin", PolicyName, PolicyDocument });
  await put("a", policyOfSize(1000));
  await put("b", policyOfSize(1048));
  assert.deepEqual(await refusal(put("b", policyOfSize(1049))), {
    status: 409,
    code: "LimitExceeded",
    message: "Maximum policy size of 2048 bytes exceeded for user admin",
  });
  await put("b", policyOfSize(1048).replaceAll(",", ", \n\t"));
});

Deno.test("limits: a role's inline policies may have 10,240 characters in all", async () => {
  await using r = await room();
  await r.iam.createRole({ RoleName: "r", AssumeRolePolicyDocument: trust(ROOT) });
  const put = (size: number) =>
    r.iam.putRolePolicy({
      RoleName: "r",
      PolicyName: "p",
      PolicyDocument: policyOfSize(size),
    });
  await put(10_240);
  assert.equal((await refusal(put(10_241))).code, "LimitExceeded");
});

Deno.test("limits: a managed policy may have 6,144 characters, and ten may be attached", async () => {
  await using r = await room();
  const { iam } = r;
  const create = (PolicyName: string, size: number) =>
    iam.createPolicy({ PolicyName, PolicyDocument: policyOfSize(size) });
  assert.equal((await refusal(create("big", 6145))).code, "LimitExceeded");
  await iam.createUser({ UserName: "joe" });
  for (let index = 0; index < 11; index++) {
    const { Policy } = await create(`p${index}`, 6144);
    const attach = iam.attachUserPolicy({ UserName: "joe", PolicyArn: Policy!.Arn! });
    if (index < 10) await attach;
    else assert.equal((await refusal(attach)).code, "LimitExceeded");
  }
});
