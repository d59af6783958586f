import { S3 } from "@aws-sdk/client-s3";
import { IAM } from "@aws-sdk/client-iam";
import assert from "node:assert/strict";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { allow, refusal, room, userWithKey } from "./helpers.ts";

const THROTTLING = { status: 400, code: "Throttling", message: "Rate exceeded" };

async function errorOf(call: Promise<unknown>): Promise<Error & { code?: string }> {
  const error = await call.then(() => undefined, (error) => error);
  assert.ok(error instanceof Error, "the call succeeded");
  return error;
}

Deno.test("fail: an operation that AWS doesn't have is refused, since it would never fail", async () => {
  await using sandbox = await startSandbox();
  const message =
    "Cannot make CreateUsr fail: no operation has that name - did you mean CreateUser?";
  assert.throws(
    () => sandbox.fail({ operation: "CreateUsr", cut: true }),
    { name: "S3CredentialsError", code: "usage", message },
  );
  for (const operation of ["*", "ListObjectsV2", "AssumeRole", "GenerateCredentialReport"]) {
    sandbox.fail({ operation, cut: true });
  }
});

Deno.test("fail: the n-th call of an operation fails, once", async () => {
  await using r = await room();
  r.sandbox.fail({ operation: "CreateUser", occurrence: 2, error: THROTTLING });
  await r.iam.createUser({ UserName: "a" });
  await r.iam.listUsers({});
  assert.deepEqual(await refusal(r.iam.createUser({ UserName: "b" })), THROTTLING);
  await r.iam.createUser({ UserName: "c" });
  assert.deepEqual([...r.sandbox.account.users.keys()], ["admin", "a", "c"]);
  const last = r.sandbox.requests.at(-2)!;
  assert.deepEqual([last.operation, last.status, last.errorCode], [
    "CreateUser",
    400,
    "Throttling",
  ]);
});

Deno.test("fail: a fault can apply several times, or until it is cleared", async () => {
  await using r = await room();
  r.sandbox.fail({ operation: "ListUsers", times: 2, error: THROTTLING });
  await refusal(r.iam.listUsers({}));
  await refusal(r.iam.listUsers({}));
  await r.iam.listUsers({});
  r.sandbox.fail({ operation: "*", times: Infinity, error: THROTTLING });
  await refusal(r.iam.listUsers({}));
  await refusal(r.iam.listRoles({}));
  await refusal(r.sts.getCallerIdentity({}));
  r.sandbox.clearFaults();
  await r.sts.getCallerIdentity({});
});

Deno.test("fail: a fault can choose its requests", async () => {
  await using r = await room();
  const joe = await userWithKey(r.iam, "joe", allow("iam:ListUsers"));
  r.sandbox.fail({
    operation: "ListUsers",
    when: ({ caller }) => caller === "arn:aws:iam::123456789012:user/joe",
    error: THROTTLING,
  });
  await r.iam.listUsers({});
  assert.equal((await refusal(r.iamAs(joe).listUsers({}))).code, "Throttling");
});

Deno.test("fail: the SDK retries a throttled call by itself", async () => {
  await using sandbox = await startSandbox();
  const { url: endpoint, region, credentials } = sandbox;
  const iam = new IAM({ endpoint, region, credentials });
  sandbox.fail({ operation: "ListUsers", error: THROTTLING });
  const { $metadata } = await iam.listUsers({});
  iam.destroy();
  assert.equal($metadata.attempts, 2);
  assert.deepEqual(sandbox.requests.map(({ status }) => status), [400, 200]);
});

Deno.test("fail: an error before the operation has no effect on the account; one after it keeps the operation's effect", async () => {
  await using r = await room();
  const error = { status: 500, code: "ServiceFailure", message: "Try again" };
  r.sandbox.fail({ operation: "CreateUser", error });
  assert.equal((await refusal(r.iam.createUser({ UserName: "a" }))).code, "ServiceFailure");
  assert.ok(!r.sandbox.account.users.has("a"));
  r.sandbox.fail({ operation: "CreateUser", error, after: true });
  assert.equal((await refusal(r.iam.createUser({ UserName: "b" }))).code, "ServiceFailure");
  assert.ok(r.sandbox.account.users.has("b"));
});

Deno.test("fail: a fault after the operation replaces an AccessDenied too", async () => {
  await using r = await room();
  const joe = r.iamAs(await userWithKey(r.iam, "joe"));
  r.sandbox.fail({ operation: "CreateUser", error: THROTTLING, after: true });
  assert.equal((await refusal(joe.createUser({ UserName: "x" }))).code, "Throttling");
  assert.ok(!r.sandbox.account.users.has("x"));
});

for (const after of [false, true]) {
  Deno.test(`fail: a cut ${after ? "after" : "before"} the operation is a connection error`, async () => {
    await using r = await room();
    r.sandbox.fail({ operation: "CreateUser", cut: true, after });
    const { code, name } = await errorOf(r.iam.createUser({ UserName: "a" }));
    assert.ok(code === "ECONNRESET" || name === "TimeoutError", `${name} ${code}`);
    assert.equal(r.sandbox.account.users.has("a"), after);
    const { status, errorCode } = r.sandbox.requests[0]!;
    assert.deepEqual([status, errorCode], [0, undefined]);
    await r.iam.listUsers({});
  });
}

Deno.test("fail: delays an answer, and no other", async () => {
  await using r = await room();
  r.sandbox.fail({ operation: "ListUsers", delayMs: 1 });
  await r.iam.listUsers({});
  const { promise, resolve } = Promise.withResolvers<void>();
  r.sandbox.fail({ operation: "ListUsers", until: promise });
  const answers: string[] = [];
  const delayed = r.iam.listUsers({}).then(() => answers.push("delayed"));
  while (r.sandbox.requests.length < 2) await new Promise((done) => setTimeout(done, 5));
  await r.iam.listUsers({});
  answers.push("later call");
  resolve();
  await delayed;
  assert.deepEqual(answers, ["later call", "delayed"]);
});

Deno.test("close: doesn't wait for delayed responses", async () => {
  const r = await room();
  r.sandbox.fail({ operation: "ListUsers", delayMs: 60_000 });
  const call = errorOf(r.iam.listUsers({}));
  while (r.sandbox.requests.length === 0) await new Promise((done) => setTimeout(done, 5));
  await r[Symbol.asyncDispose]();
  await call;
});

Deno.test("fail: the body can be malformed", async () => {
  await using r = await room();
  r.sandbox.fail({ operation: "ListUsers", malformedBody: "<not xml" });
  await errorOf(r.iam.listUsers({}));
  await r.iam.listUsers({});
});

Deno.test("fail: an error can have headers", async () => {
  await using sandbox = await startSandbox({ buckets: ["b"] });
  const { url: endpoint, region, credentials } = sandbox;
  const s3 = new S3({ endpoint, region, credentials, forcePathStyle: true, maxAttempts: 1 });
  sandbox.fail({
    operation: "HeadBucket",
    error: {
      status: 301,
      code: "PermanentRedirect",
      message: "Elsewhere",
      headers: { "x-amz-bucket-region": "eu-west-1" },
    },
  });
  const error = await errorOf(s3.headBucket({ Bucket: "b" })) as Error & {
    $metadata: { httpStatusCode: number };
    $response: { headers: Record<string, string> };
  };
  s3.destroy();
  assert.equal(error.$metadata.httpStatusCode, 301);
  assert.equal(error.$response.headers["x-amz-bucket-region"], "eu-west-1");
});

Deno.test("requests: are recorded in order, with the permissions they needed", async () => {
  await using r = await room();
  await r.sts.getCallerIdentity({});
  await refusal(r.iam.deleteUser({ UserName: "nobody" }));
  const { accessKeyId } = r.sandbox.credentials;
  const caller = "arn:aws:iam::123456789012:user/admin";
  const needed = { action: "iam:DeleteUser", resource: "arn:aws:iam::123456789012:user/nobody" };
  assert.deepEqual(r.sandbox.requests, [
    {
      service: "sts",
      operation: "GetCallerIdentity",
      permissions: [],
      decisions: [],
      caller,
      accessKeyId,
      status: 200,
      errorCode: undefined,
    },
    {
      service: "iam",
      operation: "DeleteUser",
      permissions: [needed],
      decisions: [{
        ...needed,
        denial: undefined,
        decision: {
          decision: "allowed",
          missing: undefined,
          statements: [{
            type: "attached",
            name: "arn:aws:iam::aws:policy/AdministratorAccess",
            statement: 0,
            sid: undefined,
            effect: "Allow",
          }],
        },
      }],
      caller,
      accessKeyId,
      status: 404,
      errorCode: "NoSuchEntity",
    },
  ]);
});

Deno.test("snapshot: is JSON in a fixed order, without secrets", async () => {
  await using r = await room({ buckets: ["b", "a"] });
  const keys = await userWithKey(r.iam, "joe", allow("s3:*"));
  const snapshot = r.sandbox.snapshot();
  const text = JSON.stringify(snapshot);
  assert.deepEqual(JSON.parse(text), snapshot);
  assert.deepEqual(snapshot.buckets.map(({ name }) => name), ["a", "b"]);
  assert.deepEqual(snapshot.users.map(({ userName }) => userName), ["admin", "joe"]);
  assert.ok(text.includes(keys.accessKeyId));
  assert.ok(!text.includes(keys.secretAccessKey));
  await r.iam.listUsers({});
  assert.deepEqual(r.sandbox.snapshot(), snapshot);
  await r.iam.tagUser({ UserName: "joe", Tags: [{ Key: "a", Value: "1" }] });
  assert.notDeepEqual(r.sandbox.snapshot(), snapshot);
});

Deno.test("startSandbox: sandboxes are independent; port, account and region can be given", async () => {
  await using first = await startSandbox();
  await using second = await startSandbox({ accountId: "210987654321", region: "eu-west-1" });
  assert.notEqual(first.url, second.url);
  assert.notEqual(first.credentials.accessKeyId, second.credentials.accessKeyId);
  assert.equal(second.account.users.get("admin")!.arn, "arn:aws:iam::210987654321:user/admin");
  assert.equal(second.region, "eu-west-1");
  const port = Number(new URL(first.url).port);
  await assert.rejects(startSandbox({ port }), { code: "EADDRINUSE" });
  await assert.rejects(startSandbox({ accountId: "12*" }), TypeError);
  await first.close();
  await using third = await startSandbox({ port });
  assert.equal(third.url, `http://127.0.0.1:${port}`);
});
