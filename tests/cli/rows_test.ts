/** Rows as text: what is written gives the same rows when it is read. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { formatRows, plainData, type RowFormat } from "../../lib/cli/lists/rows.ts";
import { S3CredentialsError } from "@s3creds/cli";
import { parseDelimited } from "../support/delimited.ts";

const RUNS = { numRuns: 500 };
const FIELDS = ["Name", 'Odd, "field"\r\nname\t', "größe", "nested"];

/** Text with everything that has a meaning in one of the formats, and lone CR and LF too. */
const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({
    unit: fc.constantFrom(",", '"', "\r", "\n", "\r\n", "\t", "'", "\\", " ", "=", "ü", "日", "🪣"),
  }),
  fc.constantFrom("", '""', "null", "[]", "0", "\u2028", "\ufeff", "__proto__"),
);
const json = fc.jsonValue({ stringUnit: "grapheme", maxDepth: 2 }).map((value) =>
  JSON.parse(JSON.stringify(value))
);
const value = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null), json);
/** Some of the fields in any order. Of so few, fc.dictionary draws each one again and again. */
const row = fc.tuple(fc.shuffledSubarray(FIELDS), fc.tuple(value, value, value, value))
  .map(([names, values]) => Object.fromEntries(names.map((name, n) => [name, values[n]])));
const rows = fc.array(row, { maxLength: 6 });

async function format(given: readonly object[], as: RowFormat, fields = FIELDS): Promise<string> {
  return (await Array.fromAsync(formatRows(given, as, fields))).join("");
}

Deno.test("formatRows: json gives the same rows when read again, laid out as json.dumps(indent=2)", async () => {
  await fc.assert(
    fc.asyncProperty(rows, async (given) => {
      const written = await format(given, "json");
      assert.deepEqual(JSON.parse(written), given);
      assert.equal(written, `${JSON.stringify(given, null, 2)}\n`);
    }),
    RUNS,
  );
});

Deno.test("formatRows: json has this layout, character by character", async () => {
  assert.equal(await format([], "json"), "[]\n");
  const given = [{ a: 1, b: [], c: {} }, { d: ["ü", { e: null }] }];
  assert.equal(
    await format(given, "json"),
    `[
  {
    "a": 1,
    "b": [],
    "c": {}
  },
  {
    "d": [
      "ü",
      {
        "e": null
      }
    ]
  }
]
`,
  );
});

Deno.test("formatRows: nl gives a line a row, and the same rows when read again", async () => {
  await fc.assert(
    fc.asyncProperty(rows, async (given) => {
      const written = await format(given, "nl");
      const lines = written.split("\n");
      assert.equal(lines.pop(), "");
      assert.deepEqual(lines.map((line) => JSON.parse(line)), given);
    }),
    RUNS,
  );
});

Deno.test("formatRows: nl has the separators of Python's json.dumps", async () => {
  const given = [
    { Name: "a", Size: 1.5, Gone: undefined, Tags: [{ Key: "k:,", Value: null }, true], None: {} },
    { Owner: { 'größe, "x": y': ["{", "}"] }, Empty: [], When: new Date(0) },
  ];
  assert.equal(
    await format(given, "nl"),
    '{"Name": "a", "Size": 1.5, "Tags": [{"Key": "k:,", "Value": null}, true], "None": {}}\n' +
      '{"Owner": {"größe, \\"x\\": y": ["{", "}"]}, "Empty": [], ' +
      '"When": "1970-01-01T00:00:00.000Z"}\n',
  );
  await fc.assert(
    fc.asyncProperty(rows, async (given) => {
      // No line break stands inside JSON's texts, so those of the indented form are its layout.
      const lines = given.map((one) =>
        JSON.stringify(one, null, 1).replace(/,\n */g, ", ").replace(/\n */g, "")
      );
      assert.equal(await format(given, "nl"), lines.map((line) => `${line}\n`).join(""));
    }),
    RUNS,
  );
});

/** What a cell says of a value: text as it is, nested values as JSON, nothing for none. */
function cellOf(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : `${value}`;
}

for (const [as, delimiter] of [["csv", ","], ["tsv", "\t"]] as const) {
  Deno.test(`formatRows: ${as} gives a header and a line a row with CRLF, and the same cells when read again`, async () => {
    await fc.assert(
      fc.asyncProperty(rows, async (given) => {
        const written = await format(given, as);
        assert.deepEqual(parseDelimited(written, delimiter), [
          FIELDS,
          ...given.map((one: Record<string, unknown>) => FIELDS.map((name) => cellOf(one[name]))),
        ]);
      }),
      RUNS,
    );
  });

  Deno.test(`formatRows: ${as} writes a single column, empty cells too`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(text, { maxLength: 4 }), async (values) => {
        const written = await format(values.map((Name) => ({ Name })), as, ["Name"]);
        assert.deepEqual(parseDelimited(written, delimiter), [
          ["Name"],
          ...values.map((one) => [one]),
        ]);
      }),
      RUNS,
    );
  });

  Deno.test(`formatRows: ${as} writes only the header if there are no rows`, async () => {
    assert.equal(await format([], as, ["a", "b"]), `a${delimiter}b\r\n`);
  });

  Deno.test(`formatRows: ${as} writes nested values as JSON, and omits fields that aren't columns`, async () => {
    const written = await format([{ b: { x: [1, "é"] }, other: 1, a: 0 }], as, ["a", "b", "c"]);
    assert.deepEqual(parseDelimited(written, delimiter), [
      ["a", "b", "c"],
      ["0", '{"x":[1,"é"]}', ""],
    ]);
  });
}

Deno.test("parseDelimited: refuses what RFC 4180 does not allow", () => {
  for (const broken of ['a"b\r\n', '"a"b\r\n', '"a\r\n', "a\n", "a\rb\r\n", "a,b"]) {
    assert.throws(() => parseDelimited(broken, ","), SyntaxError, JSON.stringify(broken));
  }
});

for (const as of ["json", "nl", "csv", "tsv"] as const) {
  Deno.test(`formatRows: ${as} writes a row before it takes the next one`, async () => {
    const taken: number[] = [];
    async function* source() {
      for (const n of [0, 1, 2]) {
        taken.push(n);
        yield { n };
      }
    }
    let written = "";
    for await (const piece of formatRows(source(), as, ["n"])) {
      written += piece;
      const seen = [0, 1, 2].filter((n) => new RegExp(`\\b${n}\\b`).test(written));
      assert.deepEqual(taken, seen);
    }
  });
}

const PLAIN: [what: string, given: unknown, expected: unknown][] = [
  ["a whole second", new Date("2021-11-03T01:38:24Z"), "2021-11-03 01:38:24+00:00"],
  ["a fraction", new Date("2021-11-03T01:38:24.050Z"), "2021-11-03 01:38:24.050000+00:00"],
  ["a time within", { a: [{ at: new Date(0) }] }, { a: [{ at: "1970-01-01 00:00:00+00:00" }] }],
  ["no value", { a: undefined, b: null, c: "" }, { b: null, c: "" }],
  ["an error", { a: new S3CredentialsError("aws", "No", { hint: "b" }) }, { a: { error: "No" } }],
  ["simple values", [1, "a", true, null], [1, "a", true, null]],
];

for (const [what, given, expected] of PLAIN) {
  Deno.test(`plainData: ${what}`, () => assert.deepEqual(plainData(given), expected));
}

Deno.test("plainData: keeps the named fields, in their order, and no others", () => {
  const plain = plainData({ c: 3, b: { x: undefined, y: 1 }, a: undefined }, ["a", "b", "c"]);
  assert.equal(JSON.stringify(plain), '{"b":{"y":1},"c":3}');
  assert.equal(JSON.stringify(plainData({ a: 1, b: 2 }, ["b"])), '{"b":2}');
});

Deno.test("plainData: keeps what JSON can carry", () => {
  fc.assert(fc.property(json, (given) => assert.deepEqual(plainData(given), given)), RUNS);
});
