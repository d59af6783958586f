/**
 * The contract of the sandbox's services: a service reads a request into an operation, the operation
 * names the permissions that it needs, and it runs only if they are granted.
 *
 * @module
 */
import type { Account, Bucket, Grant, Session, User } from "./account.ts";
import type { Federation, UserSession } from "./sts/session.ts";
import type { Answer } from "./answer.ts";
import type { Content } from "./content.ts";

/** The services that the sandbox has. */
export type ServiceName = "iam" | "sts" | "s3";

/** An HTTP request whose body has been read whole and whose signature has been checked. */
export interface SandboxRequest {
  method: string;
  /**
   * Path and query exactly as sent in the request line (`/b/../x%2Fy?acl`), neither resolved nor
   * decoded. Signatures and S3 keys are read from it.
   */
  rawPath: string;
  /**
   * The headers by their names in small letters, with the trailers of an `aws-chunked` payload
   * (checksums) among them. A map is read many times faster than a `Headers`.
   */
  headers: ReadonlyMap<string, string>;
  /** The payload, without `aws-chunked` framing. */
  body: Content;
  /** The request id, for error documents. */
  requestId: string;
  /** Whether the form of a browser stood for it. */
  isForm?: boolean;
  /** The kind of signature in the form of a browser: `AWS4-HMAC-SHA256`, or `AWS` for Version 2. */
  formSignature?: "AWS4-HMAC-SHA256" | "AWS" | undefined;
  /** Region that the request was signed for; omitted if it is unsigned. */
  region?: string | undefined;
}

/** Who signed a request. */
export type Caller =
  | { type: "anonymous" }
  | { type: "root"; accessKeyId: string; session?: UserSession }
  | { type: "user"; accessKeyId: string; user: User; session?: UserSession }
  | FederatedCaller
  | { type: "session"; accessKeyId: string; session: Session };

/** A caller with credentials of GetFederationToken. */
export interface FederatedCaller {
  type: "federated";
  accessKeyId: string;
  /** Whose keys made the session; `undefined` for the root user. */
  user: User | undefined;
  session: UserSession;
  federation: Federation;
}

/** One thing that a caller must be allowed to do before an operation runs. */
export interface NeededPermission {
  /** IAM action, such as `s3:GetObject`. */
  action: string;
  /** ARN of the resource, or `*`. */
  resource: string;
  /** Values of the request's condition keys, such as `s3:prefix`. */
  context?: Record<string, string | string[]>;
  /** The bucket whose policy, ACL and public access block take part in the decision. */
  bucket?: Bucket;
  /** The ACL of the object that the permission is for, if it has one of its own. */
  objectAcl?: Grant[] | undefined;
  /** Whether there is no such object: who may list the bucket by its ACL may learn that. */
  objectIsMissing?: boolean;
  /** The account that owns the object, whose policies and ACL count in place of the bucket's. */
  objectOwner?: string | undefined;
  /** A resource policy that takes part, such as a role's trust policy. */
  resourcePolicy?: string;
  /** The policy of the key of KMS that the permission is for. */
  keyPolicy?: string;
  /** ARN of the identity provider that vouches for the caller, who needs no key then. */
  provider?: string;
}

/**
 * Whether the caller has one more permission, decided by the same policies as the operation's own
 * permissions. Never throws for a denial.
 */
export type May = (permission: NeededPermission) => boolean;

/** A request understood by its service. */
export interface Operation {
  /** AWS's name of the API operation, such as `PutUserPolicy`. */
  name: string;
  /** All of these must be allowed; with none the operation is open to any caller with valid keys. */
  permissions: NeededPermission[];
  /** Headers of an AccessDenied response, such as `x-amz-bucket-region`. */
  deniedHeaders?: Record<string, string>;
  /** What is wrong with the request for every caller, such as a bucket that does not exist. */
  fault?: ServiceError;
  /**
   * Throws what else is wrong with it, but can only be known after waiting, such as a token with a
   * wrong signature. Called before the permissions are asked.
   *
   * @param closing ends the waiting
   */
  check?(closing: AbortSignal): Promise<void>;
  /**
   * Does the work. Called once, after the permissions have been granted. `may` decides on
   * permissions that are only known then: each key of DeleteObjects, or whether the caller may
   * learn that a key doesn't exist.
   */
  run(may: May): Answer;
}

/** Turns a request into an operation. May throw a {@linkcode ServiceError} for a bad request. */
export type Service = (
  request: SandboxRequest,
  caller: Caller,
  account: Account,
) => Operation;

/** An error as AWS reports it: code, message and HTTP status. */
export class ServiceError extends Error {
  readonly code: string;
  readonly status: number;
  /** Further elements of the error document, such as `BucketName`. */
  readonly details: Record<string, string>;
  /** Further headers of the answer, such as `x-amz-bucket-region`. */
  readonly headers: Record<string, string>;

  constructor(
    status: number,
    code: string,
    message: string,
    extra: { details?: Record<string, string>; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.name = "ServiceError";
    this.status = status;
    this.code = code;
    this.details = extra.details ?? {};
    this.headers = extra.headers ?? {};
  }
}
