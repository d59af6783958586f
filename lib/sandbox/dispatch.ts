/**
 * Takes a request through authentication, fault injection, authorization and its operation.
 *
 * @module
 */
import { setTimeout as sleep } from "node:timers/promises";
import { Answer } from "./answer.ts";
import { abortable } from "../abortable.ts";
import type { Account, Cloud } from "./account.ts";
import {
  authenticate,
  type Authenticated,
  authenticateForm,
  type ReadClaim,
  serviceOf,
} from "./auth/authentication.ts";
import { checkIsDocument, checkIsMeasured, readPayload } from "./auth/payload.ts";
import { readClaim } from "./auth/signature.ts";
import { S3Call } from "./s3/call.ts";
import { corsHeaders, preflight } from "./s3/cors.ts";
import { checkFormPolicy, isFormUpload, readForm, uploadOfForm } from "./s3/form_upload.ts";
import { authorize, type RequestContext } from "./auth/authorize.ts";
import { accessKeyIdOf, identify } from "./caller.ts";
import { Content } from "./content.ts";
import { errorResponse, hostId } from "./error_response.ts";
import type { Fault, FaultList, RequestRecord } from "./faults.ts";
import { iam } from "./iam/service.ts";
import {
  type Caller,
  type NeededPermission,
  type Operation,
  type SandboxRequest,
  type Service,
  ServiceError,
  type ServiceName,
} from "./operation.ts";
import { s3, storesPayload } from "./s3/service.ts";
import { sts } from "./sts/service.ts";
import {
  headersOf,
  type IncomingRequest,
  queryParameters,
  type WireHead,
  type WireRequest,
} from "./wire.ts";

/** The state of a running sandbox. */
export interface SandboxState {
  cloud: Cloud;
  requests: RequestRecord[];
  faults: FaultList;
  /** Called with each request once it is clear how it ends. */
  onRequest?: (record: RequestRecord) => void;
  /** Value of the condition key `aws:SecureTransport`. */
  secureTransport: boolean;
  /** Aborted when the sandbox closes, which ends delays. */
  closing: AbortSignal;
}

/** Thrown where a fault closes the connection instead of answering. */
export class ConnectionCut extends Error {
  override readonly name = "ConnectionCut";
}

const SERVICES: Record<ServiceName, Service> = { iam, sts, s3 };

/** Answers a request. Throws a {@linkcode ConnectionCut} if there is to be no answer. */
export async function dispatch(
  incoming: IncomingRequest,
  state: SandboxState,
): Promise<Answer> {
  const head: WireRequest = { ...incoming, body: EMPTY };
  const claim = attempt(() => readClaim(head));
  const signedFor = serviceOf(head, claim);
  const isRead = isForm(incoming) || signedFor !== "s3";
  const form = isRead ? await incoming.read(MAX_DOCUMENT_BYTES) ?? EMPTY : undefined;
  const wire = form === undefined ? head : { ...incoming, body: form };
  const service = form === undefined ? signedFor : serviceOf(wire, claim);
  const requestId = crypto.randomUUID();
  const record: RequestRecord = {
    service,
    operation: undefined,
    permissions: [],
    decisions: [],
    caller: undefined,
    accessKeyId: undefined,
    status: 0,
    errorCode: undefined,
  };
  state.requests.push(record);
  if (state.requests.length > MAX_REQUESTS) state.requests.splice(0, MAX_REQUESTS / 10);
  let response: Answer;
  try {
    response = await serve(wire, { claim, service, requestId, record, state, incoming, form });
  } catch (error) {
    if (error instanceof ConnectionCut) {
      state.onRequest?.(record);
      throw error;
    }
    const known = error instanceof ServiceError ? error : internalError(error);
    record.errorCode = known.code;
    if (service !== "s3") record.operation ??= new Map(queryParameters(wire)).get("Action");
    response = errorResponse(known, service, { method: wire.method, requestId });
  }
  record.status = response.status;
  state.onRequest?.(record);
  setRequestId(response.headers, service, requestId);
  if (service === "s3") {
    Object.assign(response.headers, corsHeaders(incoming, state.cloud));
  }
  return response;
}

const EMPTY = new Content([]);
/** More than this many requests are not remembered; the oldest go first. */
const MAX_REQUESTS = 10_000;
const MAX_HEADER_BYTES = 8192;
const MAX_DOCUMENT_BYTES = 5 * 1024 * 1024;
const MAX_OBJECT_BYTES = 5 * 1024 * 1024 * 1024;
/** Up to this size a payload is read before it is known whether the caller may store it. */
const SMALL_BYTES = 1024 * 1024;

/** Whether the payload may hold parameters that say which service is called. */
function isForm(incoming: IncomingRequest): boolean {
  return incoming.method === "POST" &&
    (incoming.headers.get("content-type") ?? "").startsWith("application/x-www-form-urlencoded");
}

interface Exchange {
  incoming: IncomingRequest;
  claim: ReadClaim;
  /** The payload, if it has been read already. */
  form: Content | undefined;
  service: ServiceName;
  requestId: string;
  record: RequestRecord;
  state: SandboxState;
}

async function serve(wire: WireRequest, exchange: Exchange): Promise<Answer> {
  const { claim, service, record, state } = exchange;
  if (service === "s3") checkHeaderSize(wire);
  if (service === "s3" && wire.method === "OPTIONS") return preflight(wire, state.cloud);
  const authenticated = authenticate(wire, claim, service, state.cloud);
  const head: SandboxRequest = {
    method: wire.method,
    rawPath: wire.rawPath,
    headers: serviceHeaders(wire.headers, []),
    body: wire.body,
    requestId: exchange.requestId,
    region: authenticated.region,
  };
  identifyIn(record, authenticated);
  const whole = service === "s3" ? await withPayload(head, authenticated, exchange) : head;
  const { caller, account, request } = isFormUpload(head)
    ? formUpload(whole, state.cloud)
    : { ...authenticated, request: whole };
  identifyIn(record, { caller, account });
  const operation = SERVICES[service](request, caller, account);
  describeIn(record, operation);
  const faults = state.faults.matching(record);
  for (const fault of faults) await delay(fault, state.closing);
  for (const fault of faults) if (!fault.after) inject(fault);
  const checked = operation.check ? await afterCheck(operation, state.closing) : operation;
  const outcome = attempt(() =>
    malformed(faults, false) ??
      carryOut(checked, { caller, account }, exchange, contextOf(request, state))
  );
  // An error response is lost like any other.
  for (const fault of faults) if (fault.after) inject(fault);
  const garbled = malformed(faults, true);
  return garbled ?? outcome();
}

/** S3 takes 8 KB of headers. */
function checkHeaderSize({ headers }: WireHead): void {
  let size = 0;
  for (const [name, value] of headers) size += name.length + value.length;
  if (size <= MAX_HEADER_BYTES) return;
  throw new ServiceError(
    400,
    "RequestHeaderSectionTooLarge",
    "Your request header section exceeds the maximum allowed size.",
    { details: { MaxSizeAllowed: String(MAX_HEADER_BYTES) } },
  );
}

/** Reads the payload of a request to S3: a large one only for a caller who may store it. */
async function withPayload(
  head: SandboxRequest,
  { caller, account, signer }: Authenticated,
  { incoming, form, state, record }: Exchange,
): Promise<SandboxRequest> {
  const isObject = isFormUpload(head) || storesPayload(head, caller, account);
  if (!isObject) checkIsDocument(incoming);
  else if (!isFormUpload(head)) checkIsMeasured(incoming);
  const isLarge = declaredSize(incoming) > SMALL_BYTES;
  if (isObject && !isFormUpload(head) && (isLarge || incoming.awaitsContinue)) {
    const operation = s3(head, caller, account);
    describeIn(record, operation);
    demandPermissions(operation, { caller, account }, record, contextOf(head, state));
    // With the payload, they are asked for again.
    record.decisions.length = 0;
  }
  const body = form ?? await incoming.read(isObject ? MAX_OBJECT_BYTES : MAX_DOCUMENT_BYTES);
  if (body === undefined) throw tooLarge(isObject);
  const wire = { ...incoming, body };
  const { body: payload, trailers } = readPayload(wire, signer);
  const headers = trailers.length === 0 ? head.headers : serviceHeaders(wire.headers, trailers);
  return { ...head, body: payload, headers };
}

/** The size of a payload, by its head. */
function declaredSize(head: WireHead): number {
  const length = head.headers.get("content-length");
  return Number(length ?? head.headers.get("x-amz-decoded-content-length") ?? 0);
}

/** The upload that the form of a browser stands for, and who signed its policy. */
function formUpload(
  request: SandboxRequest,
  cloud: Cloud,
): { caller: Caller; account: Account; request: SandboxRequest } {
  const form = readForm(request);
  const { caller, account, region, version } = authenticateForm(form.fields, cloud);
  const upload = uploadOfForm(request, form);
  const { bucketName } = new S3Call(upload, caller, account);
  checkFormPolicy(form, bucketName, cloud.clock.now());
  return { caller, account, request: { ...upload, region, formSignature: version } };
}

/** Who sends a request, and their account. */
type Sender = Pick<Authenticated, "caller" | "account">;

function identifyIn(record: RequestRecord, { caller, account }: Sender): void {
  record.caller = identify(caller, account)?.arn;
  record.accessKeyId = accessKeyIdOf(caller);
}

function describeIn(record: RequestRecord, { name, permissions }: Operation): void {
  record.operation = name;
  record.permissions = permissions.map(({ action, resource }) => ({ action, resource }));
}

function tooLarge(isObject: boolean): ServiceError {
  return isObject
    ? new ServiceError(
      400,
      "EntityTooLarge",
      "Your proposed upload exceeds the maximum allowed object size.",
    )
    : new ServiceError(400, "MaxMessageLengthExceeded", "Your request was too big.");
}

/** The operation, with the fault that its check finds. */
async function afterCheck(operation: Operation, closing: AbortSignal): Promise<Operation> {
  try {
    await operation.check?.(closing);
    return operation;
  } catch (error) {
    return { ...operation, fault: error instanceof ServiceError ? error : internalError(error) };
  }
}

/** Does something now, and returns or throws its outcome later. */
function attempt<T>(action: () => T): () => T {
  try {
    const value = action();
    return () => value;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}

function carryOut(
  operation: Operation,
  sender: Sender,
  { record }: Exchange,
  context: RequestContext,
): Answer {
  demandPermissions(operation, sender, record, context);
  return operation.run((permission) => {
    record.permissions.push({ action: permission.action, resource: permission.resource });
    return denialOf(permission, sender, record, context) === undefined;
  });
}

/** Throws what is wrong with an operation, or the first denial. */
function demandPermissions(
  { fault, permissions, deniedHeaders }: Operation,
  sender: Sender,
  record: RequestRecord,
  context: RequestContext,
): void {
  if (fault !== undefined) throw fault;
  if (permissions.length === 0 && sender.caller.type === "anonymous") {
    throw new ServiceError(403, "AccessDenied", "Access Denied");
  }
  for (const permission of permissions) {
    const denial = denialOf(permission, sender, record, context);
    if (denial !== undefined) {
      throw new ServiceError(403, "AccessDenied", denial, { headers: deniedHeaders });
    }
  }
}

/** Why a permission is denied, if it is; the decision is recorded. */
function denialOf(
  permission: NeededPermission,
  { caller, account }: Sender,
  record: RequestRecord,
  context: RequestContext,
): string | undefined {
  const authorization = authorize(permission, caller, account, context);
  const { action, resource } = permission;
  record.decisions.push({ action, resource, ...authorization });
  return authorization.denial;
}

function contextOf(request: SandboxRequest, state: SandboxState): RequestContext {
  const now = state.cloud.clock.now();
  const userAgent = request.headers.get("user-agent");
  const referer = request.headers.get("referer");
  return {
    "aws:SourceIp": "127.0.0.1",
    "aws:CurrentTime": now.toISOString(),
    "aws:EpochTime": String(Math.floor(now.getTime() / 1000)),
    "aws:SecureTransport": String(state.secureTransport),
    "aws:RequestedRegion": request.region ?? state.cloud.region,
    "aws:ViaAWSService": "false",
    ...(userAgent !== undefined && { "aws:UserAgent": userAgent }),
    ...(referer !== undefined && { "aws:Referer": referer }),
  };
}

function inject({ cut, error }: Fault): void {
  if (cut) throw new ConnectionCut();
  if (error) {
    throw new ServiceError(error.status, error.code, error.message, { headers: error.headers });
  }
}

function malformed(faults: Fault[], after: boolean): Answer | undefined {
  const fault = faults.find((candidate) =>
    candidate.malformedBody !== undefined && (candidate.after ?? false) === after
  );
  return fault && new Answer(fault.malformedBody!, {
    headers: { "content-type": "application/xml" },
  });
}

async function delay({ delayMs = 0, until }: Fault, closing: AbortSignal): Promise<void> {
  if (delayMs === 0 && until === undefined) return;
  try {
    await sleep(delayMs, undefined, { signal: closing });
    await abortable(until ?? Promise.resolve(), closing);
  } catch {
    throw new ConnectionCut();
  }
}

/** Adds the trailers and removes what only concerns the payload's framing. */
function serviceHeaders(
  headers: ReadonlyMap<string, string>,
  trailers: [string, string][],
): ReadonlyMap<string, string> {
  const encoding = headers.get("content-encoding");
  if (encoding === undefined && trailers.length === 0) return headers;
  const all = headersOf([...headers, ...trailers].flat());
  const encodings = (encoding ?? "")
    .replace(/(^|,)\s*aws-chunked\s*(?=,|$)/g, "").replace(/^[,\s]+/, "");
  if (encodings === "") all.delete("content-encoding");
  else all.set("content-encoding", encodings);
  return all;
}

function setRequestId(
  headers: Record<string, string>,
  service: ServiceName,
  requestId: string,
): void {
  if (service === "s3") {
    headers["x-amz-request-id"] = requestId;
    headers["x-amz-id-2"] = hostId(requestId);
  } else headers["x-amzn-requestid"] = requestId;
}

/** A bug in the sandbox itself, worded so that it can be reported. */
function internalError(error: unknown): ServiceError {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new ServiceError(500, "InternalError", `Internal error of the sandbox: ${text}`);
}
