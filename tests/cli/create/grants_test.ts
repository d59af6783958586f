/**
 * `create` with scopes: several prefixes, grants, no deleting; what the credentials can do then.
 */
import assert from "node:assert/strict";
import { connect, createCredentials } from "@s3creds/cli";
import { parseGrant } from "@s3creds/cli/policy";
import { type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";

const FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
const READ_ONLY_ACCESS = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(`create with scopes: ${name}`, async () => {
    await using sandbox = await startSandbox({ buckets: ["photos", "logs"] });
    for (const key of ["a/1", "b/1", "c/1", "index.html"]) {
      await run(["put-object", "photos", key, "-"], { sandbox, stdin: key });
    }
    await work(sandbox);
  });
}

async function create(sandbox: Sandbox, ...args: string[]) {
  const { code, stdout, stderr } = await run(["create", ...args], { sandbox });
  assert.equal(code, 0, stderr);
  /** Whether a command works with these credentials. */
  const can = async (...words: string[]) => {
    const command = [...words, "--auth", "key"];
    const ran = await run(command, {
      sandbox,
      files: { key: stdout, file: "text" },
      stdin: "text",
    });
    if (ran.code !== 0) assert.match(ran.stderr, /Access|denied|403|not authorized/i);
    return ran.code === 0;
  };
  return { can, stderr, printed: JSON.parse(stdout) };
}

const KINDS: Record<string, string[]> = { "permanent": [], "temporary": ["-d", "15m"] };

for (const [kind, options] of Object.entries(KINDS)) {
  test(`two prefixes, ${kind}`, async (sandbox) => {
    const { can } = await create(sandbox, "photos", "--prefix", "a/", "--prefix", "b/", ...options);
    assert.ok(await can("get-object", "photos", "a/1"));
    assert.ok(await can("put-object", "photos", "b/2", "-"));
    assert.ok(await can("list-bucket", "photos", "--prefix", "b/"));
    assert.ok(!await can("get-object", "photos", "c/1"));
    assert.ok(!await can("list-bucket", "photos"));
  });

  test(`grants on a directory, a key and a bucket, ${kind}`, async (sandbox) => {
    const grants = ["photos/a/:list+get", "photos/index.html:put", "logs:write"]
      .flatMap((grant) => ["--grant", grant]);
    const { can } = await create(sandbox, ...grants, ...options);
    assert.ok(await can("get-object", "photos", "a/1"));
    assert.ok(await can("list-bucket", "photos", "--prefix", "a/"));
    assert.ok(!await can("put-object", "photos", "a/1", "-"));
    assert.ok(await can("put-object", "photos", "index.html", "-"));
    assert.ok(!await can("put-object", "photos", "index.html.bak", "-"));
    assert.ok(!await can("get-object", "photos", "index.html"));
    assert.ok(await can("put-object", "logs", "x", "-"));
    assert.ok(!await can("get-object", "logs", "x"));
    assert.ok(!await can("delete-objects", "photos", "a/1"));
  });

  test(`no deleting, ${kind}`, async (sandbox) => {
    const { can } = await create(sandbox, "photos", "--no-delete", ...options);
    assert.ok(await can("put-object", "photos", "a/1", "-"));
    assert.ok(await can("get-object", "photos", "a/1"));
    assert.ok(!await can("delete-objects", "photos", "a/1"));
  });
}

const NAMES: [args: string[], name: string, permission: string, boundary: string][] = [
  [["photos", "--no-delete"], "read-write-no-delete.photos", "list+read+write", FULL_ACCESS],
  [["--grant", "photos/a/:read"], "read-only.photos", "read-only", READ_ONLY_ACCESS],
  [["--grant", "photos/a/:list+get"], "list+get.photos", "read-only", READ_ONLY_ACCESS],
  [["--grant", "photos/a/:get+tag"], "get+tag.photos", "read+tags", FULL_ACCESS],
  [
    ["--grant", "photos:read", "--grant", "logs/a/:put"],
    "grants.photos,logs",
    "read-only write-only",
    FULL_ACCESS,
  ],
];

for (const [args, name, permission, boundary] of NAMES) {
  test(`${args.join(" ")} gives names, tags and a boundary that say so`, async (sandbox) => {
    await create(sandbox, ...args);
    const user = sandbox.account.users.get(`s3.${name}`);
    assert.ok(user, [...sandbox.account.users.keys()].join());
    assert.equal(user.permissionsBoundary, boundary);
    const tag = user.tags.find(({ key }) => key === "s3-credentials:permission");
    assert.equal(tag?.value, permission);
    const [row] = JSON.parse((await run(["list-credentials"], { sandbox })).stdout);
    assert.deepEqual(row.Warnings, []);
  });
}

test("list-credentials sees drift from grants, bucket by bucket", async (sandbox) => {
  await create(sandbox, "--grant", "photos:read", "--grant", "logs:put");
  const user = sandbox.account.users.get("s3.grants.photos,logs")!;
  const policy = [...user.inlinePolicies].find(([name]) => name.endsWith("logs"))!;
  user.inlinePolicies.set(policy[0], policy[1].replace("s3:PutObject", "s3:GetObject"));
  const [row] = JSON.parse((await run(["list-credentials"], { sandbox })).stdout);
  assert.deepEqual(row.Warnings, ["More is allowed than the tags say: read on logs"]);
});

test("a name that is too long is shortened, which is said", async (sandbox) => {
  const buckets = Array.from({ length: 5 }, (_, at) => `a-rather-long-name-${at}`);
  const grants = buckets.flatMap((bucket, at) => ["--grant", `${bucket}:${at ? "get" : "put"}`]);
  const { stderr } = await create(sandbox, "-c", ...grants);
  const [name] = [...sandbox.account.users.keys()].filter((one) => one.startsWith("s3.grants."));
  assert.equal(name?.length, 64);
  assert.match(stderr, new RegExp(`User name shortened to ${name!.replaceAll(".", "\\.")}`));
});

test("many grants are packed into one policy", async (sandbox) => {
  const many = Array.from({ length: 20 }, (_, at) => ["--grant", `photos/dir-${at}/:read-write`]);
  await create(sandbox, ...many.flat());
  const [[, text]] = [...sandbox.account.users.get("s3.read-write.photos")!.inlinePolicies] as [
    [string, string],
  ];
  assert.equal(JSON.parse(text).Statement.length, 3);
});

test("too many grants are refused before any change", async (sandbox) => {
  const before = sandbox.snapshot();
  const many = Array.from({ length: 90 }, (_, at) => ["--grant", `photos/directory-${at}/:get`]);
  const { code, stderr } = await run(["create", ...many.flat()], { sandbox });
  assert.equal(code, 1);
  assert.match(stderr, /AWS allows 2048/);
  assert.deepEqual(sandbox.snapshot(), before);
});

test("--dry-run and --plan show the packed policy", async (sandbox) => {
  const grants = ["--grant", "photos/a/:get", "--grant", "photos/b/:get"];
  for (const option of ["--dry-run", "--plan"]) {
    const { code, stdout } = await run(["create", ...grants, option], { sandbox });
    assert.equal(code, 0);
    assert.match(stdout, /Would create user: 's3\.get\.photos'/);
    assert.equal(stdout.match(/"s3:GetObject"/g)?.length, 1);
  }
});

test("--wait tries only what is allowed", async (sandbox) => {
  for (const grant of ["photos/a/:list", "photos/a/:put", "photos/a/:get", "photos/k:put"]) {
    const { code, stderr } = await run(["create", "--grant", grant, "--wait"], { sandbox });
    assert.equal(code, 0, stderr);
    assert.match(stderr, /The credentials work/);
  }
  assert.equal(sandbox.account.buckets.get("photos")?.objects.has("k"), false);
});

test("a key and a prefix that start with a slash are warned of", async (sandbox) => {
  const { stderr } = await create(sandbox, "--grant", "photos//a/:get", "--grant", "photos//k:get");
  assert.match(stderr, /Prefix starts with \//);
  assert.match(stderr, /Key starts with \//);
});

test("the library takes grants", async (sandbox) => {
  using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
  const grants = [parseGrant("photos/a/:get")];
  const { accessKey } = await createCredentials(aws, { grants });
  assert.equal(accessKey.userName, "s3.get.photos");
  await assert.rejects(createCredentials(aws, { grants, buckets: ["photos"] }), {
    code: "usage",
    message: "grants and buckets cannot be used together",
  });
  const wide = [{ ...grants[0]!, prefix: "a*b" }];
  await assert.rejects(createCredentials(aws, { grants: wide }), { code: "usage" });
  await assert.rejects(createCredentials(aws, { grants: [] }), /No bucket is named/);
});
