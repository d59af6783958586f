/**
 * Checks of names.
 *
 * @module
 */
import { InvalidInput } from "./errors.ts";

/** The maximum length of the name of a user or role in IAM. */
export const USER_NAME_LIMIT = 64;

const RESERVED_PREFIXES = ["xn--", "sthree-", "amzn-s3-demo-"];
const RESERVED_SUFFIXES = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];

/** How strictly {@linkcode checkBucketName} checks. */
export interface BucketNameOptions {
  /**
   * Whether the bucket will be created, so that today's rules apply.
   *
   * @default {false}
   */
  forNewBucket?: boolean;
}

/**
 * Throws `InvalidInput` unless the text is the name of one bucket and of nothing else.
 *
 * Buckets that exist may have a name of the form that S3 allowed before 2018: 3 to 255 letters,
 * digits, dots, hyphens and underscores. For new buckets the rules are those of
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 */
export function checkBucketName(name: string, options: BucketNameOptions = {}): void {
  const fault = bucketNameFault(name, options.forNewBucket ?? false);
  if (fault !== undefined) {
    throw new InvalidInput(`Invalid bucket name ${JSON.stringify(name)}: ${fault}`);
  }
}

function bucketNameFault(name: string, forNewBucket: boolean): string | undefined {
  if (typeof name !== "string") return "a name is a text";
  if (name.startsWith("arn:")) return "give the name, not the ARN";
  if (/^s3:\/\//i.test(name)) return "give the name alone, without s3://";
  if (name.includes("/")) return "give the name alone, without a slash and what follows it";
  if (!/^[A-Za-z0-9._-]*$/.test(name)) {
    return "a bucket name has letters, digits, dots, hyphens and underscores only";
  }
  if (name.startsWith("-")) return "a bucket name must not begin with a hyphen";
  if (name.length < 3) return "a bucket name has at least 3 characters";
  return forNewBucket ? newBucketNameFault(name) : longNameFault(name, 255);
}

function longNameFault(name: string, limit: number): string | undefined {
  return name.length > limit ? `a bucket name has at most ${limit} characters` : undefined;
}

function newBucketNameFault(name: string): string | undefined {
  const long = longNameFault(name, 63);
  if (long !== undefined) return long;
  if (/[A-Z_]/.test(name)) return "a new bucket's name has no capital letters and no underscores";
  if (!/^[a-z0-9].*[a-z0-9]$/.test(name)) return "it must start and end with a letter or digit";
  if (name.includes("..")) return "it must not have two dots in a row";
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) return "it must not look like an IP address";
  const reserved = RESERVED_PREFIXES.find((prefix) => name.startsWith(prefix)) ??
    RESERVED_SUFFIXES.find((suffix) => name.endsWith(suffix));
  return reserved === undefined ? undefined : `AWS reserves ${reserved}`;
}

/**
 * Throws `InvalidInput` unless IAM allows such a user name, see
 * https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateUser.html
 */
export function checkUserName(name: string): void {
  checkIamName("user", name);
}

/** The same for a role's name, which is not its ARN. */
export function checkRoleName(name: string): void {
  checkIamName("role", name);
}

function checkIamName(kind: "user" | "role", name: string): void {
  if (typeof name !== "string" || !/^[\w+=,.@-]+$/.test(name)) {
    throw new InvalidInput(
      `Invalid ${kind} name ${JSON.stringify(name)}: IAM allows letters, digits and _+=,.@- only`,
    );
  }
  if (name.length > USER_NAME_LIMIT) {
    throw new InvalidInput(
      `Invalid ${kind} name ${JSON.stringify(name)}: it has ${name.length} characters, ` +
        `IAM allows ${USER_NAME_LIMIT}`,
    );
  }
}

/** Throws `InvalidInput` unless it may be the id of a permanent key. */
export function checkAccessKeyId(id: string): void {
  if (/^ASIA/.test(id)) {
    throw new InvalidInput("Invalid access key id: temporary credentials have no key of a user");
  }
  // Not repeated: it may be a secret that was pasted by mistake.
  if (typeof id === "string" && /^[A-Z][A-Z0-9]{15,127}$/.test(id)) return;
  throw new InvalidInput("Invalid access key id: expected one such as AKIAIOSFODNN7EXAMPLE");
}

/** Throws `InvalidInput` unless it is the ARN of a managed policy or of a role. */
export function checkArn(arn: string, kind: "policy" | "role"): void {
  const form = /^arn:[\w-]+:iam::(\w*):(policy|role)\/[\w+=,.@/-]+$/.exec(arn);
  if (form?.[2] !== kind) {
    throw new InvalidInput(
      `Invalid ARN ${JSON.stringify(arn)}: expected arn:aws:iam::ACCOUNT:${kind}/NAME`,
    );
  }
}
