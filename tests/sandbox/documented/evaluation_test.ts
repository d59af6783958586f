/**
 * The sandbox's verdict on cases that AWS's documentation decides: policies are set up through the
 * API, the request is sent by a client of the AWS SDK, and the answer is the verdict.
 */
import assert from "node:assert/strict";
import { isDenial, type Verdict } from "./harness.ts";
import { GROUPS } from "./cases.ts";
import { KNOWN_DIFFERENCES } from "./differences.ts";
import { openStage } from "./scene.ts";

let tried = 0;

/** A denial for which the documentation gives no reason may name any of the policies. */
function check(actual: Verdict, expected: Verdict, page: string): void {
  const shown = expected === "denied" && isDenial(actual) ? "denied" : actual;
  assert.equal(shown, expected, `${page}\n${shown} !== ${expected}`);
}

Deno.test("documented cases: every one names a page of AWS, none occurs twice", () => {
  const cases = GROUPS.flatMap(({ cases }) => cases);
  assert.ok(cases.length >= 70);
  for (const { page } of [...GROUPS, ...KNOWN_DIFFERENCES]) {
    assert.match(page, /^https:\/\/docs\.aws\.amazon\.com\/(?:[\w-]+\/)+[\w-]+\.html$/);
  }
  for (const { cases, rule } of GROUPS) {
    assert.equal(new Set(cases.map(({ name }) => name)).size, cases.length, rule);
  }
});

for (const { rule, page, cases } of GROUPS) {
  Deno.test(rule, async (t) => {
    await using stage = openStage();
    for (const one of cases) {
      await t.step(one.name, async () => {
        check(await stage.play(one), one.expect, page);
        tried++;
      });
    }
  });
}

for (const one of KNOWN_DIFFERENCES) {
  Deno.test(`known difference: ${one.name}`, async () => {
    await using stage = openStage();
    assert.notEqual(isDenial(one.sandbox), isDenial(one.expect));
    check(await stage.play(one), one.sandbox, `${one.page}\n${one.why}`);
  });
}

Deno.test.afterAll(() => {
  Deno.stdout.writeSync(new TextEncoder().encode(`documented cases: ${tried}\n`));
});
