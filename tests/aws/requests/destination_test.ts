import assert from "node:assert/strict";
import { noteDestination, withDestinations } from "../../../lib/aws/requests/destination.ts";
import { serviceError } from "../../../lib/aws/service_error.ts";
import { ConnectionError } from "../../../lib/http/errors.ts";

const SECURE = { proxyEnv: { http_proxy: "https://p:1", https_proxy: "https://p:1" } };
const PROXY = { proxyEnv: { http_proxy: "http://me:pass@proxy.example:3128/?q=secret" } };

/** What an error says of a request to a URL that has failed with a code of the runtime. */
function said(code: string, url: string, network = {}): string {
  const error = new ConnectionError(code, "says the runtime");
  noteDestination(error, new URL(url), network);
  return serviceError(error, "Could not look").message;
}

const CASES: [code: string, url: string, network: object, message: string][] = [
  [
    "ECONNREFUSED",
    "http://[::1]:9000",
    {},
    "the endpoint http://[::1]:9000 refused the connection",
  ],
  ["ETIMEDOUT", "https://s3.example", {}, "the endpoint https://s3.example did not answer in time"],
  ["ECONNRESET", "http://a/b?c=d", {}, "the connection to the endpoint http://a was cut"],
  ["EHOSTUNREACH", "http://me:pass@a:1", {}, "the endpoint http://a:1 can't be reached"],
  [
    "ENOANSWER",
    "http://a",
    {},
    "the endpoint http://a answered others in the meantime, but not this request",
  ],
  [
    "ENOTFOUND",
    "http://a",
    PROXY,
    "the host name of the proxy http://proxy.example:3128 is not known",
  ],
  [
    "ETIMEDOUT",
    "http://a",
    PROXY,
    "the endpoint http://a (by the proxy http://proxy.example:3128) did not answer in time",
  ],
  ["ECONNREFUSED", "https://a", PROXY, "the endpoint https://a refused the connection"],
  ["ENETUNREACH", "http://a", PROXY, "the proxy http://proxy.example:3128 can't be reached"],
  ["ENETUNREACH", "https://a", PROXY, "the endpoint https://a can't be reached"],
  [
    "ERR_PROXY_TUNNEL",
    "http://a",
    PROXY,
    "the proxy http://proxy.example:3128 did not connect to the endpoint http://a",
  ],
  [
    "CERT_HAS_EXPIRED",
    "http://a",
    SECURE,
    "the certificate of the proxy https://p:1 is not trusted: says the runtime",
  ],
  [
    "CERT_HAS_EXPIRED",
    "https://a",
    SECURE,
    "the certificate of the proxy https://p:1 or of the endpoint https://a is not trusted: says the runtime",
  ],
];

for (const [code, url, network, message] of CASES) {
  Deno.test(`noteDestination: ${code} of ${url}, ${JSON.stringify(network)}`, () => {
    assert.equal(said(code, url, network), `Could not look: ${message}`);
  });
}

Deno.test("serviceError: a host that a provider of credentials didn't find, as the runtime names it", () => {
  const error = Object.assign(new Error("getaddrinfo ENOTFOUND vault.example"), {
    code: "ENOTFOUND",
  });
  assert.equal(
    serviceError(error, "Could not look").message,
    "Could not look: the host name of the endpoint vault.example is not known",
  );
});

Deno.test("withDestinations: throws what the client has thrown, whatever that is", async () => {
  type Send = (args: unknown) => Promise<unknown>;
  let send: Send = () => Promise.reject("no object");
  const client = {
    middlewareStack: {
      add: (middleware: (next: Send) => Send) => void (send = middleware(send)),
      addRelativeTo: () => assert.fail(),
    },
  };
  assert.equal(withDestinations(client, {}), client);
  const request = { protocol: "http:", hostname: "[::1]", port: 9 };
  await assert.rejects(send({ request }), (error) => error === "no object");
});
