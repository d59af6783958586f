/**
 * Each condition operator as AWS documents it, see
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
 */
import assert from "node:assert/strict";
import { evaluate } from "@s3creds/cli/policy";

type Values = Record<string, string | readonly string[]>;

/** Whether a statement with this condition applies to a request with these values. */
function holds(condition: Record<string, unknown>, context: Values = {}): boolean {
  const { decision } = evaluate({
    principal: "arn:aws:iam::123456789012:user/alice",
    action: "s3:GetObject",
    resource: "arn:aws:s3:::b/k",
    context,
  }, {
    identity: [{
      type: "inline",
      name: "p",
      document: {
        Version: "2012-10-17",
        Statement: [{
          Effect: "Allow",
          Action: "*",
          Resource: "*",
          Condition: condition as Record<string, Record<string, unknown>>,
        }],
      },
    }],
  });
  return decision === "allowed";
}

type Row = [operator: string, expected: unknown, value: string | readonly string[], holds: boolean];

/** Operator, what the policy has, what the request has, whether the condition holds. */
const ROWS: Row[] = [
  ["StringEquals", "johndoe", "johndoe", true],
  ["StringEquals", "johndoe", "JohnDoe", false],
  ["StringEquals", "john*", "johndoe", false],
  ["StringEquals", "john*", "john*", true],
  ["StringEquals", ["a", "b"], "b", true],
  ["StringEquals", "", "", true],
  ["StringEquals", 10, "10", true],
  ["StringNotEquals", "johndoe", "johndoe", false],
  ["StringNotEquals", "johndoe", "JohnDoe", true],
  ["StringNotEquals", ["a", "b"], "b", false],
  ["StringNotEquals", ["a", "b"], "c", true],
  ["StringEqualsIgnoreCase", "johndoe", "JohnDoe", true],
  ["StringEqualsIgnoreCase", "johndoe", "johndo", false],
  ["StringNotEqualsIgnoreCase", "johndoe", "JohnDoe", false],
  ["StringNotEqualsIgnoreCase", "johndoe", "janedoe", true],
  ["StringLike", "home/*", "home/a/b", true],
  ["StringLike", "home/?", "home/ab", false],
  ["StringLike", "Home/*", "home/a", false],
  ["StringLike", "a*c*e", "a:b/c\nd:e", true],
  ["StringNotLike", "home/*", "home/a", false],
  ["StringNotLike", "home/*", "work/a", true],
  ["NumericEquals", "10", "10.0", true],
  ["NumericEquals", "10", "10x", false],
  ["NumericEquals", "ten", "ten", false],
  ["NumericNotEquals", "10", "10", false],
  ["NumericNotEquals", "10", "11", true],
  ["NumericLessThan", "10", "9", true],
  ["NumericLessThan", "10", "10", false],
  ["NumericLessThanEquals", "10", "10", true],
  ["NumericLessThanEquals", "10", "10.01", false],
  ["NumericLessThanEquals", "10", "-3", true],
  ["NumericGreaterThan", "10", "9", false],
  ["NumericGreaterThan", "10", "100", true],
  ["NumericGreaterThan", "10", "10", false],
  ["NumericGreaterThanEquals", "10", "10", true],
  ["NumericGreaterThanEquals", "10", "9.99", false],
  ["NumericGreaterThan", "10", "", false],
  ["DateEquals", "2020-01-01T00:00:01Z", "2020-01-01T00:00:01.000Z", true],
  ["DateEquals", "2020-01-01T01:00:00+01:00", "2020-01-01T00:00:00Z", true],
  ["DateEquals", "1577836800", "2020-01-01T00:00:00Z", true],
  ["DateEquals", "2020-01-01", "1577836800", true],
  ["DateEquals", "2020-01", "2020-01-01T00:00Z", true],
  ["DateNotEquals", "2020-01-01", "2020-01-02", true],
  ["DateNotEquals", "2020-01-01", "2020-01-01", false],
  ["DateLessThan", "2020-01-01T00:00:00Z", "2019-12-31T23:59:59Z", true],
  ["DateLessThan", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z", false],
  ["DateLessThanEquals", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z", true],
  ["DateLessThanEquals", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00.1Z", false],
  ["DateGreaterThan", "2020-01-01T00:00:01Z", "2020-06-01T00:00:00Z", true],
  ["DateGreaterThan", "2020-01-01T00:00:01Z", "2020-01-01T00:00:01Z", false],
  ["DateGreaterThanEquals", "2020-01-01T00:00:01Z", "2020-01-01T00:00:01Z", true],
  ["DateGreaterThanEquals", "2020-01-01T00:00:01Z", "2020-01-01T00:00:00Z", false],
  ["DateLessThan", "2020-02-30", "2019-01-01", false],
  ["DateLessThan", "2021-02-29T00:00:00Z", "2019-01-01", false],
  ["DateGreaterThan", "2020-13-01", "2030-01-01", false],
  ["DateLessThan", "soon", "2019-01-01", false],
  ["DateLessThan", "2020-01-01", "today", false],
  ["Bool", "true", "true", true],
  ["Bool", "false", "true", false],
  ["Bool", true, "true", true],
  ["Bool", "True", "true", true],
  ["Bool", "yes", "yes", false],
  ["BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", true],
  ["BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "QmluYXJ5VmFsdWVJbkJhc2U2NB==", true],
  ["BinaryEquals", "QmluYXJ5VmFsdWVJbkJhc2U2NA==", "QmluYXJ5", false],
  ["BinaryEquals", "!", "!", false],
  ["IpAddress", "203.0.113.0/24", "203.0.113.255", true],
  ["IpAddress", "203.0.113.0/24", "203.0.114.0", false],
  ["IpAddress", "203.0.113.7/24", "203.0.113.1", true],
  ["IpAddress", "203.0.113.64/26", "203.0.113.127", true],
  ["IpAddress", "203.0.113.64/26", "203.0.113.128", false],
  ["IpAddress", "203.0.113.7", "203.0.113.7", true],
  ["IpAddress", "203.0.113.7", "203.0.113.8", false],
  ["IpAddress", "0.0.0.0/0", "198.51.100.1", true],
  ["IpAddress", "0.0.0.0/0", "2001:db8::1", false],
  ["IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5678:9abc::1", true],
  ["IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5679::1", false],
  ["IpAddress", "2001:db8::1", "2001:0db8:0:0:0:0:0:1", true],
  ["IpAddress", "2001:db8::1", "2001:db8::2", false],
  ["IpAddress", "::ffff:203.0.113.7", "::ffff:cb00:7107", true],
  ["IpAddress", "::/0", "203.0.113.7", false],
  ["IpAddress", ["203.0.113.0/24", "2001:DB8:1234:5678::/64"], "2001:db8:1234:5678::", true],
  ["IpAddress", "203.0.113.0/33", "203.0.113.0", false],
  ["IpAddress", "203.0.113.0/24", "203.0.113.256", false],
  ["IpAddress", "203.0.113.0/24", "203.0.113.07", false],
  ["NotIpAddress", "203.0.113.0/24", "203.0.113.9", false],
  ["NotIpAddress", "203.0.113.0/24", "198.51.100.1", true],
  ["NotIpAddress", ["203.0.113.0/24", "198.51.100.0/24"], "198.51.100.1", false],
  ["ArnEquals", "arn:aws:sns:*:1234:topic", "arn:aws:sns:eu-west-1:1234:topic", true],
  ["ArnEquals", "arn:aws:sns:*:1234:topic", "arn:aws:sns:eu-west-1:1:1234:topic", false],
  ["ArnLike", "arn:aws:iam::1234:user/?lice", "arn:aws:iam::1234:user/alice", true],
  ["ArnLike", "arn:aws:iam::1234:user/*", "arn:aws:iam::1234:role/alice", false],
  ["ArnLike", "arn:aws:iam::1234:USER/*", "arn:aws:iam::1234:user/alice", false],
  ["ArnLike", "*", "arn:aws:iam::1234:user/alice", false],
  ["ArnLike", "arn", "arn", false],
  ["ArnNotEquals", "arn:aws:iam::1234:user/*", "arn:aws:iam::1234:user/alice", false],
  ["ArnNotLike", "arn:aws:iam::1234:user/*", "arn:aws:iam::1234:role/alice", true],
];

for (const [operator, expected, value, result] of ROWS) {
  const name = `${operator} ${JSON.stringify(expected)} of ${JSON.stringify(value)}`;
  Deno.test(`evaluate: ${name} ${result ? "holds" : "does not hold"}`, () => {
    assert.equal(holds({ [operator]: { "aws:Key": expected } }, { "aws:Key": value }), result);
    // Whatever the value is, IfExists makes no difference to a key that is there.
    assert.equal(
      holds({ [`${operator}IfExists`]: { "aws:Key": expected } }, { "aws:Key": value }),
      result,
    );
  });
}

const ALL_OPERATORS = [...new Set(ROWS.map(([operator]) => operator))];

Deno.test("evaluate: a missing key is no match, which a negated operator wants", () => {
  assert.equal(ALL_OPERATORS.length, 26);
  for (const operator of ALL_OPERATORS) {
    const isNegated = operator.includes("Not");
    assert.equal(holds({ [operator]: { "aws:Key": "x" } }), isNegated, operator);
    assert.equal(holds({ [`${operator}IfExists`]: { "aws:Key": "x" } }), true, operator);
    assert.equal(holds({ [`ForAllValues:${operator}`]: { "aws:Key": "x" } }), true, operator);
    assert.equal(holds({ [`ForAnyValue:${operator}`]: { "aws:Key": "x" } }), false, operator);
    assert.equal(
      holds({ [`ForAnyValue:${operator}IfExists`]: { "aws:Key": "x" } }),
      true,
      operator,
    );
    assert.equal(holds({ [operator]: { "aws:Key": "x" } }, { "aws:Key": [] }), isNegated, operator);
  }
});

Deno.test("evaluate: Null asks whether a key is missing or has an empty value", () => {
  const cases: [Values, isNull: boolean][] = [
    [{}, true],
    [{ "aws:Key": "x" }, false],
    [{ "aws:Key": "" }, true],
    [{ "aws:Key": [] }, true],
    [{ "aws:Key": [""] }, true],
    [{ "aws:Key": ["", "x"] }, false],
  ];
  for (const [context, isNull] of cases) {
    assert.equal(holds({ Null: { "aws:Key": "true" } }, context), isNull);
    assert.equal(holds({ Null: { "aws:Key": true } }, context), isNull);
    assert.equal(holds({ Null: { "aws:Key": "false" } }, context), !isNull);
    assert.equal(holds({ Null: { "aws:Key": ["true", "false"] } }, context), true);
    assert.equal(holds({ Null: { "aws:Key": "perhaps" } }, context), false);
  }
});

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html */
Deno.test("evaluate: ForAllValues wants every value, ForAnyValue one", () => {
  const tags = ["PostDateTime", "Message", "Tags"];
  const rows: [operator: string, values: string | string[], boolean][] = [
    ["ForAllValues:StringEquals", ["PostDateTime", "UserName"], false],
    ["ForAllValues:StringEquals", ["PostDateTime", "Tags"], true],
    ["ForAllValues:StringEquals", "Message", true],
    ["ForAllValues:StringEquals", [], true],
    ["ForAllValues:StringEquals", "", true],
    ["ForAllValues:StringNotEquals", ["UserName", "ID"], true],
    ["ForAllValues:StringNotEquals", ["UserName", "Tags"], false],
    ["ForAnyValue:StringEquals", ["PostDateTime", "UserName"], true],
    ["ForAnyValue:StringEquals", ["ID", "UserName"], false],
    ["ForAnyValue:StringEquals", "Tags", true],
    ["ForAnyValue:StringNotEquals", ["Tags", "UserName"], true],
    ["ForAnyValue:StringNotEquals", ["Tags", "Message"], false],
    ["ForAnyValue:StringNotEquals", [], false],
    ["ForAnyValue:StringLike", ["Message"], true],
    ["StringEquals", ["ID", "Tags"], true],
    ["StringNotEquals", ["ID", "Tags"], false],
    ["StringNotEquals", ["ID", "UserName"], true],
  ];
  for (const [operator, values, expected] of rows) {
    const actual = holds({ [operator]: { "aws:Key": tags } }, { "aws:Key": values });
    assert.equal(actual, expected, `${operator} ${JSON.stringify(values)}`);
  }
});

/** The tables of https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition_examples-multi-valued-context-keys.html */
Deno.test("evaluate: ForAllValues:StringNotLike of tags, as in AWS's example", () => {
  const condition = { "ForAllValues:StringNotLike": { "aws:TagKeys": "key1*" } };
  assert.equal(holds(condition, { "aws:TagKeys": ["key1:legal"] }), false);
  assert.equal(holds(condition, { "aws:TagKeys": ["key1:hr", "key1:personnel"] }), false);
  assert.equal(holds(condition, { "aws:TagKeys": ["key2:audit"] }), true);
  assert.equal(holds(condition), true);
});

Deno.test("evaluate: operators and keys are joined by AND, their names are matched in either case", () => {
  const both = {
    StringEquals: { "AWS:KEY": "x", "s3:other": "y" },
    NumericLessThan: { "s3:Max-Keys": "10" },
  };
  assert.equal(holds(both, { "aws:key": "x", "S3:Other": "y", "s3:max-keys": "9" }), true);
  assert.equal(holds(both, { "aws:key": "x", "S3:Other": "z", "s3:max-keys": "9" }), false);
  assert.equal(holds(both, { "aws:key": "x", "S3:Other": "y", "s3:max-keys": "10" }), false);
  assert.equal(holds({}), true);
});

Deno.test("evaluate: variables are known to string, ARN and Bool operators", () => {
  const context = { "aws:Key": "alice", "aws:Flag": "true", "aws:Number": "5" };
  assert.equal(holds({ StringEquals: { "aws:Key": "${aws:username}" } }, context), true);
  assert.equal(holds({ StringEquals: { "aws:Key": "${aws:nothing}" } }, context), false);
  assert.equal(holds({ StringNotEquals: { "aws:Key": "${aws:nothing}" } }, context), true);
  assert.equal(holds({ StringLike: { "aws:Key": "${aws:username}*" } }, context), true);
  assert.equal(holds({ StringEquals: { "aws:Key": ["${aws:nothing}", "alice"] } }, context), true);
  assert.equal(holds({ Bool: { "aws:Flag": "${aws:Flag}" } }, context), true);
  assert.equal(holds({ NumericEquals: { "aws:Number": "${aws:Number}" } }, context), false);
  assert.equal(
    holds({ ArnEquals: { "aws:PrincipalArn": "arn:aws:iam::*:user/${aws:username}" } }),
    true,
  );
});

Deno.test("evaluate: the keys of the principal are known without a context", () => {
  assert.equal(
    holds({
      StringEquals: {
        "aws:PrincipalAccount": "123456789012",
        "aws:PrincipalArn": "arn:aws:iam::123456789012:user/alice",
        "aws:PrincipalType": "User",
        "aws:username": "alice",
      },
      Bool: { "aws:PrincipalIsAWSService": "false" },
    }),
    true,
  );
  const context = { "AWS:USERNAME": "bob" };
  assert.equal(holds({ StringEquals: { "aws:username": "bob" } }, context), true);
});

Deno.test("evaluate: a key may belong to an issuer of tokens in place of a service", () => {
  for (const issuer of ["token.actions.githubusercontent.com", "example.com/realms/a"]) {
    const condition = { StringLike: { [`${issuer}:sub`]: "repo:me/*" } };
    assert.equal(holds(condition, { [`${issuer}:sub`]: "repo:me/app" }), true);
    assert.equal(holds(condition, { [`${issuer}:sub`]: "repo:you/app" }), false);
    assert.equal(holds(condition, { "example.org:sub": "repo:me/app" }), false);
  }
});

Deno.test("evaluate: refuses conditions that AWS would refuse", () => {
  const rows: [condition: unknown, message: string][] = [
    [{ StringEqual: { "aws:Key": "x" } }, "Unknown condition operator: StringEqual"],
    [{ stringEquals: { "aws:Key": "x" } }, "Unknown condition operator: stringEquals"],
    [{ NullIfExists: { "aws:Key": "x" } }, "Unknown condition operator: NullIfExists"],
    [{ "ForSome:Bool": { "aws:Key": "x" } }, "Unknown condition operator: ForSome:Bool"],
    [{ "": { "aws:Key": "x" } }, "Unknown condition operator: "],
    [{ Bool: "true" }, "Bool must be an object"],
    [{ Bool: { key: "true" } }, "Bool has an invalid key: key"],
    [{ Bool: { ":key": "true" } }, "Bool has an invalid key: :key"],
    [{ Bool: { "aws:": "true" } }, "Bool has an invalid key: aws:"],
    [
      { Bool: { "aws:Key": { a: 1 } } },
      "Bool of aws:Key must have strings, numbers or booleans",
    ],
    [[], "Condition must be an object"],
  ];
  for (const [condition, message] of rows) {
    assert.throws(() => holds(condition as Record<string, unknown>), {
      code: "invalid-policy",
      message: `Statement[0]: ${message}`,
    });
  }
});
