/**
 * Services that repeat in their answers what was secret: S3 the session token, STS the request that
 * was signed, a broken server the new credentials. No error holds it, however deeply one looks.
 */
import assert from "node:assert/strict";
import {
  type Aws,
  connect,
  createCredentials,
  debugBucket,
  deleteBucket,
  deleteUser,
  extendKeys,
  getBucketPolicy,
  getObject,
  listBuckets,
  listObjects,
  listUsers,
  waitForCredentials,
  whoami,
} from "@s3creds/cli";

const SECRET = "SECRET-of-the-test-0123456789";
const TOKEN = "TOKEN-of-the-test-0123456789";
const ROLE = "arn:aws:iam::123456789012:role/reader";
const REQUEST = { buckets: ["my-bucket"] };

const WORK: Record<string, (aws: Aws) => Promise<unknown>> = {
  getBucketPolicy: (aws) => getBucketPolicy(aws, "my-bucket"),
  debugBucket: (aws) => debugBucket(aws, "my-bucket"),
  listBuckets: (aws) => Array.fromAsync(listBuckets(aws)),
  whoami: (aws) => whoami(aws),
  listUsers: (aws) => Array.fromAsync(listUsers(aws)),
  listObjects: (aws) => Array.fromAsync(listObjects(aws, "my-bucket")),
  getObject: (aws) => getObject(aws, "my-bucket", "a"),
  "createCredentials, a key": (aws) => createCredentials(aws, REQUEST),
  "createCredentials, a session": (aws) =>
    createCredentials(aws, { ...REQUEST, duration: 900, roleArn: ROLE }),
  deleteUser: (aws) => deleteUser(aws, "somebody"),
  deleteBucket: (aws) => deleteBucket(aws, "my-bucket"),
  extendKeys: (aws) => extendKeys(aws, "somebody", null),
  waitForCredentials: (aws) => {
    const credentials = { accessKeyId: "ASIA1", secretAccessKey: SECRET, sessionToken: TOKEN };
    return waitForCredentials(aws, credentials, REQUEST, { timeoutMs: 0 });
  },
};

const CREDENTIALS = `<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIA1` +
  `</AccessKeyId><SecretAccessKey>${SECRET}</SecretAccessKey><SessionToken>${TOKEN}` +
  "</SessionToken><Expiration>2030-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>" +
  "</AssumeRoleResponse>";

const BROKEN_CREDENTIALS: Record<string, string> = {
  "half an answer": CREDENTIALS.slice(0, 200),
  "a token for a date": CREDENTIALS.replace("2030-01-01T00:00:00Z", TOKEN),
  "JSON": `{"SecretAccessKey":"${SECRET}"}`,
  "tags that don't match": CREDENTIALS.replace("</SecretAccessKey>", "</Other>"),
  "no more than a secret": SECRET,
};

/** All that a logger or a debugger could print of an error. */
function allOf(error: unknown): string {
  const parts = [Deno.inspect(error, { depth: 20, showHidden: true, strAbbreviateSize: 1e6 })];
  for (let one = error; one instanceof Error; one = one.cause) {
    parts.push(String(one), one.stack ?? "", JSON.stringify(one), JSON.stringify({ ...one }));
  }
  return parts.join("\n");
}

type Answer = { status: number; body: string };

/** What the work throws or gives on a server that answers all but `HEAD` in this way. */
async function outcomeOf(
  work: (aws: Aws) => Promise<unknown>,
  answer: (request: Request) => Answer,
): Promise<unknown> {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, (request) => {
    if (request.method === "HEAD") return new Response(null);
    const { status, body } = answer(request);
    return new Response(body, { status, headers: { "content-type": "application/xml" } });
  });
  const aws = connect({
    endpointUrl: `http://127.0.0.1:${server.addr.port}`,
    credentials: { accessKeyId: "ASIA1", secretAccessKey: SECRET, sessionToken: TOKEN },
    env: () => undefined,
  });
  try {
    return await work(aws).catch((error) => error);
  } finally {
    aws.close();
    await server.shutdown();
  }
}

function assertNoSecret(outcome: unknown): void {
  const all = allOf(outcome);
  for (const secret of [SECRET, TOKEN]) assert.ok(!all.includes(secret), all);
}

const ANSWERS: Record<string, (request: Request) => Answer> = {
  "S3 repeats the token": () => ({
    status: 400,
    body: "<Error><Code>InvalidToken</Code><Message>The provided token is malformed.</Message>" +
      `<Token-0>${TOKEN}</Token-0></Error>`,
  }),
  "S3 repeats the request that was signed": () => ({
    status: 403,
    body: "<Error><Code>SignatureDoesNotMatch</Code><Message>No match.</Message>" +
      `<CanonicalRequest>x-amz-security-token:${TOKEN}</CanonicalRequest></Error>`,
  }),
  "STS and IAM repeat the request that was signed": () => ({
    status: 403,
    body: "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>The canonical " +
      `string should have been 'x-amz-security-token:${TOKEN}'</Message></Error></ErrorResponse>`,
  }),
  "S3 repeats the token about a bucket that isn't there": () => ({
    status: 404,
    body: "<Error><Code>NoSuchBucket</Code><Message>No such bucket.</Message>" +
      `<Token-0>${TOKEN}</Token-0></Error>`,
  }),
  "S3 repeats the token about a bucket that isn't empty": () => ({
    status: 409,
    body: "<Error><Code>BucketNotEmpty</Code><Message>Not empty.</Message>" +
      `<Token-0>${TOKEN}</Token-0></Error>`,
  }),
  "IAM repeats the token about a user that isn't there": () => ({
    status: 404,
    body: "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>No such user.</Message>" +
      `<Token-0>${TOKEN}</Token-0></Error></ErrorResponse>`,
  }),
  "credentials with a status of failure": () => ({ status: 400, body: CREDENTIALS }),
  "no XML but the secret": () => ({ status: 400, body: SECRET }),
};

for (const [name, answer] of Object.entries(ANSWERS)) {
  for (const [what, work] of Object.entries(WORK)) {
    Deno.test(`${what}: keeps secrets out of its error: ${name}`, async () => {
      const outcome = await outcomeOf(work, answer);
      // A report holds an error for each part.
      assert.ok(outcome instanceof Error || what === "debugBucket");
      assertNoSecret(outcome);
    });
  }
}

for (const [name, body] of Object.entries(BROKEN_CREDENTIALS)) {
  Deno.test(`createCredentials: keeps secrets out of its error if AssumeRole gives ${name}`, async () => {
    const outcome = await outcomeOf(WORK["createCredentials, a session"]!, () => ({
      status: 200,
      body,
    }));
    assert.ok(outcome instanceof Error);
    assertNoSecret(outcome);
  });
}

Deno.test("serviceError: puts a server's words on one line, so that none passes for one of ours", async () => {
  const outcome = await outcomeOf(WORK.listUsers!, () => ({
    status: 400,
    body: "<ErrorResponse><Error><Code>ValidationError</Code><Message>No.\nUndone: all\r\n" +
      "Error: none</Message></Error></ErrorResponse>",
  }));
  assert.match((outcome as Error).message, /: ValidationError: No\. Undone: all Error: none$/);
});
