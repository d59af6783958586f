/** JSON by hand: the place that is named is the place where it goes wrong. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { parseJson } from "../lib/json_text.ts";

/** What is said of a text; nothing of JSON. */
function said(text: string): string | undefined {
  try {
    parseJson(text, "Bad");
  } catch (error) {
    return (error as Error).message;
  }
}

const CASES: [text: string, place: string][] = [
  ["", "line 1, column 1: expected a value, not the end"],
  ["nonsense", "line 1, column 1: expected a value, not n"],
  ["{nonsense", "line 1, column 2: expected a name in double quotes or }, not n"],
  ["{'a': 1}", "line 1, column 2: expected a name in double quotes or }, not '"],
  ['{"a" 1}', "line 1, column 6: expected a colon, not 1"],
  ['{"a": }', "line 1, column 7: expected a value, not }"],
  ['{"a": 1 "b": 2}', 'line 1, column 9: expected a comma or }, not "'],
  ['{"a": [1 2]}', "line 1, column 10: expected a comma or ], not 2"],
  ['{"a": [1,]}', "line 1, column 10: expected a value, not ]"],
  ['{\n  "a": "b",\n  "c": "d",\n}', "line 4, column 1: expected a name in double quotes, not }"],
  ['{\r\n  "ü🪣": x', "line 2, column 9: expected a value, not x"],
  ['{"a": "b', "line 1, column 9: expected the closing quote, not the end"],
  ['{"a": "b\n"}', "line 1, column 9: expected the closing quote, not a line break"],
  ['{"a": "\\x"}', "line 1, column 8: expected the closing quote, not \\"],
  ['{"a": 01}', "line 1, column 8: expected a comma or }, not 1"],
  ["{} {}", "line 1, column 4: expected nothing more, not {"],
  ["\ufeff{}", "line 1, column 1: expected a value, not U+FEFF"],
  ["\x1b[31m", "line 1, column 1: expected a value, not U+001B"],
  ["[".repeat(100_000), "line 1, column 100001: expected a value or ], not the end"],
];

for (const [text, place] of CASES) {
  Deno.test(`JSON by hand: ${JSON.stringify(text.slice(0, 40))}`, () => {
    assert.equal(said(text), `Bad: ${place}`);
  });
}

Deno.test("JSON by hand: of what nobody has written by hand only that it is none", () => {
  assert.equal(said(`{"a": "${"x".repeat(20_000_000)}`), "Bad");
});

const json = fc.oneof(
  fc.json(),
  fc.jsonValue({ stringUnit: "grapheme" }).map((value) => JSON.stringify(value, null, 2)),
);

Deno.test("JSON by hand: of JSON nothing is said, of all else the place", () => {
  let faults = 0;
  const pieces = fc.array(
    fc.oneof(
      fc.constantFrom(..."{}[]:,\"'\\ \n\t0123456789-+.eEtrufalsn\u2028"),
      fc.constantFrom('"a"', '"a":', "true", "null", "-1.5e3", "\\u00e9", "\\u00"),
    ),
    { maxLength: 12 },
  ).map((all) => all.join(""));
  fc.assert(
    fc.property(fc.oneof(json, pieces), (text) => {
      let isJson = true;
      try {
        JSON.parse(text);
      } catch {
        isJson = false;
      }
      if (isJson) return assert.equal(said(text), undefined);
      faults++;
      assert.match(said(text)!, /^Bad: line \d+, column \d+: expected .+, not .+$/su);
    }),
    { numRuns: 20_000 },
  );
  assert.ok(faults > 1000, String(faults));
});

Deno.test("JSON by hand: up to the place the text can go on as JSON, with its end cut off there", () => {
  fc.assert(
    fc.property(json, fc.nat(), (text, at) => {
      const cut = text.slice(0, at % (text.length + 1));
      const message = said(`${cut}\x01`);
      // A sign that JSON has nowhere is found where it stands.
      const lines = cut.split("\n");
      const column = [...lines.at(-1)!].length + 1;
      const place = /^Bad: line (\d+), column (\d+): .* not (.*)$/.exec(message!)!;
      const isBefore = Number(place[1]) < lines.length || Number(place[2]) < column;
      // A number, word or escape that was cut through goes wrong before.
      if (isBefore) assert.match(cut, /(?:[-+.eE\w]|\\u?[\dA-Fa-f]{0,3})$/);
      else assert.deepEqual(place.slice(1), [String(lines.length), String(column), "U+0001"]);
    }),
    { numRuns: 5000 },
  );
});
