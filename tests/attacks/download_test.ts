/**
 * Attacks on downloads by another user who may write where a download goes.
 */
import assert from "node:assert/strict";
import { LocalDirectory } from "../../lib/objects/local/directory.ts";
import { LocalFile } from "../../lib/objects/local/file.ts";
import { removeLeftovers } from "../../lib/objects/local/leftovers.ts";
import {
  BUCKET,
  noise,
  runAlone,
  type Stage,
  stage,
  tree,
  TWO_PARTS,
  until,
} from "../support/objects.ts";
import { type Ran, sandboxEnv } from "../support/run.ts";
import {
  attackByOtherUser,
  directoryOfOther,
  otherUser,
  runAsOther,
  startAsOther,
} from "./second_user.ts";

const SWAP = 'for f in .s3-credentials-*; do rm -f "$f" && ln -s "$VICTIM" "$f"; done';

/** Runs a download, and an attack while its first response is held. */
async function duringDownload<T>(
  st: Stage,
  args: string[],
  attack: () => Promise<T>,
  runs = (st: Stage, args: string[]): Promise<Ran> => st.run(args),
): Promise<Ran> {
  const { promise, resolve } = Promise.withResolvers<void>();
  st.sandbox.fail({ operation: "GetObject", until: promise });
  const running = runs(st, args);
  await until(() => st.sandbox.requests.some(({ operation }) => operation === "GetObject"));
  try {
    await attack();
  } finally {
    resolve();
  }
  return await running;
}

async function linkToVictim(
  length: number,
  { isReplaced, runs }: { isReplaced: boolean; runs?: typeof runAlone },
): Promise<void> {
  await using st = await stage();
  const theirs = await directoryOfOther(st.directory, "theirs");
  const victim = st.path("victim");
  await Deno.writeTextFile(victim, "root's own", { mode: 0o600 });
  if (isReplaced) {
    await Deno.writeTextFile(`${theirs}/a`, "old");
    await Deno.chmod(`${theirs}/a`, 0o666);
  }
  await st.put("a", noise(length));
  const { code, stderr } = await duringDownload(
    st,
    ["get-object", BUCKET, "a", "-o", `${theirs}/a`],
    () => runAsOther(`VICTIM=${victim}; ${SWAP}`, theirs),
    runs,
  );
  assert.equal(code, 1);
  assert.match(stderr, /^Error: .*somebody else changed directory .*theirs at the same time$/m);
  const { uid, mode } = await Deno.stat(victim);
  assert.deepEqual([uid, mode! & 0o777], [0, 0o600]);
  assert.equal(await Deno.readTextFile(victim), "root's own");
  assert.deepEqual(tree(theirs), isReplaced ? { a: "old" } : {});
}

for (const length of [10, TWO_PARTS]) {
  for (const isReplaced of [false, true]) {
    attackByOtherUser(
      `the unfinished file becomes a link to a file of root, ${length} bytes${
        isReplaced ? ", a file is replaced" : ""
      }`,
      () => linkToVictim(length, { isReplaced }),
    );
  }
}

attackByOtherUser(
  "the unfinished file becomes a link to a file of root, with all of Deno's permissions",
  () => linkToVictim(10, { isReplaced: true, runs: runAlone }),
);

Deno.test({
  name: "LocalFile: fails if a link was in its place while it got the replaced file's permissions",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using st = await stage();
    await Deno.writeTextFile(st.path("a"), "old");
    await Deno.chmod(st.path("a"), 0o777);
    await Deno.writeTextFile(st.path("victim"), "theirs", { mode: 0o600 });
    let isSwapped = false;
    // In place again by the time that this is checked.
    const check = () => {
      if (!isSwapped) return;
      Deno.renameSync(st.path("moved"), file.temporaryPath);
      isSwapped = false;
    };
    const place = { check, isShared: true };
    const file = await LocalFile.open(st.path("a"), await Deno.stat(st.path("a")), place);
    await Deno.rename(file.temporaryPath, st.path("moved"));
    await Deno.symlink(st.path("victim"), file.temporaryPath);
    isSwapped = true;
    assert.throws(() => file.finish(), /somebody else changed directory/);
    file.discard();
    assert.deepEqual(tree(st.directory), { a: "old", victim: "theirs" });
    assert.equal((await Deno.stat(st.path("victim"))).mode! & 0o777, 0o600);
  },
});

attackByOtherUser(
  "a file of theirs waits for the download in a directory for everybody",
  async () => {
    await using st = await stage();
    await Deno.chmod(st.directory, 0o755);
    const common = st.path("common");
    await Deno.mkdir(common);
    await Deno.chmod(common, 0o1777);
    await runAsOther("umask 0; touch a b; chmod 0666 a; chmod 0600 b", common);
    for (const key of ["a", "b"]) await st.put(key, "secret");
    assert.equal((await st.run(["get-object", BUCKET, "a", "-o", `${common}/a`])).code, 0);
    assert.equal((await st.run(["get-objects", BUCKET, "b", "-o", common])).code, 0);
    const umask = Deno.umask();
    for (const [name, mode] of [["a", 0o666 & ~umask], ["b", 0o600]] as const) {
      const found = await Deno.stat(`${common}/${name}`);
      assert.deepEqual([found.uid, found.mode! & 0o777, found.size], [0, mode, 6], name);
    }
  },
);

attackByOtherUser("a directory becomes a link during get-objects", async () => {
  await using st = await stage();
  const theirs = await directoryOfOther(st.directory, "theirs");
  const elsewhere = st.path("elsewhere");
  await Deno.mkdir(elsewhere);
  for (let at = 0; at < 40; at++) await st.put(`d/${at}`, "x");
  await st.put("other/1", "x");
  await runAsOther("mkdir d", theirs);
  const { code, stderr } = await duringDownload(
    st,
    ["get-objects", BUCKET, "-o", theirs],
    () => runAsOther(`mv d real && ln -s ${elsewhere} d`, theirs),
  );
  assert.equal(code, 1);
  const refused = stderr.match(/somebody else changed directory .*theirs\/d at the same/g) ?? [];
  const written = Object.keys(tree(`${theirs}/real`)).filter((name) => !name.startsWith("."));
  assert.ok(refused.length > 0);
  assert.equal(refused.length + written.length, 40, stderr);
  assert.deepEqual(tree(elsewhere), {});
  assert.equal(await Deno.readTextFile(`${theirs}/other/1`), "x");
});

Deno.test("LocalFile: says that a directory was changed while the file got its name", async () => {
  await using st = await stage();
  let isFinishing = false;
  let checks = 0;
  const check = () => {
    // Changed after the last check before the file is renamed.
    if (isFinishing && ++checks > 3) throw new Error("exchanged");
  };
  const file = await LocalFile.open(st.path("a"), undefined, { check, isShared: true });
  await Deno.mkdir(st.path("a"));
  isFinishing = true;
  assert.throws(() => file.finish(), /exchanged/);
  file.discard();
  assert.deepEqual(tree(st.directory), { a: null });
});

Deno.test({
  name: "LocalDirectory: checks a place once where only root and the user can change the path",
  ignore: Deno.build.os !== "linux" || Deno.uid() !== 0,
  async fn() {
    await using st = await stage();
    const shared = async (path: string, key: string) =>
      (await LocalDirectory.open(path).target(key)).place.isShared;
    await Deno.chmod(st.directory, 0o755);
    assert.equal(await shared(st.directory, "a"), false);
    assert.equal(await shared(st.directory, "d/e/a"), false);
    for (const mode of [0o775, 0o757]) {
      await Deno.chmod(st.path("d"), mode);
      assert.equal(await shared(st.directory, "d/e/a"), true, `below mode ${mode.toString(8)}`);
      assert.equal(await shared(st.path("d", "e"), "a"), true, `above mode ${mode.toString(8)}`);
    }
    await Deno.chmod(st.path("d"), 0o1777);
    assert.equal(await shared(st.directory, "d/a"), false);
    await Deno.chmod(st.path("d"), 0o700);
    await Deno.chown(st.path("d"), otherUser, otherUser);
    assert.equal(await shared(st.directory, "d/a"), true);
    assert.equal(await shared(st.path("d", "e"), "a"), true);
  },
});

const readable = await Deno.makeTempDir();
Deno.test.afterAll(() => Deno.remove(readable, { recursive: true }));

Deno.test({
  name: "LocalDirectory: takes a place for shared where Deno may read nothing above it",
  permissions: { read: [readable], write: [readable], sys: true },
  async fn() {
    const { path, place } = await LocalDirectory.open(readable).target("a");
    assert.equal(place.isShared, true);
    (await LocalFile.open(path!, undefined, place)).finish();
    assert.deepEqual(tree(readable), { a: "" });
  },
});

Deno.test("LocalFile: says that a directory was changed where it is gone before the file is made", async () => {
  await using st = await stage();
  const directory = LocalDirectory.open(st.directory);
  const { path, place } = await directory.target("d/a");
  await Deno.rename(st.path("d"), st.path("real"));
  await assert.rejects(
    () => LocalFile.open(path!, undefined, place),
    /somebody else changed directory .*d at the/,
  );
  assert.deepEqual(tree(st.path("real")), {});
});

attackByOtherUser(
  "a directory becomes a link and a directory again, for as long as get-objects runs",
  async () => {
    await using st = await stage();
    const theirs = await directoryOfOther(st.directory, "theirs");
    const elsewhere = st.path("elsewhere");
    await Deno.mkdir(elsewhere);
    for (let at = 0; at < 100; at++) await st.put(`d/${at}`, "x");
    await runAsOther("mkdir d", theirs);
    const swapping = startAsOther(
      `while :; do mv d e; ln -s ${elsewhere} d; rm d; mv e d; done`,
      theirs,
    );
    try {
      for (let round = 0; round < 5; round++) await st.run(["get-objects", BUCKET, "-o", theirs]);
    } finally {
      swapping.kill("SIGKILL");
      await swapping.output();
    }
    const landed = Object.entries(tree(elsewhere)).filter(([, content]) => content !== "");
    assert.deepEqual(landed, []);
  },
);

Deno.test("LocalFile: fails if its directory is another one by the time it is finished", async () => {
  await using st = await stage();
  for (const name of ["in", "elsewhere"]) await Deno.mkdir(st.path(name));
  const file = await LocalFile.open(st.path("in", "a"), undefined);
  await Deno.rename(st.path("in"), st.path("moved"));
  await Deno.symlink(st.path("elsewhere"), st.path("in"));
  assert.throws(() => file.finish(), /somebody else changed directory/);
  file.discard();
  assert.deepEqual(tree(st.path("elsewhere")), {});
});

Deno.test("LocalFile: makes no file if its directory was exchanged before", async () => {
  await using st = await stage();
  const check = () => {
    throw new Error("exchanged");
  };
  await assert.rejects(
    () => LocalFile.open(st.path("a"), undefined, { check, isShared: false }),
    /exchanged/,
  );
  assert.deepEqual(tree(st.directory), {});
});

/** As old as a leftover must be to be removed. */
async function age(path: string): Promise<void> {
  const time = new Date(Date.now() - 3_600_000);
  await Deno.utime(path, time, time);
}

Deno.test("get-objects: removes what a killed download has left, put-objects names and skips it", async () => {
  await using st = await stage();
  await st.put("d/a", "new");
  const { promise, resolve } = Promise.withResolvers<void>();
  st.sandbox.fail({ operation: "GetObject", until: promise });
  const out = st.path("out");
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "cli.ts", "get-objects", BUCKET, "-o", out],
    env: sandboxEnv(st.sandbox),
    stdout: "null",
    stderr: "null",
  }).spawn();
  await until(() => st.sandbox.requests.some(({ operation }) => operation === "GetObject"));
  child.kill("SIGKILL");
  await child.status;
  resolve();
  const [left = ""] = [...Deno.readDirSync(`${out}/d`)].map(({ name }) => name);
  assert.match(left, /^\.s3-credentials-[0-9a-f]{12}$/);

  const put = await st.run(["put-objects", BUCKET, out, "--dry-run"]);
  assert.deepEqual([put.code, put.stdout], [0, ""]);
  assert.match(put.stderr, new RegExp(`^Warning: not uploaded: .*${left}: it is an unfinished`));

  await age(`${out}/d/${left}`);
  assert.equal((await st.run(["get-objects", BUCKET, "-o", out])).code, 0);
  assert.deepEqual(tree(out), { "d": null, "d/a": "new" });
});

Deno.test("removeLeftovers: keeps files that are being written, new ones and those of other names", async () => {
  await using st = await stage();
  const written = await LocalFile.open(st.path("a"), undefined);
  const [fresh, left, other] = ["0".repeat(12), "1".repeat(12), "mine"].map((name) =>
    st.path(`.s3-credentials-${name}`)
  ) as [string, string, string];
  for (const path of [fresh, left, other]) await Deno.writeTextFile(path, "");
  for (const path of [written.temporaryPath, left, other]) await age(path);
  removeLeftovers(st.directory);
  const names = [...Deno.readDirSync(st.directory)].map(({ name }) => st.path(name)).sort();
  assert.deepEqual(names, [fresh, other, written.temporaryPath].sort());
  written.discard();
});

Deno.test("get-objects: writes no key under the name of an unfinished download", async () => {
  await using st = await stage();
  await st.put(`d/.s3-credentials-${"a".repeat(12)}`, "x");
  const { code, stderr } = await st.run(["get-objects", BUCKET, "-o", st.path("out")]);
  assert.equal(code, 1);
  assert.match(stderr, /its name is one of those that unfinished downloads have/);
});

Deno.test({
  name: "get-object: keeps the group of a file of one's own that it replaces",
  ignore: Deno.build.os === "windows" || Deno.uid() !== 0,
  async fn() {
    await using st = await stage();
    await st.put("a", "new");
    await Deno.writeTextFile(st.path("a"), "old", { mode: 0o640 });
    await Deno.chown(st.path("a"), null, otherUser);
    assert.equal((await st.run(["get-object", BUCKET, "a", "-o", st.path("a")])).code, 0);
    const { uid, gid, mode } = await Deno.stat(st.path("a"));
    assert.deepEqual([uid, gid, mode! & 0o777], [0, otherUser, 0o640]);
  },
});
