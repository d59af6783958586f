/**
 * What a command makes Deno load of Node's modules: each takes a quarter of the time that all the rest of
 * a small object takes.
 */
import assert from "node:assert/strict";
import { BUCKET, noise, stage, TWO_PARTS } from "../../support/objects.ts";
import { sandboxEnv } from "../../support/run.ts";
import { runSequences } from "../../support/several_runs.ts";

Deno.test({
  name: "objects, presign and whoami: load no module of Node's, but for what is long",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using st = await stage();
    await Deno.writeFile(st.path("large"), noise(TWO_PARTS));
    for (const name of ["old", "small"]) await Deno.writeTextFile(st.path(name), name);
    assert.equal((await st.run(["put-object", BUCKET, "large", st.path("large")])).code, 0);
    await st.put("checked", "by its MD5");
    const quick = [
      ["get-object", BUCKET, "large", "-o", st.path("new")],
      ["get-object", BUCKET, "large", "-o", st.path("old")],
      ["get-object", BUCKET, "checked"],
      ["list-bucket", BUCKET],
      ["put-object", BUCKET, "small", st.path("small")],
      ["delete-objects", BUCKET, "small"],
      ["presign", BUCKET, "large"],
      ["whoami"],
    ];
    const long = ["put-object", BUCKET, "new", st.path("large")];
    // A module is loaded once: by the long one only if it is the first to need it.
    const all = [...quick, long];
    const place = { cwd: st.directory, env: sandboxEnv(st.sandbox) };
    const ran = await runSequences(all.map((words) => ({ ...place, commands: [words] })), {
      denoOptions: ["-A", "--trace-ops=op_lazy_load_esm"],
    });
    for (const [n, { code, stderr }] of ran.entries()) {
      assert.equal(code, 0, stderr);
      const isLoaded = stderr.includes("op_lazy_load_esm");
      assert.equal(isLoaded, all[n] === long, all[n]!.join(" "));
    }
  },
});
