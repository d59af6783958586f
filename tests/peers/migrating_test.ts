/** What docs/migrating.md says of the Python tool and of ours, asked of both. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";
import { adminEnv, peerPath, peerTest, type Ran, runCli, runPeer } from "./support.ts";

const PAGE = await Deno.readTextFile(new URL("../../docs/migrating.md", import.meta.url));

interface Difference {
  /** What the page calls it. */
  called: string;
  args: string[];
  stdin?: string;
  /** What each prints on standard output, or on standard error where it fails. */
  theirs: RegExp;
  ours: RegExp;
  /** The exit code of each; 0 where it is not given. */
  codes?: [theirs: number, ours: number];
  /** Looks at what each left behind. */
  left?: (sandbox: Sandbox) => unknown;
  leaves?: [theirs: unknown, ours: unknown];
}

const STATEMENT = '{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}';
const contentType = (key: string) => (sandbox: Sandbox) =>
  sandbox.account.buckets.get("docs")!.objects.get(key)?.headers["content-type"];
const keys = (sandbox: Sandbox) => [...sandbox.account.buckets.get("docs")!.objects.keys()];

const DIFFERENCES: Difference[] = [
  {
    called: "`create b -d 15m --user-permissions-boundary ARN`",
    args: [
      ...["create", "docs", "-d", "15m", "--dry-run"],
      ...["--user-permissions-boundary", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"],
    ],
    theirs: /^(?![^]*ReadOnlyAccess)[^]*Would ensure role: /,
    ours: /--user-permissions-boundary cannot be used with --duration/,
    codes: [0, 2],
  },
  {
    called: "`policy b --public-bucket --read-only`",
    args: ["policy", "docs", "--public-bucket", "--read-only"],
    theirs: /"AllowAllGetObject"/,
    ours: /--public-bucket cannot be used with .*--read-only/,
    codes: [0, 2],
  },
  {
    called: "(or `--write-only`, `--prefix`, `--statement`)",
    args: ["policy", "docs", "--public-bucket", "--prefix", "a/"],
    theirs: /"AllowAllGetObject"/,
    ours: /--public-bucket cannot be used with/,
    codes: [0, 2],
  },
  {
    called: "`create b --bucket-region eu-west-1` without `-c`",
    args: ["create", "docs", "--bucket-region", "eu-west-1"],
    theirs: /"AccessKeyId"/,
    ours: /--bucket-region needs --create-bucket/,
    codes: [0, 2],
  },
  {
    called: "`policy b -- --read-only`",
    args: ["policy", "docs", "--", "--read-only"],
    theirs: /arn:aws:s3:::--read-only"/,
    ours: /a bucket name must not begin with a hyphen/,
    codes: [0, 2],
  },
  {
    called: "`policy ab`",
    args: ["policy", "ab"],
    theirs: /arn:aws:s3:::ab"/,
    ours: /a bucket name has at least 3 characters/,
    codes: [0, 2],
  },
  {
    called: "`put-objects b missing.txt one.txt`",
    args: ["put-objects", "docs", "missing.txt", import.meta.filename!],
    theirs: /^/,
    ours: /Could not read missing\.txt: it does not exist/,
    codes: [0, 2],
    left: keys,
    leaves: [["größe.txt", "migrating_test.ts"], ["größe.txt"]],
  },
  {
    called: "`list-users --nl --csv`",
    args: ["list-users", "--nl", "--csv"],
    theirs: /^\{"Path": "\/", "UserName": "admin", /,
    ours: /Use only one of --nl, --csv, --tsv and --table/,
    codes: [0, 2],
  },
  {
    called: "`set-public-access-block b --block-public-acls ''`",
    args: ["set-public-access-block", "docs", "--block-public-acls", ""],
    theirs: /^$/,
    ours: /Expected true or false/,
    codes: [0, 2],
    left: ({ account }) => account.buckets.get("docs")!.publicAccessBlock?.BlockPublicAcls,
    leaves: [false, true],
  },
  {
    called: "such as `s3:ListBucket` on `b/*`",
    args: [
      ...["create", "docs", "--statement"],
      '{"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::docs/*"}',
    ],
    theirs: /"AccessKeyId"/,
    ours: /s3:ListBucket is not for a resource of this statement/,
    codes: [0, 2],
  },
  {
    called: "`list-buckets missing`",
    args: ["list-buckets", "missing"],
    theirs: /^\[\]\n$/,
    ours: /Bucket does not exist in this account: missing/,
    codes: [0, 1],
  },
  {
    called: "`list-roles missing`",
    args: ["list-roles", "missing"],
    theirs: /^\[\]\n$/,
    ours: /Role does not exist: missing/,
    codes: [0, 1],
  },
  {
    called: "`--access-key` without `--secret-key`",
    args: ["whoami", "--access-key", "AKIAEXAMPLE"],
    theirs: /PartialCredentialsError/,
    ours: /--access-key and --secret-key go together/,
    codes: [1, 2],
  },
  {
    called: "in the order of the columns",
    args: ["list-users", "--nl"],
    theirs: /^\{"Path": "\/", "UserName": "admin", /,
    ours: /^\{"UserName": "admin", "UserId": /,
  },
  {
    called: '`"größe"`, not `"gr\\u00f6\\u00dfe"`',
    args: ["list-roles", "--nl"],
    theirs: /"Description": "gr\\u00f6\\u00dfe"/,
    ours: /"Description": "größe"/,
  },
  {
    called: "on one line without spaces",
    args: ["list-roles", "--csv"],
    theirs: /,"\{\n {2}""Version"": ""2012-10-17"",\n/,
    ours: /,"\{""Version"":""2012-10-17"",""Statement"":\[/,
  },
  {
    called: "percent-encodes the key",
    args: ["list-bucket", "docs", "--urls", "--nl"],
    theirs: /"URL": "https:\/\/s3\.amazonaws\.com\/docs\/gr\\u00f6\\u00dfe\.txt"/,
    ours: /"URL": "http:\/\/127\.0\.0\.1:\d+\/docs\/gr%C3%B6%C3%9Fe\.txt"/,
  },
  {
    called: "gets it wrapped in an array",
    args: ["create", "docs", "--policy", `{"Statement": ${STATEMENT}}`, "--dry-run"],
    theirs: /"Statement": \{\n/,
    ours: /"Statement": \[\n/,
  },
  {
    called: "`put-object b page.html -`",
    args: ["put-object", "docs", "page.html", "-"],
    stdin: "<p>",
    theirs: /^/,
    ours: /^/,
    left: contentType("page.html"),
    leaves: ["binary/octet-stream", "text/html"],
  },
  {
    called: "`put-objects` sends that of each file's extension",
    args: ["put-objects", "docs", fileURLToPath(new URL("../../deno.json", import.meta.url))],
    theirs: /^/,
    ours: /^/,
    left: contentType("deno.json"),
    leaves: ["binary/octet-stream", "application/json"],
  },
  {
    called: "`put-objects b ..`",
    args: ["put-objects", "docs", `${import.meta.dirname}/..`, "--dry-run"],
    theirs: /=> s3:\/\/docs\/\.\.\/size_test\.ts$/m,
    ours: /=> s3:\/\/docs\/size_test\.ts$/m,
  },
  {
    called: "`delete-objects b a a` counts one object, not two",
    args: ["delete-objects", "docs", "a", "a", "--dry-run"],
    theirs: /^[^]*:\na\na\n?$/,
    ours: /^[^]*:\na\n$/,
  },
];

async function account(): Promise<Sandbox> {
  const sandbox = await startSandbox({ buckets: ["docs"] });
  const env = adminEnv(sandbox);
  await runCli(["put-object", "docs", "größe.txt", "-"], { env, stdin: "a" });
  await runPeer("python", ["-c", FILL], { env });
  return sandbox;
}

const FILL = `
import boto3
trust = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}]}'
boto3.client("iam").create_role(
    RoleName="worker", Description="gr\\u00f6\\u00dfe", AssumeRolePolicyDocument=trust
)
`;

for (const { called, args, stdin, theirs, ours, codes = [0, 0], left, leaves } of DIFFERENCES) {
  peerTest(`docs/migrating.md: ${called}`, async () => {
    assert.ok(PAGE.replaceAll(/\s+/g, " ").includes(called));
    const tools: [(env: Record<string, string>) => Promise<Ran>, RegExp][] = [
      [
        (env) => runPeer("python", [peerPath("s3-credentials"), ...args], { env, stdin }),
        theirs,
      ],
      [(env) => runCli(args, { env, stdin }), ours],
    ];
    for (const [n, [runTool, says]] of tools.entries()) {
      await using sandbox = await account();
      const { code, stdout, stderr } = await runTool(adminEnv(sandbox));
      assert.equal(code, codes[n], stderr);
      assert.match(code === 0 ? stdout : stderr, says);
      if (left !== undefined) assert.deepEqual(left(sandbox), leaves![n]);
    }
  });
}
