/**
 * Policy variables: `${aws:username}`, `${aws:PrincipalTag/team, 'none'}` and the escapes `${*}`,
 * `${?}` and `${$}`, see
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
 *
 * @module
 */

/** The values of a request's condition keys. */
export interface ContextValues {
  /** The value of a key whose name is given in lower case; `undefined` if the request has none. */
  get(key: string): string | readonly string[] | undefined;
}

/** Text in which `*` and `?` may be wildcards, or text that stands for itself. */
export interface TextPart {
  text: string;
  isLiteral: boolean;
}

/** A variable, and the text to use if the request has no value for it. */
interface VariablePart {
  key: string;
  fallback: string | undefined;
}

/** A text of a policy, taken apart at its variables. */
export type Template = readonly (TextPart | VariablePart)[];

const VARIABLE = /\$\{([^}]*)\}/g;
const NAME_AND_DEFAULT = /^([^,]*),\s*'(.*)'\s*$/s;

function variablePart(body: string): TextPart | VariablePart {
  if (body === "*" || body === "?" || body === "$") return { text: body, isLiteral: true };
  const [, name = body, fallback] = NAME_AND_DEFAULT.exec(body) ?? [];
  return { key: name.trim().toLowerCase(), fallback };
}

/** Takes a text apart. Without variables, as before version 2012-10-17, `${` is ordinary text. */
export function parseTemplate(text: string, hasVariables: boolean): Template {
  if (!hasVariables || !text.includes("${")) return [{ text, isLiteral: false }];
  const parts: (TextPart | VariablePart)[] = [];
  let end = 0;
  for (const match of text.matchAll(VARIABLE)) {
    if (match.index > end) parts.push({ text: text.slice(end, match.index), isLiteral: false });
    parts.push(variablePart(match[1]!));
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), isLiteral: false });
  return parts;
}

/** Whether a template is the same for every request. */
export function isConstant(template: Template): template is readonly TextPart[] {
  return template.every((part) => "text" in part);
}

/** The parts of a template before its first variable. */
export function constantStart(template: Template): readonly TextPart[] {
  const end = template.findIndex((part) => "key" in part);
  return template.slice(0, end === -1 ? undefined : end) as TextPart[];
}

/**
 * Puts the request's values in place of the variables. Keys with several values are no variables,
 * and an empty value counts as none. `undefined` if a variable has neither a value nor a default.
 */
export function substitute(
  template: Template,
  context: ContextValues,
): readonly TextPart[] | undefined {
  const parts: TextPart[] = [];
  for (const part of template) {
    if ("text" in part) {
      parts.push(part);
      continue;
    }
    const value = context.get(part.key);
    const text = typeof value === "string" && value !== "" ? value : part.fallback;
    if (text === undefined) return undefined;
    parts.push({ text, isLiteral: true });
  }
  return parts;
}

/** The text of a template without variables, with every character standing for itself. */
export function plainText(parts: readonly TextPart[]): string {
  return parts.map(({ text }) => text).join("");
}
