/**
 * The command `localserver`.
 *
 * @module
 */
import { parseDuration } from "../../time.ts";
import { InvalidInput } from "../../errors.ts";
import { checkArn } from "../../names.ts";
import { grantsOf } from "../../policy/grants.ts";
import { checked, defineCommand, optionalValue, value } from "../command.ts";
import { waitForInterrupt } from "../io.ts";
import { library } from "../library.ts";
import { awsOptions, parsePort, usage, withAws } from "../options.ts";
import {
  GRANT_OPTION,
  type Granted,
  grantedBy,
  permissionOptions,
  warnOfScopes,
} from "../permission_options.ts";
import { LOOPBACK, newToken, serveCredentials } from "./credential_listener.ts";
import { messageLog, writeLine, writeMessage } from "../output.ts";

/** Not `localhost`: that may be `::1` first, where somebody else may listen on the same port. */
const DEFAULT_HOST = "127.0.0.1";
const DEFAULT_PORT = 8094;

/** `s3-credentials localserver` */
export const localserver = defineCommand({
  operands: "<bucket>",
  operandsOption: GRANT_OPTION,
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
    roleArn: value(
      "--role-arn <arn>",
      "Assume this role, and make no IAM call",
      checked((arn) => checkArn(arn, "role")),
    ),
    ...awsOptions,
  },
  stopsItself: true,
  async run({ operands, options }, io) {
    const granted = await grantedBy(operands, options);
    const { duration, roleArn, host = DEFAULT_HOST, port = DEFAULT_PORT } = options;
    if (duration === undefined) throw usage("--duration is required, such as --duration 1h");
    if (!LOOPBACK.includes(host) && options.token === undefined) {
      throw usage(`--host ${host} can be reached by other machines: add --token to keep them out`);
    }
    await warnOfScopes(granted, io);
    const token = options.token === "" ? newToken() : options.token;
    const log = messageLog(io);
    await withAws(options, io, async (aws) => {
      const { bucketCredentials } = await library.credentialCache();
      const provider = bucketCredentials(aws, {
        ...granted,
        duration,
        statements: options.statement,
        roleArn,
      }, { onProgress: log.say, signal: io.signal, patienceMs: io.patienceMs });
      // Before anything is created: the port may be in use.
      const server = await serveCredentials(provider, { host, port, token, onRequest: log.say });
      try {
        log.say("Generating initial credentials...");
        await provider();
        log.say(
          `Serving ${describeGrants(granted)} at ${server.url}\n` +
            `Duration: ${duration} seconds\n` +
            howToUse(server.url, token !== undefined, LOOPBACK.includes(host)) +
            "Press Ctrl+C to stop",
        );
        if (options.token === "") await writeLine(io, `AWS_CONTAINER_AUTHORIZATION_TOKEN=${token}`);
        await waitForInterrupt(io.signal);
      } finally {
        await server[Symbol.asyncDispose]();
        await log.flush();
      }
      await writeMessage(io, "Stopped");
    });
  },
});

/** Such as `read-only credentials for bucket 'logs'`. */
function describeGrants(granted: Granted): string {
  const grants = grantsOf(granted);
  const words = [...new Set(grants.map(({ actions }) => actions.name))].join(" and ");
  const buckets = [...new Set(grants.map(({ bucket }) => `'${bucket}'`))];
  return `${words} credentials for bucket${buckets.length > 1 ? "s" : ""} ${buckets.join(", ")}`;
}

/** AWS's tools read the address from the variable only if it is one of their own machine. */
function howToUse(url: string, hasToken: boolean, isLoopback: boolean): string {
  const token = hasToken ? "  export AWS_CONTAINER_AUTHORIZATION_TOKEN=TOKEN\n" : "";
  const header = hasToken ? ' -H "Authorization: TOKEN"' : "";
  const variables = `To use them in another terminal${
    hasToken ? ", with the token for TOKEN" : ""
  }:\n${token}  export AWS_CONTAINER_CREDENTIALS_FULL_URI=${url}\n`;
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
