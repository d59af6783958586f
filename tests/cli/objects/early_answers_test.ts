/**
 * Objects and servers that answer before they have the body: the answer counts, not the cut after it.
 */
import assert from "node:assert/strict";
import { BUCKET, noise, stage, TWO_PARTS } from "../../support/objects.ts";
import { type Ran, run } from "../../support/run.ts";
import { type Peer, type RawServer, rawServer } from "../../http/raw_server.ts";

const SIZES: Record<string, number> = {
  "a few bytes": 10,
  "300 kB": 300_000,
  "5 MB": 5_000_000,
  "8 MiB, in parts": TWO_PARTS,
};

interface Answer {
  status: string;
  code: string;
  headers?: string;
  more?: string;
}

function text({ status, code, headers = "", more = "" }: Answer): string {
  const body = `<Error><Code>${code}</Code><Message>No, ${code}</Message>${more}</Error>`;
  return `HTTP/1.1 ${status}\r\ncontent-length: ${body.length}\r\n${headers}\r\n${body}`;
}

function success(body = ""): string {
  return `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\netag: "x"\r\n\r\n${body}`;
}

function lengthOf(head: string): number {
  return Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0);
}

const REGION_HEADER = "x-amz-bucket-region: eu-west-1\r\n";

/** Whether a request is signed for the region that {@linkcode REDIRECTS} name. */
function isForRegion(head: string): boolean {
  return head.includes("/eu-west-1/s3/");
}

/** Serves puts and uploads in parts; `refusalOf` a head gives what is answered before the body. */
function putServer(
  refusalOf: (head: string) => Answer | undefined,
): RawServer & { stored: number } {
  const serve = async (peer: Peer) => {
    for (let head = await peer.readHead(); head !== ""; head = await peer.readHead()) {
      const refusal = refusalOf(head);
      // What follows is neither read nor waited for, so that the system resets the connection.
      if (refusal !== undefined) return await peer.send(text(refusal));
      if (/^expect:/m.test(head)) await peer.send("HTTP/1.1 100 Continue\r\n\r\n");
      const { length } = await peer.readBody(lengthOf(head));
      server.stored += length;
      await peer.send(
        /\?uploads/.test(head)
          ? success(
            "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>",
          )
          : head.startsWith("POST")
          ? success("<CompleteMultipartUploadResult/>")
          : success(),
      );
    }
  };
  const server = Object.assign(rawServer(serve), { stored: 0 });
  return server;
}

/** Runs a command at a server, with a file of that length in the place of `FILE` and on standard input. */
async function runAt(server: RawServer, args: string[], length = 0): Promise<Ran> {
  const content = noise(length);
  const path = await Deno.makeTempFile();
  try {
    if (args.includes("FILE")) await Deno.writeFile(path, content);
    return await run(args.map((arg) => arg === "FILE" ? path : arg), {
      stdin: args.includes("-") ? content : undefined,
      env: {
        AWS_ENDPOINT_URL: server.origin.origin,
        AWS_REGION: "us-east-1",
        AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE",
        AWS_SECRET_ACCESS_KEY: "made-up",
      },
    });
  } finally {
    await Deno.remove(path);
  }
}

const REFUSALS: [Answer, RegExp][] = [
  [
    { status: "403 Forbidden", code: "AccessDenied" },
    /^Error: Could not put key: AccessDenied: No/,
  ],
  [{ status: "400 Bad Request", code: "ExpiredToken" }, /these credentials have expired/],
  [{ status: "404 Not Found", code: "NoSuchBucket" }, /^Error: Bucket does not exist: my-bucket\n/],
  [
    { status: "403 Forbidden", code: "AccessDenied", headers: "connection: close\r\n" },
    /AccessDenied/,
  ],
];

const REDIRECTS: Answer[] = [
  { status: "301 Moved Permanently", code: "PermanentRedirect", headers: REGION_HEADER },
  { status: "307 Temporary Redirect", code: "TemporaryRedirect", headers: REGION_HEADER },
  {
    status: "307 Temporary Redirect",
    code: "TemporaryRedirect with a host name",
    more: "<Endpoint>my-bucket.s3.eu-west-1.amazonaws.com</Endpoint>",
  },
  {
    status: "400 Bad Request",
    code: "AuthorizationHeaderMalformed",
    more: "<Region>eu-west-1</Region>",
  },
];

for (const [size, length] of Object.entries(SIZES)) {
  for (const [from, operand] of [["a file", "FILE"], ["a stream", "-"]] as const) {
    const args = ["put-object", "-s", BUCKET, "key", operand];
    for (const [refusal, expected] of REFUSALS) {
      const how = refusal.headers === undefined ? "" : " with Connection: close";
      Deno.test(`put-object: names ${refusal.code}${how} before the body at once, ${size} of ${from}`, async () => {
        let sent = 0;
        await using server = putServer((head) => {
          if (!head.startsWith("PUT")) return undefined;
          sent++;
          return refusal;
        });
        const { code, stderr } = await runAt(server, args, length);
        assert.equal(code, 1);
        assert.match(stderr, expected);
        // As many as there are parts: none is sent again.
        assert.ok(sent <= 2, `${sent} requests`);
      });
    }
    for (const redirect of REDIRECTS) {
      Deno.test(`put-object: follows ${redirect.status}, ${redirect.code}, to another region, ${size} of ${from}`, async () => {
        await using server = putServer((head) => isForRegion(head) ? undefined : redirect);
        const ran = await runAt(server, args, length);
        assert.deepEqual(ran, { code: 0, stdout: "", stderr: "" });
        assert.ok(server.stored >= length);
      });
    }
  }
}

Deno.test("put-objects: all files follow a redirect, although the answers come one by one", async () => {
  await using st = await stage();
  for (let at = 0; at < 60; at++) await Deno.writeTextFile(st.path(`${at}`), `<${at}>`);
  let delayMs = 0;
  await using server = rawServer(async (peer) => {
    for (let head = await peer.readHead(); head !== ""; head = await peer.readHead()) {
      await peer.readBody(lengthOf(head));
      if (!isForRegion(head)) await new Promise((resolve) => setTimeout(resolve, delayMs += 3));
      await peer.send(isForRegion(head) ? success() : text(REDIRECTS[0]!));
    }
  });
  const ran = await runAt(server, ["put-objects", "-s", BUCKET, st.directory]);
  assert.deepEqual(ran, { code: 0, stdout: "", stderr: "" });
});

Deno.test("put-object: names the code of an error document that says nothing else", async () => {
  const body = "<Error><Code>EntityTooLarge</Code></Error>";
  await using server = rawServer(async (peer) => {
    await peer.readHead();
    await peer.send(`HTTP/1.1 400 Bad Request\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  });
  const { code, stderr } = await runAt(server, ["put-object", "-s", BUCKET, "key", "FILE"], 10);
  assert.equal(code, 1);
  assert.equal(stderr, "Error: Could not put key: EntityTooLarge (HTTP status 400)\n");
});
