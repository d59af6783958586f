/** What is typed on a terminal without being shown; `tests/peers` has a real one. */
import assert from "node:assert/strict";
import { askLine, readHiddenLine } from "../../lib/cli/ask.ts";

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

for (const [name, parts, screen] of [["an answer", ["b\n"], ""], ["Ctrl-D", [], "\n"]] as const) {
  Deno.test(`askLine: ends the line after ${name}`, async () => {
    const { signal } = new AbortController();
    const written: string[] = [];
    const write = (text: string) => Promise.resolve(void written.push(text));
    assert.equal(await askLine("Sure? ", write, signal, typing(...parts)), parts[0]?.trim() ?? "");
    assert.equal(written.join(""), `Sure? ${screen}`);
  });
}

Deno.test("askLine: ends the line after Ctrl-C", async () => {
  const interruption = new AbortController();
  const written: string[] = [];
  const write = (text: string) => Promise.resolve(void written.push(text));
  const read = () => {
    interruption.abort(new DOMException("Interrupted", "AbortError"));
    return new Promise<never>(() => {});
  };
  await assert.rejects(askLine("Sure? ", write, interruption.signal, read), { name: "AbortError" });
  assert.equal(written.join(""), "Sure? \n");
});
