/**
 * Keys of a sandbox, and the files and variables that hold them.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createAccessKey } from "../../../lib/sandbox/seed.ts";
import type { Sandbox } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";

/** A second key, so that a test can tell which of two was used. */
export function addKey(sandbox: Sandbox) {
  const key = createAccessKey();
  sandbox.account.users.get("admin")!.accessKeys.set(key.accessKeyId, key);
  return key;
}

/** Runs `whoami`, and gives the key that its request was signed with. */
export async function keyUsedBy(
  sandbox: Sandbox,
  args: string[],
  options: Parameters<typeof run>[1] = {},
): Promise<string | undefined> {
  const { code, stderr } = await run(["whoami", ...args], options);
  assert.equal(code, 0, stderr);
  return sandbox.requests.at(-1)?.accessKeyId;
}

/** A profile of the credentials file. */
export function section(
  name: string,
  { accessKeyId, secretAccessKey }: Sandbox["credentials"],
): string {
  return `[${name}]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`;
}

/** The variables that hold the keys. */
export function keysOf({ credentials }: Sandbox): Record<string, string> {
  const { accessKeyId, secretAccessKey } = credentials;
  return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
}
