import { formatTime } from "./time.ts";
/**
 * Rows of a listing as text, one after the other.
 *
 * @module
 */

/** How {@linkcode formatRows} can write rows. */
export type RowFormat = "json" | "nl" | "csv" | "tsv";

/**
 * Turns what an SDK call gave into plain data: times as text, fields without a value left out.
 *
 * @param value an object, list or other value of the SDK
 * @param fields the fields to keep of an object, in this order; left out, all
 * @returns the same as JSON can carry it
 *
 * @example A role
 * ```ts
 * import assert from "node:assert/strict";
 * import { plainData } from "./rows.ts";
 *
 * const role = { RoleName: "r", CreateDate: new Date(0), Description: undefined };
 * assert.deepEqual(plainData(role), { RoleName: "r", CreateDate: "1970-01-01 00:00:00+00:00" });
 * ```
 */
export function plainData(value: unknown, fields?: readonly string[]): unknown {
  if (value instanceof Date) return formatTime(value);
  if (Array.isArray(value)) return value.map((item) => plainData(item));
  if (typeof value !== "object" || value === null) return value;
  const entries = fields === undefined
    ? Object.entries(value)
    : fields.map((field) => [field, (value as Record<string, unknown>)[field]] as const);
  return Object.fromEntries(
    entries
      .filter(([key, item]) => item !== undefined && key !== "$metadata")
      .map(([key, item]) => [key, plainData(item)]),
  );
}

/**
 * Writes rows, each as soon as it arrives.
 *
 * - `json`: an array, indented by two; `[]` without rows
 * - `nl`: an object a line, with a space after each comma and colon between values
 * - `csv`, `tsv`: a line with the names of the fields, then a line a row; lines end with CR and LF,
 *   nested values are JSON
 *
 * @param rows plain objects
 * @param format how to write them
 * @param fields the columns of `csv` and `tsv`
 * @returns pieces of text that belong one behind the other
 *
 * @example Two users as CSV
 * ```ts
 * import { formatRows } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * const rows = [{ UserName: "one" }, { UserName: "two, too" }];
 * const text = await Array.fromAsync(formatRows(rows, "csv", ["UserName"]));
 * assert.equal(text.join(""), 'UserName\r\none\r\n"two, too"\r\n');
 * ```
 */
export async function* formatRows(
  rows: AsyncIterable<object> | Iterable<object>,
  format: RowFormat,
  fields: readonly string[],
): AsyncGenerator<string> {
  if (format === "json") return yield* jsonArray(rows);
  if (format === "nl") {
    const write = spacedJson();
    for await (const row of rows) yield `${write(row)}\n`;
    return;
  }
  const line = await delimitedLine(format === "csv" ? "," : "\t");
  yield line([...fields]);
  for await (const row of rows) {
    yield line(fields.map((field) => cell((row as Record<string, unknown>)[field])));
  }
}

/**
 * JSON on one line with the separators of Python's `json.dumps`, which scripts look for. Rows have
 * the same few keys, so each is quoted once.
 */
function spacedJson(): (value: unknown) => string {
  const keys = new Map<string, string>();
  const quoted = (key: string) => {
    let text = keys.get(key);
    if (text === undefined) {
      text = `${JSON.stringify(key)}: `;
      if (keys.size < MAX_CACHED_KEYS) keys.set(key, text);
    }
    return text;
  };
  const write = (value: unknown): string => {
    if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
    if (Array.isArray(value)) return `[${value.map(write).join(", ")}]`;
    if ("toJSON" in value) return JSON.stringify(value);
    let text = "";
    for (const key in value) {
      const item = (value as Record<string, unknown>)[key];
      if (item === undefined) continue;
      text += `${text === "" ? "" : ", "}${quoted(key)}${write(item)}`;
    }
    return `{${text}}`;
  };
  return write;
}

/** The documents of policies may bring any number of keys of their own. */
const MAX_CACHED_KEYS = 1000;

async function* jsonArray(rows: AsyncIterable<object> | Iterable<object>): AsyncGenerator<string> {
  let isEmpty = true;
  for await (const row of rows) {
    const text = JSON.stringify(row, null, 2).replaceAll("\n", "\n  ");
    yield `${isEmpty ? "[" : ","}\n  ${text}`;
    isEmpty = false;
  }
  yield isEmpty ? "[]\n" : "\n]\n";
}

async function delimitedLine(delimiter: string): Promise<(cells: string[]) => string> {
  const { stringify } = await import("csv-stringify/sync");
  const options = { delimiter, record_delimiter: "\r\n", quoted_match: /[\r\n]/ };
  return (cells) => stringify([cells], options);
}

function cell(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
