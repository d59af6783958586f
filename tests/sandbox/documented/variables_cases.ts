/** Cases on variables, and on the versions of the policy language that have none. */
import {
  ACCOUNT,
  allow,
  BUCKET_ARN,
  type Case,
  DENIED_BY_IDENTITY,
  deny,
  get,
  type Group,
  iamGuide,
  list,
  NOT_GRANTED,
  OBJECTS,
  putting,
  READ_LOGO,
  type Request,
  type Scene,
  to,
  USER,
  USER_ARN,
  type Verdict,
} from "./harness.ts";

const OWN_PLAN = get("home/alice/plan.txt");
const OTHER_PLAN = get("home/bob/plan.txt");
const LITERAL_PLAN = get("home/${aws:username}/plan.txt");
const OWN_HOME = `${BUCKET_ARN}/home/\${aws:username}/*`;
const createOwnKey: Request = ({ iam }) => iam.createAccessKey({ UserName: USER });
const createAdminsKey: Request = ({ iam }) => iam.createAccessKey({ UserName: "admin" });

const FOLDERS = {
  "own folder": OWN_PLAN,
  "another's": OTHER_PLAN,
  "folder of that name": LITERAL_PLAN,
};

/** The same statement in a document of one version of the language or another. */
function inVersion(Version: string, folder: keyof typeof FOLDERS, expect: Verdict): Case {
  return {
    name: `version ${Version || "left out"}, ${folder}`,
    user: { ...(Version && { Version }), Statement: [allow("s3:GetObject", OWN_HOME)] },
    request: FOLDERS[folder],
    expect,
  };
}

const OLD_BUCKET_POLICY: Scene = {
  bucket: { Version: "2008-10-17", Statement: [to(USER_ARN, allow("s3:GetObject", OWN_HOME))] },
};

const VERSIONS: Group = {
  rule: "Before version 2012-10-17, and where none is given, variables are literal text",
  page: iamGuide("reference_policies_elements_version"),
  cases: [
    inVersion("2012-10-17", "own folder", "allowed"),
    inVersion("2012-10-17", "another's", NOT_GRANTED),
    inVersion("2012-10-17", "folder of that name", NOT_GRANTED),
    inVersion("2008-10-17", "own folder", NOT_GRANTED),
    inVersion("2008-10-17", "folder of that name", "allowed"),
    inVersion("", "own folder", NOT_GRANTED),
    inVersion("", "folder of that name", "allowed"),
    {
      name: "a bucket policy of 2008, the user's own folder",
      ...OLD_BUCKET_POLICY,
      request: OWN_PLAN,
      expect: NOT_GRANTED,
    },
    {
      name: "a bucket policy of 2008, the folder that is called like the variable",
      ...OLD_BUCKET_POLICY,
      request: LITERAL_PLAN,
      expect: "allowed",
    },
    {
      name: "a condition of 2008",
      user: {
        Version: "2008-10-17",
        Statement: [
          allow("s3:ListBucket", BUCKET_ARN, { StringEquals: { "s3:prefix": "${aws:username}/" } }),
        ],
      },
      request: list({ Prefix: "alice/" }),
      expect: NOT_GRANTED,
    },
    {
      name: "a condition of 2008, the prefix that is called like the variable",
      user: {
        Version: "2008-10-17",
        Statement: [
          allow("s3:ListBucket", BUCKET_ARN, { StringEquals: { "s3:prefix": "${aws:username}/" } }),
        ],
      },
      request: list({ Prefix: "${aws:username}/" }),
      expect: "allowed",
    },
  ],
};

const TEAM_OR_PUBLIC = `${BUCKET_ARN}/\${aws:PrincipalTag/team, 'public'}/*`;
const SAME_TAG = "${aws:PrincipalTag/environment}";

const DENY_OTHER_TAG = deny("s3:GetObject", OBJECTS, {
  StringNotEquals: { "s3:ExistingObjectTag/environment": SAME_TAG },
});

const DENY_OTHER_HOMES = { Effect: "Deny", Action: "s3:*", NotResource: OWN_HOME };

const VARIABLES: Group = {
  rule: "A variable stands for a value of the request; one without a value matches nothing",
  page: iamGuide("reference_policies_variables"),
  cases: [
    {
      name: "the user's name in a condition",
      user: [
        allow("s3:ListBucket", BUCKET_ARN, { StringLike: { "s3:prefix": "${aws:username}/*" } }),
      ],
      request: list({ Prefix: "alice/2026" }),
      expect: "allowed",
    },
    {
      name: "another user's name in a condition",
      user: [
        allow("s3:ListBucket", BUCKET_ARN, { StringLike: { "s3:prefix": "${aws:username}/*" } }),
      ],
      request: list({ Prefix: "bob/2026" }),
      expect: NOT_GRANTED,
    },
    {
      name: "the user's name in a bucket policy",
      bucket: [to(USER_ARN, allow("s3:GetObject", OWN_HOME))],
      request: OWN_PLAN,
      expect: "allowed",
    },
    {
      name: "a key for oneself",
      user: [allow("iam:*AccessKey*", `arn:aws:iam::${ACCOUNT}:user/\${aws:username}`)],
      request: createOwnKey,
      expect: "allowed",
    },
    {
      name: "a key for somebody else",
      user: [allow("iam:*AccessKey*", `arn:aws:iam::${ACCOUNT}:user/\${aws:username}`)],
      request: createAdminsKey,
      expect: NOT_GRANTED,
    },
    {
      name: "a session has no aws:username",
      role: [allow("s3:GetObject", OWN_HOME)],
      request: OWN_PLAN,
      expect: NOT_GRANTED,
    },
    {
      name: "a session has no aws:username, so that NotResource lists nothing",
      role: [allow("s3:*"), DENY_OTHER_HOMES],
      request: OWN_PLAN,
      expect: DENIED_BY_IDENTITY,
    },
    {
      name: "a tag of the user",
      user: [allow("s3:GetObject", TEAM_OR_PUBLIC)],
      tags: ["team=home"],
      request: OTHER_PLAN,
      expect: "allowed",
    },
    {
      name: "a tag of the user in place of the default",
      user: [allow("s3:GetObject", TEAM_OR_PUBLIC)],
      tags: ["team=home"],
      request: READ_LOGO,
      expect: NOT_GRANTED,
    },
    {
      name: "the default for a user without the tag",
      user: [allow("s3:GetObject", TEAM_OR_PUBLIC)],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "StringNotEquals with a variable that has no value",
      user: [allow("s3:GetObject"), DENY_OTHER_TAG],
      request: get("reports/2026.csv"),
      expect: DENIED_BY_IDENTITY,
    },
    {
      name: "StringNotEquals with a variable that has the same value",
      user: [allow("s3:GetObject"), DENY_OTHER_TAG],
      tags: ["environment=production"],
      request: get("reports/2026.csv"),
      expect: "allowed",
    },
    {
      name: "StringEquals with a variable that has no value",
      user: [
        allow("s3:GetObject", OBJECTS, {
          StringEquals: { "s3:ExistingObjectTag/environment": SAME_TAG },
        }),
      ],
      request: get("reports/2026.csv"),
      expect: NOT_GRANTED,
    },
    putting("a${*}", "a*", "allowed"),
    putting("a${*}", "abc", NOT_GRANTED),
    putting("a${?}", "a?", "allowed"),
    putting("a${?}", "ab", NOT_GRANTED),
    putting("a${$}{aws:username}", "a${aws:username}", "allowed"),
    putting("a${$}{aws:username}", "aalice", NOT_GRANTED),
    {
      name: "${*} in StringEquals",
      user: [allow("s3:ListBucket", BUCKET_ARN, { StringEquals: { "s3:prefix": "a${*}" } })],
      request: list({ Prefix: "a*" }),
      expect: "allowed",
    },
    {
      name: "${*} in StringLike",
      user: [allow("s3:ListBucket", BUCKET_ARN, { StringLike: { "s3:prefix": "a${*}" } })],
      request: list({ Prefix: "abc" }),
      expect: NOT_GRANTED,
    },
  ],
};

/** The cases of this file. */
export const VARIABLES_AND_VERSIONS: Group[] = [VERSIONS, VARIABLES];
