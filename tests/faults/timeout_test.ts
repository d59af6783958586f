/**
 * An endpoint that takes a request and never answers.
 */
import assert from "node:assert/strict";
import { connect } from "../../lib/aws/connect.ts";
import { createCredentials } from "../../lib/aws/create.ts";
import { whoami } from "../../lib/aws/identities.ts";
import { listUsers } from "../../lib/aws/listings.ts";
import { type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";

const NEVER = 60_000;

function connection(sandbox: Sandbox) {
  return connect({
    endpointUrl: sandbox.url,
    credentials: sandbox.credentials,
    requestTimeoutMs: 300,
  });
}

const IN_TIME = { code: "network", message: /: the endpoint did not answer in time$/ };

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
