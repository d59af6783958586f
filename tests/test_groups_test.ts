import assert from "node:assert/strict";
import { join, relative, resolve } from "node:path";
import { unloadedGroups, writeGroups } from "../scripts/test_groups.ts";

/** Makes test files in a directory, and gives the files that each worker would run. */
async function groupsOf(
  files: string[],
  more: {
    ignored?: string[];
    seconds?: Record<string, number>;
    max?: number;
    isAbsolute?: boolean;
  } = {},
): Promise<string[][]> {
  const directory = relative(Deno.cwd(), await Deno.makeTempDir());
  const inside = (names: string[] = []) => names.map((name) => join(directory, name));
  const folder = await Deno.makeTempDir();
  try {
    for (const file of inside(files)) {
      await Deno.mkdir(join(file, ".."), { recursive: true });
      await Deno.writeTextFile(file, "");
    }
    const given = more.isAbsolute ? resolve(directory) : directory;
    const { max = 8 } = more;
    const seconds = Object.fromEntries(
      Object.entries(more.seconds ?? {}).map(([name, time]) => [join(directory, name), time]),
    );
    const grouping = { ignored: inside(more.ignored), seconds, max };
    const written = await writeGroups(given, folder, grouping);
    return await Promise.all(written.map(async (path) => {
      return [...(await Deno.readTextFile(path)).matchAll(/import "(.*?)"/g)]
        .map(([, url]) => relative(directory, new URL(url!).pathname));
    }));
  } finally {
    await Deno.remove(directory, { recursive: true });
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("writeGroups: deals the files out by the time they take, the longest first", async () => {
  const files = Array.from(
    { length: 23 },
    (_, n) => `${n % 2}/${String(n).padStart(2, "0")}_test.ts`,
  );
  const groups = await groupsOf([...files, "0/helpers.ts"], {
    seconds: { "1/21_test.ts": 4, "0/20_test.ts": 12, "0/02_test.ts": 2, "gone_test.ts": 99 },
    max: 4,
  });
  assert.deepEqual(groups.map(([first]) => first), [
    "0/20_test.ts",
    "1/21_test.ts",
    "0/02_test.ts",
    "0/00_test.ts",
  ]);
  // 12, 9, 9 and 8 seconds.
  assert.deepEqual(groups.map(({ length }) => length), [1, 6, 8, 8]);
  assert.deepEqual(groups.flat().sort(), files.sort());
});

Deno.test("writeGroups: few files have few groups", async () => {
  const files = Array.from({ length: 11 }, (_, n) => `a/${n}_test.ts`);
  assert.deepEqual((await groupsOf(files)).map(({ length }) => length), [4, 4, 3]);
});

Deno.test("writeGroups: leaves out what is ignored, also where the directory's path is absolute", async () => {
  const files = ["a/slow/one_test.ts", "a/two_test.ts", "a/three_test.ts", "a/four_test.ts"];
  const more = { ignored: ["a/slow", "a/two_test.ts"], seconds: { "a/four_test.ts": 9 } };
  const expected = [["a/four_test.ts", "a/three_test.ts"]];
  assert.deepEqual(await groupsOf(files, more), expected);
  assert.deepEqual(await groupsOf(files, { ...more, isAbsolute: true }), expected);
});

Deno.test("unloadedGroups: names the files of a group in which one ends the process", async () => {
  const directory = relative(Deno.cwd(), await Deno.makeTempDir());
  const folder = await Deno.makeTempDir();
  try {
    for (const group of ["good", "ending"]) await Deno.mkdir(join(directory, group));
    const [ending, beside] = ["ending/a_test.ts", "ending/b_test.ts"].map((name) =>
      join(directory, name)
    );
    await Deno.writeTextFile(join(directory, "good/a_test.ts"), "");
    await Deno.writeTextFile(ending!, "Deno.exit(0);\n");
    await Deno.writeTextFile(beside!, "");
    const modules = (await Promise.all(["good", "ending"].map((name) => {
      return writeGroups(join(directory, name), join(folder, name), {
        ignored: [],
        seconds: {},
        max: 1,
      });
    }))).flat();
    for (const module of modules) {
      const args = ["run", "--allow-write", "--no-config", module];
      const { code } = await new Deno.Command(Deno.execPath(), { args }).output();
      assert.equal(code, 0);
    }
    assert.deepEqual(await unloadedGroups(modules), [[ending, beside]]);
  } finally {
    await Deno.remove(directory, { recursive: true });
    await Deno.remove(folder, { recursive: true });
  }
});
