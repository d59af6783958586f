/**
 * get-object with standard output at a terminal.
 */
import assert from "node:assert/strict";
import { BUCKET, stage } from "../../support/objects.ts";

const BINARY = {
  "a NUL": new Uint8Array([0x61, 0, 0x62]),
  "no UTF-8": new Uint8Array([0x1f, 0x8b, 0x08, 0xff, 0xfe]),
};

for (const [name, content] of Object.entries(BINARY)) {
  Deno.test(`get-object: binary content with ${name} is not written to a terminal`, async () => {
    await using st = await stage();
    await st.put("a\x1b", content);
    const get = ["get-object", BUCKET, "a\x1b"];
    const refused = await st.run(get, { isStdoutTerminal: true });
    assert.equal(refused.code, 2);
    assert.equal(refused.stdout, "");
    assert.match(
      refused.stderr,
      /\nError: Object a\\x1b is binary\nSave it with -o FILE, or .* with -o -\n$/,
    );
    for (const more of [["-o", "-"], ["-o", "/dev/stdout"]]) {
      const written = await st.run([...get, ...more], { isStdoutTerminal: true });
      assert.equal(written.code, 0, written.stderr);
      assert.notEqual(written.stdout, "");
    }
    assert.equal((await st.run(get)).code, 0, "a pipe gets everything");
    assert.equal((await st.run([...get, "-o", "-"])).code, 0);
  });
}

Deno.test("get-object: text is written to a terminal, however it is cut into chunks", async () => {
  await using st = await stage();
  const text = "é日😀\n".repeat(100_000);
  await st.put("a", text);
  const { code, stdout } = await st.run(["get-object", BUCKET, "a"], { isStdoutTerminal: true });
  assert.equal(code, 0);
  // Where two chunks share a character, the test's output has replacement characters for it.
  assert.equal(stdout.replaceAll(/[^\n]/gu, "").length, 100_000);
});
