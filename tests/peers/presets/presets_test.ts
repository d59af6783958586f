/**
 * Applications under exactly their presets: they work, also under a prefix, and with any one action less
 * they fail. What a run doesn't reach, a note of the preset says.
 */
import assert from "node:assert/strict";
import { findPreset } from "@s3creds/cli/policy";
import { APPLICATIONS } from "./cycles.ts";
import { Stage } from "./stage.ts";

for (const [name, { cycle, needs }] of Object.entries(APPLICATIONS)) {
  const missing = needs.find(({ missing }) => missing !== undefined)?.missing;
  const test = (title: string, fn: () => Promise<void>) => {
    if (missing === undefined) Deno.test(title, fn);
    else Deno.test({ name: `${title} (skipped: ${missing})`, ignore: true, fn });
  };
  const { bucket, keys, measured, notes = [] } = findPreset(name);

  Deno.test(`presets: ${name} says which version runs here`, () => assert.ok(measured));

  for (const prefix of [undefined, "top/app/"]) {
    test(`presets: ${name} works${prefix === undefined ? "" : " under a prefix"}`, async () => {
      await using stage = await Stage.open(name, { prefix });
      await cycle(stage);
      if (prefix !== undefined) assert.ok(stage.objects().every((key) => key.startsWith(prefix)));
    });
  }

  for (const removed of Object.keys({ ...bucket, ...keys })) {
    const isNoted = notes.some((note) =>
      ["asked for", "needed"].some((what) => note.includes(`${removed} is not ${what} in the run`))
    );
    test(`presets: ${name} ${isNoted ? "works" : "fails"} without ${removed}`, async () => {
      await using stage = await Stage.open(name, { removed });
      if (isNoted) await cycle(stage);
      else {
        await assert.rejects(cycle(stage));
        assert.ok(stage.denied().includes(removed), `denied: ${stage.denied().join()}`);
      }
    });
  }
}
