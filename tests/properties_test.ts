/** What holds for every input, tried with many. */
import { type CreateRequest, formatCredentials, S3CredentialsError, type Step } from "@s3creds/cli";
import {
  bucketsPolicy,
  joinPolicies,
  type Permission,
  type PolicyDocument,
} from "@s3creds/cli/policy";
import { policyText } from "../lib/policy/document.ts";
import { prefixPattern } from "../lib/policy/prefix.ts";
import fc from "fast-check";
import assert from "node:assert/strict";
import { parseAuthFile } from "../lib/credentials/auth_file.ts";
import type { UserFacts } from "../lib/credentials/types.ts";
import { parseDuration } from "../lib/time.ts";
import { checkProfileName } from "../lib/credentials/format.ts";
import { checkBucketName } from "../lib/names.ts";
import { planCreate } from "../lib/credentials/planning/plan.ts";
import { resolveRequest } from "../lib/credentials/planning/request.ts";
import { anyCharacter, printable } from "./support/arbitraries.ts";

/** Requests that name buckets and at most one prefix. */
type BucketRequest = CreateRequest & { buckets: readonly string[]; prefix?: string };

const POLICY_LIMIT = 2048;
const AWS_NAME = /^[\w+=,.@-]+$/;

function accepts<T>(check: (value: T) => unknown): (value: T) => boolean {
  return (value) => {
    try {
      check(value);
      return true;
    } catch {
      return false;
    }
  };
}

const permission = fc.constantFrom<Permission>("read-write", "read-only", "write-only");
const bucket = fc.oneof(
  fc.stringMatching(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
  fc.stringMatching(/^[A-Za-z0-9._-]{3,255}$/),
).filter(accepts(checkBucketName));
const buckets = fc.uniqueArray(bucket, { minLength: 1, maxLength: 30 });
/** Rich in the characters that mean something in a policy. */
const anyPrefix = fc.oneof(
  fc.string({ minLength: 1, maxLength: 40 }),
  fc.string({ unit: anyCharacter, minLength: 1, maxLength: 10 }),
  fc.array(fc.constantFrom("a", "/", "*", "?", "$", "{", "}", "${", "${*}", "\\", '"', "."), {
    maxLength: 6,
  }).map((parts) => parts.join("")),
);
const prefix = anyPrefix.filter(accepts(prefixPattern));

/** Requests that pass all checks of the command line. */
const request: fc.Arbitrary<BucketRequest> = fc.record({
  buckets,
  permission,
  prefix: fc.option(prefix, { nil: undefined }),
  duration: fc.option(fc.constant(900), { nil: undefined }),
}).map(({ prefix, duration, ...rest }) => ({
  ...rest,
  createBucket: true,
  ...(prefix !== undefined && { prefix }),
  ...(duration !== undefined && { duration }),
}));

/** A user with an inline policy, whose name the plan may give to a policy of its own. */
const existingUser = (request: BucketRequest): fc.Arbitrary<UserFacts> =>
  fc.record({
    name: fc.constantFrom("other", `s3.${request.permission}.${request.buckets[0]}`),
    size: fc.integer({ min: 2, max: POLICY_LIMIT }),
    blanks: fc.integer({ min: 0, max: 1000 }),
  }).map(({ name, size, blanks }) => ({
    accessKeys: [],
    inlinePolicies: new Map([[name, "x".repeat(size) + " ".repeat(blanks)]]),
  }));

type Planned = Step[] | S3CredentialsError;

function plan(request: BucketRequest, user?: UserFacts): Planned {
  try {
    return planCreate(resolveRequest(request), { existingBuckets: new Map(), user }).steps;
  } catch (error) {
    if (error instanceof S3CredentialsError) return error;
    throw error;
  }
}

function ofKind<K extends Step["kind"]>(steps: Step[], kind: K): Extract<Step, { kind: K }>[] {
  return steps.filter((step) => step.kind === kind) as Extract<Step, { kind: K }>[];
}

function inlineSize(steps: Step[], user?: UserFacts): number {
  const texts = new Map(user?.inlinePolicies);
  for (const { policyName, policy } of ofKind(steps, "put-user-policy")) {
    texts.set(policyName, JSON.stringify(policy));
  }
  return [...texts.values()].reduce((sum, text) => sum + text.trimEnd().length, 0);
}

/** As small as the policies of a request can get. */
function smallestSize({ buckets, ...rest }: BucketRequest): number {
  return policyText(joinPolicies(buckets.map((one) => bucketsPolicy([one], rest)))).length;
}

Deno.test("planCreate: keeps within 2,048 characters of policy, or says that it can't", () => {
  fc.assert(
    fc.property(request, (request) => {
      const planned = plan(request);
      if (planned instanceof S3CredentialsError) {
        if (planned.code === "limit") assert.ok(smallestSize(request) > POLICY_LIMIT);
        else assert.deepEqual([planned.code, isPlain(request.prefix)], ["invalid-policy", false]);
        return;
      }
      assert.ok(isPlain(request.prefix));
      assert.ok(inlineSize(planned) <= POLICY_LIMIT);
      for (const { policy } of ofKind(planned, "assume-role")) {
        assert.ok(policyText(policy).length <= POLICY_LIMIT);
      }
    }),
    { numRuns: 500 },
  );
});

/** Whether IAM takes all of its characters. */
function isPlain(prefix = ""): boolean {
  return [...JSON.stringify(prefix)].every((char) => char >= " " && char <= "ÿ");
}

Deno.test("planCreate: leaves room for the policies that the user has already", () => {
  const cases = request.filter(({ duration, prefix }) => duration === undefined && isPlain(prefix))
    .chain((request) => fc.tuple(fc.constant(request), existingUser(request)));
  fc.assert(
    fc.property(cases, ([request, user]) => {
      const planned = plan(request, user);
      if (planned instanceof S3CredentialsError) assert.equal(planned.code, "limit");
      else assert.ok(inlineSize(planned, user) <= POLICY_LIMIT);
    }),
    { numRuns: 500 },
  );
});

Deno.test("planCreate: says in the error how many buckets fit, and no more do", () => {
  const many = fc.record({
    buckets: fc.uniqueArray(bucket, { minLength: 15, maxLength: 60 }),
    permission,
    duration: fc.constantFrom(undefined, 900),
  }).map(({ duration, ...rest }): BucketRequest => ({
    ...rest,
    createBucket: true,
    ...(duration !== undefined && { duration }),
  }));
  let refused = 0;
  fc.assert(fc.property(many, (request) => {
    const planned = plan(request);
    if (!(planned instanceof S3CredentialsError)) return;
    refused++;
    const fitting = Number(/^The first (\d+) of these \d+ buckets fit/.exec(planned.hint!)?.[1]);
    const first = (count: number) => plan({ ...request, buckets: request.buckets.slice(0, count) });
    assert.ok(Array.isArray(first(fitting)));
    assert.ok(first(fitting + 1) instanceof S3CredentialsError);
  }));
  assert.ok(refused > 0, "no list was too long");
});

Deno.test("planCreate: gives names within the limits and characters of AWS", () => {
  const checkName = (name: string, limit: number) => {
    assert.match(name, AWS_NAME);
    assert.ok(name.length >= 2 && name.length <= limit, name);
  };
  fc.assert(
    fc.property(request, (request) => {
      const planned = plan(request);
      if (planned instanceof S3CredentialsError) return;
      for (const { userName } of ofKind(planned, "create-user")) checkName(userName, 64);
      for (const { sessionName } of ofKind(planned, "assume-role")) checkName(sessionName, 64);
      const policyNames = ofKind(planned, "put-user-policy").map(({ policyName }) => policyName);
      for (const policyName of policyNames) checkName(policyName, 128);
      // IAM does not tell upper from lower case; a second name would overwrite the first policy.
      const lower = new Set(request.buckets.map((name) => name.toLowerCase()));
      if (lower.size === request.buckets.length) {
        assert.equal(new Set(policyNames.map((n) => n.toLowerCase())).size, policyNames.length);
      }
    }),
    { numRuns: 500 },
  );
});

const policy = fc.record({ buckets, permission, prefix: fc.option(prefix, { nil: undefined }) })
  .map(({ buckets, permission, prefix }) =>
    bucketsPolicy(buckets, { permission, ...(prefix !== undefined && { prefix }) })
  );

/** What a policy means: who may do what to what, and when. */
function meaning(policies: PolicyDocument[]): string[] {
  const triples = policies.flatMap(({ Statement }) => Statement).flatMap((statement) =>
    [statement.Action].flat().flatMap((action) =>
      [statement.Resource].flat().map((resource) =>
        JSON.stringify([statement.Effect, action, resource, statement.Condition])
      )
    )
  );
  return [...new Set(triples)].sort();
}

Deno.test("joinPolicies: keeps what policies mean, and makes them no longer", () => {
  fc.assert(fc.property(fc.array(policy, { minLength: 1, maxLength: 5 }), (policies) => {
    const joined = joinPolicies(policies);
    assert.deepEqual(meaning([joined]), meaning(policies));
    const all = { ...joined, Statement: policies.flatMap(({ Statement }) => Statement) };
    assert.ok(policyText(joined).length <= policyText(all).length);
  }));
});

const secret = printable({ minLength: 1, maxLength: 80 }).filter((text) => text === text.trim());
const keyId = fc.stringMatching(/^[A-Z0-9]{16,32}$/);
const profileName = fc.string({ unit: "grapheme-ascii" }).filter(accepts(checkProfileName));

for (const format of ["json", "ini"] as const) {
  Deno.test(`formatCredentials: permanent credentials come back from their ${format} text`, () => {
    fc.assert(fc.property(keyId, secret, profileName, (accessKeyId, secretAccessKey, name) => {
      const text = formatCredentials(
        { accessKeyId, secretAccessKey },
        format,
        {
          profileName: name,
          accessKey: { userName: "somebody", status: "Active", createDate: new Date(0) },
        },
      );
      assert.deepEqual(parseAuthFile(`${text}\n`), { accessKeyId, secretAccessKey });
    }));
  });

  Deno.test(`formatCredentials: temporary credentials come back from their ${format} text`, () => {
    fc.assert(fc.property(keyId, secret, secret, (accessKeyId, secretAccessKey, sessionToken) => {
      const expiration = new Date(0);
      const keys = { accessKeyId, secretAccessKey, sessionToken, expiration };
      const text = formatCredentials(keys, format);
      const expected = { accessKeyId, secretAccessKey, sessionToken };
      assert.deepEqual(parseAuthFile(text), expected);
      assert.deepEqual(parseAuthFile(text.replaceAll("\n", "\r\n")), expected);
    }));
  });
}

Deno.test("prefixPattern: accepts no wildcard but the last, and keeps the text", () => {
  let accepted = 0;
  fc.assert(
    fc.property(anyPrefix, (text) => {
      const start = text.endsWith("*") ? text.slice(0, -1) : text;
      const isHarmless = text !== "" && !/[*?]/.test(start) && !start.includes("${");
      assert.equal(accepts(prefixPattern)(text), isHarmless);
      if (!isHarmless) return;
      accepted++;
      assert.equal(prefixPattern(text), `${start}*`);
    }),
    { numRuns: 2000 },
  );
  assert.ok(accepted > 100, `${accepted} accepted`);
});

Deno.test("bucketsPolicy: names its buckets and the keys of its prefix, and nothing else", () => {
  const withPrefix = fc.option(prefix, { nil: undefined });
  fc.assert(fc.property(buckets, permission, withPrefix, (buckets, permission, prefix) => {
    const options = { permission, ...(prefix !== undefined && { prefix }) };
    const keys = prefix?.endsWith("*") ? prefix : `${prefix ?? ""}*`;
    const allowed = new Set(
      buckets.flatMap((name) => [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/${keys}`]),
    );
    for (const statement of bucketsPolicy(buckets, options).Statement) {
      assert.equal(statement.Effect, "Allow");
      assert.deepEqual(Object.keys(statement).filter((key) => key.startsWith("Not")), []);
      for (const resource of [statement.Resource].flat()) assert.ok(allowed.has(resource!));
      for (const action of [statement.Action].flat()) assert.match(action!, /^s3:[A-Za-z]+$/);
      const condition = statement.Condition;
      if (condition !== undefined) {
        assert.deepEqual(condition, { StringLike: { "s3:prefix": [keys] } });
      }
    }
  }));
});

Deno.test("parseDuration: accepts 900 to 43,200 seconds, and no others", () => {
  const seconds = { "": 1, s: 1, m: 60, h: 3600 };
  const number = fc.oneof(
    fc.nat({ max: 50_000 }),
    fc.nat(),
    fc.nat({ max: 20 }),
    fc.constantFrom(12, 13, 14, 15, 720, 721, 899, 900, 43_200, 43_201),
  );
  const unit = fc.constantFrom<keyof typeof seconds>("", "s", "m", "h");
  fc.assert(
    fc.property(number, unit, (number, unit) => {
      const expected = number * seconds[unit];
      const text = `${number}${unit}`;
      if (expected >= 900 && expected <= 43_200) assert.equal(parseDuration(text), expected);
      else assert.throws(() => parseDuration(text), RangeError);
    }),
    { numRuns: 1000 },
  );
});

Deno.test("parseDuration: refuses a text that is no duration for its form", () => {
  const text = fc.oneof(fc.string(), fc.stringMatching(/^[0-9smh. +-]*$/));
  fc.assert(fc.property(text.filter((text) => !/^[0-9]+[smh]?$/.test(text)), (text) => {
    assert.throws(() => parseDuration(text), RangeError);
  }));
});
