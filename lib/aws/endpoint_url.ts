/**
 * Addresses of servers that speak AWS's protocols.
 *
 * @module
 */
import { InvalidInput } from "../errors.ts";

/**
 * The address of a server that speaks AWS's protocols; throws `InvalidInput` unless it is an http or
 * https URL of host, port and path only. Buckets and keys are appended to it.
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
