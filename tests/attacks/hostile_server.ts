/**
 * A server that answers whatever it likes.
 *
 * @module
 */
import { type Ran, run, type RunOptions } from "../support/run.ts";

export const SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
export const TOKEN = "IQoJb3JpZ2luX2VjEXAMPLE/TOKEN+of/the==test";

/** A server on loopback, with the environment that leads a command to it. */
export interface HostileServer extends AsyncDisposable {
  url: string;
  /** How many requests have come. */
  readonly requests: number;
  run(args: string[], options?: RunOptions): Promise<Ran>;
}

/** Starts one. */
export function hostileServer(
  answer: (request: Request, body: string) => Response | Promise<Response>,
): HostileServer {
  let requests = 0;
  const listening = { hostname: "127.0.0.1", port: 0, onListen: () => {} };
  const server = Deno.serve(listening, async (request) => {
    requests++;
    return await answer(request, await request.text());
  });
  const url = `http://127.0.0.1:${server.addr.port}`;
  const env = {
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: "ASIAEXAMPLE",
    AWS_SECRET_ACCESS_KEY: SECRET,
    AWS_SESSION_TOKEN: TOKEN,
  };
  return {
    url,
    get requests() {
      return requests;
    },
    run: (args, options) => run(args, { ...options, env: { ...env, ...options?.env } }),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** The forms in which a server may repeat a secret. */
export const FORMS: Record<string, (secret: string) => string> = {
  "as it is": (secret) => secret,
  "URL-encoded": encodeURIComponent,
  "URL-encoded in small letters": (secret) =>
    encodeURIComponent(secret).replace(/%../g, (escape) => escape.toLowerCase()),
  "in base64": btoa,
  "in base64 among others": (secret) => btoa(`user:${secret}!`),
  "in base64 for URLs": (secret) => btoa(`u:${secret}?`).replaceAll("+", "-").replaceAll("/", "_"),
};

/** What base64 of a text must not hold: enough of it to read the secret. */
export function tracesOf(secret: string): string[] {
  const traces = [secret, encodeURIComponent(secret), encodeURIComponent(secret).toLowerCase()];
  for (const before of ["", "u", "uu"]) {
    const text = btoa(before + secret);
    const middle = text.slice(8, -8);
    traces.push(middle, middle.replaceAll("+", "-").replaceAll("/", "_"));
  }
  return traces;
}

/** An answer with an error, in the form of S3 or in that of IAM and STS. */
export function errorBody(fields: Record<string, string>, isS3: boolean): string {
  const inner = Object.entries(fields).map(([name, text]) => `<${name}>${text}</${name}>`).join("");
  const error = `<Error>${inner}</Error>`;
  return isS3 ? error : `<ErrorResponse>${error}<RequestId>1</RequestId></ErrorResponse>`;
}
