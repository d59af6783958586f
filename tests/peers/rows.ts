/**
 * What the tools print, parsed: to compare it row for row and key for key.
 *
 * @module
 */
import assert from "node:assert/strict";
import { runPeer } from "./support.ts";

/** How a listing is written. */
export const FORMATS = ["json", "nl", "csv", "tsv"] as const;

/** One of {@linkcode FORMATS}. */
export type Format = typeof FORMATS[number];

/** Reads CSV or TSV by Python's own reader: first the names of the fields, then the rows. */
const DELIMITED = `
import csv, json, sys
lines = open(0, newline="", encoding="utf-8")
reader = csv.reader(lines, dialect=sys.argv[1], strict=True)
print(json.dumps(list(reader)))
`;

/** The rows of a listing, and the fields of its header where it has one. */
export async function parseRows(
  stdout: string,
  format: Format,
): Promise<{ fields: string[]; rows: unknown[] }> {
  if (format === "json") return { fields: [], rows: JSON.parse(stdout).map(common) };
  if (format === "nl") {
    const lines = stdout.split("\n");
    assert.equal(lines.pop(), "");
    return { fields: [], rows: lines.map((line) => common(JSON.parse(line))) };
  }
  const dialect = format === "csv" ? "excel" : "excel-tab";
  const read = await runPeer("python", ["-c", DELIMITED, dialect], { stdin: stdout });
  assert.equal(read.code, 0, read.stderr);
  const [fields, ...records]: [string[], ...string[][]] = JSON.parse(read.stdout);
  const rows = records.map((record) => {
    assert.equal(record.length, fields.length);
    return common(
      Object.fromEntries(fields.map((field, index) => [field, nested(record[index]!)])),
    );
  });
  return { fields, rows };
}

/** A cell that holds JSON is compared by its value: the Python tool indents it. */
function nested(cell: string): unknown {
  return /^[[{]/.test(cell) ? JSON.parse(cell) : cell;
}

const TIME = /^(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(\.\d+)?\+00:00$/;

/**
 * The same value with times in whole milliseconds. Moto makes microseconds, which AWS does not and
 * JavaScript can't hold.
 */
export function common(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(common);
  if (typeof value === "object" && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, common(item)]));
  }
  const [, day, time, fraction = "0"] = typeof value === "string" ? TIME.exec(value) ?? [] : [];
  if (day === undefined) return value;
  const milliseconds = Math.round(Number(`0${fraction}`) * 1000);
  return new Date(Date.parse(`${day}T${time}Z`) + milliseconds).toISOString();
}

/** A text that has headings, and JSON or words beneath each, as pairs of both. */
export function parseSections(stdout: string): [heading: string, content: unknown][] {
  const sections: [string, string[]][] = [];
  for (const line of stdout.trimEnd().split("\n")) {
    // JSON that is indented by four begins and ends with a bracket, all else is a heading.
    const isContent = /^[\s{}[\]"]/.test(line);
    if (isContent && sections.length > 0) sections.at(-1)![1].push(line);
    else sections.push([line, []]);
  }
  return sections.map(([heading, lines]) => [
    heading,
    lines.length === 0 ? null : common(JSON.parse(lines.join("\n"))),
  ]);
}
