/**
 * Encryption with keys of KMS: a bucket's default, and the permissions on the key that S3 needs from
 * the caller. Nothing is really encrypted.
 *
 * @module
 */
import type { Answer } from "../answer.ts";
import { hostSuffixOf } from "../../partitions.ts";
import type { Bucket, BucketEncryption, StoredObject } from "../account.ts";
import { accountOfArn } from "../accounts.ts";
import { type NeededPermission, ServiceError } from "../operation.ts";
import { childOf, childrenOf, element, optional, textOf } from "../xml.ts";
import { emptyAnswer, onObject, type S3Call, xmlAnswer } from "./call.ts";
import { invalidArgument, malformedXml } from "./errors.ts";

const ALGORITHM = "x-amz-server-side-encryption";
const KEY = "x-amz-server-side-encryption-aws-kms-key-id";
const BUCKET_KEY = "x-amz-server-side-encryption-bucket-key-enabled";
const ALGORITHMS = ["AES256", "aws:kms", "aws:kms:dsse"] as const;

/** PutBucketEncryption. */
export function putBucketEncryption(call: S3Call): Answer {
  const [rule, another] = childrenOf(call.xml("ServerSideEncryptionConfiguration"), "Rule");
  const applied = rule && childOf(rule, "ApplyServerSideEncryptionByDefault");
  const algorithm = ALGORITHMS.find((one) => one === (applied && textOf(applied, "SSEAlgorithm")));
  if (algorithm === undefined || another !== undefined) throw malformedXml();
  const keyId = applied && textOf(applied, "KMSMasterKeyID") || undefined;
  if (keyId !== undefined && algorithm === "AES256") {
    throw new ServiceError(
      400,
      "InvalidArgument",
      "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse",
      { details: { ArgumentName: "ApplyServerSideEncryptionByDefault" } },
    );
  }
  const bucketKey = rule !== undefined && textOf(rule, "BucketKeyEnabled") === "true";
  call.bucket.encryption = { algorithm, keyId, bucketKey };
  return emptyAnswer();
}

/** GetBucketEncryption: each bucket has a default, its own or that of S3. */
export function getBucketEncryption({ bucket }: S3Call): Answer {
  const { algorithm, keyId, bucketKey = false } = encryptionOf(bucket);
  return xmlAnswer(
    "ServerSideEncryptionConfiguration",
    element(
      "Rule",
      element(
        "ApplyServerSideEncryptionByDefault",
        element("SSEAlgorithm", algorithm),
        optional("KMSMasterKeyID", keyId),
      ),
      element("BucketKeyEnabled", bucketKey),
    ),
  );
}

/** DeleteBucketEncryption. */
export function deleteBucketEncryption({ bucket }: S3Call): Answer {
  delete bucket.encryption;
  return emptyAnswer(204);
}

function encryptionOf(bucket: Bucket): BucketEncryption {
  return bucket.encryption ?? { algorithm: "AES256", keyId: undefined };
}

/** How an upload is encrypted, as headers of the object: by its own headers, else the bucket's default. */
export function encryptionHeaders(call: S3Call): Record<string, string> {
  const requested = call.header(ALGORITHM);
  if (requested === undefined) {
    const { algorithm, keyId } = encryptionOf(call.bucket);
    return headersOf(call, algorithm, keyId);
  }
  const algorithm = ALGORITHMS.find((one) => one === requested);
  if (algorithm === undefined) {
    throw invalidArgument(
      "The encryption method specified is not supported",
      ALGORITHM,
      requested,
    );
  }
  return headersOf(call, algorithm, call.header(KEY));
}

function headersOf(
  call: S3Call,
  algorithm: string,
  keyId: string | undefined,
): Record<string, string> {
  const asked = call.header(BUCKET_KEY)?.toLowerCase();
  const withBucketKey = asked === undefined
    ? encryptionOf(call.bucket).bucketKey ?? false
    : asked === "true";
  return {
    [ALGORITHM]: algorithm,
    ...(keyId && { [KEY]: keyArn(call, keyId) }),
    ...(algorithm === "aws:kms" && withBucketKey && { [BUCKET_KEY]: "true" }),
  };
}

/** Of the headers of an object, or of an upload in parts, those about encryption. */
export function encryptionIn(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    [ALGORITHM, KEY, BUCKET_KEY].flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** A key may be named by its ARN or, in the bucket's region and the caller's account, by its id. */
function keyArn({ account, bucket }: S3Call, key: string): string {
  if (key.startsWith("arn:")) return key;
  return `arn:${account.partition}:kms:${bucket.region}:${account.id}:key/${key}`;
}

/** The permission to encrypt an upload. */
export function encryptNeeds(call: S3Call): NeededPermission[] {
  return keyNeeds(call, "kms:GenerateDataKey", encryptionHeaders(call));
}

/** The permission to decrypt an object, or what is there of an upload in parts. */
export function decryptNeeds(
  call: S3Call,
  stored: Pick<StoredObject, "headers"> | undefined,
  address: { bucket: Bucket; key: string } = { bucket: call.bucket, key: call.key },
): NeededPermission[] {
  return keyNeeds(call, "kms:Decrypt", stored?.headers ?? {}, address);
}

/** The key that S3 manages for the account, which has no name here, needs no permission. */
function keyNeeds(
  call: S3Call,
  action: string,
  headers: Record<string, string>,
  address: { bucket: Bucket; key: string } = { bucket: call.bucket, key: call.key },
): NeededPermission[] {
  const arn = headers[KEY];
  if (arn === undefined) return [];
  const key = accountOfArn(arn, call.account)?.kmsKeys.get(arn);
  if (key === undefined) {
    throw new ServiceError(400, "KMS.NotFoundException", `Key '${arn}' does not exist`);
  }
  const { region } = address.bucket;
  const object = onObject(call, action, {}, address).resource;
  const encrypted = headers[BUCKET_KEY] === "true" ? object.slice(0, object.indexOf("/")) : object;
  return [{
    action,
    resource: arn,
    context: {
      "kms:ViaService": `s3.${region}.${hostSuffixOf(region)}`,
      "kms:CallerAccount": call.account.id,
      "kms:EncryptionContext:aws:s3:arn": encrypted,
    },
    keyPolicy: key.policy,
  }];
}
