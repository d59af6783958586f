/**
 * Standard output that takes nothing, as on a full disk: one clear error, from every kind of output.
 */
import assert from "node:assert/strict";
import { startSandbox } from "../../../lib/sandbox/mod.ts";
import { run, sandboxEnv } from "../../support/run.ts";

const LINES = [
  "--help",
  "--version",
  "policy my-bucket",
  "create my-bucket -c --dry-run",
  "completions bash",
  "whoami",
  "list-users",
  "list-roles --details",
  "list-user-policies",
  "list-buckets --csv",
  "list-bucket my-bucket --nl",
  "get-object my-bucket hello.txt",
  "get-bucket-policy my-bucket",
  "debug-bucket my-bucket",
  "delete-objects my-bucket hello.txt --dry-run",
  "put-objects my-bucket deno.json --dry-run",
  "sandbox",
];

/** An account with something to write of every kind. */
async function filledAccount(): Promise<string> {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  const opened = ["set-public-access-block", "my-bucket", "--allow-public-access"];
  await run(opened, { sandbox });
  await run(["set-bucket-policy", "my-bucket", "--allow-all-get"], { sandbox });
  await run(["put-object", "my-bucket", "hello.txt", "-"], { sandbox, stdin: "hello" });
  await run(["create", "my-bucket"], { sandbox });
  return sandbox.save();
}

let state: Promise<string> | undefined;

for (const line of LINES) {
  Deno.test({
    name: `${line}: reports a full disk once`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      await using sandbox = await startSandbox({ state: await (state ??= filledAccount()) });
      const { code, stderr } = await new Deno.Command("sh", {
        args: ["-c", `"$0" run -A cli.ts ${line} > /dev/full`, Deno.execPath()],
        env: sandboxEnv(sandbox),
      }).output();
      const text = new TextDecoder().decode(stderr);
      assert.equal(code, 1, text);
      assert.match(text, /^Error: Could not write to standard output: no space left on device\n$/m);
      assert.doesNotMatch(text, /unexpected|bug/);
    },
  });
}
