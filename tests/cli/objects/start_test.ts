/**
 * What a command makes Deno load of Node's modules: each takes a quarter of the time that all the rest of
 * a small object takes.
 */
import assert from "node:assert/strict";
import { BUCKET, noise, runAlone, stage, TWO_PARTS } from "../../support/objects.ts";

Deno.test({
  name: "objects, presign and whoami: load no module of Node's, but for what is long",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using st = await stage();
    await Deno.writeFile(st.path("large"), noise(TWO_PARTS));
    for (const name of ["old", "small"]) await Deno.writeTextFile(st.path(name), name);
    assert.equal((await st.run(["put-object", BUCKET, "large", st.path("large")])).code, 0);
    await st.put("checked", "by its MD5");
    const loads = async (...args: string[]) => {
      const { code, stderr } = await runAlone(st, args, ["--trace-ops=op_lazy_load_esm"]);
      assert.equal(code, 0, stderr);
      return stderr.includes("op_lazy_load_esm");
    };
    for (
      const args of [
        ["get-object", BUCKET, "large", "-o", st.path("new")],
        ["get-object", BUCKET, "large", "-o", st.path("old")],
        ["get-object", BUCKET, "checked"],
        ["list-bucket", BUCKET],
        ["put-object", BUCKET, "small", st.path("small")],
        ["delete-objects", BUCKET, "small"],
        ["presign", BUCKET, "large"],
        ["whoami"],
      ]
    ) {
      assert.equal(await loads(...args), false, args.join(" "));
    }
    assert.ok(await loads("put-object", BUCKET, "new", st.path("large")), "what is loaded is seen");
  },
});
