/**
 * Puts cases to our engine and to one of another maker, and explains each difference by a rule.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type AccessPolicies, type AccessRequest, evaluate } from "@s3creds/cli/policy";
import { runProgram } from "../support.ts";
import { type Case, opinionCases, withStatements } from "./cases.ts";

/**
 * Why an engine decides otherwise than ours. A rule says how the engine reads a case, as a case that
 * our engine reads the same way. It explains a difference only if ours answers that case as theirs has
 * answered the original one, so that a rule can't hide a difference of another kind.
 */
export interface Rule {
  /** What the engine does, and what AWS says. */
  why: string;
  /** AWS's page. */
  page: string;
  /** The case as the engine reads it: the same one where the rule has nothing to say. */
  read: (asked: Case) => Case;
}

/** An engine of another maker. */
export interface Engine {
  name: string;
  /** The command that reads questions as lines, and writes decisions. */
  command: readonly string[];
  /** The line that puts a case to it. */
  question: (asked: Case) => unknown;
  /** Its decision in our words. */
  decision: (line: string) => string;
  /** Our decision, in the words that it has. */
  ours?: (decision: string) => string;
  /** Why it refuses to decide, by what it says. */
  refusals: readonly { says: RegExp; why: string }[];
  rules: readonly Rule[];
}

/** What became of the cases. */
export interface Comparison {
  agree: number;
  /** By rule. */
  differ: Map<string, number>;
  /** By reason. */
  refused: Map<string, number>;
  unexplained: { asked: Case; ours: string; theirs: string }[];
}

function decide({ request, policies }: Case): string {
  return evaluate(request as unknown as AccessRequest, policies as unknown as AccessPolicies)
    .decision;
}

/** Every set of at most three rules, the small ones first. */
function* combinations(rules: readonly Rule[], size: number, from = 0): Generator<Rule[]> {
  if (size === 0) return yield [];
  for (let index = from; index < rules.length; index++) {
    for (const more of combinations(rules, size - 1, index + 1)) yield [rules[index]!, ...more];
  }
}

function explain(asked: Case, theirs: string, engine: Engine): Rule[] | undefined {
  const ours = engine.ours ?? ((decision) => decision);
  const original = JSON.stringify(withStatements(asked, (statement) => statement));
  const changes = (rule: Rule) =>
    JSON.stringify(withStatements(rule.read(asked), (statement) => statement)) !== original;
  const applicable = engine.rules.filter(changes);
  for (let size = 1; size <= Math.min(3, applicable.length); size++) {
    for (const rules of combinations(applicable, size)) {
      const read = rules.reduce((now, rule) => rule.read(now), asked);
      if (ours(decide(read)) === theirs) return rules;
    }
  }
}

/** Asks both about every case. */
export async function compare(engine: Engine, cases: readonly Case[]): Promise<Comparison> {
  const [program = "", ...args] = engine.command;
  const stdin = cases.map((asked) => JSON.stringify(engine.question(asked))).join("\n") + "\n";
  const { code, stdout, stderr } = await runProgram(program, args, { stdin });
  assert.equal(code, 0, stderr);
  const lines = stdout.trimEnd().split("\n");
  assert.equal(lines.length, cases.length, `${engine.name} answers each case`);
  const result: Comparison = { agree: 0, differ: new Map(), refused: new Map(), unexplained: [] };
  const count = (counts: Map<string, number>, name: string) =>
    counts.set(name, (counts.get(name) ?? 0) + 1);
  for (const [index, asked] of cases.entries()) {
    const line = lines[index]!;
    const ours = (engine.ours ?? ((decision) => decision))(decide(asked));
    const refusal = engine.refusals.find(({ says }) => says.test(line));
    const theirs = engine.decision(line);
    if (refusal !== undefined) count(result.refused, refusal.why);
    else if (theirs === ours) result.agree++;
    else {
      const rules = explain(asked, theirs, engine);
      if (rules === undefined) result.unexplained.push({ asked, ours, theirs });
      else for (const { why } of rules) count(result.differ, why);
    }
  }
  return result;
}

/** So many cases must be answered by each engine. */
const ANSWERED = 20_000;
/** Where the random numbers start: another seed finds other odd cases, some without a rule yet. */
const SEED = 20_261_126;

/**
 * The test of an engine: at least 20,000 cases are answered, and each difference has its rule. Prints how
 * many cases there are of each kind.
 */
export function opinionTest(
  engine: Engine,
  missing: string | undefined,
  adapt: Parameters<typeof opinionCases>[2],
  count: number,
): void {
  const name = `evaluate: differs from ${engine.name} only where a rule says why`;
  const fn = async () => {
    const result = await compare(engine, [...opinionCases(SEED, count, adapt)]);
    const answered = count - [...result.refused.values()].reduce((sum, one) => sum + one, 0);
    // deno-lint-ignore no-console
    const print = console.log;
    print(`${engine.name}: ${count} cases, ${answered} answered, ${result.agree} agree`);
    for (const [why, times] of result.refused) print(`  ${times} refused: ${why}`);
    for (const { why, page } of engine.rules) {
      print(`  ${result.differ.get(why) ?? 0} differ: ${why} (${page})`);
    }
    const shown = result.unexplained.slice(0, 5).map((one) => JSON.stringify(one)).join("\n");
    assert.equal(result.unexplained.length, 0, shown);
    assert.ok(answered >= ANSWERED, `${answered} answered`);
    // A rule that explains nothing is one too many.
    for (const { why } of engine.rules) assert.ok(result.differ.has(why), why);
  };
  if (missing === undefined) Deno.test(name, fn);
  else Deno.test({ name: `${name} (skipped: ${missing})`, ignore: true, fn });
}
