/** Cases on listings of a part of a bucket: s3:prefix and s3:delimiter. */
import {
  allow,
  BUCKET,
  BUCKET_ARN,
  type Case,
  DENIED_BY_BUCKET,
  DENIED_BY_IDENTITY,
  deny,
  get,
  type Group,
  list,
  NOT_GRANTED,
  put,
  type Request,
  s3Guide,
  type Scene,
  to,
  USER_ARN,
  type Verdict,
} from "./harness.ts";

/** A user lists with these parameters. */
function listing(
  name: string,
  scene: Scene,
  parameters: Record<string, unknown>,
  expect: Verdict,
): Case {
  return { name, request: list(parameters), expect, ...scene };
}

const PROJECTS = { "s3:prefix": "projects" };

const ONLY_PROJECTS = [
  allow("s3:ListBucket", BUCKET_ARN, { StringEquals: PROJECTS }),
  deny("s3:ListBucket", BUCKET_ARN, { StringNotEquals: PROJECTS }),
];

const BY_USER_POLICY: Scene = { user: ONLY_PROJECTS };

const BY_BUCKET_POLICY: Scene = {
  user: [allow("s3:ListBucket")],
  bucket: ONLY_PROJECTS.map((statement) => to(USER_ARN, statement)),
};

const listVersions: Request = ({ s3 }) =>
  s3.listObjectVersions({ Bucket: BUCKET, Prefix: "projects" });

const PREFIX: Group = {
  rule: "s3:prefix limits a listing to keys that start so",
  page: s3Guide("amazon-s3-policy-keys"),
  cases: [
    listing("the prefix of the user's policy", BY_USER_POLICY, { Prefix: "projects" }, "allowed"),
    listing("a longer prefix", BY_USER_POLICY, { Prefix: "projects/a" }, DENIED_BY_IDENTITY),
    listing("a shorter prefix", BY_USER_POLICY, { Prefix: "project" }, DENIED_BY_IDENTITY),
    listing("an empty prefix", BY_USER_POLICY, { Prefix: "" }, DENIED_BY_IDENTITY),
    listing("no prefix", BY_USER_POLICY, {}, DENIED_BY_IDENTITY),
    listing("the prefix of the bucket policy", BY_BUCKET_POLICY, { Prefix: "projects" }, "allowed"),
    listing("another prefix, which the user's policy alone would allow", BY_BUCKET_POLICY, {
      Prefix: "home",
    }, DENIED_BY_BUCKET),
    {
      name: "versions take ListBucketVersions, which knows s3:prefix too",
      user: [allow("s3:ListBucketVersions", BUCKET_ARN, { StringEquals: PROJECTS })],
      request: listVersions,
      expect: "allowed",
    },
    {
      name: "versions of another prefix",
      user: [allow("s3:ListBucketVersions", BUCKET_ARN, { StringEquals: { "s3:prefix": "home" } })],
      request: listVersions,
      expect: NOT_GRANTED,
    },
    {
      name: "versions don't take ListBucket",
      user: [allow("s3:ListBucket", BUCKET_ARN)],
      request: listVersions,
      expect: NOT_GRANTED,
    },
  ],
};

const ROOT_ONLY: Scene = {
  user: [
    allow("s3:ListBucket", BUCKET_ARN, {
      StringEquals: { "s3:prefix": [""], "s3:delimiter": ["/"] },
    }),
  ],
};

const DEVELOPMENT = { "s3:prefix": ["Development/*"] };

const DEVELOPER: Scene = {
  user: [
    allow("s3:ListBucket", BUCKET_ARN, { StringLike: DEVELOPMENT }),
    allow(["s3:GetObject", "s3:PutObject"], `${BUCKET_ARN}/Development/*`),
  ],
};

/** May list everything, but for the statement that denies other folders. */
const KEPT_IN: Scene = {
  user: [
    allow("s3:ListBucket", BUCKET_ARN),
    deny("s3:ListBucket", BUCKET_ARN, {
      StringNotLike: { "s3:prefix": ["Development/*", ""] },
      Null: { "s3:prefix": false },
    }),
  ],
};

const PRIVATE_FOLDER: Scene = {
  user: [
    allow("s3:*"),
    deny("s3:*", `${BUCKET_ARN}/Private/*`),
    deny("s3:ListBucket", BUCKET_ARN, { StringLike: { "s3:prefix": ["Private/*"] } }),
  ],
};

const WALKTHROUGH: Group = {
  rule: "A folder for each user, by prefix and delimiter",
  page: s3Guide("walkthrough1"),
  cases: [
    listing("the root level", ROOT_ONLY, { Prefix: "", Delimiter: "/" }, "allowed"),
    listing("everything below the root", ROOT_ONLY, { Prefix: "" }, NOT_GRANTED),
    listing("by another delimiter", ROOT_ONLY, { Prefix: "", Delimiter: "-" }, NOT_GRANTED),
    listing("a folder", ROOT_ONLY, { Prefix: "Development/", Delimiter: "/" }, NOT_GRANTED),
    listing("without prefix and delimiter", ROOT_ONLY, {}, NOT_GRANTED),
    listing("own folder", DEVELOPER, { Prefix: "Development/" }, "allowed"),
    listing("a folder in it", DEVELOPER, { Prefix: "Development/a/b" }, "allowed"),
    listing("own folder without the slash", DEVELOPER, { Prefix: "Development" }, NOT_GRANTED),
    listing("own folder in lower case", DEVELOPER, { Prefix: "development/" }, NOT_GRANTED),
    listing("another folder", DEVELOPER, { Prefix: "Finance/" }, NOT_GRANTED),
    {
      name: "an object for own folder",
      ...DEVELOPER,
      request: put("Development/a"),
      expect: "allowed",
    },
    {
      name: "an object for another folder",
      ...DEVELOPER,
      request: put("Finance/a"),
      expect: NOT_GRANTED,
    },
    listing("kept in: own folder", KEPT_IN, { Prefix: "Development/a" }, "allowed"),
    listing("kept in: the root level", KEPT_IN, { Prefix: "" }, "allowed"),
    listing("kept in: another folder", KEPT_IN, { Prefix: "Finance/" }, DENIED_BY_IDENTITY),
    listing("kept in: without a prefix", KEPT_IN, {}, "allowed"),
    listing("a private folder", PRIVATE_FOLDER, { Prefix: "Private/" }, DENIED_BY_IDENTITY),
    listing("beside a private folder", PRIVATE_FOLDER, { Prefix: "Finance/" }, "allowed"),
    {
      name: "an object of a private folder",
      ...PRIVATE_FOLDER,
      request: get("Private/privDoc1.txt"),
      expect: DENIED_BY_IDENTITY,
    },
  ],
};

/** The cases of this file. */
export const PREFIXES: Group[] = [PREFIX, WALKTHROUGH];
