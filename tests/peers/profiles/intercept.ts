/**
 * Answers the requests of the SDK's clients in this process, as `session.py` answers boto3's.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { HttpResponse } from "@smithy/core/protocols";
import { NodeHttpHandler } from "@smithy/node-http-handler";

/** As whom and where a request would be sent. */
export interface Sent {
  key: string;
  region: string;
  url: string;
}

interface SdkRequest {
  protocol: string;
  hostname: string;
  port?: number;
  path: string;
  query?: Record<string, string>;
  headers: Record<string, string>;
  body?: unknown;
}

const FIELDS = [
  "Action",
  "RoleArn",
  "RoleSessionName",
  "ExternalId",
  "DurationSeconds",
  "SerialNumber",
  "TokenCode",
  "WebIdentityToken",
];

/** Takes the place of the network until it is disposed; notes all that is not answered. */
export function interceptRequests(): Disposable & { sent: Sent[] } {
  const sent: Sent[] = [];
  const handle = NodeHttpHandler.prototype.handle;
  NodeHttpHandler.prototype.handle = function (...args) {
    const request = args[0] as unknown as SdkRequest;
    // The services of containers and instances have no signatures, and are real.
    if (request.headers.authorization?.startsWith("AWS4") || isUnsigned(request)) {
      return Promise.resolve({ response: answer(request, sent) }) as never;
    }
    return handle.apply(this, args);
  };
  return {
    sent,
    [Symbol.dispose]: () => void (NodeHttpHandler.prototype.handle = handle),
  };
}

function isUnsigned({ body, path }: SdkRequest): boolean {
  return path.endsWith("/federation/credentials") ||
    String(body).includes("AssumeRoleWithWebIdentity");
}

function answer(request: SdkRequest, sent: Sent[]): HttpResponse {
  const { protocol, hostname, port, path, headers, query = {} } = request;
  const [, key = "", region = ""] =
    /Credential=([^/]*)\/\d+\/([^/]*)\//.exec(headers.authorization ?? "") ?? [];
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  const url = `${protocol}//${host}${path}`.replace(/\/+$/, "");
  const form = Object.fromEntries(new URLSearchParams(String(request.body ?? "")));
  const name = form.Action;
  if (name?.startsWith("AssumeRole")) {
    form.RoleSessionName = form.RoleSessionName!.replace(/^s3-credentials$/, "");
    const made = temporary(key, region, url, ...FIELDS.map((field) => form[field] ?? ""));
    return response(
      200,
      `<${name}Response><${name}Result><Credentials><AccessKeyId>${made}</AccessKeyId>` +
        "<SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>" +
        "<Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>" +
        `</${name}Result></${name}Response>`,
    );
  }
  if (path.endsWith("/federation/credentials")) {
    const token = headers["x-amz-sso_bearer_token"]!;
    const made = temporary(url, query.account_id!, query.role_name!, token);
    const keys = {
      accessKeyId: made,
      secretAccessKey: "secret",
      sessionToken: "token",
      expiration: 4_102_444_800_000,
    };
    return response(200, JSON.stringify({ roleCredentials: keys }));
  }
  sent.push({ key, region, url });
  return response(403, "<Error><Code>AccessDenied</Code><Message>intercepted</Message></Error>");
}

function response(statusCode: number, body: string): HttpResponse {
  return new HttpResponse({
    statusCode,
    headers: {},
    body: new Blob([body]).stream(),
  });
}

/** The id of a key that depends on all that it was asked for with. */
function temporary(...parts: string[]): string {
  const digest = createHash("sha256").update(parts.join("|")).digest("hex");
  return `ASIA${digest.slice(0, 16).toUpperCase()}`;
}
