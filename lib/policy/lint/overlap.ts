/**
 * Whether a pattern of a policy can mean a resource of some type, whose ARN AWS gives as a format such as
 * `arn:{Partition}:s3:::{BucketName}/{ObjectName}`.
 *
 * @module
 */

/** A run of characters, or one character, of a class. */
type Element =
  | { character: string }
  | { isRun: boolean; excluded: string };

/** Placeholders that hold no slash and no colon: object names and names with a path do. */
const WITHOUT_SLASH =
  /^(?:Partition|Region|Account|BucketName|AccessPointName|AccessPointAlias|OlapName)$/;

function formatElements(format: string): Element[] {
  return [...format.matchAll(/\{(\w+)\}|([^{])/gs)].flatMap(([, name, character]): Element[] => {
    if (name === undefined) return [{ character: character! }];
    // A placeholder stands for one character at least.
    const excluded = WITHOUT_SLASH.test(name)
      ? "/:"
      : /^(?:Partition|Region|Account)$/.test(name)
      ? ":"
      : "";
    return [{ isRun: false, excluded }, { isRun: true, excluded }];
  });
}

function patternElements(pattern: string): Element[] {
  return [...pattern.matchAll(/\$\{([^}]*)\}|(.)/gsu)].flatMap(
    ([, variable, character]): Element[] => {
      if (variable === "*" || variable === "?" || variable === "$") {
        return [{ character: variable }];
      }
      if (variable !== undefined || character === "*") return [{ isRun: true, excluded: "" }];
      return [character === "?" ? { isRun: false, excluded: "" } : { character: character! }];
    },
  );
}

/** Whether some character is in both classes. */
function haveCommon(one: Element, other: Element): boolean {
  if ("character" in one && "character" in other) return one.character === other.character;
  if ("character" in one) return !("character" in other) && !other.excluded.includes(one.character);
  if ("character" in other) return !one.excluded.includes(other.character);
  return true;
}

const isRun = (element: Element | undefined): boolean =>
  element !== undefined && "isRun" in element && element.isRun;

/** Whether some text is described by both the pattern and the format. */
export function overlaps(pattern: string, format: string): boolean {
  const [ours, theirs] = [patternElements(pattern), formatElements(format)];
  const width = theirs.length + 1;
  const reached = new Set<number>([0]);
  // A set is walked in the order in which it grows.
  for (const place of reached) {
    const [i, j] = [Math.floor(place / width), place % width];
    const [one, other] = [ours[i], theirs[j]];
    if (one === undefined && other === undefined) return true;
    if (isRun(one)) reached.add(place + width);
    if (isRun(other)) reached.add(place + 1);
    if (one === undefined || other === undefined || !haveCommon(one, other)) continue;
    reached.add(place + (isRun(one) ? 0 : width) + (isRun(other) ? 0 : 1));
  }
  return false;
}
