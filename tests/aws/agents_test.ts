/**
 * The connections of the SDK's clients: used again, and no request is sent twice unasked.
 */
import assert from "node:assert/strict";
import { connect } from "@s3creds/cli";
import { startSandbox } from "@s3creds/cli/sandbox";
import { connectionOf } from "../../lib/aws/connect.ts";
import { rawServer } from "../http/raw_server.ts";
import { AUTHORITY } from "../support/certificate.ts";
import { startProxy } from "../support/proxy.ts";
import { run } from "../support/run.ts";

const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-of-the-test" };
const ANSWER = "<ListUsersResponse><ListUsersResult><Users/></ListUsersResult></ListUsersResponse>";

/** Answers the first request of a connection, then cuts it where a second one has come. */
function cuttingServer() {
  const attempts: (string | undefined)[] = [];
  const server = rawServer(async (peer) => {
    for (let count = 1;; count++) {
      const head = await peer.readHead();
      if (head === "") return;
      await peer.readBody(Number(/^content-length: (\d+)/im.exec(head)![1]));
      attempts.push(/^amz-sdk-request: (attempt=\d)/im.exec(head)?.[1]);
      if (count === 2) return;
      await peer.send(`HTTP/1.1 200 OK\r\ncontent-length: ${ANSWER.length}\r\n\r\n${ANSWER}`);
    }
  });
  return Object.assign(server, { attempts });
}

Deno.test("agents: only the SDK sends a request again whose connection is cut, and counts it", async () => {
  await using server = cuttingServer();
  using aws = connect({ endpointUrl: server.origin.origin, credentials });
  const iam = await aws.iam();
  for (const attempts of [1, 2]) {
    const { $metadata } = await iam.listUsers({});
    assert.equal($metadata.attempts, attempts);
  }
  assert.deepEqual(server.attempts, ["attempt=1", "attempt=1", "attempt=2"]);
});

Deno.test("agents: what may not be sent again has a connection of its own", async () => {
  await using server = cuttingServer();
  using aws = connect({ endpointUrl: server.origin.origin, credentials });
  const iam = await connectionOf(aws).iam({ retry: false });
  for (const connections of [1, 2]) {
    await iam.listUsers({});
    assert.equal(server.connections, connections);
  }
});

Deno.test("create: opens one connection to IAM for all of its calls, and one for the key", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"], region: "us-test-1" });
  await using proxy = await startProxy(sandbox);
  const directory = await Deno.makeTempDir();
  await Deno.writeTextFile(`${directory}/authority.pem`, AUTHORITY);
  const { code, stderr } = await run(["create", "my-bucket"], {
    env: {
      AWS_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
      AWS_REGION: sandbox.region,
      AWS_ENDPOINT_URL_IAM: "https://iam.aws.invalid",
      HTTPS_PROXY: proxy.url,
      AWS_CA_BUNDLE: `${directory}/authority.pem`,
    },
  });
  await Deno.remove(directory, { recursive: true });
  assert.equal(code, 0, stderr);
  const calls = sandbox.requests.filter(({ service }) => service === "iam");
  assert.deepEqual(
    calls.map(({ operation }) => operation),
    ["GetUser", "CreateUser", "PutUserPolicy", "CreateAccessKey"],
  );
  assert.equal(proxy.asked.filter((asked) => asked === "CONNECT iam.aws.invalid:443").length, 2);
});
