/**
 * Whether a bucket policy is public, by S3's rules for public access blocks.
 *
 * @module
 */
import { isObject } from "../is_object.ts";

interface Statement {
  Effect?: unknown;
  Principal?: unknown;
  NotPrincipal?: unknown;
  Condition?: Record<string, Record<string, unknown>>;
}

/** Condition keys that, with a fixed value, make a grant to everyone non-public. */
const FIXED_VALUE_KEYS = new Set([
  "aws:principalorgid",
  "aws:principalorgpaths",
  "aws:principalaccount",
  "aws:sourcearn",
  "aws:sourcevpc",
  "aws:sourcevpce",
  "aws:sourceowner",
  "aws:sourceaccount",
  "aws:userid",
  "s3:x-amz-server-side-encryption-aws-kms-key-id",
  "s3:dataaccesspointaccount",
]);
const FIXED_VALUE_OPERATORS = /^(ForAnyValue:)?(StringEquals|StringLike|ArnEquals|ArnLike)$/;
/** Keys whose value may have wildcards behind the account. */
const ARN_KEYS = new Set(["aws:principalarn", "s3:dataaccesspointarn"]);
const ARN_OF_ONE_ACCOUNT = /^arn:[^*?$]+:[^*?$]*:[^*?$]*:\d{12}:/;

/**
 * Whether a bucket policy grants something to everyone, so that `BlockPublicPolicy` refuses it and
 * `RestrictPublicBuckets` keeps other accounts out, see
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html
 */
export function isPublicPolicy(document: unknown): boolean {
  if (!isObject(document)) return true;
  const statements = [document.Statement].flat() as (Statement | undefined)[];
  return statements.some((statement) =>
    statement?.Effect === "Allow" && isForEveryone(statement) && !isNarrowed(statement)
  );
}

function isForEveryone({ Principal: principal, NotPrincipal: others }: Statement): boolean {
  if (others !== undefined) return true;
  if (principal === "*") return true;
  if (typeof principal !== "object" || principal === null) return false;
  const { AWS, Federated } = principal as Record<string, unknown>;
  return [AWS].flat().includes("*") || [Federated].flat().some(isOpenProvider);
}

/** Anyone can sign in with a provider that is no resource of one account, such as a social network. */
function isOpenProvider(provider: unknown): boolean {
  return provider !== undefined && !/^arn:/.test(String(provider));
}

function isNarrowed(statement: Statement): boolean {
  return Object.entries(statement.Condition ?? {}).some(([operator, tests]) =>
    Object.entries(tests).some(([key, expected]) =>
      narrows(operator, key.toLowerCase(), [expected].flat().map(String))
    )
  );
}

function narrows(operator: string, key: string, values: string[]): boolean {
  if (key === "aws:sourceip") return operator === "IpAddress" && values.every(isNarrowRange);
  if (!FIXED_VALUE_OPERATORS.test(operator)) return false;
  if (ARN_KEYS.has(key)) return values.every((value) => ARN_OF_ONE_ACCOUNT.test(value));
  return FIXED_VALUE_KEYS.has(key) && values.every((value) => !/[*?]|\$\{/.test(value));
}

/** S3 takes ranges wider than /8, or /32 in IPv6, for the whole Internet. */
function isNarrowRange(range: string): boolean {
  const [address = "", bits] = range.split("/");
  const isIpv6 = address.includes(":");
  return Number(bits ?? (isIpv6 ? 128 : 32)) >= (isIpv6 ? 32 : 8);
}
