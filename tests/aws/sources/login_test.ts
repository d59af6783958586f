/** Credentials of somebody who is signed in with `aws login`, which the SDK's provider gets and renews. */
import assert from "node:assert/strict";
import { createHash, generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import { run } from "../../support/run.ts";
import { assertIs, test } from "./support.ts";

const SESSION = "arn:aws:iam::123456789012:user/me";
const CONFIG = `[profile work]\nlogin_session = ${SESSION}\n`;
const ACTION = "Error: Could not get the credentials of profile work";
const SIGN_IN = "Run aws login --profile=work\n";

const EXPIRED = {
  accessKeyId: "ASIAOLD",
  secretAccessKey: "hidden",
  sessionToken: "hidden-token",
};

/** What `aws login` keeps, with keys that hold for some seconds. */
function signIn(seconds: number, keys = EXPIRED): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return JSON.stringify({
    accessToken: {
      ...keys,
      accountId: "123456789012",
      expiresAt: new Date(Date.now() + seconds * 1000).toISOString(),
    },
    clientId: "arn:aws:signin:::devtools/same-device",
    refreshToken: "hidden-refresh",
    dpopKey: privateKey.export({ type: "sec1", format: "pem" }),
  });
}

/** Keeps a sign-in where the provider looks for one: in the environment of the process. */
async function withSignIn(content: string | undefined, work: () => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  const name = `${createHash("sha256").update(SESSION).digest("hex")}.json`;
  if (content !== undefined) await Deno.writeTextFile(join(directory, name), content);
  Deno.env.set("AWS_LOGIN_CACHE_DIRECTORY", directory);
  try {
    await work();
  } finally {
    Deno.env.delete("AWS_LOGIN_CACHE_DIRECTORY");
    await Deno.remove(directory, { recursive: true });
  }
}

const machine = { config: () => CONFIG, args: ["--profile", "work"] };

test("aws login: the keys of a sign-in, and new ones once these have expired", async ({ sandbox, whoami }) => {
  const made = await run(["create", "my-bucket", "--duration", "15m"], { sandbox });
  const { AccessKeyId, SecretAccessKey, SessionToken } = JSON.parse(made.stdout);
  const keys = {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    sessionToken: SessionToken,
  };
  const renewed: string[] = [];
  await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (it) => {
    renewed.push((await it.json()).refreshToken);
    return Response.json({
      accessToken: keys,
      refreshToken: "hidden-next",
      expiresIn: 900,
      tokenType: "aws_sigv4",
    });
  });
  const env = () => ({ AWS_ENDPOINT_URL_SIGNIN: `http://127.0.0.1:${server.addr.port}` });
  await withSignIn(signIn(3600, keys), async () => {
    assertIs(await whoami({ ...machine, env }), /:assumed-role\//);
    assert.deepEqual(renewed, []);
  });
  await withSignIn(signIn(-1), async () => {
    assertIs(await whoami({ ...machine, env }), /:assumed-role\//);
    assert.deepEqual(renewed, ["hidden-refresh"]);
    assertIs(await whoami({ ...machine, env }), /:assumed-role\//);
    assert.equal(renewed.length, 1, "what was renewed is kept");
  });
});

test("aws login: without a sign-in that can be read, what to do; nothing of it is repeated", async ({ sandbox, whoami }) => {
  for (const content of [undefined, "hidden", '{"accessToken": hidden}', "{}", "null"]) {
    await withSignIn(content, async () => {
      const { code, stdout, stderr } = await whoami(machine);
      assert.deepEqual([code, stdout], [1, ""]);
      assert.equal(stderr, `${ACTION}: it is not signed in\n${SIGN_IN}`);
    });
  }
  assert.deepEqual(sandbox.requests, []);
});

test("aws login: a service that can't be reached is named, with what to check", async ({ whoami }) => {
  await withSignIn(signIn(-1), async () => {
    const env = () => ({ AWS_ENDPOINT_URL_SIGNIN: "http://127.0.0.1:9" });
    const { code, stdout, stderr } = await whoami({ ...machine, env });
    assert.deepEqual([code, stdout], [1, ""]);
    assert.equal(
      stderr,
      `${ACTION}: the endpoint http://127.0.0.1:9 refused the connection\n` +
        "Check that a server runs there, --endpoint-url and any proxy, then try again\n",
    );
  });
});

test("aws login: an answer that can't be read is not repeated", async ({ whoami }) => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () => new Response("hidden", { headers: { "content-type": "application/json" } }),
  );
  await withSignIn(signIn(-1), async () => {
    const env = () => ({ AWS_ENDPOINT_URL_SIGNIN: `http://127.0.0.1:${server.addr.port}` });
    const { code, stdout, stderr } = await whoami({ ...machine, env });
    assert.deepEqual([code, stdout], [1, ""]);
    assert.equal(stderr, `${ACTION}: the answer could not be understood\n${SIGN_IN}`);
  });
});
