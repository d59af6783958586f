/**
 * Names in paths. On Windows this is Node's `node:path`; elsewhere a few lines do, since Deno takes longer
 * to load that than a small object takes to come.
 *
 * @module
 */
const windows = Deno.build.os === "windows" ? await import("node:path") : undefined;

/** The directory that a path is in. */
export function dirname(path: string): string {
  if (windows !== undefined) return windows.dirname(path);
  let end = path.length;
  while (end > 0 && path[end - 1] === "/") end--;
  while (end > 0 && path[end - 1] !== "/") end--;
  if (end > 1) return path.slice(0, end - 1);
  return path.startsWith("/") ? "/" : ".";
}

/** The path of what is in a directory. The names must not be `..`. */
export function join(directory: string, ...names: string[]): string {
  if (windows !== undefined) return windows.join(directory, ...names);
  const start = directory.endsWith("/") ? directory.slice(0, -1) : directory;
  return names.length === 0 ? directory : [start, ...names].join("/");
}

/** The absolute path, without looking whether there are links on the way. */
export function resolve(path: string): string {
  if (windows !== undefined) return windows.resolve(path);
  const absolute = path.startsWith("/") ? path : `${Deno.cwd()}/${path}`;
  const names: string[] = [];
  for (const name of absolute.split("/")) {
    if (name === "..") names.pop();
    else if (name !== "" && name !== ".") names.push(name);
  }
  return `/${names.join("/")}`;
}

/** What is between the names of a path. */
export const sep = windows?.sep ?? "/";
