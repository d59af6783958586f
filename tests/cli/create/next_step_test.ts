/**
 * What create says in the end to a person at a terminal.
 */
import assert from "node:assert/strict";
import { startSandbox } from "../../../lib/sandbox/mod.ts";
import { run, type RunOptions } from "../../support/run.ts";

const SECRET = "store the secret, it can't be shown again";
const WAIT = "give the key a few seconds to start working, or use --wait";

const CASES: [args: string[], where: RunOptions, next: RegExp | undefined][] = [
  [[], { isTerminal: true, isStdoutTerminal: true }, new RegExp(`^Next: ${SECRET}; ${WAIT}$`, "m")],
  [[], { isTerminal: true }, new RegExp(`^Next: ${WAIT}$`, "m")],
  [["--wait"], { isTerminal: true, isStdoutTerminal: true }, new RegExp(`^Next: ${SECRET}$`, "m")],
  [["--wait"], { isTerminal: true }, undefined],
  [["-d", "15m"], { isTerminal: true }, /^Next: use all three values, .* until \d{4}-\d\d-\d\d /m],
  [["--silent"], { isTerminal: true, isStdoutTerminal: true }, undefined],
  [["--dry-run"], { isTerminal: true }, undefined],
  [["--plan"], { isTerminal: true }, undefined],
  [[], {}, undefined],
  [[], { isStdoutTerminal: true }, undefined],
];

for (const [args, where, next] of CASES) {
  const streams = Object.keys(where).join(", ") || "no terminal";
  Deno.test(`create ${args.join(" ")}: says the next step at a terminal only: ${streams}`, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    const { code, stderr } = await run(["create", "my-bucket", ...args], { sandbox, ...where });
    assert.equal(code, 0, stderr);
    if (next === undefined) assert.doesNotMatch(stderr, /^Next:/m);
    else assert.match(stderr, next);
    assert.ok((stderr.match(/^Next:/gm)?.length ?? 0) <= 1);
  });
}
