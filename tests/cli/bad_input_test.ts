/** Wrong usage ends in one clear message, and nothing is sent. */
import assert from "node:assert/strict";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { run } from "../support/run.ts";
import { type Case, CASES, SECRET } from "./bad_input_cases.ts";

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

function shown(words: string[]): string {
  return words.map((word) => /^[\w./:=@-]+$/.test(word) ? word : JSON.stringify(word)).join(" ");
}

for (const [group, cases] of Object.entries(CASES)) {
  for (const { args, says, ...where } of cases) {
    const given = where.stdin ?? Object.values(where.files ?? where.env ?? {})[0];
    const more = given === undefined ? "" : ` given ${JSON.stringify(given)}`;
    Deno.test(`${group}: ${shown(args)}${more}`, async () => {
      const before = sandbox.snapshot();
      const { code, stdout, stderr } = await run(args, { sandbox, ...where });
      assert.equal(code, 2, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, /^Usage: s3-credentials .*\n/);
      checkMessage(stderr, says);
      assert.deepEqual(sandbox.requests, []);
      assert.deepEqual(sandbox.snapshot(), before);
    });
  }
}
