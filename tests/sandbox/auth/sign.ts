/** A signer for the tests, written apart from the sandbox's own code and from the SDK. */
import { createHash, createHmac } from "node:crypto";
import type { Keys } from "../helpers.ts";

export interface SignOptions {
  service: "iam" | "sts" | "s3";
  keys: Keys;
  method?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
  /** Value of x-amz-content-sha256 in place of the body's digest. */
  contentSha256?: string;
  date?: Date;
  /** @default {"us-east-1"} */
  region?: string;
  /** Makes a presigned URL that is good for so many seconds. */
  expires?: number;
}

export interface Signed {
  url: string;
  init: { method: string; headers: Record<string, string>; body?: BodyInit };
  signature: string;
  scope: string;
  timestamp: string;
  key: Uint8Array;
}

export const hex = (data: string | Uint8Array) => createHash("sha256").update(data).digest("hex");
export const mac = (key: string | Uint8Array, data: string) =>
  new Uint8Array(createHmac("sha256", key).update(data).digest());
export const macHex = (key: Uint8Array, data: string) =>
  createHmac("sha256", key).update(data).digest("hex");

const quote = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => "%" + c.charCodeAt(0).toString(16).toUpperCase(),
  );

/** Signs a request whose path is plain already. */
export function sign(address: string, options: SignOptions): Signed {
  const { service, keys, method = "GET", body = "", date = new Date(), expires } = options;
  const { region = "us-east-1" } = options;
  const url = new URL(address);
  const timestamp = date.toISOString().replace(/[-:]|\.\d+/g, "");
  const scope = `${timestamp.slice(0, 8)}/${region}/${service}/aws4_request`;
  const headers: Record<string, string> = { ...options.headers };
  const inUrl = expires !== undefined;
  if (!inUrl) {
    headers["x-amz-date"] = timestamp;
    if (service === "s3") headers["x-amz-content-sha256"] = options.contentSha256 ?? hex(body);
    if (keys.sessionToken) headers["x-amz-security-token"] = keys.sessionToken;
  }
  const signed: Record<string, string> = { ...headers, host: url.host };
  const names = Object.keys(signed).sort();
  if (inUrl) {
    url.searchParams.set("X-Amz-Algorithm", "AWS4-HMAC-SHA256");
    url.searchParams.set("X-Amz-Credential", `${keys.accessKeyId}/${scope}`);
    url.searchParams.set("X-Amz-Date", timestamp);
    url.searchParams.set("X-Amz-Expires", String(expires));
    url.searchParams.set("X-Amz-SignedHeaders", names.join(";"));
    if (keys.sessionToken) url.searchParams.set("X-Amz-Security-Token", keys.sessionToken);
  }
  const query = [...url.searchParams].map(([k, v]) => `${quote(k)}=${quote(v)}`).sort().join("&");
  const payload = service === "s3"
    ? (inUrl ? "UNSIGNED-PAYLOAD" : headers["x-amz-content-sha256"]!)
    : hex(body);
  const canonical = [
    method,
    url.pathname,
    query,
    ...names.map((name) => `${name}:${signed[name]}`),
    "",
    names.join(";"),
    payload,
  ].join("\n");
  const text = ["AWS4-HMAC-SHA256", timestamp, scope, hex(canonical)].join("\n");
  let key: Uint8Array = new TextEncoder().encode(`AWS4${keys.secretAccessKey}`);
  for (const part of scope.split("/")) key = mac(key, part);
  const signature = macHex(key, text);
  if (inUrl) url.searchParams.set("X-Amz-Signature", signature);
  else {
    headers.authorization = `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}, ` +
      `SignedHeaders=${names.join(";")}, Signature=${signature}`;
  }
  const init: Signed["init"] = { method, headers };
  if (method !== "GET" && method !== "HEAD") init.body = body as BodyInit;
  return { url: url.href, init, signature, scope, timestamp, key };
}

export interface Answer {
  status: number;
  code: string | undefined;
  body: string;
  headers: Headers;
}

/** Sends a request and reads the answer, and the code of an error. */
export async function send({ url, init }: Pick<Signed, "url" | "init">): Promise<Answer> {
  const response = await fetch(url, init);
  const body = await response.text();
  const code = /<Code>(.*?)<\/Code>/.exec(body)?.[1];
  return { status: response.status, code, body, headers: response.headers };
}
