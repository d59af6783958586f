/**
 * Policies and requests at random, near the edge: names that start alike, wildcards that nearly match,
 * keys that are missing, variables with and without a value.
 */
import type { Random } from "./random.ts";
import type {
  SpecifiedPolicies,
  SpecifiedPolicy,
  SpecifiedRequest,
} from "./specification/types.ts";

type Json = Record<string, unknown>;

const HOME = "123456789012";
const AWAY = "123456789013";

const ACTIONS = [
  "s3:GetObject",
  "s3:GetObject",
  "s3:GetObjectAcl",
  "s3:GetObjectVersion",
  "s3:PutObject",
  "s3:ListBucket",
  "s3:ListAllMyBuckets",
  "s3:PutBucketPolicy",
  "iam:CreateUser",
  "sts:AssumeRole",
  "sts:GetCallerIdentity",
  "kms:Decrypt",
];

const RESOURCES = [
  "arn:aws:s3:::logs/a/b.txt",
  "arn:aws:s3:::logs/a/b.txt",
  "arn:aws:s3:::logs/home/alice/x",
  "arn:aws:s3:::logs/home/alice2/x",
  "arn:aws:s3:::logs/home/${aws:username}/x",
  "arn:aws:s3:::logs/12:30/*",
  "arn:aws:s3:::logs/blue/😀?",
  "arn:aws:s3:::logs",
  "arn:aws:s3:::logs-2/a/b.txt",
  "*",
  `arn:aws:iam::${HOME}:role/app/reader`,
  `arn:aws:iam::${HOME}:user/alice`,
  `arn:aws:kms:eu-west-1:${AWAY}:key/k-1`,
  `arn:aws-cn:sns:eu-west-1:${HOME}:topic:sub`,
];

const RESOURCE_PATTERNS = [
  ...RESOURCES.filter((resource) => resource !== "*"),
  "*",
  "arn:aws:s3:::*",
  "arn:aws:s3:::logs*",
  "arn:aws:s3:::logs/*",
  "arn:aws:s3:::logs/*/b.txt",
  "arn:aws:s3:::logs/home/${aws:username}/*",
  "arn:aws:s3:::logs/${aws:PrincipalTag/team, 'a'}/*",
  "arn:aws:s3:::logs/${aws:PrincipalTag/team}/*",
  "arn:aws:s3:::${aws:nothing}*",
  "arn:aws:s3:::logs/home/${$}{aws:username}/x",
  "arn:aws:s3:::logs/12:30/${*}",
  "arn:aws:s3:::logs/blue/?${?}",
  "arn:aws:s3:*",
  "arn:aws:iam::*:role/*",
  `arn:aws:iam::${HOME}:*`,
  "arn:aws:iam::1234*6789012:user/alice",
  "arn:aws:kms:*:key/*",
  "arn:aws:kms:*:*:key/k-?",
  `arn:aws-cn:sns:*:1*2:topic*`,
  `arn:aws-cn:sns:eu-*-1:${HOME}:*sub`,
];

const USER = `arn:aws:iam::${HOME}:user/staff/alice`;
const ROLE = `arn:aws:iam::${HOME}:role/app/reader`;
const SESSION = `arn:aws:sts::${HOME}:assumed-role/reader/monday`;

const PRINCIPALS: (Json & { type: string })[] = [
  { type: "user", arn: USER, id: "AIDAALICE", canonicalUserId: "79a5" },
  { type: "user", arn: USER },
  { type: "user", arn: USER },
  { type: "user", arn: `arn:aws:iam::${HOME}:user/alice2` },
  { type: "session", arn: SESSION, roleArn: ROLE, id: "AROAREADER:monday" },
  { type: "session", arn: SESSION, roleArn: ROLE, id: "AROAREADER:monday" },
  { type: "session", arn: SESSION, roleArn: ROLE, provider: "accounts.google.com" },
  { type: "federated", arn: `arn:aws:sts::${HOME}:federated-user/bob`, userArn: USER },
  { type: "root", arn: `arn:aws:iam::${HOME}:root`, canonicalUserId: "79a5" },
  { type: "service", service: "logging.s3.amazonaws.com" },
  { type: "web-identity", provider: "accounts.google.com" },
  { type: "anonymous" },
];

const AWS_NAMES = [
  USER,
  USER,
  `arn:aws:iam::${HOME}:user/alice`,
  `arn:aws:iam::${HOME}:user/alice2`,
  ROLE,
  ROLE,
  `arn:aws:iam::${HOME}:role/reader`,
  SESSION,
  SESSION.replace("monday", "tuesday"),
  `arn:aws:sts::${HOME}:federated-user/bob`,
  `arn:aws:iam::${HOME}:root`,
  HOME,
  AWAY,
  `arn:aws:iam::${AWAY}:root`,
  "AIDAALICE",
  "AROAREADER",
  "*",
  `arn:aws:iam::${HOME}:user/*`,
  "",
];

/** The keys of the request's context, each with values that are near one another. */
const CONTEXT: Record<string, (string | string[])[]> = {
  "s3:prefix": ["", "home/", "home/alice/", "home/alice/x", "home/bob/"],
  "s3:max-keys": ["9", "10", "10.0", "100", "ten"],
  "aws:SourceIp": ["203.0.113.7", "203.0.113.64", "2001:db8:1234:5678::1", "unknown"],
  "aws:CurrentTime": ["2026-03-01T00:00:00Z", "2026-03-01T00:00:00.5Z", "1772323200"],
  "aws:SecureTransport": ["true", "false"],
  "aws:PrincipalTag/team": ["a", "blue", "", "*"],
  "aws:TagKeys": [["team"], ["team", "Owner"], [], [""], "team"],
  "aws:username": ["alice", "Alice", "*"],
};

const CONDITIONS: [keys: string[], operators: string[], values: string[]][] = [
  [
    ["s3:prefix", "aws:username", "aws:PrincipalTag/team", "AWS:TAGKEYS"],
    [
      "StringEquals",
      "StringNotEquals",
      "StringEqualsIgnoreCase",
      "StringNotEqualsIgnoreCase",
      "StringLike",
      "StringNotLike",
    ],
    [
      "",
      "home/",
      "home/*",
      "home/alice/?",
      "home/${aws:username}/*",
      "${aws:username}",
      "alice",
      "ALICE",
      "team",
      "Owner",
      "t*m",
      "blue",
      "a",
      "${*}",
      "${aws:PrincipalTag/team, 'blue'}",
      "${aws:nothing}",
    ],
  ],
  [
    ["s3:max-keys", "S3:Max-Keys"],
    [
      "NumericEquals",
      "NumericNotEquals",
      "NumericLessThan",
      "NumericLessThanEquals",
      "NumericGreaterThan",
      "NumericGreaterThanEquals",
    ],
    ["9", "10", "10.5", "1e1", "-1", "x"],
  ],
  [
    ["aws:CurrentTime", "aws:currenttime"],
    [
      "DateEquals",
      "DateNotEquals",
      "DateLessThan",
      "DateLessThanEquals",
      "DateGreaterThan",
      "DateGreaterThanEquals",
    ],
    [
      "2026-03-01T00:00:00Z",
      "2026-03-01",
      "2026-03",
      "2026-02-30",
      "1772323200",
      "2026-03-01T01:00:00+01:00",
      "soon",
    ],
  ],
  [
    ["aws:SourceIp"],
    ["IpAddress", "NotIpAddress"],
    [
      "203.0.113.0/24",
      "203.0.113.0/26",
      "203.0.113.7",
      "203.0.113.7/31",
      "0.0.0.0/0",
      "::/0",
      "2001:DB8:1234:5678::/64",
      "203.0.113.0/33",
    ],
  ],
  [["aws:SecureTransport", "aws:PrincipalIsAWSService"], ["Bool"], ["true", "false", "TRUE", "no"]],
  [
    ["aws:PrincipalArn"],
    ["ArnLike", "ArnEquals", "ArnNotLike", "ArnNotEquals"],
    [
      USER,
      ROLE,
      "arn:aws:iam::*:user/*",
      "arn:aws:iam::*:role/app/*",
      "arn:aws:*:user/staff/alice",
      "arn:aws:iam::1234*:*",
      "*",
      "arn:aws:iam::*:user/staff/${aws:username}",
    ],
  ],
  [
    ["aws:PrincipalAccount", "aws:ResourceAccount"],
    ["StringEquals", "StringNotEquals"],
    [HOME, AWAY, "anonymous"],
  ],
  [
    ["s3:prefix", "aws:TagKeys", "aws:PrincipalTag/team", "aws:nothing"],
    ["Null"],
    ["true", "false"],
  ],
];

/** Turns a text into a pattern that matches it, or nearly. */
function nearPattern(random: Random, original: string): string {
  // Whole characters only: half of one is no text that a policy can have.
  const text = original.replace("😀", "x");
  const at = random.below(text.length);
  switch (random.below(7)) {
    case 0:
      return text;
    case 1:
      return `${text.slice(0, at)}*`;
    case 2:
      return `${text.slice(0, at)}?${text.slice(at + 1)}`;
    case 3:
      return `${text.slice(0, at)}*${text.slice(at + 1 + random.below(4))}`;
    case 4:
      return text.slice(0, -1);
    case 5:
      return `${text}?`;
    default:
      return `${text.slice(0, at)}*?${text.slice(at + 2)}`;
  }
}

function oneOrMore<T>(random: Random, make: () => T): T | T[] {
  return random.chance(0.6) ? make() : random.some(make, 1, 3);
}

function actionPattern(random: Random): string {
  const action = random.pick(ACTIONS);
  if (random.chance(0.2)) return random.pick(["*", "s3:*", "S3:GETOBJECT", "s3:Get*"]);
  return random.chance(0.6) ? action : nearPattern(random, action);
}

function resourcePattern(random: Random): string {
  const resource = random.pick(RESOURCE_PATTERNS);
  return random.chance(0.75) ? resource : nearPattern(random, resource);
}

function condition(random: Random): Json {
  const tests = random.some(
    () => {
      const [keys, operators, values] = random.pick(CONDITIONS);
      const operator = random.pick(operators);
      const set = random.chance(0.25) ? random.pick(["ForAllValues:", "ForAnyValue:"]) : "";
      const ifExists = operator !== "Null" && random.chance(0.25) ? "IfExists" : "";
      const expected = oneOrMore(random, () => random.pick(values));
      return [`${set}${operator}${ifExists}`, { [random.pick(keys)]: expected }];
    },
    1,
    2,
  );
  return Object.fromEntries(tests);
}

function principalElement(random: Random): unknown {
  if (random.chance(0.2)) return "*";
  const names = () => oneOrMore(random, () => random.pick(AWS_NAMES));
  switch (random.below(6)) {
    case 0:
      return { Service: oneOrMore(random, () => "logging.s3.amazonaws.com") };
    case 1:
      return { Federated: "accounts.google.com", AWS: names() };
    case 2:
      return { CanonicalUser: random.pick(["79a5", "79a6"]), AWS: names() };
    default:
      return { AWS: names() };
  }
}

type Use = "identity" | "resource" | "trust";

function statement(random: Random, use: Use): Json {
  const made: Json = { Effect: random.chance(0.75) ? "Allow" : "Deny" };
  made[random.chance(0.9) ? "Action" : "NotAction"] = oneOrMore(
    random,
    () => actionPattern(random),
  );
  if (use !== "trust") {
    made[random.chance(0.9) ? "Resource" : "NotResource"] = oneOrMore(
      random,
      () => resourcePattern(random),
    );
  }
  if (use !== "identity") {
    made[random.chance(0.85) ? "Principal" : "NotPrincipal"] = principalElement(random);
  }
  if (random.chance(0.35)) made.Condition = condition(random);
  return made;
}

function document(random: Random, use: Use): Json {
  const Version = random.chance(0.85) ? "2012-10-17" : random.pick(["2008-10-17", undefined]);
  const statements = random.some(() => statement(random, use), 1, 3);
  return {
    ...(Version && { Version }),
    Statement: statements.length === 1 && random.chance(0.5) ? statements[0] : statements,
  };
}

/** What people write, so that not every layer is silent. */
const GENEROUS: Record<Use, Json> = {
  identity: { Version: "2012-10-17", Statement: { Effect: "Allow", Action: "*", Resource: "*" } },
  resource: {
    Version: "2012-10-17",
    Statement: { Effect: "Allow", Principal: "*", Action: "*", Resource: "*" },
  },
  trust: {
    Version: "2012-10-17",
    Statement: { Effect: "Allow", Principal: { AWS: HOME }, Action: "sts:*" },
  },
};

function limit(random: Random, use: Use, name: string): SpecifiedPolicy {
  return { name, document: random.chance(0.5) ? GENEROUS[use] : document(random, use) };
}

/** The policies of one case. */
export function randomPolicies(random: Random): SpecifiedPolicies {
  const policies: SpecifiedPolicies = {};
  let count = 0;
  const limits = (use: Use, minimum: number) =>
    random.some(() => limit(random, use, `limit ${count++}`), minimum, 2);
  if (random.chance(0.85)) {
    policies.identity = random.some(
      () => ({
        type: "inline",
        name: `own ${count++}`,
        document: random.chance(0.15) ? GENEROUS.identity : document(random, "identity"),
      }),
      0,
      3,
    );
  }
  if (random.chance(0.25)) policies.permissionsBoundary = limit(random, "identity", "boundary");
  if (random.chance(0.3)) policies.session = limits("identity", 0);
  if (random.chance(0.5)) {
    const type = random.pick(["bucket", "bucket", "bucket", "trust", "key"]);
    const use = type === "trust" ? "trust" : "resource";
    policies.resource = {
      type,
      name: "resource",
      document: random.chance(0.1) ? GENEROUS[use] : document(random, use),
    };
  }
  if (random.chance(0.2)) {
    const block = () => random.pick([{}, { RestrictPublicBuckets: random.chance(0.7) }]);
    policies.publicAccessBlock = random.chance(0.5) ? { bucket: block() } : { account: block() };
    // A block makes a difference only to a bucket policy that says something to everyone.
    if (random.chance(0.5)) {
      const open = { Effect: "Allow", Action: "*", Resource: "*" };
      const Statement = random.some(
        () =>
          random.chance(0.5) ? statement(random, "resource") : {
            ...open,
            Principal: principalElement(random),
            ...(random.chance(0.5) && { Condition: condition(random) }),
          },
        1,
        3,
      );
      policies.resource = {
        type: "bucket",
        name: "resource",
        document: { Version: "2012-10-17", Statement },
      };
    }
  }
  if (random.chance(0.12)) {
    policies.serviceControl = random.some(() => limits("identity", 1), 1, 2);
  }
  if (random.chance(0.08)) policies.resourceControl = [limits("resource", 1)];
  return policies;
}

/** A request to put to them. */
export function randomRequest(random: Random): SpecifiedRequest {
  const context: SpecifiedRequest["context"] = {};
  for (const [key, values] of Object.entries(CONTEXT)) {
    if (random.chance(key === "aws:username" ? 0.1 : 0.55)) {
      context[random.chance(0.3) ? key.toUpperCase() : key] = random.pick(values);
    }
  }
  const action = random.pick(ACTIONS);
  return {
    principal: random.pick(PRINCIPALS),
    action: random.chance(0.1) ? action.toLowerCase() : action,
    resource: random.pick(RESOURCES),
    ...(random.chance(0.35) && { resourceAccount: random.pick([HOME, HOME, AWAY]) }),
    context,
  };
}
