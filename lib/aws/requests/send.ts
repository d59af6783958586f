/**
 * Requests that are signed, sent and logged without the SDK's clients, whose loading takes longer than a
 * short command does.
 *
 * @module
 */
import type { ExchangeOptions, HttpClient, HttpResponse } from "../../http/client.ts";
import type { HttpBody } from "../../http/connection.ts";
import type { AwsCredentialIdentity } from "../credential_types.ts";
import { requestLog } from "../request_log.ts";
import type { Clock } from "./clock.ts";
import { noteDestination } from "./destination.ts";
import { encodeQuery, type Signer, type UnsignedRequest } from "./signature.ts";

/** A request to one service. */
export interface ServiceRequest extends UnsignedRequest {
  /** Scheme, host and port. */
  origin: URL;
  /** AWS's name of the operation, if it is known. */
  operation?: string;
  /** The body. */
  body?: Uint8Array | HttpBody;
}

/** How requests reach a service. */
export interface Route {
  /** The connections. */
  http: HttpClient;
  /** The signatures. */
  signer: Signer;
  /** The time by which requests are signed. */
  clock: Clock;
  /** Called with the lines of each request. */
  onRequest?: (lines: string) => void;
}

/** Signs a request, sends it once and returns the answer, whatever its status. */
export async function sendSigned(
  request: ServiceRequest,
  credentials: AwsCredentialIdentity,
  { http, signer, clock, onRequest }: Route,
  options: ExchangeOptions = {},
): Promise<HttpResponse> {
  const { operation, method, origin, path, query, body, payloadHash } = request;
  const headers = signer.sign(
    { method, path, query, headers: { host: origin.host, ...request.headers }, payloadHash },
    credentials,
    new Date(Date.now() + clock.offsetMs),
  );
  const queryText = encodeQuery(query);
  const target = `${path}${queryText && `?${queryText}`}`;
  const began = performance.now();
  const log = (outcome: number | string) =>
    onRequest?.(requestLog({
      operation,
      method,
      url: `${origin.origin}${target}`,
      headers,
      outcome,
      milliseconds: performance.now() - began,
    }));
  const answer = await http.exchange({ method, origin, target, headers, body }, options)
    .catch((error) => {
      log(error.code ?? error.name);
      noteDestination(error, origin, http.network);
      throw error;
    });
  log(answer.status);
  return answer;
}

/** Whether a status is one of success. */
export function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}
