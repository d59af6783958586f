/**
 * Requests of programs that check nothing: refused before anything is sent.
 */
import assert from "node:assert/strict";
import { connect, createCredentials, type CreateRequest, deleteUser } from "@s3creds/cli";
import { bucketsPolicy, grantsPolicy, presetGrants, publicBucketPolicy } from "@s3creds/cli/policy";
import { type Sandbox, startSandbox } from "@s3creds/cli/sandbox";

const POLICY = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "*" }],
};
const BUCKETS = ["photos"];
const GRANTS = [{ bucket: "photos", actions: { name: "get", bucket: [], keys: ["s3:GetObject"] } }];

/** Untyped, as plain JavaScript would pass them. */
const REQUESTS: [name: string, request: unknown, message: RegExp][] = [
  ["no buckets", { buckets: [] }, /No bucket is named/],
  ["omitted buckets", {}, /No bucket is named/],
  ["a text for the buckets", { buckets: "photos" }, /No bucket is named/],
  ["a wildcard for a bucket", { buckets: ["*"] }, /Invalid bucket name "\*"/],
  ["a bucket and its keys", { buckets: ["photos/*"] }, /Invalid bucket name "photos\/\*"/],
  ["a bucket that is no text", { buckets: [undefined] }, /a name is a text/],
  ["a list for a bucket", { buckets: [["photos"]] }, /a name is a text/],
  ["another permission", { buckets: BUCKETS, permission: "readonly" }, /permission "readonly"/],
  [
    "an option of another name",
    { buckets: BUCKETS, prefixes: ["in/"] },
    /Unknown option "prefixes" - did you mean prefix\?$/,
  ],
  ["a flag of the command line", { buckets: BUCKETS, readOnly: true }, /"readOnly": .*permission/],
  ["an empty prefix", { buckets: BUCKETS, prefix: "" }, /Prefix is empty/],
  ["a prefix with a wildcard", { buckets: BUCKETS, prefix: "a*b/" }, /Prefix must not contain \*/],
  ["a minute", { buckets: BUCKETS, duration: 60 }, /between 15 minutes and 12 hours/],
  ["a day", { buckets: BUCKETS, duration: 86_400 }, /between 15 minutes and 12 hours/],
  ["half a second", { buckets: BUCKETS, duration: 900.5 }, /between 15 minutes and 12 hours/],
  ["no number of seconds", { buckets: BUCKETS, duration: NaN }, /between 15 minutes and 12/],
  ["a user name with a space", { buckets: BUCKETS, username: "a b" }, /Invalid user name/],
  ["an empty user name", { buckets: BUCKETS, username: "" }, /Invalid user name/],
  ["a boundary that is no ARN", { buckets: BUCKETS, userPermissionsBoundary: "x" }, /Invalid ARN/],
  ["a role that is no ARN", { buckets: BUCKETS, duration: 900, roleArn: "x" }, /Invalid ARN/],
  [
    "a role without duration",
    { buckets: BUCKETS, roleArn: "arn:aws:iam::123456789012:role/x" },
    /roleArn needs duration/,
  ],
  [
    "a policy and a prefix",
    { buckets: BUCKETS, policy: POLICY, prefix: "a/" },
    /policy and prefix/,
  ],
  ["grants and a prefix", { grants: GRANTS, prefix: "a/" }, /grants and prefix/],
  ["grants and a policy", { grants: GRANTS, policy: POLICY }, /policy and grants/],
  ["no grants", { grants: [] }, /No bucket is named/],
  [
    "a grant of all actions",
    { grants: [{ bucket: "photos", actions: { name: "x", bucket: [], keys: ["s3:*"] } }] },
    /Invalid action "s3:\*"/,
  ],
  ["a wildcard among prefixes", { buckets: BUCKETS, prefix: ["a/", "b*c"] }, /must not contain/],
  [
    "a policy and a permission",
    { buckets: BUCKETS, policy: POLICY, permission: "read-only" },
    /policy and permission read-only/,
  ],
  [
    "a user for a session",
    { buckets: BUCKETS, duration: 900, username: "me" },
    /duration and username/,
  ],
];

async function withAccount(work: (sandbox: Sandbox) => Promise<void>): Promise<void> {
  await using sandbox = await startSandbox({ buckets: BUCKETS });
  const before = sandbox.snapshot();
  await work(sandbox);
  assert.equal(sandbox.requests.length, 0, "nothing is sent");
  assert.deepEqual(sandbox.snapshot(), before);
}

function connection(sandbox: Sandbox) {
  return connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
}

for (const [name, request, message] of REQUESTS) {
  Deno.test(`createCredentials: refuses ${name}`, async () => {
    await withAccount(async (sandbox) => {
      const aws = connection(sandbox);
      const failure = createCredentials(aws, request as CreateRequest);
      await assert.rejects(failure, { name: "S3CredentialsError", code: "usage", message });
      aws.close();
    });
  });
}

Deno.test("createCredentials: makes no bucket by a name that was only allowed long ago", async () => {
  await using sandbox = await startSandbox();
  const before = sandbox.snapshot();
  const aws = connection(sandbox);
  const request = { buckets: ["Old_Bucket"], createBucket: true };
  await assert.rejects(createCredentials(aws, request), {
    code: "usage",
    message: /no capital letters/,
  });
  aws.close();
  assert.deepEqual(sandbox.snapshot(), before);
});

Deno.test("createCredentials: counts a bucket that is named twice once", async () => {
  await using sandbox = await startSandbox({ region: "eu-west-1" });
  const aws = connect({
    endpointUrl: sandbox.url,
    credentials: sandbox.credentials,
    region: "eu-west-1",
  });
  const { accessKey } = await createCredentials(aws, {
    buckets: ["twice", "twice"],
    createBucket: true,
  });
  aws.close();
  assert.equal(accessKey.userName, "s3.read-write.twice");
  assert.ok(sandbox.account.buckets.has("twice"));
});

for (const name of [undefined, null, "", "a/b", 7]) {
  Deno.test(`deleteUser: refuses ${JSON.stringify(name)} as a name`, async () => {
    await withAccount(async (sandbox) => {
      const aws = connection(sandbox);
      const failure = deleteUser(aws, name as string);
      await assert.rejects(failure, { code: "usage", message: /Invalid user name/ });
      aws.close();
    });
  });
}

Deno.test("bucketsPolicy: takes names of buckets only", () => {
  for (const name of ["*", "b*", "photos/*", "photos/", "", "arn:aws:s3:::photos", "a?c"]) {
    assert.throws(() => bucketsPolicy([name]), RangeError);
    assert.throws(() => publicBucketPolicy(name), RangeError);
  }
  assert.throws(
    () => bucketsPolicy(BUCKETS, { permission: "readonly" as "read-only" }),
    RangeError,
  );
});

Deno.test("bucketsPolicy, grantsPolicy, presetGrants, publicBucketPolicy: an option that is unknown is refused", () => {
  const options = (names: Record<string, unknown>) => names as Record<string, never>;
  const calls: [() => unknown, RegExp][] = [
    [() => bucketsPolicy(BUCKETS, options({ prefixes: ["in/"] })), /"prefixes" .* prefix\?$/],
    [
      () => bucketsPolicy(BUCKETS, options({ readOnly: true })),
      /"readOnly": .* permission, prefix/,
    ],
    [() => grantsPolicy(GRANTS, options({ prefix: "in/" })), /"prefix": .* partition$/],
    [() => presetGrants("restic", BUCKETS, options({ Prefix: "a/" })), /"Prefix" .* prefix\?$/],
    [() => publicBucketPolicy("photos", options({ prefix: "in/" })), /"prefix"/],
  ];
  for (const [call, message] of calls) {
    assert.throws(
      call,
      (error: Error) => error instanceof RangeError && message.test(error.message),
    );
  }
  assert.ok(bucketsPolicy(BUCKETS, options({ readOnly: undefined })));
});
