/** Cases on what the steps of a multipart upload take. */
import {
  allow,
  BUCKET,
  BUCKET_ARN,
  type Clients,
  type Group,
  NOT_GRANTED,
  OBJECTS,
  READ,
  type Request,
  s3Guide,
} from "./harness.ts";

const WRITE = allow("s3:PutObject", OBJECTS);
const LIST = allow("s3:ListBucket", BUCKET_ARN);
const UPLOAD = { Bucket: BUCKET, Key: "large.bin" };
const startUpload = async ({ s3 }: Clients) => (await s3.createMultipartUpload(UPLOAD)).UploadId!;
const createUpload: Request = ({ s3 }) => s3.createMultipartUpload(UPLOAD);

const uploadPart: Request = ({ s3 }, UploadId) =>
  s3.uploadPart({ ...UPLOAD, UploadId, PartNumber: 1, Body: "x" });

const copyPart: Request = ({ s3 }, UploadId) =>
  s3.uploadPartCopy({ ...UPLOAD, UploadId, PartNumber: 1, CopySource: `${BUCKET}/secret.txt` });

const abortUpload: Request = ({ s3 }, UploadId) => s3.abortMultipartUpload({ ...UPLOAD, UploadId });
const listParts: Request = ({ s3 }, UploadId) => s3.listParts({ ...UPLOAD, UploadId });
const listUploads: Request = ({ s3 }) => s3.listMultipartUploads({ Bucket: BUCKET });

/** An upload with one part, ready to be completed. */
const finishPart = async (admin: Clients) => {
  const UploadId = await startUpload(admin);
  const { ETag } = await admin.s3.uploadPart({ ...UPLOAD, UploadId, PartNumber: 1, Body: "x" });
  return JSON.stringify({ UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } });
};

const complete: Request = ({ s3 }, prepared) =>
  s3.completeMultipartUpload({ ...UPLOAD, ...JSON.parse(prepared) });

const MULTIPART: Group = {
  rule:
    "The steps of a multipart upload take PutObject; looking and giving up take actions of their own",
  page: s3Guide("mpuoverview"),
  cases: [
    { name: "start, with PutObject", user: [WRITE], request: createUpload, expect: "allowed" },
    { name: "start, without", user: [READ], request: createUpload, expect: NOT_GRANTED },
    {
      name: "a part, with PutObject",
      user: [WRITE],
      prepare: startUpload,
      request: uploadPart,
      expect: "allowed",
    },
    {
      name: "a part, without",
      user: [READ],
      prepare: startUpload,
      request: uploadPart,
      expect: NOT_GRANTED,
    },
    {
      name: "a part by copy, with both",
      user: [READ, WRITE],
      prepare: startUpload,
      request: copyPart,
      expect: "allowed",
    },
    {
      name: "a part by copy, without GetObject on the source",
      user: [WRITE],
      prepare: startUpload,
      request: copyPart,
      expect: NOT_GRANTED,
    },
    {
      name: "the end, with PutObject",
      user: [WRITE],
      prepare: finishPart,
      request: complete,
      expect: "allowed",
    },
    {
      name: "the end, without",
      user: [READ],
      prepare: finishPart,
      request: complete,
      expect: NOT_GRANTED,
    },
    {
      name: "giving up somebody else's, with AbortMultipartUpload",
      user: [allow("s3:AbortMultipartUpload", OBJECTS)],
      prepare: startUpload,
      request: abortUpload,
      expect: "allowed",
    },
    {
      name: "giving up somebody else's, without",
      user: [WRITE],
      prepare: startUpload,
      request: abortUpload,
      expect: NOT_GRANTED,
    },
    {
      name: "the parts of somebody else's, with ListMultipartUploadParts",
      user: [allow("s3:ListMultipartUploadParts", OBJECTS)],
      prepare: startUpload,
      request: listParts,
      expect: "allowed",
    },
    {
      name: "the parts of somebody else's, without",
      user: [WRITE, LIST],
      prepare: startUpload,
      request: listParts,
      expect: NOT_GRANTED,
    },
    {
      name: "all uploads, with ListBucketMultipartUploads on the bucket",
      user: [allow("s3:ListBucketMultipartUploads", BUCKET_ARN)],
      request: listUploads,
      expect: "allowed",
    },
    {
      name: "all uploads, with ListBucket",
      user: [LIST],
      request: listUploads,
      expect: NOT_GRANTED,
    },
  ],
};

/** The cases of this file. */
export const MULTIPART_UPLOADS: Group[] = [MULTIPART];
