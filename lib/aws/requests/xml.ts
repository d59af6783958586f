/**
 * The XML that S3 and STS speak: elements and their text. Attributes and prefixes of namespaces are read and
 * ignored; a document that defines entities of its own is refused.
 *
 * The reader only ever searches forward, so that its time grows with the length of the document,
 * whatever is in it.
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

/** Reads a document and returns its outermost element; throws `SyntaxError` if it is not well-formed. */
export function parseXml(document: string): XmlElement {
  const root: XmlElement = { name: "", text: "", children: [] };
  const open = [root];
  for (let at = 0; at < document.length;) {
    const inner = open.at(-1)!;
    const tag = document.indexOf("<", at);
    const text = document.slice(at, tag < 0 ? undefined : tag);
    if (inner !== root) inner.text += unescapeXml(text);
    else if (text.trim() !== "") throw malformed("text outside of the outermost element");
    if (tag < 0) break;
    at = readMarkup(document, tag, open);
  }
  const [outermost, second] = root.children;
  if (open.length !== 1 || outermost === undefined) throw malformed("it ends too early");
  if (second !== undefined) throw malformed(`a second element, <${second.name}>`);
  return outermost;
}

/** Reads what begins with `<` and returns the place after it. */
function readMarkup(document: string, at: number, open: XmlElement[]): number {
  const inner = open.at(-1)!;
  if (document.startsWith("<!--", at)) return placeAfter("-->", document, at + "<!--".length);
  if (document.startsWith("<?", at)) return placeAfter("?>", document, at);
  if (document.startsWith("<![CDATA[", at)) {
    const start = at + "<![CDATA[".length;
    const end = placeAfter("]]>", document, start);
    inner.text += document.slice(start, end - "]]>".length);
    return end;
  }
  const end = endOfTag(document, at);
  const content = document.slice(at + 1, end - 1);
  if (content.startsWith("!")) {
    if (content.includes("[")) throw malformed("a document type with entities of its own");
  } else if (content.startsWith("/")) {
    const name = localName(content.slice(1).trimEnd());
    if (open.length === 1 || open.pop()!.name !== name) throw malformed(`misplaced </${name}>`);
  } else {
    const isEmpty = content.endsWith("/");
    const name = localName(/^[^\s/]*/.exec(content)![0]);
    const element = { name, text: "", children: [] };
    inner.children.push(element);
    if (!isEmpty) open.push(element);
  }
  return end;
}

/** The place after a tag; the value of an attribute may hold a `>`. */
function endOfTag(document: string, start: number): number {
  const end = placeAfter(">", document, start);
  const quote = /["']/.exec(document.slice(start, end))?.[0];
  if (quote === undefined) return end;
  for (let at = start;;) {
    const place = /[>"']/g;
    place.lastIndex = at;
    const found = place.exec(document);
    if (found === null) throw malformed("it ends too early");
    at = found.index + 1;
    if (found[0] === ">") return at;
    at = placeAfter(found[0], document, at);
  }
}

function placeAfter(end: string, document: string, from: number): number {
  const place = document.indexOf(end, from);
  if (place < 0) throw malformed("it ends too early");
  return place + end.length;
}

function localName(name: string): string {
  if (!/^[\w.-]+(:[\w.-]+)?$/.test(name)) throw malformed("a tag without a valid name");
  return name.slice(name.indexOf(":") + 1);
}

function malformed(reason: string): SyntaxError {
  return new SyntaxError(`Cannot read XML: ${reason}`);
}

/** The text of the first child of a name. */
export function childText(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text;
}

const NAMED_ENTITIES = new Map([["lt", "<"], ["gt", ">"], ["amp", "&"], ["quot", '"'], [
  "apos",
  "'",
]]);

/** Replaces XML's own entities, and leaves all others as they are. */
export function unescapeXml(text: string): string {
  if (!text.includes("&")) return text;
  return text.replace(/&(?:#x([\da-f]+)|#(\d+)|(\w+));/gi, (entity, hex, decimal, name) => {
    if (name !== undefined) return NAMED_ENTITIES.get(name) ?? entity;
    const code = hex === undefined ? Number(decimal) : parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
  });
}

/** Escapes a text for a document. White space becomes entities: a reader may change it otherwise. */
export function escapeXml(text: string): string {
  return text.replace(/[<>&"'\t\n\r]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Whether XML can carry a text at all: version 1.0 has no way to write most control characters. */
export function isXmlText(text: string): boolean {
  // deno-lint-ignore no-control-regex -- XML can't carry control characters
  return text.isWellFormed() && !/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(text);
}
