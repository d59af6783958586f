/**
 * Addresses of servers that speak AWS's protocols.
 *
 * @module
 */
import { InvalidInput } from "../errors.ts";

/**
 * Checks the address of a server that speaks AWS's protocols. Buckets and keys are put behind it, so
 * that it must end with its path.
 *
 * @param url the address
 * @returns the same address
 * @throws {RangeError} if it is no http or https URL, or has more than host, port and path
 *
 * @example A local server
 * ```ts
 * import { parseEndpointUrl } from "@s3creds/cli";
 * import assert from "node:assert/strict";
 *
 * assert.equal(parseEndpointUrl("http://localhost:9000"), "http://localhost:9000");
 * assert.throws(() => parseEndpointUrl("localhost:9000"), RangeError);
 * assert.throws(() => parseEndpointUrl("http://localhost:9000?a=b"), RangeError);
 * ```
 */
export function parseEndpointUrl(url: string): string {
  const fault = faultOf(url);
  if (fault === undefined) return url;
  // What may hold a password is not repeated.
  const quoted = /[@?#]/.test(url) ? "" : ` ${JSON.stringify(url)}`;
  throw new InvalidInput(`Invalid endpoint URL${quoted}: ${fault}`);
}

function faultOf(url: string): string | undefined {
  const expected = "expected http://HOST or https://HOST";
  if (!URL.canParse(url) || /\s/.test(url)) return expected;
  const { protocol, username, password } = new URL(url);
  if (protocol !== "http:" && protocol !== "https:") return expected;
  if (username !== "" || password !== "") return "it must not hold a user name or password";
  if (/[?#]/.test(url)) return "it must not have a query or a fragment";
}
