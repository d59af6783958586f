/** Cases on several tests, keys and values in one condition. */
import {
  ACCOUNT,
  allow,
  type Case,
  type Condition,
  DENIED_BY_IDENTITY,
  type Group,
  iamGuide,
  listing,
  NOT_GRANTED,
  notReading,
  OBJECTS,
  put,
  READ_LOGO,
  reading,
  type Request,
  TAGGED_KEY,
  type Verdict,
} from "./harness.ts";

const NAMES: Group = {
  rule: "The names of keys are not case-sensitive, the values are as the operator says",
  page: iamGuide("reference_policies_elements_condition"),
  cases: [
    reading("AWS:SourceIP", { IpAddress: { "AWS:SourceIP": "127.0.0.0/8" } }, "allowed"),
    reading("aws:UserName", { StringEquals: { "aws:UserName": "alice" } }, "allowed"),
    reading(
      "aws:PrincipalTag/TEAM",
      { StringEquals: { "aws:PrincipalTag/TEAM": "blue" } },
      "allowed",
      {
        tags: ["team=blue"],
      },
    ),
    listing(
      "S3:Prefix",
      { StringEquals: { "S3:Prefix": "public/" } },
      { Prefix: "public/" },
      "allowed",
    ),
  ],
};

const ALICE = { "aws:username": "alice" };
const FOLDERS = { "s3:prefix": ["home/", "public/"] };

const SEVERAL: Group = {
  rule: "Operators and keys are joined by AND, values by OR, values of negated operators by NOR",
  page: iamGuide("reference_policies_condition-logic-multiple-context-keys-or-values"),
  cases: [
    reading("two operators that hold", {
      StringEquals: ALICE,
      IpAddress: { "aws:SourceIp": "127.0.0.0/8" },
    }, "allowed"),
    reading("two operators, one of which fails", {
      StringEquals: ALICE,
      IpAddress: { "aws:SourceIp": "203.0.113.0/24" },
    }, NOT_GRANTED),
    reading("two keys that hold", {
      StringEquals: { ...ALICE, "aws:PrincipalAccount": ACCOUNT },
    }, "allowed"),
    reading("two keys, one of which fails", {
      StringEquals: { ...ALICE, "aws:PrincipalAccount": "111111111111" },
    }, NOT_GRANTED),
    listing("the first of two values", { StringEquals: FOLDERS }, { Prefix: "home/" }, "allowed"),
    listing(
      "the second of two values",
      { StringEquals: FOLDERS },
      { Prefix: "public/" },
      "allowed",
    ),
    listing(
      "neither of two values",
      { StringEquals: FOLDERS },
      { Prefix: "reports/" },
      NOT_GRANTED,
    ),
    listing("negated: the first", { StringNotEquals: FOLDERS }, { Prefix: "home/" }, NOT_GRANTED),
    listing(
      "negated: the second",
      { StringNotEquals: FOLDERS },
      { Prefix: "public/" },
      NOT_GRANTED,
    ),
    listing("negated: neither", { StringNotEquals: FOLDERS }, { Prefix: "reports/" }, "allowed"),
    notReading("a deny with two operators, one of which fails", {
      StringEquals: ALICE,
      IpAddress: { "aws:SourceIp": "203.0.113.0/24" },
    }, "allowed"),
    notReading("a deny with two operators that hold", {
      StringEquals: ALICE,
      IpAddress: { "aws:SourceIp": "127.0.0.0/8" },
    }, DENIED_BY_IDENTITY),
    {
      name: "two statements, the condition of one of which holds",
      user: [
        allow("s3:GetObject", OBJECTS, { StringEquals: { "aws:username": "bob" } }),
        allow("s3:GetObject", OBJECTS, { StringEquals: ALICE }),
      ],
      request: READ_LOGO,
      expect: "allowed",
    },
  ],
};

/** A user who may tag under a condition tags. */
function tagging(name: string, condition: Condition, keys: string[], expect: Verdict): Case {
  const TagSet = keys.map((Key) => ({ Key, Value: "x" }));
  const request: Request = ({ s3 }) =>
    s3.putObjectTagging({ Bucket: "photos", Key: TAGGED_KEY, Tagging: { TagSet } });
  const user = [allow("s3:PutObjectTagging", OBJECTS, condition)];
  return { name, user, request, expect };
}

const KNOWN_TAGS = { "s3:RequestObjectTagKeys": ["Owner", "CreationDate"] };
const ALL_KNOWN = { "ForAllValues:StringEquals": KNOWN_TAGS };
const ANY_KNOWN = { "ForAnyValue:StringEquals": KNOWN_TAGS };

const SETS: Group = {
  rule:
    "ForAllValues holds if every value of the request matches, or there is none; ForAnyValue if one does",
  page: iamGuide("reference_policies_condition-single-vs-multi-valued-context-keys"),
  cases: [
    tagging("ForAllValues: all match", ALL_KNOWN, ["Owner", "CreationDate"], "allowed"),
    tagging("ForAllValues: one does not", ALL_KNOWN, ["Owner", "Project"], NOT_GRANTED),
    {
      name: "ForAllValues: the request has none",
      user: [allow("s3:PutObject", OBJECTS, ALL_KNOWN)],
      request: put("new.txt"),
      expect: "allowed",
    },
    tagging("ForAnyValue: one matches", ANY_KNOWN, ["Owner", "Project"], "allowed"),
    tagging("ForAnyValue: none matches", ANY_KNOWN, ["Project"], NOT_GRANTED),
    {
      name: "ForAnyValue: the request has none",
      user: [allow("s3:PutObject", OBJECTS, ANY_KNOWN)],
      request: put("new.txt"),
      expect: NOT_GRANTED,
    },
    tagging(
      "ForAllValues with wildcards",
      { "ForAllValues:StringLike": { "s3:RequestObjectTagKeys": "Own*" } },
      ["Owner", "Ownership"],
      "allowed",
    ),
  ],
};

/** The cases of this file. */
export const SEVERAL_TESTS: Group[] = [NAMES, SEVERAL, SETS];
