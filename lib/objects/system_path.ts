/**
 * Paths as the system reads them.
 *
 * @module
 */
import { dirname, resolve, sep } from "node:path";

/**
 * Writes a path so that Deno reads it as the system does. Where a link leads to a folder, `..` of it is
 * for the system the folder above that one; for Deno, unless it has all permissions, it is the folder
 * that the link is in.
 *
 * @param path a path that a person has given
 * @returns another name of the same file, or the path itself
 *
 * @example Nothing to follow
 * ```ts
 * import assert from "node:assert/strict";
 * import { systemPath } from "./system_path.ts";
 *
 * assert.equal(systemPath("../photos"), "../photos");
 * ```
 */
export function systemPath(path: string): string {
  if (!path.includes("..")) return path;
  const [first = "", ...rest] = path.split(sep);
  return rest.reduce((above, name) => {
    if (name !== ".." || above === "") return `${above}/${name}`;
    const real = realPathOf(above);
    return real === resolve(above) ? `${above}/..` : dirname(real);
  }, first);
}

/** What isn't there is reported by whoever wants to read it. */
function realPathOf(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    return resolve(path);
  }
}
