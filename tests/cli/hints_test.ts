/**
 * The library names its options in backticks, and the command line shows them as its own.
 */
import assert from "node:assert/strict";
import { S3CredentialsError } from "@s3creds/cli";
import { CLI_TERMS, errorText } from "../../lib/cli/output.ts";

/** The source files that know nothing of the command line, without their comments. */
async function* librarySources(directory = "lib"): AsyncGenerator<[path: string, text: string]> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = `${directory}/${name}`;
    if (["lib/cli", "lib/sandbox"].includes(path)) continue;
    if (isDirectory) yield* librarySources(path);
    else {yield [
        path,
        (await Deno.readTextFile(path)).replace(/\/\*\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ""),
      ];}
  }
}

Deno.test("errorText: shows an option of the library as the command line calls it", () => {
  const error = new S3CredentialsError("conflict", "No `such` thing", {
    hint: "Omit `userPermissionsBoundary`, or choose another `username`",
  });
  assert.equal(
    errorText(error),
    "Error: No `such` thing\nOmit --user-permissions-boundary, or choose another --username",
  );
});

Deno.test("CLI_TERMS: holds what the library's messages name in backticks, and nothing else", async () => {
  const named = new Set<string>();
  for await (const [, text] of librarySources()) {
    const strings = [...text.matchAll(/"([^"\n]*)"/g)].map(([, string]) => string!).join("\n");
    for (const [, name] of strings.matchAll(/`(\w+)`/g)) named.add(name!);
    for (const [, name] of text.matchAll(/\\`(\w+)\\`/g)) named.add(name!);
  }
  assert.deepEqual([...named].sort(), Object.keys(CLI_TERMS).sort());
});

/** Options that the aws command has as well, in commands that the library suggests. */
const ALSO_OF_AWS = ["--prefix", "--profile"];

Deno.test("library: names no option of the command line", async () => {
  const flags = Object.values(CLI_TERMS).filter((term) =>
    term.startsWith("--") && !ALSO_OF_AWS.includes(term)
  );
  for await (const [path, text] of librarySources()) {
    assert.deepEqual(flags.filter((flag) => new RegExp(`${flag}\\b(?!-)`).test(text)), [], path);
  }
});
