/**
 * The errors that AWS returns when authentication fails. S3's wording differs from that of the
 * other services.
 *
 * @module
 */
import { ServiceError, type ServiceName } from "../operation.ts";

/** Ways in which authentication fails. */
export type AuthenticationProblem =
  | "unsigned"
  | "malformed"
  | "malformedQuery"
  | "oldSignature"
  | "malformedV2"
  | "authorizationForm"
  | "authorizationType"
  | "dateMissing"
  | "twoSignatures"
  | "otherService"
  | "unknownKey"
  | "badToken"
  | "expiredToken"
  | "signature"
  | "headersNotSigned"
  | "chunkSignature"
  | "chunkFraming"
  | "chunkTooSmall"
  | "trailer"
  | "trailerName"
  | "lengthMissing"
  | "transferEncoding"
  | "payloadType"
  | "payloadUsage"
  | "payloadHashMissing"
  | "payloadHash"
  | "skewed"
  | "urlExpired"
  | "expiresInvalid"
  | "urlNotYetValid";

type Answer = readonly [status: number, code: string, message: string];

const SIGNATURE_DIFFERS =
  "The request signature we calculated does not match the signature you provided.";
const INVALID_TOKEN = [
  403,
  "InvalidClientTokenId",
  "The security token included in the request is invalid.",
] as const;

const OTHER_SERVICE = [
  501,
  "NotImplemented",
  "The sandbox has IAM, STS and S3, and not the service that the request is signed for",
] as const;

const S3_ANSWERS: Record<AuthenticationProblem, Answer> = {
  unsigned: [403, "AccessDenied", "Access Denied"],
  malformed: [400, "AuthorizationHeaderMalformed", "The authorization header is malformed."],
  malformedQuery: [
    400,
    "AuthorizationQueryParametersError",
    "Error parsing the X-Amz-Credential parameter.",
  ],
  oldSignature: [
    400,
    "InvalidRequest",
    "The authorization mechanism you have provided is not supported. " +
    "Please use AWS4-HMAC-SHA256.",
  ],
  malformedV2: [
    400,
    "InvalidArgument",
    "AWS authorization header is invalid. Expected AwsAccessKeyId:signature",
  ],
  authorizationForm: [
    400,
    "InvalidArgument",
    "Authorization header is invalid -- one and only one ' ' (space) required.",
  ],
  authorizationType: [400, "InvalidArgument", "Unsupported Authorization Type"],
  dateMissing: [
    403,
    "AccessDenied",
    "AWS authentication requires a valid Date or x-amz-date header",
  ],
  twoSignatures: [
    400,
    "InvalidArgument",
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query " +
    "string parameter or the Authorization header should be specified",
  ],
  otherService: OTHER_SERVICE,
  unknownKey: [
    403,
    "InvalidAccessKeyId",
    "The AWS Access Key Id you provided does not exist in our records.",
  ],
  badToken: [400, "InvalidToken", "The provided token is malformed or otherwise invalid."],
  expiredToken: [400, "ExpiredToken", "The provided token has expired."],
  signature: [
    403,
    "SignatureDoesNotMatch",
    `${SIGNATURE_DIFFERS} Check your key and signing method.`,
  ],
  headersNotSigned: [
    403,
    "AccessDenied",
    "There were headers present in the request which were not signed",
  ],
  chunkSignature: [
    403,
    "SignatureDoesNotMatch",
    `${SIGNATURE_DIFFERS} Check your key and signing method.`,
  ],
  chunkFraming: [400, "IncompleteBody", "The request body terminated unexpectedly"],
  chunkTooSmall: [
    403,
    "InvalidChunkSizeError",
    "Only the last chunk is allowed to have a size less than 8192 bytes",
  ],
  trailer: [
    400,
    "MalformedTrailerError",
    "The request contained trailing data that was not well-formed or did not conform to our " +
    "published schema.",
  ],
  trailerName: [
    400,
    "InvalidRequest",
    "The value specified in the x-amz-trailer header is not supported",
  ],
  transferEncoding: [
    501,
    "NotImplemented",
    "A header you provided implies functionality that is not implemented",
  ],
  lengthMissing: [
    411,
    "MissingContentLength",
    "You must provide the Content-Length HTTP header.",
  ],
  payloadType: [
    400,
    "InvalidArgument",
    "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, " +
    "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a valid " +
    "sha256 value.",
  ],
  payloadUsage: [400, "InvalidRequest", "The value of x-amz-content-sha256 header is invalid."],
  payloadHashMissing: [
    400,
    "InvalidRequest",
    "Missing required header for this request: x-amz-content-sha256",
  ],
  payloadHash: [
    400,
    "XAmzContentSHA256Mismatch",
    "The provided 'x-amz-content-sha256' header does not match what was computed.",
  ],
  skewed: [
    403,
    "RequestTimeTooSkewed",
    "The difference between the request time and the current time is too large.",
  ],
  urlExpired: [403, "AccessDenied", "Request has expired"],
  expiresInvalid: [403, "AccessDenied", "Invalid date (should be seconds since epoch)"],
  urlNotYetValid: [403, "AccessDenied", "Request is not valid yet"],
};

const QUERY_SIGNATURE: Answer = [
  403,
  "SignatureDoesNotMatch",
  `${SIGNATURE_DIFFERS} Check your AWS Secret Access Key and signing method. ` +
  "Consult the service documentation for details.",
];

const NOT_STANDARD: Answer = [
  400,
  "IncompleteSignature",
  "The request signature does not conform to standards.",
];

const QUERY_ANSWERS: Record<AuthenticationProblem, Answer> = {
  unsigned: [403, "MissingAuthenticationToken", "Request is missing Authentication Token"],
  malformed: NOT_STANDARD,
  malformedQuery: NOT_STANDARD,
  oldSignature: NOT_STANDARD,
  malformedV2: NOT_STANDARD,
  authorizationForm: NOT_STANDARD,
  authorizationType: NOT_STANDARD,
  dateMissing: NOT_STANDARD,
  twoSignatures: NOT_STANDARD,
  otherService: OTHER_SERVICE,
  unknownKey: INVALID_TOKEN,
  badToken: INVALID_TOKEN,
  expiredToken: [403, "ExpiredToken", "The security token included in the request is expired"],
  signature: QUERY_SIGNATURE,
  headersNotSigned: [
    403,
    "SignatureDoesNotMatch",
    "'Host' must be a 'SignedHeader' in the AWS Authorization.",
  ],
  chunkSignature: QUERY_SIGNATURE,
  chunkFraming: QUERY_SIGNATURE,
  chunkTooSmall: QUERY_SIGNATURE,
  trailer: QUERY_SIGNATURE,
  trailerName: QUERY_SIGNATURE,
  lengthMissing: QUERY_SIGNATURE,
  transferEncoding: QUERY_SIGNATURE,
  payloadType: QUERY_SIGNATURE,
  payloadUsage: QUERY_SIGNATURE,
  payloadHashMissing: QUERY_SIGNATURE,
  payloadHash: QUERY_SIGNATURE,
  skewed: [403, "SignatureDoesNotMatch", "Signature expired"],
  urlExpired: [403, "SignatureDoesNotMatch", "Signature expired"],
  expiresInvalid: [403, "SignatureDoesNotMatch", "Signature expired"],
  urlNotYetValid: [403, "SignatureDoesNotMatch", "Signature not yet current"],
};

/** Makes the error that a service returns; `more` has details, and elements of S3's error document. */
export function authenticationError(
  service: ServiceName,
  problem: AuthenticationProblem,
  more: { because?: string; details?: Record<string, string> } = {},
): ServiceError {
  const [status, code, message] = (service === "s3" ? S3_ANSWERS : QUERY_ANSWERS)[problem];
  const text = more.because ? `${message.replace(/\.$/, "")}: ${more.because}` : message;
  return new ServiceError(status, code, text, service === "s3" ? { details: more.details } : {});
}
