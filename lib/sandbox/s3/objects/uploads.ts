/**
 * Multipart uploads in progress: create, list, abort.
 *
 * @module
 */
import type { Answer } from "../../answer.ts";
import type { Account, MultipartUpload } from "../../account.ts";
import { identify } from "../../caller.ts";
import type { Caller } from "../../operation.ts";
import { ServiceError } from "../../operation.ts";
import { uploadAcl } from "../acl.ts";
import { emptyAnswer, isoTime, type S3Call, xmlAnswer } from "../call.ts";
import { coversWholeObject, invalidHeader, requestedAlgorithm } from "./checksums.ts";
import { invalidArgument, invalidRequest } from "../errors.ts";
import {
  commonPrefixes,
  compareKeys,
  echo,
  keyEncoder,
  limitOf,
  type ListRequest,
  paginate,
} from "../listing.ts";
import { encryptionIn } from "../encryption.ts";
import { metadataOf, settingsOf, storageClassOf } from "./headers.ts";
import { lockOfHeaders } from "./lock.ts";
import { newOwner, objectOwnerId } from "../owners.ts";
import { tagsOfHeader } from "../tags.ts";
import { element, optional, type Xml } from "../../xml.ts";

/** The upload that a request names. */
export function uploadOf(call: S3Call): MultipartUpload {
  const uploadId = call.query.get("uploadId") ?? "";
  const upload = call.bucket.uploads?.get(uploadId);
  if (upload?.key === call.key) return upload;
  throw new ServiceError(
    404,
    "NoSuchUpload",
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have " +
      "been aborted or completed.",
    { details: { UploadId: uploadId } },
  );
}

function initiatorOf(caller: Caller, account: Account): MultipartUpload["initiator"] {
  const arn = identify(caller, account)?.arn;
  if (caller.type === "root" || arn === undefined) {
    return { id: account.canonicalUserId, displayName: "" };
  }
  return { id: arn, displayName: arn.slice(arn.lastIndexOf("/") + 1) };
}

function checksumTypeOf(call: S3Call, algorithm: string | undefined) {
  const header = "x-amz-checksum-type";
  const given = call.header(header)?.toUpperCase();
  if (given !== undefined && algorithm === undefined) {
    throw invalidRequest(
      `The ${header} header can only be used with the x-amz-checksum-algorithm header.`,
    );
  }
  const onlyWhole = algorithm === undefined || algorithm === "CRC64NVME";
  const type = given ?? (onlyWhole ? "FULL_OBJECT" : "COMPOSITE");
  if (type !== "COMPOSITE" && type !== "FULL_OBJECT") throw invalidHeader(header);
  if (algorithm === undefined) return type;
  if (type === "COMPOSITE" ? onlyWhole : !coversWholeObject(algorithm)) {
    throw invalidRequest(
      `The ${type} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum ` +
        "algorithm.",
    );
  }
  return type;
}

/** CreateMultipartUpload. */
export function createMultipartUpload(call: S3Call): Answer {
  const algorithm = requestedAlgorithm(call, "x-amz-checksum-algorithm");
  const checksumType = checksumTypeOf(call, algorithm);
  const settings = settingsOf(call);
  const uploadId = crypto.randomUUID().replaceAll("-", "");
  const upload: MultipartUpload = {
    uploadId,
    key: call.key,
    initiated: call.account.clock.now(),
    initiator: initiatorOf(call.caller, call.account),
    headers: { ...metadataOf(call), ...settings },
    tags: tagsOfHeader(call),
    acl: uploadAcl(call),
    lock: lockOfHeaders(call),
    ...newOwner(call),
    checksumAlgorithm: algorithm,
    checksumType,
    parts: new Map(),
  };
  (call.bucket.uploads ??= new Map()).set(uploadId, upload);
  const content = [
    element("Bucket", call.bucketName),
    element("Key", call.key),
    element("UploadId", uploadId),
  ];
  return xmlAnswer("InitiateMultipartUploadResult", content, {
    ...encryptionIn(settings),
    ...(algorithm !== undefined && {
      "x-amz-checksum-algorithm": algorithm,
      "x-amz-checksum-type": checksumType,
    }),
  });
}

/** AbortMultipartUpload. */
export function abortMultipartUpload(call: S3Call): Answer {
  const { uploadId } = uploadOf(call);
  call.bucket.uploads!.delete(uploadId);
  return emptyAnswer(204);
}

/** Who started an upload and who will own the object. */
export function ownership({ bucket, account }: S3Call, upload: MultipartUpload): Xml[] {
  const { initiator } = upload;
  return [
    element(
      "Initiator",
      element("ID", initiator.id),
      element("DisplayName", initiator.displayName),
    ),
    element("Owner", element("ID", objectOwnerId(bucket, upload, account))),
  ];
}

/** The elements for the checksum that an upload was started with. */
export function checksumChoice(upload: MultipartUpload): (Xml | undefined)[] {
  if (upload.checksumAlgorithm === undefined) return [];
  return [
    optional("ChecksumAlgorithm", upload.checksumAlgorithm),
    element("ChecksumType", upload.checksumType),
  ];
}

/** The uploads after a marker; those of one key in the order in which they were started. */
function uploadsAfter(all: MultipartUpload[], key: string, uploadId: string): MultipartUpload[] {
  const passed = all.findIndex((upload) => upload.uploadId === uploadId);
  return all.filter((upload, index) => {
    const order = compareKeys(upload.key, key);
    return order > 0 || (order === 0 && index > passed);
  });
}

/** ListMultipartUploads. */
export function listMultipartUploads(call: S3Call): Answer {
  const encode = keyEncoder(call);
  const keyMarker = call.query.get("key-marker") ?? "";
  const idMarker = keyMarker === "" ? "" : call.query.get("upload-id-marker") ?? "";
  // The upload itself may be gone since the page before.
  const marked = call.bucket.uploads?.get(idMarker);
  const isWrong = marked === undefined
    ? !/^(?:[0-9a-f]{32})?$/.test(idMarker)
    : marked.key !== keyMarker;
  if (isWrong) {
    throw invalidArgument("Invalid uploadId marker", "upload-id-marker", idMarker);
  }
  const request: ListRequest = {
    prefix: call.query.get("prefix") ?? "",
    delimiter: call.query.get("delimiter") ?? "",
    limit: limitOf(call, "max-uploads"),
    after: keyMarker,
  };
  const all = [...call.bucket.uploads?.values() ?? []];
  const { items, commonPrefixes: prefixes, next } = idMarker === ""
    ? paginate(all, request)
    : paginate(uploadsAfter(all, keyMarker, idMarker), { ...request, after: "" });
  const uploads = items.map((upload) =>
    element(
      "Upload",
      element("Key", encode(upload.key)),
      element("UploadId", upload.uploadId),
      ownership(call, upload),
      element("StorageClass", storageClassOf(upload)),
      element("Initiated", isoTime(upload.initiated)),
      checksumChoice(upload),
    )
  );
  const last = items.at(-1);
  return xmlAnswer("ListMultipartUploadsResult", [
    element("Bucket", call.bucketName),
    element("KeyMarker", encode(keyMarker)),
    element("UploadIdMarker", idMarker),
    // S3 names the last upload, also on the last page, and nothing after a common prefix.
    element("NextKeyMarker", encode(last?.key ?? "")),
    element("NextUploadIdMarker", last?.uploadId ?? ""),
    echo(call, request, "MaxUploads"),
    element("IsTruncated", next !== undefined),
    uploads,
    commonPrefixes(call, prefixes),
  ]);
}
