/**
 * What the cases from AWS's documentation are made of: a bucket, a user, a role, policies on all of
 * them, one request, and what AWS's documentation says becomes of it.
 */
import type { CreateUserCommandInput, IAM } from "@aws-sdk/client-iam";
import type { S3 } from "@aws-sdk/client-s3";
import type { STS } from "@aws-sdk/client-sts";

/** The account of the user and the role, and one that only ever owns a bucket. */
export const ACCOUNT = "123456789012";
export const PARTNER = "222222222222";

/** The bucket that the cases are about, and one whose name starts like it. */
export const BUCKET = "photos";
export const NEIGHBOUR = "photos-archive";
export const BUCKET_ARN = `arn:aws:s3:::${BUCKET}`;
export const OBJECTS = `${BUCKET_ARN}/*`;
export const EVERYTHING = [BUCKET_ARN, OBJECTS];

export const USER = "alice";
export const ROLE = "reader";
export const SESSION = "monday";
export const USER_ARN = `arn:aws:iam::${ACCOUNT}:user/${USER}`;
export const ROLE_ARN = `arn:aws:iam::${ACCOUNT}:role/${ROLE}`;
export const SESSION_ARN = `arn:aws:sts::${ACCOUNT}:assumed-role/${ROLE}/${SESSION}`;
/** Stands in a bucket policy for the canonical user id of the account. */
export const CANONICAL_ID = "CANONICAL-USER-ID";
export const ACCOUNT_ARN = `arn:aws:iam::${ACCOUNT}:root`;

/** Both buckets hold these; the first is tagged `environment=production`. */
export const TAGGED_KEY = "reports/2026.csv";
export const KEYS = [
  TAGGED_KEY,
  "home/alice/plan.txt",
  "home/bob/plan.txt",
  "home/${aws:username}/plan.txt",
  "public/logo.png",
  "secret.txt",
];

export type Condition = Record<string, Record<string, unknown>>;
export type Statement = Record<string, unknown>;

/** Statements in the current version of the language, or a whole document. */
export type Policy = Statement[] | { Version?: string; Statement: Statement[] };

function statement(
  Effect: "Allow" | "Deny",
  Action: string | string[],
  Resource: string | string[],
  Condition?: Condition,
): Statement {
  return { Effect, Action, Resource, ...(Condition && { Condition }) };
}

/** A statement of an identity policy, a boundary or a session policy that allows. */
export function allow(
  action: string | string[],
  resource: string | string[] = "*",
  condition?: Condition,
): Statement {
  return statement("Allow", action, resource, condition);
}

/** A statement of an identity policy, a boundary or a session policy that denies. */
export function deny(
  action: string | string[],
  resource: string | string[] = "*",
  condition?: Condition,
): Statement {
  return statement("Deny", action, resource, condition);
}

/** The same statement for a bucket policy or a trust policy, which have principals. */
export function to(principal: unknown, { Effect, ...rest }: Statement): Statement {
  const Principal = typeof principal === "string" && principal !== "*"
    ? { AWS: principal }
    : principal;
  return { Effect, Principal, ...rest };
}

export interface Clients {
  s3: S3;
  iam: IAM;
  sts: STS;
}

/** Sends a request; what the administrator made for it beforehand is handed over. */
export type Request = (as: Clients, prepared: string) => Promise<unknown>;

type PolicyKind =
  | "an identity-based policy"
  | "a resource-based policy"
  | "a permissions boundary"
  | "a session policy";

/**
 * What becomes of the request. `denied` without a reason stands where several policies are silent,
 * or where AWS says no more than that.
 */
export type Verdict =
  | "allowed"
  | "404 NoSuchKey"
  | "denied"
  | `with an explicit deny in ${PolicyKind}`
  | "because no identity-based policy allows it"
  | "because no permissions boundary allows it"
  | "because no session policy allows it"
  | "because no resource-based policy allows it";

/** Whether a verdict is one of the many ways to say no. */
export function isDenial(verdict: Verdict): boolean {
  return verdict !== "allowed" && verdict !== "404 NoSuchKey";
}

/** What is said where one policy alone decides. */
export const NOT_GRANTED: Verdict = "because no identity-based policy allows it";
export const DENIED_BY_IDENTITY: Verdict = "with an explicit deny in an identity-based policy";
export const DENIED_BY_BUCKET: Verdict = "with an explicit deny in a resource-based policy";

/** All that a case lays down before the request is sent. What is left out is not there. */
export interface Scene {
  /** Inline policy of the user, who sends the request unless `role` or `anonymous` is given. */
  user?: Policy;
  /** The user's tags, as `key=value`. */
  tags?: string[];
  /** Boundary of the user, or of the role if there is one. */
  boundary?: Policy;
  /** Inline policy of the role; its session then sends the request. */
  role?: Policy;
  /** Session policy, passed to AssumeRole. */
  session?: Policy;
  /** Nobody signs the request. */
  anonymous?: true;
  /** Policy of the bucket, and whether its public access block is taken away first. */
  bucket?: Policy;
  open?: true;
  /** Turned on after the policy has been set. */
  restrictPublicBuckets?: true;
  /** Another account owns the bucket. */
  partnerOwned?: true;
  /** What the administrator does besides; the result is handed to the request. */
  prepare?(admin: Clients): Promise<string>;
  /** The request goes over plain HTTP, as far as `aws:SecureTransport` says. */
  insecure?: true;
}

export interface Case extends Scene {
  name: string;
  request: Request;
  expect: Verdict;
}

/** Cases that follow from one page of AWS's documentation. */
export interface Group {
  /** What the page says, in one sentence of our own. */
  rule: string;
  page: string;
  cases: Case[];
}

const IAM_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/";
const S3_GUIDE = "https://docs.aws.amazon.com/AmazonS3/latest/userguide/";
const S3_API = "https://docs.aws.amazon.com/AmazonS3/latest/API/API_";

export const iamGuide = (page: string): string => `${IAM_GUIDE}${page}.html`;
export const s3Guide = (page: string): string => `${S3_GUIDE}${page}.html`;
export const s3Api = (operation: string): string => `${S3_API}${operation}.html`;

export const get = (Key: string, Bucket = BUCKET): Request => ({ s3 }) =>
  s3.getObject({ Bucket, Key });
export const head = (Key: string): Request => ({ s3 }) => s3.headObject({ Bucket: BUCKET, Key });
export const put = (Key: string, more: Record<string, unknown> = {}): Request => ({ s3 }) =>
  s3.putObject({ Bucket: BUCKET, Key, Body: "hello", ...more });
export const remove = (Key: string): Request => ({ s3 }) =>
  s3.deleteObject({ Bucket: BUCKET, Key });
export const list = (more: Record<string, unknown> = {}, Bucket = BUCKET): Request => ({ s3 }) =>
  s3.listObjectsV2({ Bucket, ...more });
export const listBuckets: Request = ({ s3 }) => s3.listBuckets({});
export const createUser = (more: Partial<CreateUserCommandInput> = {}): Request => ({ iam }) =>
  iam.createUser({ UserName: "newcomer", ...more });

/** The statement and the request that most cases are about, and a statement about neither. */
export const READ = allow("s3:GetObject", OBJECTS);
export const READ_LOGO = get("public/logo.png");
export const SILENT = allow("s3:GetBucketTagging", BUCKET_ARN);

/** The user puts an object under a statement with this resource. */
export function putting(resource: string, key: string, expect: Verdict): Case {
  const user = [allow("s3:PutObject", `${BUCKET_ARN}/${resource}`)];
  return { name: `${resource} for the key ${key}`, user, request: put(key), expect };
}

/** A user who may read under a condition reads. */
export function reading(
  name: string,
  condition: Condition,
  expect: Verdict,
  scene: Scene = {},
): Case {
  const user = [allow("s3:GetObject", OBJECTS, condition)];
  return { name, user, request: READ_LOGO, expect, ...scene };
}

/** A user who may read, but not under a condition, reads. */
export function notReading(
  name: string,
  condition: Condition,
  expect: Verdict,
  scene: Scene = {},
): Case {
  const user = [allow("s3:*"), deny("s3:*", "*", condition)];
  return { name, user, request: READ_LOGO, expect, ...scene };
}

/** A user who may list under a condition lists. */
export function listing(
  name: string,
  condition: Condition,
  parameters: Record<string, unknown>,
  expect: Verdict,
): Case {
  const user = [allow("s3:ListBucket", BUCKET_ARN, condition)];
  return { name, user, request: list(parameters), expect };
}
