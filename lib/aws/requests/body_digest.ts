/**
 * Digests of the bodies of requests.
 *
 * @module
 */
import type { HttpBody } from "../../http/connection.ts";
import { md5 } from "../../md5.ts";
import { sha256 } from "../../sha256.ts";

type NativeHash = typeof import("node:crypto").createHash;

/** The system's, which takes longer to load than one small body takes with our own. */
let nativeHash: NativeHash | undefined;
/** Bytes that our own may still hash: it has a tenth of the speed. */
let budget = 256 * 1024;

/** SHA-256 of a body, in hexadecimal digits. */
export async function sha256OfBody(body: Uint8Array | HttpBody): Promise<string> {
  const content = smallContent(body);
  if (content !== undefined) return sha256(content);
  return (await digestOfBody("sha256", body)).toString("hex");
}

/** MD5 of a body, as the header `Content-MD5` has it. */
export async function md5OfBody(body: Uint8Array | HttpBody): Promise<string> {
  const content = smallContent(body);
  if (content !== undefined) return md5(content).toBase64();
  return (await digestOfBody("md5", body)).toString("base64");
}

/** What is read at a time of a body that is not in memory. */
const scratch = new Uint8Array(256 * 1024);

/** The content of a body that our own functions hash. */
function smallContent(body: Uint8Array | HttpBody): Uint8Array | undefined {
  if (nativeHash !== undefined || body.length > Math.min(budget, scratch.length)) return undefined;
  budget -= body.length;
  if (body instanceof Uint8Array) return body;
  for (let offset = 0; offset < body.length;) {
    offset += body.readInto(scratch.subarray(offset, body.length), offset);
  }
  return scratch.subarray(0, body.length);
}

async function digestOfBody(algorithm: string, body: Uint8Array | HttpBody) {
  nativeHash ??= (await import("node:crypto")).createHash;
  const digest = nativeHash(algorithm);
  if (body instanceof Uint8Array) return digest.update(body).digest();
  for (let offset = 0; offset < body.length;) {
    const count = body.readInto(scratch.subarray(0, body.length - offset), offset);
    digest.update(scratch.subarray(0, count));
    offset += count;
  }
  return digest.digest();
}
