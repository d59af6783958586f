/**
 * What the library's functions refuse before they send anything.
 */
import assert from "node:assert/strict";
import { connect } from "../../lib/aws/connect.ts";
import { deleteObjects } from "../../lib/aws/objects_delete.ts";
import { BUCKET, type Stage, stage } from "../support/objects.ts";

function account(st: Stage) {
  return connect({ endpointUrl: st.sandbox.url, credentials: st.sandbox.credentials });
}

Deno.test("deleteObjects: neither keys nor a prefix is no way to empty a bucket", async () => {
  await using st = await stage();
  for (const key of ["one", "dir/two"]) await st.put(key, key);
  const aws = account(st);
  const sent = st.sandbox.requests.length;
  const choices: unknown[] = [
    ...[{ prefix: "" }, { prefix: undefined }, { prefix: null }, { prefix: ["one"] }, {}],
    ...[{ keys: undefined }, { keys: "one" }, undefined, null, []],
  ];
  for (const choice of choices) {
    await assert.rejects(
      Array.fromAsync(deleteObjects(aws, BUCKET, choice as { prefix: string })),
      new RangeError("Invalid choice of objects: expected keys, or a prefix that is not empty"),
      JSON.stringify(choice),
    );
  }
  assert.equal(st.sandbox.requests.length, sent, "nothing is sent");
  assert.deepEqual(await Array.fromAsync(deleteObjects(aws, BUCKET, { keys: [] })), []);
  assert.deepEqual([...st.objects().keys()], ["one", "dir/two"]);
  aws.close();
});
