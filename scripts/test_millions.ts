/**
 * `deno task test:millions [CASES]`: the policy engine against its specification, on cases that no run
 * before had. Prints the seed, with which a failure can be reproduced.
 *
 * @module
 */
// deno-lint-ignore-file no-console

const cases = Deno.args[0] ?? "5000000";
const seed = Deno.env.get("POLICY_SEED") ?? String(Date.now() % 2 ** 32);
console.log(`POLICY_SEED=${seed}`);
const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["test", "-P=tests", "tests/policy/random_test.ts"],
  env: { POLICY_CASES: cases, POLICY_SEED: seed },
}).spawn().status;
Deno.exit(code);
