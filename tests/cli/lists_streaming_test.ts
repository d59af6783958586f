/** Lists as they run: rows as pages arrive, limits, failures in the middle. */
import { IAM_PAGE_SIZE } from "../../lib/aws/listing.ts";
import assert from "node:assert/strict";
import {
  type Fault,
  type RequestRecord,
  type Sandbox,
  startSandbox,
} from "../../lib/sandbox/mod.ts";
import { addBuckets, addManagedPolicy, addRoles, addUsers } from "../support/large_account.ts";
import { readRows } from "../support/delimited.ts";
import { run, sandboxEnv } from "../support/run.ts";

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(name, async () => {
    await using sandbox = await startSandbox();
    await work(sandbox);
  });
}

function fill({ account }: Sandbox, count: number): void {
  addUsers(account, count - 1);
  const { arn } = addManagedPolicy(account, "shared");
  for (const role of addRoles(account, count)) {
    role.inlinePolicies.set("one", "{}").set("two", "{}");
    role.attachedPolicies.add(arn);
  }
  addBuckets(account, count);
}

function count(sandbox: Sandbox, operation: string): number {
  return sandbox.requests.filter((record) => record.operation === operation).length;
}

const FORMATS = [[], ["--nl"], ["--csv"], ["--tsv"]];
const PAGED: Record<string, string> = {
  "list-users": "ListUsers",
  "list-roles": "ListRoles",
  "list-buckets": "ListBuckets",
};
const pageSize = (operation: string) => operation === "ListBuckets" ? 1_000 : IAM_PAGE_SIZE;
const nth = (n: number) => `-${String(n).padStart(4, "0")}`;

for (const [list, operation] of Object.entries(PAGED)) {
  for (const format of FORMATS) {
    const args = [list, ...format];
    test(`${args.join(" ")}: a page is written before the next has come`, async (sandbox) => {
      const size = pageSize(operation);
      fill(sandbox, size + 10);
      sandbox.fail({ operation, occurrence: 2, delayMs: 300 });
      const answered = () =>
        sandbox.requests.filter((one) => one.operation === operation && one.status === 200).length;
      let text = "";
      let pagesBefore = 0;
      const { code } = await run(args, {
        sandbox,
        onStdout: (more) => {
          if (!text.includes(nth(size - 2))) pagesBefore = answered();
          text += more;
        },
      });
      assert.equal(code, 0);
      assert.equal(pagesBefore, 1, "the last row of the first page waited for the second page");
      assert.equal(answered(), 2);
      assert.ok(text.includes(nth(size + 5)));
    });
  }
}

const DETAILED = [["list-roles", "--details"], ["list-user-policies"], [
  "list-buckets",
  "--details",
]];

for (const args of DETAILED) {
  test(`${args.join(" ")}: makes up to sixteen concurrent requests`, async (sandbox) => {
    fill(sandbox, 24);
    for (const user of sandbox.account.users.values()) {
      if (user.userName === "admin") continue;
      for (let n = 0; n < 5; n++) user.inlinePolicies.set(`policy-${n}`, "{}");
    }
    let most = 0;
    sandbox.fail({
      operation: "*",
      times: Infinity,
      delayMs: 5,
      when: () => {
        most = Math.max(most, sandbox.requests.filter(({ status }) => status === 0).length);
        return true;
      },
    });
    const { code, stderr } = await run(args, { sandbox });
    assert.equal(code, 0, stderr);
    assert.equal(most, 16);
  });
}

test("list-roles --details: keeps the order of the list, however late an answer comes", async (sandbox) => {
  fill(sandbox, 40);
  const expected = [...sandbox.account.roles.keys()];
  // Every third role takes long, the first one longest.
  const slow = ["role-0000", ...expected.filter((_, n) => n % 3 === 1)];
  for (const [n, name] of slow.entries()) {
    sandbox.fail({ operation: "ListRolePolicies", when: isAbout(name), delayMs: 100 - 5 * n });
  }
  const { stdout } = await run(["list-roles", "--details", "--nl"], { sandbox });
  const listed = stdout.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(listed.map(({ RoleName }) => RoleName), expected);
  for (const { RoleName, inline_policies } of listed) {
    assert.deepEqual(inline_policies.map((one: { RoleName: string }) => one.RoleName), [
      RoleName,
      RoleName,
    ]);
  }
});

test("list-roles --details: fetches a managed policy once, even if that fails", async (sandbox) => {
  fill(sandbox, 30);
  sandbox.fail({ operation: "GetPolicy", error: DENIED });
  const { code, stdout, stderr } = await run(["list-roles", "--details", "--nl"], { sandbox });
  assert.equal(code, 1);
  assert.equal(count(sandbox, "GetPolicy"), 1);
  assert.equal(stdout.match(/"attached_policies": \{"error": /g)?.length, 30);
  assert.equal(stderr.match(/^Error: /gm)?.length, 30);
});

const DENIED = { status: 403, code: "AccessDenied", message: "Not for you" };
const GONE = { status: 404, code: "NoSuchEntity", message: "It cannot be found." };
const NO_BUCKET = { status: 404, code: "NoSuchBucket", message: "The bucket does not exist" };

/** Whether a request is about a user, role or bucket. */
function isAbout(name: string): (record: RequestRecord) => boolean {
  return ({ permissions }) => permissions.some(({ resource }) => resource.endsWith(name));
}

interface Trouble {
  args: string[];
  fault: Fault;
  /** What is said, besides `Error: `. */
  says: RegExp;
  /** What is still listed; if omitted, all five. */
  listed?: string[];
}

const ROLES = ["role-0000", "role-0001", "role-0002", "role-0003", "role-0004"];
const BUCKETS = ROLES.map((name) => name.replace("role", "bucket"));

const TROUBLES: Trouble[] = [
  {
    args: ["list-roles", "--details"],
    fault: { operation: "ListRolePolicies", when: isAbout("role-0002"), error: DENIED },
    says: /^Could not read the policies of role role-0002: AccessDenied: Not for you$/,
  },
  {
    args: ["list-roles", "--details"],
    fault: { operation: "ListAttachedRolePolicies", when: isAbout("role-0002"), error: GONE },
    says: /^Could not read the attached policies of role role-0002: NoSuchEntity/,
  },
  {
    args: ["list-roles", ...ROLES],
    fault: { operation: "GetRole", when: isAbout("role-0002"), error: DENIED },
    says: /^Could not look at role role-0002: AccessDenied: Not for you$/,
    listed: ROLES.filter((name) => name !== "role-0002"),
  },
  {
    args: ["list-roles", ...ROLES, "--details"],
    fault: { operation: "GetRole", when: isAbout("role-0002"), error: GONE },
    says: /^Role does not exist: role-0002$/,
    listed: ROLES.filter((name) => name !== "role-0002"),
  },
  {
    args: ["list-user-policies"],
    fault: { operation: "ListUserPolicies", when: isAbout("user-0002"), error: DENIED },
    says: /^Could not read the policies of user user-0002: AccessDenied: Not for you$/,
    listed: ["admin", "user-0000", "user-0001", "user-0003"],
  },
  {
    args: ["list-user-policies"],
    fault: { operation: "ListUserPolicies", when: isAbout("user-0002"), error: GONE },
    says: /^User does not exist: user-0002$/,
    listed: ["admin", "user-0000", "user-0001", "user-0003"],
  },
  {
    args: ["list-buckets", "--details"],
    fault: { operation: "GetBucketAcl", when: isAbout("bucket-0002"), error: DENIED },
    says: /^Could not read the ACL of bucket bucket-0002: AccessDenied: Not for you$/,
  },
  {
    args: ["list-buckets", "--details"],
    fault: { operation: "GetBucketLocation", when: isAbout("bucket-0002"), error: NO_BUCKET },
    says: /^Could not read the region of bucket bucket-0002: NoSuchBucket/,
  },
  {
    args: ["list-buckets", "--details"],
    fault: { operation: "GetBucketWebsite", when: isAbout("bucket-0002"), error: DENIED },
    says: /^Could not read the website of bucket bucket-0002: AccessDenied/,
  },
];

for (const { args, fault, says, listed } of TROUBLES) {
  const format = args[0] === "list-user-policies" ? [[]] : FORMATS;
  for (const words of format.map((option) => [...args, ...option])) {
    const what = `${fault.operation} ${fault.error!.code}`;
    test(`${words.join(" ")}: reports ${what}, and lists the rest`, async (sandbox) => {
      fill(sandbox, 5);
      sandbox.fail(fault);
      const { code, stdout, stderr } = await run(words, { sandbox });
      assert.equal(code, 1);
      const errors = stderr.split("\n").filter((line) => line.startsWith("Error: "));
      assert.equal(errors.length, 1, stderr);
      assert.match(errors[0]!.slice("Error: ".length), says);
      const names = namesIn(stdout, words);
      assert.deepEqual(names, listed ?? (args[0] === "list-roles" ? ROLES : BUCKETS));
      if (listed === undefined) assert.equal(stdout.match(/\berror\b/g)?.length, 1);
    });
  }
}

test("list-buckets --details: prints one line a bucket without permissions, the reasons in the rows", async (sandbox) => {
  fill(sandbox, 3);
  const error = (message: string) => ({ ...DENIED, message });
  for (const operation of ["GetBucketLocation", "GetBucketAcl"]) {
    sandbox.fail({ operation, times: 3, error: error(`Not for you: ${operation}`) });
  }
  sandbox.fail({ operation: "GetPublicAccessBlock", times: 3, error: NO_BUCKET });
  const { code, stdout, stderr } = await run(["list-buckets", "--details"], { sandbox });
  assert.equal(code, 1);
  assert.deepEqual(
    stderr.trim().split("\n").sort(),
    BUCKETS.slice(0, 3).map((name) =>
      `Error: Could not read the region, ACL and public access block of bucket ${name}: ` +
      "AccessDenied, NoSuchBucket"
    ),
  );
  const [{ region, bucket_acl, public_access_block, bucket_website }] = JSON.parse(stdout);
  assert.match(region.error, /^Could not read the region of .*: Not for you: GetBucketLocation$/);
  assert.match(bucket_acl.error, /^Could not read the ACL of .*: Not for you: GetBucketAcl$/);
  assert.match(public_access_block.error, /: NoSuchBucket: The bucket does not exist$/);
  assert.equal(bucket_website, null);
});

function namesIn(stdout: string, [command, ...words]: string[]): unknown[] {
  if (command === "list-user-policies") {
    return [...stdout.matchAll(/^User: (.*)$/gm)].map(([, name]) => name);
  }
  const key = command === "list-roles" ? "RoleName" : "Name";
  return readRows(stdout, words.at(-1)).map((row) => row[key]);
}

const MISSING: [args: string[], says: RegExp][] = [
  [["list-roles", "role-0000", "nobody", "role-0001"], /^Error: Role does not exist: nobody\n/],
  [
    ["list-user-policies", "user-0000", "nobody", "user-0001"],
    /^Error: User does not exist: nobody\n/,
  ],
  [
    ["list-buckets", "bucket-0000", "nobody", "bucket-0001"],
    /^Error: Bucket does not exist in this account: nobody\n$/,
  ],
  [
    ["list-buckets", "bucket-0000", "bukcet-0002", "bucket-0001"],
    /^Error: Bucket does not exist in this account: bukcet-0002 - did you mean bucket-0002\?\n$/,
  ],
];

for (const [args, says] of MISSING) {
  test(`${args.join(" ")}: reports the missing one, and lists the others`, async (sandbox) => {
    fill(sandbox, 3);
    const { code, stdout, stderr } = await run(args, { sandbox });
    assert.equal(code, 1);
    assert.match(stderr, says);
    for (const name of [args[1]!, args[3]!]) assert.ok(stdout.includes(name), name);
    assert.ok(!stdout.includes("-0002"));
  });
}

for (const [list, operation] of [...Object.entries(PAGED), ["list-roles --details", "ListRoles"]]) {
  test(`${list}: fails with one error if nothing may be listed`, async (sandbox) => {
    sandbox.fail({ operation: operation!, error: DENIED });
    const { code, stdout, stderr } = await run([...list!.split(" "), "--nl"], { sandbox });
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.match(stderr, /^Error: Could not list \w+: AccessDenied: Not for you\n$/);
  });

  test(`${list}: prints the first page if the second is refused, and fails`, async (sandbox) => {
    const size = pageSize(operation!);
    fill(sandbox, size + 10);
    // Each would be a request.
    for (const role of sandbox.account.roles.values()) role.inlinePolicies.clear();
    sandbox.fail({ operation: operation!, occurrence: 2, error: DENIED });
    const { code, stdout, stderr } = await run([...list!.split(" "), "--nl"], { sandbox });
    assert.equal(code, 1);
    assert.equal(stdout.trim().split("\n").length, size);
    assert.match(stderr, /^Error: Could not list \w+: AccessDenied: Not for you\n$/);
  });
}

const THROTTLED: [args: string[], operations: string[]][] = [
  [["list-users"], ["ListUsers"]],
  [["list-user-policies"], ["ListUserPolicies"]],
  [["list-roles", "--details"], ["ListRoles", "ListRolePolicies", "GetRolePolicy", "GetPolicy"]],
  [["list-buckets", "--details"], ["GetBucketLocation"]],
];

for (const [args, operations] of THROTTLED) {
  const error = args[0] === "list-buckets"
    ? { status: 503, code: "SlowDown", message: "Please reduce your request rate." }
    : { status: 400, code: "Throttling", message: "Rate exceeded" };

  const checkOne = async (operation: string) => {
    await using sandbox = await startSandbox();
    fill(sandbox, 3);
    sandbox.account.users.get("user-0001")!.inlinePolicies.set("one", "{}");
    const undisturbed = await run(args, { sandbox });
    sandbox.fail({ operation, error });
    sandbox.requests.length = 0;
    assert.deepEqual(await run(args, { sandbox }), { ...undisturbed, code: 0, stderr: "" });
    const refused = sandbox.requests.filter(({ errorCode }) => errorCode === error.code);
    assert.deepEqual(refused.map(({ operation }) => operation), [operation]);
  };

  Deno.test(`${args.join(" ")}: lists everything in spite of throttling`, async () => {
    // Side by side: after it was throttled, a command goes slowly for seconds.
    await Promise.all(operations.map(checkOne));
  });
}

test("list-users: stays quiet on a closed pipe, and fetches no further page", async (sandbox) => {
  fill(sandbox, 1_010);
  sandbox.fail({ operation: "ListUsers", occurrence: 2, delayMs: 300 });
  const stdoutError = Object.assign(new Error("Broken pipe"), { name: "BrokenPipe" });
  const ran = await run(["list-users", "--nl"], { sandbox, stdoutError });
  assert.deepEqual(ran, { code: 0, stdout: "", stderr: "" });
});

for (const list of [...Object.keys(PAGED), "list-user-policies"]) {
  test(`${list}: Ctrl-C ends it while it waits for a page`, async (sandbox) => {
    sandbox.fail({ operation: "*", delayMs: 60_000 });
    const interruption = new AbortController();
    const ran = run([list], { sandbox, signal: interruption.signal });
    while (sandbox.requests.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    interruption.abort();
    assert.deepEqual(await ran, { code: 130, stdout: "", stderr: "Error: Interrupted\n" });
  });
}

for (
  const words of [["list-users", "--nl"], ["list-users"], ["list-users", "--csv"], [
    "list-user-policies",
  ]]
) {
  test(`${words.join(" ")} | head -1 in a shell: quiet, exit 0`, async (sandbox) => {
    fill(sandbox, 1_400);
    const tool = `"${Deno.execPath()}" run -A cli.ts ${words.join(" ")}`;
    const { code, stdout, stderr } = await new Deno.Command("bash", {
      args: ["-c", `${tool} | head -1; exit \${PIPESTATUS[0]}`],
      env: sandboxEnv(sandbox),
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assert.deepEqual({ code, stderr: text(stderr) }, { code: 0, stderr: "" });
    assert.equal(text(stdout).split("\n").length, 2);
  });
}
