/**
 * S3's errors that several operations return, in S3's words.
 *
 * @module
 */
import { ServiceError } from "../operation.ts";

/** The bucket isn't there. */
export function noSuchBucket(name: string): ServiceError {
  return new ServiceError(404, "NoSuchBucket", "The specified bucket does not exist", {
    details: { BucketName: name },
  });
}

/** The object isn't there, and the caller may know that. */
export function noSuchKey(key: string, headers: Record<string, string> = {}): ServiceError {
  return new ServiceError(404, "NoSuchKey", "The specified key does not exist.", {
    details: { Key: key },
    headers,
  });
}

/** The version isn't there. */
export function noSuchVersion(key: string, versionId: string): ServiceError {
  return new ServiceError(404, "NoSuchVersion", "The specified version does not exist.", {
    details: { Key: key, VersionId: versionId },
  });
}

/** A refusal decided while the operation ran. */
export function accessDenied(message = "Access Denied"): ServiceError {
  return new ServiceError(403, "AccessDenied", message);
}

/** A parameter or header with a value that S3 doesn't take. */
export function invalidArgument(message: string, name: string, value: string): ServiceError {
  return new ServiceError(400, "InvalidArgument", message, {
    details: { ArgumentName: name, ArgumentValue: value },
  });
}

/** A form of a browser without a field that it must have, or with that field after the file. */
export function missingField(name: string): ServiceError {
  return invalidArgument(
    `Bucket POST must contain a field named '${name}'.  If it is specified, please check the order ` +
      "of the fields.",
    name,
    "",
  );
}

/** A request that S3 doesn't accept as a whole. */
export function invalidRequest(message: string): ServiceError {
  return new ServiceError(400, "InvalidRequest", message);
}

/** A body that doesn't follow the schema of its operation. */
export function malformedXml(): ServiceError {
  return new ServiceError(
    400,
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );
}

/** A method that the resource doesn't have, or not for this caller. */
export function methodNotAllowed(
  method: string,
  { details, headers }: { details?: Record<string, string>; headers?: Record<string, string> } = {},
): ServiceError {
  const message = "The specified method is not allowed against this resource.";
  return new ServiceError(405, "MethodNotAllowed", message, {
    details: { Method: method, ...details },
    ...(headers && { headers }),
  });
}

/** A precondition that didn't hold. */
export function preconditionFailed(condition: string): ServiceError {
  return new ServiceError(
    412,
    "PreconditionFailed",
    "At least one of the pre-conditions you specified did not hold",
    { details: { Condition: condition } },
  );
}

/** A part of S3 that the sandbox doesn't have. */
export function notImplemented(message: string): ServiceError {
  return new ServiceError(501, "NotImplemented", message);
}

/** A header that the operation doesn't take, or not with that value. */
export function unsupportedHeader(header: string, additionalMessage?: string): ServiceError {
  return new ServiceError(
    501,
    "NotImplemented",
    "A header you provided implies functionality that is not implemented",
    { details: { Header: header, ...(additionalMessage && { additionalMessage }) } },
  );
}

/** A setting that the bucket doesn't have. */
export function notConfigured(code: string, message: string, bucket: string): ServiceError {
  return new ServiceError(404, code, message, { details: { BucketName: bucket } });
}
