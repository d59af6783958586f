/**
 * What is at a path.
 *
 * @module
 */

/** What `Deno.statSync` or `Deno.lstatSync` finds at a path; `undefined` if nothing is there. */
export function infoIfExists<T>(stat: (path: string) => T, path: string): T | undefined {
  try {
    return stat(path);
  } catch (error) {
    if (error instanceof Error && error.name === "NotFound") return undefined;
    throw error;
  }
}
