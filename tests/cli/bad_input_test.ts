/** Wrong usage ends in one clear message, and nothing is sent. */
import { IAM } from "@aws-sdk/client-iam";
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";
import { run } from "../support/run.ts";
import { ACCOUNT_CASES } from "./bad_input/account.ts";
import { type Case, SECRET } from "./bad_input/case.ts";
import { CREATE_CASES } from "./bad_input/create.ts";
import { KEY_CASES } from "./bad_input/keys.ts";
import { POLICY_CASES } from "./bad_input/policies.ts";
import { USING_CASES } from "./bad_input/using.ts";

const CASES = { ...CREATE_CASES, ...ACCOUNT_CASES, ...POLICY_CASES, ...KEY_CASES, ...USING_CASES };

const sandbox = await startSandbox({ buckets: ["my-bucket", "good-bucket"] });
Deno.test.afterAll(() => sandbox.close());

/** One error, in words for a person, and no secret. */
function checkMessage(stderr: string, says: Case["says"]): void {
  assert.equal(stderr.match(/^Error: /gm)?.length, 1, stderr);
  assert.doesNotMatch(stderr, /^\s+at /m);
  assert.doesNotMatch(stderr, /unexpected|This is a bug/);
  assert.ok(!stderr.includes(SECRET), "the secret is shown");
  const message = stderr.slice(stderr.search(/^Error: /m));
  if (typeof says === "string") assert.ok(message.includes(says), stderr);
  else assert.match(message, says);
}

function escapeName(words: string[]): string {
  return words.map((word) => /^[\w./:=@-]+$/.test(word) ? word : JSON.stringify(word)).join(" ");
}

for (const [group, cases] of Object.entries(CASES)) {
  for (const { args, says, code: expected = 2, ...where } of cases) {
    const given = where.stdin ?? Object.values(where.files ?? where.env ?? {})[0];
    const more = given === undefined ? "" : ` given ${JSON.stringify(given)}`;
    Deno.test(`${group}: ${escapeName(args)}${more}`, async () => {
      const before = sandbox.snapshot();
      // What wrongly passes for good input might serve for ever.
      const end = new AbortController();
      const timer = setTimeout(() => end.abort(), 3_000);
      const { code, stdout, stderr } = await run(args, { sandbox, signal: end.signal, ...where });
      clearTimeout(timer);
      assert.equal(code, expected, stderr);
      assert.equal(stdout, "");
      assert.equal(/^Usage: s3-credentials .*\n/m.test(stderr), expected === 2, stderr);
      checkMessage(stderr, says);
      assert.deepEqual(sandbox.requests, []);
      assert.deepEqual(sandbox.snapshot(), before);
    });
  }
}

/** Reads may be sent for these: only the account shows that they can't be done. */
const AGAINST_THE_ACCOUNT: { name: string; args: string[]; says: RegExp }[] = [
  {
    name: "a policy that does not fit beside those that the user has",
    args: ["create", "my-bucket", "--username", "full"],
    says: /inline policies of user full would take \d+ characters, AWS allows 2048\nNot even one/,
  },
  {
    name: "a bucket that is not there",
    args: ["create", "my-bucket", "no-such-bucket"],
    says: /Bucket does not exist: no-such-bucket - try --create-bucket to create it/,
  },
  {
    name: "a bucket that is there already, to be made public",
    args: ["create", "my-bucket", "-c", "--public"],
    says: /Bucket already exists: my-bucket .*\nOmit them, or name a bucket/,
  },
  {
    name: "another permissions boundary than the user has",
    args: [
      "create",
      "my-bucket",
      "--username",
      "full",
      "--user-permissions-boundary",
      "arn:aws:iam::aws:policy/AmazonS3FullAccess",
    ],
    says: /User full already exists, with no permissions boundary.*\nOmit/,
  },
  {
    name: "a user that is not there, to be deleted",
    args: ["delete-user", "nobody"],
    says: /nobody/,
  },
];

for (const { name, args, says } of AGAINST_THE_ACCOUNT) {
  Deno.test(`against the account: ${name}: one message, nothing changed`, async () => {
    await using own = await startSandbox({ buckets: ["my-bucket"] });
    await fillUser(own);
    const before = own.snapshot();
    const { code, stdout, stderr } = await run(args, { sandbox: own });
    assert.equal(code, 1, stderr);
    assert.equal(stdout, "");
    checkMessage(stderr, says);
    assert.deepEqual(own.snapshot(), before);
  });
}

async function fillUser(sandbox: Sandbox): Promise<void> {
  const iam = new IAM({
    endpoint: sandbox.url,
    region: sandbox.region,
    credentials: sandbox.credentials,
  });
  await iam.createUser({ UserName: "full" });
  const Resource = `arn:aws:s3:::${"x".repeat(1900)}`;
  const Statement = [{ Effect: "Allow", Action: "s3:GetObject", Resource }];
  await iam.putUserPolicy({
    UserName: "full",
    PolicyName: "large",
    PolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement }),
  });
  iam.destroy();
}

Deno.test("sandbox on a port that is taken: one message", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const { code, stdout, stderr } = await run(["sandbox", "--port", String(port)]);
  assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
  checkMessage(stderr, `Port ${port} is in use\nChoose another --port`);
});

Deno.test("there are at least seventy cases, over all commands", () => {
  const all = Object.values(CASES).flat();
  assert.ok(all.length >= 70, `${all.length}`);
  for (const command of ["create", "policy", "whoami", "delete-user", "sandbox"]) {
    assert.ok(all.some(({ args }) => args[0] === command), command);
  }
});
