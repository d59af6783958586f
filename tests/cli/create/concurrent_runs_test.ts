/**
 * Two runs of `create` for the same user, bucket or role at the same time: one of them may fail, but
 * never at the cost of what the other one has given out.
 */
import assert from "node:assert/strict";
import { connect, createCredentials } from "@s3creds/cli";
import type { Fault, Sandbox } from "../../../lib/sandbox/mod.ts";
import { startSandbox } from "../../../lib/sandbox/mod.ts";
import { createAccessKey, createUser } from "../../../lib/sandbox/seed.ts";
import { type Ran, run } from "../../support/run.ts";

const USER = "s3.read-write.photos";
const CREATE = ["create", "photos"];
const REFUSED: Partial<Fault> = {
  times: Infinity,
  error: { status: 400, code: "InvalidRequest", message: "Refused by the test" },
};

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(`create, concurrent runs: ${name}`, async () => {
    await using sandbox = await startSandbox({ buckets: ["photos"] });
    await work(sandbox);
  });
}

/** Does something at the moment when an operation arrives. */
function when(sandbox: Sandbox, operation: string, work: () => void, occurrence = 1): void {
  let seen = 0;
  sandbox.fail({
    operation,
    when: () => {
      if (++seen === occurrence) work();
      return false;
    },
  });
}

/** The user, as another run has made and equipped it. */
function equipUser({ account }: Sandbox): string {
  const user = account.users.get(USER) ?? createUser(account.id, USER);
  account.users.set(USER, user);
  return addKey(user.accessKeys);
}

function addKey(keys: Map<string, ReturnType<typeof createAccessKey>>, createDate = new Date()) {
  const key = { ...createAccessKey(), createDate };
  keys.set(key.accessKeyId, key);
  return key.accessKeyId;
}

/** A key that a run has printed works for what it is for. */
async function assertWorks(sandbox: Sandbox, { code, stdout, stderr }: Ran): Promise<void> {
  assert.equal(code, 0, stderr);
  const listed = await run(["list-bucket", "photos", "--auth", "-"], { sandbox, stdin: stdout });
  assert.equal(listed.code, 0, listed.stderr);
}

test("the policy of an existing user's second key is not removed by the run that got no key", async (sandbox) => {
  const user = createUser(sandbox.account.id, USER);
  sandbox.account.users.set(USER, user);
  addKey(user.accessKeys);
  // Both look before either changes anything.
  sandbox.fail({ operation: "PutUserPolicy", times: 2, delayMs: 300 });
  const both = await Promise.all([run(CREATE, { sandbox }), run(CREATE, { sandbox })]);
  const [winner, loser] = both.toSorted((one, other) => one.code - other.code);
  await assertWorks(sandbox, winner!);
  assert.equal(loser!.code, 1);
  const { AccessKeyId } = JSON.parse(winner!.stdout);
  assert.match(loser!.stderr, /LimitExceeded/);
  assert.match(
    loser!.stderr,
    new RegExp(`Left in the account: policy ${USER} of user ${USER}: access key ${AccessKeyId},`),
  );
});

test("a new bucket that S3 tells both runs they have created is not removed", async (sandbox) => {
  sandbox.account.buckets.delete("photos");
  sandbox.fail({ operation: "CreateBucket", times: 2, delayMs: 300 });
  const args = [...CREATE, "-c"];
  const both = await Promise.all([run(args, { sandbox }), run(args, { sandbox })]);
  const [winner, loser] = both.toSorted((one, other) => one.code - other.code);
  await assertWorks(sandbox, winner!);
  assert.equal(loser!.code, 1);
  assert.match(loser!.stderr, /EntityAlreadyExists/);
  assert.match(loser!.stderr, /Left in the account: bucket photos: somebody else creates the same/);
});

test("a user that another run has found in the meantime, and given a key, is not removed", async (sandbox) => {
  let foreignKey = "";
  when(sandbox, "CreateAccessKey", () => foreignKey = equipUser(sandbox));
  sandbox.fail({ operation: "CreateAccessKey", ...REFUSED });
  const { code, stderr } = await run(CREATE, { sandbox });
  assert.equal(code, 1);
  const user = sandbox.account.users.get(USER)!;
  assert.deepEqual([...user.accessKeys.keys()], [foreignKey]);
  assert.deepEqual([...user.inlinePolicies.keys()], [USER]);
  assert.match(stderr, new RegExp(`Left in the account: policy ${USER} .*${foreignKey}`));
  assert.match(stderr, new RegExp(`; user ${USER}: DeleteConflict`));
});

test("a user that another run has made after a failure that passes is not removed with its key", async (sandbox) => {
  let foreignKey = "";
  sandbox.fail({
    operation: "CreateUser",
    error: { status: 503, code: "ServiceUnavailable", message: "Try again" },
  });
  when(sandbox, "CreateUser", () => foreignKey = equipUser(sandbox), 2);
  sandbox.fail({ operation: "PutUserPolicy", ...REFUSED });
  const { code, stderr } = await run(CREATE, { sandbox });
  assert.equal(code, 1);
  assert.deepEqual([...sandbox.account.users.get(USER)!.accessKeys.keys()], [foreignKey]);
  assert.match(stderr, new RegExp(`Left in the account: user ${USER}: DeleteConflict`));
});

test("of two new keys neither is removed where the answer got lost", async (sandbox) => {
  sandbox.account.users.set(USER, createUser(sandbox.account.id, USER));
  const { accessKeys } = sandbox.account.users.get(USER)!;
  when(sandbox, "ListAccessKeys", () => addKey(accessKeys), 2);
  sandbox.fail({ operation: "CreateAccessKey", after: true, cut: true });
  const { code, stderr } = await run(CREATE, { sandbox });
  assert.equal(code, 1);
  assert.equal(accessKeys.size, 2);
  for (const id of accessKeys.keys()) assert.match(stderr, new RegExp(id));
  assert.match(
    stderr,
    new RegExp(
      `perhaps an .*\\. aws iam list-access-keys --user-name=${USER} lists its keys; policy`,
    ),
  );
});

test("a key from before the request is not taken for the one whose answer got lost", async (sandbox) => {
  sandbox.account.users.set(USER, createUser(sandbox.account.id, USER));
  const { accessKeys } = sandbox.account.users.get(USER)!;
  let earlier = "";
  when(sandbox, "PutUserPolicy", () => {
    earlier = addKey(accessKeys, new Date(Date.now() - 5_000));
  });
  sandbox.fail({ operation: "CreateAccessKey", cut: true });
  const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
  const failure = createCredentials(aws, { buckets: ["photos"] }, { patienceMs: 500 });
  await assert.rejects(failure, /the connection to the endpoint http:\/\/127\.0\.0\.1:\d+ was cut/);
  aws.close();
  assert.deepEqual([...accessKeys.keys()], [earlier]);
});

test("a key that turns up after an answer was lost is not taken for the run's own", async (sandbox) => {
  sandbox.account.users.set(USER, createUser(sandbox.account.id, USER));
  const { accessKeys } = sandbox.account.users.get(USER)!;
  sandbox.fail({ operation: "CreateAccessKey", cut: true });
  let other = "";
  when(sandbox, "ListAccessKeys", () => other = addKey(accessKeys), 2);
  const { code, stderr } = await run(CREATE, { sandbox });
  assert.equal(code, 1);
  assert.deepEqual([...accessKeys.keys()], [other]);
  assert.match(stderr, new RegExp(`Left .*: ${other}, if nobody else has created it`));
  assert.match(stderr, new RegExp(`; policy ${USER} of user ${USER}: access key ${other}, which`));
});

const xmlns = "https://iam.amazonaws.com/doc/2010-05-08/";
/** Ways in which a key is created whose id the run does not learn. */
const LOST: Record<string, Partial<Fault>> = {
  "its answer was lost": { cut: true },
  "its answer held no key": {
    malformedBody:
      `<CreateAccessKeyResponse xmlns="${xmlns}"><CreateAccessKeyResult/></CreateAccessKeyResponse>`,
  },
};

for (const [how, fault] of Object.entries(LOST)) {
  test(`a key of an existing user stays and is named: ${how}`, async (sandbox) => {
    sandbox.account.users.set(USER, createUser(sandbox.account.id, USER));
    sandbox.fail({ operation: "CreateAccessKey", after: true, ...fault });
    const { code, stderr } = await run(CREATE, { sandbox });
    assert.equal(code, 1);
    const [id] = sandbox.account.users.get(USER)!.accessKeys.keys();
    assert.match(
      stderr,
      new RegExp(`perhaps an access key of user ${USER}, since the answer was lost: ${id},`),
    );
  });

  test(`a key of a new user stays, with all that it needs, and is named: ${how}`, async (sandbox) => {
    sandbox.account.buckets.delete("photos");
    sandbox.fail({ operation: "CreateAccessKey", after: true, ...fault });
    const { code, stderr } = await run([...CREATE, "-c"], { sandbox });
    assert.equal(code, 1);
    const user = sandbox.account.users.get(USER)!;
    const [id] = user.accessKeys.keys();
    assert.deepEqual([...user.inlinePolicies.keys()], [USER]);
    assert.ok(sandbox.account.buckets.has("photos"));
    const left = /^Left in the account: (.*)$/m.exec(stderr)![1]!.split("; ");
    assert.match(left[0]!, new RegExp(`^perhaps an access key of user ${USER}.* lost: ${id},`));
    assert.match(left[1]!, new RegExp(`^policy ${USER} of user ${USER}: access key ${id},`));
    assert.match(left[2]!, new RegExp(`^user ${USER}: DeleteConflict`));
    assert.match(left[3]!, /^bucket photos: somebody else/);
    assert.equal(left.length, 4);
  });
}

for (const isNew of [true, false]) {
  const whose = isNew ? "a new" : "an existing";
  test(`a key of ${whose} user that IAM shows late stays, and is named`, async (sandbox) => {
    const user = createUser(sandbox.account.id, USER);
    if (!isNew) sandbox.account.users.set(USER, user);
    sandbox.fail({ operation: "CreateAccessKey", after: true, cut: true });
    let made: [string, ReturnType<typeof createAccessKey>][] = [];
    const keys = () => sandbox.account.users.get(USER)!.accessKeys;
    const hide = () => {
      made = [...keys()];
      keys().clear();
    };
    const show = () => made.forEach(([id, key]) => keys().set(id, key));
    when(sandbox, "ListAccessKeys", hide, isNew ? 1 : 2);
    when(sandbox, "DeleteUserPolicy", show);
    const { code, stderr } = await run(CREATE, { sandbox });
    assert.equal(code, 1);
    assert.equal(keys().size, 1);
    assert.match(
      stderr,
      isNew ? /Left .*user s3\S+: DeleteConflict/ : /Left .*perhaps an access key of user s3/,
    );
  });
}

test("a key that may have been made, but is not to be seen, is named", async (sandbox) => {
  sandbox.account.users.set(USER, createUser(sandbox.account.id, USER));
  sandbox.fail({ operation: "CreateAccessKey", cut: true });
  const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
  const failure = createCredentials(aws, { buckets: ["photos"] }, { patienceMs: 500 });
  await assert.rejects(failure, (error: Error & { hint: string }) => {
    assert.match(error.hint, /Left in the account: perhaps an access key of user/);
    assert.doesNotMatch(error.hint, /Undone: .*access key/);
    return true;
  });
  aws.close();
});

test("a role that another run has made after a failure that passes stays", async (sandbox) => {
  const error = { status: 503, code: "ServiceUnavailable", message: "Try again" };
  sandbox.fail({ operation: "CreateRole", after: true, error });
  sandbox.fail({ operation: "AssumeRole", ...REFUSED });
  const { code, stderr } = await run([...CREATE, "-d", "15m"], { sandbox });
  assert.equal(code, 1);
  assert.ok(sandbox.account.roles.has("s3-credentials.AmazonS3FullAccess"));
  assert.match(stderr, /Left in the account: .*role s3-credentials\.AmazonS3FullAccess: perhaps/);
});

test("a role that another run has found in the meantime, and uses, is not removed", async (sandbox) => {
  const { promise: tried, resolve } = Promise.withResolvers<void>();
  when(sandbox, "AssumeRole", resolve);
  sandbox.fail({ operation: "AssumeRole", delayMs: 1_000, error: REFUSED.error });
  const first = run([...CREATE, "-d", "15m"], { sandbox });
  await tried;
  const second = await run([...CREATE, "-d", "15m", "--read-only"], { sandbox });
  const { code, stderr } = await first;
  assert.equal(code, 1);
  assert.match(
    stderr,
    /Left in the account: role s3-c\S+Access, which others may be using by now$/m,
  );
  await assertWorks(sandbox, second);
});

test("a policy that another run has attached to the new role keeps it there", async (sandbox) => {
  const ROLE = "s3-credentials.AmazonS3FullAccess";
  const arn = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
  when(sandbox, "AttachRolePolicy", () => {
    sandbox.account.roles.get(ROLE)!.attachedPolicies.add(arn);
  });
  const error = { status: 500, code: "InternalFailure", message: "Broken by the test" };
  sandbox.fail({ operation: "AttachRolePolicy", times: Infinity, error });
  const { code, stderr } = await run([...CREATE, "-d", "15m"], { sandbox });
  assert.equal(code, 1);
  assert.ok(sandbox.account.roles.get(ROLE)!.attachedPolicies.has(arn));
  assert.match(stderr, new RegExp(`Left in the account: role ${ROLE}: DeleteConflict`));
});

test("AssumeRole without credentials in its answer is a failure", async (sandbox) => {
  const xmlns = "https://sts.amazonaws.com/doc/2011-06-15/";
  sandbox.fail({
    operation: "AssumeRole",
    malformedBody: `<AssumeRoleResponse xmlns="${xmlns}"><AssumeRoleResult/></AssumeRoleResponse>`,
  });
  const { code, stdout, stderr } = await run([...CREATE, "-d", "15m", "-f", "env"], { sandbox });
  assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
  assert.match(stderr, /Could not assume role .*: the answer held no credentials/);
});

/** An empty first page that says there is more, as IAM may answer. */
function emptyPage(operation: string, list: string): string {
  return `<${operation}Response xmlns="https://iam.amazonaws.com/doc/2010-05-08/">` +
    `<${operation}Result><IsTruncated>true</IsTruncated><Marker></Marker><${list}/>` +
    `</${operation}Result></${operation}Response>`;
}

test("what stands on a later page was there before, and comes back", async (sandbox) => {
  const user = createUser(sandbox.account.id, USER);
  sandbox.account.users.set(USER, user);
  addKey(user.accessKeys);
  user.inlinePolicies.set(USER, '{"Version":"2012-10-17","Statement":[]}');
  const before = sandbox.snapshot();
  const pages = { ListUserPolicies: "PolicyNames", ListAccessKeys: "AccessKeyMetadata" };
  for (const [operation, list] of Object.entries(pages)) {
    sandbox.fail({
      operation,
      malformedBody: emptyPage(operation, list).replace("<Marker></Marker>", "<Marker>0</Marker>"),
    });
  }
  sandbox.fail({ operation: "CreateAccessKey", ...REFUSED });
  const { code, stderr } = await run(CREATE, { sandbox });
  assert.equal(code, 1, stderr);
  assert.deepEqual(sandbox.snapshot(), before);
});
