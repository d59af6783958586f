/**
 * Answers of the sandbox's IAM, beside botocore's model of AWS's: a result element where AWS gives
 * one, though it may be empty, and none where AWS gives none.
 */
import assert from "node:assert/strict";
import { OPERATIONS } from "../../lib/sandbox/iam/service.ts";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { adminEnv, peerTest, runPeer, scriptPath } from "./support.ts";

peerTest("IAM: each operation answers with a result element where AWS does", async () => {
  await using sandbox = await startSandbox();
  const ran = await runPeer("python", [scriptPath("iam_results.py")], { env: adminEnv(sandbox) });
  assert.equal(ran.code, 0, ran.stderr);
  const seen: Record<string, { wanted: boolean; given: boolean }> = JSON.parse(ran.stdout);
  assert.deepEqual(Object.keys(seen).sort(), [...OPERATIONS.keys()].sort());
  const wrong = Object.entries(seen).filter(([, { wanted, given }]) => wanted !== given);
  assert.deepEqual(wrong, []);
});
