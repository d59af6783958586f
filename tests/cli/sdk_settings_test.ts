/** Settings that only the SDK's clients heed. */
import assert from "node:assert/strict";
import { startSandbox } from "@s3creds/cli/sandbox";
import { run } from "../support/run.ts";

const NONSENSE = {
  AWS_MAX_ATTEMPTS: "many",
  AWS_RETRY_MODE: "fast",
  AWS_REQUEST_CHECKSUM_CALCULATION: "never",
  AWS_S3_USE_ARN_REGION: "perhaps",
};

Deno.test("settings of the SDK's clients that make no sense stop no command that uses none of them", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  for (
    const [line, operation, stdin] of [
      ["whoami", "GetCallerIdentity"],
      ["put-object my-bucket key -", "PutObject", "content"],
      ["get-object my-bucket key", "GetObject"],
      ["list-bucket my-bucket", "ListObjectsV2"],
      ["delete-objects my-bucket key", "DeleteObjects"],
      ["delete-bucket my-bucket", "DeleteBucket"],
    ] as const
  ) {
    const { code, stderr } = await run(line.split(" "), { sandbox, stdin, env: NONSENSE });
    assert.equal(code, 0, `${line}: ${stderr}`);
    assert.equal(sandbox.requests.at(-1)?.operation, operation);
  }
  assert.equal(sandbox.account.buckets.size, 0);
});

Deno.test("settings of the SDK's clients that make no sense stop a command that uses one, before anything is sent", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  for (
    const line of [
      "create my-bucket",
      "list-users",
      "whoami --verbose",
      "delete-user a b",
      "delete-user a b --dry-run",
      "list-roles a b",
      "list-user-policies a b",
      "list-buckets my-bucket your-bucket --details",
      "list-credentials --user a --user b",
      "disable-key AKIAEXAMPLE1EXAMPLE1 AKIAEXAMPLE2EXAMPLE2",
      "extend a 1d",
      "prune --expired --yes",
      "can --user a",
    ]
  ) {
    const { code, stdout, stderr } = await run(line.split(" "), { sandbox, env: NONSENSE });
    assert.deepEqual([code, stdout], [2, ""], line);
    assert.match(
      stderr,
      /^Error: Invalid value of AWS_MAX_ATTEMPTS: expected a number from 1 up$/m,
    );
    assert.deepEqual(sandbox.requests, []);
  }
});
