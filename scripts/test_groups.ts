/**
 * Test files in groups that share a worker: to load the program and the SDK's clients takes longer than
 * most files then take to run.
 *
 * @module
 */
import { dirname, join, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** How test files are grouped. */
export interface Grouping {
  /** Files and directories to leave out. */
  ignored: readonly string[];
  /** Files that get a worker of their own, those that take longest first. */
  alone: readonly string[];
}

/** A larger one would still run when nothing else does. */
const MAX_FILES = 20;

/**
 * Writes a module for each directory that has test files, or for each part of a large one, which imports
 * them all. Deno names the file and the line of a test that fails as if it had run by itself.
 *
 * @param directory where the tests are
 * @param folder where to write the modules; their names have the order in which they should start
 * @returns the modules
 */
export async function writeGroups(
  directory: string,
  folder: string,
  { ignored, alone }: Grouping,
): Promise<string[]> {
  // However it was written, what to ignore is compared with it.
  const root = relative(Deno.cwd(), directory);
  const files = (await testFiles(root)).filter((file) =>
    !ignored.some((path) => `${file}${sep}`.startsWith(`${join(path)}${sep}`))
  );
  if (files.length === 0) throw new Error(`No test files in ${directory}`);
  const long = alone.map((path) => join(path)).filter((path) => files.includes(path));
  const others = files.filter((file) => !long.includes(file)).sort();
  const directories = [...Map.groupBy(others, (file) => dirname(file)).values()];
  const groups = directories.flatMap(parts).sort((one, other) => other.length - one.length);
  await Deno.mkdir(folder, { recursive: true });
  return await Promise.all(
    [...long.map((file) => [file]), ...groups].map(async (members, place) => {
      const name = [String(place).padStart(2, "0"), ...members[0]!.split(sep)].join("_");
      const module = join(folder, name);
      const imports = members.map((file) => `import "${pathToFileURL(resolve(file)).href}";\n`);
      await Deno.writeTextFile(module, imports.join("") + MARK_LOADED);
      return module;
    }),
  );
}

/** What a module does once all that it imports is loaded. */
const MARK_LOADED = `Deno.writeTextFileSync(\`\${import.meta.filename}.loaded\`, "");\n`;

/**
 * Finds the modules that were not loaded to their end: a test file that ends the process, with whatever
 * code, takes the tests of its group along, and Deno does not count them.
 *
 * @param modules what {@linkcode writeGroups} has written, and has been run since
 * @returns the files that each of these modules imports
 */
export async function unloadedGroups(modules: readonly string[]): Promise<string[][]> {
  const unloaded = await Promise.all(modules.map(async (module) => {
    const isLoaded = await Deno.stat(`${module}.loaded`).then(() => true, () => false);
    if (isLoaded) return [];
    const text = await Deno.readTextFile(module);
    return [
      [...text.matchAll(/^import "(.*?)"/gm)].map(([, url]) =>
        relative(Deno.cwd(), fileURLToPath(url!))
      ),
    ];
  }));
  return unloaded.flat();
}

/** Parts of about the same size, none too large. */
function parts(files: string[]): string[][] {
  const count = Math.ceil(files.length / MAX_FILES);
  const bounds = Array.from({ length: count + 1 }, (_, n) => Math.round(n * files.length / count));
  return bounds.slice(1).map((end, n) => files.slice(bounds[n], end));
}

/** All test files below a directory. */
async function testFiles(directory: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(directory || ".")) {
    const path = join(directory, name);
    if (isDirectory) found.push(...await testFiles(path));
    else if (name.endsWith("_test.ts")) found.push(path);
  }
  return found;
}
