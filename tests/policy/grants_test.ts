/** `parseGrant`, `grantsPolicy`, `packPolicy`: what is granted, in as few statements as possible. */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  bucketsPolicy,
  evaluate,
  type Grant,
  grantActions,
  grantsPolicy,
  packPolicy,
  parseGrant,
  type PolicyDocument,
  type PolicyStatement,
} from "@s3creds/cli/policy";
import { allActions } from "../../lib/policy/actions.ts";
import { bucketGrants } from "../../lib/policy/grants.ts";
import { isWithin, permissionInWords, permissionTag } from "../../lib/policy/permission_words.ts";
import { RUNS } from "../support/arbitraries.ts";

Deno.test("parseGrant: a directory, a key, a bucket", () => {
  const scope = (text: string) => {
    const { bucket, prefix, key, actions } = parseGrant(text);
    return [bucket, prefix, key, actions.name];
  };
  assert.deepEqual(scope("photos/2026/:read"), ["photos", "2026/", undefined, "read-only"]);
  assert.deepEqual(scope("photos/a/b.txt:get"), ["photos", undefined, "a/b.txt", "get"]);
  assert.deepEqual(scope("photos:write"), ["photos", undefined, undefined, "write-only"]);
  assert.deepEqual(scope("photos/:write"), ["photos", undefined, undefined, "write-only"]);
  assert.deepEqual(scope("photos/at 12:30/x:put"), ["photos", undefined, "at 12:30/x", "put"]);
  assert.deepEqual(scope("photos/20*:get"), ["photos", "20*", undefined, "get"]);
  assert.deepEqual(scope("photos/a\nb:get"), ["photos", undefined, "a\nb", "get"]);
});

Deno.test("parseGrant: the same verbs have the same name in any order", () => {
  assert.equal(parseGrant("photos:put+get+put+list").actions.name, "list+get+put");
});

for (
  const [text, says] of [
    ["photos", /expected BUCKET:VERBS/],
    ["", /expected BUCKET:VERBS/],
    [":read", /Invalid bucket name/],
    ["photos:", /Unknown verb ""/],
    [
      "photos:read+write",
      /^Verb "read" can't be joined to others: .* alone, or some of list, .* joined by \+/,
    ],
    ["photos:put,get", /Unknown verb "put,get": .* joined by \+, such as list\+get$/],
    ["photos:get+", /Unknown verb ""/],
    ["photos:Get", /Unknown verb "Get"/],
    ["photos:toString", /Unknown verb "toString"/],
    ["*:read", /Invalid bucket name/],
    ["photos*/a/:read", /Invalid bucket name/],
    ["photos/a*b/:read", /Prefix must not contain \*/],
    ["photos/a?/:read", /Prefix must not contain \?/],
    ["photos/a?:read", /Key must not contain \?/],
    ["photos/${aws:username}/:read", /Prefix must not contain \$\{/],
    ["photos/${aws:username}:read", /Key must not contain \$\{/],
    ["photos/**:read", /Prefix must not contain \*/],
    [
      `photos/${"é".repeat(512)}/:read`,
      /Prefix has 1025 bytes in UTF-8, and the keys of S3 have 1024/,
    ],
    [`photos/${"a".repeat(1025)}:read`, /Key has 1025 bytes/],
    ["photos/key:list", /nothing that can be done with one key/],
    ["photos--x-s3:read", /directory bucket/],
    ["arn:aws:s3:::photos:read", /expected BUCKET:VERBS|Invalid bucket name/],
  ] as const
) {
  Deno.test(`parseGrant: refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseGrant(text), { name: "RangeError", message: says });
  });
}

Deno.test("grantsPolicy: refuses actions with wildcards, and a prefix with a key", () => {
  const actions = { name: "x", bucket: [], keys: ["s3:*"] };
  assert.throws(() => grantsPolicy([{ bucket: "photos", actions }]), /Invalid action "s3:\*"/);
  const both = { bucket: "photos", prefix: "a/", key: "a/b", actions: grantActions("get") };
  assert.throws(() => grantsPolicy([both]), /not for both/);
});

Deno.test("grantsPolicy: the permissions of three words are the documents of bucketsPolicy", () => {
  const grants = ["a-1:read", "b-2:read"].map(parseGrant);
  assert.deepEqual(
    grantsPolicy(grants),
    bucketsPolicy(["a-1", "b-2"], { permission: "read-only" }),
  );
  assert.deepEqual(
    grantsPolicy([parseGrant("a-1/x/:read-write")]),
    bucketsPolicy(["a-1"], { prefix: "x/" }),
  );
});

/** Statements without what is the same in all of them. */
function inShort({ Statement }: PolicyDocument): unknown[] {
  return Statement.map(({ Action, Resource, Condition }) =>
    [[Action].flat().map((one) => one!.slice(3)), Resource, Condition].filter((part) => part)
  );
}

Deno.test("bucketsPolicy: refuses one name in place of a list", () => {
  for (const buckets of ["logs", undefined, null, {}]) {
    assert.throws(
      () => bucketsPolicy(buckets as unknown as string[]),
      (error) =>
        error instanceof RangeError &&
        error.message === "Invalid buckets: expected a list of names",
    );
  }
});

Deno.test("grantsPolicy: one statement for all prefixes, and what another one covers is dropped", () => {
  const policy = bucketsPolicy(["b-1"], { permission: "read-only", prefix: ["x/", "y/", "x/z/"] });
  assert.deepEqual(inShort(policy), [
    [["GetBucketLocation"], ["arn:aws:s3:::b-1"]],
    [["ListBucket"], ["arn:aws:s3:::b-1"], { StringLike: { "s3:prefix": ["x/*", "y/*"] } }],
    [
      [
        "GetObject",
        "GetObjectAcl",
        "GetObjectLegalHold",
        "GetObjectRetention",
        "GetObjectTagging",
      ],
      ["arn:aws:s3:::b-1/x/*", "arn:aws:s3:::b-1/y/*"],
    ],
  ]);
});

Deno.test("grantsPolicy: noDelete leaves out one action", () => {
  const [all, kept] = [false, true].map((noDelete) =>
    bucketsPolicy(["b-1"], { noDelete }).Statement.flatMap(({ Action }) => Action)
  );
  assert.deepEqual(all!.filter((action) => !kept!.includes(action)), ["s3:DeleteObject"]);
  assert.throws(
    () => bucketsPolicy(["b-1"], { permission: "read-only", noDelete: true }),
    RangeError,
  );
});

Deno.test("grantsPolicy: no listing for one key, nor of all unfinished uploads for a directory", () => {
  const policy = grantsPolicy(["b-1/k:read", "b-1/d/:multipart"].map(parseGrant));
  assert.doesNotMatch(JSON.stringify(policy), /s3:List(Bucket|BucketMultipartUploads)"/);
  assert.match(
    JSON.stringify(grantsPolicy([parseGrant("b-1:multipart")])),
    /s3:ListBucketMultipartUploads"/,
  );
});

const BUCKETS = ["b-1", "b-2", "b-10"];
const PATHS = ["a/", "a/b/", "a", "b/", "c"];
const verbs = fc.oneof(
  fc.constantFrom("read", "write", "read-write"),
  fc.subarray(["list", "get", "put", "delete", "acl", "tag", "versions", "multipart"], {
    minLength: 1,
  }).map((names) => names.join("+")),
);
const grant: fc.Arbitrary<Grant> = fc.record({
  bucket: fc.constantFrom(...BUCKETS),
  scope: fc.oneof(
    fc.constant({}),
    fc.constantFrom(...PATHS).map((prefix) => ({ prefix })),
    fc.constantFrom(...PATHS).map((key) => ({ key })),
  ),
  verbs,
  listing: fc.constantFrom("prefix", "prefix-and-parents", "whole-bucket"),
}).map(({ bucket, scope, verbs, listing }): Grant => ({
  bucket,
  ...scope,
  actions: { ...grantActions(verbs), listing },
})).filter(({ key, actions }) => key === undefined || actions.keys.length > 0);

const ACTIONS = allActions("s3").map(({ name }) => name);
const KEYS = [...PATHS, "a/x", "a/b/x", "ab", "b/x", "c/d", "d", "x/a/"];
const PREFIXES = [undefined, "", ...KEYS];

/** What is allowed of all actions of S3, on each bucket and key, for each prefix. */
function allowed(document: PolicyDocument): string[] {
  const policies = { identity: [{ type: "inline" as const, name: "p", document }] };
  const questions = BUCKETS.flatMap((bucket) => [
    ...KEYS.map((key) => ({ resource: `arn:aws:s3:::${bucket}/${key}`, context: {} })),
    ...PREFIXES.map((prefix) => ({
      resource: `arn:aws:s3:::${bucket}`,
      context: { "s3:prefix": prefix, "s3:delimiter": prefix === "" ? "/" : undefined },
    })),
  ]);
  const principal = "arn:aws:iam::123456789012:user/somebody";
  return questions.flatMap((question) =>
    ACTIONS.filter((action) =>
      evaluate({ principal, action, ...question }, policies).decision === "allowed"
    ).map((action) => JSON.stringify([action, question]))
  );
}

function joined(documents: PolicyDocument[]): PolicyDocument {
  return { Version: "2012-10-17", Statement: documents.flatMap(({ Statement }) => Statement) };
}

Deno.test("packPolicy: grants mean together what each of them means, in fewer characters", () => {
  fc.assert(
    fc.property(fc.array(grant, { minLength: 1, maxLength: 6 }), (grants) => {
      const each = joined(grants.map((one) => grantsPolicy([one])));
      const packed = grantsPolicy(grants);
      assert.deepEqual(allowed(packed), allowed(each));
      assert.ok(JSON.stringify(packed).length <= JSON.stringify(each).length);
    }),
    { numRuns: 15 * RUNS },
  );
});

Deno.test("packPolicy: what was packed once gets no shorter", () => {
  fc.assert(
    fc.property(fc.array(grant, { minLength: 1, maxLength: 6 }), (grants) => {
      const packed = packPolicy(grantsPolicy(grants));
      assert.equal(JSON.stringify(packPolicy(packed)).length, JSON.stringify(packed).length);
    }),
  );
});

const oddStatement: fc.Arbitrary<PolicyStatement> = fc.record({
  Effect: fc.constantFrom("Allow", "Deny"),
  Action: fc.constantFrom("s3:GetObject", "s3:Get*", "s3:*", "s3:ListBucket"),
  Resource: fc.constantFrom("*", "arn:aws:s3:::b-1/a?*", "arn:aws:s3:::b-*", "arn:aws:s3:::b-1/*"),
  Condition: fc.constantFrom<PolicyStatement["Condition"][]>(
    undefined,
    { StringLike: { "s3:prefix": "a/*" } },
    { StringNotLike: { "s3:prefix": ["a/*", "b/*"] } },
    { StringLike: { "s3:prefix": ["a/*"], "s3:delimiter": ["/"] } },
  ),
}).map(({ Condition, ...rest }) => ({ ...rest, ...(Condition && { Condition }) }));

Deno.test("packPolicy: statements that users write keep their meaning", () => {
  fc.assert(
    fc.property(fc.array(oddStatement, { minLength: 1, maxLength: 6 }), (Statement) => {
      const policy = { Version: "2012-10-17", Statement };
      assert.deepEqual(allowed(packPolicy(policy)), allowed(policy));
    }),
    { numRuns: 15 * RUNS },
  );
});

Deno.test("permissionTag: a word for all buckets, one for each, or all of them together", () => {
  const tag = (...texts: string[]) => {
    const grants = texts.map(parseGrant);
    return permissionTag(
      grants.map(({ bucket }) => bucket),
      grants.map((one) => grantsPolicy([one])),
      "aws",
    );
  };
  assert.equal(tag("a-1:read", "b-2/x/:read"), "read-only");
  assert.equal(tag("a-1:read", "b-2:put"), "read-only write-only");
  assert.equal(tag("a-1:get+tag"), "read+tags");
  const many = Array.from({ length: 40 }, (_, at) => `bucket-${at}:${at % 2 ? "read" : "put"}`);
  assert.equal(tag(...many), "write+list+read");
});

Deno.test("isWithin: words that say the same, more and less", () => {
  assert.ok(isWithin("read-only", "list+read+write"));
  assert.ok(isWithin("none", "write-only"));
  assert.ok(isWithin("write+delete", "read-write"));
  assert.ok(!isWithin("read-write", "list+read+write"));
  assert.ok(!isWithin("read-only+tags", "read-only"));
  assert.equal(permissionInWords([]), "none");
  assert.equal(bucketGrants(["b-1"], { prefix: ["a/", "b/"] }).length, 2);
});
