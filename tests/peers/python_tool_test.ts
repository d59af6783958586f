/** The Python tool s3-credentials on our sandbox, and what the keys that it makes may do. */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";
import { type Step, stepTests } from "./steps.ts";
import { adminEnv, awsEnv, type Ran } from "./support.ts";

let sandbox: Sandbox;
/** The credentials that were made, by what they are for. */
const made: Record<string, { accessKeyId: string; secretAccessKey: string }> = {};

Deno.test.beforeAll(async () => {
  sandbox = await startSandbox();
});
Deno.test.afterAll(() => sandbox.close());

const keep = (name: string) => ({ stdout }: Ran) => {
  const { AccessKeyId, SecretAccessKey, SessionToken } = JSON.parse(stdout);
  made[name] = {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(SessionToken && { sessionToken: SessionToken }),
  };
};
const as = (name: string) => () => awsEnv(sandbox.url, made[name]!);
const fetchText = async (path: string) => {
  const answer = await fetch(`${sandbox.url}/${path}`);
  return [answer.status, await answer.text()];
};

const ARN = "arn:aws:iam::123456789012";
const FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonS3FullAccess";
const ROLE = "s3-credentials.AmazonS3FullAccess";

const readWrite: Step[] = [
  { name: "whoami", args: "whoami", stdout: { json: { Arn: `${ARN}:user/admin` } } },
  {
    name: "create of a bucket that does not exist",
    args: "create docs",
    code: 1,
    stderr: /Bucket does not exist: docs/,
  },
  {
    name: "create -c",
    args: "create docs -c",
    stdout: { json: { UserName: "s3.read-write.docs", Status: "Active" } },
    stderr: /^Created bucket: docs\n(.+\n){2}Created access key for user: s3\.read-write\.docs\n$/,
    check: keep("read-write"),
  },
  {
    name: "whoami with the new key",
    args: "whoami",
    env: as("read-write"),
    stdout: { json: { Arn: `${ARN}:user/s3.read-write.docs` } },
  },
  {
    name: "put-object with the new key",
    args: "put-object docs folder/hello.txt - --content-type text/plain",
    stdin: "hello",
    env: as("read-write"),
  },
  {
    name: "get-object with the new key",
    args: "get-object docs folder/hello.txt",
    env: as("read-write"),
    stdout: "hello",
  },
  {
    name: "list-bucket with the new key",
    args: "list-bucket docs",
    env: as("read-write"),
    stdout: { json: [{ Key: "folder/hello.txt", Size: 5, StorageClass: "STANDARD" }] },
  },
  {
    // Not --csv: it fails on the checksum fields that S3 has added to listings since.
    name: "list-bucket --nl --urls",
    args: "list-bucket docs --nl --urls",
    stdout: { json: { URL: "https://s3.amazonaws.com/docs/folder/hello.txt" } },
  },
  {
    name: "list-buckets, which the new key may not",
    args: "list-buckets",
    env: as("read-write"),
    code: 1,
    stderr: /\(AccessDenied\) when calling the ListBuckets operation/,
  },
  {
    name: "create --bucket-region",
    args: "create far-away -c --bucket-region eu-west-1 --silent",
    stderr: "",
    check: () => assert.equal(sandbox.account.buckets.get("far-away")?.region, "eu-west-1"),
  },
];

const readOnly: Step[] = [
  {
    name: "create --read-only",
    args: "create docs --read-only",
    stdout: { json: { UserName: "s3.read-only.docs" } },
    check: keep("read-only"),
  },
  {
    name: "get-object with a read-only key",
    args: "get-object docs folder/hello.txt",
    env: as("read-only"),
    stdout: "hello",
  },
  {
    name: "put-object with a read-only key",
    args: "put-object docs other.txt - -s",
    stdin: "other",
    env: as("read-only"),
    code: 1,
    stderr: /\(AccessDenied\) when calling the PutObject operation/,
  },
  {
    name: "list-bucket of another bucket",
    args: "list-bucket far-away",
    env: as("read-only"),
    code: 1,
    stderr: /\(AccessDenied\) when calling the ListObjectsV2 operation/,
  },
  {
    name: "create --write-only --prefix",
    args: "create docs --write-only --prefix inbox/ --username writer",
    stdout: { json: { UserName: "writer" } },
    check: keep("write-only"),
  },
  {
    name: "put-object below the prefix",
    args: "put-object docs inbox/a.txt - -s",
    stdin: "a",
    env: as("write-only"),
  },
  {
    name: "put-object beside the prefix",
    args: "put-object docs outbox/a.txt - -s",
    stdin: "a",
    env: as("write-only"),
    code: 1,
    stderr: /\(AccessDenied\)/,
  },
  {
    name: "get-object with a write-only key",
    args: "get-object docs inbox/a.txt",
    env: as("write-only"),
    code: 1,
    stderr: /\(403\) when calling the HeadObject operation/,
  },
];

const temporary: Step[] = [
  {
    name: "create --duration",
    args: "create docs --duration 15m --read-only",
    stderr: `Assume role against ${ARN}:role/${ROLE} for 900s\n`,
    check: (ran) => {
      keep("temporary")(ran);
      assert.match(made.temporary!.accessKeyId, /^ASIA/);
    },
  },
  {
    name: "whoami with the temporary key",
    args: "whoami",
    env: as("temporary"),
    stdout: {
      json: { Arn: `arn:aws:sts::123456789012:assumed-role/${ROLE}/s3.read-only.docs` },
    },
  },
  {
    name: "get-object with the temporary key",
    args: "get-object docs folder/hello.txt",
    env: as("temporary"),
    stdout: "hello",
  },
  {
    name: "put-object with the temporary key",
    args: "put-object docs other.txt - -s",
    stdin: "other",
    env: as("temporary"),
    code: 1,
    stderr: /\(AccessDenied\) when calling the PutObject operation/,
  },
  {
    name: "create --duration --format ini",
    args: "create docs --duration 1h --format ini --silent",
    stdout:
      /^\[default\]\naws_access_key_id=ASIA\w+\naws_secret_access_key=.+\naws_session_token=.+\n$/,
  },
  {
    name: "list-roles --details",
    args: "list-roles --details",
    stdout: {
      json: [{
        RoleName: ROLE,
        MaxSessionDuration: 43200,
        inline_policies: [],
        attached_policies: [{
          Arn: FULL_ACCESS,
          PolicyVersion: { Document: { Version: "2012-10-17" }, IsDefaultVersion: true },
        }],
      }],
    },
  },
];

const publicBucket: Step[] = [
  {
    name: "create --public --website",
    args: "create site -c --public --website",
    stderr: /Attached bucket policy allowing public access\nConfigured website: IndexDocument=/,
    check: keep("site"),
  },
  {
    name: "put-object that everyone may read",
    args: "put-object site index.html - -s --content-type text/html",
    stdin: "<h1>Hi</h1>",
    env: as("site"),
    check: async () => assert.deepEqual(await fetchText("site/index.html"), [200, "<h1>Hi</h1>"]),
  },
  {
    name: "get-object that nobody else may",
    args: "get-object docs folder/hello.txt",
    stdout: "hello",
    check: async () => assert.equal((await fetchText("docs/folder/hello.txt"))[0], 403),
  },
  {
    name: "list-buckets --details",
    args: "list-buckets --details site far-away",
    stdout: {
      json: [
        { Name: "far-away", region: "eu-west-1", bucket_website: null },
        {
          Name: "site",
          region: "us-east-1",
          bucket_acl: { Grants: [{ Permission: "FULL_CONTROL" }] },
          public_access_block: { BlockPublicPolicy: false, RestrictPublicBuckets: false },
          bucket_website: { IndexDocument: { Suffix: "index.html" } },
        },
      ],
    },
  },
  {
    name: "get-bucket-policy",
    args: "get-bucket-policy site",
    stdout: { json: { Statement: [{ Sid: "AllowAllGetObject" }] } },
  },
  {
    name: "set-bucket-policy that the block refuses",
    args: "set-bucket-policy docs --allow-all-get",
    code: 1,
    stderr: /\(AccessDenied\) when calling the PutBucketPolicy operation/,
  },
  {
    name: "set-public-access-block",
    args: "set-public-access-block docs --allow-public-access",
    check: () =>
      assert.equal(sandbox.account.buckets.get("docs")?.publicAccessBlock?.BlockPublicAcls, false),
  },
  {
    name: "get-public-access-block",
    args: "get-public-access-block far-away",
    stdout: { json: { BlockPublicAcls: true, RestrictPublicBuckets: true } },
  },
  {
    name: "set-cors-policy",
    args: "set-cors-policy site --allowed-method PUT --max-age-seconds 60",
  },
  {
    name: "get-cors-policy",
    args: "get-cors-policy site",
    stdout: {
      json: [{
        ID: "set-by-s3-credentials",
        AllowedMethods: ["PUT"],
        AllowedOrigins: ["*"],
        MaxAgeSeconds: 60,
      }],
    },
  },
  { name: "debug-bucket", args: "debug-bucket site", stdout: /"IsPublic": true/ },
];

const USERS = [
  "admin",
  "s3.read-only.docs",
  "s3.read-write.docs",
  "s3.read-write.far-away",
  "s3.read-write.site",
  "writer",
];

const accountWide: Step[] = [
  {
    name: "list-users",
    args: "list-users",
    check: ({ stdout }) =>
      assert.deepEqual(
        JSON.parse(stdout).map(({ UserName }: { UserName: string }) => UserName),
        USERS,
      ),
  },
  {
    name: "list-users --tsv",
    args: "list-users --tsv",
    stdout: /^UserName\tUserId\tArn\tPath\tCreateDate\tPasswordLastUsed\tPermissionsBoundary\tTags/,
  },
  {
    name: "list-user-policies",
    args: "list-user-policies s3.read-only.docs",
    stdout: /^User: s3\.read-only\.docs\nPolicyName: s3\.read-only\.docs\n\{\n {4}"Version"/,
  },
  {
    name: "delete-objects --dry-run",
    args: "delete-objects docs --prefix inbox/ --dry-run",
    stdout: "The following keys would be deleted:\ninbox/a.txt\n",
    stderr: "Deleting 1 object from docs\n",
  },
  {
    name: "delete-objects",
    args: "delete-objects docs folder/hello.txt inbox/a.txt no-such-key",
    check: () => assert.equal(sandbox.account.buckets.get("docs")?.objects.size, 0),
  },
  {
    name: "delete-user",
    args: () => ["delete-user", ...USERS.slice(1)],
    stdout: /User: writer\n {2}Deleted policy: .+\n {2}Deleted access key: .+\n {2}Deleted user\n$/,
    check: () => assert.deepEqual([...sandbox.account.users.keys()], ["admin"]),
  },
  {
    name: "whoami with the key of a deleted user",
    args: "whoami",
    env: as("read-write"),
    code: 1,
    stderr: /\(InvalidClientTokenId\)/,
  },
];

stepTests("s3-credentials", () => ({ env: adminEnv(sandbox) }), [
  ...readWrite,
  ...readOnly,
  ...temporary,
  ...publicBucket,
  ...accountWide,
]);
