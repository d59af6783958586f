/** `lint`: findings as text and as JSON, and the exit code. */
import assert from "node:assert/strict";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { run } from "../support/run.ts";

const GOOD = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/*" }],
});
const MISTYPED = GOOD.replace("s3:GetObject", "s3:ListObjectsV2");
const PUBLIC = GOOD.replace('"Action"', '"Principal":"*","Action"');

Deno.test("lint: a policy without a fault", async () => {
  const ran = await run(["lint", "policy.json"], { files: { "policy.json": GOOD } });
  assert.deepEqual(ran, { code: 0, stdout: "", stderr: "Nothing found\n" });
});

Deno.test("lint: an error is named with its place and what to write, and is exit code 1", async () => {
  const { code, stdout, stderr } = await run(["lint", "policy.json"], {
    files: { "policy.json": MISTYPED },
  });
  assert.equal(code, 1);
  assert.equal(stderr, "");
  assert.match(
    stdout,
    /^policy\.json: Statement\[0\]\.Action: error: AWS has no action s3:ListObjectsV2, as of [\d-]+ \(unknown-action\)\n {4}Write s3:ListBucket\n {4}https:\/\/docs\.aws\.amazon\.com\/\S+\n$/,
  );
});

Deno.test("lint: a warning alone is no failure", async () => {
  const { code, stdout } = await run(["lint", PUBLIC]);
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^JSON: Statement\[0\]\.Principal: warning: .* \(public\)\n {4}https:\S+\n$/,
  );
});

Deno.test("lint: several policies as JSON, one of them piped in", async () => {
  const { code, stdout } = await run(["lint", "-", PUBLIC, "good.json", "--json"], {
    stdin: MISTYPED,
    files: { "good.json": GOOD },
  });
  assert.equal(code, 1);
  const findings = JSON.parse(stdout);
  assert.deepEqual(
    findings.map((one: Record<string, string>) => [one.policy, one.code, one.level]),
    [["standard input", "unknown-action", "error"], ["JSON", "public", "warning"]],
  );
  assert.deepEqual(Object.keys(findings[0]), [
    "policy",
    "code",
    "level",
    "path",
    "message",
    "fix",
    "url",
  ]);
});

Deno.test("lint: --json without findings is an empty array", async () => {
  assert.deepEqual(await run(["lint", GOOD, "--json"]), { code: 0, stdout: "[]\n", stderr: "" });
});

Deno.test("lint: --type says what the policy is for", async () => {
  const { code, stdout } = await run(["lint", GOOD, "--type", "bucket"]);
  assert.equal(code, 1);
  assert.match(stdout, /missing-element/);
});

Deno.test("lint: text that is no JSON is a finding", async () => {
  const { code, stdout } = await run(["lint", "{"]);
  assert.equal(code, 1);
  assert.match(stdout, /^JSON: error: Not JSON: line 1, column 2.* \(invalid-json\)\n/);
});

Deno.test("create, set-bucket-policy: warnings are shown, and the policy is used", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  const wildcard = GOOD.replace("arn:aws:s3:::b/*", "arn:aws:s3:::my-bucket/*").replace(
    /\}\]/,
    ',"Condition":{"StringEquals":{"aws:username":"a*"}}}]',
  );
  const says =
    /StringEquals takes the wildcard in a\* for an ordinary character - Write StringLike$/m;
  const created = await run(["create", "my-bucket", "--policy", wildcard], { sandbox });
  assert.equal(created.code, 0, created.stderr);
  assert.match(created.stderr, /^Warning: --policy: Statement\[0\]\.Condition/);
  assert.match(created.stderr, says);
  const files = {
    "policy.json": wildcard.replace('"Action"', '"Principal":{"AWS":"123456789012"},"Action"'),
  };
  const args = ["set-bucket-policy", "my-bucket", "--policy-file", "policy.json"];
  const set = await run(args, { sandbox, files });
  assert.equal(set.code, 0, set.stderr);
  assert.match(set.stderr, says);
  assert.ok(sandbox.account.buckets.get("my-bucket")!.policy?.includes("a*"));
});
