/**
 * Paths as the system reads them.
 *
 * @module
 */
import { dirname, resolve, sep } from "./paths.ts";

/**
 * Writes a path so that Deno reads it as the system does. In `link/..`, where `link` leads to another
 * directory, the system goes up from that directory; Deno goes up from the link, unless it runs with
 * all permissions, and would read or overwrite another file than the one that was named.
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

function realPathOf(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch {
    // What is missing is reported when it is opened.
    return resolve(path);
  }
}
