/**
 * What `create` looks at before it changes anything.
 *
 * @module
 */
import { mapOrdered } from "../../concurrency.ts";
import type { IAM } from "@aws-sdk/client-iam";
import type {
  AccessKeyFacts,
  CreateFacts,
  ResolvedRequest,
  RoleFacts,
  UserFacts,
} from "../types.ts";
import { S3CredentialsError } from "../../errors.ts";
import { isFullAccessArn, ROLE_NAME } from "../defaults.ts";
import { type Aws, connectionOf } from "../../aws/connect.ts";
import { accountOfArn } from "../../policy/language/principal.ts";
import { accessKeysOf } from "../../account/iam_calls.ts";
import { decodeDocument } from "../../account/iam_document.ts";
import { iamPages } from "../../aws/listing.ts";
import {
  httpStatus,
  isMissing,
  isUnsupportedOperation,
  namedRegion,
  serviceError,
} from "../../aws/service_error.ts";
import { DEFAULT_REGION } from "../../partitions.ts";

/**
 * Looks at the buckets, the user or the role, and the caller, all at the same time.
 *
 * @throws {S3CredentialsError} if something may not be looked at; bad credentials come first
 */
export async function gatherFacts(aws: Aws, request: ResolvedRequest): Promise<CreateFacts> {
  const { buckets, user, session, kms } = request;
  const needsRole = session !== undefined && session.roleArn === undefined;
  const caller = findCaller(aws);
  const [region, existingBuckets, encryptionKeys, foundUser, role, callerArn] = await all([
    connectionOf(aws).region(),
    findBuckets(aws, buckets),
    kms ? findEncryptionKeys(aws, buckets) : undefined,
    user && findUser(aws, user.name),
    needsRole ? findRole(aws) : undefined,
    // Servers of other makers may not have this call; only the trust of a new role depends on it.
    needsRole ? caller : caller.catch(() => undefined),
  ]);
  return {
    region: region === DEFAULT_REGION ? undefined : region,
    existingBuckets,
    encryptionKeys,
    user: foundUser,
    role,
    callerArn,
  };
}

/** Those of the existing buckets that another account owns, as far as that can be told. */
export async function findForeignBuckets(
  aws: Aws,
  { callerArn, existingBuckets }: CreateFacts,
): Promise<string[]> {
  const account = accountOfArn(callerArn ?? "");
  if (!account || existingBuckets.size === 0) return [];
  const s3 = await aws.s3();
  const isForeign = ([bucket]: readonly [string, unknown]) =>
    s3.headBucket({ Bucket: bucket, ExpectedBucketOwner: account })
      .then(() => false, (error) => httpStatus(error) === 403);
  const found = await mapAll(existingBuckets, isForeign);
  return [...existingBuckets.keys()].filter((_, index) => found[index]);
}

/** Waits for all, and of several failures throws the one that explains the others. */
async function all<T extends readonly unknown[]>(
  work: T,
): Promise<{ -readonly [K in keyof T]: Awaited<T[K]> }> {
  const settled = await Promise.allSettled(work);
  const failures = settled.flatMap((one) => one.status === "rejected" ? [one.reason] : []);
  if (failures.length > 0) {
    throw failures.find((error) =>
      error instanceof S3CredentialsError && error.code === "credentials"
    ) ?? failures[0];
  }
  return settled.map((one) => (one as PromiseFulfilledResult<unknown>).value) as never;
}

async function findBuckets(
  aws: Aws,
  names: readonly string[],
): Promise<Map<string, string | undefined>> {
  const found = await mapAll(names, (name) => findBucket(aws, name));
  return new Map(names.flatMap((name, index) => {
    const bucket = found[index];
    return bucket === undefined ? [] : [[name, bucket.region]];
  }));
}

/** The KMS keys with which buckets encrypt, except the one that S3 manages for the account. */
export async function findEncryptionKeys(
  aws: Aws,
  names: readonly string[],
): Promise<Map<string, string>> {
  const s3 = await aws.s3();
  const keys = await mapAll(names, (bucket) =>
    s3.getBucketEncryption({ Bucket: bucket }).then(
      ({ ServerSideEncryptionConfiguration: found }) =>
        found?.Rules?.[0]?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID,
      // It is only good to know, and many callers may not read it, or not yet.
      () => undefined,
    ));
  return new Map(names.flatMap((name, index) => {
    const key = keys[index];
    return key && !/(^|:)alias\/aws\/s3$/.test(key) ? [[name, key]] : [];
  }));
}

/** The bucket's region, if S3 names it; `undefined` if there is no such bucket. */
async function findBucket(
  aws: Aws,
  bucket: string,
): Promise<{ region: string | undefined } | undefined> {
  const s3 = await aws.s3();
  try {
    const { BucketRegion } = await s3.headBucket({ Bucket: bucket });
    return { region: BucketRegion };
  } catch (error) {
    switch (httpStatus(error)) {
      case 404:
        return undefined;
      case 301:
        throw new S3CredentialsError(
          "aws",
          `Bucket ${bucket} is in region ${namedRegion(error) ?? "unknown"}, and this endpoint ` +
            "does not reach it",
          { hint: `Try again with \`region\` ${namedRegion(error) ?? "REGION"}` },
        );
      case 400:
      case 403:
        return await findBucketByListing(aws, bucket);
      default:
        throw serviceError(error, `Could not look at bucket ${bucket}`);
    }
  }
}

/** HeadBucket refuses without a word; a listing is allowed or refused alike, but says why. */
async function findBucketByListing(
  aws: Aws,
  bucket: string,
): Promise<{ region: undefined } | undefined> {
  const s3 = await aws.s3();
  try {
    await s3.listObjectsV2({ Bucket: bucket, MaxKeys: 1 });
    return { region: undefined };
  } catch (thrown) {
    if (isMissing(thrown)) return undefined;
    const error = serviceError(thrown, `Could not look at bucket ${bucket}`);
    if (error.code !== "access-denied") throw error;
    throw new S3CredentialsError(
      "access-denied",
      `Bucket ${bucket} exists, but it belongs to another account or these credentials may not ` +
        "see it",
      {
        cause: error.cause,
        hint: "Choose another name, or use credentials that have s3:ListBucket on the bucket",
      },
    );
  }
}

/** What is known of a user; `undefined` if it doesn't exist. */
export async function findUser(aws: Aws, name: string): Promise<UserFacts | undefined> {
  const iam = await aws.iam();
  const user = await ifPresent(
    iam.getUser({ UserName: name }),
    `Could not look at user ${name}`,
  );
  if (user === undefined) return undefined;
  const { UserName = name, PermissionsBoundary } = user.User ?? {};
  if (UserName !== name) throw otherCase(name, UserName);
  const [accessKeys, inlinePolicies, managedPolicies, groups] = await all([
    ifAllowed(findAccessKeys(iam, name), `Could not list the access keys of user ${name}`),
    ifAllowed(findInlinePolicies(iam, name), `Could not read the policies of user ${name}`),
    ifSupported(findManagedPolicies(iam, name), `Could not list the policies of user ${name}`),
    ifSupported(findGroups(iam, name), `Could not list the groups of user ${name}`),
  ]);
  const permissionsBoundary = PermissionsBoundary?.PermissionsBoundaryArn;
  return { permissionsBoundary, accessKeys, inlinePolicies, managedPolicies, groups };
}

/** IAM's names differ in more than upper and lower case, so that a user is found by either. */
export function otherCase(name: string, existing: string, cause?: unknown): S3CredentialsError {
  return new S3CredentialsError("conflict", `Could not create user ${name}: ${existing} exists`, {
    cause,
    hint: `User ${existing} differs in upper and lower case only, which IAM does not allow: use ` +
      "this name as `username`, or another one",
  });
}

async function findAccessKeys(iam: IAM, userName: string): Promise<AccessKeyFacts[]> {
  return await mapAll(
    accessKeysOf(iam, userName),
    async ({ AccessKeyId: accessKeyId = "", Status: status, CreateDate }) => {
      const used = await ifAllowed(
        iam.getAccessKeyLastUsed({ AccessKeyId: accessKeyId }),
        `Could not see when key ${accessKeyId} was last used`,
      );
      return {
        accessKeyId,
        status,
        createDate: CreateDate,
        lastUsedDate: used && (used.AccessKeyLastUsed?.LastUsedDate ?? null),
      };
    },
  );
}

async function findInlinePolicies(iam: IAM, userName: string): Promise<Map<string, string>> {
  const names = iamPages(
    (page) => iam.listUserPolicies({ UserName: userName, ...page }),
    (page) => page.PolicyNames,
  );
  const policies = await mapAll(names, async (policyName) => {
    const { PolicyDocument: text = "" } = await iam.getUserPolicy({
      UserName: userName,
      PolicyName: policyName,
    });
    return [policyName, decodeDocument(text)] as const;
  });
  return new Map(policies);
}

function findManagedPolicies(iam: IAM, userName: string): Promise<string[]> {
  const policies = iamPages(
    (page) => iam.listAttachedUserPolicies({ UserName: userName, ...page }),
    (page) => page.AttachedPolicies,
  );
  return Array.fromAsync(policies, ({ PolicyName = "" }) => PolicyName);
}

function findGroups(iam: IAM, userName: string): Promise<string[]> {
  const groups = iamPages(
    (page) => iam.listGroupsForUser({ UserName: userName, ...page }),
    (page) => page.Groups,
  );
  return Array.fromAsync(groups, ({ GroupName = "" }) => GroupName);
}

async function findRole(aws: Aws): Promise<RoleFacts | undefined> {
  const iam = await aws.iam();
  const found = await ifPresent(
    iam.getRole({ RoleName: ROLE_NAME }),
    `Could not look at role ${ROLE_NAME}`,
  );
  if (found?.Role === undefined) return undefined;
  const policies = iamPages(
    (page) => iam.listAttachedRolePolicies({ RoleName: ROLE_NAME, ...page }),
    (page) => page.AttachedPolicies,
  );
  const attached = await ifAllowed(
    Array.fromAsync(policies),
    `Could not list the policies of role ${ROLE_NAME}`,
  );
  return {
    arn: found.Role.Arn ?? "",
    maxSessionDuration: found.Role.MaxSessionDuration ?? 3600,
    hasFullAccess: attached?.some((policy) => isFullAccessArn(policy.PolicyArn)) ?? true,
  };
}

async function findCaller(aws: Aws): Promise<string> {
  try {
    const sts = await aws.sts();
    return (await sts.getCallerIdentity({})).Arn ?? "";
  } catch (error) {
    throw serviceError(error, "Could not find out who is calling");
  }
}

async function ifPresent<T>(call: Promise<T>, action: string): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw serviceError(error, action);
  }
}

/** A caller who may create but not look can do without what is only good to know. */
async function ifAllowed<T>(call: Promise<T>, action: string): Promise<T | undefined> {
  try {
    return await call;
  } catch (cause) {
    const error = serviceError(cause, action);
    if (error.code === "access-denied") return undefined;
    throw error;
  }
}

/** The same for a call that a server of another maker may not have. */
async function ifSupported<T>(call: Promise<T>, action: string): Promise<T | undefined> {
  return await ifAllowed(
    call.catch((error) => {
      if (isUnsupportedOperation(error)) return undefined;
      throw error;
    }),
    action,
  );
}

function mapAll<T, R>(
  items: Iterable<T> | AsyncIterable<T>,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  return Array.fromAsync(mapOrdered(items, work));
}
