/**
 * A strict reader of RFC 4180, so that what we write is read by other rules than it was written by.
 *
 * @module
 */

/** Reads CSV or TSV with CRLF line ends; throws where the text breaks the rules. */
export function parseDelimited(text: string, delimiter: string): string[][] {
  const field = new RegExp(`"((?:[^"]|"")*)"|[^"\\r\\n${delimiter}]*`, "y");
  const lines: string[][] = [];
  let line: string[] = [];
  let at = 0;
  while (at < text.length || line.length > 0) {
    field.lastIndex = at;
    const [whole, quoted] = field.exec(text)!;
    line.push(quoted === undefined ? whole : quoted.replaceAll('""', '"'));
    at += whole.length;
    if (text[at] === delimiter) at++;
    else if (text.startsWith("\r\n", at)) {
      at += 2;
      lines.push(line);
      line = [];
    } else throw new SyntaxError(`Neither a delimiter nor a line end at ${at}: ${text.slice(at)}`);
  }
  return lines;
}

/** Reads a listing in the format that `--nl`, `--csv`, `--tsv` or none of them asks for. */
export function readRows(text: string, option: string | undefined): Record<string, unknown>[] {
  if (option === "--nl") return text.split("\n").slice(0, -1).map((line) => JSON.parse(line));
  if (option !== "--csv" && option !== "--tsv") return JSON.parse(text);
  const [fields = [], ...lines] = parseDelimited(text, option === "--csv" ? "," : "\t");
  return lines.map((cells) => Object.fromEntries(fields.map((field, n) => [field, cells[n]])));
}
