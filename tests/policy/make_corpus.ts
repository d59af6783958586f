/**
 * Makes `corpus.json` anew: of random cases, the smallest for each reason that a request can be answered
 * for. `deno run -A tests/policy/make_corpus.ts`, then look at what has changed.
 */
import { type AccessPolicies, type AccessRequest, evaluate } from "../../lib/policy/mod.ts";
import { Random } from "./random.ts";
import { randomPolicies, randomRequest } from "./random_cases.ts";
import { specified } from "./specification/evaluation.ts";
import type { SpecifiedPolicies, SpecifiedRequest } from "./specification/types.ts";

interface Case {
  request: SpecifiedRequest;
  policies: SpecifiedPolicies;
}

/** What makes a case another one: the answer, who asks, and the kind of statement that matters most. */
function reasonOf({ request, policies }: Case): string {
  const { decision, missing, statements } = evaluate(
    request as unknown as AccessRequest,
    policies as unknown as AccessPolicies,
  );
  const expected = specified(request, policies);
  if (expected.answer !== decision || expected.statements.length !== statements.length) {
    throw new Error("they differ");
  }
  const effect = decision === "explicitDeny" ? "Deny" : "Allow";
  const last = statements.findLast((statement) => statement.effect === effect)?.type;
  const isForeign = request.resourceAccount === "123456789013";
  return [decision, missing, request.principal.type, isForeign, last].join();
}

/** Without these a case would not be one that can happen. */
const NEEDED = new Set([
  "arn",
  "roleArn",
  "name",
  "type",
  "service",
  "provider",
  "resource",
  "context",
]);

/** Every object or array that is the value without one of its parts. */
function* smaller(value: unknown): Generator<unknown> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      if (value.length > 1) yield value.toSpliced(index, 1);
      for (const less of smaller(item)) yield value.with(index, less);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      const { [key]: _, ...rest } = value as Record<string, unknown>;
      if (!NEEDED.has(key) || typeof item !== "string" && key === "resource") yield rest;
      for (const less of smaller(item)) yield { ...value, [key]: less };
    }
  }
}

/** Takes parts away for as long as the reason stays the same. */
function shrink(one: Case, reason: string): Case {
  for (const less of smaller(one)) {
    try {
      if (reasonOf(less as Case) === reason) return shrink(less as Case, reason);
    } catch {
      // What is left is no case any more.
    }
  }
  return one;
}

const random = new Random(1);
const cases = new Map<string, Case>();
for (let tried = 0; tried < 60_000; tried++) {
  const one = { request: randomRequest(random), policies: randomPolicies(random) };
  const reason = reasonOf(one);
  if (!cases.has(reason)) cases.set(reason, one);
}
const kept = [...cases].sort(([one], [other]) => one < other ? -1 : 1).map(([reason, one]) => {
  const { request, policies } = shrink(one, reason);
  const { decision, missing } = evaluate(
    request as unknown as AccessRequest,
    policies as unknown as AccessPolicies,
  );
  return JSON.stringify({ decision, missing, request, policies });
});
const file = new URL("corpus.json", import.meta.url);
await Deno.writeTextFile(file, `[\n${[...new Set(kept)].join(",\n")}\n]\n`);
