/** What `lint` finds, and what it leaves alone. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  bucketsPolicy,
  type FindingCode,
  lint,
  type LintOptions,
  type LintType,
  publicBucketPolicy,
} from "@s3creds/cli/policy";
import { allActions } from "../../lib/policy/actions.ts";
import { AWS_MANAGED } from "./managed_policies.ts";
import { RUNS } from "../support/arbitraries.ts";

const BUCKET = "arn:aws:s3:::b";
const OBJECTS = "arn:aws:s3:::b/*";

type Statement = Record<string, unknown>;

const allow = (Action: unknown, Resource: unknown, more: Statement = {}): Statement => ({
  Effect: "Allow",
  Action,
  Resource,
  ...more,
});

const policy = (...Statement: Statement[]) => ({ Version: "2012-10-17", Statement });

const when = (operator: string, key: string, value: unknown) => ({
  Condition: { [operator]: { [key]: value } },
});

type Row = [
  name: string,
  policy: unknown,
  options: LintOptions,
  code: FindingCode,
  level: "error" | "warning",
  path: string,
  fix?: string,
];

const READ = allow("s3:GetObject", OBJECTS);

/** Each has one thing wrong with it. */
const ROWS: Row[] = [
  ["text that is no JSON", "{", {}, "invalid-json", "error", ""],
  ["an element twice", '{"Statement": [], "Statement": []}', {}, "invalid-json", "error", ""],
  ["no object", [], {}, "invalid-document", "error", ""],
  [
    "a statement that is no object",
    policy("x" as never),
    {},
    "invalid-document",
    "error",
    "Statement[0]",
  ],
  [
    "an element of the policy",
    { ...policy(READ), Statment: 1 },
    {},
    "unknown-element",
    "error",
    "Statment",
  ],
  [
    "an element of a statement",
    policy({ ...READ, condition: {} }),
    {},
    "unknown-element",
    "error",
    "Statement[0].condition",
    "Write Condition",
  ],
  ["no statement", { Version: "2012-10-17" }, {}, "missing-element", "error", "Statement"],
  [
    "no action",
    policy({ Effect: "Allow", Resource: "*" }),
    {},
    "missing-element",
    "error",
    "Statement[0]",
  ],
  [
    "no resource",
    policy({ Effect: "Allow", Action: "s3:GetObject" }),
    {},
    "missing-element",
    "error",
    "Statement[0]",
  ],
  ["no principal", policy(READ), { type: "bucket" }, "missing-element", "error", "Statement[0]"],
  [
    "Action and NotAction",
    policy({ ...READ, NotAction: "s3:*" }),
    {},
    "conflicting-elements",
    "error",
    "Statement[0].NotAction",
  ],
  [
    "an effect",
    policy({ ...READ, Effect: "allow" }),
    {},
    "invalid-effect",
    "error",
    "Statement[0].Effect",
  ],
  [
    "a version",
    { Version: "2026-01-01", Statement: [READ] },
    {},
    "invalid-version",
    "error",
    "Version",
    'Write "Version": "2012-10-17"',
  ],
  [
    "no version",
    { Statement: [READ] },
    {},
    "version-without-variables",
    "warning",
    "Version",
    'Write "Version": "2012-10-17"',
  ],
  [
    "a variable without a version for it",
    {
      Version: "2008-10-17",
      Statement: [allow("s3:GetObject", "arn:aws:s3:::b/${aws:username}/*")],
    },
    {},
    "version-without-variables",
    "error",
    "Version",
    'Write "Version": "2012-10-17"',
  ],
  ["a Sid", policy({ ...READ, Sid: "read only" }), {}, "invalid-sid", "error", "Statement[0].Sid"],
  [
    "a Sid twice",
    policy({ ...READ, Sid: "a" }, { ...READ, Sid: "a" }),
    {},
    "duplicate-sid",
    "error",
    "Statement[1].Sid",
    "Give it another Sid, or none",
  ],
  [
    "a principal in an identity policy",
    policy({ ...READ, Principal: { AWS: "123456789012" } }),
    { type: "identity" },
    "misplaced-principal",
    "error",
    "Statement[0].Principal",
  ],
  [
    "a principal in a session policy",
    policy({ ...READ, Principal: { AWS: "123456789012" } }),
    { type: "session" },
    "misplaced-principal",
    "error",
    "Statement[0].Principal",
  ],
  [
    "a text as principal",
    policy({ ...READ, Principal: "123456789012" }),
    {},
    "invalid-principal",
    "error",
    "Statement[0].Principal",
  ],
  [
    "a kind of principal",
    policy({ ...READ, Principal: { Aws: "123456789012" } }),
    {},
    "invalid-principal",
    "error",
    "Statement[0].Principal.Aws",
  ],
  [
    "a principal with a wildcard",
    policy({ ...READ, Principal: { AWS: ["arn:aws:iam::123456789012:user/*"] } }),
    {},
    "invalid-principal",
    "error",
    "Statement[0].Principal.AWS[0]",
    'Write "*", and a condition on aws:PrincipalArn',
  ],
  [
    "a group as principal",
    policy({ ...READ, Principal: { AWS: "arn:aws:iam::123456789012:group/g" } }),
    {},
    "invalid-principal",
    "error",
    "Statement[0].Principal.AWS",
  ],
  [
    "a resource in a trust policy",
    policy({
      Effect: "Allow",
      Action: "sts:AssumeRole",
      Resource: "*",
      Principal: { AWS: "123456789012" },
    }),
    { type: "trust" },
    "misplaced-resource",
    "error",
    "Statement[0].Resource",
  ],
  [
    "NotPrincipal with Allow",
    policy({ ...READ, NotPrincipal: { AWS: "123456789012" } }),
    {},
    "not-with-allow",
    "error",
    "Statement[0].NotPrincipal",
  ],
  [
    "NotAction with Allow",
    policy({ Effect: "Allow", NotAction: "s3:DeleteBucket", Resource: BUCKET }),
    {},
    "not-with-allow",
    "warning",
    "Statement[0].NotAction",
  ],
  [
    "an action without a service",
    policy(allow(["s3:GetObject", "GetObject"], OBJECTS)),
    {},
    "invalid-action",
    "error",
    "Statement[0].Action[1]",
  ],
  [
    "an operation",
    policy(allow(["s3:ListObjectsV2", "s3:ListBucket"], BUCKET)),
    {},
    "unknown-action",
    "error",
    "Statement[0].Action[0]",
    "Write s3:ListBucket",
  ],
  [
    "HeadObject",
    policy(allow("s3:HeadObject", OBJECTS)),
    {},
    "unknown-action",
    "error",
    "Statement[0].Action",
    "Write s3:GetObject",
  ],
  [
    "a mistyped action",
    policy(allow("s3:GetObejct", OBJECTS)),
    {},
    "unknown-action",
    "error",
    "Statement[0].Action",
    "Write s3:GetObject",
  ],
  [
    "an action that AWS may have by now",
    policy(allow("s3:RenameEverything", OBJECTS)),
    {},
    "unknown-action",
    "warning",
    "Statement[0].Action",
  ],
  [
    "a pattern without an action",
    policy(allow("s3:Lst*", OBJECTS)),
    {},
    "unknown-action",
    "warning",
    "Statement[0].Action",
  ],
  [
    "ListBucket on objects",
    policy(allow(["s3:GetObject", "s3:ListBucket"], OBJECTS)),
    {},
    "wrong-resource",
    "error",
    "Statement[0].Action[1]",
    "Add a resource such as arn:aws:s3:::BucketName",
  ],
  [
    "an action without a resource",
    policy(allow("s3:ListAllMyBuckets", [BUCKET, OBJECTS])),
    {},
    "needs-all-resources",
    "error",
    "Statement[0].Action",
    'Give s3:ListAllMyBuckets a statement of its own, with "Resource": "*"',
  ],
  [
    "a bucket for GetObject",
    policy(allow("s3:GetObject", [BUCKET, OBJECTS])),
    {},
    "unused-resource",
    "warning",
    "Statement[0].Resource[0]",
  ],
  [
    "a bucket's name",
    policy(allow("iam:GetUser", "my-bucket")),
    {},
    "invalid-arn",
    "error",
    "Statement[0].Resource",
    "Write arn:aws:s3:::my-bucket",
  ],
  [
    "a wildcard for the service",
    policy(allow("s3:GetObject", "arn:aws:*:::b/*")),
    {},
    "invalid-arn",
    "error",
    "Statement[0].Resource",
  ],
  [
    "a variable for the account",
    policy(allow("iam:GetUser", "arn:aws:iam::${aws:PrincipalAccount}:user/a")),
    {},
    "variable-before-resource",
    "error",
    "Statement[0].Resource",
  ],
  [
    "two partitions",
    policy(READ, allow("s3:GetObject", "arn:aws-cn:s3:::b/*")),
    {},
    "other-partition",
    "warning",
    "Statement[1].Resource",
  ],
  [
    "another partition than wanted",
    policy(READ),
    { partition: "aws-us-gov" },
    "other-partition",
    "error",
    "Statement[0].Resource",
  ],
  [
    "a condition that is a list",
    policy({ ...READ, Condition: [] }),
    {},
    "invalid-condition",
    "error",
    "Statement[0].Condition",
  ],
  [
    "an operator without keys",
    policy({ ...READ, Condition: { Bool: "true" } }),
    {},
    "invalid-condition",
    "error",
    "Statement[0].Condition.Bool",
  ],
  [
    "a condition key without a prefix",
    policy({ ...READ, ...when("Bool", "SecureTransport", "true") }),
    {},
    "invalid-condition",
    "error",
    "Statement[0].Condition.Bool.SecureTransport",
  ],
  [
    "an operator",
    policy({ ...READ, ...when("StringEqual", "aws:username", "a") }),
    {},
    "unknown-operator",
    "error",
    "Statement[0].Condition.StringEqual",
    "Write StringEquals",
  ],
  [
    "an operator in small letters",
    policy({ ...READ, ...when("ForAnyValue:stringlike", "aws:TagKeys", "a") }),
    {},
    "unknown-operator",
    "error",
    "Statement[0].Condition.ForAnyValue:stringlike",
    "Write ForAnyValue:StringLike",
  ],
  [
    "Null with IfExists",
    policy({ ...READ, ...when("NullIfExists", "aws:username", "true") }),
    {},
    "unknown-operator",
    "error",
    "Statement[0].Condition.NullIfExists",
    "Write Null: it has no IfExists",
  ],
  [
    "a condition key of S3",
    policy({ ...READ, ...when("StringEquals", "s3:key", "a") }),
    {},
    "unknown-condition-key",
    "error",
    "Statement[0].Condition.StringEquals.s3:key",
  ],
  [
    "a global condition key",
    policy({ ...READ, ...when("StringEquals", "aws:UserName2", "a") }),
    {},
    "unknown-condition-key",
    "warning",
    "Statement[0].Condition.StringEquals.aws:UserName2",
  ],
  [
    "a condition key of another action",
    policy({ ...READ, ...when("StringEquals", "s3:prefix", "a") }),
    {},
    "condition-key-of-other-action",
    "error",
    "Statement[0].Condition.StringEquals.s3:prefix",
    "Take the condition out, or the action",
  ],
  [
    "a condition key of one of the actions",
    policy(
      allow(
        ["s3:ListBucket", "s3:GetBucketLocation"],
        BUCKET,
        when("StringEquals", "s3:prefix", "a"),
      ),
    ),
    {},
    "condition-key-of-other-action",
    "warning",
    "Statement[0].Condition.StringEquals.s3:prefix",
    "Give that action a statement of its own",
  ],
  [
    "an operator of another type",
    policy({ ...READ, ...when("StringEquals", "aws:SourceIp", "203.0.113.7") }),
    {},
    "wrong-operator",
    "warning",
    "Statement[0].Condition.StringEquals.aws:SourceIp",
  ],
  [
    "several values without a set operator",
    policy({ ...READ, ...when("StringEquals", "aws:CalledVia", "a") }),
    {},
    "wrong-operator",
    "warning",
    "Statement[0].Condition.StringEquals.aws:CalledVia",
    "Write ForAnyValue:StringEquals or ForAllValues:StringEquals",
  ],
  [
    "ForAllValues with Allow",
    policy({ ...READ, ...when("ForAllValues:StringEquals", "aws:CalledVia", "a") }),
    {},
    "for-all-values-with-allow",
    "warning",
    "Statement[0].Condition.ForAllValues:StringEquals.aws:CalledVia",
    'Add "Null": {"aws:CalledVia": "false"}',
  ],
  [
    "a wildcard in StringEquals",
    policy({ ...READ, ...when("StringEquals", "aws:username", ["b", "a*"]) }),
    {},
    "wildcard-without-like",
    "warning",
    "Statement[0].Condition.StringEquals.aws:username[1]",
    "Write StringLike",
  ],
  [
    "a wildcard in StringNotEqualsIgnoreCaseIfExists",
    policy({ ...READ, ...when("StringNotEqualsIgnoreCaseIfExists", "aws:username", "a?") }),
    {},
    "wildcard-without-like",
    "warning",
    "Statement[0].Condition.StringNotEqualsIgnoreCaseIfExists.aws:username",
    "Write StringNotLikeIfExists",
  ],
  [
    "a number",
    policy({ ...READ, ...when("NumericLessThan", "aws:MultiFactorAuthAge", "1h") }),
    {},
    "invalid-value",
    "error",
    "Statement[0].Condition.NumericLessThan.aws:MultiFactorAuthAge",
  ],
  [
    "a date",
    policy({ ...READ, ...when("DateLessThan", "aws:CurrentTime", "2026-02-30") }),
    {},
    "invalid-value",
    "error",
    "Statement[0].Condition.DateLessThan.aws:CurrentTime",
  ],
  [
    "a range",
    policy({ ...READ, ...when("IpAddress", "aws:SourceIp", "203.0.113.0/33") }),
    {},
    "invalid-value",
    "error",
    "Statement[0].Condition.IpAddress.aws:SourceIp",
  ],
  [
    "a boolean",
    policy({ ...READ, ...when("Bool", "aws:SecureTransport", "yes") }),
    {},
    "invalid-value",
    "error",
    "Statement[0].Condition.Bool.aws:SecureTransport",
  ],
  [
    "a short ARN",
    policy({ ...READ, ...when("ArnLike", "aws:PrincipalArn", "arn:aws:*:user/a") }),
    {},
    "invalid-value",
    "error",
    "Statement[0].Condition.ArnLike.aws:PrincipalArn",
  ],
  [
    "a value that is an object",
    policy({ ...READ, ...when("Bool", "aws:SecureTransport", {}) }),
    {},
    "invalid-value",
    "error",
    "Statement[0].Condition.Bool.aws:SecureTransport",
  ],
  [
    "everything",
    policy(allow("*", "*")),
    {},
    "grants-everything",
    "warning",
    "Statement[0].Action",
  ],
  [
    "everything in S3",
    policy(allow(["s3:*"], "*")),
    {},
    "grants-everything",
    "warning",
    "Statement[0].Action[0]",
  ],
  [
    "everyone",
    policy({ ...READ, Principal: { AWS: "*" } }),
    {},
    "public",
    "warning",
    "Statement[0].Principal",
  ],
  [
    "a character",
    policy(allow("s3:GetObject", "arn:aws:s3:::b/日/*")),
    {},
    "unsupported-character",
    "error",
    "",
  ],
];

const denyAll = (Action: unknown, Resource: unknown, more: Statement = {}) =>
  policy({ Effect: "Deny", Principal: "*", Action, Resource, ...more });

for (
  const [name, document] of [
    ["everything", denyAll("s3:*", [BUCKET, OBJECTS])],
    ["every action of any service", denyAll("*", "*")],
    ["the policy alone, in other letters", denyAll(["S3:*BucketPolicy"], BUCKET)],
    ["everyone of AWS", denyAll("s3:*", `${BUCKET}*`, { Principal: { AWS: "*" } })],
    [
      "all but reading",
      policy({ Effect: "Deny", Principal: "*", NotAction: "s3:Get*", Resource: BUCKET }),
    ],
  ] as const
) {
  ROWS.push([
    `a denial of ${name}`,
    document,
    {},
    "locks-everyone-out",
    "error",
    "Statement[0]",
    "Add a Condition, or deny other actions only",
  ]);
}

for (
  const [name, document] of [
    ["under a condition", denyAll("s3:*", BUCKET, when("Bool", "aws:SecureTransport", "false"))],
    ["of objects", denyAll("s3:*", OBJECTS)],
    ["of what leaves the policy alone", denyAll(["s3:Get*", "s3:PutBucketPolicy"], BUCKET)],
    [
      "of all but the policy",
      policy({ Effect: "Deny", Principal: "*", NotAction: "s3:*BucketPolicy", Resource: BUCKET }),
    ],
    ["of one user", denyAll("s3:*", BUCKET, { Principal: { AWS: "123456789012" } })],
  ] as const
) {
  Deno.test(`lint: a denial ${name} locks nobody out`, () => assert.deepEqual(lint(document), []));
}

for (const [name, document, options, code, level, path, fix] of ROWS) {
  Deno.test(`lint: ${name}: ${code}`, () => {
    const findings = lint(document, options);
    assert.deepEqual(
      findings.map((one) => ({ code: one.code, level: one.level, path: one.path, fix: one.fix })),
      [{ code, level, path, fix }],
      JSON.stringify(findings, null, 2),
    );
    assert.match(findings[0]!.url, /^https:\/\/docs\.aws\.amazon\.com\/[\w/-]+\.html$/);
    assert.ok(findings[0]!.message.length > 10 && !findings[0]!.message.endsWith("."));
  });
}

Deno.test("lint: takes any JSON without a fault", () => {
  const element = fc.constantFrom(
    "Effect",
    "Action",
    "Resource",
    "NotResource",
    "Principal",
    "NotPrincipal",
    "Condition",
    "Sid",
  );
  const json = fc.jsonValue({ maxDepth: 1 });
  const value = fc.oneof(
    json,
    fc.array(json, { maxLength: 3 }),
    fc.constantFrom("Allow", "s3:Get*", "arn:aws:s3:::b/${a", "arn:", "", [], {}),
    fc.dictionary(
      fc.constantFrom("StringEquals", "Null", "AWS", "Foo"),
      fc.dictionary(fc.constantFrom("aws:username", "s3:prefix", ""), json, { maxKeys: 2 }),
      { maxKeys: 2 },
    ),
  );
  const statement = fc.dictionary(element, value, { maxKeys: 5 });
  const type = fc.constantFrom("identity", "bucket", "trust", "session", undefined);
  fc.assert(
    fc.property(
      fc.oneof(statement, fc.array(statement, { maxLength: 3 }), fc.jsonValue()),
      type,
      (Statement, type) => {
        for (const { path, url } of lint({ Version: "2012-10-17", Statement }, { type })) {
          assert.equal(typeof path, "string");
          assert.ok(URL.canParse(url));
        }
      },
    ),
    { numRuns: 1000 * RUNS },
  );
});

Deno.test("lint: each code has a row", () => {
  const codes = new Set<string>(ROWS.map(([, , , code]) => code));
  assert.ok(codes.size >= 33);
});

Deno.test("lint: sizes against the quota of each type", () => {
  const long = (length: number) =>
    policy(allow("s3:GetObject", `arn:aws:s3:::b/${"a".repeat(length)}`));
  const rows: [type: LintType, length: number, level: string | undefined][] = [
    ["identity", 1_900, undefined],
    ["identity", 2_000, "warning"],
    ["identity", 6_200, "warning"],
    ["identity", 10_300, "error"],
    ["session", 1_900, undefined],
    ["session", 2_000, "error"],
  ];
  for (const [type, length, level] of rows) {
    const findings = lint(long(length), { type });
    assert.deepEqual(
      findings.map(({ code }) => code),
      level ? ["too-large"] : [],
      `${type} ${length}`,
    );
    assert.equal(findings[0]?.level, level);
  }
  const trust = (length: number) => ({
    Version: "2012-10-17",
    Id: "a".repeat(length),
    Statement: [{ Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: "123456789012" } }],
  });
  assert.deepEqual(lint(trust(100)), []);
  assert.equal(lint(trust(2_100))[0]?.level, "warning");
  assert.equal(lint(trust(8_200))[0]?.level, "error");
  const bucket = (length: number) => ({
    ...policy({ ...READ, Principal: { AWS: "123456789012" } }),
    Id: "é".repeat(length),
  });
  assert.deepEqual(lint(bucket(10_000)), []);
  assert.equal(lint(bucket(10_240))[0]?.code, "too-large");
  // White space counts in a session policy only.
  const spaced = `${JSON.stringify(policy(READ))}${" ".repeat(3_000)}`;
  assert.deepEqual(lint(spaced, { type: "identity" }), []);
  assert.equal(lint(spaced, { type: "session" })[0]?.code, "too-large");
});

Deno.test("lint: finds nothing wrong with the policies of this tool", () => {
  for (const permission of ["read-only", "read-write", "write-only"] as const) {
    for (const prefix of [undefined, "a/"]) {
      assert.deepEqual(lint(bucketsPolicy(["logs", "site"], { permission, prefix })), []);
    }
  }
  assert.deepEqual(lint(publicBucketPolicy("site")).map(({ code }) => code), ["public"]);
});

Deno.test("lint: finds no error in policies from AWS's documentation", () => {
  for (const [name, document] of Object.entries(AWS_MANAGED)) {
    const errors = lint(document).filter(({ level }) => level === "error");
    assert.deepEqual(errors, [], name);
  }
});

Deno.test("lint: every action on the resources that AWS lists for it is fine", () => {
  for (const { name, resources } of allActions("s3")) {
    const Resource = resources.length === 0
      ? "*"
      : ["arn:aws:s3:::*", "arn:aws:s3:*:*:*", "arn:aws:s3-object-lambda:*:*:*"];
    const codes = lint(policy(allow(name, Resource))).filter(({ level }) => level === "error");
    assert.deepEqual(codes, [], name);
  }
});
