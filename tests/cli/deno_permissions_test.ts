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

interface FakePrompt extends PermissionPrompt {
  requested: PermissionKind[];
  said: string[];
}

function fakePrompt(changes: Partial<PermissionPrompt> = {}): FakePrompt {
  const requested: PermissionKind[] = [];
  const said: string[] = [];
  return {
    requested,
    said,
    query: () => Promise.resolve({ state: "prompt", partial: false }),
    request: (kind) => {
      requested.push(kind);
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
  const prompt = fakePrompt();
  await requestPermissions(AWS_PERMISSIONS, prompt);
  assert.deepEqual(prompt.requested, ["env", "read", "net", "sys"]);
  assert.equal(prompt.said.length, 4);
  assert.match(prompt.said[2]!, /to call AWS/);
});

Deno.test("permissions: what is granted is not asked for", async () => {
  const prompt = fakePrompt({ query: () => Promise.resolve({ state: "granted", partial: false }) });
  await requestPermissions(AWS_PERMISSIONS, prompt);
  assert.deepEqual([...prompt.requested, ...prompt.said], []);
});

Deno.test("permissions: a narrow --allow-… is left as it is", async () => {
  const prompt = fakePrompt({ query: () => Promise.resolve({ state: "prompt", partial: true }) });
  await requestPermissions(AWS_PERMISSIONS, prompt);
  assert.deepEqual(prompt.requested, []);
});

Deno.test("permissions: nobody is asked where nobody is there", async () => {
  const prompt = fakePrompt({ isInteractive: false });
  await requestPermissions(AWS_PERMISSIONS, prompt);
  assert.deepEqual(prompt.requested, []);
});

Deno.test("permissions: a refusal is a clear error, and nothing more is asked", async () => {
  const requested: PermissionKind[] = [];
  const prompt = fakePrompt({
    request: (kind) => {
      requested.push(kind);
      return Promise.resolve(kind === "read" ? "denied" : "granted");
    },
  });
  await assert.rejects(requestPermissions(AWS_PERMISSIONS, prompt), {
    message: /Deno was not allowed the permission "read", which is needed to read AWS/,
    hint: "Allow it when asked, or run with --allow-read",
  });
  assert.deepEqual(requested, ["env", "read"]);
});
