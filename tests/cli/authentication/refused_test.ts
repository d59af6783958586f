/** Credentials that AWS does not accept, or only for some calls. */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(`authentication: ${name}`, async () => {
    await using sandbox = await startSandbox();
    await work(sandbox);
  });
}

const REFUSALS: Record<string, { env: Record<string, string>; says: RegExp }> = {
  "an unknown key": {
    env: { AWS_ACCESS_KEY_ID: "AKIANOBODY" },
    says: /does not know this access key/,
  },
  "a wrong secret": {
    env: { AWS_SECRET_ACCESS_KEY: "very-wrong-secret" },
    says: /secret key does not belong to the access key/,
  },
  "a token that belongs to no key": {
    env: { AWS_SESSION_TOKEN: "not-a-token" },
    says: /AWS does not (know|accept)/,
  },
};

for (const [name, { env, says }] of Object.entries(REFUSALS)) {
  for (
    const command of [["whoami"], ["create", "my-bucket"], ["create", "b-1", "-c", "-d", "1h"]]
  ) {
    test(`${command.join(" ")} with ${name}: one clear error`, async (sandbox) => {
      const before = sandbox.snapshot();
      const { code, stdout, stderr } = await run(command, { sandbox, env });
      assert.equal(code, 1);
      assert.equal(stdout, "");
      assert.match(stderr, says);
      assert.equal(stderr.match(/^Error: /gm)?.length, 1);
      for (const secret of Object.values(env).slice(0, 1)) {
        if (!secret.startsWith("AKIA")) assert.ok(!stderr.includes(secret));
      }
      assert.deepEqual(sandbox.snapshot(), before);
    });
  }
}

test("expired credentials say so, whatever call meets them", async (sandbox) => {
  const { stdout } = await run(["create", "my-bucket", "-c", "-d", "15m"], { sandbox });
  for (const session of sandbox.account.sessions.values()) session.expiration = new Date(0);
  for (const command of [["whoami"], ["create", "my-bucket"]]) {
    const { code, stderr } = await run([...command, "--auth", "auth"], {
      sandbox,
      files: { auth: stdout },
    });
    assert.equal(code, 1);
    assert.match(stderr, /these credentials have expired/);
  }
});

for (const hours of [1, -1]) {
  test(`a clock that is ${hours} hour off: every call of create works`, async (sandbox) => {
    sandbox.clock.advance(hours * 3_600_000);
    const lines = [
      ["create", "my-bucket", "-c"],
      ["create", "my-bucket", "-d", "15m"],
      ["put-object", "my-bucket", "key", "deno.json"],
      ["delete-user", "s3.read-write.my-bucket"],
    ];
    for (const line of lines) {
      const { code, stderr } = await run(line, { sandbox });
      assert.equal(code, 0, stderr);
    }
  });
}

test("a session that may not call IAM: says which sessions may", async (sandbox) => {
  const { stdout } = await run(["create", "my-bucket", "-c", "-d", "15m"], { sandbox });
  const refusal = { status: 403, code: "InvalidClientTokenId", message: "The token is invalid" };
  const isIam = ({ service }: { service: string }) => service === "iam";
  sandbox.fail({ operation: "*", when: isIam, times: Infinity, error: refusal });
  const files = { auth: stdout };
  assert.equal((await run(["whoami", "--auth", "auth"], { sandbox, files })).code, 0);
  for (const command of [["list-users"], ["create", "my-bucket"], ["delete-user", "a"]]) {
    const { code, stderr } = await run([...command, "--auth", "auth"], { sandbox, files });
    assert.equal(code, 1);
    assert.match(
      stderr,
      /IAM does not accept these temporary credentials \(InvalidClientTokenId\)$/m,
    );
    assert.match(
      stderr,
      /get-session-token may call IAM only if it was made with --serial-number and --token-code/,
    );
  }
  const { stderr } = await run(["list-users"], { sandbox });
  assert.match(
    stderr,
    /AWS does not know this access key/,
    "of a permanent key that is what it means",
  );
});
