/**
 * Our `localserver` with real clients: the aws CLI, boto3 and our own tool get its credentials by
 * `credential_process` and by `AWS_CONTAINER_CREDENTIALS_FULL_URI`, and call the sandbox with them.
 * And beside it the Python tool's.
 */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";
import { type LocalServer, startLocalServer } from "./local_server.ts";
import {
  adminEnv,
  CLI,
  hasPeers,
  peerPath,
  peerTest,
  type Ran,
  runCli,
  type RunOptions,
  runPeer,
  runProgram,
} from "./support.ts";

const CURL_PROBLEM = await runProgram("curl", ["--version"]).then(
  ({ code }) => code === 0 ? undefined : `curl ended with ${code}`,
  () => "there is no curl",
);

/** A test for which curl must be there as well; the reason stands in the name of a skipped one. */
function curlTest(name: string, fn: () => Promise<void>): void {
  if (CURL_PROBLEM === undefined) peerTest(name, fn);
  else Deno.test({ name: `${name} (skipped: ${CURL_PROBLEM})`, ignore: true, fn });
}

let sandbox: Sandbox;
/** Read-only credentials for whoever asks. */
let open: LocalServer;
/** Read-write credentials for whoever knows the token that it made itself. */
let guarded: LocalServer;
let theirs: LocalServer;
/** Holds the profiles of the aws CLI. */
let folder: string;

const ROLE = "s3-credentials.AmazonS3FullAccess";
const LOCALSERVER = ["localserver", "papers", "--duration", "15m"];

Deno.test.beforeAll(async () => {
  sandbox = await startSandbox({ buckets: ["papers"] });
  if (!hasPeers) return;
  folder = await Deno.makeTempDir();
  const env = adminEnv(sandbox);
  const admin = await runPeer("aws", ["s3", "cp", "-", "s3://papers/hello.txt"], {
    env,
    stdin: "hello",
  });
  assert.equal(admin.code, 0, admin.stderr);
  const ours = (...args: string[]) =>
    startLocalServer(
      Deno.execPath(),
      ["run", "-A", CLI, ...LOCALSERVER, "--port", "0", ...args],
      env,
    );
  // One after the other: all three would make the same role.
  open = await ours("--read-only");
  guarded = await ours("--token");
  theirs = await startLocalServer(
    peerPath("s3-credentials"),
    [...LOCALSERVER, "--read-only", "--port", String(freePort())],
    env,
  );
});
Deno.test.afterAll(async () => {
  await Promise.all([open, guarded, theirs].map((server) => server?.stop()));
  await sandbox.close();
  if (folder !== undefined) await Deno.remove(folder, { recursive: true });
});

/** A port that was free a moment ago, for the Python tool: with 0 it does not tell which it has. */
function freePort(): number {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  listener.close();
  return listener.addr.port;
}

/** The token as the server prints it, ready for the environment. */
function madeToken(): string {
  const printed = /^AWS_CONTAINER_AUTHORIZATION_TOKEN=(\S{20,})\n$/.exec(guarded.stdout());
  assert.ok(printed, guarded.stdout());
  return printed[1]!;
}

/** A configuration file whose only profile gets its credentials by curl. */
async function profileEnv(...curl: string[]): Promise<Record<string, string>> {
  const path = await Deno.makeTempFile({ dir: folder });
  const command = ["curl", "-s", ...curl].join(" ");
  await Deno.writeTextFile(path, `[profile local]\ncredential_process = ${command}\n`);
  return { AWS_CONFIG_FILE: path, AWS_PROFILE: "local" };
}

interface Client {
  name: string;
  read(options: RunOptions): Promise<Ran>;
  write(options: RunOptions): Promise<Ran>;
}

const BOTO3 = `
import sys, boto3
s3 = boto3.client("s3")
if sys.argv[1] == "read":
    sys.stdout.buffer.write(s3.get_object(Bucket="papers", Key="hello.txt")["Body"].read())
else:
    s3.put_object(Bucket="papers", Key=sys.argv[2], Body=sys.stdin.buffer.read())
`;

const CLIENTS: Client[] = [
  {
    name: "aws CLI",
    read: (options) => runPeer("aws", ["s3", "cp", "s3://papers/hello.txt", "-"], options),
    write: (options) => runPeer("aws", ["s3", "cp", "-", "s3://papers/aws.txt"], options),
  },
  {
    name: "boto3",
    read: (options) => runPeer("python", ["-c", BOTO3, "read"], options),
    write: (options) => runPeer("python", ["-c", BOTO3, "write", "boto3.txt"], options),
  },
  {
    name: "our tool",
    read: (options) => runCli(["get-object", "papers", "hello.txt"], options),
    write: (options) => runCli(["put-object", "papers", "ours.txt", "-", "-s"], options),
  },
];

interface Source {
  name: string;
  /** Without the sandbox's own keys. */
  env(): Promise<Record<string, string>> | Record<string, string>;
  mayWrite: boolean;
}

const SOURCES: Source[] = [
  { name: "credential_process", env: () => profileEnv(open.url), mayWrite: false },
  {
    name: "credential_process with a token",
    env: () => profileEnv("-H", `"Authorization: Bearer ${madeToken()}"`, guarded.url),
    mayWrite: true,
  },
  {
    name: "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    env: () => ({ AWS_CONTAINER_CREDENTIALS_FULL_URI: open.url }),
    mayWrite: false,
  },
  {
    name: "AWS_CONTAINER_CREDENTIALS_FULL_URI with AWS_CONTAINER_AUTHORIZATION_TOKEN",
    env: () => ({
      AWS_CONTAINER_CREDENTIALS_FULL_URI: guarded.url,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: madeToken(),
    }),
    mayWrite: true,
  },
];

/** The answer to the last call of an operation, and who called. */
function lastCall(operation: string) {
  const { caller, status } = sandbox.requests.findLast((one) => one.operation === operation)!;
  return { caller, status };
}

for (const source of SOURCES) {
  const test = source.name.startsWith("credential_process") ? curlTest : peerTest;
  for (const client of CLIENTS) {
    test(`localserver: ${client.name} by ${source.name}`, async () => {
      const env = { AWS_ENDPOINT_URL: sandbox.url, ...await source.env() };
      const permission = source.mayWrite ? "read-write" : "read-only";
      const caller =
        `arn:aws:sts::${sandbox.account.id}:assumed-role/${ROLE}/s3.${permission}.papers`;
      const read = await client.read({ env });
      assert.deepEqual([read.code, read.stdout], [0, "hello"], read.stderr);
      assert.deepEqual(lastCall("GetObject"), { caller, status: 200 });
      const write = await client.write({ env, stdin: "new" });
      assert.equal(write.code === 0, source.mayWrite, write.stderr);
      assert.deepEqual(lastCall("PutObject"), { caller, status: source.mayWrite ? 200 : 403 });
    });
  }
}

for (const client of CLIENTS) {
  peerTest(`localserver: ${client.name} without the token has no credentials`, async () => {
    const before = sandbox.requests.length;
    const env = {
      AWS_ENDPOINT_URL: sandbox.url,
      AWS_CONTAINER_CREDENTIALS_FULL_URI: guarded.url,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: "a-wrong-token",
    };
    const { code, stdout } = await client.read({ env });
    assert.notEqual(code, 0);
    assert.equal(stdout, "");
    assert.equal(sandbox.requests.length, before);
  });
}

peerTest("localserver: one AssumeRole for each server, however many clients have asked", () => {
  const calls = sandbox.requests.filter(({ operation }) => operation === "AssumeRole");
  assert.equal(calls.length, 3);
});

async function documentOf(server: LocalServer): Promise<Record<string, unknown>> {
  const answer = await fetch(server.url);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get("content-type"), "application/json");
  return await answer.json();
}

peerTest("localserver: the same document as the Python tool's, and Token", async () => {
  const [their, our] = await Promise.all([theirs, open].map(documentOf));
  const { Token, ...rest } = our!;
  assert.deepEqual(Object.keys(rest), Object.keys(their!));
  assert.equal(Token, our!.SessionToken);
  assert.deepEqual([our!.Version, their!.Version], [1, 1]);
  for (const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } of [our!, their!]) {
    assert.match(String(AccessKeyId), /^ASIA\w{16}$/);
    assert.deepEqual([typeof SecretAccessKey, typeof SessionToken], ["string", "string"]);
    const left = Date.parse(String(Expiration)) - Date.now();
    assert.ok(left > 10 * 60_000 && left <= 15 * 60_000, String(Expiration));
  }
});

const otherHost = (server: LocalServer) =>
  runProgram("curl", ["-s", "-w", "%{http_code}", "-H", "Host: attacker.example", server.url]);

curlTest("localserver: meant to differ: another Host gets no credentials", async () => {
  const [their, our] = await Promise.all([theirs, open].map(otherHost));
  assert.match(their!.stdout, /"SecretAccessKey": ".+"[^]*200$/);
  assert.match(our!.stdout, /403$/);
  assert.doesNotMatch(our!.stdout, /Secret|Token/);
});

peerTest("localserver: meant to differ: the boto3 that may use ours can't use theirs", async () => {
  const env = {
    AWS_ENDPOINT_URL: sandbox.url,
    AWS_CONTAINER_CREDENTIALS_FULL_URI: theirs.url,
  };
  const { code, stderr } = await runPeer("python", ["-c", BOTO3, "read"], { env });
  assert.equal(code, 1);
  assert.match(stderr, /Token/);
});

peerTest("localserver: Ctrl-C ends it, and nothing secret was said", async () => {
  const { SecretAccessKey, SessionToken } = await documentOf(open);
  const { code, stderr } = await open.stop();
  assert.equal(code, 0);
  assert.match(stderr, /^Generating initial credentials\.\.\.\n/);
  assert.match(
    stderr,
    /\nServing read-only credentials for bucket 'papers' at http:\/\/127\.0\.0\.1:/,
  );
  assert.match(stderr, /\nGET \/ 200\n/);
  assert.match(stderr, /\nStopped\n$/);
  for (const secret of [SecretAccessKey, SessionToken]) {
    assert.equal(stderr.includes(String(secret)), false);
  }
});
