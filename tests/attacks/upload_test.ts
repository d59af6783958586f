/**
 * Links that others put where files are uploaded from.
 */
import assert from "node:assert/strict";
import { connect, findUploads, putObjects } from "@s3creds/cli";
import { BUCKET, type Stage, stage } from "../support/objects.ts";
import { attackByOtherUser, directoryOfOther, runAsOther } from "./second_user.ts";

const SKIPPED = "it is a symbolic link out of the directory, which only --follow-links uploads";
const OF_SYSTEM = "it is a file of the running system, which only --follow-links uploads";
const isLinux = Deno.build.os === "linux";

/** A directory with files, links inside and links out. */
async function tree(st: Stage): Promise<string> {
  const directory = st.path("site");
  await Deno.mkdir(`${directory}/sub`, { recursive: true });
  await Deno.writeTextFile(`${directory}/page`, "page");
  await Deno.writeTextFile(st.path("secret"), "secret");
  await Deno.writeTextFile(st.path("site-secret"), "secret");
  await Deno.symlink("../page", `${directory}/sub/inside`);
  await Deno.symlink("../../secret", `${directory}/sub/out`);
  await Deno.symlink(st.path("site-secret"), `${directory}/same-start`);
  await Deno.symlink(`${directory}/sub/out`, `${directory}/twice`);
  return directory;
}

Deno.test("put-objects: links that lead out of the directory are named and skipped", async () => {
  await using st = await stage();
  const directory = await tree(st);
  const { code, stderr } = await st.run(["put-objects", BUCKET, directory, "-s"]);
  assert.equal(code, 0);
  const skipped = ["same-start", "sub/out", "twice"];
  const lines = skipped.map((name) => `Warning: not uploaded: ${directory}/${name}: ${SKIPPED}`);
  assert.deepEqual(stderr.trimEnd().split("\n").sort(), lines);
  assert.deepEqual([...st.objects().keys()].sort(), ["site/page", "site/sub/inside"]);

  const all = await st.run(["put-objects", BUCKET, directory, "--follow-links", "-s"]);
  assert.deepEqual([all.code, all.stderr], [0, ""]);
  assert.equal(st.objects().size, 5);
});

Deno.test({
  name: "put-objects: no file of the running system is uploaded unless it is named",
  ignore: !isLinux,
  async fn() {
    await using st = await stage();
    await Deno.mkdir(st.path("site"));
    await Deno.symlink("/proc/self/environ", st.path("site", "env"));
    await Deno.symlink("/proc/self", st.path("self"));
    for (const path of [st.path("site"), st.path("site", "env"), st.path("self")]) {
      const { code, stderr } = await st.run(["put-objects", BUCKET, path, "-s"]);
      assert.equal(code, 0, stderr);
      assert.ok(stderr.includes(OF_SYSTEM), path);
      assert.deepEqual([...st.objects().keys()], [], path);
    }
  },
});

attackByOtherUser(
  "a file becomes a link to a secret between the search and the upload",
  async () => {
    await using st = await stage();
    const theirs = await directoryOfOther(st.directory, "theirs");
    await Deno.writeTextFile(st.path("secret"), "secret", { mode: 0o600 });
    await runAsOther("mkdir d e; echo 1 > a; echo 2 > d/b; echo 3 > e/c", theirs);
    const { uploads, skipped } = findUploads([theirs]);
    assert.deepEqual([uploads.length, skipped.length], [3, 0]);
    await Deno.mkdir(st.path("private"), { mode: 0o700 });
    await Deno.writeTextFile(st.path("private", "b"), "secret");
    await runAsOther(
      `rm a; ln -s ${st.path("secret")} a; mv d old; ln -s ${st.path("private")} d`,
      theirs,
    );
    using aws = connect({
      endpointUrl: st.sandbox.url,
      credentials: st.sandbox.credentials,
      env: () => undefined,
    });
    const results = await Array.fromAsync(putObjects(aws, BUCKET, uploads));
    const errors = results.flatMap(({ error }) => error === undefined ? [] : [error.message]);
    assert.equal(errors.length, 2);
    for (const message of errors) assert.match(message, /is another file than when it was found/);
    assert.deepEqual([...st.objects().keys()], ["theirs/e/c"]);
  },
);

Deno.test("putObjects: a file that was replaced by another one meanwhile is uploaded", async () => {
  await using st = await stage();
  await Deno.mkdir(st.path("d"));
  await Deno.writeTextFile(st.path("d", "a"), "old");
  const { uploads } = findUploads([st.path("d")]);
  await Deno.writeTextFile(st.path("new"), "new content");
  await Deno.rename(st.path("new"), st.path("d", "a"));
  using aws = connect({
    endpointUrl: st.sandbox.url,
    credentials: st.sandbox.credentials,
    env: () => undefined,
  });
  const [result] = await Array.fromAsync(putObjects(aws, BUCKET, uploads));
  assert.deepEqual([result!.error, result!.size], [undefined, 11]);
});

Deno.test({
  name: "putObjects: a file that has become a pipe is not waited for",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using st = await stage();
    await Deno.mkdir(st.path("d"));
    await Deno.writeTextFile(st.path("d", "a"), "content");
    const { uploads } = findUploads([st.path("d")]);
    await Deno.remove(st.path("d", "a"));
    await new Deno.Command("mkfifo", { args: [st.path("d", "a")] }).output();
    using aws = connect({
      endpointUrl: st.sandbox.url,
      credentials: st.sandbox.credentials,
      env: () => undefined,
    });
    const [result] = await Array.fromAsync(putObjects(aws, BUCKET, uploads));
    assert.match(result!.error!.message, /is another file than when it was found/);
  },
});
