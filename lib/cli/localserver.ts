/**
 * The command `localserver`.
 *
 * @module
 */
import { randomBytes } from "node:crypto";
import { parseDuration } from "../time.ts";
import { InvalidInput, S3CredentialsError } from "../errors.ts";
import { checkArn } from "../names.ts";
import { defineCommand, optionalValue, value } from "./command.ts";
import { waitForInterrupt } from "./io.ts";
import { library } from "./library.ts";
import { awsOptions, bucketNames, parsePort, usage, withAws } from "./options.ts";
import { permissionOf, permissionOptions, warnOfPrefix } from "./permission_options.ts";
import { messageLog, writeLine, writeMessage } from "./output.ts";

/** Not `localhost`: that may be `::1` first, where somebody else may listen on the same port. */
const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_PORT = 8094;
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];
/** A server on these is reached at any address of the machine. */
const EVERY_ADDRESS = ["0.0.0.0", "[::]"];

/** `s3-credentials localserver` */
export const localserver = defineCommand({
  operands: "<bucket>",
  description:
    "Serve temporary credentials for a bucket to programs on this machine. GET / returns JSON " +
    "that suits both credential_process and AWS_CONTAINER_CREDENTIALS_FULL_URI; the credentials " +
    "are renewed before they expire.",
  examples: [
    ["Credentials that can only read:", "localserver my-bucket --read-only --duration 1h"],
    ["On another port:", "localserver my-bucket --duration 1h --port 9000"],
    ["Only for programs that have the token:", "localserver my-bucket --duration 1h --token"],
  ],
  options: {
    duration: value(
      "-d, --duration <duration>",
      "How long the credentials last, such as 15m, 1h or 12h (required)",
      parseDuration,
    ),
    port: value("-p, --port <port>", `Port to serve on (default: ${DEFAULT_PORT})`, parsePort),
    host: value(
      "--host <host>",
      "Host to serve on (default: 127.0.0.1). Hosts other than loopback need --token",
      parseHost,
    ),
    token: optionalValue(
      "--token [token]",
      "Require this token in the Authorization header; without a value, one is generated and printed",
      parseToken,
    ),
    ...permissionOptions,
    roleArn: value("--role-arn <arn>", "Assume this role, and make no IAM call", (arn) => {
      checkArn(arn, "role");
      return arn;
    }),
    ...awsOptions,
  },
  stopsItself: true,
  async run({ operands, options }, io) {
    const permission = permissionOf(options);
    const [bucket = ""] = bucketNames(operands);
    const { duration, prefix, roleArn, host = DEFAULT_HOST, port = DEFAULT_PORT } = options;
    if (duration === undefined) throw usage("--duration is required, such as --duration 1h");
    if (!LOOPBACK.includes(host) && options.token === undefined) {
      throw usage(`--host ${host} can be reached by other machines: add --token to keep them out`);
    }
    await warnOfPrefix(prefix, io);
    const token = options.token === "" ? randomBytes(24).toString("base64url") : options.token;
    const log = messageLog(io, false);
    const { credentialHandler } = await import("../credentials/credential_server.ts");
    await withAws(options, io, async (aws) => {
      const { bucketCredentials } = await library.credentialCache();
      const provider = bucketCredentials(aws, {
        buckets: [bucket],
        permission,
        duration,
        statements: options.statement,
        prefix,
        roleArn,
      }, { onProgress: log.say, signal: io.signal, patienceMs: io.patienceMs });
      // Before anything is created: the port may be in use.
      const listening = listen(host, port, (actualPort) =>
        credentialHandler(provider, {
          hosts: hostHeaders(host, actualPort),
          anyAddress: EVERY_ADDRESS.includes(host),
          token,
          onRequest: log.say,
        }));
      try {
        log.say("Generating initial credentials...");
        await provider();
        const url = `http://${host}:${listening.addr.port}/`;
        log.say(
          `Serving ${permission} credentials for bucket '${bucket}' at ${url}\n` +
            `Duration: ${duration} seconds\n` +
            howToUse(url, token !== undefined, LOOPBACK.includes(host)) +
            "Press Ctrl+C to stop",
        );
        if (options.token === "") await writeLine(io, `AWS_CONTAINER_AUTHORIZATION_TOKEN=${token}`);
        await waitForInterrupt(io.signal);
      } finally {
        await shutDown(listening);
        await log.flush();
      }
      await writeMessage(io, "Stopped");
    });
  },
});

/** AWS's tools read the address from the variable only if it is one of their own machine. */
function howToUse(url: string, hasToken: boolean, isLoopback: boolean): string {
  const token = hasToken ? "  export AWS_CONTAINER_AUTHORIZATION_TOKEN=TOKEN\n" : "";
  const header = hasToken ? ' -H "Authorization: TOKEN"' : "";
  const variables =
    `To use them in another terminal:\n${token}  export AWS_CONTAINER_CREDENTIALS_FULL_URI=${url}\n`;
  return (isLoopback ? variables : "") +
    `To use them in a profile of ~/.aws/config:\n  credential_process = curl -s${header} ${url}\n`;
}

/** Addresses of IPv6 stand in brackets, as in URLs. */
function parseHost(text: string): string {
  if (/^localhost$/i.test(text)) return DEFAULT_HOST;
  if (/^(\[[\da-f:.]+\]|[\w.-]+)$/i.test(text)) return text.toLowerCase();
  if (/^[\da-f:.]+$/i.test(text)) return `[${text.toLowerCase()}]`;
  throw new InvalidInput(`Invalid host ${JSON.stringify(text)}`);
}

function parseToken(text: string): string {
  if (text === "" || /^[\x21-\x7e]{8,}$/.test(text)) return text;
  throw new InvalidInput("A token needs at least 8 characters, without spaces");
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
