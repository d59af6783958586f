/**
 * Web pages in the place of answers: consoles, and networks that want a sign-in, answer anything with
 * one, and with success.
 *
 * @module
 */
import { assertNotOfProxy, ConnectionError } from "../../http/errors.ts";
import type { HttpHead } from "../../http/head.ts";
import type { SdkClient } from "../sdk/client.ts";

/** Whether the headers of an answer are a service's, by an entity tag or by headers of its own. */
export function isOfService(headers: HttpHead["headers"]): boolean {
  return "etag" in headers ||
    Object.keys(headers).some((name) => /^x-(amzn?|goog)-/.test(name));
}

/** Whether an answer is a page for a browser, by its head. */
export function isWebPage({ status, headers }: HttpHead): boolean {
  const isEmpty = status === 204 || headers["content-length"] === "0";
  const isPage = !isEmpty && headers["content-type"]?.startsWith("text/html") === true;
  return isPage && !isOfService(headers);
}

/** A client that is told how to read an answer to its end. */
interface CollectingClient extends SdkClient {
  config: { streamCollector: (body: AsyncIterable<Uint8Array>) => Promise<Uint8Array> };
}

interface SdkAnswer {
  response: {
    statusCode: number;
    headers: Record<string, string>;
    body: AsyncIterable<Uint8Array> | Uint8Array;
  };
}

/**
 * Makes a client refuse answers that are not the service's: those of a proxy, and web pages, which it would
 * read as empty lists. Returns the same client.
 */
export function withoutWebPages<T extends CollectingClient>(client: T): T {
  const middleware = (next: (args: unknown) => Promise<SdkAnswer>) => async (args: unknown) => {
    const answer = await next(args);
    const { response } = answer;
    const { statusCode: status, headers } = response;
    assertNotOfProxy(status);
    if (status >= 300 || !isWebPage({ status, headers })) return answer;
    // Some servers have that type for AWS's own formats.
    response.body = await client.config.streamCollector(
      response.body as AsyncIterable<Uint8Array>,
    );
    if (/^\s*<(!doctype|html)\b/i.test(new TextDecoder().decode(response.body.subarray(0, 200)))) {
      throw new ConnectionError("ENOTAWS", "the endpoint answers with a web page");
    }
    return answer;
  };
  client.middlewareStack.add(middleware, {
    step: "deserialize",
    priority: "low",
    name: "withoutWebPages",
  });
  return client;
}
