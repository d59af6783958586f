/**
 * An endpoint that takes a request and never answers.
 */
import assert from "node:assert/strict";
import {
  type Aws,
  connect,
  createCredentials,
  deleteObjects,
  getObject,
  listObjects,
  listUsers,
  putObject,
  whoami,
} from "@s3creds/cli";
import { type Sandbox, startSandbox } from "@s3creds/cli/sandbox";

const NEVER = 60_000;

function connection(sandbox: Sandbox) {
  return connect({
    endpointUrl: sandbox.url,
    credentials: sandbox.credentials,
    requestTimeoutMs: 300,
  });
}

/** Long before the usual patience ends, however slow the machine is. */
const SOON = 20_000;

async function soon<T>(work: Promise<T>): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("still waiting")), SOON);
  return await Promise.race([work, promise]).finally(() => clearTimeout(timer));
}

const IN_TIME = {
  code: "network",
  message: /: the endpoint http:\/\/127\.0\.0\.1:\d+ did not answer in time$/,
};

Deno.test("no answer: whoami gives up with a clear error", async () => {
  await using sandbox = await startSandbox();
  sandbox.fail({ operation: "GetCallerIdentity", times: Infinity, delayMs: NEVER });
  const aws = connection(sandbox);
  await assert.rejects(whoami(aws), IN_TIME);
  aws.close();
});

Deno.test("no answer once: the request is sent again", async () => {
  await using sandbox = await startSandbox();
  sandbox.fail({ operation: "ListUsers", delayMs: NEVER });
  const aws = connection(sandbox);
  const users = await Array.fromAsync(listUsers(aws));
  assert.deepEqual(users.map((user) => user.UserName), ["admin"]);
  aws.close();
});

const OBJECTS: Record<string, (aws: Aws) => Promise<unknown>> = {
  ListObjectsV2: (aws) => Array.fromAsync(listObjects(aws, "my-bucket")),
  GetObject: (aws) => getObject(aws, "my-bucket", "a"),
  PutObject: (aws) => putObject(aws, "my-bucket", "a", { path: "deno.json" }),
  DeleteObjects: (aws) => Array.fromAsync(deleteObjects(aws, "my-bucket", { keys: ["a"] })),
};

for (const [operation, work] of Object.entries(OBJECTS)) {
  Deno.test(`no answer to ${operation}: given up with a clear error`, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    sandbox.fail({ operation, times: Infinity, delayMs: NEVER });
    const aws = connection(sandbox);
    await assert.rejects(soon(work(aws)), IN_TIME);
    const tries = sandbox.requests.filter((request) => request.operation === operation).length;
    assert.equal(tries, 3, "silence is not waited for ten times");
    aws.close();
  });
}

for (const operation of ["CreateBucket", "CreateUser", "PutUserPolicy", "CreateAccessKey"]) {
  Deno.test(`no answer to ${operation}: what was made is removed again`, async () => {
    await using sandbox = await startSandbox();
    const before = sandbox.snapshot();
    sandbox.fail({ operation, times: Infinity, delayMs: NEVER });
    const aws = connection(sandbox);
    const request = { buckets: ["my-bucket"], createBucket: true };
    await assert.rejects(createCredentials(aws, request, { patienceMs: 500 }), IN_TIME);
    aws.close();
    assert.deepEqual(sandbox.snapshot(), before);
  });
}
