/** The cache of credentials and the server in front of it, with the tests' own clock and requests. */
import assert from "node:assert/strict";
import {
  credentialHandler,
  type CredentialHandlerOptions,
  S3CredentialsError,
  type TemporaryCredentials,
} from "@s3creds/cli";
import { credentialCache } from "../../lib/credentials/credential_cache.ts";

const DURATION = 3600;

/** A maker of credentials that counts, can fail and can be made to wait; and a clock. */
function setting() {
  let seconds = 0;
  const state = { made: 0, failure: undefined as Error | undefined, gate: Promise.resolve() };
  const said: string[] = [];
  const create = async (): Promise<TemporaryCredentials> => {
    state.made++;
    const number = state.made;
    await state.gate;
    if (state.failure !== undefined) throw state.failure;
    return {
      accessKeyId: `ASIA${number}`,
      secretAccessKey: "the-secret",
      sessionToken: "the-session-token",
      expiration: new Date((seconds + DURATION) * 1000 + 123),
    };
  };
  const cache = credentialCache(create, DURATION, {
    now: () => seconds * 1000,
    onProgress: (message) => said.push(message),
  });
  return { state, said, cache, pass: (more: number) => void (seconds += more) };
}

async function keyOf(cache: () => Promise<TemporaryCredentials>): Promise<string> {
  return (await cache()).accessKeyId;
}

Deno.test("cache: nothing is made before the first one asks", () => {
  assert.equal(setting().state.made, 0);
});

Deno.test("cache: the same credentials until half of their time is over, then new ones", async () => {
  const { state, said, cache, pass } = setting();
  assert.equal(await keyOf(cache), "ASIA1");
  pass(DURATION / 2 - 1);
  assert.equal(await keyOf(cache), "ASIA1");
  pass(2);
  assert.equal(await keyOf(cache), "ASIA2");
  pass(DURATION / 2 - 1);
  assert.equal(await keyOf(cache), "ASIA2");
  assert.equal(state.made, 2);
  assert.deepEqual(said, ["Renewed credentials"]);
});

for (const when of ["first", "renewed"]) {
  Deno.test(`cache: however many ask, ${when} credentials are made once`, async () => {
    const { state, cache, pass } = setting();
    if (when === "renewed") {
      await cache();
      pass(DURATION - 60);
    }
    const before = state.made;
    const gate = Promise.withResolvers<void>();
    state.gate = gate.promise;
    const asked = Array.from({ length: 200 }, () => keyOf(cache));
    gate.resolve();
    assert.deepEqual(new Set(await Promise.all(asked)), new Set([`ASIA${before + 1}`]));
    assert.equal(state.made, before + 1);
  });
}

Deno.test("cache: a failed renewal: the old ones while they are good for five minutes", async () => {
  const { state, said, cache, pass } = setting();
  await cache();
  state.failure = new Error("no network");
  pass(DURATION - 301);
  assert.equal(await keyOf(cache), "ASIA1");
  assert.deepEqual(said, [
    "Could not renew credentials, the old ones still work: no network",
  ]);
  pass(2);
  await assert.rejects(cache(), /no network/);
  await assert.rejects(cache(), /no network/);
  assert.equal(state.made, 4);
  state.failure = undefined;
  assert.equal(await keyOf(cache), "ASIA5");
});

Deno.test("cache: many who ask while renewal fails are all told, and it is tried once", async () => {
  const { state, cache } = setting();
  state.failure = new Error("no network");
  const asked = await Promise.allSettled(Array.from({ length: 50 }, () => cache()));
  assert.ok(asked.every(({ status }) => status === "rejected"));
  assert.equal(state.made, 1);
});

Deno.test("cache: a maker that throws at once does not spoil the next attempt", async () => {
  let calls = 0;
  const cache = credentialCache(() => {
    calls++;
    throw new Error(`failure ${calls}`);
  }, DURATION);
  await assert.rejects(cache(), /failure 1/);
  await assert.rejects(cache(), /failure 2/);
});

const HOSTS = ["localhost:8094", "127.0.0.1:8094"];

async function ask(
  where: { path?: string; method?: string; headers?: Record<string, string> },
  options: Partial<CredentialHandlerOptions> = {},
  failure?: Error,
) {
  const { cache, state } = setting();
  state.failure = failure;
  const lines: string[] = [];
  const onRequest = (line: string) => lines.push(line);
  const handler = credentialHandler(cache, { hosts: HOSTS, onRequest, ...options });
  const { path = "/", method = "GET", headers = { host: "localhost:8094" } } = where;
  const answer = await handler(new Request(`http://localhost:8094${path}`, { method, headers }));
  return { answer, lines, made: state.made, body: await answer.json() };
}

Deno.test("server: one document for credential_process and for the container protocol", async () => {
  const { answer, body, lines } = await ask({});
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), "application/json");
  assert.equal(answer.headers.get("cache-control"), "no-store");
  assert.deepEqual(body, {
    Version: 1,
    AccessKeyId: "ASIA1",
    SecretAccessKey: "the-secret",
    SessionToken: "the-session-token",
    Token: "the-session-token",
    Expiration: "1970-01-01T01:00:00Z",
  });
  assert.deepEqual(Object.keys(body), [
    "Version",
    "AccessKeyId",
    "SecretAccessKey",
    "SessionToken",
    "Token",
    "Expiration",
  ]);
  assert.deepEqual(lines, ["GET / 200"]);
});

const TOKEN = "a-long-token";
const host = "localhost:8094";

/** Who asks how, and the status that it gets. */
const ASKERS: [
  who: string,
  where: Parameters<typeof ask>[0],
  options: Partial<CredentialHandlerOptions>,
  status: number,
][] = [
  ["by the other name", { headers: { host: "127.0.0.1:8094" } }, {}, 200],
  ["in capitals", { headers: { host: "LOCALHOST:8094" } }, {}, 200],
  ["with a query", { path: "/?x=1" }, {}, 200],
  ["for a foreign host", { headers: { host: "evil.example" } }, {}, 403],
  ["for a foreign host and the right port", { headers: { host: "evil.example:8094" } }, {}, 403],
  ["for another port", { headers: { host: "localhost:8095" } }, {}, 403],
  ["for no port", { headers: { host: "localhost" } }, {}, 403],
  ["for a longer host", { headers: { host: "localhost:8094.evil.example" } }, {}, 403],
  ["for another address", { headers: { host: "192.168.0.1:8094" } }, {}, 403],
  ["without a host", { headers: {} }, {}, 403],
  ["for any address", { headers: { host: "192.168.0.1:8094" } }, { anyAddress: true }, 200],
  ["for any IPv6 address", { headers: { host: "[fe80::1]:8094" } }, { anyAddress: true }, 200],
  ["for a name, any address", { headers: { host: "evil.example" } }, { anyAddress: true }, 403],
  ["for what looks like one", { headers: { host: "1.2.3.4.evil" } }, { anyAddress: true }, 403],
  ["without the token", { headers: { host } }, { token: TOKEN }, 401],
  ["with the token", { headers: { host, authorization: TOKEN } }, { token: TOKEN }, 200],
  [
    "with Bearer and the token",
    { headers: { host, authorization: `Bearer ${TOKEN}` } },
    { token: TOKEN },
    200,
  ],
  [
    "with a wrong token",
    { headers: { host, authorization: "a-long-tokem" } },
    { token: TOKEN },
    401,
  ],
  ["with a part of it", { headers: { host, authorization: "a-long" } }, { token: TOKEN }, 401],
  ["with more than it", { headers: { host, authorization: `${TOKEN}s` } }, { token: TOKEN }, 401],
  ["with nothing in it", { headers: { host, authorization: "" } }, { token: TOKEN }, 401],
  [
    "with another scheme",
    { headers: { host, authorization: `Basic ${TOKEN}` } },
    { token: TOKEN },
    401,
  ],
  [
    "for a foreign host with the token",
    { headers: { host: "evil.example", authorization: TOKEN } },
    { token: TOKEN },
    403,
  ],
  ["for another path", { path: "/credentials" }, {}, 404],
  ["for another path without the token", { path: "/credentials" }, { token: TOKEN }, 401],
  ...["POST", "PUT", "DELETE", "HEAD", "OPTIONS"].map((
    method,
  ): (typeof ASKERS)[number] => [`with ${method}`, { method }, {}, 405]),
];

for (const [who, where, options, status] of ASKERS) {
  Deno.test(`server: ${who}: ${status}`, async () => {
    const { answer, body, made, lines } = await ask(where, options);
    assert.equal(answer.status, status);
    assert.equal(made, status === 200 ? 1 : 0);
    if (status !== 200) {
      assert.deepEqual(Object.keys(body), ["code", "message", "error"]);
      assert.doesNotMatch(JSON.stringify(body), /the-secret|the-session-token|a-long-token/);
    }
    assert.equal(answer.headers.get("access-control-allow-origin"), null);
    assert.equal(lines.length, 1);
    assert.ok(lines[0]!.endsWith(` ${status}`));
  });
}

Deno.test("server: 503 with the reason and what to do", async () => {
  const failure = new S3CredentialsError("credentials", "these credentials have expired", {
    hint: "Sign in again",
  });
  const { answer, body } = await ask({}, {}, failure);
  assert.equal(answer.status, 503);
  assert.deepEqual(body, {
    code: "503",
    message: "these credentials have expired",
    error: "these credentials have expired",
    hint: "Sign in again",
  });
});
