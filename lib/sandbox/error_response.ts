/**
 * Writes errors in the format of each service.
 *
 * @module
 */
import { Answer } from "./answer.ts";
import type { ServiceError, ServiceName } from "./operation.ts";
import { document, element } from "./xml.ts";

/** XML namespaces of the services that speak the query protocol. */
export const NAMESPACES = {
  iam: "https://iam.amazonaws.com/doc/2010-05-08/",
  sts: "https://sts.amazonaws.com/doc/2011-06-15/",
} as const;

/** Makes the response that reports an error. */
export function errorResponse(
  error: ServiceError,
  service: ServiceName,
  request: { method: string; requestId: string },
): Answer {
  const type = service === "s3" ? "application/xml" : "text/xml";
  const headers = { "content-type": type, ...error.headers };
  const isEmpty = request.method === "HEAD" || error.status === 304;
  const body = service === "s3"
    ? s3Error(error, request.requestId)
    : queryError(error, service, request.requestId);
  return new Answer(isEmpty ? null : body, { status: error.status, headers });
}

function queryError(error: ServiceError, service: "iam" | "sts", requestId: string): string {
  return document(
    "ErrorResponse",
    NAMESPACES[service],
    element(
      "Error",
      element("Type", error.status < 500 ? "Sender" : "Receiver"),
      element("Code", error.code),
      element("Message", error.message),
    ),
    element("RequestId", requestId),
  );
}

function s3Error(error: ServiceError, requestId: string): string {
  const root = element(
    "Error",
    element("Code", error.code),
    element("Message", error.message),
    ...Object.entries(error.details).map(([name, value]) => element(name, value)),
    element("RequestId", requestId),
    element("HostId", hostId(requestId)),
  );
  return '<?xml version="1.0" encoding="UTF-8"?>\n' + root.markup;
}

/** S3's second request id, here made from the first. */
export function hostId(requestId: string): string {
  return btoa(requestId.repeat(2));
}
