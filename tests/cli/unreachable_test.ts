/**
 * Servers that can't be reached, break off or are none of AWS's: the error names them, whichever way the
 * request went.
 */
import assert from "node:assert/strict";
import { hostileServer } from "../attacks/hostile_server.ts";
import { type RawServer, rawServer } from "../http/raw_server.ts";
import { run } from "../support/run.ts";

const ENV = {
  AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "example",
  AWS_REGION: "us-east-1",
};

/** Requests of our own to STS and S3, and of the SDK's clients to S3 and IAM. */
const COMMANDS: Record<string, string[]> = {
  "Could not find out who is calling": ["whoami"],
  "Could not list bucket my-bucket": ["list-bucket", "my-bucket"],
  "Could not read the policy of bucket my-bucket": ["get-bucket-policy", "my-bucket"],
  "Could not list users": ["list-users"],
};

/** How a command ends that asks an endpoint. */
async function failure(args: string[], endpoint: string, env: Record<string, string> = {}) {
  const all = { ...ENV, ...env };
  const { code, stdout, stderr } = await run([...args, "--endpoint-url", endpoint], { env: all });
  assert.deepEqual([code, stdout], [1, ""], stderr);
  return stderr;
}

function answering(answer: string): RawServer {
  return rawServer(async (peer) => {
    await peer.readHead();
    await peer.send(answer);
  });
}

const CUT_HINT = "Check the connection, any proxy and --endpoint-url, then try again\n";

for (const [action, args] of Object.entries(COMMANDS)) {
  Deno.test(`unreachable: ${args[0]}, no server at that port`, async () => {
    const endpoint = "http://127.0.0.1:9";
    assert.equal(
      await failure(args, `${endpoint}/some/path`),
      `Error: ${action}: the endpoint ${endpoint} refused the connection\n` +
        "Check that a server runs there, --endpoint-url and any proxy, then try again\n",
    );
  });

  Deno.test(`unreachable: ${args[0]}, no such host`, async () => {
    const stderr = await failure(args, "https://aws.invalid:8443");
    const address = "the host name of the endpoint https://aws.invalid:8443";
    assert.match(stderr, new RegExp(`^Error: ${action}: ${address} (is not known|could not be)`));
    assert.match(stderr, /\nCheck the connection, any proxy.* then try again\n$/);
  });

  Deno.test(`unreachable: ${args[0]}, a server that redirects to another address`, async () => {
    const location = "https://s3.example.com:8443/some/path?with=words";
    await using server = answering(
      `HTTP/1.1 301 Moved Permanently\r\nlocation: ${location}\r\ncontent-length: 0\r\n\r\n`,
    );
    assert.equal(
      await failure(args, server.origin.origin),
      `Error: ${action}: HTTP status 301\nThe endpoint redirects to https://s3.example.com:8443: ` +
        "if that is the server, name it as --endpoint-url\n",
    );
  });

  // After a cut, a request of our own to S3 is sent ten times over; to STS it goes the same way.
  const isSentOften = args[0] === "list-bucket";

  for (const status of isSentOften ? [] : ["", "200 OK", "403 Forbidden"]) {
    const answer = status && `HTTP/1.1 ${status}\r\ncontent-length: 100\r\n\r\n<half`;
    Deno.test(`unreachable: ${args[0]}, cut after ${JSON.stringify(answer)}`, async () => {
      await using server = answering(answer);
      const { origin } = server.origin;
      assert.equal(
        await failure(args, origin),
        `Error: ${action}: the connection to the endpoint ${origin} was cut\n${CUT_HINT}`,
      );
    });
  }

  for (const scheme of ["http", "https"]) {
    Deno.test(`unreachable: ${args[0]}, a server that doesn't speak ${scheme}`, async () => {
      await using server = rawServer(async (peer) => {
        await peer.send("220 mail.example.com\r\n\r\n");
        await peer.readHead();
      });
      const endpoint = `${scheme}://${server.origin.host}`;
      const stderr = await failure(args, endpoint);
      assert.ok(
        stderr.startsWith(`Error: ${action}: the endpoint ${endpoint} can't be understood: `),
        stderr,
      );
      assert.match(stderr, /\nCheck the endpoint: http or https, its port, and any proxy\n$/);
    });
  }

  Deno.test(`unreachable: ${args[0]}, no proxy at that port`, async () => {
    const proxy = "http://me:pass@127.0.0.1:9";
    for (const [name, scheme] of [["HTTP_PROXY", "http"], ["HTTPS_PROXY", "https"]] as const) {
      assert.equal(
        await failure(args, `${scheme}://aws.invalid`, { [name]: proxy }),
        `Error: ${action}: the proxy http://127.0.0.1:9 refused the connection\n` +
          "Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY in the environment, then try again\n",
      );
    }
  });

  Deno.test(`unreachable: ${args[0]}, a proxy that leads to no other server`, async () => {
    const check = "Check HTTPS_PROXY and NO_PROXY in the environment, and --endpoint-url";
    const login =
      "It wants a name and a password: http://USER:PASSWORD@HOST:PORT in HTTP_PROXY and HTTPS_PROXY";
    const loginAnswer = "HTTP/1.1 407 No\r\ncontent-length: 2\r\n\r\nno";
    for (
      const [scheme, answer, why, hint] of [
        ["https", "", "", check],
        ["https", "220 mail.example.com\r\n\r\n", "", check],
        ["https", "HTTP/1.1 403 No\r\n\r\n", ": it answered with status 403", check],
        ["https", loginAnswer, ": it answered with status 407", login],
        ["http", loginAnswer, ": it answered with status 407", login],
      ]
    ) {
      await using proxy = answering(answer!);
      const url = `http://me:pass@${proxy.origin.host}`;
      assert.equal(
        await failure(args, `${scheme}://aws.invalid`, { HTTP_PROXY: url, HTTPS_PROXY: url }),
        `Error: ${action}: the proxy http://${proxy.origin.host} did not connect to the endpoint ` +
          `${scheme}://aws.invalid${why}\n${hint}\n`,
      );
    }
  });

  if (isSentOften) continue;

  Deno.test(`unreachable: ${args[0]}, a proxy that breaks off`, async () => {
    await using proxy = answering("");
    const { origin } = proxy.origin;
    assert.equal(
      await failure(args, "http://aws.invalid", { HTTP_PROXY: origin }),
      `Error: ${action}: the connection to the endpoint http://aws.invalid (by the proxy ${origin}) ` +
        `was cut\n${CUT_HINT}`,
    );
  });
}

Deno.test("unreachable: list-users, a proxy by TLS that is named by its address", async () => {
  for (const scheme of ["http", "https"]) {
    const proxy = "https://127.0.0.1:9";
    const env = { ...ENV, HTTP_PROXY: proxy, HTTPS_PROXY: proxy };
    const args = ["list-users", "--endpoint-url", `${scheme}://aws.invalid`];
    const { code, stderr } = await run(args, { env });
    assert.equal(code, 2, stderr);
    assert.match(
      stderr,
      /^Error: Could not list users: the proxy https:\/\/127\.0\.0\.1:9 can't be used: .* its IP address\n/m,
    );
  }
});

const PAGE = "\n<!DOCTYPE html><html><title>Sign in</title></html>";
const BY_THE_SDK = [
  ["list-users"],
  ["list-roles"],
  ["list-buckets"],
  ["list-credentials"],
  ["get-bucket-policy", "my-bucket"],
  ["set-bucket-policy", "my-bucket", "--allow-all-get"],
  ["get-public-access-block", "my-bucket"],
  ["make-private", "my-bucket"],
  ["create", "my-bucket"],
  ["create", "my-bucket", "-c", "-d", "1h"],
  ["rotate", "somebody"],
  ["prune", "--expired", "--yes"],
];

for (const args of BY_THE_SDK) {
  Deno.test(`${args.join(" ")}: an endpoint that answers a web page to everything`, async () => {
    const headers = { "content-type": "text/html; charset=utf-8" };
    await using server = hostileServer(() => new Response(PAGE, { headers }));
    const { code, stdout, stderr } = await server.run(args);
    assert.deepEqual([code, stdout], [1, ""], stderr);
    assert.match(
      stderr,
      /the endpoint http:\/\/127\.0\.0\.1:\d+ answers with a web page, not as AWS does/,
    );
    assert.match(stderr, /Check --endpoint-url: it may be the port of a console/);
  });
}

Deno.test("list-users: an answer of AWS's kind is one whatever type it has", async () => {
  await using server = hostileServer(() =>
    new Response(
      '<ListUsersResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListUsersResult>' +
        "<IsTruncated>false</IsTruncated><Users/></ListUsersResult></ListUsersResponse>",
      { headers: { "content-type": "text/html" } },
    )
  );
  assert.deepEqual(await server.run(["list-users"]), { code: 0, stdout: "[]\n", stderr: "" });
});
