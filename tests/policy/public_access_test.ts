/** Verdicts on who can read a bucket, over all that can be known or unknown about it. */
import assert from "node:assert/strict";
import { downloadDenials, namedReaders } from "../../lib/policy/bucket_readers.ts";
import {
  type AclGrant,
  type PublicAccessFacts,
  publicAccessVerdict,
} from "../../lib/policy/public_access.ts";

const EVERYONE = "http://acs.amazonaws.com/groups/global/AllUsers";
const OWNER: AclGrant = { Grantee: {}, Permission: "FULL_CONTROL" };
const READ = { Grantee: { URI: EVERYONE }, Permission: "READ" };

const OBJECTS = "Single objects can be public by ACLs of their own";

const NOTHING: PublicAccessFacts = {
  isPolicyPublic: false,
  publicAccessBlock: null,
  accountPublicAccessBlock: null,
  grants: [OWNER],
  objectOwnership: "BucketOwnerEnforced",
  websiteUrl: null,
};

const VERDICTS: Record<string, { facts: Partial<PublicAccessFacts>; says: string[] }> = {
  "nothing public": {
    facts: {},
    says: ["Not public: only identities that the account's own policies allow can read it."],
  },
  "a policy for some": {
    facts: {
      policyReaders: ["account 111122223333", "anyone under the conditions of Statement[1]"],
    },
    says: [
      "Not public: only identities that the account's own policies allow can read it, and those whom " +
      "the bucket policy names.",
      "The bucket policy names: account 111122223333; anyone under the conditions of Statement[1].",
    ],
  },
  "an ACL for another account": {
    facts: {
      ownerId: "0a",
      grants: [
        { Grantee: { ID: "0a" }, Permission: "FULL_CONTROL" },
        { Grantee: { ID: "1b" }, Permission: "READ" },
        { Grantee: { ID: "1b" }, Permission: "FULL_CONTROL" },
        { Grantee: { ID: "2c" }, Permission: "WRITE" },
      ],
      objectOwnership: "BucketOwnerPreferred",
      publicAccessBlock: { IgnorePublicAcls: true },
      policyReaders: ["account 111122223333"],
    },
    says: [
      "Not public: only identities that the account's own policies allow can read it, and those whom " +
      "the bucket policy or the bucket's ACL names.",
      "The bucket policy names: account 111122223333.",
      "The bucket's ACL names: the account with the canonical id 1b.",
    ],
  },
  "a policy for some, which denies everyone": {
    facts: { policyReaders: ["account 111122223333"], isDownloadDenied: true },
    says: ["Not public: only identities that the account's own policies allow can read it."],
  },
  "a public policy": {
    facts: { isPolicyPublic: true, publicAccessBlock: { BlockPublicPolicy: true } },
    says: ["Public.", "The bucket policy is public."],
  },
  "a public policy, blocked twice": {
    facts: {
      isPolicyPublic: true,
      publicAccessBlock: { RestrictPublicBuckets: true },
      accountPublicAccessBlock: { RestrictPublicBuckets: true },
    },
    says: [
      "Not public, but only because public access is blocked.",
      "The bucket policy is public, but blocked by RestrictPublicBuckets of the bucket's and the " +
      "account's public access block.",
    ],
  },
  "a public ACL": {
    facts: {
      grants: [OWNER, READ, { ...READ, Permission: "WRITE" }],
      objectOwnership: "ObjectWriter",
    },
    says: [
      "Public.",
      "The bucket's ACL is public (READ to anyone, WRITE to anyone).",
      `${OBJECTS}.`,
    ],
  },
  "an ACL for everyone with an account": {
    facts: {
      grants: [{ ...READ, Grantee: { URI: EVERYONE.replace("AllUsers", "AuthenticatedUsers") } }],
      objectOwnership: "BucketOwnerPreferred",
    },
    says: [
      "Public.",
      "The bucket's ACL is public (READ to anyone with an AWS account).",
      `${OBJECTS}.`,
    ],
  },
  "an ACL for S3's own log delivery": {
    facts: { grants: [{ Grantee: { URI: "http://acs.amazonaws.com/groups/s3/LogDelivery" } }] },
    says: ["Not public: only identities that the account's own policies allow can read it."],
  },
  "a public ACL that is switched off and ignored": {
    facts: {
      grants: [READ],
      objectOwnership: "BucketOwnerEnforced",
      accountPublicAccessBlock: { IgnorePublicAcls: true },
    },
    says: [
      "Not public, but only because public access is blocked.",
      "The bucket's ACL is public (READ to anyone), but blocked by object ownership " +
      "BucketOwnerEnforced, which switches ACLs off, and by IgnorePublicAcls of the account's " +
      "public access block.",
    ],
  },
  "a bucket that was never told about ownership: its objects have ACLs": {
    facts: { objectOwnership: null, websiteUrl: "http://w/" },
    says: [
      "Perhaps public: single objects may have public ACLs.",
      `${OBJECTS}.`,
      "It is configured as a website (http://w/).",
    ],
  },
  "ACLs of objects that the bucket ignores": {
    facts: { objectOwnership: "ObjectWriter", publicAccessBlock: { IgnorePublicAcls: true } },
    says: ["Not public: only identities that the account's own policies allow can read it."],
  },
  "ACLs of objects that the account ignores": {
    facts: {
      objectOwnership: "ObjectWriter",
      publicAccessBlock: { BlockPublicAcls: true },
      accountPublicAccessBlock: { IgnorePublicAcls: true },
    },
    says: ["Not public: only identities that the account's own policies allow can read it."],
  },
  "ACLs of objects, and a block that could not be read": {
    facts: { objectOwnership: "ObjectWriter", accountPublicAccessBlock: undefined! },
    says: [
      "Perhaps public: not everything could be read.",
      `${OBJECTS}, if nothing blocks it.`,
      "Could not be read: the account's public access block.",
    ],
  },
  "ownership that could not be read": {
    facts: { objectOwnership: undefined! },
    says: [
      "Perhaps public: not everything could be read.",
      `${OBJECTS}, if nothing blocks it.`,
      "Could not be read: the bucket's ownership controls.",
    ],
  },
  "one way open, one blocked": {
    facts: {
      isPolicyPublic: true,
      grants: [READ],
      objectOwnership: "ObjectWriter",
      publicAccessBlock: { IgnorePublicAcls: true, RestrictPublicBuckets: false },
    },
    says: [
      "Public.",
      "The bucket policy is public.",
      "The bucket's ACL is public (READ to anyone), but blocked by IgnorePublicAcls of the " +
      "bucket's public access block.",
    ],
  },
  "a public website": {
    facts: { isPolicyPublic: true, websiteUrl: "http://w/" },
    says: ["Public.", "The bucket policy is public.", "It is a website: http://w/"],
  },
  "a website that nobody sees": {
    facts: { websiteUrl: "http://w/" },
    says: [
      "Not public: only identities that the account's own policies allow can read it.",
      "It is configured as a website (http://w/), which shows nothing while it is not public.",
    ],
  },
  "a website, and no more is known": {
    facts: { isPolicyPublic: undefined!, websiteUrl: "http://w/" },
    says: [
      "Perhaps public: not everything could be read.",
      "It is configured as a website (http://w/).",
      "Could not be read: the policy status.",
    ],
  },
  "a public policy, and blocks that could not be read": {
    facts: {
      isPolicyPublic: true,
      publicAccessBlock: undefined!,
      accountPublicAccessBlock: undefined!,
    },
    says: [
      "Perhaps public: not everything could be read.",
      "The bucket policy is public, if nothing blocks it.",
      "Could not be read: the bucket's public access block, the account's public access block.",
    ],
  },
  "a policy that could not be read, but would be blocked": {
    facts: { isPolicyPublic: undefined!, publicAccessBlock: { RestrictPublicBuckets: true } },
    says: ["Not public: public access is blocked."],
  },
};

for (const [what, { facts, says }] of Object.entries(VERDICTS)) {
  Deno.test(`verdict: ${what}`, () => {
    const known = Object.fromEntries(
      Object.entries({ ...NOTHING, ...facts }).filter(([, value]) => value !== undefined),
    );
    assert.deepEqual(publicAccessVerdict(known), says);
  });
}

/** What each fact can be. */
const VALUES = {
  isPolicyPublic: [true, false],
  grants: [[OWNER], [OWNER, READ]],
  objectOwnership: ["BucketOwnerEnforced", "ObjectWriter", null],
  publicAccessBlock: [null, ...blocks()],
  accountPublicAccessBlock: [null, ...blocks()],
} as const;

function blocks() {
  return [true, false].flatMap((IgnorePublicAcls) =>
    [true, false].map((RestrictPublicBuckets) => ({ IgnorePublicAcls, RestrictPublicBuckets }))
  );
}

type Facts = { [K in keyof typeof VALUES]: (typeof VALUES)[K][number] };

type Known = Partial<Facts>;

/** All that can be known of an account: of each fact one of its values, or nothing. */
function everyKnowledge(): Known[] {
  return Object.entries(VALUES).reduce<Known[]>(
    (all, [key, values]) =>
      all.flatMap((known) => [known, ...values.map((value) => ({ ...known, [key]: value }))]),
    [{}],
  );
}

/** All accounts that agree with what is known. */
function worlds(known: Known): Facts[] {
  return Object.entries(VALUES).reduce<Known[]>(
    (all, [key, values]) =>
      key in known ? all : all.flatMap((one) => values.map((value) => ({ ...one, [key]: value }))),
    [known],
  ) as Facts[];
}

/** The rules of S3, for when everything is known but the ACLs of objects. */
function stateOf(facts: Facts): "public" | "not public" | "perhaps" {
  const { publicAccessBlock: bucket, accountPublicAccessBlock: account } = facts;
  const policy = facts.isPolicyPublic &&
    !bucket?.RestrictPublicBuckets && !account?.RestrictPublicBuckets;
  const acls = facts.objectOwnership !== "BucketOwnerEnforced" &&
    !bucket?.IgnorePublicAcls && !account?.IgnorePublicAcls;
  if (policy || (acls && facts.grants.length > 1)) return "public";
  return acls ? "perhaps" : "not public";
}

Deno.test("verdict: sure exactly where what could not be read makes no difference", () => {
  const all = everyKnowledge();
  assert.equal(all.length, 3 * 3 * 4 * 6 * 6);
  for (const known of all) {
    const possible = new Set(worlds(known).map(stateOf));
    const [verdict] = publicAccessVerdict(known as PublicAccessFacts);
    const expected = possible.size > 1 || possible.has("perhaps")
      ? /^Perhaps public/
      : possible.has("public")
      ? /^Public\.$/
      : /^Not public/;
    assert.match(verdict!, expected, JSON.stringify(known));
  }
});

const OBJECTS_OF = "arn:aws:s3:::b/*";
const NARROW = { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } };
const allow = (Principal: unknown, more = {}) => ({
  Effect: "Allow",
  Principal,
  Action: "s3:GetObject",
  Resource: OBJECTS_OF,
  ...more,
});
const DENIALS: [name: string, statement: unknown, everything: boolean][] = [
  ["all keys", {}, true],
  ["all keys, by a pattern of buckets and actions", {
    Action: "s3:Get*",
    Resource: "arn:aws:s3:::b*",
  }, true],
  ["an empty condition", { Condition: {} }, true],
  ["all but other actions", { Action: undefined, NotAction: "s3:List*" }, true],
  ["one directory", { Resource: "arn:aws:s3:::b/any/*" }, false],
  ["all but one directory", { Resource: undefined, NotResource: "arn:aws:s3:::b/open/*" }, false],
  ["a condition", { Condition: NARROW }, false],
  ["an account", { Principal: { AWS: "111122223333" } }, false],
  ["all but an account", { Principal: undefined, NotPrincipal: { AWS: "111122223333" } }, false],
];
for (const [name, more, isDownloadDenied] of DENIALS) {
  Deno.test(`downloadDenials: ${name}`, () => {
    const deny = JSON.parse(JSON.stringify({ ...allow("*", more as object), Effect: "Deny" }));
    const other = { ...allow("*", { Action: "s3:PutObject" }), Effect: "Deny" };
    assert.deepEqual(downloadDenials("b", { Statement: [allow("*"), other, deny] }), {
      isDownloadDenied,
      denyingStatements: [2],
    });
  });
}

const READERS: [name: string, statements: unknown, says: string[]][] = [
  ["no statement", [], []],
  ["an account, by number and by ARN", [
    allow({ AWS: ["111122223333", "arn:aws:iam::111122223333:root"] }),
  ], ["account 111122223333"]],
  ["a user and a service", [
    allow({ AWS: "arn:aws:iam::111122223333:user/a", Service: "cloudfront.amazonaws.com" }),
  ], ["arn:aws:iam::111122223333:user/a", "cloudfront.amazonaws.com"]],
  [
    "anyone under a condition",
    [allow({ AWS: "1" }, { Action: "s3:PutObject" }), allow("*", { Condition: NARROW })],
    ["anyone under the conditions of Statement[1]"],
  ],
  ["a list by a wildcard, in one statement", allow({ AWS: "*" }, { Action: ["S3:List*"] }), [
    "anyone",
  ]],
  ["all but some actions", [
    { Effect: "Allow", Principal: "*", NotAction: "s3:Get*", Resource: "*", Condition: NARROW },
    { Effect: "Allow", Principal: { AWS: "1" }, NotAction: "s3:*", Resource: "*" },
  ], ["anyone under the conditions of Statement[0]"]],
  ["a denial", [allow("*", { Effect: "Deny" })], []],
  ["odd statements", [null, "x", { Effect: "Allow" }, allow(1), allow({ AWS: "a\nb" })], ["a\\nb"]],
];
for (const [name, Statement, says] of READERS) {
  Deno.test(`namedReaders: ${name}`, () => assert.deepEqual(namedReaders({ Statement }), says));
}
