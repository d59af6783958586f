/**
 * Rows of a list as text, one after the other.
 *
 * @module
 */
import { S3CredentialsError } from "../../errors.ts";
import { formatTime } from "../../time.ts";

/** How rows can be written, other than as a table. */
export type RowFormat = "json" | "nl" | "csv" | "tsv";

/**
 * What the library gave as JSON can carry it: times as text, an error as its message, fields without a
 * value omitted; of an object only these fields, in this order.
 */
export function plainData(value: unknown, fields?: readonly string[]): unknown {
  if (value instanceof Date) return formatTime(value);
  if (value instanceof S3CredentialsError) return { error: value.message };
  if (Array.isArray(value)) return value.map((item) => plainData(item));
  if (typeof value !== "object" || value === null) return value;
  const entries = fields === undefined
    ? Object.entries(value)
    : fields.map((field) => [field, (value as Record<string, unknown>)[field]] as const);
  return Object.fromEntries(
    entries
      .filter(([, item]) => item !== undefined)
      .map(([key, item]) => [key, plainData(item)]),
  );
}

/** Makes a row of each item, as it arrives. */
export async function* rowsOf<T>(
  items: AsyncIterable<T>,
  toRow: (item: T) => object,
): AsyncGenerator<object> {
  for await (const item of items) yield toRow(item);
}

/**
 * Writes rows, each as soon as it arrives.
 *
 * - `json`: an array, indented by two; `[]` without rows
 * - `nl`: an object a line, with a space after each comma and colon between values
 * - `csv`, `tsv`: a line with the names of the fields, then a line a row; lines end with CR and LF,
 *   nested values are JSON
 *
 * The pieces of text belong one behind the other.
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

/** The text of one value in a line of values; nested values are JSON. */
export function cell(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
