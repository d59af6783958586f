/**
 * restic with the keys that `create` makes: its operations are not those of the other clients, so it
 * has a cycle of its own.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { type Ran, runProgram } from "../support.ts";
import { goPeer, TIMEOUT_MS } from "./installed.ts";
import { objectsOf, openStage, type Scene, type SceneName, SCENES } from "./scenes.ts";

const RESTIC = goPeer("restic", "APPLICATIONS");
const FILE = "what is kept";
const DENIED = "Stat(<config/>) failed: Stat: Access Denied.\n";

/** A bucket and a key of a scene, with restic. */
async function openRestic(name: SceneName) {
  const { sandbox, task } = await openStage([name]);
  const directory = await Deno.makeTempDir();
  await Deno.writeTextFile(join(directory, "a.txt"), FILE);
  const scene = task.scenes[0]!;
  const { bucket, prefix } = SCENES[name];
  const repository = `s3:${sandbox.url}/${bucket}/${prefix}repository`;
  const run = (keys: Pick<Scene, "accessKeyId" | "secretAccessKey">, ...args: string[]) =>
    runProgram(RESTIC.path, ["--no-cache", "--quiet", ...args], {
      timeoutMs: TIMEOUT_MS,
      env: {
        AWS_ACCESS_KEY_ID: keys.accessKeyId,
        AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
        RESTIC_REPOSITORY: repository,
        RESTIC_PASSWORD: "word",
      },
    });
  return {
    directory,
    repository,
    restic: (...args: string[]) => run(scene, ...args),
    admin: (...args: string[]) => run(sandbox.credentials, ...args),
    objects: () => Object.keys(objectsOf(sandbox, name)),
    async [Symbol.asyncDispose]() {
      await sandbox.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

function resticTest(name: string, fn: () => Promise<void>): void {
  const title = `clients: restic with ${name}`;
  if (RESTIC.missing === undefined) Deno.test(title, fn);
  else Deno.test({ name: `${title} (skipped: ${RESTIC.missing})`, ignore: true, fn });
}

const succeed = ({ code, stderr }: Ran) => assert.equal(code, 0, stderr);

/** The kinds of objects that a repository has, and how many of each. */
function repositoryOf(keys: readonly string[]): Record<string, number> {
  const kinds = keys.filter((key) => key.startsWith("repository/")).map((key) =>
    key.split("/")[1]!
  );
  return Object.fromEntries(
    [...Map.groupBy(kinds, (kind) => kind)].map(([kind, all]) => [kind, all.length]),
  );
}

for (const name of ["a read-write key", "a prefix key"] as const) {
  resticTest(`${name} backs up, restores and prunes`, async () => {
    await using stage = await openRestic(name);
    const { restic, directory } = stage;
    succeed(await restic("init"));
    succeed(await restic("backup", directory));
    succeed(await restic("backup", "--force", directory));
    succeed(await restic("restore", "latest", "--target", join(directory, "restored")));
    assert.equal(await Deno.readTextFile(join(directory, "restored", directory, "a.txt")), FILE);
    succeed(await restic("forget", "--keep-last", "1", "--prune"));
    const { data, ...others } = repositoryOf(stage.objects());
    assert.ok(data! > 0);
    assert.deepEqual(others, { config: 1, index: 1, keys: 1, snapshots: 1 }, "no lock is left");
  });
}

resticTest("a read-only key restores, and is denied a backup", async () => {
  await using stage = await openRestic("a read-only key");
  const { restic, admin, directory } = stage;
  succeed(await admin("init"));
  succeed(await admin("backup", directory));
  const before = stage.objects();
  succeed(await restic("restore", "latest", "--no-lock", "--target", join(directory, "restored")));
  assert.equal(await Deno.readTextFile(join(directory, "restored", directory, "a.txt")), FILE);
  const { code, stderr } = await restic("backup", directory);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^unable to create lock in backend: client\.PutObject: User: \S+ is not authorized to perform: s3:PutObject /m,
  );
  assert.deepEqual(stage.objects(), before);
});

for (const name of ["a write-only key", "a prefix key outside its prefix"] as const) {
  resticTest(`${name} is denied a repository`, async () => {
    await using stage = await openRestic(name);
    const before = stage.objects();
    const { code, stderr } = await stage.restic("init");
    assert.deepEqual([code, stderr], [
      1,
      `${DENIED}Fatal: create key in repository at ${stage.repository} failed: ` +
      "Stat: Access Denied.\n\n",
    ]);
    assert.deepEqual(stage.objects(), before);
  });
}
