/** Cases on what operations on objects take: which actions, on which resources. */
import {
  allow,
  BUCKET,
  BUCKET_ARN,
  DENIED_BY_IDENTITY,
  deny,
  get,
  type Group,
  head,
  NOT_GRANTED,
  OBJECTS,
  put,
  READ,
  remove,
  type Request,
  s3Api,
  TAGGED_KEY,
} from "./harness.ts";

const WRITE = allow("s3:PutObject", OBJECTS);
const LIST = allow("s3:ListBucket", BUCKET_ARN);
const MISSING = "public/missing.png";
const VERSION = { Bucket: BUCKET, Key: "secret.txt", VersionId: "null" };
const getVersion: Request = ({ s3 }) => s3.getObject(VERSION);

const READING: Group = {
  rule: "Only who may list learns that an object is missing; a version takes an action of its own",
  page: s3Api("GetObject"),
  cases: [
    {
      name: "a missing object, with ListBucket",
      user: [READ, LIST],
      request: get(MISSING),
      expect: "404 NoSuchKey",
    },
    { name: "a missing object, without", user: [READ], request: get(MISSING), expect: "denied" },
    {
      name: "a missing object, without GetObject",
      user: [LIST],
      request: get(MISSING),
      expect: NOT_GRANTED,
    },
    {
      name: "HEAD of a missing object, with ListBucket",
      user: [READ, LIST],
      request: head(MISSING),
      expect: "404 NoSuchKey",
    },
    {
      name: "HEAD of a missing object, without",
      user: [READ],
      request: head(MISSING),
      expect: "denied",
    },
    { name: "HEAD takes GetObject", user: [READ], request: head("secret.txt"), expect: "allowed" },
    { name: "HEAD without GetObject", user: [LIST], request: head("secret.txt"), expect: "denied" },
    {
      name: "a version, with GetObjectVersion",
      user: [allow("s3:GetObjectVersion", OBJECTS)],
      request: getVersion,
      expect: "allowed",
    },
    { name: "a version, with GetObject", user: [READ], request: getVersion, expect: NOT_GRANTED },
  ],
};

const copyFrom = (CopySource: string): Request => ({ s3 }) =>
  s3.copyObject({ Bucket: BUCKET, Key: "public/copy.png", CopySource });

const copyLogo = copyFrom(`${BUCKET}/public/logo.png`);

const COPYING: Group = {
  rule: "A copy takes GetObject on the source and PutObject on the target",
  page: s3Api("CopyObject"),
  cases: [
    { name: "both", user: [READ, WRITE], request: copyLogo, expect: "allowed" },
    { name: "PutObject only", user: [WRITE], request: copyLogo, expect: NOT_GRANTED },
    { name: "GetObject only", user: [READ], request: copyLogo, expect: NOT_GRANTED },
    {
      name: "GetObject on another source",
      user: [allow("s3:GetObject", `${BUCKET_ARN}/secret.txt`), WRITE],
      request: copyLogo,
      expect: NOT_GRANTED,
    },
    {
      name: "PutObject on another target",
      user: [READ, allow("s3:PutObject", `${BUCKET_ARN}/secret.txt`)],
      request: copyLogo,
      expect: NOT_GRANTED,
    },
    {
      name: "GetObject denied on the source",
      user: [READ, WRITE, deny("s3:GetObject", `${BUCKET_ARN}/public/*`)],
      request: copyLogo,
      expect: DENIED_BY_IDENTITY,
    },
  ],
};

const MIXED_DELETION = [
  allow("s3:DeleteObject", `${BUCKET_ARN}/public/*`),
  allow("s3:DeleteObject", `${BUCKET_ARN}/home/*`),
  deny("s3:DeleteObject", `${BUCKET_ARN}/home/bob/*`),
];

/** Deletes several objects in one request; what became of one of them is the answer. */
const removeAmongOthers = (key: string): Request => async ({ s3 }) => {
  const Objects = ["public/logo.png", "secret.txt", "home/alice/plan.txt", "home/bob/plan.txt"]
    .map((Key) => ({ Key }));
  const { Errors = [], Deleted = [] } = await s3.deleteObjects({
    Bucket: BUCKET,
    Delete: { Objects },
  });
  if (Deleted.some(({ Key }) => Key === key)) return;
  const { Code, Message } = Errors.find(({ Key }) => Key === key)!;
  throw Object.assign(new Error(Message), { Code, $metadata: { httpStatusCode: 403 } });
};

const DELETING: Group = {
  rule: "DeleteObjects takes DeleteObject on each of the keys",
  page: s3Api("DeleteObjects"),
  cases: [
    {
      name: "an object that may be deleted",
      user: MIXED_DELETION,
      request: removeAmongOthers("public/logo.png"),
      expect: "allowed",
    },
    {
      name: "an object that no statement names",
      user: MIXED_DELETION,
      request: removeAmongOthers("secret.txt"),
      expect: "denied",
    },
    {
      name: "an object that is denied",
      user: MIXED_DELETION,
      request: removeAmongOthers("home/bob/plan.txt"),
      expect: "denied",
    },
    {
      name: "DeleteObject of one",
      user: MIXED_DELETION,
      request: remove("public/logo.png"),
      expect: "allowed",
    },
    {
      name: "DeleteObject of one that no statement names",
      user: MIXED_DELETION,
      request: remove("secret.txt"),
      expect: NOT_GRANTED,
    },
    {
      name: "DeleteObject does not come with PutObject",
      user: [WRITE],
      request: remove("secret.txt"),
      expect: NOT_GRANTED,
    },
  ],
};

const PUTTING: Group = {
  rule: "An upload with tags or an ACL takes the actions for these too",
  page: s3Api("PutObject"),
  cases: [
    { name: "PutObject", user: [WRITE], request: put("new.txt"), expect: "allowed" },
    {
      name: "with tags, PutObject only",
      user: [WRITE],
      request: put("new.txt", { Tagging: "a=b" }),
      expect: NOT_GRANTED,
    },
    {
      name: "with tags and PutObjectTagging",
      user: [WRITE, allow("s3:PutObjectTagging", OBJECTS)],
      request: put("new.txt", { Tagging: "a=b" }),
      expect: "allowed",
    },
    {
      name: "with an ACL, PutObject only",
      user: [WRITE],
      request: put("new.txt", { ACL: "bucket-owner-full-control" }),
      expect: NOT_GRANTED,
    },
    {
      name: "with an ACL and PutObjectAcl",
      user: [WRITE, allow("s3:PutObjectAcl", OBJECTS)],
      request: put("new.txt", { ACL: "bucket-owner-full-control" }),
      expect: "allowed",
    },
  ],
};

const attributes: Request = ({ s3 }) =>
  s3.getObjectAttributes({ Bucket: BUCKET, Key: TAGGED_KEY, ObjectAttributes: ["ETag"] });

const ATTRIBUTES: Group = {
  rule: "An object's attributes take GetObject and GetObjectAttributes",
  page: s3Api("GetObjectAttributes"),
  cases: [
    {
      name: "both",
      user: [READ, allow("s3:GetObjectAttributes", OBJECTS)],
      request: attributes,
      expect: "allowed",
    },
    { name: "GetObject only", user: [READ], request: attributes, expect: NOT_GRANTED },
    {
      name: "GetObjectAttributes only",
      user: [allow("s3:GetObjectAttributes", OBJECTS)],
      request: attributes,
      expect: NOT_GRANTED,
    },
  ],
};

/** The cases of this file. */
export const OPERATIONS: Group[] = [READING, COPYING, DELETING, PUTTING, ATTRIBUTES];
