// deno-lint-ignore-file no-control-regex -- escape sequences are what this is about
/**
 * The help at terminals of several widths, in bold and without.
 */
import assert from "node:assert/strict";
import { commandsInHelp } from "../support/help.ts";
import { run } from "../support/run.ts";

const PAGES = [["--help"], ...(await commandsInHelp()).map((name) => [name, "--help"])];

/** The words of a page, without the line ends of command lines. */
function wordsOf(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "\\");
}

for (const columns of [40, 80, 99, 120]) {
  Deno.test(`help: at ${columns} columns no line is longer, no word is cut`, async () => {
    const width = Math.min(columns, 100);
    for (const args of PAGES) {
      const { stdout } = await run(args, { isStdoutTerminal: true, columns });
      for (const line of stdout.split("\n")) {
        const isWord = wordsOf(line.trim()).length === 1;
        assert.ok(line.length <= width || isWord, line);
      }
      assert.deepEqual(wordsOf(stdout), wordsOf((await run(args)).stdout), args.join(" "));
    }
  });
}

Deno.test("help: at 120 columns the lines of a terminal are up to 100 long, piped 80", async () => {
  const longest = (text: string) => Math.max(...text.split("\n").map((line) => line.length));
  const wide = await run(["create", "--help"], { isStdoutTerminal: true, columns: 120 });
  assert.ok(longest(wide.stdout) > 90, `${longest(wide.stdout)}`);
  assert.ok(longest((await run(["create", "--help"], { columns: 120 })).stdout) <= 80);
});

Deno.test("help: at 40 columns an example is still one command line", async () => {
  const args = ["create", "--help"];
  const { stdout } = await run(args, { isStdoutTerminal: true, columns: 40 });
  assert.match(stdout, /^ {4}s3-credentials create \\\n {6}my-new-bucket -c$/m);
});

Deno.test("help: in an example that is broken, an option keeps its value", async () => {
  const { stdout } = await run(["presign", "--help"]);
  assert.match(stdout, /--method PUT \\\n {6}--expires 10m --content-type/);
});

Deno.test("help: a terminal of unknown width has 80 columns", async () => {
  for (const columns of [undefined, 0]) {
    const { stdout } = await run(["create", "--help"], { isStdoutTerminal: true, columns });
    assert.equal(stdout, (await run(["create", "--help"])).stdout);
  }
});

const BOLD = /\x1b\[1m([^\x1b]*)\x1b\[0m/g;

Deno.test("help: headings are bold on a terminal, nothing else is", async () => {
  const { stdout } = await run(["create", "--help"], { isStdoutTerminal: true, hasColor: true });
  const bold = [...stdout.matchAll(BOLD)].map(([, text]) => text);
  assert.deepEqual(bold, [
    ...["Usage:", "Permissions:", "Buckets:", "User or role:", "Output:"],
    ...["AWS options:", "General options:"],
  ]);
  assert.equal(stdout.replace(BOLD, "$1"), (await run(["create", "--help"])).stdout);
});

for (const where of [{ hasColor: true }, { isStdoutTerminal: true }] as const) {
  Deno.test(`help: no bold with ${Object.keys(where)} alone`, async () => {
    const { stdout } = await run(["--help"], where);
    assert.equal(stdout, (await run(["--help"])).stdout);
  });
}

for (const args of [["--no-color", "--help"], ["create", "--help", "--no-color"]]) {
  Deno.test(`help: ${args.join(" ")} has no bold`, async () => {
    const { stdout } = await run(args, { isStdoutTerminal: true, hasColor: true });
    assert.doesNotMatch(stdout, /\x1b/);
  });
}

Deno.test("help: more than a dozen options are grouped, those of AWS after the command's own", async () => {
  const headings = async (command: string) => {
    const { stdout } = await run([command, "--help"]);
    return [...stdout.matchAll(/^(\w[\w ]*):\n {2}\S/gm)].map(([, title]) => title);
  };
  assert.deepEqual(await headings("whoami"), ["Options"]);
  assert.deepEqual(await headings("put-object"), ["Options", "AWS options", "General options"]);
});

Deno.test("errors: red on a terminal that shows colors, warnings yellow", async () => {
  const terminal = { isTerminal: true, hasColor: true };
  const error = await run(["policy", "x"], terminal);
  assert.match(error.stderr, /\n\x1b\[31mError:\x1b\[0m Invalid bucket name "x"/);
  const warned = ["policy", "my-bucket", "--prefix", "foo"];
  const warning = await run(warned, terminal);
  assert.match(warning.stderr, /^\x1b\[33mWarning:\x1b\[0m /);
  assert.doesNotMatch(warning.stdout, /\x1b/);
  for (const [args, where] of [[[...warned, "--no-color"], terminal], [warned, {}]] as const) {
    assert.match((await run(args, where)).stderr, /^Warning: /);
  }
});

Deno.test("docs/security.md: says of every command what it does to an account", async () => {
  const [, table = ""] = (await Deno.readTextFile("docs/security.md")).split("| command ");
  const [rows = ""] = table.split("\n\n");
  const named = rows.split("\n").flatMap((
    row,
  ) => [...(row.split("|")[1] ?? "").matchAll(/`(.*?)`/g)])
    .map(([, name]) => name!);
  const isNamed = (command: string) =>
    named.some((name) =>
      name.endsWith("…") ? command.startsWith(name.slice(0, -1)) : name === command
    );
  assert.deepEqual((await commandsInHelp()).filter((command) => !isNamed(command)), []);
});
