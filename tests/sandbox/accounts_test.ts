/** Several accounts in one sandbox: what one asks of another, both must allow. */
import { connect } from "@s3creds/cli";
import assert from "node:assert/strict";
import { connectionOf } from "../../lib/aws/connect.ts";
import type { PolicyDocument } from "@s3creds/cli/policy";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { createKmsKey } from "../../lib/sandbox/seed.ts";
import { allow, deny, type Keys, refusal, trust, userWithKey } from "./helpers.ts";
import { type S3Room, s3Room } from "./s3/helpers.ts";

const OURS = "111122223333";
const THEIRS = "444455556666";
const READER = `arn:aws:iam::${OURS}:user/reader`;
const BUCKET = ["arn:aws:s3:::theirs", "arn:aws:s3:::theirs/*"];
const READ = ["s3:ListBucket", "s3:GetObject"];
const NOTHING = allow("s3:ListAllMyBuckets");

/** Our account with a user `reader`, and theirs with a bucket `theirs` that has an object `k`. */
async function twoAccounts(readersPolicy: unknown = allow(READ, BUCKET)): Promise<S3Room> {
  const r = await s3Room({
    accountId: OURS,
    buckets: ["ours"],
    users: { reader: readersPolicy as PolicyDocument },
    accounts: { [THEIRS]: { buckets: ["theirs"] } },
  });
  await theirS3(r).putObject({ Bucket: "theirs", Key: "k", Body: "content" });
  return r;
}

const ourReader = (r: S3Room) => r.s3As(r.sandbox.users.reader!);
const theirKeys = (r: S3Room): Keys => r.sandbox.accounts[THEIRS]!.credentials;
const theirS3 = (r: S3Room) => r.s3As(theirKeys(r));

/** The policy of the bucket `theirs` that allows a principal something, or denies it. */
function policyFor(AWS: string, Action: string | string[] = READ, Effect = "Allow"): string {
  const Statement = [{ Effect, Principal: { AWS }, Action, Resource: BUCKET }];
  return JSON.stringify({ Version: "2012-10-17", Statement });
}

async function assertDenied(call: Promise<unknown>): Promise<void> {
  const { status, code, message } = await refusal(call);
  assert.deepEqual([status, code, message], [403, "AccessDenied", "Access Denied"]);
}

const K = { Bucket: "theirs", Key: "k" };

Deno.test("GetCallerIdentity: each account has its own administrator, users and ids", async () => {
  await using r = await twoAccounts();
  const ours = await r.sts.getCallerIdentity({});
  const theirs = await r.stsAs(theirKeys(r)).getCallerIdentity({});
  assert.deepEqual([ours.Account, ours.Arn], [OURS, `arn:aws:iam::${OURS}:user/admin`]);
  assert.deepEqual([theirs.Account, theirs.Arn], [THEIRS, `arn:aws:iam::${THEIRS}:user/admin`]);
  await userWithKey(r.iamAs(theirKeys(r)), "joe");
  const names = ({ Users }: { Users?: { UserName?: string }[] }) =>
    Users!.map(({ UserName }) => UserName);
  assert.deepEqual(names(await r.iam.listUsers({})), ["admin", "reader"]);
  assert.deepEqual(names(await r.iamAs(theirKeys(r)).listUsers({})), ["admin", "joe"]);
  await r.iam.createUser({ UserName: "joe" });
});

Deno.test("ListBuckets: lists the caller's buckets, each with the owner of its account", async () => {
  await using r = await twoAccounts();
  const ours = await r.s3.listBuckets({});
  const theirs = await theirS3(r).listBuckets({});
  assert.deepEqual(ours.Buckets!.map(({ Name }) => Name), ["ours"]);
  assert.deepEqual(theirs.Buckets!.map(({ Name }) => Name), ["theirs"]);
  assert.notEqual(ours.Owner!.ID, theirs.Owner!.ID);
  const { Owner, Grants } = await theirS3(r).getBucketAcl({ Bucket: "theirs" });
  assert.equal(Owner!.ID, theirs.Owner!.ID);
  assert.equal(Grants![0]!.Grantee!.ID, theirs.Owner!.ID);
});

Deno.test("CreateBucket: the names of buckets are global", async () => {
  await using r = await twoAccounts();
  const { status, code } = await refusal(r.s3.createBucket({ Bucket: "theirs" }));
  assert.deepEqual([status, code], [409, "BucketAlreadyExists"]);
  await r.s3.createBucket({ Bucket: "ours" });
  await theirS3(r).createBucket({ Bucket: "more" });
  assert.deepEqual(
    r.sandbox.accounts[THEIRS]!.snapshot().buckets.map(({ name }) => name),
    ["more", "theirs"],
  );
  assert.deepEqual(r.sandbox.snapshot().buckets.map(({ name }) => name), ["ours"]);
});

Deno.test("bucket of another account: the caller's policy alone is not enough", async () => {
  await using r = await twoAccounts();
  await assertDenied(ourReader(r).getObject(K));
  await assertDenied(ourReader(r).listObjectsV2({ Bucket: "theirs" }));
  await assertDenied(r.s3.getObject(K));
});

Deno.test("bucket of another account: the bucket's policy alone is not enough", async () => {
  await using r = await twoAccounts(NOTHING);
  await theirS3(r).putBucketPolicy({ Bucket: "theirs", Policy: policyFor(READER) });
  await assertDenied(ourReader(r).getObject(K));
  // The administrator has the permission, but is not who is meant.
  await assertDenied(r.s3.getObject(K));
});

for (const [whom, principal] of [["the user", READER], ["the account", OURS]] as const) {
  Deno.test(`bucket of another account: open to ${whom}, and to a policy of the user`, async () => {
    await using r = await twoAccounts();
    await theirS3(r).putBucketPolicy({ Bucket: "theirs", Policy: policyFor(principal) });
    const { Body } = await ourReader(r).getObject(K);
    assert.equal(await Body!.transformToString(), "content");
    const owner = { ExpectedBucketOwner: THEIRS };
    const listing = { Bucket: "theirs", FetchOwner: true };
    const { Contents } = await ourReader(r).listObjectsV2({ ...listing, ...owner });
    const { Owner } = await theirS3(r).listBuckets({});
    assert.equal(Contents![0]!.Owner!.ID, Owner!.ID);
    await assertDenied(ourReader(r).putObject({ ...K, Body: "ours" }));
  });
}

Deno.test("bucket of another account: an explicit deny of either side decides", async () => {
  await using r = await twoAccounts();
  const open = JSON.parse(policyFor(OURS));
  const closed = JSON.parse(policyFor(READER, "s3:GetObject", "Deny"));
  open.Statement.push(...closed.Statement);
  await theirS3(r).putBucketPolicy({ Bucket: "theirs", Policy: JSON.stringify(open) });
  await ourReader(r).listObjectsV2({ Bucket: "theirs" });
  await assertDenied(ourReader(r).getObject(K));
  const PolicyDocument = JSON.stringify(deny("s3:ListBucket"));
  await r.iam.putUserPolicy({ UserName: "reader", PolicyName: "no", PolicyDocument });
  await assertDenied(ourReader(r).listObjectsV2({ Bucket: "theirs" }));
});

Deno.test("bucket of another account: what is stored there belongs to its owner", async () => {
  await using r = await twoAccounts(allow("s3:PutObject", BUCKET));
  const Policy = policyFor(READER, "s3:PutObject");
  await theirS3(r).putBucketPolicy({ Bucket: "theirs", Policy });
  await ourReader(r).putObject({ Bucket: "theirs", Key: "new", Body: "from us" });
  const { Body } = await theirS3(r).getObject({ Bucket: "theirs", Key: "new" });
  assert.equal(await Body!.transformToString(), "from us");
  await assertDenied(ourReader(r).getObject({ Bucket: "theirs", Key: "new" }));
});

Deno.test("bucket of another account: conditions about the accounts of both sides", async () => {
  const theirsOnly = JSON.parse(JSON.stringify(allow(READ, BUCKET)));
  theirsOnly.Statement[0].Condition = { StringEquals: { "s3:ResourceAccount": THEIRS } };
  await using r = await twoAccounts(theirsOnly);
  const open = JSON.parse(policyFor("*"));
  const put = (account: string) => {
    open.Statement[0].Condition = { StringEquals: { "aws:PrincipalAccount": account } };
    return theirS3(r).putBucketPolicy({ Bucket: "theirs", Policy: JSON.stringify(open) });
  };
  await put("999999999999");
  await assertDenied(ourReader(r).getObject(K));
  await put(OURS);
  await ourReader(r).getObject(K);
});

Deno.test("KMS key of another account: its policy and the caller's must allow it", async () => {
  const write = allow(["s3:PutObject", "kms:GenerateDataKey"], "*");
  await using r = await twoAccounts(write);
  const key = createKmsKey(r.sandbox.accounts[THEIRS]!.account);
  const writer = await userWithKey(r.iam, "writer", allow("s3:PutObject"));
  const upload = {
    Bucket: "ours",
    Key: "k",
    Body: "secret",
    ServerSideEncryption: "aws:kms" as const,
    SSEKMSKeyId: key.arn,
  };
  assert.equal((await refusal(ourReader(r).putObject(upload))).code, "AccessDenied");
  const open = JSON.parse(key.policy);
  open.Statement[0].Principal.AWS = OURS;
  key.policy = JSON.stringify(open);
  await ourReader(r).putObject(upload);
  assert.equal((await refusal(r.s3As(writer).putObject(upload))).code, "AccessDenied");
});

Deno.test("CopyObject: from their bucket into ours needs both sides of each", async () => {
  await using r = await twoAccounts(
    allow(["s3:GetObject", "s3:PutObject", "s3:ListBucket"], [...BUCKET, "arn:aws:s3:::ours/*"]),
  );
  const copy = { Bucket: "ours", Key: "copy", CopySource: "theirs/k" };
  await assertDenied(ourReader(r).copyObject(copy));
  await theirS3(r).putBucketPolicy({ Bucket: "theirs", Policy: policyFor(OURS) });
  const wrong = { ...copy, ExpectedSourceBucketOwner: OURS };
  await assertDenied(ourReader(r).copyObject(wrong));
  await ourReader(r).copyObject({
    ...copy,
    ExpectedBucketOwner: OURS,
    ExpectedSourceBucketOwner: THEIRS,
  });
  const { Body } = await r.s3.getObject({ Bucket: "ours", Key: "copy" });
  assert.equal(await Body!.transformToString(), "content");
});

Deno.test("ExpectedBucketOwner: what is no account's number is refused as such", async () => {
  await using r = await twoAccounts();
  for (const owner of ["0000", "0000000000020", "abcd"]) {
    const wrong = { Bucket: "theirs", ExpectedBucketOwner: owner };
    const { status, code } = await refusal(theirS3(r).getBucketPolicy(wrong));
    assert.deepEqual([status, code], [400, "InvalidBucketOwnerAWSAccountID"]);
    const copy = { Bucket: "theirs", Key: "b", CopySource: "theirs/a" };
    const call = theirS3(r).copyObject({ ...copy, ExpectedSourceBucketOwner: owner });
    assert.equal((await refusal(call)).code, "InvalidBucketOwnerAWSAccountID");
  }
});

Deno.test("ExpectedBucketOwner: another account than the owner is refused", async () => {
  await using r = await twoAccounts();
  await theirS3(r).headBucket({ Bucket: "theirs", ExpectedBucketOwner: THEIRS });
  const { status } = await refusal(
    theirS3(r).headBucket({ Bucket: "theirs", ExpectedBucketOwner: OURS }),
  );
  assert.equal(status, 403);
});

Deno.test("bucket policy: only identities of the bucket's account can read and change it", async () => {
  await using r = await twoAccounts(allow("s3:*"));
  const Policy = policyFor(READER, "s3:*");
  await theirS3(r).putBucketPolicy({ Bucket: "theirs", Policy });
  const s3 = ourReader(r);
  const calls = [
    s3.getBucketPolicy({ Bucket: "theirs" }),
    s3.putBucketPolicy({ Bucket: "theirs", Policy: policyFor(OURS) }),
    s3.deleteBucketPolicy({ Bucket: "theirs" }),
  ];
  for (const call of calls) {
    const { status, code } = await refusal(call);
    assert.deepEqual([status, code], [405, "MethodNotAllowed"]);
  }
  assert.equal((await theirS3(r).getBucketPolicy({ Bucket: "theirs" })).Policy, Policy);
});

Deno.test("bucket policy: the root user of the owner can't be locked out of it", async () => {
  await using r = await twoAccounts();
  const keys = { accessKeyId: "AKIAROOT000000000000", secretAccessKey: "root-secret" };
  r.sandbox.accounts[THEIRS]!.account.rootKey = {
    ...keys,
    status: "Active",
    createDate: new Date(),
    lastUsed: undefined,
  };
  const everybody = {
    Statement: [{ Effect: "Deny", Principal: "*", Action: "s3:*", Resource: BUCKET }],
  };
  const Policy = JSON.stringify({ Version: "2012-10-17", ...everybody });
  await theirS3(r).putBucketPolicy({ Bucket: "theirs", Policy });
  const root = r.s3As(keys);
  assert.equal((await refusal(theirS3(r).deleteBucketPolicy({ Bucket: "theirs" }))).status, 403);
  assert.equal((await refusal(root.getObject(K))).status, 403);
  await root.deleteBucketPolicy({ Bucket: "theirs" });
  await root.getObject(K);
});

Deno.test("bucket policy: a principal must exist in the accounts of the sandbox", async () => {
  await using r = await twoAccounts();
  const put = (name: string) =>
    theirS3(r).putBucketPolicy({ Bucket: "theirs", Policy: policyFor(name) });
  const { code, message } = await refusal(put(`arn:aws:iam::${OURS}:user/nobody`));
  assert.deepEqual([code, message], ["MalformedPolicy", "Invalid principal in policy"]);
  await put("arn:aws:iam::999999999999:user/unknown");
});

Deno.test("bucket policy: a deleted user of another account stays in it by its unique id", async () => {
  await using r = await twoAccounts();
  await r.iam.createUser({ UserName: "leaver" });
  const { User } = await r.iam.getUser({ UserName: "leaver" });
  await theirS3(r).putBucketPolicy({ Bucket: "theirs", Policy: policyFor(User!.Arn!) });
  await r.iam.deleteUser({ UserName: "leaver" });
  const { Policy } = await theirS3(r).getBucketPolicy({ Bucket: "theirs" });
  assert.equal(JSON.parse(Policy!).Statement[0].Principal.AWS, User!.UserId);
});

Deno.test("public access block: that of the owner's account counts, and not the caller's", async () => {
  await using r = await twoAccounts();
  const aws = (credentials: Keys) => connect({ endpointUrl: r.sandbox.url, credentials });
  using ourAws = aws(r.sandbox.credentials);
  using theirAws = aws(theirKeys(r));
  const ours = await connectionOf(ourAws).s3Control();
  const theirs = await connectionOf(theirAws).s3Control();
  await theirS3(r).deletePublicAccessBlock({ Bucket: "theirs" });
  await theirS3(r).putBucketPolicy({ Bucket: "theirs", Policy: policyFor("*") });
  await ourReader(r).getObject(K);
  const PublicAccessBlockConfiguration = { RestrictPublicBuckets: true, BlockPublicPolicy: true };
  await ours.putPublicAccessBlock({ AccountId: OURS, PublicAccessBlockConfiguration });
  await ourReader(r).getObject(K);
  await theirS3(r).putBucketPolicy({ Bucket: "theirs", Policy: policyFor("*") });
  assert.equal((await refusal(theirs.getPublicAccessBlock({ AccountId: OURS }))).status, 403);
  await theirs.putPublicAccessBlock({ AccountId: THEIRS, PublicAccessBlockConfiguration });
  await assertDenied(ourReader(r).getObject(K));
  await theirS3(r).getObject(K);
  const put = theirS3(r).putBucketPolicy({ Bucket: "theirs", Policy: policyFor("*") });
  assert.match((await refusal(put)).message, /BlockPublicPolicy/);
});

const ROLE = `arn:aws:iam::${THEIRS}:role/r`;
const ASSUME = { RoleArn: ROLE, RoleSessionName: "me" };

/** Makes the role `r` of their account, which may read their bucket and trusts a principal. */
async function makeRole(r: S3Room, principal: string, Condition?: unknown): Promise<void> {
  const iam = r.iamAs(theirKeys(r));
  const AssumeRolePolicyDocument = trust(principal, Condition);
  await iam.createRole({ RoleName: "r", AssumeRolePolicyDocument });
  const PolicyDocument = JSON.stringify(allow(READ, BUCKET));
  const { Policy } = await iam.createPolicy({ PolicyName: "read", PolicyDocument });
  await iam.attachRolePolicy({ RoleName: "r", PolicyArn: Policy!.Arn });
}

const NOT_AUTHORIZED =
  `User: ${READER} is not authorized to perform: sts:AssumeRole on resource: ${ROLE}`;

async function assertMayNotAssume(r: S3Room): Promise<void> {
  const { status, code, message } = await refusal(
    r.stsAs(r.sandbox.users.reader!).assumeRole(ASSUME),
  );
  assert.deepEqual([status, code, message], [403, "AccessDenied", NOT_AUTHORIZED]);
}

Deno.test("AssumeRole in another account: the trust of the role alone is not enough", async () => {
  for (const principal of [READER, OURS]) {
    await using r = await twoAccounts(NOTHING);
    await makeRole(r, principal);
    await assertMayNotAssume(r);
  }
});

Deno.test("AssumeRole in another account: the caller's policy alone is not enough", async () => {
  await using r = await twoAccounts(allow("sts:AssumeRole", ROLE));
  await assertMayNotAssume(r);
  await makeRole(r, THEIRS);
  await assertMayNotAssume(r);
});

for (const principal of [READER, OURS]) {
  Deno.test(`AssumeRole in another account: a role that trusts ${principal}, and the caller's policy`, async () => {
    await using r = await twoAccounts(allow("sts:AssumeRole", ROLE));
    await makeRole(r, principal);
    const sts = r.stsAs(r.sandbox.users.reader!);
    const { Credentials, AssumedRoleUser } = await sts.assumeRole(ASSUME);
    const session = {
      accessKeyId: Credentials!.AccessKeyId!,
      secretAccessKey: Credentials!.SecretAccessKey!,
      sessionToken: Credentials!.SessionToken!,
    };
    const identity = await r.stsAs(session).getCallerIdentity({});
    assert.deepEqual([identity.Account, identity.Arn], [THEIRS, AssumedRoleUser!.Arn]);
    assert.equal(identity.Arn, `arn:aws:sts::${THEIRS}:assumed-role/r/me`);
    // The session is one of their account: its role's policy is enough.
    await r.s3As(session).getObject(K);
    await assertDenied(r.s3As(session).listObjectsV2({ Bucket: "ours" }));
    await assertDenied(ourReader(r).getObject(K));
    const info = await sts.getAccessKeyInfo({ AccessKeyId: session.accessKeyId }).catch(refusalOf);
    assert.match(String(info), /AccessDenied/);
    const known = await r.sts.getAccessKeyInfo({ AccessKeyId: session.accessKeyId });
    assert.equal(known.Account, THEIRS);
  });
}

const refusalOf = (error: Error) => error.name;

Deno.test("AssumeRole in another account: the role can require an external id", async () => {
  await using r = await twoAccounts(allow("sts:AssumeRole", ROLE));
  await makeRole(r, OURS, { StringEquals: { "sts:ExternalId": "42" } });
  await assertMayNotAssume(r);
  await r.stsAs(r.sandbox.users.reader!).assumeRole({ ...ASSUME, ExternalId: "42" });
});

Deno.test("trust policy: a principal must exist in the accounts of the sandbox", async () => {
  await using r = await twoAccounts();
  const { code } = await refusal(makeRole(r, `arn:aws:iam::${OURS}:user/nobody`));
  assert.equal(code, "MalformedPolicyDocument");
  await makeRole(r, "arn:aws:iam::999999999999:user/unknown");
});

Deno.test("save: keeps all accounts, their keys, sessions and buckets", async () => {
  await using r = await twoAccounts(allow("sts:AssumeRole", ROLE));
  await makeRole(r, OURS);
  const { Credentials } = await r.stsAs(r.sandbox.users.reader!).assumeRole(ASSUME);
  await using restored = await s3Room({
    state: r.sandbox.save(),
    accounts: { [THEIRS]: { buckets: ["theirs", "new"] }, "777788889999": {} },
  });
  const { accounts } = restored.sandbox;
  assert.deepEqual(Object.keys(accounts), [OURS, THEIRS, "777788889999"]);
  assert.equal(restored.sandbox.account.id, OURS);
  assert.deepEqual(accounts[OURS]!.snapshot(), r.sandbox.snapshot());
  const { buckets, ...others } = accounts[THEIRS]!.snapshot();
  const { buckets: before, ...othersBefore } = r.sandbox.accounts[THEIRS]!.snapshot();
  assert.deepEqual(others, othersBefore);
  assert.deepEqual(buckets.map(({ name }) => name), ["new", "theirs"]);
  assert.deepEqual(buckets[1], before[0]);
  assert.equal(accounts[THEIRS]!.credentials.secretAccessKey, theirKeys(r).secretAccessKey);
  const session = {
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  };
  await restored.s3As(session).getObject(K);
  await assertDenied(restored.s3.getObject(K));
});

Deno.test("startSandbox: refuses an account id that is none, and a bucket that is another's", async () => {
  await assert.rejects(startSandbox({ accounts: { "12": {} } }), TypeError);
  const accounts = { [THEIRS]: { buckets: ["b"] } };
  await assert.rejects(startSandbox({ buckets: ["b"], accounts }), {
    code: "conflict",
    message: "Bucket b belongs to account 123456789012",
  });
});

Deno.test("startSandbox: the first account can be among those listed", async () => {
  const user = allow("s3:*") as PolicyDocument;
  await using sandbox = await startSandbox({
    accountId: OURS,
    buckets: ["a"],
    accounts: { [THEIRS]: {}, [OURS]: { buckets: ["b"], users: { joe: user } } },
  });
  assert.deepEqual(Object.keys(sandbox.accounts), [OURS, THEIRS]);
  assert.deepEqual(sandbox.snapshot().buckets.map(({ name }) => name), ["a", "b"]);
  assert.deepEqual(Object.keys(sandbox.users), ["joe"]);
  assert.equal(sandbox.accounts[OURS]!.account, sandbox.account);
});
