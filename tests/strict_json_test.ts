/** JSON by hand: the place that is named is the place where it goes wrong, or loses something. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { parseJson } from "../lib/strict_json.ts";
import { RUNS } from "./support/arbitraries.ts";

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

const TWICE = "stands twice in one object";
const INEXACT = "a number that can't be kept exactly: write it as a text, in double quotes";

/** JSON, of which JSON.parse would keep less than there is. */
const LOSSES: [text: string, place: string][] = [
  ['{"a": 1, "a": 2}', `line 1, column 10: the name "a" ${TWICE}`],
  ['{"A": 1,\n "\\u0041": 1}', `line 2, column 2: the name "\\u0041" ${TWICE}`],
  ['[{"a": {"b": 1, "c": [{}], "b": 1}}]', `line 1, column 28: the name "b" ${TWICE}`],
  ['{"": 1, "": 1}', `line 1, column 9: the name "" ${TWICE}`],
  ['{"__proto__": 1, "__proto__": 1}', `line 1, column 18: the name "__proto__" ${TWICE}`],
  [`{"${"x".repeat(99)}": 1, "${"x".repeat(99)}": 1}`, `line 1, column 108: a name ${TWICE}`],
  ["9007199254740993", `line 1, column 1: ${INEXACT}`],
  ["[-1152921504606846976]", `line 1, column 2: ${INEXACT}`],
  ["[1, 0.12345678901234567890]", `line 1, column 5: ${INEXACT}`],
  ["1e400", `line 1, column 1: ${INEXACT}`],
  ["1e-400", `line 1, column 1: ${INEXACT}`],
  [
    `${"[".repeat(101)}${"]".repeat(101)}`,
    "line 1, column 101: more than 100 objects and arrays inside each other",
  ],
];

const WHOLE = [
  '[{"a": {"a": [{"a": 1}, {"a": 1}]}, "A": 1, "b": "a"}, {"a": 1}]',
  "[0, -0, 0.0, 0e999, 1.50, 1.000000000000000000000, 1e3, 100000000000000000000000000]",
  "[9007199254740992, 123456789012, 0.1, 1.7976931348623157e308, 12.5e-1, 5E-324, 1234567890123456.00]",
  `${"[".repeat(100)}${"]".repeat(100)}`,
];

for (const text of WHOLE) {
  Deno.test(`JSON by hand: nothing is said of ${text.slice(0, 40)}`, () => {
    assert.equal(said(text), undefined);
  });
}

for (const [text, place] of [...CASES, ...LOSSES]) {
  Deno.test(`JSON by hand: ${JSON.stringify(text.slice(0, 40))}`, () => {
    assert.equal(said(text), `Bad: ${place}`);
  });
}

Deno.test("JSON by hand: of what nobody has written by hand no place is named", () => {
  assert.equal(said(`{"a": "${"x".repeat(20_000_000)}`), "Bad: more than a million characters");
});

Deno.test("JSON by hand: ten times the names, not a hundred times the work", () => {
  /** Counts the searches that reading such a text takes, and the characters that they match. */
  const workOf = (count: number) => {
    const text = JSON.stringify(
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`name ${i}`, [i, { i }]])),
    );
    let work = 0;
    const exec = RegExp.prototype.exec;
    RegExp.prototype.exec = function (text) {
      const match = exec.call(this, text);
      work += 1 + (match?.[0].length ?? 0);
      return match;
    };
    try {
      assert.equal(said(text), undefined);
    } finally {
      RegExp.prototype.exec = exec;
    }
    return work;
  };
  const [few, many] = [workOf(500), workOf(5_000)];
  assert.ok(few > 500 && many < 12 * few, `${few}, ${many}`);
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
      if (isJson) return assert.match(said(text) ?? "", /^$|twice in one object|kept exactly/);
      faults++;
      assert.match(said(text)!, /^Bad: line \d+, column \d+: expected .+, not .+$/su);
    }),
    { numRuns: 5_000 * RUNS },
  );
  assert.ok(faults > 500, String(faults));
});

Deno.test("JSON by hand: what JSON.stringify has made is never refused", () => {
  fc.assert(fc.property(json, (text) => assert.equal(said(text), undefined)), {
    numRuns: 2_000 * RUNS,
  });
});

Deno.test("JSON by hand: a name that stands twice is found wherever it stands", () => {
  const value = fc.jsonValue({ maxDepth: 2 });
  // What fc.dictionary makes of them takes it five times as long.
  const entries = fc.array(fc.tuple(fc.string({ unit: "grapheme" }), value), {
    minLength: 1,
    maxLength: 6,
  }).map((all) => [...new Map(all)]);
  fc.assert(
    fc.property(entries, fc.nat(), value, (entries, at, around) => {
      const [name] = entries[at % entries.length]!;
      const repeated = [...entries, [name, around]]
        .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
      const text = `{"first":${JSON.stringify(around)},"second":[{${repeated.join(",")}}]}`;
      assert.match(said(text)!, /^Bad: line 1, column \d+: .+ stands twice in one object$/su);
    }),
    { numRuns: 2000 },
  );
});

Deno.test("JSON by hand: a whole number is refused exactly where another would be sent", () => {
  const numbers = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
  fc.assert(
    fc.property(fc.oneof(numbers, numbers.map((n) => n / 10_000n)), (number) => {
      const sent = JSON.stringify(JSON.parse(String(number)));
      assert.equal(said(String(number)) === undefined, BigInt(sent) === number, sent);
    }),
    { numRuns: 2000 },
  );
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
    { numRuns: 2_000 * RUNS },
  );
});
