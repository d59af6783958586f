/** Where the sandbox is known to decide otherwise than AWS documents, and why. */
import {
  allow,
  BUCKET,
  type Case,
  DENIED_BY_IDENTITY,
  deny,
  iamGuide,
  NOT_GRANTED,
  OBJECTS,
  type Policy,
  READ_LOGO,
  type Request,
  s3Guide,
  to,
  type Verdict,
} from "./documented.ts";

/** A case with what AWS documents and what the sandbox says instead. */
export interface Difference extends Case {
  page: string;
  sandbox: Verdict;
  why: string;
}

const LOGO = { Bucket: BUCKET, Key: "public/logo.png" };
const UPLOAD = { Bucket: BUCKET, Key: "large.bin" };
const NO_ISSUE_TIME = "a session does not keep when it was issued, so it has no aws:TokenIssueTime";

/** A user sets a bucket policy where public ones are blocked. */
function setting(statement: unknown): { user: Policy; request: Request } {
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement: [statement] });
  return {
    user: [allow("s3:PutBucketPolicy")],
    request: ({ s3 }) => s3.putBucketPolicy({ Bucket: BUCKET, Policy }),
  };
}

/** Each is asserted as it is, so that whoever closes one finds it here. */
export const KNOWN_DIFFERENCES: Difference[] = [
  {
    name: "the sessions of a role are revoked",
    page: iamGuide("id_roles_use_revoke-sessions"),
    role: [
      allow("s3:*"),
      deny("*", "*", { DateLessThan: { "aws:TokenIssueTime": "2100-01-01T00:00:00Z" } }),
    ],
    request: READ_LOGO,
    expect: DENIED_BY_IDENTITY,
    sandbox: "allowed",
    why: NO_ISSUE_TIME,
  },
  {
    name: "only temporary credentials are allowed",
    page: iamGuide("reference_policies_elements_condition_operators"),
    role: [allow("s3:*", "*", { Null: { "aws:TokenIssueTime": "false" } })],
    request: READ_LOGO,
    expect: "allowed",
    sandbox: NOT_GRANTED,
    why: NO_ISSUE_TIME,
  },
  {
    name: "an anonymous caller belongs to the account `anonymous`",
    page: iamGuide("reference_policies_condition-keys"),
    anonymous: true,
    open: true,
    bucket: [
      to(
        "*",
        allow("s3:GetObject", OBJECTS, { StringEquals: { "aws:PrincipalAccount": "anonymous" } }),
      ),
    ],
    request: READ_LOGO,
    expect: "allowed",
    sandbox: "denied",
    why: "of an anonymous caller the sandbox says aws:PrincipalType only",
  },
  {
    name: "BlockPublicPolicy: everyone whom an identity provider of the public signs in",
    page: s3Guide("access-control-block-public-access"),
    ...setting(to({ Federated: "graph.facebook.com" }, allow("s3:PutObject", OBJECTS))),
    expect: "denied",
    sandbox: "allowed",
    why: "only the principal * counts as everyone",
  },
  {
    name: "BlockPublicPolicy: everyone through any access point of one account",
    page: s3Guide("access-control-block-public-access"),
    ...setting(
      to(
        "*",
        allow("s3:GetObject", OBJECTS, {
          ArnLike: {
            "s3:DataAccessPointArn": "arn:aws:s3:us-west-2:123456789012:accesspoint/*",
          },
        }),
      ),
    ),
    expect: "allowed",
    sandbox: "denied",
    why: "a wildcard in any value but aws:PrincipalArn counts as public",
  },
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
