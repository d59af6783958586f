/**
 * get-objects writes nothing outside its directory, whatever the keys, and loses nothing.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { RUNS } from "../../support/arbitraries.ts";
import { LocalFile } from "../../../lib/objects/local/file.ts";
import { LocalDirectory } from "../../../lib/objects/local/directory.ts";
import { resolveKeyPath } from "../../../lib/objects/keys.ts";
import { escapeControls, escapeName } from "../../../lib/escape.ts";
import { Content } from "../../../lib/sandbox/mod.ts";
import {
  BUCKET,
  keyArbitrary,
  latin1,
  noise,
  type Stage,
  stage,
  tree,
  TWO_PARTS,
} from "../../support/objects.ts";

/** Stores objects past the server, so that any key will do. */
async function store(st: Stage, contents: Record<string, string>): Promise<void> {
  await st.put("template", "x");
  const template = st.objects().get("template")!;
  st.objects().clear();
  for (const [key, text] of Object.entries(contents)) {
    const body = Content.of(text);
    const etag = `"${body.digest("md5", "hex")}"`;
    st.objects().set(key, { ...template, key, body, etag });
  }
}

Deno.test("get-objects: writes nothing outside the directory and gets or reports every key", async () => {
  await using st = await stage();
  let round = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(keyArbitrary, { minLength: 1, maxLength: 12 }),
      fc.boolean(),
      async (keys, areNamed) => {
        const contents = Object.fromEntries(keys.map((key, at) => [`${key}`, `${at} ${key}`]));
        await store(st, contents);
        const outer = st.path(String(round++));
        const directory = `${outer}/x/target`;
        await Deno.mkdir(`${outer}/x`, { recursive: true });
        await Deno.writeTextFile(`${outer}/witness`, "untouched");
        const named = areNamed ? ["--", ...keys] : [];
        const { code, stderr } = await st.run(["get-objects", BUCKET, "-o", directory, ...named]);
        const after = tree(outer);
        const outside = Object.keys(after).filter((path) => !path.startsWith("x/target/"));
        assert.deepEqual(outside, ["witness", "x", "x/target"]);
        const written = tree(directory);
        let reported = 0;
        for (const [key, text] of Object.entries(contents)) {
          const place = resolveKeyPath(key);
          const path = place.kind === "file" ? place.segments.join("/") : undefined;
          const bytes = latin1(new TextEncoder().encode(text));
          const isFetched = path !== undefined && written[path] === bytes;
          const isReported = stderr.includes(escapeControls(JSON.stringify(key))) ||
            stderr.includes(`: ${escapeName(key)}`);
          assert.ok(isFetched || isReported, `${JSON.stringify(key)} is lost: ${stderr}`);
          if (!isFetched) reported++;
        }
        const files = Object.values(written).filter((content) => content !== null).length;
        assert.equal(files + reported, keys.length);
        assert.equal(code, reported > 0 ? 1 : 0);
      },
    ),
    { numRuns: 50 * RUNS },
  );
});

Deno.test("get-objects: writes or reports names of 1,024 bytes", async () => {
  await using st = await stage();
  const long = Array(4).fill("é".repeat(127)).join("/").slice(0, 1024);
  const tooLong = "x".repeat(1024);
  await store(st, { [long]: "1", [tooLong]: "2" });
  const { code, stderr } = await st.run(["get-objects", BUCKET, "-o", st.path("out")]);
  assert.equal(code, 1);
  assert.equal(stderr.match(/Error: /g)?.length, 1);
  assert.match(stderr, /xxx.*the name is longer than the file system allows/);
  assert.equal(await Deno.readTextFile(st.path("out", long)), "1");
});

Deno.test("get-objects: follows no symbolic link below the directory", async () => {
  await using st = await stage();
  await store(st, { "link/a": "evil", "file": "evil", "ok": "good", "deep/link/b": "evil" });
  await Deno.mkdir(st.path("elsewhere"));
  await Deno.mkdir(st.path("out", "deep"), { recursive: true });
  await Deno.symlink(st.path("elsewhere"), st.path("out", "link"));
  await Deno.symlink(st.path("elsewhere"), st.path("out", "deep", "link"));
  await Deno.symlink(st.path("elsewhere", "new"), st.path("out", "file"));
  const { code, stderr } = await st.run(["get-objects", BUCKET, "-o", st.path("out")]);
  assert.equal(code, 1);
  assert.equal(stderr.match(/Error: Skipped .* is a symbolic link$/gm)?.length, 3);
  assert.deepEqual(tree(st.path("elsewhere")), {});
  assert.equal(await Deno.readTextFile(st.path("out", "ok")), "good");
});

Deno.test("get-objects: writes into a directory that is itself a link", async () => {
  await using st = await stage();
  await store(st, { "a/b": "1" });
  await Deno.mkdir(st.path("real"));
  await Deno.symlink(st.path("real"), st.path("out"));
  assert.equal((await st.run(["get-objects", BUCKET, "-o", st.path("out")])).code, 0);
  assert.deepEqual(tree(st.path("real")), { a: null, "a/b": "1" });
});

Deno.test("get-objects: reports a file where a directory must be, and the reverse", async () => {
  await using st = await stage();
  await store(st, { "a": "file", "a/b": "below", "c/d": "below" });
  await Deno.mkdir(st.path("out", "c", "d"), { recursive: true });
  const { code, stderr } = await st.run(["get-objects", BUCKET, "-o", st.path("out")]);
  assert.equal(code, 1);
  assert.equal(stderr.match(/Error: /g)?.length, 2);
  assert.match(stderr, /Skipped "c\/d": .* is a directory/);
});

for (const marker of ["", "abc"]) {
  Deno.test(`get-objects: gets the first of a key and the same with a slash, of ${marker.length} bytes`, async () => {
    await using st = await stage();
    await store(st, { "p/a": "content", "p/a/": marker, "p/a/b": "below" });
    st.sandbox.fail({ operation: "GetObject", delayMs: 200 });
    for (const named of [[], ["p/a", "p/a/", "p/a/b"]]) {
      const directory = st.path(`out-${named.length}`);
      const { code, stderr } = await st.run(["get-objects", BUCKET, ...named, "-o", directory]);
      assert.equal(code, 1);
      assert.deepEqual(tree(directory), { "p": null, "p/a": "content" }, stderr);
      assert.equal(stderr.match(/Error: Skipped "p\/a\/b?": /g)?.length, 2, stderr);
      assert.match(stderr, /Skipped "p\/a\/b": .*\/p\/a is a file and not a directory$/m);
    }
  });
}

Deno.test("get-objects: gets a key below another one that is missing", async () => {
  await using st = await stage();
  await store(st, { "p/a/b": "below" });
  const keys = ["p/a", "p/a/b"];
  const { code, stderr } = await st.run(["get-objects", BUCKET, ...keys, "-o", st.path("out")]);
  assert.deepEqual([code, stderr], [1, "Error: Not found: p/a\n"]);
  assert.deepEqual(tree(st.path("out")), { "p": null, "p/a": null, "p/a/b": "below" });
});

for (const concurrency of ["1", "2", "3", "8"]) {
  Deno.test(`get-objects: gets the next of keys below one another when the first is refused, ${concurrency} at a time`, async () => {
    await using st = await stage();
    await store(st, { "x": "1", "x/y": "2", "x/y/z": "3" });
    const error = { status: 403, code: "AccessDenied", message: "Not for you" };
    st.sandbox.fail({ operation: "GetObject", delayMs: 100, error });
    const { code, stderr } = await st.run([
      ...["get-objects", BUCKET, "-o", st.path("out"), "--concurrency", concurrency],
    ]);
    assert.equal(code, 1);
    assert.deepEqual(tree(st.path("out")), { "x": null, "x/y": "2" }, stderr);
  });
}

Deno.test("get-objects: reports the second of two keys for one path", async () => {
  await using st = await stage();
  await store(st, { "a/b": "one", "a//b": "two", "./a/b": "three" });
  const { code, stderr } = await st.run(["get-objects", BUCKET, "-o", st.path("out")]);
  assert.equal(code, 1);
  assert.equal(stderr.match(/it is the same file as that of/g)?.length, 2);
  assert.equal(Object.keys(tree(st.path("out"))).length, 2);
});

Deno.test("get-objects: gets two keys that differ in case where they are two files", async () => {
  await using st = await stage();
  await store(st, { "a/B": "one", "a/b": "two", "é": "three", "e\u0301": "four" });
  await Deno.writeTextFile(st.path("probe"), "");
  const isOne = await Deno.stat(st.path("PROBE")).then(() => true, () => false);
  const { code } = await st.run(["get-objects", BUCKET, "-o", st.path("out")]);
  assert.equal(code, isOne ? 1 : 0);
  const files = Object.values(tree(st.path("out"))).filter((content) => content !== null);
  assert.equal(files.length, isOne ? 2 : 4);
});

Deno.test("LocalDirectory: finds two keys that are one file on this file system", async () => {
  await using st = await stage();
  const directory = LocalDirectory.open(st.directory);
  const first = await directory.target("Twin");
  // A hard link stands for a file system that takes both names for one file.
  await Deno.writeTextFile(first.path!, "first");
  await Deno.link(first.path!, st.path("twin"));
  let isSettled = false;
  const second = directory.target("twin").finally(() => isSettled = true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  assert.ok(!isSettled, "the second waits for the first");
  first.release();
  await assert.rejects(second, /it is the same file as that of Twin/);
});

Deno.test("LocalDirectory: takes a directory that another run has just made", async () => {
  await using st = await stage();
  const directory = LocalDirectory.open(st.directory);
  const { mkdirSync } = Deno;
  Deno.mkdirSync = (path) => {
    mkdirSync(path);
    mkdirSync(path);
  };
  const { release } = await directory.target("a/b/c")
    .finally(() => Deno.mkdirSync = mkdirSync);
  assert.ok((await Deno.stat(st.path("a", "b"))).isDirectory);
  release();
});

Deno.test("get-objects: replaces an existing file whole, and keeps it on failure", async () => {
  await using st = await stage();
  await Deno.mkdir(st.path("out"));
  await Deno.writeTextFile(st.path("out", "a"), "old");
  await Deno.writeTextFile(st.path("out", "b"), "old");
  await store(st, { a: "new", b: "new" });
  st.objects().get("b")!.etag = `"${"0".repeat(32)}"`;
  const { code, stderr } = await st.run(["get-objects", BUCKET, "-o", st.path("out")]);
  assert.equal(code, 1);
  assert.match(stderr, /Could not get b: what arrived is not what the server holds/);
  assert.deepEqual(tree(st.path("out")), { a: "new", b: "old" });
});

Deno.test({
  name: "get-objects: reports an unwritable directory before any request",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using st = await stage();
    await Deno.writeTextFile(st.path("file"), "");
    const { code, stderr } = await st.run(["get-objects", BUCKET, "-o", st.path("file", "out")]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^Error: Could not write to directory .*: a part of the path is not a directory/,
    );
    assert.equal(st.sandbox.requests.length, 0);
  },
});

for (const length of [10, TWO_PARTS]) {
  Deno.test({
    name:
      `get-object, get-objects: keep the permissions of a file that they replace, ${length} bytes`,
    ignore: Deno.build.os === "windows",
    async fn() {
      await using st = await stage();
      await Deno.mkdir(st.path("out"));
      const modes: Record<string, number> = { private: 0o600, locked: 0o400, open: 0o777 };
      for (const [name, mode] of Object.entries(modes)) {
        await st.put(name, noise(length));
        for (const path of [st.path(name), st.path("out", name)]) {
          await Deno.writeTextFile(path, "old");
          await Deno.chmod(path, mode);
        }
        await Deno.symlink(st.path(name), st.path(`link-to-${name}`));
        const one = await st.run(["get-object", BUCKET, name, "-o", st.path(`link-to-${name}`)]);
        assert.deepEqual(one, { code: 0, stdout: "", stderr: "" });
      }
      const many = await st.run(["get-objects", BUCKET, "-o", st.path("out")]);
      assert.deepEqual(many, { code: 0, stdout: "", stderr: "" });
      for (const [name, mode] of Object.entries(modes)) {
        for (const path of [st.path(name), st.path("out", name)]) {
          const found = await Deno.lstat(path);
          assert.deepEqual([found.size, found.mode! & 0o777], [length, mode], path);
        }
      }
    },
  });
}

Deno.test({
  name: "LocalFile: keeps what has arrived private while a private file is replaced",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using st = await stage();
    await Deno.writeTextFile(st.path("a"), "old", { mode: 0o600 });
    const file = await LocalFile.open(st.path("a"), Deno.statSync(st.path("a")));
    file.write(new TextEncoder().encode("new"));
    assert.equal((await Deno.stat(file.temporaryPath)).mode! & 0o777, 0o600);
    file.discard();
    assert.deepEqual(tree(st.directory), { a: "old" });
  },
});

Deno.test({
  name: "get-object: a file of somebody else that it replaces becomes one's own",
  ignore: Deno.build.os === "windows" || Deno.uid() !== 0,
  async fn() {
    await using st = await stage();
    await st.put("a", "new");
    await Deno.writeTextFile(st.path("a"), "old", { mode: 0o640 });
    await Deno.chown(st.path("a"), 65_534, 65_533);
    const { code } = await st.run(["get-object", BUCKET, "a", "-o", st.path("a")]);
    assert.equal(code, 0);
    const { uid, gid, mode, size } = await Deno.stat(st.path("a"));
    assert.deepEqual([uid, gid, mode! & 0o777, size], [0, Deno.gid(), 0o640, 3]);
  },
});

const HINT =
  "The file is replaced as a whole, so its directory must be writable; if only the file is, " +
  "redirect standard output to it\n";

Deno.test("get-object: says what to do about a file that can't be replaced since it is mounted", async () => {
  await using st = await stage();
  await st.put("a", "new");
  await Deno.writeTextFile(st.path("a"), "old");
  const rename = Deno.renameSync;
  Deno.renameSync = () => {
    const message = "Device or resource busy (os error 16): rename";
    throw Object.assign(new Deno.errors.Busy(message), { code: "EBUSY" });
  };
  const { code, stderr } = await st.run(["get-object", BUCKET, "a", "-o", st.path("a")])
    .finally(() => Deno.renameSync = rename);
  const error = `Error: Could not write to ${st.path("a")}: Device or resource busy\n`;
  assert.deepEqual([code, stderr], [1, error + HINT]);
  assert.deepEqual(tree(st.directory), { a: "old" });
});

Deno.test({
  name:
    "get-object: says what to do about a file that can't be replaced since its directory is closed",
  ignore: Deno.build.os === "windows" || Deno.uid() === 0,
  async fn() {
    await using st = await stage();
    await st.put("a", "new");
    await Deno.mkdir(st.path("closed"));
    const path = st.path("closed", "a");
    await Deno.writeTextFile(path, "old");
    await Deno.chmod(st.path("closed"), 0o500);
    const { code, stderr } = await st.run(["get-object", BUCKET, "a", "-o", path]);
    const other = await st.run(["get-object", BUCKET, "a", "-o", `${path}2`]);
    await Deno.chmod(st.path("closed"), 0o700);
    assert.equal(stderr, `Error: Could not write to ${path}: permission denied\n${HINT}`);
    assert.equal(other.stderr, `Error: Could not write to ${path}2: permission denied\n`);
    assert.equal(code, 1);
  },
});
