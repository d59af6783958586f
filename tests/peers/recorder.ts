/**
 * Stands between a client and a server and notes what is asked of IAM and STS: moto keeps neither
 * the permissions boundary of a user nor the policy of a session.
 *
 * @module
 */

/** A call of IAM or STS: the name of the operation and its parameters. */
export interface Call {
  action: string;
  parameters: Record<string, string>;
}

/** A recorder that runs. */
export interface Recorder {
  url: string;
  /** What was asked since it was last emptied. */
  calls: Call[];
  stop(): Promise<void>;
}

/** Passes all requests on to `target`. */
export function startRecorder(target: string): Recorder {
  const calls: Call[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname, search } = new URL(request.url);
    const body = new Uint8Array(await request.arrayBuffer());
    if (pathname === "/" && request.method === "POST") calls.push(readCall(body));
    const headers = new Headers(request.headers);
    for (const name of ["host", "connection", "expect", "content-length"]) headers.delete(name);
    const hasBody = request.method !== "GET" && request.method !== "HEAD";
    return await fetch(`${target}${pathname}${search}`, {
      method: request.method,
      headers,
      redirect: "manual",
      ...(hasBody && { body }),
    });
  });
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    calls,
    stop: () => server.shutdown(),
  };
}

function readCall(body: Uint8Array): Call {
  const { Action: action = "", Version: _, ...parameters } = Object.fromEntries(
    new URLSearchParams(new TextDecoder().decode(body)),
  );
  return { action, parameters };
}

/** The permissions boundaries with which users were created, by user name. */
export function boundaries(calls: readonly Call[]): Record<string, string | null> {
  return Object.fromEntries(
    calls.filter(({ action }) => action === "CreateUser").map(({ parameters }) => [
      parameters.UserName!,
      parameters.PermissionsBoundary ?? null,
    ]),
  );
}

/** The sessions that were asked for, their policies parsed. */
export function sessions(calls: readonly Call[]): Record<string, unknown>[] {
  return calls.filter(({ action }) => action === "AssumeRole").map(({ parameters }) => ({
    ...parameters,
    Policy: JSON.parse(parameters.Policy ?? "null"),
  }));
}
