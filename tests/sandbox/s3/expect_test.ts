import assert from "node:assert/strict";
import { sign } from "../auth/sign.ts";
import { allow, type Keys, userWithKey } from "../helpers.ts";
import { bucketIn, s3Room } from "./helpers.ts";

/** A connection on which a PUT has been announced, and not sent yet. */
class Announced {
  readonly #connection: Deno.Conn;

  private constructor(connection: Deno.Conn) {
    this.#connection = connection;
  }

  /** Sends the head of a PUT with that expectation. */
  static async put(endpoint: string, keys: Keys, body: string, expect: string): Promise<Announced> {
    const { url, init } = sign(`${endpoint}/b/k`, { service: "s3", keys, method: "PUT", body });
    const { host, hostname, port, pathname } = new URL(url);
    const headers = { host, "content-length": body.length, expect, ...init.headers };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const announced = new Announced(await Deno.connect({ hostname, port: Number(port) }));
    await announced.send(`PUT ${pathname} HTTP/1.1\r\n${lines.join("")}\r\n`);
    return announced;
  }

  async send(text: string): Promise<void> {
    await this.#connection.write(new TextEncoder().encode(text));
  }

  /** The status of the next response. */
  async status(): Promise<string | undefined> {
    const bytes = new Uint8Array(10_000);
    const length = await this.#connection.read(bytes) ?? 0;
    return /^HTTP\/1\.1 (\d+)/.exec(new TextDecoder().decode(bytes.subarray(0, length)))?.[1];
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

Deno.test("Expect: who may not put an object is told so before its content is asked for", async () => {
  await using room = await s3Room({ buckets: ["b"] });
  const { url, credentials } = room.sandbox;
  const keys = await userWithKey(room.iam, "reader", allow("s3:GetObject"));
  using refused = await Announced.put(url, keys, "content", "100-continue");
  assert.equal(await refused.status(), "403");
  using wanted = await Announced.put(url, credentials, "content", "100-continue");
  assert.equal(await wanted.status(), "100");
  await wanted.send("content");
  assert.equal(await wanted.status(), "200");
  assert.equal(bucketIn(room, "b").objects.get("k")?.body.length, 7);
  const [denied, done] = room.sandbox.requests.slice(-2);
  const permissions = [{ action: "s3:PutObject", resource: "arn:aws:s3:::b/k" }];
  assert.partialDeepStrictEqual(denied, { operation: "PutObject", permissions, status: 403 });
  assert.match(denied!.decisions[0]?.denial ?? "", /no identity-based policy allows/);
  assert.partialDeepStrictEqual(done, { operation: "PutObject", permissions, status: 200 });
  for (const { decisions } of [denied!, done!]) assert.equal(decisions.length, 1);
});

Deno.test("Expect: what S3 doesn't know is ignored", async () => {
  await using room = await s3Room({ buckets: ["b"] });
  const { url, credentials } = room.sandbox;
  using sent = await Announced.put(url, credentials, "content", "200-ok");
  await sent.send("content");
  assert.equal(await sent.status(), "200");
});
