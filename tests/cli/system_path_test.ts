/** Paths with `..` behind a link mean what they mean to the system, whatever Deno's permissions. */
import assert from "node:assert/strict";
import { BUCKET, type Stage, stage } from "../support/objects.ts";
import { type Ran, sandboxEnv } from "../support/run.ts";
import { runSequences } from "../support/several_runs.ts";

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

/** Runs commands in a process with all of Deno's permissions, which make it look at paths in another way. */
async function runInProcess(st: Stage, commands: string[][]): Promise<Ran> {
  const sequence = { cwd: Deno.cwd(), env: sandboxEnv(st.sandbox), commands };
  const [ran] = await runSequences([sequence]);
  return ran!;
}

/** The same with the permissions of the tests; one that fails is the last. */
async function runHere(st: Stage, commands: string[][]): Promise<Ran> {
  let ran: Ran = { code: 0, stdout: "", stderr: "" };
  for (const args of commands) {
    if (ran.code === 0) ran = await st.run(args);
  }
  return ran;
}

for (const hasAll of [true, false]) {
  const runAll = hasAll ? runInProcess : runHere;
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
        const { code, stderr } = await runAll(st, [
          ["put-objects", BUCKET, directory, "-s"],
          ["put-object", BUCKET, "one", `${directory}/a`, "-s"],
          ["get-objects", BUCKET, "one", "-o", directory, "-s"],
          ["get-object", BUCKET, "one", "-o", `${directory}/two`, "-s"],
        ]);
        assert.deepEqual([code, stderr], [0, ""]);
        assert.deepEqual([text(st, "a"), text(st, "one")], ["right", "right"]);
        const found = [...Deno.readDirSync(st.path("real"))].map(({ name }) => name).sort();
        assert.deepEqual(found, ["a", "in", "one", "two"]);
        assert.equal(await Deno.readTextFile(st.path("a")), "wrong");
      },
    });
  }
}
