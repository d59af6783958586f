/**
 * The XML that S3 speaks: elements and text. No attributes, no namespaces, no entities of a
 * document's own.
 *
 * @module
 */

/** An element with the elements in it and, where there are none, its text. */
export interface XmlElement {
  /** Its name without a prefix. */
  name: string;
  /** Its text, unescaped. */
  text: string;
  /** The elements in it. */
  children: XmlElement[];
}

/** After a name no character of a name may follow: else every shorter one would be tried, too. */
const TOKEN =
  /<!--[^]*?-->|<!\[CDATA\[([^]*?)\]\]>|<\?[^]*?\?>|<!DOCTYPE[^>]*>|<(\/?)(?:[\w.-]+:)?([\w.-]+)(?![\w.-])[^>]*?(\/?)>|([^<]+)/y;

/**
 * Reads a document.
 *
 * @param document the text
 * @returns its outermost element
 * @throws {SyntaxError} if it is no well-formed document
 *
 * @example An error
 * ```ts
 * import assert from "node:assert/strict";
 * import { childText, parseXml } from "./xml.ts";
 *
 * const error = parseXml("<Error><Code>NoSuchKey</Code><Message>a &lt; b</Message></Error>");
 * assert.equal(childText(error, "Message"), "a < b");
 * ```
 */
export function parseXml(document: string): XmlElement {
  const root: XmlElement = { name: "", text: "", children: [] };
  const open = [root];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < document.length) {
    const token = TOKEN.exec(document);
    if (token === null) throw new SyntaxError("Cannot read XML: not well-formed");
    const [, cdata, closes, name, isEmpty, text] = token;
    const inner = open.at(-1)!;
    if (cdata !== undefined) inner.text += cdata;
    else if (text !== undefined) inner.text += unescapeXml(text);
    else if (closes) {
      if (open.pop()!.name !== name || open.length === 0) {
        throw new SyntaxError(`Cannot read XML: misplaced </${name}>`);
      }
    } else if (name !== undefined) {
      const element = { name, text: "", children: [] };
      inner.children.push(element);
      if (!isEmpty) open.push(element);
    }
  }
  const outermost = root.children[0];
  if (open.length !== 1 || outermost === undefined || root.children.length > 1) {
    throw new SyntaxError("Cannot read XML: it ends too early");
  }
  return outermost;
}

/** The text of a child, where there is one of that name. */
export function childText(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text;
}

const NAMED: Record<string, string | undefined> = {
  // A document may name anything.
  __proto__: null!,
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
};

/**
 * Replaces the entities of a text by what they stand for.
 *
 * @param text the text as it stands in a document
 * @returns the text that is meant
 */
export function unescapeXml(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (entity, hex, decimal, name) => {
    if (name !== undefined) return NAMED[name] ?? entity;
    const code = hex === undefined ? Number(decimal) : parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
  });
}

/**
 * Escapes a text for a document. White space becomes entities: a reader may change it otherwise.
 *
 * @param text the text
 * @returns the same, safe between two tags
 */
export function escapeXml(text: string): string {
  return text.replace(/[<>&"'\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/**
 * Whether a document can carry a text at all: XML 1.0 has no way to write most control characters.
 *
 * @param text the text
 * @returns false if a character of it can't be written
 */
export function isXmlText(text: string): boolean {
  // deno-lint-ignore no-control-regex -- control characters are what this is about
  return text.isWellFormed() && !/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text);
}
