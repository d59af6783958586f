/** `localserver` against the sandbox: what it serves, to whom, and how it ends. */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";
import { type Ran, run, sandboxEnv } from "../support/run.ts";

const BUCKET = "my-bucket";
const ARGS = ["localserver", BUCKET, "--duration", "15m", "--port", "0"];
const DENIED = { status: 403, code: "AccessDenied", message: "Not for you" };

interface Serving {
  /** Such as `http://127.0.0.1:40001/`. */
  url: string;
  port: number;
  sandbox: Sandbox;
  /** What standard output and standard error hold so far. */
  stdout(): string;
}

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(`localserver: ${name}`, async () => {
    await using sandbox = await startSandbox({ buckets: [BUCKET] });
    await work(sandbox);
  });
}

/** Runs the server, does something with it, and presses Ctrl-C. */
async function serve(
  sandbox: Sandbox,
  args: string[],
  work: (serving: Serving) => Promise<void>,
): Promise<Ran> {
  const interruption = new AbortController();
  const listening = Promise.withResolvers<string>();
  let [said, data] = ["", ""];
  const ran = run([...ARGS, ...args], {
    sandbox,
    signal: interruption.signal,
    onStdout: (text) => data += text,
    onStderr: (text) => {
      said += text;
      const url = / at (http:\S+)\n/.exec(said)?.[1];
      if (url !== undefined) listening.resolve(url);
    },
  });
  const url = await Promise.race([
    listening.promise,
    ran.then(({ stderr }) => assert.fail(`It ended: ${stderr}`)),
  ]);
  try {
    await work({ url, port: Number(new URL(url).port), sandbox, stdout: () => data });
  } finally {
    interruption.abort();
  }
  return await ran;
}

async function ask(url: string, init?: RequestInit) {
  const answer = await fetch(url, init);
  return { status: answer.status, body: await answer.json() };
}

function assumed(sandbox: Sandbox): number {
  return sandbox.requests.filter(({ operation }) => operation === "AssumeRole").length;
}

function policies(sandbox: Sandbox): (string | undefined)[] {
  return [...sandbox.account.sessions.values()].map(({ policy }) => policy);
}

test("the document, and credentials that work", async (sandbox) => {
  const { code, stdout, stderr } = await serve(sandbox, [], async ({ url }) => {
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/$/);
    const { status, body } = await ask(url);
    assert.equal(status, 200);
    const [session] = sandbox.account.sessions.values();
    assert.deepEqual(body, {
      Version: 1,
      AccessKeyId: session!.accessKeyId,
      SecretAccessKey: session!.secretAccessKey,
      SessionToken: session!.sessionToken,
      Token: session!.sessionToken,
      Expiration: body.Expiration,
    });
    assert.match(body.Expiration, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    // AWS tells no fractions of a second.
    const lifetime = Date.parse(body.Expiration) - session!.issueDate.getTime();
    assert.equal(Math.ceil(lifetime / 1000), 900);
    const { code, stdout } = await run(["whoami", "--auth", "-"], {
      sandbox,
      stdin: JSON.stringify(body),
    });
    assert.equal(code, 0);
    assert.match(JSON.parse(stdout).Arn, /:assumed-role\/s3-credentials\.AmazonS3FullAccess\//);
  });
  assert.deepEqual({ code, stdout }, { code: 0, stdout: "" });
  assert.match(stderr, /^Serving read-write credentials for bucket 'my-bucket' at http/m);
  assert.match(stderr, /^GET \/ 200\n(.*\n)*Stopped\n$/m);
  for (const { secretAccessKey, sessionToken } of sandbox.account.sessions.values()) {
    assert.ok(!stderr.includes(secretAccessKey) && !stderr.includes(sessionToken));
  }
  assert.ok(!stderr.includes(sandbox.credentials.secretAccessKey));
});

const GRANTS: string[][] = [
  [],
  ["--read-only"],
  ["--write-only"],
  ["--prefix", "a/"],
  ["--read-only", "--prefix", "a/"],
  ["--statement", '{"Effect":"Allow","Action":"textract:*","Resource":"*"}'],
];

for (const options of GRANTS) {
  test(`the session has the policy that policy prints: ${options.join(" ")}`, async (sandbox) => {
    await serve(sandbox, options, () => Promise.resolve());
    const { stdout } = await run(["policy", BUCKET, ...options]);
    assert.deepEqual(policies(sandbox), [JSON.stringify(JSON.parse(stdout))]);
  });
}

test("--role-arn assumes that role and makes no IAM call", async (sandbox) => {
  await serve(sandbox, [], () => Promise.resolve());
  const [role] = sandbox.account.roles.values();
  sandbox.requests.length = 0;
  await serve(sandbox, ["--role-arn", role!.arn], () => Promise.resolve());
  assert.deepEqual(sandbox.requests.filter(({ service }) => service === "iam"), []);
  assert.equal(assumed(sandbox), 1);
});

test("200 who ask at the same time cause one AssumeRole", async (sandbox) => {
  await serve(sandbox, [], async ({ url }) => {
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(url)));
    assert.ok(answers.every(({ status }) => status === 200));
    assert.equal(assumed(sandbox), 1);
  });
});

/** An answer of AssumeRole with credentials that are almost over. */
function almostOver(): string {
  const Expiration = new Date(Date.now() + 60_000).toISOString();
  return `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
    <AssumeRoleResult><Credentials><AccessKeyId>ASIAALMOSTOVER</AccessKeyId>
    <SecretAccessKey>old</SecretAccessKey><SessionToken>old</SessionToken>
    <Expiration>${Expiration}</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>`;
}

test("200 who ask when it is time to renew cause one AssumeRole", async (sandbox) => {
  sandbox.fail({ operation: "AssumeRole", malformedBody: almostOver() });
  const { stderr } = await serve(sandbox, [], async ({ url }) => {
    assert.equal(assumed(sandbox), 1);
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask(url)));
    assert.equal(assumed(sandbox), 2);
    const [session] = sandbox.account.sessions.values();
    assert.deepEqual(
      new Set(answers.map(({ body }) => body.AccessKeyId)),
      new Set([session!.accessKeyId]),
    );
  });
  assert.match(stderr, /^Renewed credentials$/m);
});

test("a renewal that fails: 503 and the reason; the next request recovers", async (sandbox) => {
  sandbox.fail({ operation: "AssumeRole", malformedBody: almostOver() });
  await serve(sandbox, [], async ({ url }) => {
    sandbox.fail({ operation: "AssumeRole", error: DENIED });
    const failed = await ask(url);
    assert.equal(failed.status, 503);
    assert.match(failed.body.message, /AccessDenied: Not for you/);
    assert.equal((await ask(url)).status, 200);
  });
});

test("--token without a value: one is printed on stdout, and never on stderr", async (sandbox) => {
  let token = "";
  const { code, stdout, stderr } = await serve(sandbox, ["--token"], async ({ url, stdout }) => {
    while (!stdout().endsWith("\n")) await new Promise((resolve) => setTimeout(resolve, 1));
    token = /^AWS_CONTAINER_AUTHORIZATION_TOKEN=([\w-]{32})\n$/.exec(stdout())![1]!;
    assert.equal((await ask(url)).status, 401);
    assert.equal((await ask(url, { headers: { authorization: "wrong" } })).status, 401);
    assert.equal((await ask(url, { headers: { authorization: token } })).status, 200);
    assert.equal((await ask(url, { headers: { authorization: `Bearer ${token}` } })).status, 200);
  });
  assert.equal(code, 0);
  assert.equal(stdout, `AWS_CONTAINER_AUTHORIZATION_TOKEN=${token}\n`);
  assert.ok(!stderr.includes(token));
});

test("--token with a value: it is printed nowhere", async (sandbox) => {
  const token = "my-own-long-token";
  const { stdout, stderr } = await serve(sandbox, ["--token", token], async ({ url }) => {
    assert.equal((await ask(url)).status, 401);
    assert.equal((await ask(url, { headers: { authorization: token } })).status, 200);
  });
  assert.equal(stdout, "");
  assert.ok(!stderr.includes(token));
});

/** Sends bytes as no fetch would, and reads the whole answer. */
async function raw(port: number, text: string, hostname = "127.0.0.1"): Promise<string> {
  using connection = await Deno.connect({ hostname, port });
  await connection.write(new TextEncoder().encode(text));
  let answer = "";
  const decoder = new TextDecoder();
  const chunk = new Uint8Array(4096);
  for (let n = await connection.read(chunk); n !== null; n = await connection.read(chunk)) {
    answer += decoder.decode(chunk.subarray(0, n), { stream: true });
    const [head = "", body] = answer.split("\r\n\r\n");
    const length = /^content-length: (\d+)$/im.exec(head)?.[1];
    if (body !== undefined && length !== undefined && body.length >= Number(length)) break;
  }
  return answer;
}

/** Requests in the raw, with `PORT` for the port, and the status that each gets. */
const RAW: [what: string, text: string, status: number][] = [
  ["its own host", "GET / HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n", 200],
  ["its own address", "GET / HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n", 200],
  ["a foreign host", "GET / HTTP/1.1\r\nHost: evil.example:PORT\r\n\r\n", 403],
  ["a foreign host without a port", "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403],
  ["a host that is none", "GET / HTTP/1.1\r\nHost: a b/c\r\n\r\n", 403],
  ["an empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 403],
  ["no host", "GET / HTTP/1.1\r\n\r\n", 403],
  ["no host, HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 403],
  ["two hosts", "GET / HTTP/1.1\r\nHost: localhost:PORT\r\nHost: evil.example\r\n\r\n", 400],
  [
    "two hosts turned round",
    "GET / HTTP/1.1\r\nHost: a.example\r\nHost: localhost:PORT\r\n\r\n",
    400,
  ],
  ["another path", "GET /x HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n", 404],
  ["another method", "POST / HTTP/1.1\r\nHost: localhost:PORT\r\nContent-Length: 0\r\n\r\n", 405],
  ["a whole foreign URL", "GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403],
];

for (const [what, text, status] of RAW) {
  test(`${what}: ${status}`, async (sandbox) => {
    const { stderr } = await serve(sandbox, [], async ({ port }) => {
      const answer = await raw(port, text.replaceAll("PORT", `${port}`));
      assert.match(answer, new RegExp(`^HTTP/1\\.[01] ${status} `));
      assert.equal(answer.includes("SecretAccessKey"), status === 200);
    });
    assert.match(stderr, status === 400 ? /Stopped\n$/ : new RegExp(` ${status}\nStopped\n$`));
  });
}

test("localhost means 127.0.0.1 only", async (sandbox) => {
  // Only there does the whole of 127.0.0.0/8 lead to this machine.
  if (Deno.build.os !== "linux") return;
  await serve(sandbox, [], async ({ port }) => {
    await assert.rejects(
      raw(port, "GET / HTTP/1.1\r\n\r\n", "127.0.0.2"),
      Deno.errors.ConnectionRefused,
    );
  });
});

test("--host 0.0.0.0 with a token: every address, no foreign name", async (sandbox) => {
  const token = "my-own-long-token";
  await serve(sandbox, ["--host", "0.0.0.0", "--token", token], async ({ port }) => {
    const request = (host: string) =>
      `GET / HTTP/1.1\r\nHost: ${host}:${port}\r\nAuthorization: ${token}\r\n\r\n`;
    assert.match(await raw(port, request("192.168.0.1")), /^HTTP\/1.1 200 /);
    assert.match(await raw(port, request("evil.example")), /^HTTP\/1.1 403 /);
    assert.match(
      await raw(port, `GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`),
      /^HTTP\/1.1 401 /,
    );
  });
});

test("a port in use: one clear error, before anything is made", async (sandbox) => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = taken.addr;
  const before = sandbox.snapshot();
  const ran = await run([...ARGS.slice(0, -1), `${port}`], { sandbox });
  assert.deepEqual({ code: ran.code, stdout: ran.stdout }, { code: 1, stdout: "" });
  assert.ok(ran.stderr.endsWith(
    `Error: Could not serve on 127.0.0.1:${port}: the port is in use\n` +
      "Choose another --port or --host\n",
  ));
  assert.equal(ran.stderr.match(/Error/g)?.length, 1);
  assert.deepEqual(sandbox.snapshot(), before);
});

test("Ctrl-C before the first credentials are there: nothing is made, exit 130", async (sandbox) => {
  const before = sandbox.snapshot();
  const interruption = new AbortController();
  sandbox.fail({
    operation: "GetRole",
    delayMs: 300,
    when: () => {
      interruption.abort();
      return true;
    },
  });
  const { code, stderr } = await run(ARGS, { sandbox, signal: interruption.signal });
  assert.equal(code, 130);
  assert.match(stderr, /^Generating .*\nError: Interrupted\n$/);
  assert.deepEqual(sandbox.snapshot(), before);
});

test("an address that this machine does not have: one clear error", async (sandbox) => {
  const args = ["--host", "203.0.113.5", "--token", "my-own-long-token"];
  const { code, stderr } = await run([...ARGS, ...args], { sandbox });
  assert.equal(code, 1);
  assert.match(stderr, /^Error: Could not serve on 203\.0\.113\.5:0: this machine has no such/m);
});

test("a bucket that isn't there: an error before anything is served or changed", async (sandbox) => {
  const before = sandbox.snapshot();
  const args = ARGS.map((word) => word === BUCKET ? "no-such-bucket" : word);
  const { code, stdout, stderr } = await run(args, { sandbox });
  assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
  assert.equal(
    stderr,
    "Generating initial credentials...\nError: Bucket does not exist: no-such-bucket\n" +
      "To see the buckets of this account: s3-credentials list-buckets\n",
  );
  assert.deepEqual(sandbox.snapshot(), before);
});

for (
  const [args, expected] of [
    [[], [
      "To use them in another terminal:",
      "  export AWS_CONTAINER_CREDENTIALS_FULL_URI=URL",
      "To use them in a profile of ~/.aws/config:",
      "  credential_process = curl -s URL",
    ]],
    [["--token", "a-secret-token"], [
      "To use them in another terminal, with the token for TOKEN:",
      "  export AWS_CONTAINER_AUTHORIZATION_TOKEN=TOKEN",
      "  export AWS_CONTAINER_CREDENTIALS_FULL_URI=URL",
      "To use them in a profile of ~/.aws/config:",
      '  credential_process = curl -s -H "Authorization: TOKEN" URL',
    ]],
    [["--host", "0.0.0.0", "--token", "a-secret-token"], [
      "To use them in a profile of ~/.aws/config:",
      '  credential_process = curl -s -H "Authorization: TOKEN" URL',
    ]],
  ] as const
) {
  test(`localserver ${args.join(" ")}: says how to use the credentials`, async (sandbox) => {
    const { stderr } = await serve(sandbox, [...args], () => Promise.resolve());
    const [, , ...after] = stderr.slice(stderr.indexOf("Serving")).split("\n");
    const said = after.slice(0, after.indexOf("Press Ctrl+C to stop"));
    assert.deepEqual(said.map((line) => line.replace(/http:\S+/, "URL")), expected);
    assert.doesNotMatch(stderr, /a-secret-token/);
  });
}

test("first credentials that can't be had: an error, and nothing is served", async (sandbox) => {
  await serve(sandbox, [], () => Promise.resolve());
  sandbox.fail({ operation: "AssumeRole", error: DENIED, times: Infinity });
  const { code, stderr } = await run(ARGS, { sandbox });
  assert.equal(code, 1);
  assert.match(stderr, /^Error: .*AccessDenied: Not for you/m);
  assert.doesNotMatch(stderr, /Serving/);
});

test("a process of its own: serves, ends with Ctrl-C, exit 0", async (sandbox) => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "cli.ts", ...ARGS, "--token"],
    env: sandboxEnv(sandbox),
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const errors = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  const data = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let said = "";
  while (!/Ctrl\+C/.test(said)) said += (await errors.read()).value;
  const url = / at (http:\S+)\n/.exec(said)![1]!;
  const token = /TOKEN=(\S+)\n/.exec((await data.read()).value!)![1]!;
  const { status, body } = await ask(url, { headers: { authorization: token } });
  assert.equal(status, 200);
  // A client that has connected and says nothing must not keep it from ending.
  using _silent = await Deno.connect({ hostname: "127.0.0.1", port: Number(new URL(url).port) });
  child.kill("SIGINT");
  for (let more = await errors.read(); !more.done; more = await errors.read()) said += more.value;
  assert.equal((await data.read()).done, true);
  assert.equal((await child.status).code, 0);
  assert.match(said, /^Stopped\n$/m);
  for (const secret of [token, body.SecretAccessKey, body.SessionToken]) {
    assert.ok(!said.includes(secret));
  }
});

for (
  const [what, sent] of [
    ["nothing", ""],
    ["half a request line", "GET / HT"],
    ["half a body", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nabc"],
  ] as const
) {
  test(`a client that has sent ${what} doesn't hold up the end`, async (sandbox) => {
    let client: Deno.Conn | undefined;
    let isHeldUp = false;
    const limit = setTimeout(() => {
      isHeldUp = true;
      client?.close();
    }, 30_000);
    try {
      const { code, stderr } = await serve(sandbox, [], async ({ port }) => {
        client = await Deno.connect({ hostname: "127.0.0.1", port });
        await client.write(new TextEncoder().encode(sent));
        await new Promise((resolve) => setTimeout(resolve, 200));
      });
      assert.ok(!isHeldUp, "ends while the client is connected");
      assert.equal(code, 0);
      assert.match(stderr, /Stopped\n$/);
    } finally {
      clearTimeout(limit);
      if (!isHeldUp) client?.close();
    }
  });
}
