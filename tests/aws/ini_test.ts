/** The shared files as Python's configparser reads them; `test:peers` asks Python itself. */
import assert from "node:assert/strict";
import { parseIni } from "../../lib/aws/ini.ts";
import { splitWindowsWords, splitWords } from "../../lib/aws/words.ts";

function parsed(text: string): unknown {
  return Object.fromEntries(
    [...parseIni(text)].map(([name, section]) => [
      name,
      Object.fromEntries(
        [...section].map(([key, value]) => [
          key,
          typeof value === "string" ? value : Object.fromEntries(value),
        ]),
      ),
    ]),
  );
}

const READ: Record<string, [text: string, sections: unknown]> = {
  "comments only on lines of their own": [
    "[a] # not read\n# x\n  ; y\nk = v # z ; w\n",
    { a: { k: "v # z ; w" } },
  ],
  "a colon between name and value, names in any case": ["[a]\nKEY: v=1\n", { a: { key: "v=1" } }],
  "CR, CRLF and LF": ["[a]\r\nx=1\ry=2\nz=3", { a: { x: "1", y: "2", z: "3" } }],
  "an indented block": [
    "[a]\ns3 =\n  x = 1\n\n  y=2=3\nz = 4\n",
    { a: { s3: { x: "1", y: "2=3" }, z: "4" } },
  ],
  "an indented line that continues a value": ["[a]\nx = 1\n  y = 2\n", { a: { x: "1\ny = 2" } }],
  "settings of [DEFAULT] for every section": [
    "[DEFAULT]\nr=1\n[a]\n[b]\nr=2\n",
    { a: { r: "1" }, b: { r: "2" } },
  ],
  "brackets in a section's name": ["[a]b] c]\nx=1\n", { "a]b] c": { x: "1" } }],
  "an empty value": ["[a]\nx =\ny=1\n", { a: { x: "", y: "1" } }],
  "nothing": ["", {}],
};
for (const [name, [text, sections]] of Object.entries(READ)) {
  Deno.test(`parseIni: reads ${name}`, () => assert.deepEqual(parsed(text), sections));
}

const REFUSED: Record<string, [text: string, message: RegExp]> = {
  "a setting before any section": ["hidden=1\n", /^line 1: expected a section/],
  "a line that is none": [
    "[a]\nhidden\n",
    /^line 2: expected a section, NAME = VALUE or a comment$/,
  ],
  "a value without a name": ["[a]\n= hidden\n", /^line 2: /],
  "a section that is there already": ["[a]\n[b]\n[a]\n", /^line 3: this section/],
  "a setting that is there already": ["[a]\nx=1\nX=hidden\n", /^line 3: this setting/],
  "a block without settings": ["[a]\ns3 =\n  hidden\n", /^an indented line is not of the form/],
};
for (const [name, [text, message]] of Object.entries(REFUSED)) {
  Deno.test(`parseIni: refuses ${name}, and quotes nothing`, () => {
    assert.throws(() => parseIni(text), (error: Error) => {
      assert.match(error.message, message);
      assert.doesNotMatch(error.message, /hidden/);
      return error instanceof RangeError;
    });
  });
}

const WORDS: [text: string, words: string[] | undefined][] = [
  ["profile a", ["profile", "a"]],
  [`x "a b" 'c "d'e\\ f`, ["x", "a b", `c "de f`]],
  [`"a\\b\\"c\\\\d"`, [`a\\b"c\\d`]],
  ["'' x", ["", "x"]],
  ["a # b", ["a", "#", "b"]],
  ["'a", undefined],
  ["a\\", undefined],
];
for (const [text, words] of WORDS) {
  Deno.test(`splitWords: ${text}`, () => assert.deepEqual(splitWords(text), words));
}

const WINDOWS_WORDS: [text: string, words: string[] | undefined][] = [
  [`C:\\dir\\tool.exe  --x`, ["C:\\dir\\tool.exe", "--x"]],
  [`"C:\\Program Files\\tool" "a \\"b\\\\" ''`, [`C:\\Program Files\\tool`, `a "b\\`, "''"]],
  [`"" a`, ["", "a"]],
  [`"a`, undefined],
];
for (const [text, words] of WINDOWS_WORDS) {
  Deno.test(`splitWindowsWords: ${text}`, () => assert.deepEqual(splitWindowsWords(text), words));
}
