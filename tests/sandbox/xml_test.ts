import fc from "fast-check";
import assert from "node:assert/strict";
import {
  childrenOf,
  document,
  element,
  escapeXml,
  optional,
  parseXml,
  textOf,
} from "../../lib/sandbox/xml.ts";
import { anyCharacter } from "../support/arbitraries.ts";

/** Every character that XML 1.0 can carry. */
const unit = anyCharacter.filter((character) =>
  // deno-lint-ignore no-control-regex
  !/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(character)
);

Deno.test("parseXml: returns the text that document wrote, character for character", () => {
  fc.assert(fc.property(fc.string({ unit }), (text) => {
    const root = parseXml(document("A", "urn:x", element("B", text), element("C", text)));
    assert.equal(textOf(root, "B"), text);
    assert.equal(textOf(root, "C"), text);
  }));
});

Deno.test("parseXml: keeps white space, numbers and escaped entities", () => {
  const root = parseXml("<a><b> 1.0 </b><b>&amp;lt;</b><b>x&#13;&#xA;y</b><b/></a>");
  assert.deepEqual(childrenOf(root, "b").map(({ text }) => text), [" 1.0 ", "&lt;", "x\r\ny", ""]);
});

Deno.test("parseXml: normalizes line ends", () => {
  assert.equal(parseXml("<a>x\r\ny\rz</a>")?.text, "x\ny\nz");
});

Deno.test("parseXml: takes CDATA literally", () => {
  assert.equal(parseXml("<a>1<![CDATA[<&amp;>]]>2</a>")?.text, "1<&amp;>2");
});

Deno.test("parseXml: removes prefixes of attributes and names", () => {
  const root = parseXml('<s:a xmlns:s="urn:x"><s:b s:type="Group">t</s:b></s:a>');
  assert.equal(root?.name, "a");
  assert.deepEqual(root?.children[0], {
    name: "b",
    attributes: { type: "Group" },
    children: [],
    text: "t",
  });
});

for (const text of ["", "text", "<a>", "<a></b>", "<a><b></a></b>", "{}"]) {
  Deno.test(`parseXml: ${JSON.stringify(text)} is not a document`, () => {
    assert.equal(parseXml(text), undefined);
  });
}

Deno.test("escapeXml: writes control characters as references", () => {
  assert.equal(escapeXml('a\rb\u0001<&>"'), "a&#13;b&#1;&lt;&amp;&gt;&quot;");
});

Deno.test("optional: writes no element without a value", () => {
  const root = document("A", "urn:x", optional("B", undefined), optional("C", false), [undefined]);
  assert.ok(root.endsWith('<A xmlns="urn:x"><C>false</C></A>'));
});
