/** Cases on how policies of different kinds work together within an account. */
import {
  ACCOUNT,
  allow,
  BUCKET_ARN,
  createUser,
  DENIED_BY_BUCKET,
  DENIED_BY_IDENTITY,
  deny,
  get,
  type Group,
  iamGuide,
  list,
  NEIGHBOUR,
  NOT_GRANTED,
  OBJECTS,
  put,
  READ,
  READ_LOGO,
  ROLE_ARN,
  SESSION_ARN,
  SILENT,
  to,
  USER_ARN,
} from "./harness.ts";

const ALL_OF_S3 = allow("s3:*");
const NO_READING = deny("s3:GetObject", OBJECTS);
const BOUNDARY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";
const OTHER_BOUNDARY = "arn:aws:iam::aws:policy/AmazonS3FullAccess";

const WITH_BOUNDARY = allow("iam:CreateUser", "*", {
  StringEquals: { "iam:PermissionsBoundary": BOUNDARY },
});

const DENY_WINS: Group = {
  rule: "What nothing allows is denied, and a deny in any policy outweighs all that allow",
  page: iamGuide("reference_policies_evaluation-logic_policy-eval-denyallow"),
  cases: [
    {
      name: "a user without policies",
      request: READ_LOGO,
      expect: NOT_GRANTED,
    },
    {
      name: "a user with a policy that allows",
      user: [READ],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "a policy that allows something else",
      user: [READ],
      request: put("public/logo.png"),
      expect: NOT_GRANTED,
    },
    {
      name: "another statement of the same policy denies",
      user: [ALL_OF_S3, NO_READING],
      request: READ_LOGO,
      expect: DENIED_BY_IDENTITY,
    },
    {
      name: "the order of the statements does not count",
      user: [NO_READING, ALL_OF_S3],
      request: READ_LOGO,
      expect: DENIED_BY_IDENTITY,
    },
    {
      name: "a statement denies another object",
      user: [ALL_OF_S3, deny("s3:GetObject", `${BUCKET_ARN}/secret.txt`)],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "a statement denies under a condition that is not met",
      user: [ALL_OF_S3, deny("s3:*", "*", { StringEquals: { "aws:username": "bob" } })],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "the bucket policy denies what the user's policy allows",
      user: [READ],
      bucket: [to(USER_ARN, NO_READING)],
      request: READ_LOGO,
      expect: DENIED_BY_BUCKET,
    },
    {
      name: "the user's policy denies what the bucket policy allows",
      user: [NO_READING],
      bucket: [to(USER_ARN, READ)],
      request: READ_LOGO,
      expect: DENIED_BY_IDENTITY,
    },
    {
      name: "the boundary denies what the user's policy allows",
      user: [READ],
      boundary: [ALL_OF_S3, NO_READING],
      request: READ_LOGO,
      expect: "with an explicit deny in a permissions boundary",
    },
    {
      name: "the boundary denies what the bucket policy allows",
      boundary: [ALL_OF_S3, NO_READING],
      bucket: [to(USER_ARN, READ)],
      request: READ_LOGO,
      expect: "with an explicit deny in a permissions boundary",
    },
    {
      name: "the session policy denies what the role's policy allows",
      role: [READ],
      session: [ALL_OF_S3, NO_READING],
      request: READ_LOGO,
      expect: "with an explicit deny in a session policy",
    },
    {
      name: "the role's policy denies what the session policy allows",
      role: [ALL_OF_S3, NO_READING],
      session: [READ],
      request: READ_LOGO,
      expect: DENIED_BY_IDENTITY,
    },
    {
      name: "the session policy denies what the bucket policy allows to the session",
      role: [READ],
      session: [NO_READING],
      bucket: [to(SESSION_ARN, READ)],
      request: READ_LOGO,
      expect: "with an explicit deny in a session policy",
    },
    {
      name: "the role's boundary denies what the bucket policy allows to the session",
      role: [READ],
      boundary: [ALL_OF_S3, NO_READING],
      bucket: [to(SESSION_ARN, READ)],
      request: READ_LOGO,
      expect: "with an explicit deny in a permissions boundary",
    },
  ],
};

const WITHIN_AN_ACCOUNT: Group = {
  rule: "Within an account an identity policy or a bucket policy is enough",
  page: iamGuide("reference_policies_evaluation-logic_policy-eval-basics"),
  cases: [
    {
      name: "the bucket policy alone allows the user",
      bucket: [to(USER_ARN, READ)],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "the user's policy alone allows, the bucket policy is about something else",
      user: [READ],
      bucket: [to(USER_ARN, SILENT)],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "the bucket policy allows somebody else",
      bucket: [to(`arn:aws:iam::${ACCOUNT}:user/admin`, READ)],
      request: READ_LOGO,
      expect: NOT_GRANTED,
    },
    {
      name: "what both allow together is their sum",
      user: [allow("s3:ListBucket", BUCKET_ARN)],
      bucket: [to(USER_ARN, READ)],
      request: list(),
      expect: "allowed",
    },
    {
      name: "a pattern of bucket names denies what the bucket's own name allows",
      user: [allow("s3:*", `arn:aws:s3:::${NEIGHBOUR}/*`), deny("s3:*", "arn:aws:s3:::*archive*")],
      request: get("public/logo.png", NEIGHBOUR),
      expect: DENIED_BY_IDENTITY,
    },
  ],
};

const BOUNDARIES: Group = {
  rule: "A boundary limits what identity policies grant, and grants nothing by itself",
  page: iamGuide("access_policies_boundaries"),
  cases: [
    {
      name: "policy and boundary allow",
      user: [ALL_OF_S3],
      boundary: [READ],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "only the policy allows",
      user: [ALL_OF_S3],
      boundary: [READ],
      request: put("public/logo.png"),
      expect: "because no permissions boundary allows it",
    },
    {
      name: "only the boundary allows",
      user: [SILENT],
      boundary: [ALL_OF_S3],
      request: READ_LOGO,
      expect: NOT_GRANTED,
    },
    {
      name: "another service than those of the boundary",
      user: [allow("iam:CreateUser")],
      boundary: [allow(["s3:*", "cloudwatch:*", "ec2:*"])],
      request: createUser(),
      expect: "because no permissions boundary allows it",
    },
    {
      name: "the bucket policy names the user, boundary and policy are silent",
      user: [SILENT],
      boundary: [SILENT],
      bucket: [to(USER_ARN, READ)],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "role and boundary allow",
      role: [ALL_OF_S3],
      boundary: [READ],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "only the role's policy allows",
      role: [ALL_OF_S3],
      boundary: [READ],
      request: put("public/logo.png"),
      expect: "because no permissions boundary allows it",
    },
    {
      name: "the bucket policy names the role, the boundary is silent",
      role: [SILENT],
      boundary: [SILENT],
      bucket: [to(ROLE_ARN, READ)],
      request: READ_LOGO,
      expect: "because no permissions boundary allows it",
    },
    {
      name: "the bucket policy names the role, the boundary allows",
      role: [SILENT],
      boundary: [READ],
      bucket: [to(ROLE_ARN, READ)],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "the bucket policy names the session, boundary and policy are silent",
      role: [SILENT],
      boundary: [SILENT],
      bucket: [to(SESSION_ARN, READ)],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "a new user has the boundary that the policy requires",
      user: [WITH_BOUNDARY],
      request: createUser({ PermissionsBoundary: BOUNDARY }),
      expect: "allowed",
    },
    {
      name: "a new user gets no boundary",
      user: [WITH_BOUNDARY],
      request: createUser(),
      expect: NOT_GRANTED,
    },
    {
      name: "a new user gets another boundary",
      user: [WITH_BOUNDARY],
      request: createUser({ PermissionsBoundary: OTHER_BOUNDARY }),
      expect: NOT_GRANTED,
    },
  ],
};

/** The cases of this file. */
export const POLICIES: Group[] = [DENY_WINS, WITHIN_AN_ACCOUNT, BOUNDARIES];
