/**
 * Deno's permissions: asked for once a kind, by name and reason, and only where it helps.
 */
import assert from "node:assert/strict";
import {
  AWS_PERMISSIONS,
  type PermissionKind,
  type PermissionPrompt,
  requestPermissions,
} from "../../lib/cli/permissions.ts";

interface Desk extends PermissionPrompt {
  asked: PermissionKind[];
  said: string[];
}

function desk(changes: Partial<PermissionPrompt> = {}): Desk {
  const asked: PermissionKind[] = [];
  const said: string[] = [];
  return {
    asked,
    said,
    query: () => Promise.resolve({ state: "prompt", partial: false }),
    request: (kind) => {
      asked.push(kind);
      return Promise.resolve("granted");
    },
    say: (message) => {
      said.push(message);
      return Promise.resolve();
    },
    isInteractive: true,
    ...changes,
  };
}

Deno.test("permissions: each kind is asked for once, with a reason", async () => {
  const one = desk();
  await requestPermissions(AWS_PERMISSIONS, one);
  assert.deepEqual(one.asked, ["env", "read", "net", "sys"]);
  assert.equal(one.said.length, 4);
  assert.match(one.said[2]!, /to call AWS/);
});

Deno.test("permissions: what is granted is not asked for", async () => {
  const one = desk({ query: () => Promise.resolve({ state: "granted", partial: false }) });
  await requestPermissions(AWS_PERMISSIONS, one);
  assert.deepEqual([...one.asked, ...one.said], []);
});

Deno.test("permissions: a narrow --allow-… is left as it is", async () => {
  const one = desk({ query: () => Promise.resolve({ state: "prompt", partial: true }) });
  await requestPermissions(AWS_PERMISSIONS, one);
  assert.deepEqual(one.asked, []);
});

Deno.test("permissions: nobody is asked where nobody is there", async () => {
  const one = desk({ isInteractive: false });
  await requestPermissions(AWS_PERMISSIONS, one);
  assert.deepEqual(one.asked, []);
});

Deno.test("permissions: a refusal is a clear error, and nothing more is asked", async () => {
  const asked: PermissionKind[] = [];
  const one = desk({
    request: (kind) => {
      asked.push(kind);
      return Promise.resolve(kind === "read" ? "denied" : "granted");
    },
  });
  await assert.rejects(requestPermissions(AWS_PERMISSIONS, one), {
    message: /Deno was not allowed the permission "read", which is needed to read AWS/,
    hint: "Allow it when asked, or run with --allow-read",
  });
  assert.deepEqual(asked, ["env", "read"]);
});
