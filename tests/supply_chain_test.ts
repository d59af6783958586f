/** What runs in CI and on a contributor's machine is pinned, and the build can't publish. */
import assert from "node:assert/strict";

const WORKFLOWS = ["test.yml", "release.yml"].map((name) => ({
  name,
  text: Deno.readTextFileSync(`.github/workflows/${name}`),
}));

for (const { name, text } of WORKFLOWS) {
  Deno.test(`${name}: every action is pinned by commit, with its version beside it`, () => {
    const uses = text.match(/uses: .*/g) ?? [];
    assert.ok(uses.length > 0);
    for (const line of uses) {
      assert.match(line, /^uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    }
  });

  Deno.test(`${name}: no checkout leaves its token behind, and rights are read-only by default`, () => {
    const checkouts = text.match(/actions\/checkout@.*\n\s+with:\n\s+persist-credentials: false/g);
    assert.equal(checkouts?.length, text.match(/actions\/checkout@/g)?.length);
    assert.match(text, /^permissions:\n {2}contents: read\n/m);
  });
}

Deno.test("release.yml: the jobs that may write run no code of the project, and need approval", () => {
  const release = WORKFLOWS[1]!.text;
  const jobs = release.slice(release.indexOf("jobs:")).split(/^ {2}(?=\w+:$)/m).slice(1);
  const writing = jobs.filter((job) => /: write$/m.test(job));
  assert.deepEqual(writing.map((job) => job.split(":")[0]), ["executables", "jsr"]);
  for (const job of writing) {
    assert.match(job, /environment: release/);
    assert.doesNotMatch(job, /deno (task|run|install|eval)/);
  }
});

Deno.test("requirements.txt: every package has a checksum", () => {
  const packages = Deno.readTextFileSync("tests/peers/requirements.txt")
    .replaceAll("\\\n", "")
    .split("\n")
    .filter((line) => /^[\w-]/.test(line));
  assert.ok(packages.length > 10);
  for (const line of packages) assert.match(line, /==.* --hash=sha256:[0-9a-f]{64}/);
});
