/** Lists: complete, in order, in every format; and what goes wrong in the middle of them. */
import { formatTime } from "../../lib/time.ts";
import { IAM_PAGE_SIZE } from "../../lib/aws/listing.ts";
import assert from "node:assert/strict";
import { bucketColumns, roleColumns, USER_COLUMNS } from "../../lib/cli/lists/account_rows.ts";
import {
  type Account,
  type Role,
  type Sandbox,
  startSandbox,
  type User,
} from "../../lib/sandbox/mod.ts";
import { readRows } from "../support/delimited.ts";
import {
  addBuckets,
  addManagedPolicy,
  addRoles,
  addUsers,
  policyFor,
} from "../support/large_account.ts";
import { run } from "../support/run.ts";

type Row = Record<string, unknown>;

interface Size {
  users: number;
  roles: number;
  buckets: number;
}

/** What an account is listed as. */
interface List {
  args: string[];
  fields: readonly string[];
  rowsOf: (account: Account) => Row[];
  /** The operations that it takes, and how often. */
  requests: (size: Size) => Record<string, number>;
}

function byName<T>(map: Map<string, T>): T[] {
  return [...map].sort(([a], [b]) => a < b ? -1 : 1).map(([, one]) => one);
}

/** The services tell no fractions. */
function toTheSecond(time: Date): string {
  return formatTime(new Date(1000 * Math.floor(Number(time) / 1000)));
}

function userRow(user: User): Row {
  return {
    UserName: user.userName,
    UserId: user.userId,
    Arn: user.arn,
    Path: user.path,
    CreateDate: toTheSecond(user.createDate),
  };
}

function roleRow(role: Role): Row {
  return {
    Path: role.path,
    RoleName: role.roleName,
    RoleId: role.roleId,
    Arn: role.arn,
    CreateDate: formatTime(role.createDate),
    AssumeRolePolicyDocument: JSON.parse(role.assumeRolePolicyDocument),
    ...(role.description !== undefined && { Description: role.description }),
    MaxSessionDuration: role.maxSessionDuration,
  };
}

const MANAGED = ["everyone", "some"];

function managedRow(account: Account, arn: string): Row {
  const policy = account.policies.get(arn)!;
  const createDate = formatTime(policy.createDate);
  return {
    PolicyName: policy.policyName,
    PolicyId: policy.policyId,
    Arn: arn,
    Path: "/",
    DefaultVersionId: "v2",
    AttachmentCount: [...account.roles.values()].filter((one) => one.attachedPolicies.has(arn))
      .length,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    CreateDate: createDate,
    UpdateDate: createDate,
    Tags: [],
    PolicyVersion: {
      Document: policyFor(policy.policyName),
      VersionId: "v2",
      IsDefaultVersion: true,
      CreateDate: createDate,
    },
  };
}

function detailedRoleRow(account: Account, role: Role): Row {
  return {
    ...roleRow(role),
    inline_policies: [...role.inlinePolicies].map(([PolicyName, text]) => ({
      RoleName: role.roleName,
      PolicyName,
      PolicyDocument: JSON.parse(text),
    })),
    attached_policies: [...role.attachedPolicies].map((arn) => managedRow(account, arn)),
  };
}

function bucketRow(bucket: { name: string; creationDate: Date }): Row {
  return { Name: bucket.name, CreationDate: toTheSecond(bucket.creationDate) };
}

function detailedBucketRow(account: Account, name: string): Row {
  const bucket = account.buckets.get(name)!;
  const ID = account.canonicalUserId;
  return {
    ...bucketRow(bucket),
    region: bucket.region,
    bucket_acl: {
      Owner: { ID },
      Grants: [{ Grantee: { ID, Type: "CanonicalUser" }, Permission: "FULL_CONTROL" }],
    },
    public_access_block: bucket.publicAccessBlock ?? null,
    bucket_website: bucket.website === undefined ? null : {
      IndexDocument: { Suffix: bucket.website.indexSuffix },
      ErrorDocument: { Key: bucket.website.errorKey },
      url: `http://${name}.s3-website.${bucket.region}.amazonaws.com/`,
    },
  };
}

const LISTS: List[] = [
  {
    args: ["list-users"],
    fields: USER_COLUMNS.fields,
    rowsOf: (account) => byName(account.users).map(userRow),
    requests: ({ users }) => ({ ListUsers: pages(users) }),
  },
  {
    args: ["list-roles"],
    fields: roleColumns(false).fields,
    rowsOf: (account) => byName(account.roles).map(roleRow),
    requests: ({ roles }) => ({ ListRoles: pages(roles) }),
  },
  {
    args: ["list-roles", "role-0007", "role-0003", "role-0007"],
    fields: roleColumns(false).fields,
    rowsOf: (account) =>
      ["role-0007", "role-0003"].map((name) => ({
        ...roleRow(account.roles.get(name)!),
        RoleLastUsed: {},
      })),
    requests: () => ({ GetRole: 2 }),
  },
  {
    args: ["list-roles", "--details"],
    fields: roleColumns(true).fields,
    rowsOf: (account) => byName(account.roles).map((role) => detailedRoleRow(account, role)),
    requests: ({ roles }) => ({
      ListRoles: pages(roles),
      ListRolePolicies: roles,
      GetRolePolicy: 2 * Math.ceil((roles - FIRST_WITH_POLICIES) / 5),
      ListAttachedRolePolicies: roles,
      GetPolicy: 2,
      GetPolicyVersion: 2,
    }),
  },
  {
    args: ["list-roles", "role-0002", "--details"],
    fields: roleColumns(true).fields,
    rowsOf: (account) => [{
      ...roleRow(account.roles.get("role-0002")!),
      RoleLastUsed: {},
      ...detailedRoleRow(account, account.roles.get("role-0002")!),
    }],
    requests: () => ({
      GetRole: 1,
      ListRolePolicies: 1,
      GetRolePolicy: 2,
      ListAttachedRolePolicies: 1,
      GetPolicy: 1,
      GetPolicyVersion: 1,
    }),
  },
  {
    args: ["list-buckets"],
    fields: bucketColumns(false).fields,
    rowsOf: (account) => byName(account.buckets).map(bucketRow),
    requests: () => ({ ListBuckets: 1 }),
  },
  {
    args: ["list-buckets", "bucket-0015", "bucket-0003"],
    fields: bucketColumns(false).fields,
    rowsOf: (account) =>
      ["bucket-0003", "bucket-0015"].map((name) => bucketRow(account.buckets.get(name)!)),
    requests: () => ({ ListBuckets: 1 }),
  },
  {
    args: ["list-buckets", "--details"],
    fields: bucketColumns(true).fields,
    rowsOf: (account) =>
      byName(account.buckets).map(({ name }) => detailedBucketRow(account, name)),
    requests: ({ buckets }) => ({
      ListBuckets: 1,
      GetBucketLocation: buckets,
      GetBucketAcl: buckets,
      GetPublicAccessBlock: buckets,
      GetBucketWebsite: buckets,
    }),
  },
];

/** Every fifth role from this one on has inline policies, each of which is a request. */
const FIRST_WITH_POLICIES = 2;

async function accountOf({ users, roles, buckets }: Size): Promise<Sandbox> {
  const sandbox = await startSandbox();
  const { account } = sandbox;
  // The administrator is a user too.
  addUsers(account, users - 1);
  const [everyone, some] = MANAGED.map((name) => addManagedPolicy(account, name).arn);
  addRoles(account, roles).forEach((role, n) => {
    for (const kind of n % 5 === FIRST_WITH_POLICIES ? ["first", "second"] : []) {
      role.inlinePolicies.set(kind, JSON.stringify(policyFor(`${kind}-${n}`)));
    }
    role.attachedPolicies.add(everyone!);
    if (n % 3 === 0) role.attachedPolicies.add(some!);
  });
  addBuckets(account, buckets).forEach((name, n) => {
    const bucket = account.buckets.get(name)!;
    if (n % 3 === 0) bucket.website = { indexSuffix: "index.html", errorKey: "error.html" };
    if (n % 4 === 0) bucket.publicAccessBlock = undefined;
    if (n % 20 === 0) bucket.region = "eu-west-1";
  });
  return sandbox;
}

/** Of several pages, but for buckets, a page of which has a thousand. */
const LARGE: Size = { users: 251, roles: 251, buckets: 21 };
/** For the formats that differ only in how a row is written. */
const SMALL: Size = { users: 50, roles: 20, buckets: 21 };
const large = await accountOf(LARGE);
const small = await accountOf(SMALL);
Deno.test.afterAll(() => Promise.all([large.close(), small.close()]).then(() => {}));

function counted(sandbox: Sandbox): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { operation = "?", status } of sandbox.requests) {
    if (status !== 301 && status !== 307) counts[operation] = (counts[operation] ?? 0) + 1;
  }
  return counts;
}

function cellOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : `${value}`;
}

/** A row as CSV and TSV carry it. */
function cellsOf(row: Row, fields: readonly string[]): Row {
  return Object.fromEntries(fields.map((field) => [field, cellOf(row[field])]));
}

for (const list of LISTS) {
  for (const option of ["", "--nl", "--csv", "--tsv"]) {
    const args = [...list.args, ...(option === "" ? [] : [option])];
    Deno.test(`${args.join(" ")}: complete and in order, with no request too many`, async () => {
      const isTable = option === "--csv" || option === "--tsv";
      const isSmall = isTable || (option !== "" && args.includes("--details"));
      const sandbox = isSmall ? small : large;
      const rows = list.rowsOf(sandbox.account);
      sandbox.requests.length = 0;
      const { code, stdout, stderr } = await run(args, { sandbox });
      assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
      assert.deepEqual(counted(sandbox), list.requests(isSmall ? SMALL : LARGE));
      const read = readRows(stdout, option);
      const expected = isTable ? rows.map((row) => cellsOf(row, list.fields)) : rows;
      assert.deepEqual(read, expected);
      const keys = (all: Row[]) => all.map((row) => Object.keys(row));
      assert.deepEqual(keys(read), keys(expected));
    });
  }
}

Deno.test("list-users: prints JSON in the layout of json.dumps(indent=2)", async () => {
  const { stdout } = await run(["list-users"], { sandbox: large });
  assert.equal(stdout, `${JSON.stringify(byName(large.account.users).map(userRow), null, 2)}\n`);
});

Deno.test("list-user-policies: prints users, names and documents as the Python tool does", async () => {
  await using sandbox = await startSandbox();
  const [first, second] = addUsers(sandbox.account, 3);
  first!.inlinePolicies.set("one", JSON.stringify(policyFor("one")));
  first!.inlinePolicies.set("two", JSON.stringify(policyFor("two")));
  second!.inlinePolicies.set("three", JSON.stringify(policyFor("three")));
  const printed = (name: string) =>
    `PolicyName: ${name}\n${JSON.stringify(policyFor(name), null, 4)}\n`;
  const texts: Record<string, string> = {
    "admin": "User: admin\n",
    "user-0000": `User: user-0000\n${printed("one")}${printed("two")}`,
    "user-0001": `User: user-0001\n${printed("three")}`,
    "user-0002": "User: user-0002\n",
  };
  for (
    const [named, listed] of [
      [[], ["admin", "user-0000", "user-0001", "user-0002"]],
      [["user-0001", "user-0000", "user-0001"], ["user-0001", "user-0000"]],
    ]
  ) {
    const ran = await run(["list-user-policies", ...named!], { sandbox });
    assert.deepEqual(ran, {
      code: 0,
      stdout: listed!.map((name) => texts[name]).join(""),
      stderr: "",
    });
  }
});

Deno.test("list-user-policies: lists those of all users of several pages", async () => {
  large.requests.length = 0;
  const { code, stdout } = await run(["list-user-policies"], { sandbox: large });
  assert.equal(code, 0);
  assert.deepEqual(
    stdout,
    byName(large.account.users).map((u) => `User: ${u.userName}\n`).join(""),
  );
  assert.deepEqual(counted(large), {
    ListUsers: pages(LARGE.users),
    ListUserPolicies: LARGE.users,
  });
});

/** How many requests a listing of IAM takes. */
function pages(entries: number): number {
  return Math.ceil(entries / IAM_PAGE_SIZE);
}

const PAGED: [args: string[], fill: (account: Account) => unknown, requests: unknown][] = [
  [["list-roles"], (account) => addRoles(account, 1_001), { ListRoles: pages(1_001) }],
  [["list-buckets"], (account) => addBuckets(account, 2_001), { ListBuckets: 3 }],
  [["list-users"], (account) => addUsers(account, 1_000), { ListUsers: pages(1_001) }],
];

for (const [args, fill, requests] of PAGED) {
  Deno.test(`${args}: follows all pages`, async () => {
    await using sandbox = await startSandbox();
    fill(sandbox.account);
    const count = args[0] === "list-buckets" ? 2_001 : 1_001;
    const { stdout } = await run([...args, "--nl"], { sandbox });
    assert.equal(stdout.match(/\n/g)?.length, count);
    assert.equal(new Set(stdout.split("\n")).size, count + 1);
    assert.deepEqual(counted(sandbox), requests);
  });
}

Deno.test("list-user-policies: lists the policies beyond a page", async () => {
  await using sandbox = await startSandbox();
  const [role] = addRoles(sandbox.account, 1);
  for (let n = 0; n < 251; n++) role!.inlinePolicies.set(`policy-${n}`, "{}");
  const { stdout } = await run(["list-roles", "--details", "--nl"], { sandbox });
  assert.equal(JSON.parse(stdout).inline_policies.length, 251);
  assert.equal(counted(sandbox).ListRolePolicies, pages(251));
});

const EMPTY: [option: string[], rowless: (fields: readonly string[]) => string][] = [
  [[], () => "[]\n"],
  [["--nl"], () => ""],
  [["--csv"], (fields) => `${fields.join(",")}\r\n`],
  [["--tsv"], (fields) => `${fields.join("\t")}\r\n`],
];

for (const { args, fields } of LISTS.filter(({ args }) => !args.some((word) => /\d/.test(word)))) {
  if (args[0] === "list-users") continue; // The caller is a user already.
  for (const [option, rowless] of EMPTY) {
    Deno.test(`${[...args, ...option].join(" ")}: prints an empty list if there is nothing to list`, async () => {
      await using sandbox = await startSandbox();
      const ran = await run([...args, ...option], { sandbox });
      assert.deepEqual(ran, { code: 0, stdout: rowless(fields), stderr: "" });
    });
  }
}
