/**
 * What can be set for a bucket: its default retention, lifecycle rules, encryption and CORS rules.
 *
 * @module
 */

/** The retention of objects whose upload asks for no other. */
export interface DefaultRetention {
  /** Who may end it early: those with a permission for it, or nobody. */
  mode: "GOVERNANCE" | "COMPLIANCE";
  /** What is counted. */
  unit: "Days" | "Years";
  /** How many. */
  count: number;
}

/** A rule by which objects expire. Days are counted up to a midnight in UTC. */
export interface LifecycleRule {
  /** Unique in its bucket. */
  id: string;
  /** Whether it is in effect. */
  isEnabled: boolean;
  /** Of the keys that it is about. */
  prefix: string;
  /** How many days after it was stored an object expires. */
  days: number | undefined;
  /** When all objects expire. */
  date: Date | undefined;
  /** Whether a delete marker goes once it is all that is left of its key. */
  removesMarkers: boolean;
  /** How many days after there is a newer one a version is removed. */
  noncurrentDays: number | undefined;
  /** How many days after it was started an unfinished upload is removed. */
  abortDays: number | undefined;
}

/** How a bucket encrypts objects by default. */
export interface BucketEncryption {
  /** `AES256` for keys of S3, otherwise keys of KMS. */
  algorithm: "AES256" | "aws:kms" | "aws:kms:dsse";
  /** The key of KMS, as it was named; if omitted, the one that S3 manages for the account. */
  keyId: string | undefined;
  /** Whether one key of the bucket stands between that key and the objects. */
  bucketKey?: boolean;
}

/** A CORS rule in AWS's names. */
export interface CorsRule {
  /** Name of the rule. */
  ID?: string;
  /** Headers that a preflight request may list. */
  AllowedHeaders?: string[];
  /** HTTP methods that are allowed. */
  AllowedMethods: string[];
  /** Origins that are allowed; `*` for any. */
  AllowedOrigins: string[];
  /** Headers that a script may read. */
  ExposeHeaders?: string[];
  /** How long a browser may cache a preflight response. */
  MaxAgeSeconds?: number;
}
