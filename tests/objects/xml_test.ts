/**
 * The reader of S3's XML, with documents that nobody would write in good faith.
 */
import assert from "node:assert/strict";
import { childText, parseXml, unescapeXml } from "../../lib/objects/xml.ts";

Deno.test("parseXml: elements with prefixes and attributes, empty ones, comments and CDATA", () => {
  const document = `<?xml version="1.0"?><!DOCTYPE a><s:a x="/y"><!-- <b> --><b-1.c/>` +
    `<s:d e="f" />
<g><![CDATA[<h>]]> &amp; i</g></s:a>`;
  const root = parseXml(document);
  assert.equal(root.name, "a");
  assert.deepEqual(root.children.map(({ name }) => name), ["b-1.c", "d", "g"]);
  assert.equal(childText(root, "g"), "<h> & i");
  for (const broken of ["", "<a>", "<a></b>", "<a/><b/>", "a", "<", "<a", "<!--", "<=>"]) {
    assert.throws(() => parseXml(broken), SyntaxError, broken);
  }
});

Deno.test("unescapeXml: no entities but XML's own", () => {
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
    ["entities", "", "&a"],
  ] as const
) {
  Deno.test(`parseXml: ${what} without end is refused at once`, () => {
    const document = piece + repeated.repeat(300_000);
    const started = performance.now();
    assert.throws(() => parseXml(document), SyntaxError);
    assert.ok(performance.now() - started < 1_000, "time grows with the length only");
  });
}
