/**
 * Command lines that nobody thought of: whatever is typed ends in one clear message, and what the input
 * alone shows to be wrong sends nothing.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { run } from "../support/run.ts";
import { anyCharacter, printable } from "../support/arbitraries.ts";

const RUNS = 400;

/** Without those that serve until they are stopped. */
const COMMANDS = [
  "create",
  "policy",
  "whoami",
  "delete-user",
  "list-users",
  "list-roles",
  "list-user-policies",
  "list-buckets",
  "debug-bucket",
  "get-bucket-policy",
  "set-bucket-policy",
  "get-cors-policy",
  "set-cors-policy",
  "get-public-access-block",
  "set-public-access-block",
  "list-bucket",
  "get-object",
  "delete-objects",
  "completions",
  "no-such-command",
];

const OPTIONS = [
  "--read-only",
  "--write-only",
  "--prefix",
  "--duration",
  "-d",
  "--format",
  "--statement",
  "--policy",
  "--username",
  "--user-permissions-boundary",
  "--role-arn",
  "--bucket-region",
  "--public-bucket",
  "--public",
  "-c",
  "--dry-run",
  "--auth",
  "--access-key",
  "--secret-key",
  "--session-token",
  "--region",
  "--endpoint-url",
  "--profile-name",
  "--nl",
  "--csv",
  "--details",
  "--allowed-method",
  "--max-age-seconds",
  "--block-public-acls",
  "--allow-public-access",
  "--policy-file",
  "--allow-all-get",
  "--urls",
  "--silent",
  "--",
  "--no-such-option",
];

const oddText = fc.oneof(
  fc.constantFrom(
    ...[
      "",
      "*",
      "a*b",
      "${aws:username}",
      "..",
      "/",
      "my-bucket",
      "MY_BUCKET",
      "s3://b",
      "15m",
      "1h",
    ],
    ...[
      "{}",
      "[",
      '{"Statement":[]}',
      '{"Effect":"Allow"}',
      "no/such/file",
      "-",
      ".",
      "true",
      "GET",
    ],
    ...["http://", "localhost:1", "eu-west-1", "arn:aws:iam::1:role/r", "none", "json", "bash"],
  ),
  printable({ minLength: 0, maxLength: 12 }),
  fc.string({ unit: anyCharacter, maxLength: 6 }),
);

const commandLine = fc.tuple(
  fc.constantFrom(...COMMANDS),
  fc.array(fc.oneof(oddText, fc.constantFrom(...OPTIONS)), { maxLength: 6 }),
).map(([command, rest]) => [command, ...rest]);

Deno.test(`generated input: ${RUNS} command lines, each with one clear end`, async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  const ends = new Map<number, number>();
  await fc.assert(
    fc.asyncProperty(commandLine, async (args) => {
      const soFar = sandbox.requests.length;
      const { code, stdout, stderr } = await run(args, { sandbox, stdin: "not JSON" });
      ends.set(code, (ends.get(code) ?? 0) + 1);
      const story = `${JSON.stringify(args)}\nexit ${code}\n${stderr}`;
      assert.ok([0, 1, 2].includes(code), story);
      assert.doesNotMatch(stderr, /^\s+at /m, story);
      assert.doesNotMatch(stderr, /This is a bug/, story);
      if (code === 0) return;
      assert.match(stderr, /^Error: ./m, story);
      if (code === 2) {
        assert.equal(stdout, "", story);
        assert.equal(stderr.match(/^Error: /gm)?.length, 1, story);
        assert.equal(sandbox.requests.length, soFar, story);
      }
    }),
    { numRuns: RUNS },
  );
  assert.ok((ends.get(2) ?? 0) > RUNS / 4, "most of it must be wrong, or this shows little");
});
