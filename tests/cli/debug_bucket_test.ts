/** `debug-bucket`: each part or its error, then a verdict that is true. */
import { publicBucketPolicy } from "@s3creds/cli/policy";
import assert from "node:assert/strict";
import { S3 } from "@aws-sdk/client-s3";
import { type Account, type Bucket, type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";
import { type Ran, run } from "../support/run.ts";

const BUCKET = "my-bucket";
const KEY = "file.txt";
const EVERYONE = {
  grantee: { type: "Group" as const, uri: "http://acs.amazonaws.com/groups/global/AllUsers" },
  permission: "READ",
};
const CLOSED = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};
const DENIED = { status: 403, code: "AccessDenied", message: "Not for you" };

const PARTS = [
  "Bucket ACL",
  "Bucket policy status",
  "Bucket public access block",
  "Bucket location",
  "Bucket ownership controls",
  "Bucket website",
  "Bucket CORS policy",
  "Bucket policy",
  "Account public access block",
];

/** Tells the parts from the verdict and the command that changes it, which follow empty lines. */
function read({ stdout }: Ran): { parts: string[]; verdict: string[]; remedy?: string } {
  const [text = "", verdict = "", remedy] = stdout.split("\n\n");
  const parts = text.split("\n").filter((line) => /^(Bucket|Account|Could)/.test(line));
  return { parts, verdict: verdict.trimEnd().split("\n"), remedy };
}

/** What stands after a part's name. */
function part(stdout: string, name: string): unknown {
  const after = stdout.slice(stdout.indexOf(`${name}:`) + name.length + 1);
  if (after.startsWith(" none\n")) return null;
  return JSON.parse(/^\n(\{\n[^]*?\n\}|".*"|\{\})\n/.exec(after)![1]!);
}

/** Makes the bucket as public as can be by its policy, which may deny the same under a condition. */
function publish(bucket: Bucket, denial?: unknown): void {
  const policy = publicBucketPolicy(bucket.name);
  const [allow] = policy.Statement;
  if (denial !== undefined) {
    policy.Statement.push({ ...allow, Effect: "Deny", Sid: "No", Condition: denial as never });
  }
  bucket.publicAccessBlock = undefined;
  bucket.policy = JSON.stringify(policy);
}

interface Case {
  prepare(bucket: Bucket, account: Account): void;
  verdict: string[];
  /** Whether anyone without credentials can fetch an object. */
  readable: boolean;
}

const ACL_BLOCKED = "The bucket's ACL is public (READ to anyone), but blocked by";
const POLICY_BLOCKED = "The bucket policy is public, but blocked by RestrictPublicBuckets of";
const BLOCKED = "Not public, but only because public access is blocked.";
const PRIVATE = "Not public: only identities that the account's own policies allow can read it.";
const FOR_SOME = PRIVATE.replace(/\.$/, ", and those whom the bucket policy names.");
const WEBSITE = "http://my-bucket.s3-website.us-east-1.amazonaws.com/";

const CASES: Record<string, Case> = {
  "a new bucket": { prepare: () => {}, verdict: [PRIVATE], readable: false },
  "a bucket with all blocks off and nothing else": {
    prepare: (bucket) => bucket.publicAccessBlock = undefined,
    verdict: [PRIVATE],
    readable: false,
  },
  "a public policy": {
    prepare: (bucket) => publish(bucket),
    verdict: ["Public.", "The bucket policy is public."],
    readable: true,
  },
  "a public policy, with new ones blocked": {
    prepare: (bucket) => {
      publish(bucket);
      bucket.publicAccessBlock = { ...CLOSED, RestrictPublicBuckets: false };
    },
    verdict: ["Public.", "The bucket policy is public."],
    readable: true,
  },
  "a public policy that the bucket restricts": {
    prepare: (bucket) => {
      publish(bucket);
      bucket.publicAccessBlock = { ...CLOSED };
    },
    verdict: [BLOCKED, `${POLICY_BLOCKED} the bucket's public access block.`],
    readable: false,
  },
  "a public policy that the account restricts": {
    prepare: (bucket, account) => {
      publish(bucket);
      account.publicAccessBlock = { ...CLOSED };
    },
    verdict: [BLOCKED, `${POLICY_BLOCKED} the account's public access block.`],
    readable: false,
  },
  "a public policy that bucket and account restrict": {
    prepare: (bucket, account) => {
      publish(bucket);
      bucket.publicAccessBlock = { ...CLOSED };
      account.publicAccessBlock = { ...CLOSED };
    },
    verdict: [BLOCKED, `${POLICY_BLOCKED} the bucket's and the account's public access block.`],
    readable: false,
  },
  "a public policy that also denies downloads to everyone": {
    prepare: (bucket) => publish(bucket, {}),
    verdict: [
      "Public.",
      "The bucket policy is public.",
      "But the bucket policy also denies downloads to everyone.",
    ],
    readable: false,
  },
  "a public policy that denies downloads from elsewhere": {
    prepare: (bucket) => publish(bucket, { NotIpAddress: { "aws:SourceIp": "203.0.113.0/24" } }),
    verdict: [
      "Public.",
      "The bucket policy is public.",
      "But some downloads are denied by Statement[1] of the bucket policy.",
    ],
    readable: false,
  },
  "a policy for another account, under conditions that denials have": {
    prepare: (bucket) => {
      publish(bucket, { StringNotEquals: { "aws:SourceVpce": "vpce-1" } });
      const partner = "arn:aws:iam::444455556666:user/partner";
      bucket.policy = bucket.policy!.replace('"*"', `{"AWS":"${partner}"}`);
    },
    verdict: [
      FOR_SOME,
      "The bucket policy names: arn:aws:iam::444455556666:user/partner.",
      "But some downloads are denied by Statement[1] of the bucket policy.",
    ],
    readable: false,
  },
  "a policy for the account's own root": {
    prepare: (bucket, account) => {
      publish(bucket);
      bucket.policy = bucket.policy!.replace('"*"', `{"AWS":"arn:aws:iam::${account.id}:root"}`);
    },
    verdict: [FOR_SOME, "The bucket policy names: account 123456789012."],
    readable: false,
  },
  "a policy for another account, and for everyone on a network": {
    prepare: (bucket) => {
      const { Statement: [allow], ...rest } = publicBucketPolicy(bucket.name);
      const Statement = [
        { ...allow, Sid: "A", Principal: { AWS: "arn:aws:iam::444455556666:user/partner" } },
        { ...allow, Sid: "B", Condition: { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } } },
      ];
      bucket.policy = JSON.stringify({ ...rest, Statement });
    },
    verdict: [
      FOR_SOME,
      "The bucket policy names: arn:aws:iam::444455556666:user/partner; anyone under the conditions " +
      "of Statement[1].",
    ],
    readable: false,
  },
  "a website with a public policy": {
    prepare: (bucket) => {
      publish(bucket);
      bucket.website = { indexSuffix: "index.html", errorKey: "error.html" };
    },
    verdict: ["Public.", "The bucket policy is public.", `It is a website: ${WEBSITE}`],
    readable: true,
  },
  "a website that is not public": {
    prepare: (bucket) => bucket.website = { indexSuffix: "index.html", errorKey: undefined },
    verdict: [
      PRIVATE,
      `It is configured as a website (${WEBSITE}), which shows nothing while it is not public.`,
    ],
    readable: false,
  },
  "a public ACL with ACLs switched off": {
    prepare: (bucket) => {
      bucket.publicAccessBlock = undefined;
      bucket.acl.push(EVERYONE);
    },
    // S3 shows no other grant than the owner's where ACLs are off.
    verdict: [PRIVATE],
    readable: false,
  },
  "an old bucket, whose objects have ACLs of their own": {
    prepare: (bucket) => {
      bucket.publicAccessBlock = undefined;
      bucket.objectOwnership = "ObjectWriter";
    },
    verdict: [
      "Perhaps public: single objects may have public ACLs.",
      "Single objects can be public by ACLs of their own.",
    ],
    readable: false,
  },
  "a public ACL that is ignored": {
    prepare: (bucket) => {
      bucket.objectOwnership = "ObjectWriter";
      bucket.acl.push(EVERYONE);
    },
    verdict: [BLOCKED, `${ACL_BLOCKED} IgnorePublicAcls of the bucket's public access block.`],
    readable: false,
  },
};

async function sandboxWith(prepare: Case["prepare"]): Promise<Sandbox> {
  const sandbox = await startSandbox({ buckets: [BUCKET] });
  const { url: endpoint, region, credentials, account } = sandbox;
  const s3 = new S3({ endpoint, region, credentials, forcePathStyle: true });
  await s3.putObject({ Bucket: BUCKET, Key: KEY, Body: "text" });
  s3.destroy();
  prepare(account.buckets.get(BUCKET)!, account);
  sandbox.requests.length = 0;
  return sandbox;
}

async function strangerCanFetch(sandbox: Sandbox, path: string): Promise<boolean> {
  const answer = await fetch(`${sandbox.url}/${BUCKET}/${path}`);
  await answer.body?.cancel();
  return answer.ok;
}

for (const [what, { prepare, verdict, readable }] of Object.entries(CASES)) {
  Deno.test(`debug-bucket: ${what}: the verdict, and whether anyone else can read it`, async () => {
    await using sandbox = await sandboxWith(prepare);
    const before = sandbox.snapshot();
    const ran = await run(["debug-bucket", BUCKET], { sandbox });
    assert.deepEqual({ code: ran.code, stderr: ran.stderr }, { code: 0, stderr: "" });
    const report = read(ran);
    assert.deepEqual(report.verdict, verdict);
    assert.deepEqual(report.parts.map((line) => line.split(":")[0]), PARTS);
    assert.equal(await strangerCanFetch(sandbox, KEY), readable);
    const isOpen = verdict[1] === "The bucket policy is public." &&
      verdict[2]?.startsWith("But") !== true;
    assert.equal(isOpen, readable);
    assert.deepEqual(sandbox.snapshot(), before);
  });
}

for (
  const [what, change, verdictAfter] of [
    [
      "a public policy",
      "To make it private again:",
      PRIVATE,
    ],
    ["a public policy that the bucket restricts", "To allow public access:", "Public."],
  ] as const
) {
  Deno.test(`debug-bucket: ${what}: the command at the end changes the verdict`, async () => {
    const { prepare, readable } = CASES[what]!;
    await using sandbox = await sandboxWith(prepare);
    const [title, command = ""] = read(await run(["debug-bucket", BUCKET], { sandbox })).remedy!
      .trimEnd().split("\n");
    assert.equal(title, change);
    const { code } = await run(command.trim().split(" ").slice(1), { sandbox });
    assert.equal(code, 0);
    const { verdict } = read(await run(["debug-bucket", BUCKET], { sandbox }));
    assert.equal(verdict[0], verdictAfter);
    assert.equal(await strangerCanFetch(sandbox, KEY), !readable);
  });
}

for (const what of ["a new bucket", "a public policy that the account restricts"]) {
  Deno.test(`debug-bucket: ${what}: no command would change the verdict`, async () => {
    await using sandbox = await sandboxWith(CASES[what]!.prepare);
    assert.equal(read(await run(["debug-bucket", BUCKET], { sandbox })).remedy, undefined);
  });
}

Deno.test("debug-bucket: object ACLs that may be public: the command at the end rules that out", async () => {
  await using sandbox = await sandboxWith((bucket) => {
    bucket.publicAccessBlock = undefined;
    bucket.objectOwnership = "ObjectWriter";
  });
  const before = read(await run(["debug-bucket", BUCKET], { sandbox }));
  assert.match(before.verdict[0]!, /^Perhaps public/);
  const [, command = ""] = before.remedy!.trimEnd().split("\n");
  await run(command.trim().split(" ").slice(1), { sandbox });
  const after = read(await run(["debug-bucket", BUCKET], { sandbox }));
  assert.match(after.verdict[0]!, /^Not public/);
});

Deno.test("debug-bucket: exits with 1 where nothing may be read", async () => {
  await using sandbox = await sandboxWith(() => {});
  sandbox.fail({ operation: "*", times: Infinity, error: DENIED });
  const { code, stdout, stderr } = await run(["debug-bucket", BUCKET], { sandbox });
  assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
  assert.match(stderr, /^Error: Could not read the bucket .* of my-bucket: AccessDenied/);
});

Deno.test("debug-bucket: names a public ACL that is in effect", async () => {
  await using sandbox = await sandboxWith((bucket) => {
    bucket.publicAccessBlock = undefined;
    bucket.objectOwnership = "ObjectWriter";
    bucket.acl.push(EVERYONE);
  });
  const { verdict } = read(await run(["debug-bucket", BUCKET], { sandbox }));
  assert.deepEqual(verdict, [
    "Public.",
    "The bucket's ACL is public (READ to anyone).",
    "Single objects can be public by ACLs of their own.",
  ]);
});

Deno.test("debug-bucket: says that a bucket of create --website is public", async () => {
  await using sandbox = await startSandbox();
  await run(["create", "site-bucket", "-c", "--website"], { sandbox });
  const { verdict } = read(await run(["debug-bucket", "site-bucket"], { sandbox }));
  assert.deepEqual(verdict, [
    "Public.",
    "The bucket policy is public.",
    "It is a website: http://site-bucket.s3-website.us-east-1.amazonaws.com/",
  ]);
});

Deno.test("debug-bucket: prints each part as S3 gives it", async () => {
  await using sandbox = await sandboxWith((bucket, account) => {
    publish(bucket);
    bucket.website = { indexSuffix: "index.html", errorKey: undefined };
    bucket.cors = [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"] }];
    bucket.publicAccessBlock = { ...CLOSED, IgnorePublicAcls: false };
    account.publicAccessBlock = { ...CLOSED, BlockPublicAcls: false };
  });
  const { stdout } = await run(["debug-bucket", BUCKET], { sandbox });
  const ID = sandbox.account.canonicalUserId;
  const expected: Record<string, unknown> = {
    "Bucket ACL": {
      Owner: { ID },
      Grants: [{ Grantee: { ID, Type: "CanonicalUser" }, Permission: "FULL_CONTROL" }],
    },
    "Bucket policy status": { PolicyStatus: { IsPublic: true } },
    "Bucket public access block": {
      PublicAccessBlockConfiguration: { ...CLOSED, IgnorePublicAcls: false },
    },
    "Bucket location": "us-east-1",
    "Bucket ownership controls": {
      OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
    },
    "Bucket website": { IndexDocument: { Suffix: "index.html" }, url: WEBSITE },
    "Bucket CORS policy": { CORSRules: [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"] }] },
    "Bucket policy": publicBucketPolicy(BUCKET),
    "Account public access block": { ...CLOSED, BlockPublicAcls: false },
  };
  for (const name of PARTS) assert.deepEqual(part(stdout, name), expected[name], name);
});

Deno.test("debug-bucket: prints none for what is not set", async () => {
  await using sandbox = await sandboxWith((bucket) => bucket.publicAccessBlock = undefined);
  const { stdout } = await run(["debug-bucket", BUCKET], { sandbox });
  const none = PARTS.filter((name) => part(stdout, name) === null);
  assert.deepEqual(none, [
    "Bucket policy status",
    "Bucket public access block",
    "Bucket website",
    "Bucket CORS policy",
    "Bucket policy",
    "Account public access block",
  ]);
});

Deno.test("debug-bucket: reads every part of a bucket in another region", async () => {
  await using sandbox = await sandboxWith((bucket) => bucket.region = "eu-west-1");
  const ran = await run(["debug-bucket", BUCKET], { sandbox });
  assert.doesNotMatch(ran.stdout, /Could not/);
  assert.equal(part(ran.stdout, "Bucket location"), "eu-west-1");
  assert.deepEqual(part(ran.stdout, "Bucket ownership controls"), {
    OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
  });
  assert.match(read(ran).verdict[0]!, /^Not public/);
});

/** Operation of each part, and the verdict on a bucket with a public policy that lacks this part. */
const FORBIDDEN: Record<string, [operation: string, name: string, verdict: RegExp]> = {
  ACL: ["GetBucketAcl", "bucket ACL", /^Public\.$/],
  status: ["GetBucketPolicyStatus", "bucket policy status", /^Perhaps public/],
  block: ["GetPublicAccessBlock", "bucket public access block", /^Perhaps public/],
  location: ["GetBucketLocation", "bucket location", /^Public\.$/],
  ownership: ["GetBucketOwnershipControls", "bucket ownership controls", /^Public\.$/],
  website: ["GetBucketWebsite", "bucket website", /^Public\.$/],
  CORS: ["GetBucketCors", "bucket CORS policy", /^Public\.$/],
  policy: ["GetBucketPolicy", "bucket policy", /^Public\.$/],
};

for (const [what, [operation, name, verdict]] of Object.entries(FORBIDDEN)) {
  Deno.test(`debug-bucket: ${what} forbidden: prints its error in its place, and all other parts`, async () => {
    await using sandbox = await sandboxWith((bucket) => publish(bucket));
    sandbox.fail({ operation, times: Infinity, error: DENIED });
    const ran = await run(["debug-bucket", BUCKET], { sandbox });
    assert.deepEqual({ code: ran.code, stderr: ran.stderr }, { code: 0, stderr: "" });
    assert.ok(
      ran.stdout.includes(`Could not read the ${name} of my-bucket: AccessDenied: Not for you\n`),
      ran.stdout,
    );
    const report = read(ran);
    assert.equal(report.parts.length, PARTS.length);
    assert.match(report.verdict[0]!, verdict);
  });
}

Deno.test("debug-bucket: fails if only the account's block can be read", async () => {
  await using sandbox = await sandboxWith((bucket) => publish(bucket));
  for (const [operation] of Object.values(FORBIDDEN)) {
    sandbox.fail({ operation, times: Infinity, error: DENIED });
  }
  const ran = await run(["debug-bucket", BUCKET], { sandbox });
  assert.deepEqual({ code: ran.code, stdout: ran.stdout }, { code: 1, stdout: "" });
  assert.match(ran.stderr, /^Error: Could not read the bucket ACL of my-bucket: AccessDenied/);
  assert.equal(ran.stderr.match(/Error: /g)?.length, 1);
});

Deno.test("debug-bucket: prints the only part that can be read, with an uncertain verdict", async () => {
  await using sandbox = await sandboxWith((bucket) => publish(bucket));
  const isLocation = "GetBucketLocation";
  sandbox.fail({
    operation: "*",
    times: Infinity,
    error: DENIED,
    when: ({ operation }) => operation !== isLocation,
  });
  const ran = await run(["debug-bucket", BUCKET], { sandbox });
  assert.equal(ran.code, 0);
  assert.equal(part(ran.stdout, "Bucket location"), "us-east-1");
  assert.match(read(ran).verdict[0]!, /^Perhaps public/);
});

Deno.test("debug-bucket: fails with one error for a missing bucket", async () => {
  await using sandbox = await startSandbox();
  assert.deepEqual(await run(["debug-bucket", "no-such-bucket"], { sandbox }), {
    code: 1,
    stdout: "",
    stderr: "Error: Bucket does not exist: no-such-bucket\n" +
      "To see the buckets of this account: s3-credentials list-buckets\n",
  });
});
