/**
 * Test files in groups that share a worker: to load the program and the SDK's clients takes longer than
 * most files then take to run.
 *
 * @module
 */
import { dirname, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";

/** How test files are grouped. */
export interface Grouping {
  /** Files and directories to leave out. */
  ignored: readonly string[];
  /** Files that get a worker of their own, those that take longest first. */
  alone: readonly string[];
}

/**
 * Writes a module for each directory that has test files, which imports them all. Deno names the file
 * and the line of a test that fails as if it had run by itself.
 *
 * @param directory where the tests are
 * @param folder where to write the modules
 * @returns what `deno test` is to run, in this order: what takes longest should not start last
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
  const isAlone = (file: string) => alone.some((path) => join(path) === file);
  const groups = Map.groupBy(files.filter((file) => !isAlone(file)), (file) => dirname(file));
  const largestFirst = [...groups].sort(([, one], [, other]) => other.length - one.length);
  const modules: string[] = [];
  for (const [path, members] of largestFirst) {
    const module = join(folder, `${path.replaceAll("..", "_")}.ts`);
    const imports = members.sort().map((file) =>
      `import "${pathToFileURL(resolve(file)).href}";\n`
    );
    await Deno.mkdir(dirname(module), { recursive: true });
    await Deno.writeTextFile(module, imports.join(""));
    modules.push(module);
  }
  return [...alone.filter((path) => files.includes(join(path))), ...modules];
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
