/**
 * What the library exports: no more than a reader can take in, and nothing behind the policies.
 */
import assert from "node:assert/strict";

const MAX_EXPORTS = 100;

async function deno(...args: string[]): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), { args, stderr: "inherit" });
  const { success, stdout } = await command.output();
  assert.ok(success, args.join(" "));
  return new TextDecoder().decode(stdout);
}

/** The names of functions, classes, constants and types. */
async function exportsOf(path: string): Promise<string[]> {
  const { nodes } = JSON.parse(await deno("doc", "--json", path));
  const [{ symbols }] = Object.values<{ symbols: { name: string }[] }>(nodes) as [
    { symbols: { name: string }[] },
  ];
  return [...new Set(symbols.map(({ name }) => name))].sort();
}

Deno.test(`mod.ts: exports at most ${MAX_EXPORTS} names`, async () => {
  const names = await exportsOf("mod.ts");
  assert.ok(names.length <= MAX_EXPORTS, `${names.length}: ${names.join(" ")}`);
});

Deno.test("policy: loads nothing but its own files and those of lib, no package and no built-in module", async () => {
  const { modules } = JSON.parse(await deno("info", "--json", "lib/policy/mod.ts"));
  assert.ok(modules.length > 5);
  for (const { specifier } of modules) {
    assert.match(specifier, /^file:.*\/lib\/(?:policy\/)?\w+\.ts$/);
  }
});
