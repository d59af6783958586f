/**
 * Credentials as other code gets them: the SDK's own shape, which any client of AWS takes.
 */
import assert from "node:assert/strict";
import { S3 } from "@aws-sdk/client-s3";
import {
  type Aws,
  type AwsCredentialIdentity,
  bucketCredentials,
  connect,
  createCredentials,
  type CreateRequest,
  credentialHandler,
  rotateKey,
  S3CredentialsError,
  whoami,
} from "@s3creds/cli";
import { type Sandbox, startSandbox } from "@s3creds/cli/sandbox";

function test(name: string, work: (aws: Aws, sandbox: Sandbox) => Promise<void>): void {
  Deno.test(name, async () => {
    await using sandbox = await startSandbox({ buckets: ["photos"] });
    using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
    await work(aws, sandbox);
  });
}

function clientOf(
  sandbox: Sandbox,
  credentials: AwsCredentialIdentity | (() => Promise<AwsCredentialIdentity>),
): S3 {
  const { url: endpoint, region } = sandbox;
  return new S3({ endpoint, region, credentials, forcePathStyle: true });
}

for (const duration of [undefined, 900]) {
  const kind = duration === undefined ? "permanent" : "temporary";

  test(
    `createCredentials: a client of the SDK takes ${kind} ones as they are`,
    async (aws, sandbox) => {
      const { credentials } = await createCredentials(aws, { buckets: ["photos"], duration });
      const s3 = clientOf(sandbox, credentials);
      const { KeyCount } = await s3.listObjectsV2({ Bucket: "photos" });
      assert.equal(KeyCount, 0);
      s3.destroy();
    },
  );

  test(`createCredentials: connect takes ${kind} ones as they are`, async (aws, sandbox) => {
    const { credentials } = await createCredentials(aws, { buckets: ["photos"], duration });
    using holder = connect({ endpointUrl: sandbox.url, credentials });
    assert.match(
      (await whoami(holder)).Arn,
      duration === undefined ? /:user\/s3\.read-write\.photos$/ : /:assumed-role\/s3-credentials\./,
    );
  });
}

test("createCredentials: with duration the type has a token and an expiration", async (aws) => {
  const { credentials } = await createCredentials(aws, { buckets: ["photos"], duration: 900 });
  // These lines compile: nothing has to be narrowed.
  const token: string = credentials.sessionToken;
  const end: Date = credentials.expiration;
  assert.ok(token.length > 0 && end.getTime() > Date.now());
});

test("createCredentials: without duration the type has the key's details", async (aws, sandbox) => {
  const { credentials, accessKey } = await createCredentials(aws, { buckets: ["photos"] });
  const { userName, status, createDate }: { userName: string; status: string; createDate: Date } =
    accessKey;
  const key = sandbox.account.users.get(userName)!.accessKeys.get(credentials.accessKeyId)!;
  assert.deepEqual([status, Math.floor(+createDate / 1000)], [
    "Active",
    Math.floor(+key.createDate / 1000),
  ]);
  assert.deepEqual(Object.keys(credentials), ["accessKeyId", "secretAccessKey"]);
});

test("createCredentials: a request of either kind may be passed", async (aws) => {
  const requests: CreateRequest[] = [
    { buckets: ["photos"] },
    { buckets: ["photos"], duration: 900 },
  ];
  const users: (string | undefined)[] = [];
  for (const request of requests) {
    users.push((await createCredentials(aws, request)).accessKey?.userName);
  }
  assert.deepEqual(users, ["s3.read-write.photos", undefined]);
});

test("rollBack: removes everything once, and says what", async (aws, sandbox) => {
  const before = sandbox.snapshot();
  const created = await createCredentials(aws, { buckets: ["new"], createBucket: true });
  const { undone, left } = await created.rollBack();
  assert.deepEqual(undone, [
    `access key ${created.credentials.accessKeyId} of user s3.read-write.new`,
    "policy s3.read-write.new of user s3.read-write.new",
    "user s3.read-write.new",
    "bucket new",
  ]);
  assert.deepEqual(left, []);
  assert.deepEqual(sandbox.snapshot(), before);
  assert.deepEqual(await created.rollBack(), { undone: [], left: [] });
});

test(
  "createCredentials: an abort is an interruption, and its reason the cause",
  async (aws, sandbox) => {
    const before = sandbox.snapshot();
    const reason = new Error("the page was closed");
    const interruption = new AbortController();
    sandbox.fail({
      operation: "CreateAccessKey",
      when() {
        interruption.abort(reason);
        return false;
      },
    });
    const failure = await createCredentials(aws, { buckets: ["photos"] }, {
      signal: interruption.signal,
    }).catch((error) => error);
    assert.ok(failure instanceof S3CredentialsError);
    assert.equal(failure.code, "interrupted");
    const causes: unknown[] = [];
    for (let one: unknown = failure; one instanceof Error; one = one.cause) causes.push(one);
    assert.ok(causes.includes(reason));
    assert.deepEqual(sandbox.snapshot(), before);
  },
);

test("bucketCredentials: a client of the SDK takes the function", async (aws, sandbox) => {
  const provider = bucketCredentials(aws, { buckets: ["photos"], duration: 900 });
  assert.equal(sandbox.requests.length, 0, "nothing is sent before it is called");
  const clients = [clientOf(sandbox, provider), clientOf(sandbox, provider)];
  await Promise.all(clients.map((s3) => s3.listObjectsV2({ Bucket: "photos" })));
  assert.equal(sandbox.account.sessions.size, 1, "both use the same session");
  for (const s3 of clients) s3.destroy();
});

test("bucketCredentials: connect takes the function", async (aws, sandbox) => {
  const credentials = bucketCredentials(aws, { buckets: ["photos"], duration: 900 });
  using holder = connect({ endpointUrl: sandbox.url, credentials });
  assert.match((await whoami(holder)).Arn, /:assumed-role\/s3-credentials\./);
});

test("credentialHandler: serves the function's credentials", async (aws, sandbox) => {
  const provider = bucketCredentials(aws, { buckets: ["photos"], duration: 900 });
  const hosts: string[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    credentialHandler(provider, { hosts }),
  );
  const host = `127.0.0.1:${server.addr.port}`;
  hosts.push(host);
  const { AccessKeyId } = await (await fetch(`http://${host}/`)).json();
  await server.shutdown();
  assert.ok(sandbox.account.sessions.has(AccessKeyId));
});

Deno.test("createCredentials: rolls back when a callback throws, and throws what it threw", async () => {
  await using sandbox = await startSandbox({ buckets: ["photos"] });
  using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
  const onProgress = (message: string) => {
    if (message.startsWith("Created access key")) throw new Error("boom");
  };
  await assert.rejects(createCredentials(aws, { buckets: ["photos"] }, { onProgress }), /boom/);
  assert.ok(!sandbox.account.users.has("s3.read-write.photos"));
});

Deno.test("rotateKey: deletes the new key when a callback throws, and says what it threw", async () => {
  await using sandbox = await startSandbox({ buckets: ["photos"] });
  using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
  const { credentials } = await createCredentials(aws, { buckets: ["photos"] });
  for (const message of ["Current key", "Created access key"]) {
    const onProgress = (text: string) => {
      if (text.startsWith(message)) throw new Error("boom");
    };
    await assert.rejects(rotateKey(aws, "s3.read-write.photos", { onProgress }), /boom/);
    const { accessKeys } = sandbox.account.users.get("s3.read-write.photos")!;
    assert.deepEqual([...accessKeys.keys()], [credentials.accessKeyId]);
  }
});
