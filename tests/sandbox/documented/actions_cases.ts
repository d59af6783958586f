/** Cases on the actions and resources that a statement matches. */
import {
  allow,
  BUCKET_ARN,
  type Case,
  createUser,
  DENIED_BY_IDENTITY,
  deny,
  get,
  type Group,
  iamGuide,
  list,
  listBuckets,
  NEIGHBOUR,
  NOT_GRANTED,
  OBJECTS,
  putting,
  READ_LOGO,
  type Request,
  s3Guide,
  type Verdict,
} from "./harness.ts";

const OWN_PLAN = get("home/alice/plan.txt");
const deleteBucket: Request = ({ s3 }) => s3.deleteBucket({ Bucket: NEIGHBOUR });
const createAdminsKey: Request = ({ iam }) => iam.createAccessKey({ UserName: "admin" });

/** The user reads the logo under a statement with this action. */
function reading(action: string, expect: Verdict): Case {
  return { name: `${action} for s3:GetObject`, user: [allow(action)], request: READ_LOGO, expect };
}

const ACTIONS: Group = {
  rule: "Actions are matched without regard to case, * and ? are wildcards",
  page: iamGuide("reference_policies_elements_action"),
  cases: [
    reading("*", "allowed"),
    reading("s3:*", "allowed"),
    reading("S3:GETOBJECT", "allowed"),
    reading("s3:getobject", "allowed"),
    reading("s3:Get*", "allowed"),
    reading("s3:*Object", "allowed"),
    reading("s3:GetObjec?", "allowed"),
    reading("s3:GetObject?", NOT_GRANTED),
    reading("s3:GetObjectAcl", NOT_GRANTED),
    reading("iam:*", NOT_GRANTED),
    {
      name: "a deny written in lower case",
      user: [allow("s3:*"), deny("s3:getobject")],
      request: READ_LOGO,
      expect: DENIED_BY_IDENTITY,
    },
    {
      name: "iam:*AccessKey* for iam:CreateAccessKey",
      user: [allow("iam:*AccessKey*")],
      request: createAdminsKey,
      expect: "allowed",
    },
    {
      name: "iam:*AccessKey* for iam:CreateUser",
      user: [allow("iam:*AccessKey*")],
      request: createUser(),
      expect: NOT_GRANTED,
    },
  ],
};

const ALL_BUT_DELETION = {
  Effect: "Allow",
  NotAction: "s3:DeleteBucket",
  Resource: "arn:aws:s3:::*",
};

const ALL_BUT_IAM = { Effect: "Allow", NotAction: "iam:*", Resource: "*" };

const ONLY_IAM_WITHOUT_MFA = {
  Effect: "Deny",
  NotAction: "iam:*",
  Resource: "*",
  Condition: { BoolIfExists: { "aws:MultiFactorAuthPresent": "false" } },
};

const NOT_ACTION: Group = {
  rule: "NotAction stands for all actions but those that are listed",
  page: iamGuide("reference_policies_elements_notaction"),
  cases: [
    { name: "not listed", user: [ALL_BUT_DELETION], request: READ_LOGO, expect: "allowed" },
    { name: "listed", user: [ALL_BUT_DELETION], request: deleteBucket, expect: NOT_GRANTED },
    {
      name: "not listed, but of a service to whose resources it doesn't apply",
      user: [ALL_BUT_DELETION],
      request: createUser(),
      expect: NOT_GRANTED,
    },
    {
      name: "not listed, but of another service and without a resource",
      user: [ALL_BUT_DELETION],
      request: ({ iam }) => iam.listPolicies({}),
      expect: NOT_GRANTED,
    },
    { name: "another service", user: [ALL_BUT_IAM], request: READ_LOGO, expect: "allowed" },
    { name: "the listed service", user: [ALL_BUT_IAM], request: createUser(), expect: NOT_GRANTED },
    {
      name: "a deny of all actions but those listed, for one of the others",
      user: [allow("*"), ONLY_IAM_WITHOUT_MFA],
      request: READ_LOGO,
      expect: DENIED_BY_IDENTITY,
    },
    {
      name: "a deny of all actions but those listed, for one that is listed",
      user: [allow("*"), ONLY_IAM_WITHOUT_MFA],
      request: createUser(),
      expect: "allowed",
    },
  ],
};

const RESOURCES: Group = {
  rule: "In a resource * stands for any characters, slashes too, and ? for any one",
  page: iamGuide("reference_policies_elements_resource"),
  cases: [
    putting("*/test/*", "1/test/object.jpg", "allowed"),
    putting("*/test/*", "1/2/test/3/object.jpg", "allowed"),
    putting("*/test/*", "1///test///object.jpg", "allowed"),
    putting("*/test/*", "/test/object.jpg", "allowed"),
    putting("*/test/*", "1/test/", "allowed"),
    putting("*/test/*", "1-test/object.jpg", NOT_GRANTED),
    putting("*/test/*", "test/object.jpg", NOT_GRANTED),
    putting("*/test/*", "1/2/test.jpg", NOT_GRANTED),
    putting("20??.csv", "2026.csv", "allowed"),
    putting("20??.csv", "20261.csv", NOT_GRANTED),
    putting("2026.csv", "2026xcsv", NOT_GRANTED),
    {
      name: "a pattern of bucket names",
      user: [allow("s3:GetObject", "arn:aws:s3:::photos*")],
      request: get("public/logo.png", NEIGHBOUR),
      expect: "allowed",
    },
    {
      name: "one of several resources",
      user: [allow("s3:GetObject", [`${BUCKET_ARN}/secret.txt`, `${BUCKET_ARN}/public/*`])],
      request: READ_LOGO,
      expect: "allowed",
    },
  ],
};

const KEY_CASE: Group = {
  rule: "Object keys are case-sensitive",
  page: s3Guide("object-keys"),
  cases: [
    putting("public/*", "public/new.png", "allowed"),
    putting("Public/*", "public/new.png", NOT_GRANTED),
    putting("public/*", "Public/new.png", NOT_GRANTED),
  ],
};

const ARNS: Group = {
  rule: "Bucket operations take the bucket's ARN, object operations the object's",
  page: s3Guide("using-with-s3-policy-actions"),
  cases: [
    {
      name: "ListBucket on the bucket",
      user: [allow("s3:ListBucket", BUCKET_ARN)],
      request: list(),
      expect: "allowed",
    },
    {
      name: "ListBucket on the objects",
      user: [allow("s3:ListBucket", OBJECTS)],
      request: list(),
      expect: NOT_GRANTED,
    },
    {
      name: "ListBucket on another bucket",
      user: [allow("s3:ListBucket", BUCKET_ARN)],
      request: list({}, NEIGHBOUR),
      expect: NOT_GRANTED,
    },
    {
      name: "GetObject on the objects",
      user: [allow("s3:GetObject", OBJECTS)],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "GetObject on the bucket",
      user: [allow("s3:GetObject", BUCKET_ARN)],
      request: READ_LOGO,
      expect: NOT_GRANTED,
    },
    {
      name: "GetObject on another object",
      user: [allow("s3:GetObject", `${BUCKET_ARN}/secret.txt`)],
      request: READ_LOGO,
      expect: NOT_GRANTED,
    },
    {
      name: "HeadBucket takes ListBucket",
      user: [allow("s3:ListBucket", BUCKET_ARN)],
      request: ({ s3 }) => s3.headBucket({ Bucket: "photos" }),
      expect: "allowed",
    },
    {
      name: "GetBucketLocation does not take ListBucket",
      user: [allow("s3:ListBucket", BUCKET_ARN)],
      request: ({ s3 }) => s3.getBucketLocation({ Bucket: "photos" }),
      expect: NOT_GRANTED,
    },
    {
      name: "ListBuckets takes ListAllMyBuckets on *",
      user: [allow("s3:ListAllMyBuckets")],
      request: listBuckets,
      expect: "allowed",
    },
    {
      name: "ListBuckets takes ListAllMyBuckets on all of S3",
      user: [allow("s3:ListAllMyBuckets", "arn:aws:s3:::*")],
      request: listBuckets,
      expect: "allowed",
    },
    {
      name: "ListBuckets with ListAllMyBuckets on one bucket",
      user: [allow("s3:ListAllMyBuckets", BUCKET_ARN)],
      request: listBuckets,
      expect: NOT_GRANTED,
    },
  ],
};

const ALL_BUT_PUBLIC = {
  Effect: "Deny",
  Action: "s3:*",
  NotResource: [`${BUCKET_ARN}/public`, `${BUCKET_ARN}/public/*`],
};

const ALL_BUT_SECRET = {
  Effect: "Allow",
  Action: "s3:GetObject",
  NotResource: `${BUCKET_ARN}/secret.txt`,
};

const NOT_RESOURCE: Group = {
  rule: "NotResource stands for all resources but those that are listed",
  page: iamGuide("reference_policies_elements_notresource"),
  cases: [
    {
      name: "a deny does not reach what is listed",
      user: [allow("s3:*"), ALL_BUT_PUBLIC],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "a deny reaches another object",
      user: [allow("s3:*"), ALL_BUT_PUBLIC],
      request: OWN_PLAN,
      expect: DENIED_BY_IDENTITY,
    },
    {
      name: "a deny reaches the bucket itself",
      user: [allow("s3:*"), ALL_BUT_PUBLIC],
      request: list(),
      expect: DENIED_BY_IDENTITY,
    },
    {
      name: "a deny grants nothing",
      user: [ALL_BUT_PUBLIC],
      request: READ_LOGO,
      expect: NOT_GRANTED,
    },
    {
      name: "an allow reaches the others",
      user: [ALL_BUT_SECRET],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "an allow does not reach what is listed",
      user: [ALL_BUT_SECRET],
      request: get("secret.txt"),
      expect: NOT_GRANTED,
    },
  ],
};

/** The cases of this file. */
export const ACTIONS_AND_RESOURCES: Group[] = [
  ACTIONS,
  NOT_ACTION,
  RESOURCES,
  KEY_CASE,
  ARNS,
  NOT_RESOURCE,
];
