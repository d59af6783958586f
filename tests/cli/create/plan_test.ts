/**
 * `create --plan`: looks at the account, changes nothing, and says what a run would do there now.
 */
import assert from "node:assert/strict";
import { connect, describeStep, planCredentials, planForEmptyAccount } from "@s3creds/cli";
import { type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { makeFullUser } from "../../support/full_user.ts";
import { run } from "../../support/run.ts";
import { giveAwayBucket } from "./support.ts";

const VARIANTS: Record<string, string[]> = {
  "a new bucket": ["my-bucket"],
  "an existing bucket": ["old-bucket", "--read-only"],
  "both": ["old-bucket", "my-bucket", "--write-only", "--prefix", "a/"],
  "a website in a region": ["my-bucket", "--website", "--bucket-region", "eu-west-1"],
  "an existing user": ["old-bucket", "--username", "joe"],
  "temporary": ["old-bucket", "my-bucket", "-d", "20m"],
};

/** Operations that change nothing. */
const READING = /^(Head|Get|List)/;

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(`create --plan: ${name}`, async () => {
    await using sandbox = await startSandbox({ buckets: ["old-bucket"] });
    await makeFullUser(sandbox, "joe");
    await work(sandbox);
  });
}

/** The JSON documents of a text, in their order. */
function documents(text: string): string[] {
  return [...text.matchAll(/^\{\n[\s\S]*?^\}/gm)].map(([json]) => JSON.stringify(JSON.parse(json)));
}

for (const [name, args] of Object.entries(VARIANTS)) {
  test(`${name}: changes nothing and says what the run then does`, async (sandbox) => {
    const before = sandbox.snapshot();
    const sent = sandbox.requests.length;
    const plan = await run(["create", ...args, "-c", "--plan"], { sandbox });
    assert.equal(plan.code, 0, plan.stderr);
    const operations = sandbox.requests.slice(sent).map(({ operation }) => operation!);
    assert.ok(operations.length > 0);
    assert.deepEqual(operations.filter((operation) => !READING.test(operation)), []);
    assert.deepEqual(sandbox.snapshot(), before);

    const ran = await run(["create", ...args, "-c"], { sandbox });
    assert.equal(ran.code, 0, ran.stderr);
    // What is said before the first change is said by both.
    assert.ok(ran.stderr.startsWith(plan.stderr), `${ran.stderr}\n${plan.stderr}`);
    const did = ran.stderr.slice(plan.stderr.length);
    const count = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].length;
    for (
      const [would, has] of [
        [/^Would create bucket/gm, /^Created bucket/gm],
        [/^Would create user/gm, /^Created user/gm],
        [/^Would attach policy/gm, /^Attached policy s3/gm],
        [/^Would call create access key/gm, /^Created access key/gm],
        [/^Would assume role/gm, /^Assume role/gm],
      ] as const
    ) assert.equal(count(plan.stdout, would), count(did, has), `${would}`);
    const { account } = sandbox;
    const joe = account.users.get("joe")!;
    const put = [
      ...[...account.buckets.values()].flatMap(({ policy }) => policy ?? []),
      ...[...account.users.values()].flatMap((user) =>
        [...user.inlinePolicies].filter(([name]) => user !== joe || name.startsWith("s3."))
          .map(([, text]) => text)
      ),
      ...[...account.sessions.values()].flatMap(({ policy }) => policy ?? []),
    ];
    assert.deepEqual(documents(plan.stdout), put);
  });
}

test("in an empty account it prints what --dry-run prints", async (sandbox) => {
  const args = ["create", "my-bucket", "-c", "--website"];
  const plan = await run([...args, "--plan"], { sandbox });
  const dryRun = await run([...args, "--dry-run"]);
  assert.equal(plan.stdout, dryRun.stdout);
  assert.equal(plan.stderr, "");
});

test("an existing user: word for word", async (sandbox) => {
  const args = ["create", "old-bucket", "--username", "joe", "--write-only"];
  const { code, stdout, stderr } = await run([...args, "--plan"], { sandbox });
  assert.equal(code, 0);
  assert.equal(
    stdout,
    `Would attach policy called 's3.write-only.old-bucket' to user 'joe', details:
{
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "s3:PutObject"
            ],
            "Resource": [
                "arn:aws:s3:::old-bucket/*"
            ]
        }
    ]
}
Would call create access key for user 'joe'
`,
  );
  assert.match(stderr, /^Warning: The new key can also do what user joe may do by /m);
  assert.match(stderr, /^User already exists: joe, with access key AKIA\w+ \(created /m);
  const silent = await run([...args, "--plan", "--silent"], { sandbox });
  assert.equal(silent.stdout, stdout);
  assert.equal(silent.stderr, stderr.match(/^Warning: .*\n/gm)!.join(""));
});

const ERRORS: Record<string, { args: string[]; spoil?: (sandbox: Sandbox) => void }> = {
  "a missing bucket": { args: ["missing"] },
  "an existing bucket to be opened": { args: ["old-bucket", "-c", "--public"] },
  "a user with two keys": {
    args: ["old-bucket", "--username", "joe"],
    spoil({ account }) {
      const { accessKeys } = account.users.get("joe")!;
      const [key] = accessKeys.values();
      accessKeys.set("AKIA0000000000000000", { ...key!, accessKeyId: "AKIA0000000000000000" });
    },
  },
  "a user with another boundary": {
    args: ["old-bucket", "--username", "joe", "--user-permissions-boundary", "none"],
    spoil({ account }) {
      account.users.get("joe")!.permissionsBoundary =
        "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
    },
  },
  "a new bucket's name that is not allowed": { args: ["Bad_Name", "-c"] },
};

for (const [name, { args, spoil }] of Object.entries(ERRORS)) {
  test(`${name}: ends in the error of a run`, async (sandbox) => {
    spoil?.(sandbox);
    const plan = await run(["create", ...args, "--plan"], { sandbox });
    const ran = await run(["create", ...args], { sandbox });
    assert.notEqual(plan.code, 0);
    assert.deepEqual(plan, ran);
  });
}

test("a bucket of another account is warned of", async (sandbox) => {
  giveAwayBucket(sandbox);
  const { code, stderr } = await run(["create", "old-bucket", "--plan"], { sandbox });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^Warning: Bucket old-bucket belongs to another account/m);
});

test("--dry-run beside it is wrong usage", async () => {
  const { code, stdout, stderr } = await run(["create", "b-1", "--plan", "--dry-run"]);
  assert.deepEqual({ code, stdout }, { code: 2, stdout: "" });
  assert.match(stderr, /Error: --plan cannot be used with --dry-run/);
});

test("planCredentials: returns what the command prints", async (sandbox) => {
  using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
  const request = { buckets: ["old-bucket"], username: "joe" };
  const { steps, notices, warnings } = await planCredentials(aws, request);
  const printed = await run(["create", "old-bucket", "--username", "joe", "--plan"], { sandbox });
  assert.equal(steps.map((step) => `${describeStep(step)}\n`).join(""), printed.stdout);
  const said = [...warnings.map((warning) => `Warning: ${warning}`), ...notices];
  const inCliTerms = (line: string) => line.replace("`username`", "--username");
  assert.equal(said.map((line) => `${inCliTerms(line)}\n`).join(""), printed.stderr);
});

Deno.test("planForEmptyAccount: needs no account, and creates missing buckets", () => {
  const { steps, notices, warnings } = planForEmptyAccount({ buckets: ["b-1"], prefix: "a" }, {
    region: "eu-west-1",
  });
  assert.deepEqual(steps[0], { kind: "create-bucket", bucket: "b-1", region: "eu-west-1" });
  assert.deepEqual(notices, []);
  assert.match(warnings[0]!, /^Prefix does not end in \//);
  assert.throws(() => planForEmptyAccount({ buckets: [] }), { code: "usage" });
});
