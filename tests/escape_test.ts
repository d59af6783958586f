/**
 * Text from outside: what a terminal may get of it, and a word for a shell.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { escapeControls, escapeName, shellWord } from "../lib/escape.ts";
import { anyCharacter } from "./support/arbitraries.ts";

// deno-lint-ignore no-control-regex -- control characters are what this is about
const HARMFUL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

Deno.test("escapeControls: escapes every character that could mislead a terminal, and no other", () => {
  for (let code = 0; code <= 0xffff; code++) {
    const character = String.fromCharCode(code);
    const seen = escapeControls(character);
    if (HARMFUL.test(character)) assert.match(seen, /^\\(r|x[01][\da-f]|u[\da-f]{4})$/);
    else assert.equal(seen, character);
  }
});

Deno.test("escapeControls: keeps line breaks of either kind, escapes a lone CR", () => {
  assert.equal(escapeControls("a\r\nb\nc\rd\r"), "a\r\nb\nc\\rd\\r");
});

Deno.test("escapeName: gives one line, and keeps ordinary names", () => {
  assert.equal(escapeName("a\x1b[2K\r\nError: b\u202e"), "a\\x1b[2K\\r\\nError: b\\u202e");
  for (const name of ["photos/1 é 😀.jpg", "c:\\x", "tab\tx", "العربية"]) {
    assert.equal(escapeName(name), name);
  }
});

Deno.test("escapeControls: keeps the meaning of JSON", () => {
  fc.assert(fc.property(fc.string({ unit: anyCharacter }), (text) => {
    assert.equal(JSON.parse(escapeControls(JSON.stringify(text))), text);
  }));
});

Deno.test("shellWord: quotes what a shell would read as more than itself", () => {
  assert.equal(shellWord("s3.read-only.photos"), "s3.read-only.photos");
  assert.equal(shellWord("R&D's"), `'R&D'\\''s'`);
});
