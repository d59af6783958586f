/**
 * `evaluate` against the specification: many policies and requests at random, and the cases that were
 * kept because each is answered for another reason.
 *
 * `deno task test:millions` tries more, from another seed each time. `POLICY_CASES` and `POLICY_SEED` set
 * the number of cases and where they start.
 */
import assert from "node:assert/strict";
import {
  type AccessPolicies,
  type AccessRequest,
  type Decision,
  evaluate,
} from "@s3creds/cli/policy";
import { allActions } from "../../lib/policy/actions.ts";
import { groupActions } from "../../lib/policy/evaluate.ts";
import { RUNS, TURN } from "../support/arbitraries.ts";
import corpus from "./corpus.json" with { type: "json" };
import { Random } from "./random.ts";
import { randomPolicies, randomRequest } from "./random_cases.ts";
import { specified } from "./specification/evaluation.ts";
import type { SpecifiedPolicies, SpecifiedRequest } from "./specification/types.ts";

const CASES = Number(Deno.env.get("POLICY_CASES") ?? 20_000 * RUNS);
const SEED = Number(Deno.env.get("POLICY_SEED") ?? TURN);
/** So many requests are put to the same policies. */
const REQUESTS = 8;

function decide(request: SpecifiedRequest, policies: SpecifiedPolicies): Decision {
  return evaluate(request as unknown as AccessRequest, policies as unknown as AccessPolicies);
}

/** What `evaluate` says, in the form of the specification. */
function found({ decision, statements }: Decision) {
  return {
    answer: decision,
    statements: statements.map(({ name, statement }) => `${name}[${statement}]`),
  };
}

function check(request: SpecifiedRequest, policies: SpecifiedPolicies): Decision {
  const decision = decide(request, policies);
  const actual = found(decision);
  const expected = specified(request, policies);
  if (
    actual.answer !== expected.answer ||
    actual.statements.length !== expected.statements.length ||
    actual.statements.some((statement, index) => statement !== expected.statements[index])
  ) {
    assert.deepEqual(actual, expected, JSON.stringify({ request, policies }));
  }
  return decision;
}

Deno.test(`evaluate: agrees with the specification on ${CASES} cases from seed ${SEED}`, () => {
  const random = new Random(SEED);
  const reasons = new Map<string, number>();
  for (let tried = 0; tried < CASES;) {
    const policies = randomPolicies(random);
    for (let request = 0; request < REQUESTS; request++, tried++) {
      const { decision, missing } = check(randomRequest(random), policies);
      const reason = missing ?? decision;
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
  }
  // Cases that are all refused for the same reason would show nothing.
  for (const reason of ["allowed", "explicitDeny", "identity", "resource", "session"]) {
    assert.ok((reasons.get(reason) ?? 0) > CASES / 100, `${reason}: ${reasons.get(reason)}`);
  }
  assert.equal(reasons.size, 9, [...reasons.keys()].join());
});

Deno.test("groupActions: every action of a group gets the same answer", () => {
  const random = new Random(SEED);
  const actions = allActions().map(({ name }) => name);
  let questions = 0;
  let groups = 0;
  for (let tried = 0; tried < 40 * RUNS; tried++) {
    const policies = randomPolicies(random);
    for (const group of groupActions(actions, policies as unknown as AccessPolicies)) {
      const request = randomRequest(random);
      if (random.chance(0.3)) request.resource = "*";
      const answers = group.map((action) =>
        JSON.stringify(decide({ ...request, action }, policies))
      );
      assert.equal(new Set(answers).size, 1, JSON.stringify({ request, policies, group }));
      questions += group.length;
      groups++;
    }
  }
  assert.equal(questions, 40 * RUNS * actions.length);
  assert.ok(questions > 10 * groups, `${groups} groups`);
});

Deno.test("evaluate: answers each case of the corpus as it was kept", () => {
  assert.ok(corpus.length >= 150);
  for (const { request, policies, decision, missing } of corpus) {
    const made = check(
      request as unknown as SpecifiedRequest,
      policies as unknown as SpecifiedPolicies,
    );
    const kept = { decision, missing: missing ?? undefined };
    assert.deepEqual(
      { decision: made.decision, missing: made.missing },
      kept,
      JSON.stringify(request),
    );
  }
});
