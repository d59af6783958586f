import assert from "node:assert/strict";
import { refusal, room, userWithKey } from "../helpers.ts";

const AWS = "arn:aws:iam::aws:policy";

Deno.test("AWS's own policies: those about S3 and IAM can be attached, and decide", async () => {
  await using r = await room();
  const { iam } = r;
  const joe = r.iamAs(await userWithKey(iam, "joe"));
  const attach = (name: string) =>
    iam.attachUserPolicy({ UserName: "joe", PolicyArn: `${AWS}/${name}` });
  await attach("IAMReadOnlyAccess");
  await joe.listUsers({});
  assert.equal((await refusal(joe.createUser({ UserName: "new" }))).code, "AccessDenied");
  await attach("IAMFullAccess");
  await joe.createUser({ UserName: "new" });
  await attach("AWSDenyAll");
  assert.equal((await refusal(joe.listUsers({}))).code, "AccessDenied");
});

Deno.test("AWS's own policies: for one that the sandbox lacks, the error says so", async () => {
  await using r = await room();
  await r.iam.createUser({ UserName: "joe" });
  const attach = (PolicyArn: string) =>
    refusal(r.iam.attachUserPolicy({ UserName: "joe", PolicyArn }));
  const lacking = await attach(`${AWS}/AmazonEC2FullAccess`);
  assert.equal(lacking.code, "NoSuchEntity");
  assert.match(lacking.message, /the sandbox doesn't: .* AmazonS3ReadOnlyAccess/);
  const own = await attach("arn:aws:iam::123456789012:policy/mine");
  assert.doesNotMatch(own.message, /sandbox/);
});

Deno.test("AWS's own policies: have AWS's ids, but for AWSDenyAll, whose id stands in for it", async () => {
  await using r = await room();
  const { Policies } = await r.iam.listPolicies({ Scope: "AWS" });
  const ids = Object.fromEntries(Policies!.map((policy) => [policy.PolicyName, policy.PolicyId]));
  const { AWSDenyAll, ...known } = ids;
  assert.deepEqual(known, {
    AdministratorAccess: "ANPAIWMBCKSKIEE64ZLYK",
    AmazonS3FullAccess: "ANPAIFIR6V6BVTRAHWINE",
    AmazonS3ReadOnlyAccess: "ANPAIZTJ4DXE7G6AGAE6M",
    IAMFullAccess: "ANPAI7XKCFMBPM3QQRRVQ",
    IAMReadOnlyAccess: "ANPAJKSO7NDY4T57MWDSQ",
    IAMUserChangePassword: "ANPAJ4L4MM2A7QIEB56MS",
    PowerUserAccess: "ANPAJYRXTHIB4FOVS3ZXS",
  });
  assert.match(AWSDenyAll!, /^ANPAI[A-Z2-7]{16}$/);
});
