/**
 * Uploads of what can't be read, or isn't what it seems.
 */
import assert from "node:assert/strict";
import { BUCKET, runAlone, type Stage, stage } from "../../support/objects.ts";
import { sandboxEnv } from "../../support/run.ts";

const isLinux = Deno.build.os === "linux";
/** Files that can be opened and not read: one that has a length, and one that says that it is empty. */
const UNREADABLE = {
  "/sys/class/net/lo/speed": "Invalid argument",
  "/proc/self/mem": "Input/output error",
};

function exists(path: string): boolean {
  return isLinux && new Deno.Command("test", { args: ["-e", path] }).outputSync().success;
}

const text = (st: Stage, key: string) => st.objects().get(key)?.body.text() ?? "";

for (const [path, reason] of Object.entries(UNREADABLE)) {
  Deno.test({
    name:
      `put-objects: reports a file that opens and can't be read, and uploads the others: ${path}`,
    ignore: !exists(path),
    async fn() {
      await using st = await stage();
      await Deno.mkdir(st.path("in"));
      for (let at = 0; at < 60; at++) await Deno.writeTextFile(st.path("in", `${at}`), `<${at}>`);
      await Deno.symlink(path, st.path("in", "odd"));
      const { code, stderr } = await runAlone(st, [
        ...["put-objects", "-s", "--follow-links", BUCKET, st.path("in")],
      ]);
      assert.equal(stderr, `Error: Could not read ${st.path("in", "odd")}: ${reason}\n`);
      assert.equal(code, 1);
      assert.equal(st.objects().size, 60);
    },
  });
}

Deno.test({
  name: "put-object, put-objects: upload files of /proc, which call themselves empty",
  ignore: !isLinux,
  async fn() {
    await using st = await stage();
    const path = "/proc/version";
    await Deno.symlink(path, st.path("version"));
    await Deno.writeTextFile(st.path("empty"), "");
    const one = await runAlone(st, ["put-object", "-s", BUCKET, "one", path]);
    assert.deepEqual(one, { code: 0, stdout: "", stderr: "" });
    const two = await runAlone(st, [
      "put-objects",
      "-s",
      "--follow-links",
      BUCKET,
      st.path("version"),
      st.path("empty"),
    ]);
    assert.deepEqual(two, { code: 0, stdout: "", stderr: "" });
    const { stdout } = await new Deno.Command("cat", { args: [path] }).output();
    const expected = new TextDecoder().decode(stdout);
    assert.ok(expected.length > 0);
    assert.deepEqual(["one", "version", "empty"].map((key) => text(st, key)), [
      ...[expected, expected, ""],
    ]);
  },
});

Deno.test({
  name: "put-objects: uploads a directory of /dev/shm, whose files are ordinary ones in memory",
  ignore: !exists("/dev/shm"),
  async fn() {
    await using st = await stage();
    // The suite itself may not write there.
    const script = `directory=$(mktemp -d -p /dev/shm)
      printf content > "$directory/a"
      "$0" run -A cli.ts put-objects ${BUCKET} "$directory/." --silent
      code=$?
      rm -r "$directory"
      exit $code`;
    const { code, stderr } = await new Deno.Command("sh", {
      args: ["-c", script, Deno.execPath()],
      env: sandboxEnv(st.sandbox),
    }).output();
    assert.equal(new TextDecoder().decode(stderr), "");
    assert.equal(code, 0);
    assert.equal(text(st, "a"), "content");
  },
});

Deno.test({
  name: "put-object: refuses standard input that is a directory",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using st = await stage();
    const { code, stderr } = await new Deno.Command("sh", {
      args: ["-c", `"$0" run -A cli.ts put-object ${BUCKET} key - < .`, Deno.execPath()],
      env: sandboxEnv(st.sandbox),
    }).output();
    const said = new TextDecoder().decode(stderr);
    assert.equal(said, "Error: Could not read the input: it is a directory\n");
    assert.equal(code, 1);
    assert.equal(st.objects().size, 0);
  },
});

/** Files and directories that can't be read, with what is reported; `fine` is among them. */
const SKIPPED: { what: string; ignore: boolean; make(directory: string): string; said: RegExp }[] =
  [
    {
      what: "links in a circle",
      ignore: Deno.build.os === "windows",
      make: (directory) => `ln -s two ${directory}/one; ln -s one ${directory}/two`,
      said: /^Error: not uploaded: .*\/in\/(one|two): it can't be read: too many symbolic links$/,
    },
    {
      what: "a file and a directory whose names are not UTF-8, and a link",
      ignore: !isLinux,
      make: (directory) =>
        `cd ${directory}; f=$(printf '\\377'); echo > a$f; mkdir b$f; echo > b$f/c; ln -s fine l$f`,
      said: /^Error: not uploaded: .*\/in\/[abl]\ufffd: its name is not UTF-8$/,
    },
    {
      what: "a file and a directory for whose names Deno gives those of others",
      ignore: !isLinux,
      make: (directory) =>
        `cd ${directory}; f=$(printf '\\377'); r=$(printf '\\357\\277\\275')
         for n in $f $r; do echo > a$n; mkdir b$n; echo > b$n/c; done`,
      said: /^Error: not uploaded: .*\/in\/[ab]\ufffd: its name is not UTF-8$/,
    },
    {
      what: "a directory and a file in a directory that permissions close",
      ignore: Deno.build.os === "windows" || Deno.uid() === 0,
      make: (directory) => `cd ${directory}; mkdir a b; echo > b/c; chmod 000 a; chmod 444 b`,
      said: /^Error: not uploaded: .*\/in\/(a|b\/c): it can't be read: permission denied$/,
    },
  ];

for (const { what, ignore, make, said } of SKIPPED) {
  Deno.test({
    name: `put-objects: reports ${what}, here and in the dry run, and uploads the others`,
    ignore,
    async fn() {
      await using st = await stage();
      await Deno.mkdir(st.path("in"));
      await Deno.writeTextFile(st.path("in", "fine"), "content");
      await new Deno.Command("sh", { args: ["-c", make(st.path("in"))] }).output();
      const args = ["put-objects", "-s", BUCKET, st.path("in")];
      for (const more of [["--dry-run"], []]) {
        const { code, stderr } = await st.run([...args, ...more]);
        const lines = stderr.trimEnd().split("\n");
        for (const line of lines) assert.match(line, said);
        assert.ok(lines.length >= 2, stderr);
        assert.equal(code, 1);
        assert.equal(text(st, "in/fine"), more.length > 0 ? "" : "content");
      }
      await new Deno.Command("chmod", { args: ["-R", "u+rwX", st.path("in")] }).output();
    },
  });
}

Deno.test("put-objects: uploads a path that is given twice once", async () => {
  await using st = await stage();
  await Deno.mkdir(st.path("in"));
  for (const name of ["one", "two"]) await Deno.writeTextFile(st.path("in", name), name);
  const paths = [st.path("in"), st.path("in", "one"), st.path("in", "one"), st.path("in")];
  const { code, stdout, stderr } = await st.run(["put-objects", BUCKET, ...paths, "--dry-run"]);
  assert.deepEqual([code, stderr], [0, ""]);
  const keys = stdout.trimEnd().split("\n").map((line) => line.split("my-bucket/")[1]);
  assert.deepEqual(keys, ["in/one", "in/two", "one"]);
});
