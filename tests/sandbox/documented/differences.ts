/** Where the sandbox is known to decide otherwise than AWS documents, and why. */
import {
  allow,
  BUCKET,
  type Case,
  NOT_GRANTED,
  OBJECTS,
  s3Guide,
  type Verdict,
} from "./harness.ts";

/** A case with what AWS documents and what the sandbox says instead. */
export interface Difference extends Case {
  page: string;
  sandbox: Verdict;
  why: string;
}

const UPLOAD = { Bucket: BUCKET, Key: "large.bin" };

/** Each is asserted, so that closing one makes its test fail here. */
export const KNOWN_DIFFERENCES: Difference[] = [
  {
    name: "the parts of an upload, for who has started it",
    page: s3Guide("mpuoverview"),
    user: [allow("s3:PutObject", OBJECTS)],
    request: async ({ s3 }) => {
      const { UploadId } = await s3.createMultipartUpload(UPLOAD);
      await s3.listParts({ ...UPLOAD, UploadId });
    },
    expect: "allowed",
    sandbox: NOT_GRANTED,
    why: "who has started an upload needs s3:ListMultipartUploadParts like everybody else",
  },
];
