/**
 * Which name somebody may have meant.
 *
 * @module
 */

/** The names nearest to what was typed: those with the fewest typing errors, otherwise those with its parts. */
export function nearest(typed: string, names: readonly string[]): string[] {
  const limit = Math.floor(typed.length / 3);
  const distances = names.map((name) => editDistance(typed, name));
  const best = Math.min(...distances);
  if (best <= limit) return names.filter((_, index) => distances[index] === best);
  return withParts(typed, names);
}

/** The end of a message about a name that isn't known. */
export function didYouMean(names: readonly string[]): string {
  return names.length === 0 ? "" : ` - did you mean ${names.join(" or ")}?`;
}

/** `delete` or `get-policy` may be all that is remembered of a longer name. */
function withParts(typed: string, names: readonly string[]): string[] {
  const parts = typed.replace(/^--?/, "").split("-");
  if (parts.join("").length < 3) return [];
  return names.filter((name) => parts.every((part) => name.includes(part)));
}

/** How many letters must be inserted, deleted, replaced or swapped with their neighbor. */
export function editDistance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const replaced = last[j - 1]! + (one[i - 1] === other[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] &&
        one[i - 2] === other[j - 1];
      const swapped = isSwapped ? beforeLast[j - 2]! + 1 : Infinity;
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, replaced, swapped));
    }
    [beforeLast, last] = [last, row];
  }
  return last[other.length]!;
}
