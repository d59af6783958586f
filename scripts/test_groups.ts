/**
 * Test files in groups that share a worker: to load the program and the SDK's clients takes longer than
 * most files then take to run.
 *
 * @module
 */
import { join, relative, resolve, sep } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/** How test files are grouped. */
export interface Grouping {
  /** Files and directories to leave out. */
  ignored: readonly string[];
  /** How long files take, by path, where it isn't {@linkcode USUAL_SECONDS}. */
  seconds: Readonly<Record<string, number>>;
  /** How many groups there are at most. */
  max: number;
}

/** How long all other files take. */
const USUAL_SECONDS = 1;
/** In smaller ones, loading would be most of what they do. */
const MIN_FILES = 5;

/**
 * Deals the test files of a directory out to groups, so that all groups take about the same time: the
 * longest file first, each to the group that has the least. For each it writes a module that imports its
 * files. Deno names the file and the line of a test that fails as if it had run by itself.
 *
 * @param directory where the tests are
 * @param folder where to write the modules
 * @returns the modules
 */
export async function writeGroups(
  directory: string,
  folder: string,
  { ignored, seconds, max }: Grouping,
): Promise<string[]> {
  // However it was written, what to ignore is compared with it.
  const root = relative(Deno.cwd(), directory);
  const files = (await testFiles(root)).filter((file) =>
    !ignored.some((path) => `${file}${sep}`.startsWith(`${join(path)}${sep}`))
  );
  if (files.length === 0) throw new Error(`No test files in ${directory}`);
  const known = new Map(Object.entries(seconds).map(([path, time]) => [join(path), time]));
  const timeOf = (file: string) => known.get(file) ?? USUAL_SECONDS;
  const count = Math.min(max, Math.ceil(files.length / MIN_FILES));
  const groups = Array.from({ length: count }, () => ({ time: 0, files: [] as string[] }));
  for (const file of files.sort().sort((one, other) => timeOf(other) - timeOf(one))) {
    const shortest = groups.reduce((one, other) => other.time < one.time ? other : one);
    shortest.files.push(file);
    shortest.time += timeOf(file);
  }
  await Deno.mkdir(folder, { recursive: true });
  return await Promise.all(groups.map(async (group, place) => {
    const module = join(folder, `group_${place}_test.ts`);
    const imports = group.files.map((file) => `import "${pathToFileURL(resolve(file)).href}";\n`);
    await Deno.writeTextFile(module, imports.join("") + MARK_LOADED);
    return module;
  }));
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
