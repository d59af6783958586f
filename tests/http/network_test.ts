/**
 * Proxies and TLS: which proxy a request goes through, and whose certificates are trusted.
 */
import assert from "node:assert/strict";
import { HttpClient } from "../../lib/http/client.ts";
import { type NetworkSettings, proxyFor, proxyHeaders } from "../../lib/http/proxy.ts";
import { AUTHORITY, CERTIFICATE, CERTIFICATE_KEY } from "./certificate.ts";
import { type RawServer, rawServer } from "./raw_server.ts";

const PROXY = "http://proxy.example:3128";

const EXEMPTIONS: [list: string, origin: string, isExempt: boolean][] = [
  ["", "http://example.com", false],
  ["*", "http://example.com", true],
  ["example.com", "http://example.com", true],
  ["EXAMPLE.com", "http://Example.COM", true],
  ["example.com", "http://s3.example.com", true],
  [".example.com", "http://s3.example.com", true],
  ["*.example.com", "http://s3.example.com", true],
  ["example.com", "http://notexample.com", false],
  ["ample.com", "http://example.com", false],
  ["com.example", "http://example.com", false],
  ["other.org, example.com", "https://example.com", true],
  ["example.com:9000", "http://example.com:9000", true],
  ["example.com:9000", "http://example.com", false],
  ["example.com:443", "https://example.com", true],
  ["127.0.0.1", "http://127.0.0.1:9000", true],
  ["127.0.0.1", "http://127.0.0.11:9000", false],
  ["::1", "http://[::1]:9000", true],
  ["[::1]:9000", "http://[::1]:9000", true],
  ["[::1]:9000", "http://[::1]:9001", false],
];

for (const [list, origin, isExempt] of EXEMPTIONS) {
  Deno.test(`proxyFor: NO_PROXY=${list} ${isExempt ? "exempts" : "does not exempt"} ${origin}`, () => {
    const proxyEnv = { http_proxy: PROXY, https_proxy: PROXY, no_proxy: list };
    const proxy = proxyFor(new URL(origin), { proxyEnv });
    assert.equal(proxy?.href, isExempt ? undefined : `${PROXY}/`);
  });
}

Deno.test("proxyFor: each scheme has its own proxy", () => {
  const proxyEnv = { http_proxy: PROXY };
  assert.equal(proxyFor(new URL("http://a.example"), { proxyEnv })?.href, `${PROXY}/`);
  assert.equal(proxyFor(new URL("https://a.example"), { proxyEnv }), undefined);
  assert.equal(proxyFor(new URL("http://a.example"), {}), undefined);
});

Deno.test("proxyHeaders: a name and a password with any characters", () => {
  const { "proxy-authorization": header = "" } = proxyHeaders(new URL("http://m%C3%A9:a%3Ab@p"));
  const bytes = Uint8Array.from(atob(header.replace("Basic ", "")), (one) => one.charCodeAt(0));
  assert.equal(new TextDecoder().decode(bytes), "mé:a:b");
  assert.deepEqual(proxyHeaders(new URL("http://p")), {});
});

function secureServer(hostname = "127.0.0.1"): RawServer {
  const text = "secure";
  const server = rawServer(async (peer) => {
    while (await peer.readHead() !== "") {
      await peer.send(`HTTP/1.1 200 OK\r\ncontent-length: ${text.length}\r\n\r\n${text}`);
    }
  }, Deno.listenTls({ hostname, port: 0, cert: CERTIFICATE, key: CERTIFICATE_KEY }));
  server.origin = new URL(`https://127.0.0.1:${server.origin.port}`);
  return server;
}

Deno.test("HttpClient: reads the refusal of a server that reads no body and cuts a TLS connection", async () => {
  const address = { hostname: "127.0.0.1", port: 0 };
  await using server = rawServer(async (peer) => {
    await peer.readHead();
    await peer.send("HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno");
  }, Deno.listenTls({ ...address, cert: CERTIFICATE, key: CERTIFICATE_KEY }));
  const origin = new URL(`https://127.0.0.1:${server.origin.port}`);
  for (const length of [10, 300_000, 1_000_000, 5_000_000]) {
    const client = new HttpClient(30_000, { ca: AUTHORITY });
    const request = { method: "PUT", origin, target: "/", headers: { host: origin.host } };
    const { status, text } = await client.exchange({ ...request, body: new Uint8Array(length) });
    client.close();
    assert.deepEqual([status, text], [403, "no"]);
  }
});

/** A proxy for tunnels, itself behind TLS or not, and what it was asked. */
function tunnelProxy(isSecure: boolean) {
  const address = { hostname: "127.0.0.1", port: 0 };
  const listener = isSecure
    ? Deno.listenTls({ ...address, cert: CERTIFICATE, key: CERTIFICATE_KEY })
    : Deno.listen(address);
  const heads: string[] = [];
  const open: Deno.Conn[] = [];
  const serve = async (conn: Deno.Conn) => {
    open.push(conn);
    const buffer = new Uint8Array(10_000);
    const head = new TextDecoder().decode(buffer.subarray(0, await conn.read(buffer) ?? 0));
    heads.push(head);
    const [, hostname = "", port] = /^CONNECT (.+):(\d+) /.exec(head) ?? [];
    const onwards = await Deno.connect({ hostname, port: Number(port) });
    open.push(onwards);
    await conn.write(new TextEncoder().encode("HTTP/1.1 200 Connected\r\n\r\n"));
    await Promise.allSettled([
      conn.readable.pipeTo(onwards.writable),
      onwards.readable.pipeTo(conn.writable),
    ]);
  };
  const serving = (async () => {
    const running: Promise<void>[] = [];
    for await (const conn of listener) running.push(serve(conn).catch(() => {}));
    await Promise.all(running);
  })();
  return {
    url: `${isSecure ? "https" : "http"}://me:secret@localhost:${listener.addr.port}`,
    heads,
    async [Symbol.asyncDispose]() {
      listener.close();
      await serving;
    },
  };
}

async function textOf(server: RawServer, network: NetworkSettings): Promise<string> {
  const client = new HttpClient(30_000, network);
  const { origin } = server;
  const request = { method: "GET", origin, target: "/", headers: { host: origin.host } };
  try {
    return (await client.exchange(request)).text;
  } finally {
    client.close();
  }
}

Deno.test("HttpClient: trusts the authorities of the settings", async () => {
  await using server = secureServer();
  assert.equal(await textOf(server, { ca: AUTHORITY }), "secure");
  await assert.rejects(textOf(server, {}), {
    code: "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    message: /^unable to verify/,
  });
});

Deno.test("HttpClient: refuses a certificate for another name", async () => {
  await using server = secureServer("0.0.0.0");
  server.origin = new URL(`https://127.0.0.2:${server.origin.port}`);
  await assert.rejects(textOf(server, { ca: AUTHORITY }), {
    code: "ERR_TLS_CERT_ALTNAME_INVALID",
    message: "it is not for 127.0.0.2",
  });
});

Deno.test("HttpClient: says that a server does not speak TLS", async () => {
  await using server = rawServer(async (peer) => {
    await peer.send("HTTP/1.1 400 Bad Request\r\n\r\n");
    await peer.readBody(1_000);
  });
  server.origin = new URL(`https://127.0.0.1:${server.origin.port}`);
  await assert.rejects(textOf(server, {}), { code: /^(EPROTO|ECONNRESET)$/ });
});

for (const isSecure of [false, true]) {
  const scheme = isSecure ? "https" : "http";
  Deno.test(`HttpClient: reaches a server by TLS through an ${scheme} proxy with a password`, async () => {
    await using server = secureServer();
    await using proxy = tunnelProxy(isSecure);
    const network = { proxyEnv: { https_proxy: proxy.url }, ca: AUTHORITY };
    assert.equal(await textOf(server, network), "secure");
    assert.equal(proxy.heads.length, 1);
    assert.match(proxy.heads[0]!, new RegExp(`^CONNECT ${server.origin.host} HTTP/1.1\r\n`));
    assert.match(proxy.heads[0]!, /^proxy-authorization: Basic bWU6c2VjcmV0\r$/m);
  });
}

for (
  const [what, text] of [
    ["refuses", "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"],
    ["sends bytes of its own", "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"],
  ] as const
) {
  Deno.test(`HttpClient: tells nothing to a server behind a proxy that ${what}`, async () => {
    await using proxy = rawServer(async (peer) => {
      await peer.readHead();
      await peer.send(text);
      await peer.readBody(1);
    });
    await using server = secureServer();
    await assert.rejects(
      textOf(server, { proxyEnv: { https_proxy: proxy.origin.href }, ca: AUTHORITY }),
      { code: "ERR_PROXY_TUNNEL" },
    );
    assert.deepEqual(server.requests, []);
  });
}

Deno.test("HttpClient: sends a proxy the whole URL of a server without TLS", async () => {
  const heads: string[] = [];
  await using proxy = rawServer(async (peer) => {
    heads.push(await peer.readHead());
    await peer.send("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nproxy");
  });
  const client = new HttpClient(30_000, {
    proxyEnv: { http_proxy: proxy.origin.href.replace("//", "//me:secret@") },
  });
  const origin = new URL("http://aws.invalid:9000");
  const headers = { host: origin.host };
  const { text } = await client.exchange({ method: "GET", origin, target: "/a?b=c", headers });
  client.close();
  assert.equal(text, "proxy");
  const [line, ...lines] = heads[0]!.split("\r\n");
  assert.equal(line, "GET http://aws.invalid:9000/a?b=c HTTP/1.1");
  assert.ok(lines.includes("host: aws.invalid:9000"));
  assert.ok(lines.includes("proxy-authorization: Basic bWU6c2VjcmV0"));
});
