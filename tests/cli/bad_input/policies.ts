/** Command lines of the commands about policies that make no sense. */
import { type Case, rows, SECRET } from "./case.ts";

const POLICY =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';

const lint: Case[] = [
  ...rows(["lint"], [
    [[], "Missing argument"],
    [["no-such.json"], "Invalid value for POLICIES: File not found: no-such.json"],
    [
      [POLICY, "--type", "user"],
      "Invalid value for --type: expected one of identity, bucket, trust, session",
    ],
    [["-", "-"], "Standard input can be read once only"],
  ]),
];

const can: Case[] = rows(["can"], [
  [["--policy", "no-such.json"], "Invalid value for --policy: File not found: no-such.json"],
  [["--policy", "{"], "Invalid value for --policy: Invalid JSON string: line 1"],
  [["b-1", "--policy", "-"], "Invalid value for --policy: standard input is not JSON: line 1"],
  [
    ["--policy", '{"Statement":{"Effect":"Allow"}}'],
    "Statement[0]: Action or NotAction is missing",
  ],
  [["--bucket-policy", POLICY], "Statement[0]: Principal or NotPrincipal is missing"],
  [["--policy", POLICY], "Name a bucket, or say what to ask with --action"],
  [["Bad_Bucket*", "--policy", POLICY], "Bad_Bucket*"],
  [["b-1", "--permissions-boundary", POLICY], "allows nothing by itself: add --policy"],
  [["b-1", "--session-policy", POLICY], "allows nothing by itself: add --policy"],
  [["b-1", "--user", "a/b"], 'Invalid value for --user: Invalid user name "a/b"'],
  [["b-1", "--role", "arn:aws:iam::123456789012:role/a"], "Invalid value for --role: Invalid role"],
  [["b-1", "--key", SECRET], "Invalid value for --key: Invalid access key id: expected one such"],
  [["b-1", "--policy", POLICY, "--user", "a"], "cannot be used with --user, --role or --key"],
  [["b-1", "--user", "a", "--role", "b"], "Use only one of --user, --role and --key"],
  [["b-1", "--principal", "arn:aws:iam::123456789012:user/a"], "--principal needs --policy"],
  [["b-1", "--policy", POLICY, "--principal", "alice"], "Not a principal that can send a request"],
  [["b-1", "--policy", "-", "--bucket-policy", "-"], "Standard input can be read once only"],
  [["b-1", "--policy", POLICY, "--action", "s3:ListObjectsV2"], "did you mean s3:ListBucket?"],
  [["b-1", "--policy", POLICY, "--action", "s3:Get*"], "expected one action such as s3:GetObject"],
  [
    ["b-1", "--policy", POLICY, "--action", "PutObject"],
    "expected one action such as s3:GetObject, not PutObject - did you mean s3:PutObject?",
  ],
  [["b-1", "--policy", POLICY, "--context", "aws:SourceIp"], "expected KEY=VALUE"],
  [["b-1", "--policy", POLICY, "--expect", "yes"], "expected one of allowed, denied"],
  [["s3://my-bucket/key"], "give the name alone, without s3://"],
  [["b-1", "--simulate"], "--simulate and --probe need --action"],
  [["b-1", "--probe"], "--simulate and --probe need --action"],
  [["b-1", "--probe", "--user", "a", "--action", "s3:GetObject"], "omit --user, --role and --key"],
  [
    ["b-1", "--policy", POLICY, "--simulate", "--action", "s3:GetObject"],
    "--simulate and --probe ask AWS, which documents alone don't",
  ],
]);

const MISTYPED = '{"Effect":"Allow","Action":"s3:ListObjectsV2","Resource":"arn:aws:s3:::b"}';
const MISTYPED_POLICY = `{"Version":"2012-10-17","Statement":[${MISTYPED}]}`;
const WITH_PRINCIPAL =
  '{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::my-bucket/*"}';

/** What `lint` finds in policies that are to be used. */
const used: Case[] = [
  ...rows(["create", "my-bucket"], [
    [
      ["--policy", MISTYPED_POLICY],
      /Invalid value for --policy: Statement\[0\]\.Action: AWS has no action s3:ListObjectsV2, .* - Write s3:ListBucket\n$/,
    ],
    [
      ["--statement", MISTYPED],
      "Invalid value for --statement: Statement[0].Action: AWS has no action",
    ],
    [["--statement", WITH_PRINCIPAL, "-d", "15m"], "Principal belongs in the policy of a resource"],
    [
      ["--policy", MISTYPED_POLICY.replace("s3:ListObjectsV2", "s3:GetObject"), "--dry-run"],
      "s3:GetObject is not for a resource of this statement - Add a resource such as",
    ],
  ]),
  {
    args: ["set-bucket-policy", "my-bucket", "--policy-file", "policy.json"],
    says: "Invalid value for --policy-file: Statement[0]: The statement has neither Principal nor",
    files: { "policy.json": MISTYPED_POLICY.replace("ListObjectsV2", "ListBucket") },
  },
  {
    args: ["set-bucket-policy", "my-bucket", "--policy-file", "-"],
    says:
      "Statement[0]: Everyone is denied to change this policy again, administrators too: only the",
    stdin:
      '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*",' +
      '"Resource":["arn:aws:s3:::my-bucket","arn:aws:s3:::my-bucket/*"]}]}',
  },
];

const permissions: Case[] = rows(["permissions"], [
  [[], "Missing argument"],
  [["crate"], "Unknown command 'crate' - did you mean create?"],
  [
    ["create", "--use", "nothing of the kind"],
    /no use is called "nothing of the kind"\nUses of create:\n {2}A new user for an existing bucket\n/,
  ],
  [["create", "--bucket", "Bad?"], "Bad?"],
  [["create", "--user", "a b"], 'Invalid value for --user: Invalid user name "a b"'],
  [["create", "--account", "1234"], "expected twelve digits, not"],
]);

/** By what they are about. */
export const POLICY_CASES: Record<string, Case[]> = {
  can,
  lint,
  permissions,
  "policies with mistakes": used,
};
