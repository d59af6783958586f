/**
 * The reader of S3's XML, with documents that nobody would write in good faith.
 */
import assert from "node:assert/strict";
import { childText, parseXml, unescapeXml } from "../../../lib/aws/requests/xml.ts";

Deno.test("parseXml: reads elements with prefixes and attributes, empty ones, comments and CDATA", () => {
  const document = `<?xml version="1.0"?><!DOCTYPE a><s:a x="/y"><!-- <b> --><b-1.c/>` +
    `<s:d e="f" />
<g><![CDATA[<h>]]> &amp; i</g></s:a>`;
  const root = parseXml(document);
  assert.equal(root.name, "a");
  assert.deepEqual(root.children.map(({ name }) => name), ["b-1.c", "d", "g"]);
  assert.equal(childText(root, "g"), "<h> & i");
  for (
    const broken of [
      ...["", "<a>", "<a></b>", "<a/><b/>", "a", "<", "<a", "<!--", "<=>", "<a/>b", "b<a/>"],
      ...["</a>", "<a></a></a>", "<a b='>", '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "<a:b:c/>"],
    ]
  ) {
    assert.throws(() => parseXml(broken), SyntaxError, broken);
  }
});

Deno.test("parseXml: reads over a > in the value of an attribute", () => {
  const root = parseXml(`<a b=">" c='"/>'><d e='>"'/>text</a>`);
  assert.deepEqual(root, {
    name: "a",
    text: "text",
    children: [{ name: "d", text: "", children: [] }],
  });
});

Deno.test("unescapeXml: replaces no entities but XML's own", () => {
  assert.equal(unescapeXml("&lt;&gt;&amp;&quot;&apos;&#65;&#x42;"), `<>&"'AB`);
  for (
    const text of ["&constructor;", "&toString;", "&__proto__;", "&hasOwnProperty;", "&#x110000;"]
  ) {
    assert.equal(unescapeXml(text), text);
  }
});

for (
  const [what, piece, repeated] of [
    ["a name", "<", "a"],
    ["a name with a prefix", "<a:", "a"],
    ["the name of an end", "</", "a"],
    ["prefixes", "<", "a:"],
    ["attributes", "<a ", 'b="c" '],
    ["slashes", "<a", "/"],
    ["a comment", "<!--", "-"],
    ["a CDATA section", "<![CDATA[", "]"],
    ["beginnings", "", "<a "],
    ["entities", "<a>", "&a"],
    ["quotes", "<a", ' "'],
    ["values", "<a ", "'>'"],
    ["elements", "", "<a>"],
  ] as const
) {
  Deno.test(`parseXml: refuses ${what} without end after one pass over the text`, () => {
    const visited = [10_000, 20_000].map((times) => {
      const document = piece + repeated.repeat(times);
      return charactersVisited(() =>
        assert.throws(() => parseXml(document), { name: "SyntaxError" })
      );
    });
    assert.ok(visited[1]! <= 2 * visited[0]! + 100, `${visited}`);
    assert.ok(visited[1]! <= 10 * piece.length + 10 * 20_000 * repeated.length, `${visited}`);
  });
}

/** How many characters the searches and copies of a string's methods go over. */
function charactersVisited(work: () => void): number {
  const { indexOf, slice } = String.prototype;
  let visited = 0;
  String.prototype.indexOf = function (text, from = 0) {
    const place = indexOf.call(this, text, from);
    visited += (place < 0 ? this.length : place) - from;
    return place;
  };
  String.prototype.slice = function (...range) {
    const piece = slice.apply(this, range);
    visited += piece.length;
    return piece;
  };
  try {
    work();
  } finally {
    Object.assign(String.prototype, { indexOf, slice });
  }
  return visited;
}
