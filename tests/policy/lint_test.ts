/** What `lint` finds, and what it leaves alone. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { bucketsPolicy, lint, type LintType, publicBucketPolicy } from "@s3creds/cli/policy";
import { allActions } from "../../lib/policy/actions.ts";
import { AWS_MANAGED } from "./managed_policies.ts";
import { RUNS } from "../support/arbitraries.ts";
import {
  allow,
  BUCKET,
  OBJECTS,
  policy,
  READ,
  type Row,
  type Statement,
  when,
} from "./lint_rows/row.ts";
import { ELEMENT_ROWS } from "./lint_rows/elements.ts";
import { ACTION_ROWS } from "./lint_rows/actions.ts";
import { CONDITION_ROWS } from "./lint_rows/conditions.ts";
import { FINE } from "./lint_rows/fine.ts";

/** Each has one thing wrong with it. */
const ROWS: Row[] = [...ELEMENT_ROWS, ...ACTION_ROWS, ...CONDITION_ROWS];

const denyAll = (Action: unknown, Resource: unknown, more: Statement = {}) =>
  policy({ Effect: "Deny", Principal: "*", Action, Resource, ...more });

for (
  const [name, document] of [
    ["everything", denyAll("s3:*", [BUCKET, OBJECTS])],
    ["every action of any service", denyAll("*", "*")],
    ["the policy alone, in other letters", denyAll(["S3:*BucketPolicy"], BUCKET)],
    ["everything, under an empty condition", denyAll("s3:*", BUCKET, { Condition: {} })],
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

for (const [name, statement] of Object.entries(FINE)) {
  Deno.test(`lint: finds nothing wrong with ${name}`, () => {
    assert.deepEqual(lint(policy(statement)), []);
  });
}

Deno.test("lint: every action on the resources that AWS lists for it is fine", () => {
  for (const { name, resources } of allActions("s3")) {
    const Resource = resources.length === 0
      ? "*"
      : ["arn:aws:s3:::*", "arn:aws:s3:*:*:*", "arn:aws:s3-object-lambda:*:*:*"];
    const codes = lint(policy(allow(name, Resource))).filter(({ level }) => level === "error");
    assert.deepEqual(codes, [], name);
  }
});
