/**
 * A server of temporary credentials for programs on this machine.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import type { AwsCredentialIdentityProvider } from "../../aws/credential_types.ts";
import { S3CredentialsError } from "../../errors.ts";
import { inCliTerms } from "../output.ts";

/** The hosts that only this machine can reach. */
export const LOOPBACK: readonly string[] = ["localhost", "127.0.0.1", "[::1]"];
/** A server on these is reached at any address of the machine. */
const EVERY_ADDRESS = ["0.0.0.0", "[::]"];

/** A token that nobody can guess. */
export function newToken(): string {
  return randomBytes(24).toString("base64url");
}

/** A server of credentials that runs until it is disposed of. */
export interface CredentialListener extends AsyncDisposable {
  /** Where it answers. */
  url: string;
}

/** Serves credentials; throws `conflict` if it can't listen there. */
export async function serveCredentials(
  provider: AwsCredentialIdentityProvider,
  { host, port, token, onRequest }: {
    /** The host to serve on; an address of IPv6 stands in brackets. */
    host: string;
    /** The port; 0 for any that is free. */
    port: number;
    /** What the Authorization header must be, if anything. */
    token: string | undefined;
    /** Called with each request and its status in one line. */
    onRequest?: (line: string) => void;
  },
): Promise<CredentialListener> {
  const { credentialHandler } = await import("../../credentials/credential_server.ts");
  const explained = () => provider().catch(throwInCliTerms);
  const listening = listen(host, port, (actualPort) =>
    credentialHandler(explained, {
      hosts: hostHeaders(host, actualPort),
      anyAddress: EVERY_ADDRESS.includes(host),
      token,
      onRequest,
    }));
  return {
    url: `http://${host}:${listening.addr.port}/`,
    [Symbol.asyncDispose]: () => shutDown(listening),
  };
}

/** The handler answers with an error's words as they are. */
function throwInCliTerms(error: unknown): never {
  if (!(error instanceof S3CredentialsError)) throw error;
  const { code, message, hint, cause } = error;
  throw new S3CredentialsError(code, inCliTerms(message), {
    hint: hint && inCliTerms(hint),
    cause,
  });
}

const HTTP_PORT = 80;

/** The Host headers to accept; clients omit the default port of HTTP. */
function hostHeaders(host: string, port: number): string[] {
  const names = LOOPBACK.includes(host) ? LOOPBACK : [host];
  return [...names.map((name) => `${name}:${port}`), ...(port === HTTP_PORT ? names : [])];
}

type Handler = (request: Request) => Promise<Response>;

/** The handler needs the port, which is only known once the server listens. */
function listen(
  host: string,
  port: number,
  makeHandler: (port: number) => Handler,
): Deno.HttpServer<Deno.NetAddr> {
  let handler: Handler | undefined;
  try {
    const server = Deno.serve({
      hostname: host.replace(/[\[\]]/g, ""),
      port,
      onListen: () => {},
    }, (request) => handler!(request));
    handler = makeHandler(server.addr.port);
    return server;
  } catch (error) {
    const { name, message } = error as Error;
    if (name === "NotCapable") throw error;
    throw new S3CredentialsError(
      "conflict",
      `Could not serve on ${host}:${port}: ${LISTEN_FAULTS[name] ?? message}`,
      { cause: error, hint: "Choose another --port or --host" },
    );
  }
}

/** Milliseconds for responses in progress to finish. */
const GRACE_MS = 1_000;

/** A client that never finishes its request must not delay the end. */
async function shutDown(server: Deno.HttpServer): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, GRACE_MS);
  await Promise.race([server.shutdown(), promise]);
  clearTimeout(timer);
}

const LISTEN_FAULTS: Record<string, string> = {
  AddrInUse: "the port is in use",
  AddrNotAvailable: "this machine has no such address",
  PermissionDenied: "the port is for administrators only",
};
