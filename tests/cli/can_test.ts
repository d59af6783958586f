/** `can` with documents alone, which sends nothing. */
import assert from "node:assert/strict";
import { bucketsPolicy } from "@s3creds/cli/policy";
import { run } from "../support/run.ts";

const READ_ONLY = JSON.stringify(bucketsPolicy(["logs"], { permission: "read-only" }));
const PREFIX = JSON.stringify(bucketsPolicy(["logs"], { permission: "read-only", prefix: "a/" }));
const USER = "arn:aws:iam::123456789012:user/alice";

const policy = (...Statement: unknown[]) => JSON.stringify({ Version: "2012-10-17", Statement });
const DENY_SECRET = policy(
  { Effect: "Allow", Action: "s3:*", Resource: "*" },
  { Sid: "Secret", Effect: "Deny", Action: "s3:GetObject", Resource: "arn:aws:s3:::logs/secret/*" },
);

async function can(...args: string[]) {
  const { code, stdout, stderr } = await run(["can", ...args]);
  return { code, lines: stdout.trimEnd().split("\n"), stderr };
}

Deno.test("can: everything that a policy lets be done with the bucket that it names", async () => {
  assert.deepEqual(await can("--policy", READ_ONLY), {
    code: 0,
    stderr: "",
    lines: [
      "logs",
      "  list             yes",
      "  read             yes",
      "  write            no",
      "  delete           no",
      "  acl              some: s3:GetObjectAcl",
      "  tags             some: s3:GetObjectTagging",
      "  versions         no",
      "  bucket-settings  no",
      "  delete-bucket    no",
    ],
  });
});

Deno.test("can: some keys", async () => {
  const { lines } = await can("logs", "--policy", PREFIX);
  assert.equal(lines[1], "  list             some: a/*");
  assert.equal(lines[2], "  read             some: a/*");
  const { lines: but } = await can("logs", "--policy", DENY_SECRET);
  assert.equal(but[2], "  read             some: * except secret/*");
});

Deno.test("can: several targets, one of them a key", async () => {
  const { lines } = await can("logs/b.txt", "site", "--policy", PREFIX);
  assert.deepEqual(lines.slice(0, 3), [
    "logs/b.txt",
    "  read             no",
    "  write            no",
  ]);
  assert.deepEqual(lines.slice(-11, -9), ["", "site"]);
});

Deno.test("can --action: the decision and the statement, or what is missing", async () => {
  const { code, lines } = await can(
    ...["logs", "logs/secret/x", "--policy", DENY_SECRET],
    ...["--action", "s3:GetObject", "--action", "s3:PutObject", "--action", "s3:ListAllMyBuckets"],
  );
  assert.equal(code, 0);
  assert.deepEqual(lines, [
    "explicitDeny  s3:GetObject  arn:aws:s3:::logs/*  allowed on some keys only; on others policy JSON, Statement[1] (Secret)",
    "allowed       s3:PutObject  arn:aws:s3:::logs/*  policy JSON, Statement[0]",
    "allowed       s3:ListAllMyBuckets  *  policy JSON, Statement[0]",
    "explicitDeny  s3:GetObject  arn:aws:s3:::logs/secret/x  policy JSON, Statement[1] (Secret)",
    "allowed       s3:PutObject  arn:aws:s3:::logs/secret/x  policy JSON, Statement[0]",
    "allowed       s3:ListAllMyBuckets  *  policy JSON, Statement[0]",
  ]);
  const [missing] = (await can("logs/x", "--policy", READ_ONLY, "--action", "s3:PutObject")).lines;
  assert.match(
    missing!,
    /^implicitDeny {2}s3:PutObject .* {2}no policy of the user or role allows it$/,
  );
});

Deno.test("can: boundary, session policy and bucket policy from files", async () => {
  const files = {
    "own.json": policy({ Effect: "Allow", Action: "s3:*", Resource: "*" }),
    "boundary.json": READ_ONLY,
    "session.json": PREFIX,
    "bucket.json": policy({
      Effect: "Deny",
      Principal: "*",
      Action: "s3:GetObject",
      Resource: "arn:aws:s3:::logs/a/b",
    }),
  };
  const ask = async (action: string, target: string, ...more: string[]) => {
    const args = ["can", target, "--policy", "own.json", "--action", action, "--json", ...more];
    const [answer] = JSON.parse((await run(args, { files })).stdout);
    return [
      answer.decision,
      answer.missing,
      answer.policies.map((one: { name: string }) => one.name),
    ];
  };
  assert.deepEqual(await ask("s3:PutObject", "logs/a/b"), ["allowed", null, ["own.json"]]);
  assert.deepEqual(
    await ask("s3:PutObject", "logs/a/b", "--permissions-boundary", "boundary.json"),
    [
      "implicitDeny",
      "permissions-boundary",
      ["own.json"],
    ],
  );
  assert.deepEqual(await ask("s3:GetObject", "logs/b", "--session-policy", "session.json"), [
    "implicitDeny",
    "session",
    ["own.json"],
  ]);
  assert.deepEqual(await ask("s3:GetObject", "logs/a/b", "--bucket-policy", "bucket.json"), [
    "explicitDeny",
    null,
    ["bucket.json"],
  ]);
});

Deno.test("can --json: answers to questions, and capabilities", async () => {
  const answers = await run([
    "can",
    "logs/a/x",
    "--policy",
    PREFIX,
    "--action",
    "S3:getobject",
    "--json",
  ]);
  assert.deepEqual(JSON.parse(answers.stdout), [{
    action: "s3:GetObject",
    resource: "arn:aws:s3:::logs/a/x",
    decision: "allowed",
    policies: [{ type: "inline", name: "JSON", statement: 2, sid: null }],
    missing: null,
  }]);
  const table = JSON.parse((await run(["can", "--policy", PREFIX, "--json"])).stdout);
  assert.deepEqual(table[1], {
    bucket: "logs",
    capability: "read",
    answer: "some",
    granted: [{ action: "s3:GetObject", keys: ["a/*"], except: [] }],
  });
});

Deno.test("can --principal: whom a bucket policy names", async () => {
  const bucket = policy({
    Effect: "Allow",
    Principal: { AWS: USER },
    Action: "s3:GetObject",
    Resource: "arn:aws:s3:::logs/*",
  });
  const ask = ["logs/x", "--bucket-policy", bucket, "--action", "s3:GetObject"];
  assert.match((await can(...ask)).lines[0]!, /^implicitDeny/);
  assert.match(
    (await can(...ask, "--principal", USER)).lines[0]!,
    /^allowed .* bucket policy JSON/,
  );
});

Deno.test("can --context: values of condition keys, those of now among them", async () => {
  const at = (condition: unknown) =>
    policy({ Effect: "Allow", Action: "s3:GetObject", Resource: "*", Condition: condition });
  const allowed = async (condition: unknown, ...context: string[]) => {
    const args = [
      "logs/x",
      "--policy",
      at(condition),
      "--action",
      "s3:GetObject",
      "--expect",
      "allowed",
    ];
    return (await can(...args, ...context.flatMap((one) => ["--context", one]))).code === 0;
  };
  const ip = { IpAddress: { "aws:SourceIp": "203.0.113.0/24" } };
  assert.equal(await allowed(ip), false);
  assert.equal(await allowed(ip, "AWS:sourceip=203.0.113.7"), true);
  assert.equal(await allowed({ DateGreaterThan: { "aws:CurrentTime": "2020-01-01" } }), true);
  const time = "aws:CurrentTime=2019-01-01T00:00:00Z";
  assert.equal(
    await allowed({ DateGreaterThan: { "aws:CurrentTime": "2020-01-01" } }, time),
    false,
  );
  assert.equal(await allowed({ Bool: { "aws:SecureTransport": "true" } }), true);
  const tags = { "ForAllValues:StringEquals": { "aws:TagKeys": ["a", "b"] } };
  assert.equal(await allowed(tags, "aws:TagKeys=a", "aws:TagKeys=b"), true);
  assert.equal(await allowed(tags, "aws:TagKeys=a", "aws:TagKeys=c"), false);
  const own = { StringEquals: { "aws:username": "a=b" } };
  assert.equal(await allowed(own, "aws:username=a=b"), true);
});

Deno.test("can --context: the account of the bucket, which is that of who asks unless it is given", async () => {
  const ask = async (bucketPolicy: string, ...more: string[]) => {
    const args = ["logs/x", "--policy", READ_ONLY, "--bucket-policy", bucketPolicy];
    const { lines } = await can(...args, "--action", "s3:GetObject", ...more);
    return /^\w+/.exec(lines[0]!)![0];
  };
  const bucket = (Action: string) =>
    policy({ Effect: "Allow", Principal: { AWS: "123456789012" }, Action, Resource: "*" });
  const foreign = ["--context", "aws:ResourceAccount=111122223333"];
  assert.equal(await ask(bucket("s3:PutObject")), "allowed");
  assert.equal(await ask(bucket("s3:PutObject"), ...foreign), "implicitDeny");
  assert.equal(await ask(bucket("s3:GetObject"), ...foreign), "allowed");
  const perimeter = policy({
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: "*",
    Condition: { StringNotEquals: { "s3:ResourceAccount": "123456789012" } },
  });
  assert.equal(await ask(perimeter), "allowed");
  assert.equal(await ask(perimeter, ...foreign), "explicitDeny");
});

Deno.test("can: what a request of now is assumed to be keeps no policy against old ones from allowing", async () => {
  const unlike = (operator: string, key: string, value: string) => ({
    Effect: "Deny",
    Action: "s3:*",
    Resource: "*",
    Condition: { [operator]: { [key]: value } },
  });
  const document = policy(
    { Effect: "Allow", Action: "s3:*", Resource: "*" },
    unlike("StringNotEquals", "s3:signatureversion", "AWS4-HMAC-SHA256"),
    unlike("StringNotEquals", "s3:authType", "REST-HEADER"),
    unlike("NumericLessThan", "s3:TlsVersion", "1.2"),
  );
  const ask = ["logs/x", "--policy", document, "--action", "s3:GetObject", "--expect"];
  assert.equal((await can(...ask, "allowed")).code, 0);
  assert.equal((await can(...ask, "denied", "--principal", "anonymous")).code, 0);
  assert.equal((await can(...ask, "denied", "--context", "s3:TlsVersion=1.1")).code, 0);
});

Deno.test("can: names the conditions on which the answer depends, and whose values nobody gave", async () => {
  const statement = (Action: string, Condition: unknown) => ({
    Effect: "Allow",
    Action,
    Resource: "arn:aws:s3:::logs/*",
    Condition,
  });
  const document = policy(
    statement("s3:GetObject", {
      IpAddress: { "aws:SourceIp": "203.0.113.0/24" },
      DateLessThan: { "aws:CurrentTime": "2100-01-01" },
      StringEquals: { "aws:PrincipalTag/team": "a", "AWS:sourceIP": "203.0.113.7" },
    }),
    statement("s3:PutObject", { StringEquals: { "s3:x-amz-acl": "private" } }),
    statement("kms:Decrypt", { StringEquals: { "kms:ViaService": "s3.eu-west-1.amazonaws.com" } }),
  );
  const named = async (...more: string[]) => {
    const { stderr } = await can("logs", "--policy", document, ...more);
    return /^The policies have conditions on (.*): these answers are for a request without, /
      .exec(stderr)?.[1];
  };
  assert.equal(await named(), "AWS:sourceIP, s3:x-amz-acl");
  assert.equal(await named("--action", "s3:PutObject"), "s3:x-amz-acl");
  assert.equal(await named("--action", "s3:DeleteObject"), undefined);
  assert.equal(await named("--context", "aws:SourceIp=203.0.113.7"), "s3:x-amz-acl");
  assert.equal(await named("--json"), undefined);
});

Deno.test("can: directories by the name of the user", async () => {
  const home = policy({
    Effect: "Allow",
    Action: "s3:GetObject",
    Resource: "arn:aws:s3:::logs/home/${aws:username}/*",
  });
  const { lines } = await can("logs", "--policy", home, "--principal", USER);
  assert.equal(lines[2], "  read             some: home/alice/*");
});

Deno.test("can: a star for all keys, and one that stands for itself", async () => {
  const ask = (target: string) => can(target, "--policy", DENY_SECRET, "--action", "s3:GetObject");
  for (const all of ["logs", "logs/*", "arn:aws:s3:::logs/*"]) {
    const { stderr, lines } = await ask(all);
    assert.equal(stderr, "", all);
    assert.match(lines[0]!, /^explicitDeny .* allowed on some keys only/);
  }
  const { lines, stderr } = await ask("logs/a*");
  assert.match(lines[0]!, /^allowed/);
  assert.match(stderr, /^Warning: logs\/a\* is one name, in which \* stands for itself: name /);
});

Deno.test("can --expect denied: what some keys or prefixes allow is not denied", async () => {
  const ask = (action: string, expected: string) =>
    can("logs", "--policy", PREFIX, "--action", action, "--expect", expected);
  for (const expected of ["allowed", "denied"]) {
    assert.equal((await ask("s3:GetObject", expected)).code, 1);
    const { code, lines } = await ask("s3:ListBucket", expected);
    assert.equal(code, 1);
    assert.match(
      lines[0]!,
      /^implicitDeny .* {2}allowed with some prefixes only; without one no policy /,
    );
  }
  assert.equal((await ask("s3:ListBucketVersions", "denied")).code, 0);
  assert.equal((await ask("s3:PutObject", "denied")).code, 0);
});

Deno.test("can --action: what is not for buckets and keys needs its ARN", async () => {
  const all = policy({ Effect: "Allow", Action: "*", Resource: "*" });
  for (const action of ["kms:Decrypt", "iam:GetUser", "s3express:CreateSession"]) {
    const { code, stderr } = await can("logs", "--policy", all, "--action", action);
    assert.equal(code, 2);
    assert.match(stderr, /Error: \S+ is not for a bucket or its keys: name what it is for \(/);
  }
  const named = policy({ Effect: "Allow", Action: "*", Resource: "arn:aws:s3:::logs/*" });
  assert.equal((await can("--policy", named, "--action", "kms:Decrypt")).code, 2);
  assert.equal((await can("--policy", all, "--action", "kms:Decrypt")).code, 0);
});

Deno.test("can --expect: exit code 1 unless every answer is so", async () => {
  const ask = ["logs/x", "--policy", READ_ONLY, "--action", "s3:GetObject"];
  assert.equal((await can(...ask, "--expect", "allowed")).code, 0);
  const denied = await can(...ask, "--expect", "denied");
  assert.deepEqual([denied.code, denied.stderr], [
    1,
    "Error: Expected every answer to be denied: 1 of 1 is not\n",
  ]);
  const both = await can(...ask, "--action", "s3:PutObject", "--expect", "allowed");
  assert.deepEqual([both.code, both.stderr], [
    1,
    "Error: Expected every answer to be allowed: 1 of 2 is not\n",
  ]);
  assert.equal((await can("logs", "--policy", READ_ONLY, "--expect", "denied")).code, 1);
});

Deno.test("can: anything with an ARN, and a bucket by its ARN", async () => {
  const key = "arn:aws:kms:eu-west-1:123456789012:key/k";
  const own = policy({ Effect: "Allow", Action: "kms:Decrypt", Resource: key });
  assert.match((await can(key, "--policy", own, "--action", "kms:Decrypt")).lines[0]!, /^allowed/);
  assert.equal((await can("arn:aws:s3:::logs", "--policy", READ_ONLY)).lines[0], "logs");
  const china = READ_ONLY.replaceAll("arn:aws:", "arn:aws-cn:");
  const { lines } = await can("logs/x", "--policy", china, "--action", "s3:GetObject");
  assert.match(lines[0]!, /^allowed .*arn:aws-cn:s3:::logs\/x/);
});
