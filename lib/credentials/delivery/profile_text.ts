/**
 * Putting a profile into the text of a credentials file: what else the file says stays byte for byte.
 *
 * @module
 */
import { iniLines, parseIni } from "../../aws/ini.ts";
import { InvalidInput } from "../../errors.ts";

/** The settings of a profile that are a part of its key. */
const KEY_SETTINGS = new Set([
  ...["aws_access_key_id", "aws_secret_access_key"],
  ...["aws_session_token", "aws_security_token"],
]);

/**
 * Puts settings into a section. Of one that is there, those of its key and those of the same name are
 * replaced.
 *
 * @throws {RangeError} if the text is none that AWS's tools read, before or after
 */
export function withProfile(
  text: string,
  name: string,
  settings: Readonly<Record<string, string>>,
): string {
  const before = parseIni(text);
  const lines = text.match(/[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$/g) ?? [];
  const lineEnd = text.includes("\r\n") ? "\r\n" : "\n";
  const added = Object.entries(settings).map(([key, value]) => `${key} = ${value}${lineEnd}`);
  const isReplaced = (key: string) => KEY_SETTINGS.has(key) || Object.hasOwn(settings, key);
  const result: string[] = [];
  let section: string | undefined;
  let isDropped = false;
  let index = 0;
  for (const line of iniLines(text)) {
    const original = lines[index++];
    // After a last line end there is nothing more.
    if (original === undefined) break;
    if (line.kind === "header") section = line.name;
    if (line.kind === "header" || line.kind === "option") {
      isDropped = line.kind === "option" && section === name && isReplaced(line.key);
    }
    if (isDropped && (line.kind === "option" || line.kind === "continuation" && line.value)) {
      continue;
    }
    result.push(original);
    if (line.kind === "header" && section === name) {
      if (!/[\r\n]$/.test(original)) result.push(lineEnd);
      result.push(...added);
    }
  }
  if (!before.has(name)) {
    const gap = text === "" || /(?:\r\n|\r(?!\n)|\n){2}$/.test(text) ? "" : lineEnd;
    result.push(/[^\r\n]$/.test(text) ? lineEnd + gap : gap, `[${name}]${lineEnd}`, ...added);
  }
  const after = result.join("");
  assertOnlyChanged(before, parseIni(after), name, settings);
  return after;
}

/** What the file says now is what it said before, but for the settings. */
function assertOnlyChanged(
  before: ReturnType<typeof parseIni>,
  after: ReturnType<typeof parseIni>,
  name: string,
  settings: Readonly<Record<string, string>>,
): void {
  const own = [...before.get(name) ?? []].filter(([key]) => !KEY_SETTINGS.has(key));
  const expected = new Map(before).set(name, new Map([...own, ...Object.entries(settings)]));
  const isAsExpected = expected.size === after.size &&
    [...expected].every(([section, values]) => {
      const found = after.get(section);
      return found?.size === values.size &&
        [...values].every(([key, value]) => isSameValue(found.get(key), value));
    });
  if (!isAsExpected) throw new InvalidInput("the profile can't be put into it as it is written");
}

type Value = string | ReadonlyMap<string, string> | undefined;

function isSameValue(one: Value, other: Value): boolean {
  const [first, second] = [one, other].map((value) =>
    typeof value === "object" ? JSON.stringify([...value]) : value
  );
  return first === second;
}
