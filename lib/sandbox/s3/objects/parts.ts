/**
 * The parts of multipart uploads, and putting them together.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Answer } from "../../answer.ts";
import type { MultipartUpload, StoredObject, UploadedPart } from "../../account.ts";
import { Content } from "../../content.ts";
import type { May, NeededPermission } from "../../operation.ts";
import { ServiceError } from "../../operation.ts";
import { emptyAnswer, headerContext, isoTime, onObject, type S3Call, xmlAnswer } from "../call.ts";
import {
  checksum,
  checksumElements,
  checksumHeader,
  compositeChecksum,
  DEFAULT_ALGORITHM,
  givenChecksums,
  invalidHeader,
  isChecksum,
  keptChecksums,
  verifyChecksums,
} from "./checksums.ts";
import { checkNotOvertaken, checkWriteConditions } from "./conditions.ts";
import { decryptNeeds, encryptionIn } from "../encryption.ts";
import { copyResult, existingSource, sourceKeyNeeds, sourceNeeds, sourceVersion } from "./copy.ts";
import { invalidArgument, invalidRequest, malformedXml } from "../errors.ts";
import { checkHasDigest, lockOf } from "./lock.ts";
import { limitOf, markerOf } from "../listing.ts";
import { MAX_PARTS, partNumberOf } from "./part_number.ts";
import { storageClassOf } from "./headers.ts";
import { checksumMarkup } from "./settings.ts";
import { etagOf } from "./objects.ts";
import { isMarker, store, versionHeaders, versionsOf } from "./versions.ts";
import { checksumChoice, ownership, uploadOf } from "./uploads.ts";
import { childrenOf, element, textOf, type XmlElement } from "../../xml.ts";

const MIN_PART_BYTES = 5 * 1024 * 1024;

function newPart(
  call: S3Call,
  body: Content,
  checksums: Record<string, string>,
): UploadedPart {
  return { body, etag: etagOf(body), lastModified: call.account.clock.now(), checksums };
}

/**
 * The parts of an upload that chose an algorithm must carry a checksum made with it, unless the
 * checksum will be one of the whole object.
 */
function checkAlgorithm(
  call: S3Call,
  { checksumAlgorithm: expected, checksumType }: MultipartUpload,
): void {
  if (expected === undefined) return;
  const actual = givenChecksums(call)[0]?.[0];
  const mayLack = checksumType === "FULL_OBJECT" && actual === undefined;
  if (actual === expected || mayLack) return;
  throw invalidRequest(
    `Checksum Type mismatch occurred, expected checksum Type: ${expected.toLowerCase()}, ` +
      `actual checksum Type: ${actual?.toLowerCase() ?? "null"}`,
  );
}

/** UploadPart. */
export function uploadPart(call: S3Call): Answer {
  checkHasDigest(call);
  const number = partNumberOf(call);
  const upload = uploadOf(call);
  checkAlgorithm(call, upload);
  verifyChecksums(call);
  const part = newPart(call, call.request.body, keptChecksums(call, upload.checksumAlgorithm));
  upload.parts.set(number, part);
  return emptyAnswer(200, {
    etag: part.etag,
    ...encryptionIn(upload.headers),
    ...part.checksums,
  });
}

/** What UploadPartCopy needs: to read the source and to write the target. */
export function uploadPartCopyNeeds(call: S3Call): NeededPermission[] {
  partNumberOf(call);
  const context = headerContext(call, ["x-amz-copy-source"]);
  return [
    ...sourceNeeds(call),
    ...sourceKeyNeeds(call),
    onObject(call, "s3:PutObject", context),
    ...partKeyNeeds(call),
  ];
}

/** What UploadPart needs. */
export function uploadPartNeeds(call: S3Call): NeededPermission[] {
  return [onObject(call, "s3:PutObject"), ...partKeyNeeds(call)];
}

/** Each part is encrypted with the key of the upload, which has to be decrypted for it. */
function partKeyNeeds(call: S3Call): NeededPermission[] {
  return decryptNeeds(call, call.bucket.uploads?.get(call.query.get("uploadId") ?? ""));
}

/** UploadPartCopy. */
export function uploadPartCopy(call: S3Call, may: May): Answer {
  const number = partNumberOf(call);
  const upload = uploadOf(call);
  const source = existingSource(call, may);
  const body = sourceRange(call, source.body);
  const part = newPart(call, body, keptChecksums(call, upload.checksumAlgorithm, body));
  upload.parts.set(number, part);
  return xmlAnswer("CopyPartResult", copyResult(part, part.checksums), {
    ...sourceVersion(call, source),
    ...encryptionIn(upload.headers),
  });
}

function sourceRange(call: S3Call, body: Content): Content {
  const name = "x-amz-copy-source-range";
  const text = call.header(name);
  if (text === undefined) return body;
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(text) ?? [];
  if (first === undefined || last === undefined || Number(first) > Number(last)) {
    throw invalidArgument(
      "The x-amz-copy-source-range value must be of the form bytes=first-last where first and " +
        "last are the zero-based offsets of the first and last bytes to copy",
      name,
      text,
    );
  }
  if (Number(first) >= body.length) {
    throw invalidRequest("The specified copy range is invalid for the source object size");
  }
  if (Number(last) >= body.length) {
    const message = `Range specified is not valid for source object of size: ${body.length}`;
    throw invalidArgument(message, name, text);
  }
  return body.slice(Number(first), Number(last) + 1);
}

/** ListParts. */
export function listParts(call: S3Call): Answer {
  const upload = uploadOf(call);
  const limit = limitOf(call, "max-parts");
  const marker = markerOf(call, "part-number-marker");
  const remaining = [...upload.parts].filter(([number]) => number > marker)
    .sort(([a], [b]) => a - b);
  const page = remaining.slice(0, limit);
  const isTruncated = limit > 0 && remaining.length > limit;
  return xmlAnswer("ListPartsResult", [
    element("Bucket", call.bucketName),
    element("Key", call.key),
    element("UploadId", upload.uploadId),
    ownership(call, upload),
    element("StorageClass", storageClassOf(upload)),
    element("PartNumberMarker", marker),
    // S3 names the last part of each page, the last page included.
    element("NextPartNumberMarker", page.at(-1)?.[0] ?? 0),
    element("MaxParts", limit),
    element("IsTruncated", isTruncated),
    checksumChoice(upload),
    page.map(([number, part]) =>
      element(
        "Part",
        element("PartNumber", number),
        element("LastModified", isoTime(part.lastModified)),
        element("ETag", part.etag),
        element("Size", part.body.length),
        upload.checksumAlgorithm === undefined ? undefined : checksumMarkup(part.checksums),
      )
    ),
  ]);
}

/** What CompleteMultipartUpload needs. */
export function completeNeeds(call: S3Call): NeededPermission[] {
  const context = headerContext(call, ["if-match", "if-none-match"]);
  return [onObject(call, "s3:PutObject", context), ...partKeyNeeds(call)];
}

/** CompleteMultipartUpload. */
export function completeMultipartUpload(call: S3Call): Answer {
  const before = completedBefore(call);
  if (before !== undefined) return completed(call, before);
  const upload = uploadOf(call);
  const chosen = chosenParts(call, upload);
  checkWriteConditions(call);
  checkNotOvertaken(call, upload);
  checkType(call, upload);
  checkSizes(chosen);
  const parts = chosen.map(({ part }) => part);
  const body = Content.join(parts.map((part) => part.body));
  checkObjectSize(call, body.length);
  const checksums = objectChecksums(call, upload, parts, body);
  const lock = { ...lockOf(call), ...upload.lock };
  const partSizes = chosen.map(({ number, part: { body, checksums } }) => ({
    partNumber: number,
    size: body.length,
    checksums,
  }));
  const object: StoredObject = {
    key: call.key,
    body,
    etag: compositeEtag(parts),
    lastModified: call.account.clock.now(),
    headers: { ...upload.headers, ...checksums },
    tags: upload.tags,
    parts: partSizes,
    acl: upload.acl,
    ...(upload.ownerAccountId !== undefined && { ownerAccountId: upload.ownerAccountId }),
    ...lock,
    uploadId: upload.uploadId,
  };
  store(call.bucket, object);
  call.bucket.uploads?.delete(upload.uploadId);
  return completed(call, object);
}

/** The ETag of a multipart upload, made from those of its parts. */
function compositeEtag(parts: UploadedPart[]): string {
  const digests = parts.map(({ etag }) => Buffer.from(etag.replaceAll('"', ""), "hex"));
  return etagOf(new Content(digests)).replace(/"$/, `-${parts.length}"`);
}

/** The object that an upload became, if it is still there: to complete it again changes nothing. */
function completedBefore(call: S3Call): StoredObject | undefined {
  const uploadId = call.query.get("uploadId") ?? "";
  if (call.bucket.uploads?.has(uploadId)) return undefined;
  return versionsOf(call.bucket, call.key).find((version): version is StoredObject =>
    !isMarker(version) && version.uploadId === uploadId
  );
}

/** The answer of CompleteMultipartUpload. */
function completed(call: S3Call, object: StoredObject): Answer {
  const { etag, headers } = object;
  const path = `${encodeURIComponent(call.bucketName)}/${encodeURIComponent(call.key)}`;
  return xmlAnswer("CompleteMultipartUploadResult", [
    element("Location", `${call.origin}/${path}`),
    element("Bucket", call.bucketName),
    element("Key", call.key),
    element("ETag", etag),
    checksumMarkup(headers),
    element("ChecksumType", headers["x-amz-checksum-type"]),
  ], {
    ...versionHeaders(call.bucket, object),
    ...encryptionIn(headers),
  });
}

/** Refuses an object of another size than the client says, and a checksum of another type. */
function checkObjectSize(call: S3Call, size: number): void {
  const name = "x-amz-mp-object-size";
  const text = call.header(name);
  if (text === undefined) return;
  if (!/^\d+$/.test(text)) throw invalidHeader(name);
  if (Number(text) === size) return;
  throw invalidRequest(
    `The provided 'x-amz-mp-object-size' header value ${text} does not match what was computed: ${size}`,
  );
}

function checkType(call: S3Call, { checksumType }: MultipartUpload): void {
  const type = call.header("x-amz-checksum-type");
  if (type === undefined || type === checksumType) return;
  throw invalidRequest(
    `The upload was created using the ${checksumType} checksum type. The complete request must use ` +
      "the same checksum type.",
  );
}

interface ChosenPart {
  number: number;
  part: UploadedPart;
}

function chosenParts(call: S3Call, upload: MultipartUpload): ChosenPart[] {
  if (call.request.body.length === 0) throw invalidRequest("You must specify at least one part");
  const listed = childrenOf(call.xml("CompleteMultipartUpload"), "Part");
  if (listed.length === 0 || listed.length > MAX_PARTS) throw malformedXml();
  const chosen = listed.map((part) => chosenPart(part, upload));
  const isAscending = chosen.every(({ number }, index) =>
    index === 0 || number > chosen[index - 1]!.number
  );
  if (!isAscending) {
    throw new ServiceError(
      400,
      "InvalidPartOrder",
      "The list of parts was not in ascending order. Parts must be ordered by part number.",
      { details: { UploadId: upload.uploadId } },
    );
  }
  return chosen;
}

function chosenPart(listed: XmlElement, upload: MultipartUpload): ChosenPart {
  const number = Number(textOf(listed, "PartNumber"));
  const etag = textOf(listed, "ETag");
  if (!Number.isInteger(number) || etag === undefined) throw malformedXml();
  if (number < 1) {
    throw invalidArgument("PartNumber must be >= 1", "PartNumber", String(number));
  }
  const part = upload.parts.get(number);
  const isSame = part?.etag.replaceAll('"', "") === etag.trim().replaceAll('"', "");
  if (part === undefined || !isSame || !hasSameChecksum(listed, part, upload, number)) {
    throw new ServiceError(
      400,
      "InvalidPart",
      "One or more of the specified parts could not be found.  The part may not have been " +
        "uploaded, or the specified entity tag may not match the part's entity tag.",
      {
        details: {
          UploadId: upload.uploadId,
          PartNumber: String(number),
          ETag: etag.trim().replaceAll('"', ""),
        },
      },
    );
  }
  return { number, part };
}

function hasSameChecksum(
  listed: XmlElement,
  { checksums }: UploadedPart,
  { checksumAlgorithm: algorithm, checksumType }: MultipartUpload,
  number: number,
): boolean {
  const given = checksumIn(listed);
  if (algorithm === undefined) return true;
  if (given === undefined) {
    if (checksumType === "FULL_OBJECT") return true;
    throw invalidRequest(
      `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request ` +
        `must include the checksum for each part. It was missing for part ${number} in the request.`,
    );
  }
  if (given.algorithm !== algorithm) {
    throw new ServiceError(
      400,
      "BadDigest",
      `The ${given.algorithm.toLowerCase()} you specified for part ${number} did not match what we ` +
        "received.",
    );
  }
  return given.value === checksums[checksumHeader(algorithm)];
}

/** The one checksum that a list of parts may give for a part. */
function checksumIn(listed: XmlElement): { algorithm: string; value: string } | undefined {
  const given = checksumElements(listed);
  const [one] = given;
  if (one === undefined) return undefined;
  if (given.length === 1 && isChecksum(one.algorithm, one.value)) return one;
  throw invalidArgument(
    "Invalid Base64 or multiple checksums present in request",
    "Checksum",
    given.map(({ algorithm, value }) => `${algorithm}:${value};`).join(""),
  );
}

function checkSizes(parts: ChosenPart[]): void {
  const small = parts.slice(0, -1).find(({ part }) => part.body.length < MIN_PART_BYTES);
  if (small === undefined) return;
  throw new ServiceError(
    400,
    "EntityTooSmall",
    "Your proposed upload is smaller than the minimum allowed size",
    {
      details: {
        ETag: small.part.etag.replaceAll('"', ""),
        MinSizeAllowed: String(MIN_PART_BYTES),
        ProposedSize: String(small.part.body.length),
        PartNumber: String(small.number),
      },
    },
  );
}

function objectChecksums(
  call: S3Call,
  { checksumAlgorithm, checksumType }: MultipartUpload,
  parts: UploadedPart[],
  body: Content,
): Record<string, string> {
  const algorithm = checksumAlgorithm ?? DEFAULT_ALGORITHM;
  const header = checksumHeader(algorithm);
  if (checksumType === "FULL_OBJECT") {
    verifyChecksums(call, body);
    return { [header]: checksum(algorithm, body), "x-amz-checksum-type": checksumType };
  }
  for (const [given, value] of givenChecksums(call)) {
    if (!/^[^-]+(-\d+)?$/.test(value) || !isChecksum(given, value.split("-")[0]!)) {
      throw invalidHeader(checksumHeader(given));
    }
  }
  const composite = compositeChecksum(algorithm, parts.map((part) => part.checksums[header] ?? ""));
  for (const [given, expected] of givenChecksums(call)) {
    // Some clients leave out the number of parts.
    const isSame = given === algorithm &&
      [composite, composite.split("-")[0]].includes(expected);
    if (isSame) continue;
    throw new ServiceError(
      400,
      "BadDigest",
      `The ${given.toLowerCase()} you specified did not match the calculated checksum.`,
    );
  }
  return { [header]: composite, "x-amz-checksum-type": checksumType };
}
