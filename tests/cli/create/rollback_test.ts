/**
 * A step of `create` fails: afterwards the account is as before, or stderr names what is left.
 */
import assert from "node:assert/strict";
import { connect, createCredentials } from "@s3creds/cli";
import { type Fault, type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";

const PERMANENT = ["create", "site-one", "site-two", "-c", "--website"];
const TEMPORARY = ["create", "site-one", "-c", "-d", "15m"];

const REFUSED: Partial<Fault> = {
  error: { status: 400, code: "InvalidRequest", message: "Refused by the test" },
};
const BROKEN: Partial<Fault> = {
  times: Infinity,
  error: { status: 500, code: "InternalFailure", message: "Broken by the test" },
};
const ANSWER_LOST: Partial<Fault> = { times: Infinity, after: true, cut: true };

interface Case {
  args: string[];
  operation: string;
  occurrence?: number;
}

const ROLE = "s3-credentials.AmazonS3FullAccess";
const IN_USE = `role ${ROLE}, which others may be using by now`;
/** What stays, by operation and fault: a role or key that others may have found, or created. */
const LEFT: Record<string, string> = {
  "CreateAccessKey ANSWER_LOST": "perhaps an access key of user s3.read-write.site-one,site-two,",
  "AttachRolePolicy ANSWER_LOST": `role ${ROLE}: DeleteConflict`,
  "AssumeRole REFUSED": IN_USE,
  "AssumeRole BROKEN": IN_USE,
  "AssumeRole ANSWER_LOST": IN_USE,
};

const STEPS: Case[] = [
  { args: PERMANENT, operation: "CreateBucket" },
  { args: PERMANENT, operation: "CreateBucket", occurrence: 2 },
  { args: PERMANENT, operation: "PutPublicAccessBlock" },
  { args: PERMANENT, operation: "PutPublicAccessBlock", occurrence: 2 },
  { args: PERMANENT, operation: "PutBucketPolicy" },
  { args: PERMANENT, operation: "PutBucketWebsite" },
  { args: PERMANENT, operation: "CreateUser" },
  { args: PERMANENT, operation: "PutUserPolicy" },
  { args: PERMANENT, operation: "PutUserPolicy", occurrence: 2 },
  { args: PERMANENT, operation: "CreateAccessKey" },
  { args: TEMPORARY, operation: "CreateBucket" },
  { args: TEMPORARY, operation: "CreateRole" },
  { args: TEMPORARY, operation: "AttachRolePolicy" },
  { args: TEMPORARY, operation: "AssumeRole" },
];

for (const [kind, fault] of Object.entries({ REFUSED, BROKEN, ANSWER_LOST })) {
  for (const { args, operation, occurrence } of STEPS) {
    const lifetime = args === PERMANENT ? "permanent" : "temporary";
    const nth = occurrence === undefined ? "" : ` no. ${occurrence}`;
    const left = LEFT[`${operation} ${kind}`];
    const outcome = left === undefined ? "nothing is left" : "what is left is named";
    test(`${lifetime}: ${operation}${nth} fails (${kind}), and ${outcome}`, async (sandbox) => {
      const before = sandbox.snapshot();
      sandbox.fail({ operation, occurrence, ...fault });
      const { code, stdout, stderr } = await run(args, { sandbox });
      assert.equal(code, 1, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, /^Error: Could not /m);
      assert.doesNotMatch(stderr, /^\s+at /m);
      if (left !== undefined) {
        assert.ok(stderr.includes(`Left in the account: ${left}`), stderr);
        removeLeft(sandbox, args);
      }
      assert.deepEqual(sandbox.snapshot(), before, stderr);
    });
  }
}

/** Removes the role, or the user with its key, its policies and its buckets, all of which must be there. */
function removeLeft({ account }: Sandbox, args: string[]): void {
  if (args === TEMPORARY) {
    assert.equal(account.roles.get(ROLE)!.attachedPolicies.size, 1);
    account.roles.delete(ROLE);
    return;
  }
  const user = account.users.get("s3.read-write.site-one,site-two")!;
  assert.deepEqual([user.accessKeys.size, user.inlinePolicies.size], [1, 2]);
  account.users.delete(user.userName);
  for (const bucket of ["site-one", "site-two"]) assert.ok(account.buckets.delete(bucket));
}

test("an answer that got lost once does not stop the run", async (sandbox) => {
  for (const operation of ["CreateBucket", "PutBucketPolicy", "CreateUser", "PutUserPolicy"]) {
    sandbox.fail({ operation, after: true, cut: true });
  }
  const { code, stdout, stderr } = await run(PERMANENT, { sandbox });
  assert.equal(code, 0, stderr);
  const user = sandbox.account.users.get("s3.read-write.site-one,site-two")!;
  assert.deepEqual([...user.accessKeys.keys()], [JSON.parse(stdout).AccessKeyId]);
});

test("an answer to CreateRole that got lost once does not stop the run", async (sandbox) => {
  sandbox.fail({ operation: "CreateRole", after: true, cut: true });
  const { code, stderr } = await run(TEMPORARY, { sandbox });
  assert.equal(code, 0, stderr);
});

test("CreateAccessKey is never sent again after a lost answer", async (sandbox) => {
  // Throttled first, so that a connection would be there to be used again.
  const error = { status: 400, code: "Throttling", message: "Rate exceeded" };
  sandbox.fail({ operation: "CreateAccessKey", error });
  sandbox.fail({ operation: "CreateAccessKey", occurrence: 2, after: true, cut: true });
  const { code } = await run(["create", "site-one", "-c"], { sandbox });
  assert.equal(code, 1);
  const calls = sandbox.requests.filter(({ operation }) => operation === "CreateAccessKey");
  assert.deepEqual(calls.map(({ errorCode }) => errorCode), ["Throttling", undefined]);
});

test("of an existing user no key is removed when an answer was lost", async (sandbox) => {
  await run(["create", "site-one", "-c"], { sandbox });
  const { accessKeys } = sandbox.account.users.get("s3.read-write.site-one")!;
  const [old] = accessKeys.keys();
  sandbox.fail({ operation: "CreateAccessKey", after: true, cut: true });
  const { code, stderr } = await run(["create", "site-one"], { sandbox });
  assert.equal(code, 1);
  assert.equal(accessKeys.size, 2);
  const lost = [...accessKeys.keys()].find((id) => id !== old);
  assert.match(stderr, new RegExp(`Left in the account: perhaps an access key .* lost: ${lost},`));
  assert.doesNotMatch(stderr, new RegExp(`${old},|Undone`));
});

test("a policy that was replaced gets its old text back", async (sandbox) => {
  await run(["create", "site-one", "-c", "--prefix", "a/"], { sandbox });
  const before = sandbox.snapshot();
  sandbox.fail({ operation: "CreateAccessKey", ...REFUSED });
  const { code } = await run(["create", "site-one", "--prefix", "b/"], { sandbox });
  assert.equal(code, 1);
  assert.deepEqual(sandbox.snapshot(), before);
});

test("an existing user's policy is not touched if a bucket can't be created", async (sandbox) => {
  const args = ["create", "site-one", "--username", "joe", "-c"];
  await run(args, { sandbox });
  const before = sandbox.snapshot();
  const sent = sandbox.requests.length;
  sandbox.fail({ operation: "CreateBucket", ...REFUSED });
  const { code } = await run([...args, "site-two", "--read-only"], { sandbox });
  assert.equal(code, 1);
  const operations = sandbox.requests.slice(sent).map(({ operation }) => operation);
  assert.ok(operations.includes("CreateBucket") && !operations.includes("PutUserPolicy"));
  assert.deepEqual(sandbox.snapshot(), before);
});

test("what can't be removed is named", async (sandbox) => {
  sandbox.fail({ operation: "CreateAccessKey", ...REFUSED });
  sandbox.fail({ operation: "DeleteUser", ...BROKEN });
  sandbox.fail({
    operation: "DeleteBucket",
    error: { status: 403, code: "AccessDenied", message: "Not for you" },
  });
  const { code, stdout, stderr } = await run(["create", "site-one", "-c"], { sandbox });
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /Left in the account: .*user s3\.read-write\.site-one/);
  assert.match(stderr, /Left in the account: .*bucket site-one/);
  assert.ok(sandbox.account.users.has("s3.read-write.site-one"));
  assert.ok(sandbox.account.buckets.has("site-one"));
});

test("credentials that can't be written are removed", async (sandbox) => {
  const before = sandbox.snapshot();
  const stdoutError = Object.assign(new Error("Broken pipe"), { name: "BrokenPipe" });
  const { code, stderr } = await run(PERMANENT, { sandbox, stdoutError });
  assert.equal(code, 1);
  assert.match(stderr, /Could not write the credentials: Broken pipe/);
  assert.deepEqual(sandbox.snapshot(), before);
});

const INTERRUPTED = ["CreateBucket", "CreateUser", "PutUserPolicy", "CreateAccessKey"].flatMap(
  (operation) => [{ operation, after: false }, { operation, after: true }],
);

for (const { operation, after } of INTERRUPTED) {
  const when = `${after ? "after" : "before"} ${operation}`;
  test(`Ctrl-C ${when}: exit 130, nothing is left`, async (sandbox) => {
    const before = sandbox.snapshot();
    const interruption = new AbortController();
    sandbox.fail({
      operation,
      after,
      delayMs: 1,
      when: () => {
        interruption.abort();
        return true;
      },
    });
    const { code, stdout, stderr } = await run(["create", "site-one", "-c"], {
      sandbox,
      signal: interruption.signal,
    });
    assert.equal(code, 130, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, /Error: Interrupted\nUndone: /);
    assert.deepEqual(sandbox.snapshot(), before);
  });
}

const SLOW_ERRORS: Record<string, [args: string[], error: Fault["error"]]> = {
  PutUserPolicy: [["-c"], { status: 404, code: "NoSuchEntity", message: "Not to be found" }],
  CreateAccessKey: [["-c"], { status: 400, code: "Throttling", message: "Rate exceeded" }],
  AssumeRole: [["-c", "-d", "15m"], { status: 403, code: "AccessDenied", message: "Not yet" }],
};

for (const [operation, [args, error]] of Object.entries(SLOW_ERRORS)) {
  test(`Ctrl-C during the wait for ${operation}: exit 130, undone`, async (sandbox) => {
    const interruption = new AbortController();
    let attempts = 0;
    const when = () => {
      if (++attempts === 2) setTimeout(() => interruption.abort(), 50);
      return true;
    };
    sandbox.fail({ operation, times: Infinity, error, when });
    const { code, stderr } = await run(["create", "site-one", ...args], {
      sandbox,
      signal: interruption.signal,
      patienceMs: 30_000,
    });
    assert.equal(code, 130, stderr);
    assert.match(stderr, /Error: Interrupted\nUndone: .*bucket site-one\n/);
    assert.match(stderr, new RegExp(`\nCould not .*${error!.message}\n$|is throttling requests`));
  });
}

test("Ctrl-C while the account is looked at ends the run at once", async (sandbox) => {
  const interruption = new AbortController();
  sandbox.fail({
    operation: "HeadBucket",
    until: new Promise(() => {}),
    when: () => {
      interruption.abort();
      return true;
    },
  });
  const { code, stderr } = await run(["create", "site-one", "-c"], {
    sandbox,
    signal: interruption.signal,
  });
  assert.deepEqual({ code, stderr }, { code: 130, stderr: "Error: Interrupted\n" });
  assert.ok(!sandbox.requests.some(({ operation }) => /^(Create|Put)/.test(operation ?? "")));
});

test("a user that AWS does not see yet is waited for", async (sandbox) => {
  sandbox.fail({
    operation: "PutUserPolicy",
    times: 3,
    error: { status: 404, code: "NoSuchEntity", message: "The user cannot be found." },
  });
  const { code, stderr } = await run(["create", "site-one", "-c"], {
    sandbox,
    patienceMs: 30_000,
  });
  assert.equal(code, 0, stderr);
});

test("a role that can't be assumed yet is waited for", async (sandbox) => {
  sandbox.fail({
    operation: "AssumeRole",
    times: 3,
    error: { status: 403, code: "AccessDenied", message: "Not authorized" },
  });
  const { code, stderr } = await run(TEMPORARY, { sandbox, patienceMs: 30_000 });
  assert.equal(code, 0, stderr);
});

test("a user that never becomes visible ends the waiting, and is removed", async (sandbox) => {
  const before = sandbox.snapshot();
  sandbox.fail({
    operation: "PutUserPolicy",
    times: Infinity,
    error: { status: 404, code: "NoSuchEntity", message: "The user cannot be found." },
  });
  const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
  await assert.rejects(
    createCredentials(aws, { buckets: ["site-one"], createBucket: true }, { patienceMs: 300 }),
    { code: "not-found", message: /Could not attach policy/ },
  );
  aws.close();
  assert.deepEqual(sandbox.snapshot(), before);
});

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(`create: ${name}`, async () => {
    await using sandbox = await startSandbox();
    await work(sandbox);
  });
}
