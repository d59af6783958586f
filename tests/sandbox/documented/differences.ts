/** Where the sandbox is known to decide otherwise than AWS documents, and why. */
import {
  allow,
  BUCKET,
  type Case,
  NOT_GRANTED,
  OBJECTS,
  READ_LOGO,
  s3Guide,
  type Verdict,
} from "./harness.ts";

/** A case with what AWS documents and what the sandbox says instead. */
export interface Difference extends Case {
  page: string;
  sandbox: Verdict;
  why: string;
}

const LOGO = { Bucket: BUCKET, Key: "public/logo.png" };
const UPLOAD = { Bucket: BUCKET, Key: "large.bin" };

/** Each is asserted, so that closing one makes its test fail here. */
export const KNOWN_DIFFERENCES: Difference[] = [
  {
    name: "an object whose ACL lets everyone read",
    page: s3Guide("acl-overview"),
    anonymous: true,
    open: true,
    prepare: async ({ s3 }) => {
      const Rules = [{ ObjectOwnership: "ObjectWriter" as const }];
      await s3.putBucketOwnershipControls({ Bucket: BUCKET, OwnershipControls: { Rules } });
      await s3.putObjectAcl({ ...LOGO, ACL: "public-read" });
      return "";
    },
    request: READ_LOGO,
    expect: "allowed",
    sandbox: "denied",
    why: "ACLs are stored, and grant nothing",
  },
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
