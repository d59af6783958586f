/**
 * Clients that we did not write, with the keys that `create` makes, on our sandbox: what a key may
 * works, what it may not is denied in the client's own words, and the bucket is as it must be then.
 */
import assert from "node:assert/strict";
import { CLIENTS } from "./clients.ts";
import { effectiveIn, expectedOutcomes } from "./expected.ts";
import { play, type Played } from "./play.ts";
import { objectsAfter, objectsOf, SCENE_NAMES, SCENES } from "./scenes.ts";

for (const [name, client] of Object.entries(CLIENTS)) {
  let played: Promise<Played> | undefined;
  Deno.test.afterAll(async () => (await played?.catch(() => undefined))?.sandbox.close());

  for (const scene of SCENE_NAMES) {
    const title = `clients: ${name} with ${scene}`;
    const fn = async () => {
      played ??= play(client.play);
      const { outcomes, sandbox } = await played;
      assert.deepEqual(outcomes[scene], expectedOutcomes(sandbox, scene, client));
      assert.deepEqual(objectsOf(sandbox, scene), {
        ...objectsAfter(effectiveIn(scene, client)),
        ...client.leaves?.[scene],
      });
      const { uploads } = sandbox.account.buckets.get(SCENES[scene].bucket)!;
      assert.equal(uploads?.size ?? 0, 0, "no upload is left");
    };
    if (client.missing === undefined) {
      Deno.test({ name: title, fn, sanitizeOps: false, sanitizeResources: false });
    } else Deno.test({ name: `${title} (skipped: ${client.missing})`, ignore: true, fn });
  }
}
