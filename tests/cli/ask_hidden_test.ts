/** What is typed on a terminal without being shown; `tests/peers` has a real one. */
import assert from "node:assert/strict";
import { readHiddenLine } from "../../lib/cli/ask_hidden.ts";

function typing(...parts: string[]): () => Promise<string | undefined> {
  return () => Promise.resolve(parts.shift());
}

const LINES: [name: string, parts: string[], line: string][] = [
  ["up to Enter", ["12", "3456\r", "rest"], "123456"],
  ["with corrections", ["129\x7f3", "\b3\n"], "123"],
  ["begun anew", ["999\x15123\n"], "123"],
  ["without arrow keys' control characters", ["1\x0123\n"], "123"],
];
for (const [name, parts, line] of LINES) {
  Deno.test(`readHiddenLine: reads a line ${name}`, async () => {
    assert.equal(await readHiddenLine(typing(...parts)), line);
  });
}

for (
  const [name, parts] of [["Ctrl-C", ["12\x03"]], ["Ctrl-D", ["\x04"]], ["the end", []]] as const
) {
  Deno.test(`readHiddenLine: stops at ${name}`, async () => {
    await assert.rejects(readHiddenLine(typing(...parts)), { code: "interrupted" });
  });
}
