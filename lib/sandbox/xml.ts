/**
 * XML as AWS's REST services speak it: answers are built from elements that escape themselves,
 * request bodies are parsed into a small tree that keeps every character.
 *
 * @module
 */
import { XMLParser, XMLValidator } from "fast-xml-parser";

/** Markup that is already escaped. */
export class Xml {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

/** What an element may contain; `undefined` writes nothing. */
export type XmlContent = Xml | string | number | boolean | undefined | XmlContent[];

const NAMED: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/**
 * Escapes text for an element or an attribute. Control characters become numeric references, since
 * an XML reader turns a bare carriage return into a line feed. Those that XML 1.0 has no way to
 * carry are referenced all the same, as S3 does; `encoding-type=url` is the way around them.
 */
export function escapeXml(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[&<>"\x00-\x08\x0b-\x1f\x7f\ufffe\uffff]/g, (character) => {
    return NAMED[character] ?? `&#${character.charCodeAt(0)};`;
  });
}

function markupOf(content: XmlContent): string {
  if (content === undefined) return "";
  if (content instanceof Xml) return content.markup;
  if (Array.isArray(content)) return content.map(markupOf).join("");
  return escapeXml(String(content));
}

/** Makes an element from its name and what it holds. */
export function element(name: string, ...content: XmlContent[]): Xml {
  return new Xml(`<${name}>${markupOf(content)}</${name}>`);
}

/** Makes an element only where there is a value for it. */
export function optional(name: string, content: XmlContent): Xml | undefined {
  return content === undefined ? undefined : element(name, content);
}

/** Makes the text of a whole document with an XML declaration and a default namespace. */
export function document(name: string, namespace: string, ...content: XmlContent[]): string {
  return '<?xml version="1.0" encoding="UTF-8"?>\n' +
    `<${name} xmlns="${escapeXml(namespace)}">${markupOf(content)}</${name}>`;
}

/** An element of a parsed document. */
export interface XmlElement {
  /** Without the prefix of a namespace. */
  name: string;
  /** Attributes by local name. */
  attributes: Record<string, string>;
  /** In their order. */
  children: XmlElement[];
  /** All text directly inside it, entities resolved, not trimmed. */
  text: string;
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** Resolves entities in one pass, so that `&amp;lt;` stays the text `&lt;`. */
function resolveEntities(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#([0-9]+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    const code = hex === undefined ? parseInt(decimal, 10) : parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

const ATTRIBUTES = ":@";
const TEXT = "#text";
const CDATA = "#cdata";

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: "",
  removeNSPrefix: true,
  trimValues: false,
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  cdataPropName: CDATA,
});

type ParsedNode = Record<string, unknown>;

function elementOf(name: string, nodes: ParsedNode[], attributes: ParsedNode): XmlElement {
  const result: XmlElement = { name, attributes: {}, children: [], text: "" };
  for (const [key, value] of Object.entries(attributes)) {
    result.attributes[key] = resolveEntities(String(value));
  }
  for (const node of nodes) {
    if (TEXT in node) {
      result.text += resolveEntities(String(node[TEXT]).replace(/\r\n?/g, "\n"));
    } else if (CDATA in node) {
      for (const part of node[CDATA] as ParsedNode[]) result.text += String(part[TEXT] ?? "");
    } else {
      const tag = Object.keys(node).find((key) => key !== ATTRIBUTES);
      if (tag === undefined) continue;
      const inner = (node[ATTRIBUTES] ?? {}) as ParsedNode;
      result.children.push(elementOf(tag, node[tag] as ParsedNode[], inner));
    }
  }
  return result;
}

/** Reads a document and returns its root element, or `undefined` where the text is not XML. */
export function parseXml(text: string): XmlElement | undefined {
  if (XMLValidator.validate(text) !== true) return undefined;
  try {
    return elementOf("", parser.parse(text) as ParsedNode[], {}).children[0];
  } catch {
    return undefined;
  }
}

/** Writes a parsed element again. */
export function written({ name, children, text }: XmlElement): Xml {
  return element(name, children.length > 0 ? children.map(written) : text);
}

/** The children of that name. */
export function childrenOf(parent: XmlElement | undefined, name: string): XmlElement[] {
  return parent?.children.filter((child) => child.name === name) ?? [];
}

/** The first child of that name. */
export function childOf(parent: XmlElement | undefined, name: string): XmlElement | undefined {
  return parent?.children.find((child) => child.name === name);
}

/** The text of the first child of that name. */
export function textOf(parent: XmlElement | undefined, name: string): string | undefined {
  return childOf(parent, name)?.text;
}
