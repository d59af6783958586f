/**
 * Rows as a table for people.
 *
 * @module
 */
import { escapeName } from "../../escape.ts";
import { cell } from "./rows.ts";

/** How a table is printed. */
export interface TableStyle {
  /** Characters a line; longer lines are cut. */
  width: number;
  /** Columns that are not cut: what people copy must be whole. */
  whole?: readonly string[];
  /** Makes a heading. */
  bold(text: string): string;
  /** Called with the columns that don't fit. */
  onDropped?(fields: readonly string[]): void;
}

/** The widths of columns are those of the first rows, so that a long list begins at once. */
const MEASURED_ROWS = 200;
/** Columns are not made narrower than this; rather the last ones are dropped. */
const MIN_WIDTH = 16;
const SPACE = "  ";
/** Stands for what there is none of, or what may not be read. */
const NOTHING = "-";

interface Column {
  field: string;
  width: number;
  isNumeric: boolean;
  isWhole: boolean;
}

/** Writes a line with the names of the fields, then a line a row. */
export async function* formatTable(
  rows: AsyncIterable<object> | Iterable<object>,
  fields: readonly string[],
  style: TableStyle,
): AsyncGenerator<string> {
  let columns: Column[] | undefined;
  let first: object[] = [];
  for await (const row of rows) {
    if (columns !== undefined) {
      yield line(row, columns);
    } else if (first.push(row) === MEASURED_ROWS) {
      columns = shown(fields.map((field) => measured(field, first, style)), style);
      yield head(columns, style) + first.map((one) => line(one, columns!)).join("");
      first = [];
    }
  }
  if (columns !== undefined) return;
  const all = fields.map((field) => measured(field, first, style));
  const used = all.filter(({ field }) => first.some((row) => textOf(row, field) !== NOTHING));
  columns = shown(used.length > 0 ? used : all, style);
  yield head(columns, style) + first.map((row) => line(row, columns)).join("");
}

function measured(
  field: string,
  rows: readonly object[],
  { whole = [] }: TableStyle,
): Column {
  return {
    field,
    isWhole: whole.includes(field),
    width: Math.max(field.length, ...rows.map((row) => displayWidth(textOf(row, field)))),
    isNumeric: rows.length > 0 && rows.every((row) => typeof valueOf(row, field) === "number"),
  };
}

/** The columns that fit; the others are reported. */
function shown(columns: readonly Column[], { width, onDropped }: TableStyle): Column[] {
  const fitted = fit(columns, width);
  const dropped = columns.slice(fitted.length).map(({ field }) => field);
  if (dropped.length > 0) onDropped?.(dropped);
  return fitted;
}

/**
 * Narrows the widest columns, and if need be drops the last ones, until a line fits. Lines are longer
 * only where they have nothing but columns that are not cut.
 */
function fit(columns: readonly Column[], limit: number): Column[] {
  const fitted = columns.map((column) => ({ ...column }));
  const excess = () =>
    fitted.reduce((sum, { width }) => sum + width + SPACE.length, -SPACE.length) - limit;
  while (excess() > 0) {
    const [first, ...others] = fitted.filter(({ isWhole, width }) => !isWhole && width > MIN_WIDTH);
    if (first !== undefined) {
      const widest = others.reduce((one, other) => other.width > one.width ? other : one, first);
      widest.width--;
      continue;
    }
    if (columns.length === 1 || columns.every(({ isWhole }) => isWhole)) break;
    // What the dropped one took, the others may have again.
    return fit(columns.slice(0, -1), limit);
  }
  return fitted;
}

function head(columns: readonly Column[], { bold }: TableStyle): string {
  const names = columns.map((column) => aligned(column.field, column));
  return `${bold(names.join(SPACE).trimEnd())}\n`;
}

function line(row: object, columns: readonly Column[]): string {
  const cells = columns.map((column) => aligned(textOf(row, column.field), column));
  return `${cells.join(SPACE).trimEnd()}\n`;
}

function valueOf(row: object, field: string): unknown {
  return (row as Record<string, unknown>)[field];
}

function textOf(row: object, field: string): string {
  // A tab would move the columns after it.
  return escapeName(tableCell(valueOf(row, field))).replaceAll("\t", "\\t");
}

/** Lists of text without JSON's signs; other nested values as in the other formats. */
function tableCell(value: unknown): string {
  const isTexts = Array.isArray(value) && value.every((item) => typeof item === "string");
  return (isTexts ? value.join(", ") : cell(value)) || NOTHING;
}

/** A row that came later may have more than was measured. */
function aligned(text: string, { width, isNumeric, isWhole }: Column): string {
  const whole = isWhole ? text : cut(text, width);
  const padding = " ".repeat(Math.max(0, width - displayWidth(whole)));
  return isNumeric ? padding + whole : whole + padding;
}

function cut(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let kept = "";
  let used = 1;
  for (const character of text) {
    used += displayWidth(character);
    if (used > width) break;
    kept += character;
  }
  return `${kept}…`;
}

const INVISIBLE = /[\p{M}\p{Cf}]/gu;
/** Han, Hangul, kana, full-width forms and emoji take two columns. */
const WIDE =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/gu;

/** How many columns of a terminal a text takes. */
export function displayWidth(text: string): number {
  // deno-lint-ignore no-control-regex -- the range of ASCII
  if (/^[\x00-\x7f]*$/.test(text)) return text.length;
  const visible = text.replace(INVISIBLE, "");
  return [...visible].length + (visible.match(WIDE)?.length ?? 0);
}
