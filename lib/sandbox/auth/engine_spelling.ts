/**
 * Spells a request and its policies so that the policy engine reads them as AWS does.
 *
 * The engine takes a `*` in a requested resource as a wildcard, and its own wildcards stop at line
 * ends. It knows variables in every version of the policy language, escapes such as `${*}` in
 * patterns only, and gives up on a condition whose variable has no value. So the characters that
 * would mislead it are swapped for stand-ins that occur nowhere else, in the request and in the
 * policies alike.
 *
 * @module
 */

const LINE_ENDS = ["\n", "\r", "\u2028", "\u2029"];
const STAR = "*";
const DOLLAR = "$";
/** What a variable without a value is replaced by. It is in no request, so that nothing equals it. */
const NO_VALUE = "no value";
const PRIVATE_USE = { first: 0xe000, last: 0xf8ff };
/** A variable or an escape in braces, or a `$` that is neither. */
const VARIABLE = /\$\{([^}]*)\}|\$/g;
/** Version of the policy language in which variables came. */
const VARIABLES_SINCE = "2012-10-17";

type Fields = Record<string, unknown>;
type Respell = (text: string) => string;

/** Values of the condition keys of a request. */
export type ContextValues = Record<string, string | string[]>;

/** A request and the policies that decide on it, ready for the engine. */
export interface EngineText {
  /** Spells the requested resource. */
  resource(arn: string): string;
  /** Spells the value of a condition key. */
  value(text: string): string;
  /** Spells a policy document. */
  policy(document: unknown): unknown;
}

/**
 * Finds stand-ins that neither the request nor a policy contains.
 *
 * @param resource What is asked for.
 * @param context Values of the request's condition keys.
 * @param policies All documents that take part.
 */
export function spellingFor(
  resource: string,
  context: ContextValues,
  policies: unknown[],
): EngineText {
  const texts = [resource, Object.values(context), JSON.stringify(policies)].flat(2).join("");
  const special = [STAR, DOLLAR, NO_VALUE, ...LINE_ENDS];
  const free = unusedCharacters(texts, special.length);
  const standIns = new Map(special.map((text, index) => [text, free[index]!]));
  const swap = (pattern: RegExp): Respell => (text) =>
    text.replace(pattern, (character) => standIns.get(character)!);
  return {
    resource: swap(/[$*\n\r\u2028\u2029]/g),
    value: swap(/[$\n\r\u2028\u2029]/g),
    policy: (document) => {
      if (!isFields(document)) return document;
      const places = placesOf(document.Version, context, standIns, swap(/[\n\r\u2028\u2029]/g));
      const Statement = [document.Statement].flat().map((one) => spellStatement(one, places));
      return { ...document, Statement };
    },
  };
}

/** How text is spelled in a resource, in a value to match, in a value to equal, and elsewhere. */
interface Places {
  resource: Respell;
  pattern: Respell;
  exact: Respell;
  other: Respell;
}

function placesOf(
  version: unknown,
  context: ContextValues,
  standIns: Map<string, string>,
  other: Respell,
): Places {
  const dollar = standIns.get(DOLLAR)!;
  if (version !== VARIABLES_SINCE) {
    const literally: Respell = (text) => other(text).replaceAll(DOLLAR, dollar);
    return { resource: literally, pattern: literally, exact: literally, other };
  }
  const withValue = new Set(
    Object.entries(context).filter(([, value]) => typeof value === "string" && value !== "")
      .map(([key]) => key.toLowerCase()),
  );
  const place = (star: string, question: string): Respell => (text) =>
    other(text).replace(VARIABLE, (found: string, name?: string) => {
      if (name === undefined || name === DOLLAR) return dollar;
      if (name === STAR) return star;
      if (name === "?") return question;
      const hasDefault = name.includes(", ");
      return hasDefault || withValue.has(name.trim().toLowerCase())
        ? found
        : standIns.get(NO_VALUE)!;
    });
  return {
    resource: place(standIns.get(STAR)!, "${?}"),
    pattern: place("${*}", "${?}"),
    exact: place(STAR, "?"),
    other,
  };
}

function spellStatement(statement: unknown, places: Places): unknown {
  if (!isFields(statement)) return statement;
  return mapValues(statement, (value, name) => {
    if (name === "Condition" && isFields(value)) {
      return mapValues(value, (tests, operator) => {
        const isPattern = /Like|Arn/.test(operator);
        return mapStrings(tests, isPattern ? places.pattern : places.exact);
      });
    }
    const isResource = name === "Resource" || name === "NotResource";
    return mapStrings(value, isResource ? places.resource : places.other);
  });
}

function unusedCharacters(text: string, count: number): string[] {
  const used = new Set(text);
  const free: string[] = [];
  for (let code = PRIVATE_USE.first; free.length < count && code <= PRIVATE_USE.last; code++) {
    const character = String.fromCharCode(code);
    if (!used.has(character)) free.push(character);
  }
  if (free.length < count) throw new RangeError("Cannot evaluate policy: no unused character left");
  return free;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function mapValues(fields: Fields, map: (value: unknown, name: string) => unknown): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [name, map(value, name)]),
  );
}

function mapStrings(value: unknown, escapeForEngine: Respell): unknown {
  if (typeof value === "string") return escapeForEngine(value);
  if (Array.isArray(value)) return value.map((inner) => mapStrings(inner, escapeForEngine));
  return isFields(value) ? mapValues(value, (inner) => mapStrings(inner, escapeForEngine)) : value;
}
