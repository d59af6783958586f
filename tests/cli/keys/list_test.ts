/**
 * `list-credentials`: which keys there are, and what they may do.
 */
import assert from "node:assert/strict";
import { connect, type CredentialSummary, listCredentials } from "@s3creds/cli";
import { type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { createAccessKey, createUser } from "../../../lib/sandbox/seed.ts";
import { run } from "../../support/run.ts";

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(`list-credentials: ${name}`, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket", "logs"] });
    await work(sandbox);
  });
}

type Row = Record<keyof CredentialSummary, unknown> & { Warnings: string[]; UserName: string };

async function list(sandbox: Sandbox, ...args: string[]): Promise<Row[]> {
  const { code, stdout, stderr } = await run(["list-credentials", ...args], { sandbox });
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

async function create(sandbox: Sandbox, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(["create", ...args], { sandbox });
  assert.equal(code, 0, stderr);
  return stdout;
}

/** Makes a user with a key by the command, and others that are like it. */
async function createMany(sandbox: Sandbox, names: string[], ...args: string[]): Promise<void> {
  const { account } = sandbox;
  const [first = "", ...others] = names;
  await create(sandbox, ...args, "--username", first);
  for (const name of others) {
    const { userName, userId, arn } = createUser(account.id, name);
    const key = createAccessKey();
    const accessKeys = new Map([[key.accessKeyId, key]]);
    account.users.set(name, { ...account.users.get(first)!, userName, userId, arn, accessKeys });
  }
}

const DAY_MS = 86_400_000;

test("an account without keys of this tool", async (sandbox) => {
  assert.deepEqual(await list(sandbox), []);
});

test("all fields of a key that was used and expires", async (sandbox) => {
  const key = await create(sandbox, "my-bucket", "--read-only", "--expires", "30d", "--tag", "a=b");
  await run(["list-bucket", "my-bucket", "--auth", "key"], { sandbox, files: { key } });
  sandbox.clock.advance(3 * DAY_MS);
  const [row, ...others] = await list(sandbox);
  assert.deepEqual(others, []);
  const { AccessKeyId } = JSON.parse(key);
  const { tags } = sandbox.account.users.get("s3.read-only.my-bucket")!;
  const { CreateDate, LastUsedDate, Expires, ...rest } = row!;
  for (const time of [CreateDate, LastUsedDate, Expires]) assert.match(`${time}`, /\+00:00$/);
  assert.deepEqual(rest, {
    UserName: "s3.read-only.my-bucket",
    AccessKeyId,
    Status: "Active",
    AgeDays: 3,
    LastUsedService: "s3",
    LastUsedRegion: "us-east-1",
    Buckets: ["my-bucket"],
    Permission: "read-only",
    Tags: Object.fromEntries(tags.map(({ key, value }) => [key, value])),
    Warnings: [],
  });
});

test("a key that was never used and never expires has null there", async (sandbox) => {
  await create(sandbox, "my-bucket");
  const [row] = await list(sandbox);
  assert.deepEqual(
    [row?.LastUsedDate, row?.LastUsedService, row?.LastUsedRegion, row?.Expires],
    [null, null, null, null],
  );
});

for (
  const [args, permission] of [
    [["my-bucket"], "read-write"],
    [["my-bucket", "--write-only"], "write-only"],
    [["my-bucket", "--read-only", "--prefix", "a/"], "read-only"],
    [["my-bucket", "logs"], "read-write"],
    [
      ["my-bucket", "--statement", '{"Effect":"Allow","Action":"s3:DeleteBucket","Resource":"*"}'],
      "my-bucket: read-write+delete-bucket, *: delete-bucket",
    ],
  ] as const
) {
  test(`${args.join(" ")}: permission ${permission}`, async (sandbox) => {
    await create(sandbox, ...args);
    const [row] = await list(sandbox);
    assert.equal(row?.Permission, permission);
  });
}

test("what the engine finds, not what the name says", async (sandbox) => {
  await create(sandbox, "my-bucket", "--read-only");
  const { inlinePolicies } = sandbox.account.users.get("s3.read-only.my-bucket")!;
  const Statement = [{
    Effect: "Allow",
    Action: ["s3:ListBucket", "s3:GetObject"],
    Resource: ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"],
  }];
  inlinePolicies.set("more", JSON.stringify({ Version: "2012-10-17", Statement }));
  const [row] = await list(sandbox);
  assert.deepEqual(row?.Buckets, ["logs", "my-bucket"]);
  assert.deepEqual(row?.Warnings, ["More is allowed than the tags say: read-only on logs"]);
});

test("an expired key may do nothing", async (sandbox) => {
  await create(sandbox, "my-bucket", "--expires", "1h");
  sandbox.clock.advance(DAY_MS);
  const [row] = await list(sandbox);
  assert.equal(row?.Permission, "none");
  assert.deepEqual(row?.Warnings, []);
});

test("two active keys, a missing boundary and groups are named", async (sandbox) => {
  await create(sandbox, "my-bucket", "--user-permissions-boundary", "none");
  await create(sandbox, "my-bucket");
  using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
  const iam = await aws.iam();
  await iam.createGroup({ GroupName: "team" });
  const PolicyArn = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
  await iam.attachGroupPolicy({ GroupName: "team", PolicyArn });
  await iam.addUserToGroup({ GroupName: "team", UserName: "s3.read-write.my-bucket" });
  const rows = await list(sandbox);
  assert.equal(rows.length, 2);
  for (const { Warnings } of rows) {
    assert.deepEqual(
      Warnings,
      [
        "The user has two active keys",
        "The user has no permissions boundary",
        `Groups of the user grant more, by ${PolicyArn}`,
        "More is allowed than the tags say: read-write+versions on my-bucket, read-only+versions on " +
        "other buckets",
      ],
    );
  }
});

test("users by their tags or their names; with --all every user", async (sandbox) => {
  await create(sandbox, "my-bucket", "--username", "by-tag");
  await create(sandbox, "my-bucket", "--no-own-tags");
  await create(sandbox, "my-bucket", "--no-own-tags", "--username", "neither");
  const names = async (...args: string[]) =>
    (await list(sandbox, ...args)).map(({ UserName }) => UserName);
  assert.deepEqual(await names(), ["by-tag", "s3.read-write.my-bucket"]);
  assert.deepEqual(await names("--all"), [
    "admin",
    "by-tag",
    "neither",
    "s3.read-write.my-bucket",
  ]);
  assert.deepEqual(await names("--user", "neither"), ["neither"]);
  const [admin] = await list(sandbox, "--user", "admin");
  assert.deepEqual(admin?.Buckets, ["*"]);
  assert.match(String(admin?.Permission), /^read-write\+/);
});

test("users by the names of all kinds of grants", async (sandbox) => {
  for (
    const options of [
      ["--for", "litestream:restore", "my-bucket"],
      ["--no-delete", "my-bucket"],
      ["--grant", "my-bucket/in/:put+list"],
      ["--grant", "my-bucket/in/:read", "--grant", "my-bucket/out/:put"],
    ]
  ) {
    assert.equal((await run(["create", ...options, "--no-own-tags"], { sandbox })).code, 0);
  }
  for (const name of ["s3.backup.my-bucket", "s3.put+list.my-bucket", "s3.get", "s3..my-bucket"]) {
    await create(sandbox, "my-bucket", "--no-own-tags", "--username", name);
  }
  assert.deepEqual((await list(sandbox)).map(({ UserName }) => UserName), [
    "s3.grants.my-bucket",
    "s3.list+put.my-bucket",
    "s3.litestream-restore.my-bucket",
    "s3.read-write-no-delete.my-bucket",
  ]);
});

test("--older-than, --unused-for, --expired and --fail-on-match", async (sandbox) => {
  const old = await create(sandbox, "my-bucket", "--username", "s3.read-write.old");
  await create(sandbox, "my-bucket", "--username", "s3.read-write.ends", "--expires", "20d");
  sandbox.clock.advance(30 * DAY_MS);
  await run(["list-bucket", "my-bucket", "--auth", "key"], { sandbox, files: { key: old } });
  await create(sandbox, "my-bucket", "--username", "s3.read-write.new");
  const names = async (...args: string[]) =>
    (await list(sandbox, ...args)).map(({ UserName }) => UserName.replace("s3.read-write.", ""));
  assert.deepEqual(await names("--older-than", "30d"), ["ends", "old"]);
  assert.deepEqual(await names("--older-than", "31d"), []);
  assert.deepEqual(await names("--unused-for", "7d"), ["ends"]);
  assert.deepEqual(await names("--expired"), ["ends"]);
  const match = await run(["list-credentials", "--expired", "--fail-on-match"], { sandbox });
  assert.equal(match.code, 1);
  assert.equal(match.stderr, "");
  const none = ["list-credentials", "--older-than", "99d", "--fail-on-match"];
  assert.deepEqual(await run(none, { sandbox }), { code: 0, stdout: "[]\n", stderr: "" });
});

test("what may not be read is null, with a warning in its row, and the list goes on", async (sandbox) => {
  const error = { status: 403, code: "AccessDenied", message: "Not for you" };
  await create(sandbox, "my-bucket");
  await create(sandbox, "logs");
  const cases: [operation: string, fields: (keyof Row)[]][] = [
    ["GetUser", ["Tags"]],
    ["ListAccessKeys", ["AccessKeyId", "Status", "CreateDate", "AgeDays"]],
    ["GetAccessKeyLastUsed", ["LastUsedDate"]],
    ["ListUserPolicies", ["Buckets", "Permission"]],
    ["ListGroupsForUser", ["Permission"]],
    ["GetPolicy", ["Permission"]],
  ];
  for (const [operation, fields] of cases) {
    for (const denied of [operation, "GetAccountAuthorizationDetails"]) {
      sandbox.fail({ operation: denied, times: Infinity, error });
    }
    const rows = await list(sandbox);
    sandbox.clearFaults();
    assert.deepEqual(rows.map(({ UserName }) => UserName), [
      "s3.read-write.logs",
      "s3.read-write.my-bucket",
    ], operation);
    for (const row of rows) {
      for (const field of fields) assert.equal(row[field], null, `${operation}: ${field}`);
      assert.ok(row.Warnings.some((text) => /Could not read/.test(text)), operation);
    }
  }
});

test("a user that does not exist is an error, the others are listed", async (sandbox) => {
  await create(sandbox, "my-bucket");
  const args = ["--user", "nobody", "--user", "s3.read-write.my-bucket", "--nl"];
  const { code, stdout, stderr } = await run(["list-credentials", ...args], { sandbox });
  assert.equal(code, 1);
  assert.equal(
    stderr,
    "Error: User does not exist: nobody\n" +
      "To see the users of this account: s3-credentials list-users\n",
  );
  assert.equal(stdout.trim().split("\n").length, 1);
});

test("formats: CSV with all fields, a table for people", async (sandbox) => {
  await create(sandbox, "my-bucket");
  const csv = await run(["list-credentials", "--csv"], { sandbox });
  assert.equal(
    csv.stdout.split("\r\n")[0],
    "UserName,AccessKeyId,Status,CreateDate,AgeDays,LastUsedDate,LastUsedService,LastUsedRegion," +
      "Buckets,Permission,Expires,Tags,Warnings",
  );
  const table = await run(["list-credentials", "--table"], { sandbox });
  assert.match(table.stdout, /^UserName +AccessKeyId +Status +Buckets +Permission +AgeDays\b/);
  assert.match(table.stdout, / my-bucket +read-write +0\b/m);
  await create(sandbox, "my-bucket");
  const { stdout } = await run(["list-credentials", "--table"], { sandbox });
  assert.match(stdout, / The user has two active keys +my-bucket +read-write +0\b/m);
});

test("the same rows whether or not GetAccountAuthorizationDetails may be called", async (sandbox) => {
  await create(sandbox, "my-bucket", "--expires", "30d");
  await create(sandbox, "logs", "--read-only", "--user-permissions-boundary", "none");
  const { users, groups } = sandbox.account;
  const logs = users.get("s3.read-only.logs")!;
  logs.attachedPolicies.add("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess");
  groups.set("readers", {
    groupName: "readers",
    groupId: "AGPAREADERS",
    path: "/",
    arn: "arn:aws:iam::123456789012:group/readers",
    createDate: new Date(),
    inlinePolicies: new Map(),
    attachedPolicies: new Set(["arn:aws:iam::aws:policy/AmazonS3FullAccess"]),
  });
  logs.groups.add("readers");
  const rows = await list(sandbox);
  assert.equal(rows.length, 2);
  for (const [status, code] of [[403, "AccessDenied"], [501, "NotImplemented"]] as const) {
    const error = { status, code, message: "No" };
    sandbox.fail({ operation: "GetAccountAuthorizationDetails", error });
    sandbox.requests.length = 0;
    assert.deepEqual(await list(sandbox), rows);
    assert.ok(sandbox.requests.some(({ operation }) => operation === "ListUsers"));
  }
});

Deno.test("listCredentials: an error between two pages is thrown after the rows before it", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  await create(sandbox, "my-bucket", "--username", "a-user-of-the-first-page");
  const { account } = sandbox;
  for (let index = 0; index < 300; index++) {
    account.users.set(`user-${index}`, createUser(account.id, `user-${index}`));
  }
  const error = { status: 403, code: "AccessDenied", message: "Not any more" };
  sandbox.fail({ operation: "GetAccountAuthorizationDetails", occurrence: 2, error });
  using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
  const names: string[] = [];
  const listing = (async () => {
    for await (const { UserName } of listCredentials(aws)) names.push(UserName);
  })();
  await assert.rejects(listing, { code: "access-denied", message: /Could not list users/ });
  assert.deepEqual(names, ["a-user-of-the-first-page"]);
});

const KEY_CALLS = ["ListAccessKeys", "GetAccessKeyLastUsed"];
const POLICY_CALLS = [
  "ListUserPolicies",
  "GetUserPolicy",
  "ListAttachedUserPolicies",
  "ListGroupsForUser",
];

for (const isDenied of [false, true]) {
  const calls = isDenied
    ? "seven calls a user if the details of all are denied"
    : "two calls a user";
  Deno.test(`listCredentials: ${calls}, each managed policy once, in order, never more at a time than the limit`, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    const names = Array.from({ length: 30 }, (_, index) => `s3.read-only.${100 + index}`);
    await createMany(sandbox, names, "my-bucket", "--read-only");
    const error = { status: 403, code: "AccessDenied", message: "Not for you" };
    if (isDenied) sandbox.fail({ operation: "GetAccountAuthorizationDetails", error });
    sandbox.requests.length = 0;
    using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
    const rows = await Array.fromAsync(listCredentials(aws, { concurrency: 8 }));
    assert.deepEqual(rows.map(({ UserName }) => UserName), names);
    const counts = Map.groupBy(sandbox.requests, ({ operation }) => operation);
    const count = (operation: string) => counts.get(operation)?.length ?? 0;
    for (const operation of ["GetPolicy", "GetPolicyVersion", "GetAccountAuthorizationDetails"]) {
      assert.equal(count(operation), 1, operation);
    }
    // One besides for admin, to see its tags.
    assert.equal(count("GetUser"), isDenied ? names.length + 1 : 0);
    for (const operation of KEY_CALLS) assert.equal(count(operation), names.length, operation);
    for (const operation of POLICY_CALLS) {
      assert.equal(count(operation), isDenied ? names.length : 0, operation);
    }
  });
}

Deno.test("listCredentials: rows come before the last user has been looked at", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  const names = Array.from({ length: 40 }, (_, index) => `s3.read-write.${100 + index}`);
  await createMany(sandbox, names, "my-bucket");
  using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
  sandbox.requests.length = 0;
  for await (const { UserName } of listCredentials(aws, { concurrency: 4 })) {
    assert.equal(UserName, "s3.read-write.100");
    break;
  }
  const seen = sandbox.requests.filter(({ operation }) => operation === "ListAccessKeys").length;
  assert.ok(seen < 20, String(seen));
});

test("throttling is answered by slowing down, and nothing is lost", async (sandbox) => {
  for (const name of ["a", "b", "c"]) {
    await create(sandbox, "my-bucket", "--username", `s3.read-write.${name}`);
  }
  const error = { status: 400, code: "Throttling", message: "Rate exceeded" };
  sandbox.fail({ operation: "GetUser", times: 2, error });
  assert.equal((await list(sandbox)).length, 3);
});
