/**
 * Answers the requests of the SDK's clients in this process, as `session.py` answers boto3's.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { HttpResponse } from "@smithy/core/protocols";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { HttpClient } from "../../../lib/http/client.ts";

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

const DENIED = "<Error><Code>AccessDenied</Code><Message>intercepted</Message></Error>";

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

/** The service that a request was signed for, such as `iam`. */
const SERVICES = new WeakMap<Sent, string>();

/** The service of a request that was sent. */
export function serviceOf(sent: Sent): string {
  return SERVICES.get(sent) ?? "";
}

/** Takes the place of the network until it is disposed; notes all that is not answered. */
export function interceptRequests(): Disposable & { sent: Sent[] } {
  const sent: Sent[] = [];
  const { exchange } = HttpClient.prototype;
  HttpClient.prototype.exchange = function ({ origin, target, headers }) {
    const path = target.replace(/\?.*/, "");
    sent.push(noted(headers.authorization ?? "", `${origin.origin}${path}`));
    return Promise.resolve({ status: 403, headers: new Headers(), text: DENIED } as never);
  };
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
    [Symbol.dispose]() {
      NodeHttpHandler.prototype.handle = handle;
      HttpClient.prototype.exchange = exchange;
    },
  };
}

function isUnsigned({ body, path }: SdkRequest): boolean {
  return path.endsWith("/federation/credentials") ||
    String(body).includes("AssumeRoleWithWebIdentity");
}

function answer(request: SdkRequest, sent: Sent[]): HttpResponse {
  const { protocol, hostname, port, path, headers, query = {} } = request;
  const host = port === undefined ? hostname : `${hostname}:${port}`;
  const found = noted(headers.authorization ?? "", `${protocol}//${host}${path}`);
  const { key, region } = found;
  // The older name of the same place, and small letters, as in `session.py`.
  const url = found.url.toLowerCase().replace(
    "https://sts.amazonaws.com",
    "https://sts.us-east-1.amazonaws.com",
  );
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
  sent.push(found);
  return response(403, DENIED);
}

/** As whom and where, by a header with a signature. */
export function noted(authorization: string, address: string): Sent {
  const [, key = "", region = "", service = ""] =
    /Credential=([^/]*)\/\d+\/([^/]*)\/([^/]*)\//.exec(authorization) ?? [];
  const found = { key, region, url: address.replace(/\/+$/, "") };
  SERVICES.set(found, service);
  return found;
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
