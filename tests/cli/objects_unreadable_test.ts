/**
 * Uploads of what can't be read, or isn't what it seems: said, and the others go on.
 */
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { BUCKET, type Stage, stage } from "../support/objects.ts";
import { sandboxEnv } from "../support/run.ts";

const isLinux = Deno.build.os === "linux";
/** Files that can be opened and not read: one that has a length, and one that says that it is empty. */
const UNREADABLE = {
  "/sys/class/net/lo/speed": "Invalid argument",
  "/proc/self/mem": "Input/output error",
};

const text = (st: Stage, key: string) => new TextDecoder().decode(st.objects().get(key)?.body);

for (const [path, reason] of Object.entries(UNREADABLE)) {
  Deno.test({
    name: `put-objects: a file that opens and can't be read is one error, the others go: ${path}`,
    ignore: !isLinux || !existsSync(path),
    async fn() {
      await using st = await stage();
      await Deno.mkdir(st.path("in"));
      for (let at = 0; at < 60; at++) await Deno.writeTextFile(st.path("in", `${at}`), `<${at}>`);
      await Deno.symlink(path, st.path("in", "odd"));
      const { code, stderr } = await st.run(["put-objects", BUCKET, st.path("in")]);
      assert.equal(stderr, `Error: Could not read ${st.path("in", "odd")}: ${reason}\n`);
      assert.equal(code, 1);
      assert.equal(st.objects().size, 60);
    },
  });
}

Deno.test({
  name: "a file that the system makes up calls itself empty: its content goes all the same",
  ignore: !isLinux,
  async fn() {
    await using st = await stage();
    const path = "/proc/version";
    await Deno.symlink(path, st.path("version"));
    await Deno.writeTextFile(st.path("empty"), "");
    const one = await st.run(["put-object", BUCKET, "one", path]);
    assert.deepEqual(one, { code: 0, stdout: "", stderr: "" });
    const two = await st.run(["put-objects", BUCKET, st.path("version"), st.path("empty")]);
    assert.deepEqual(two, { code: 0, stdout: "", stderr: "" });
    const expected = await Deno.readTextFile(path);
    assert.ok(expected.length > 0);
    assert.deepEqual(["one", "version", "empty"].map((key) => text(st, key)), [
      ...[expected, expected, ""],
    ]);
  },
});

Deno.test({
  name: "put-object from standard input that is a folder: one clear error",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using st = await stage();
    const { code, stderr } = await new Deno.Command("sh", {
      args: ["-c", `"$0" run -A cli.ts put-object ${BUCKET} key - < .`, Deno.execPath()],
      env: sandboxEnv(st.sandbox),
    }).output();
    const said = new TextDecoder().decode(stderr);
    assert.equal(said, "Error: Could not read the input: it is a folder\n");
    assert.equal(code, 1);
    assert.equal(st.objects().size, 0);
  },
});
