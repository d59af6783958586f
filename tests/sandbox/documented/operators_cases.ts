/** Cases on the operators of conditions. */
import {
  ACCOUNT,
  allow,
  DENIED_BY_IDENTITY,
  deny,
  type Group,
  iamGuide,
  list,
  listing,
  NOT_GRANTED,
  notReading,
  reading,
} from "./harness.ts";

const OPERATORS = iamGuide("reference_policies_elements_condition_operators");
const TEAM = "aws:PrincipalTag/team";
const PAST = "2020-01-01T00:00:00Z";
const FUTURE = "2100-01-01T00:00:00Z";
const PAST_SECONDS = "1577836800";
const FUTURE_SECONDS = "4102444800";

const STRINGS: Group = {
  rule: "String operators compare with regard to case; only Like knows wildcards",
  page: OPERATORS,
  cases: [
    reading("StringEquals", { StringEquals: { "aws:username": "alice" } }, "allowed"),
    reading(
      "StringEquals in another case",
      { StringEquals: { "aws:username": "Alice" } },
      NOT_GRANTED,
    ),
    reading("StringEquals with *", { StringEquals: { "aws:username": "a*" } }, NOT_GRANTED),
    reading(
      "StringEqualsIgnoreCase",
      { StringEqualsIgnoreCase: { "aws:username": "Alice" } },
      "allowed",
    ),
    reading("StringNotEquals", { StringNotEquals: { "aws:username": "bob" } }, "allowed"),
    reading(
      "StringNotEquals of the same",
      { StringNotEquals: { "aws:username": "alice" } },
      NOT_GRANTED,
    ),
    reading(
      "StringNotEqualsIgnoreCase of the same",
      { StringNotEqualsIgnoreCase: { "aws:username": "ALICE" } },
      NOT_GRANTED,
    ),
    reading("StringLike with *", { StringLike: { "aws:username": "a*e" } }, "allowed"),
    reading("StringLike with ?", { StringLike: { "aws:username": "?lice" } }, "allowed"),
    reading(
      "StringLike with too many ?",
      { StringLike: { "aws:username": "??lice" } },
      NOT_GRANTED,
    ),
    reading("StringLike in another case", { StringLike: { "aws:username": "A*" } }, NOT_GRANTED),
    reading("StringNotLike", { StringNotLike: { "aws:username": "b*" } }, "allowed"),
    reading("StringNotLike of a match", { StringNotLike: { "aws:username": "a*" } }, NOT_GRANTED),
    reading("StringEquals without the key", { StringEquals: { [TEAM]: "blue" } }, NOT_GRANTED),
    reading("StringNotEquals without the key", { StringNotEquals: { [TEAM]: "blue" } }, "allowed"),
  ],
};

const NUMBERS: Group = {
  rule: "Numeric operators compare numbers; s3:max-keys is there in every listing",
  page: OPERATORS,
  cases: [
    listing("10 at most: 10", { NumericLessThanEquals: { "s3:max-keys": "10" } }, {
      MaxKeys: 10,
    }, "allowed"),
    listing(
      "10 at most: 9, which is no smaller text",
      {
        NumericLessThanEquals: { "s3:max-keys": "10" },
      },
      { MaxKeys: 9 },
      "allowed",
    ),
    listing("10 at most: 11", { NumericLessThanEquals: { "s3:max-keys": "10" } }, {
      MaxKeys: 11,
    }, NOT_GRANTED),
    listing(
      "maximum 10: no max-keys, which is 1,000",
      {
        NumericLessThanEquals: { "s3:max-keys": "10" },
      },
      {},
      NOT_GRANTED,
    ),
    {
      name: "denied over 10: no max-keys, which is 1,000",
      user: [
        allow("s3:ListBucket"),
        deny("s3:ListBucket", "*", { NumericGreaterThan: { "s3:max-keys": "10" } }),
      ],
      request: list(),
      expect: DENIED_BY_IDENTITY,
    },
    listing("exactly 10", { NumericEquals: { "s3:max-keys": 10 } }, { MaxKeys: 10 }, "allowed"),
    listing("anything but 10", { NumericNotEquals: { "s3:max-keys": "10" } }, {
      MaxKeys: 10,
    }, NOT_GRANTED),
  ],
};

const DATES: Group = {
  rule: "Date operators take ISO 8601 and seconds since 1970",
  page: OPERATORS,
  cases: [
    reading("between two dates", {
      DateGreaterThan: { "aws:CurrentTime": PAST },
      DateLessThan: { "aws:CurrentTime": FUTURE },
    }, "allowed"),
    reading("after the end", { DateLessThan: { "aws:CurrentTime": PAST } }, NOT_GRANTED),
    reading("before the start", { DateGreaterThan: { "aws:CurrentTime": FUTURE } }, NOT_GRANTED),
    reading(
      "a day without a time",
      { DateGreaterThan: { "aws:CurrentTime": "2020-01-01" } },
      "allowed",
    ),
    reading("DateNotEquals", { DateNotEquals: { "aws:CurrentTime": PAST } }, "allowed"),
    reading("before an end in seconds", {
      DateLessThan: { "aws:CurrentTime": FUTURE_SECONDS },
    }, "allowed"),
    reading("before a start in seconds", {
      DateGreaterThan: { "aws:CurrentTime": FUTURE_SECONDS },
    }, NOT_GRANTED),
    reading("after a start in seconds", {
      DateGreaterThan: { "aws:CurrentTime": PAST_SECONDS },
    }, "allowed"),
    reading("aws:EpochTime before an end in seconds", {
      DateLessThan: { "aws:EpochTime": FUTURE_SECONDS },
    }, "allowed"),
    reading("aws:EpochTime before an end in ISO 8601", {
      DateLessThan: { "aws:EpochTime": FUTURE },
    }, "allowed"),
    reading("aws:EpochTime after an end in ISO 8601", {
      DateLessThan: { "aws:EpochTime": PAST },
    }, NOT_GRANTED),
    reading("aws:EpochTime as a number", {
      NumericLessThan: { "aws:EpochTime": FUTURE_SECONDS },
    }, "allowed"),
  ],
};

const NO_HTTP = { Bool: { "aws:SecureTransport": "false" } };

const OTHERS: Group = {
  rule: "Bool, IP address and ARN operators",
  page: OPERATORS,
  cases: [
    notReading("a deny of plain HTTP: over HTTPS", NO_HTTP, "allowed"),
    notReading("a deny of plain HTTP: over HTTP", NO_HTTP, DENIED_BY_IDENTITY, { insecure: true }),
    reading("Bool with a boolean", { Bool: { "aws:SecureTransport": true } }, "allowed"),
    reading("own range", { IpAddress: { "aws:SourceIp": "127.0.0.0/8" } }, "allowed"),
    reading("another range", { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } }, NOT_GRANTED),
    reading("an address without a length is a /32", {
      IpAddress: { "aws:SourceIp": "127.0.0.1" },
    }, "allowed"),
    reading("one of several ranges, IPv6 too", {
      IpAddress: { "aws:SourceIp": ["2001:DB8:1234:5678::/64", "127.0.0.0/8"] },
    }, "allowed"),
    reading("NotIpAddress of own range", {
      NotIpAddress: { "aws:SourceIp": "127.0.0.0/8" },
    }, NOT_GRANTED),
    notReading("a deny outside a range", {
      NotIpAddress: { "aws:SourceIp": "192.0.2.0/24" },
    }, DENIED_BY_IDENTITY),
    reading("ArnLike with wildcards", {
      ArnLike: { "aws:PrincipalArn": `arn:aws:iam::${ACCOUNT}:user/a*` },
    }, "allowed"),
    reading("ArnEquals does the same as ArnLike", {
      ArnEquals: { "aws:PrincipalArn": "arn:aws:iam::*:user/al?ce" },
    }, "allowed"),
    reading("ArnNotLike of a match", {
      ArnNotLike: { "aws:PrincipalArn": "arn:aws:iam::*:user/*" },
    }, NOT_GRANTED),
    reading("ArnNotEquals of another ARN", {
      ArnNotEquals: { "aws:PrincipalArn": `arn:aws:iam::${ACCOUNT}:user/bob` },
    }, "allowed"),
    reading("* does not reach past a colon in ArnLike", {
      ArnLike: { "aws:PrincipalArn": "arn:aws:*:user/alice" },
    }, NOT_GRANTED),
    reading("* reaches past a colon in StringLike", {
      StringLike: { "aws:PrincipalArn": "arn:aws:*:user/alice" },
    }, "allowed"),
  ],
};

const IF_BLUE = { StringEqualsIfExists: { [TEAM]: "blue" } };
const NOT_BLUE = { StringNotEqualsIfExists: { [TEAM]: "blue" } };

const PRESENCE: Group = {
  rule: "IfExists ignores a missing key, Null tests for it",
  page: OPERATORS,
  cases: [
    reading("IfExists without the key", IF_BLUE, "allowed"),
    reading("IfExists with the value", IF_BLUE, "allowed", { tags: ["team=blue"] }),
    reading("IfExists with another value", IF_BLUE, NOT_GRANTED, { tags: ["team=red"] }),
    notReading("a deny with a negated IfExists, without the key", NOT_BLUE, DENIED_BY_IDENTITY),
    notReading("a deny with a negated IfExists, with the value", NOT_BLUE, "allowed", {
      tags: ["team=blue"],
    }),
    reading("IfExists beside a test that fails", {
      ...IF_BLUE,
      StringEquals: { "aws:username": "bob" },
    }, NOT_GRANTED),
    reading("Null true without the key", { Null: { [TEAM]: "true" } }, "allowed"),
    reading("Null true with the key", { Null: { [TEAM]: "true" } }, NOT_GRANTED, {
      tags: ["team=blue"],
    }),
    reading("Null false without the key", { Null: { [TEAM]: "false" } }, NOT_GRANTED),
    reading("Null false with the key", { Null: { [TEAM]: "false" } }, "allowed", {
      tags: ["team=blue"],
    }),
    reading("Null true for a key of temporary credentials, with a user's", {
      Null: { "aws:TokenIssueTime": "true" },
    }, "allowed"),
  ],
};

/** The cases of this file. */
export const OPERATORS_OF_CONDITIONS: Group[] = [STRINGS, NUMBERS, DATES, OTHERS, PRESENCE];
