/**
 * Resources with many wildcards, as a policy's author may write them to keep the sandbox busy. A matcher
 * that tries every way to divide the key would take 200 to the power of five steps for each of these
 * requests, so that this file would not come to its end.
 */
import assert from "node:assert/strict";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { run } from "../support/run.ts";

const KEY = "a".repeat(200);

for (const [end, code] of [["b", 1], ["", 0]] as const) {
  for (const place of ["Resource", "NotResource", "StringLike"]) {
    const pattern = `*a*a*a*a*a${end}`;
    const isAllowed = (code === 0) !== (place === "NotResource");

    Deno.test(`sandbox: ${place} ${pattern} against a key of 200 a is decided`, async () => {
      await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
      const at = { sandbox, stdin: "content" };
      assert.equal((await run(["put-object", "my-bucket", KEY, "-"], at)).code, 0);
      const resource = `arn:aws:s3:::my-bucket/${pattern}`;
      const statement = place === "StringLike"
        ? {
          Effect: "Allow",
          Action: "s3:ListBucket",
          Resource: "*",
          Condition: { StringLike: { "s3:prefix": pattern } },
        }
        : { Effect: "Allow", Action: "s3:GetObject", [place]: resource };
      const policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
      const made = await run(["create", "my-bucket", "--policy", policy], at);
      assert.equal(made.code, 0, made.stderr);
      const { AccessKeyId, SecretAccessKey } = JSON.parse(made.stdout);
      const line = place === "StringLike"
        ? ["list-bucket", "my-bucket", "--prefix", KEY]
        : ["get-object", "my-bucket", KEY];
      const ran = await run(
        [...line, "--access-key", AccessKeyId, "--secret-key", SecretAccessKey],
        {
          ...at,
          env: { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" },
        },
      );
      assert.equal(ran.code, isAllowed ? 0 : 1, ran.stderr);
      if (!isAllowed) assert.match(ran.stderr, /not authorized to perform: s3:/);
    });
  }
}
