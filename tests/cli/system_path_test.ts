/** Paths with `..` behind a link mean what they mean to the system, whatever Deno's permissions. */
import assert from "node:assert/strict";
import { BUCKET, runAlone, type Stage, stage } from "../support/objects.ts";

const SAME_DIRECTORY = ["link/..", "link/deep/../..", "link/../../real/.", "./link/../in/.."];

/** A link to a directory in another one; the same file is in both directories above. */
async function linked(): Promise<Stage> {
  const st = await stage();
  await Deno.mkdir(st.path("real", "in", "deep"), { recursive: true });
  await Deno.symlink(st.path("real", "in"), st.path("link"));
  await Deno.writeTextFile(st.path("a"), "wrong");
  await Deno.writeTextFile(st.path("real", "a"), "right");
  return st;
}

const text = (st: Stage, key: string) => st.objects().get(key)?.body.text() ?? "";

for (const hasAll of [true, false]) {
  const start = (st: Stage, args: string[]) => hasAll ? runAlone(st, args) : st.run(args);
  const how = hasAll ? "with all permissions" : "with some permissions";
  const ignore = Deno.build.os === "windows";

  for (const path of SAME_DIRECTORY) {
    Deno.test({
      name:
        `systemPath: put-object, put-objects, get-object and get-objects read ${path} as the system does, ${how}`,
      ignore,
      async fn() {
        await using st = await linked();
        const directory = `${st.directory}/${path}`;
        for (
          const [args, key] of [
            [["put-objects", BUCKET, directory], "a"],
            [["put-object", BUCKET, "one", `${directory}/a`], "one"],
          ] as const
        ) {
          const { code, stderr } = await start(st, [...args, "-s"]);
          assert.deepEqual([code, stderr], [0, ""]);
          assert.equal(text(st, key), "right");
        }
        for (
          const args of [
            ["get-objects", BUCKET, "one", "-o", directory],
            ["get-object", BUCKET, "one", "-o", `${directory}/two`],
          ]
        ) {
          const { code, stderr } = await start(st, [...args, "-s"]);
          assert.deepEqual([code, stderr], [0, ""]);
        }
        const found = [...Deno.readDirSync(st.path("real"))].map(({ name }) => name).sort();
        assert.deepEqual(found, ["a", "in", "one", "two"]);
        assert.equal(await Deno.readTextFile(st.path("a")), "wrong");
      },
    });
  }
}
