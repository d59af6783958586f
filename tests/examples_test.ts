/**
 * Every TypeScript example of the pages and of the docstrings runs as it stands there; `deno check --doc`
 * checks its types. `deno test --doc` would give each its own worker, which loads the library anew.
 */
import "@s3creds/cli";
import assert from "node:assert/strict";
import { globSync } from "node:fs";

const FILES = globSync(["README.md", "docs/*.md", "*.ts", "lib/**/*.ts"]).sort();

/** Examples marked `ts ignore` are not among them: they need what isn't there. */
const EXAMPLE = /^( \* |)```ts\n(.*?)^\1```$/gms;

function examplesOf(path: string): { line: number; code: string }[] {
  const text = Deno.readTextFileSync(path).replaceAll("\r\n", "\n");
  return [...text.matchAll(EXAMPLE)].map(({ index, 2: code = "" }) => ({
    line: text.slice(0, index).split("\n").length,
    code: path.endsWith(".ts") ? code.replaceAll(/^ \* ?/gm, "") : code,
  }));
}

let count = 0;

for (const path of FILES) {
  for (const { line, code } of examplesOf(path)) {
    count++;
    const url = new URL(`../${path}`, import.meta.url);
    const absolute = code.replaceAll(
      /(?<=from ")\.[^"]+/g,
      (relative) => new URL(relative, url).href,
    );
    // The place tells equal examples apart, which would otherwise be one module and run once.
    const module = `data:text/typescript,${encodeURIComponent(`${absolute}// ${path}:${line}\n`)}`;
    Deno.test(`example: ${path}:${line}`, async () => void await import(module));
  }
}

Deno.test("example: every page and docstring that has one is found", () => {
  assert.ok(count >= 100, String(count));
});
