/**
 * Keys and paths: what is a safe place for a key, and which keys a pattern means.
 */
import assert from "node:assert/strict";
import { posix, win32 } from "node:path";
import fc from "fast-check";
import {
  caseFoldPath,
  checkKey,
  commonPrefix,
  keyFor,
  keyMatcher,
  resolveKeyPath,
} from "../../lib/objects/keys.ts";
import { keyArbitrary } from "../support/objects.ts";
import { anyCharacter } from "../support/arbitraries.ts";

Deno.test("resolveKeyPath: gives no path out of the directory", () => {
  fc.assert(
    fc.property(keyArbitrary, fc.boolean(), (key, isWindows) => {
      const place = resolveKeyPath(key, { isWindows });
      if (place.kind === "unsafe") return assert.ok(place.reason.length > 0);
      const path = isWindows ? win32 : posix;
      const root = isWindows ? "C:\\directory" : "/directory";
      const target = path.join(root, ...place.segments);
      assert.equal(path.resolve(target), target);
      assert.ok(target === root || target.startsWith(root + path.sep));
      assert.equal(
        path.relative(root, target).split(path.sep).filter(Boolean).length,
        place.segments.length,
      );
      assert.ok(!target.includes("\0"));
    }),
    { numRuns: 5_000 },
  );
});

Deno.test("resolveKeyPath: keeps every byte of an ordinary key", () => {
  const segment = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 })
    .filter((text) => !/[/\0]|^\.{1,2}$|^[a-z]:/i.test(text) && text.isWellFormed());
  fc.assert(fc.property(fc.array(segment, { minLength: 1, maxLength: 6 }), (segments) => {
    assert.deepEqual(resolveKeyPath(segments.join("/")), { kind: "file", segments });
    assert.deepEqual(resolveKeyPath(`${segments.join("/")}/`), { kind: "directory", segments });
  }));
});

for (
  const key of [
    ...["..", "../a", "a/..", "a/../b", "/", "/a", "//a", "C:", "c:/a", "Z:a", "a\0b", "\0", "."],
    ...["a/.", "./."],
  ]
) {
  Deno.test(`resolveKeyPath: refuses ${JSON.stringify(key)}`, () => {
    assert.equal(resolveKeyPath(key).kind, "unsafe");
  });
}

for (
  const key of [
    ...[
      "a\\b",
      "..\\a",
      "con",
      "CON.txt",
      "a/nul",
      "com1.log",
      "a.",
      "a ",
      "a?b",
      "ab:c",
      "a/x.:y",
    ],
    ...["a|b", 'a"b', "a\x01b", "LPT¹"],
  ]
) {
  Deno.test(`resolveKeyPath: refuses ${JSON.stringify(key)} on Windows only`, () => {
    assert.equal(resolveKeyPath(key, { isWindows: true }).kind, "unsafe");
    assert.equal(resolveKeyPath(key).kind, "file");
  });
}

Deno.test("caseFoldPath: is the same for names that a file system may take for one", () => {
  const twins = [["A/b", "a/B"], ["é", "e\u0301"], ["ß", "SS"], ["ﬁ", "FI"], ["Å", "\u212b"]];
  for (const [one, other] of twins) assert.equal(caseFoldPath(one!), caseFoldPath(other!));
  assert.notEqual(caseFoldPath("a"), caseFoldPath("b"));
});

for (
  const [pattern, matching, others] of [
    ["*", ["a", "a/b", "", "\n"], []],
    ["*.txt", ["a.txt", "a/b.txt", ".txt"], ["a.txt2", "atxt"]],
    ["static/*.css", ["static/a.css", "static/x/a.css"], ["a.css", "xstatic/a.css"]],
    ["?", ["a", "/", "😀"], ["", "ab"]],
    ["[abc]", ["a", "c"], ["d", "ab"]],
    ["[a-c]x", ["bx"], ["dx"]],
    ["[!a-c]", ["d", "/"], ["b"]],
    ["[]]", ["]"], ["["]],
    ["[!]]", ["a"], ["]"]],
    ["[a-]", ["a", "-"], ["b"]],
    ["[", ["["], ["a"]],
    ["a[b", ["a[b"], ["ab"]],
    ["[z-a]", [], ["a", "z", "-"]],
    ["a.b", ["a.b"], ["axb"]],
    ["(a|b)+^$\\d{2}", ["(a|b)+^$\\d{2}"], ["a", "12"]],
    ["[^a]", ["^", "a"], ["b"]],
    ["A", ["A"], ["a"]],
  ] as [string, string[], string[]][]
) {
  Deno.test(`keyMatcher: ${pattern}`, () => {
    const matches = keyMatcher([pattern]);
    assert.deepEqual(matching.filter((key) => !matches(key)), []);
    assert.deepEqual(others.filter(matches), []);
  });
}

Deno.test("keyMatcher: takes any pattern, and matches every key with * around it", () => {
  fc.assert(fc.property(fc.string(), fc.string({ unit: anyCharacter }), (pattern, key) => {
    keyMatcher([pattern])(key);
    assert.ok(keyMatcher([`*${pattern.replace(/[*?[]/g, "[$&]")}*`])(`x${pattern}y`));
  }));
});

Deno.test("keyMatcher: matches many stars without backtracking", () => {
  // A matcher that tries all places would not come to an end.
  for (
    const pattern of ["*".repeat(1000) + "x", "*a".repeat(30) + "x", "*[ab]?".repeat(20) + "x"]
  ) {
    assert.ok(!keyMatcher([pattern])("a".repeat(1000)));
  }
});

Deno.test("commonPrefix: starts whatever matches any pattern", () => {
  assert.equal(commonPrefix(["a/b*", "a/c.txt"]), "a/");
  assert.equal(commonPrefix(["*"]), "");
  assert.equal(commonPrefix(["a/[b]"]), "a/");
  assert.equal(commonPrefix(["😀", "😁"]), "");
  fc.assert(fc.property(fc.array(fc.string(), { minLength: 1 }), fc.string(), (patterns, key) => {
    if (keyMatcher(patterns)(key)) assert.ok(key.startsWith(commonPrefix(patterns)));
  }));
});

Deno.test("keyFor: joins the prefix and the path with one slash", () => {
  assert.equal(keyFor(["a", "b"]), "a/b");
  assert.equal(keyFor(["a"], "p"), "p/a");
  assert.equal(keyFor(["a"], "p/"), "p/a");
  assert.equal(keyFor(["a"], ""), "a");
});

Deno.test("checkKey: refuses half of a surrogate pair, which no UTF-8 has", () => {
  checkKey("\ud83d\ude00");
  assert.throws(() => checkKey("a\ud83d"), /half of a character/);
});

Deno.test("checkKey: refuses more than 1,024 bytes of UTF-8", () => {
  checkKey("é".repeat(512));
  assert.throws(() => checkKey(`${"é".repeat(512)}x`), /1025 bytes/);
  assert.throws(() => checkKey(""), RangeError);
});
