/**
 * Uploads by the form of a browser: its fields, its policy, and the request that it stands for. See
 * https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { isObject } from "../../is_object.ts";
import type { Content } from "../content.ts";
import { type SandboxRequest, ServiceError } from "../operation.ts";
import { bucketOfHost } from "../wire.ts";
import { invalidArgument, malformedXml, missingField } from "./errors.ts";
import { childOf, childrenOf, parseXml, textOf } from "../xml.ts";

/** What a form holds. */
export interface UploadForm {
  /** Fields before the file, by name in lower case. */
  fields: ReadonlyMap<string, string>;
  /** The content of the file. */
  file: Content;
}

/** Whether a request is the form of a browser: a POST to a bucket that names no operation. */
export function isFormUpload({ method, headers, rawPath }: SandboxRequest): boolean {
  if (method !== "POST" || headers.has("authorization")) return false;
  const [path = "", query] = rawPath.split("?");
  const isBucket = bucketOfHost(headers.get("host") ?? "") === undefined
    ? /^\/[^/]+\/?$/.test(path)
    : path === "/";
  return isBucket && (query ?? "") === "" &&
    /^multipart\/form-data\b/i.test(headers.get("content-type") ?? "");
}

function malformedForm(): ServiceError {
  return new ServiceError(
    400,
    "MalformedPOSTRequest",
    "The body of your POST request is not well-formed multipart/form-data.",
  );
}

/** Reads a form; what follows the file is ignored, as S3 does. */
export function readForm({ headers, body }: SandboxRequest): UploadForm {
  const [, quoted, plain] =
    /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(headers.get("content-type") ?? "") ?? [];
  const boundary = quoted ?? plain;
  if (boundary === undefined) throw malformedForm();
  const delimiter = `\r\n--${boundary}`;
  const fields = new Map<string, string>();
  let position = body.indexOf(`--${boundary}`);
  while (position >= 0) {
    const start = body.indexOf("\r\n", position);
    const headEnd = body.indexOf("\r\n\r\n", start);
    const end = headEnd < 0 ? -1 : body.indexOf(delimiter, headEnd + 2);
    if (start < 0 || end < 0) break;
    const head = body.slice(start, headEnd).text();
    const name = /\bname="([^"]*)"/i.exec(head)?.[1]?.toLowerCase();
    if (name === undefined) throw malformedForm();
    const content = body.slice(headEnd + 4, Math.max(headEnd + 4, end));
    if (name === "file") {
      const path = /\bfilename="([^"]*)"/i.exec(head)?.[1];
      // Without a name there is none to put into the key.
      if (path === undefined) return { fields, file: content };
      const filename = path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
      const key = fields.get("key");
      if (key !== undefined) fields.set("key", key.replaceAll("${filename}", filename));
      return { fields, file: content };
    }
    fields.set(name, content.text());
    position = end + 2;
  }
  if (fields.size === 0) throw malformedForm();
  throw invalidArgument("POST requires exactly one file upload per request.", "file", "0");
}

function refused(why: string): ServiceError {
  return new ServiceError(403, "AccessDenied", `Invalid according to Policy: ${why}`);
}

function invalidPolicy(why: string): ServiceError {
  return new ServiceError(400, "InvalidPolicyDocument", `Invalid Policy: ${why}`);
}

const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** Fields that need no condition. */
const FREE = /^(?:x-amz-signature|signature|awsaccesskeyid|policy|file|x-ignore-.*)$/;

/** Throws unless the policy of a form has not expired and allows its fields and its file. */
export function checkFormPolicy({ fields, file }: UploadForm, bucket: string, now: Date): void {
  const text = fields.get("policy");
  if (text === undefined) return;
  let policy: unknown;
  try {
    policy = JSON.parse(Buffer.from(text, "base64").toString());
  } catch {
    throw invalidPolicy("Invalid JSON.");
  }
  if (!isObject(policy)) throw invalidPolicy("Invalid JSON.");
  const { expiration, conditions } = policy;
  if (typeof expiration !== "string") throw invalidPolicy("Policy missing expiration.");
  if (!Array.isArray(conditions)) throw invalidPolicy("Policy missing conditions.");
  const expires = ISO_TIME.test(expiration) ? Date.parse(expiration) : NaN;
  if (Number.isNaN(expires)) throw invalidPolicy(`Invalid 'expiration' value: '${expiration}'`);
  if (expires <= now.getTime()) throw refused("Policy expired.");
  const values = new Map([...fields, ["bucket", bucket]]);
  const named = new Set(["bucket"]);
  for (const condition of conditions.map(inWords)) {
    const name = checkCondition(condition, values, file.length);
    if (name !== undefined) named.add(name);
  }
  const extra = [...fields.keys()].find((name) => !FREE.test(name) && !named.has(name));
  if (extra !== undefined) throw refused(`Extra input fields: ${extra}`);
}

/** An object stands for a condition of equality on its one field. */
function inWords(condition: unknown): unknown {
  if (!isObject(condition)) return condition;
  const [field, another] = Object.entries(condition);
  if (field === undefined || another !== undefined) {
    throw invalidPolicy(
      "Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.",
    );
  }
  return ["eq", `$${field[0]}`, field[1]];
}

/** Checks one condition and returns the field that it is about. */
function checkCondition(
  condition: unknown,
  values: ReadonlyMap<string, string>,
  size: number,
): string | undefined {
  if (!Array.isArray(condition) || condition.length !== 3) {
    throw invalidPolicy("Invalid JSON.");
  }
  const [operator, first, second] = condition;
  const kind = String(operator).toLowerCase();
  const failed = refused(`Policy Condition failed: ["${kind}", "${first}", "${second}"]`);
  if (kind === "content-length-range") {
    const [min, max] = [Number(first), Number(second)];
    if (Number.isNaN(min) || Number.isNaN(max)) throw failed;
    checkSize(min, max, size);
    return undefined;
  }
  if (typeof first !== "string" || typeof second !== "string") {
    throw invalidPolicy("Invalid Condition.");
  }
  if (!first.startsWith("$")) throw failed;
  const name = first.slice(1).toLowerCase();
  const value = values.get(name) ?? "";
  const holds = kind === "eq"
    ? value === second
    : kind === "starts-with"
    ? value.startsWith(second)
    : undefined;
  if (holds === undefined) throw invalidPolicy(`Invalid Condition: unknown operation '${kind}'.`);
  if (!holds) throw failed;
  return name;
}

function checkSize(min: number, max: number, size: number): void {
  if (size < min) {
    throw new ServiceError(
      400,
      "EntityTooSmall",
      "Your proposed upload is smaller than the minimum allowed size",
      { details: { ProposedSize: String(size), MinSizeAllowed: String(min) } },
    );
  }
  if (size <= max) return;
  throw new ServiceError(
    400,
    "EntityTooLarge",
    "Your proposed upload exceeds the maximum allowed size",
    { details: { ProposedSize: String(size), MaxSizeAllowed: String(max) } },
  );
}

/** Fields of a form that are headers of an upload under another name. */
const RENAMED: Record<string, string> = { acl: "x-amz-acl" };
const HEADERS = /^(?:cache-control|content-(?:type|disposition|encoding)|expires|x-amz-.+)$/;
/** Fields about the signature, and how to answer. */
const NOT_OF_UPLOAD =
  /^x-amz-(?:algorithm|credential|date|signature|security-token|content-sha256)$/;

/** The upload that a form stands for: its key in the path, its fields in the headers. */
export function uploadOfForm(
  request: SandboxRequest,
  { fields, file }: UploadForm,
): SandboxRequest {
  const key = fields.get("key");
  if (!key) throw missingField("key");
  const headers = new Map([["host", request.headers.get("host") ?? ""]]);
  for (const [name, value] of fields) {
    const header = RENAMED[name] ?? name;
    if (HEADERS.test(header) && !NOT_OF_UPLOAD.test(header)) {
      headers.set(header, Buffer.from(value).toString("latin1"));
    }
  }
  for (const name of ["success_action_status", "success_action_redirect", "redirect"]) {
    const value = fields.get(name);
    if (value !== undefined) headers.set(`x-form-${name.replace("success_action_", "")}`, value);
  }
  const tagging = fields.get("tagging");
  if (tagging !== undefined) headers.set("x-amz-tagging", taggingHeader(tagging));
  const path = request.rawPath.split("?")[0]!.replace(/\/$/, "");
  const rawPath = `${path}/${encodeURIComponent(key)}`;
  return { ...request, rawPath, headers, body: file, isForm: true };
}

/** A form sets tags by a document, an upload by a header. */
function taggingHeader(text: string): string {
  const root = parseXml(text);
  if (root === undefined) throw malformedXml();
  const pairs = childrenOf(childOf(root, "TagSet"), "Tag")
    .map((tag) => [textOf(tag, "Key") ?? "", textOf(tag, "Value") ?? ""]);
  return new URLSearchParams(pairs).toString();
}
