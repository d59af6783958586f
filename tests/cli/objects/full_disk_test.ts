/**
 * Standard output that takes nothing, as on a full disk: one clear error, from every kind of output.
 */
import assert from "node:assert/strict";
import { startSandbox } from "../../../lib/sandbox/mod.ts";
import { type Ran, run, sandboxEnv } from "../../support/run.ts";
import { runSequences } from "../../support/several_runs.ts";

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

/** Runs all of them in a process with such an output, in an account with something of every kind. */
async function runAll(): Promise<Ran[]> {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  const opened = ["set-public-access-block", "my-bucket", "--allow-public-access"];
  await run(opened, { sandbox });
  await run(["set-bucket-policy", "my-bucket", "--allow-all-get"], { sandbox });
  await run(["put-object", "my-bucket", "hello.txt", "-"], { sandbox, stdin: "hello" });
  await run(["create", "my-bucket"], { sandbox });
  const place = { cwd: Deno.cwd(), env: sandboxEnv(sandbox) };
  const sequences = LINES.map((line) => ({ ...place, commands: [line.split(" ")] }));
  return await runSequences(sequences, { stdout: "/dev/full" });
}

let all: Promise<Ran[]> | undefined;

for (const [n, line] of LINES.entries()) {
  Deno.test({
    name: `${line}: reports a full disk once`,
    ignore: Deno.build.os !== "linux",
    async fn() {
      const { code, stderr } = (await (all ??= runAll()))[n]!;
      assert.equal(code, 1, stderr);
      assert.match(
        stderr,
        /^Error: Could not write to standard output: no space left on device\n$/m,
      );
      assert.doesNotMatch(stderr, /unexpected|bug/);
    },
  });
}
