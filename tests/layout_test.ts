/**
 * The layout: which wing may import which, no circles, and directories and files of a size that can be read.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../", import.meta.url));

/** What each wing may import besides itself. */
const WINGS: Record<string, readonly string[]> = {
  "lib": [],
  "lib/http": ["lib"],
  "lib/policy": ["lib"],
  "lib/aws": ["lib/http", "lib/policy", "lib"],
  "lib/account": ["lib/aws", "lib/policy", "lib"],
  "lib/objects": ["lib/aws", "lib/http", "lib/policy", "lib"],
  "lib/credentials": ["deno.json", "lib/account", "lib/aws", "lib/policy", "lib"],
  "lib/sandbox": ["lib/policy", "lib"],
  "lib/cli": [
    "lib/credentials",
    "lib/objects",
    "lib/account",
    "lib/aws",
    "lib/policy",
    "lib",
    "lib/sandbox/mod.ts",
  ],
};

const MAX_FILES = 24;
const MAX_LINES = 450;

async function* sourceFiles(directory: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(join(ROOT, directory))) {
    // Packages of the peers may be installed among the tests.
    if (name === "node_modules") continue;
    if (isDirectory) yield* sourceFiles(join(directory, name));
    else if (name.endsWith(".ts")) yield join(directory, name);
  }
}

function withoutComments(text: string): string {
  return text.replaceAll(/^\s*(\/\*\*|\*|\/\/).*$/gm, "");
}

/** The project's files that a file names in its imports, types and dynamic imports included. */
function importsOf(file: string, text: string): string[] {
  const specifiers = withoutComments(text).matchAll(/(?:from|import\()\s*"(\.{1,2}\/[^"]+)"/g);
  return [...specifiers].map(([, specifier]) => join(dirname(file), specifier!));
}

function wingOf(file: string): string {
  const [lib, wing] = file.split(/[\\/]/);
  return wing?.endsWith(".ts") ? lib! : `${lib}/${wing}`;
}

const files = await Array.fromAsync(sourceFiles("lib"));
const texts = new Map(
  await Promise.all(
    files.map(async (file) => [file, await Deno.readTextFile(join(ROOT, file))] as const),
  ),
);
const imports = new Map([...texts].map(([file, text]) => [file, importsOf(file, text)]));

Deno.test("layout: every file of lib is in a wing that is named here", () => {
  assert.deepEqual([...new Set(files.map(wingOf))].sort(), Object.keys(WINGS).sort());
});

for (const [wing, allowed] of Object.entries(WINGS)) {
  Deno.test(`layout: ${wing} imports only ${["itself", ...allowed].join(", ")}`, () => {
    for (const file of files.filter((one) => wingOf(one) === wing)) {
      const wrong = imports.get(file)!.filter((target) =>
        wingOf(target) !== wing && !allowed.includes(wingOf(target)) && !allowed.includes(target)
      );
      assert.deepEqual(wrong, [], file);
    }
  });
}

Deno.test("layout: no circle of imports, those of types included", () => {
  const finished = new Set<string>();
  const visit = (file: string, path: readonly string[]) => {
    assert.ok(!path.includes(file), `circle: ${[...path, file].join(" -> ")}`);
    if (finished.has(file)) return;
    for (const target of imports.get(file) ?? []) visit(target, [...path, file]);
    finished.add(file);
  };
  for (const file of files) visit(file, []);
});

Deno.test("layout: directories and files stay small enough to find one's way around", () => {
  const directories = Map.groupBy(files, (file) => dirname(file));
  for (const [directory, members] of directories) {
    assert.ok(members.length <= MAX_FILES, directory);
  }
  for (const [file, text] of texts) assertIsShort(file, text);
});

Deno.test("layout: files of tests, scripts and benchmarks stay small enough, too", async () => {
  for (const directory of ["tests", "scripts", "bench"]) {
    for await (const file of sourceFiles(directory)) {
      assertIsShort(file, await Deno.readTextFile(join(ROOT, file)));
    }
  }
});

function assertIsShort(file: string, text: string): void {
  const count = text.trimEnd().split("\n").length;
  assert.ok(count <= MAX_LINES, `${file} has ${count} lines: more than ${MAX_LINES}, split it`);
}

const PURE = ["lib", "lib/policy"];

Deno.test("layout: lib and lib/policy are pure: no Deno, no SDK, no printing", () => {
  for (const [file, text] of texts) {
    if (!PURE.includes(wingOf(file))) continue;
    assert.doesNotMatch(withoutComments(text), /\bDeno\.|aws-sdk|console\./, file);
  }
});
