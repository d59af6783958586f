/** `--dry-run`: every command that changes something shows what it would change, and changes nothing. */
import assert from "node:assert/strict";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { commandsInHelp, optionsInHelp } from "../support/help.ts";
import { run } from "../support/run.ts";

const DENY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{
    Effect: "Deny",
    Principal: "*",
    Action: "s3:RestoreObject",
    Resource: "arn:aws:s3:::my-bucket/*",
  }],
});
const CASES: [line: string, stdout: RegExp, stderr?: RegExp][] = [
  [
    "set-bucket-policy my-bucket --policy-file new.json",
    /^Would set policy:\n\{\n {4}"Version"[^]*s3:PutObjectAcl[^]*\n\.\.\. in place of:\n\{[^]*s3:RestoreObject/,
  ],
  [
    "set-cors-policy my-bucket --allowed-method PUT",
    /^Would set CORS policy for bucket 'my-bucket':\n\[\n {4}\{\n {8}"ID": "set-by-s3-credentials"[^]*"PUT"/,
    /^Warning: this would replace a CORS rule that other tools had set\n$/,
  ],
  [
    "set-public-access-block my-bucket --block-public-acls false",
    /^Would update public access block settings for bucket 'my-bucket': \{"BlockPublicAcls":false,"IgnorePublicAcls":true/,
  ],
  [
    "extend s3.read-write.my-bucket 2999-01-01",
    /^The keys of user s3\.read-write\.my-bucket would expire: 2999-01-01 00:00:00\+00:00 \(before: never\)\n$/,
  ],
  ["revoke-sessions", /^Would revoke all sessions of role s3-credentials\.AmazonS3FullAccess that/],
];

Deno.test("--dry-run: shows what would be changed, and changes nothing", async (t) => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  await run(["create", "my-bucket"], { sandbox });
  await run(["create", "my-bucket", "-d", "15m"], { sandbox });
  const bucket = sandbox.account.buckets.get("my-bucket")!;
  bucket.policy = DENY;
  bucket.cors = [{ ID: "theirs", AllowedMethods: ["GET"], AllowedOrigins: ["*"] }] as never;
  const before = sandbox.snapshot();
  const files = { "new.json": DENY.replace("s3:RestoreObject", "s3:PutObjectAcl") };
  for (const [line, out, err = /^$/] of CASES) {
    await t.step(line, async () => {
      const { code, stdout, stderr } = await run([...line.split(" "), "--dry-run"], {
        sandbox,
        files,
      });
      assert.equal(code, 0, stderr);
      assert.match(stdout, out);
      assert.match(stderr, err);
      assert.deepEqual(sandbox.snapshot(), before);
    });
  }
});

Deno.test("--dry-run: what isn't there is an error, as without it", async () => {
  await using sandbox = await startSandbox();
  for (
    const line of [
      "set-bucket-policy no-such-bucket --allow-all-get",
      "set-cors-policy no-such-bucket",
      "set-public-access-block no-such-bucket --allow-public-access",
      "extend nobody 30d",
      "revoke-sessions --role nobody",
    ]
  ) {
    const { code, stdout, stderr } = await run([...line.split(" "), "--dry-run"], { sandbox });
    assert.deepEqual([code, stdout], [1, ""], line);
    assert.match(stderr, /^Error: (Bucket|User|Role) does not exist: \S+\n/);
  }
});

/** Commands that change nothing, or have another way to look first. */
const WITHOUT = new Set([
  ...["can", "completions", "debug-bucket", "lint", "permissions", "policy", "presets", "presign"],
  ...["sandbox", "whoami"],
  // Its --status says what the next step is.
  "rotate",
  // They use what create would make, which its --dry-run shows.
  ...["exec", "localserver"],
  // put-objects has it, for one file too.
  "put-object",
]);

Deno.test("--dry-run: is an option of every command that changes something", async () => {
  for (const command of await commandsInHelp()) {
    const isExpected = !WITHOUT.has(command) && !/^(list|get)-/.test(command);
    assert.equal((await optionsInHelp(command)).includes("--dry-run"), isExpected, command);
  }
});
