/**
 * Answers that are too long, never end, or lie about the time.
 */
import assert from "node:assert/strict";
import { rawServer } from "../http/raw_server.ts";
import { run } from "../support/run.ts";
import { hostileServer, SECRET } from "./hostile_server.ts";

const COMMANDS: string[][] = [
  ["whoami"],
  ["list-users"],
  ["list-buckets"],
  ["list-bucket", "my-bucket"],
  ["get-bucket-policy", "my-bucket"],
  ["delete-objects", "my-bucket", "a"],
  ["create", "my-bucket"],
];

/** A body of 100 MB that is made as it is read; gives how much was. */
function longBody(start: string): { body: ReadableStream<Uint8Array>; sent(): number } {
  const piece = new TextEncoder().encode("<Padding>x</Padding>".repeat(5_000));
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new TextEncoder().encode(start)),
    pull(controller) {
      sent += piece.length;
      controller.enqueue(piece);
      if (sent > 100e6) controller.close();
    },
  });
  return { body, sent: () => sent };
}

for (const status of [200, 400]) {
  for (const args of COMMANDS) {
    Deno.test(`${args.join(" ")}: gives up on an answer of 100 MB with status ${status}`, async () => {
      let sent = () => 0;
      await using server = hostileServer((request) => {
        if (request.method === "HEAD") return new Response(null);
        const long = longBody(status === 200 ? "<ListBucketResult>" : "<Error><Code>A</Code>");
        sent = long.sent;
        return new Response(long.body, { status, headers: { "content-type": "application/xml" } });
      });
      const { code, stdout } = await server.run(args, { patienceMs: 0 });
      assert.equal(code, 1);
      assert.doesNotMatch(stdout, /\w{9}/);
      assert.ok(sent() < 60e6, `${sent()} bytes were taken`);
    });
  }
}

const EMPTY_PAGES: [args: string[], page: (token: number) => string][] = [
  [
    ["list-bucket", "my-bucket"],
    (token) =>
      "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>" +
      `${token}</NextContinuationToken></ListBucketResult>`,
  ],
  [
    ["delete-objects", "my-bucket", "--prefix", "a"],
    (token) =>
      "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>" +
      `${token}</NextContinuationToken></ListBucketResult>`,
  ],
  [
    ["list-users"],
    (token) =>
      "<ListUsersResponse><ListUsersResult><IsTruncated>true</IsTruncated>" +
      `<Marker>${token}</Marker><Users/></ListUsersResult></ListUsersResponse>`,
  ],
  [
    ["list-buckets"],
    (token) =>
      `<ListAllMyBucketsResult><Buckets/><ContinuationToken>${token}</ContinuationToken>` +
      "</ListAllMyBucketsResult>",
  ],
];

for (const [args, page] of EMPTY_PAGES) {
  Deno.test(`${args.join(" ")}: empty pages come to an end`, async () => {
    let token = 0;
    await using server = hostileServer(() => new Response(page(++token)));
    const { code, stderr } = await server.run(args);
    assert.equal(code, 1);
    assert.match(stderr, /the server sent 1000 empty pages/);
    assert.ok(server.requests <= 1_002, `${server.requests} requests`);
  });
}

for (
  const [what, offset, isBelieved] of [
    ["an hour", 3_600_000, true],
    ["a year", 365 * 86_400_000, false],
    ["-10 years", -3_650 * 86_400_000, false],
  ] as const
) {
  for (const args of [["list-users"], ["list-bucket", "my-bucket"]]) {
    Deno.test(`${args[0]}: a server's clock that is ${what} off is ${isBelieved ? "" : "not "}believed`, async () => {
      const times: string[] = [];
      await using server = hostileServer((request) => {
        times.push(request.headers.get("x-amz-date") ?? "");
        const error = "<Error><Code>RequestTimeTooSkewed</Code><Message>No.</Message></Error>";
        const body = args[0] === "list-users" ? `<ErrorResponse>${error}</ErrorResponse>` : error;
        const date = new Date(Date.now() + offset).toUTCString();
        return new Response(body, { status: 403, headers: { date } });
      });
      const { code } = await server.run(args, { patienceMs: 0 });
      assert.equal(code, 1);
      const hours = times.map((time) => {
        const [, year, month, day, hour, minute] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)/.exec(time)!
          .map(Number);
        const at = Date.UTC(year!, month! - 1, day!, hour!, minute!);
        return Math.round((at - Date.now()) / 3_600_000);
      });
      assert.deepEqual([...new Set(hours)], isBelieved ? [0, 1] : [0]);
    });
  }
}

const ENDLESS: [what: string, answer: string, error: RegExp][] = [
  [
    "status 101",
    "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: h2c\r\n\r\n",
    /: the answer is not valid HTTP: status 101, which changes to another protocol$/m,
  ],
  [
    "status 102 again and again",
    "HTTP/1.1 102 Processing\r\n\r\n".repeat(100),
    /: the answer is not valid HTTP: too many interim answers$/m,
  ],
];

for (const [what, answer, error] of ENDLESS) {
  for (const args of COMMANDS) {
    // The connection stays open: if the answer were waited for, the command would not end.
    Deno.test(`${args.join(" ")}: ${what} is an error at once`, async () => {
      const { promise: ended, resolve: end } = Promise.withResolvers<void>();
      await using server = rawServer(async (peer) => {
        await peer.readHead();
        await peer.send(answer);
        await ended;
      });
      const { code, stdout, stderr } = await run(args, {
        env: {
          AWS_ENDPOINT_URL: server.origin.origin,
          AWS_ACCESS_KEY_ID: "AKIAEXAMPLE",
          AWS_SECRET_ACCESS_KEY: SECRET,
        },
      });
      end();
      assert.equal(code, 1);
      assert.equal(stdout, "");
      assert.match(stderr, error);
      assert.match(stderr, /^Check the endpoint/m);
      assert.ok(server.connections <= 3, `${server.connections} attempts`);
    });
  }
}
