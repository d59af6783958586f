/** Names of buckets, users and roles, ARNs and prefixes that make no sense. */
import { type Case, NO_USER, ROLE, rows, SECRET } from "./case.ts";

export const ANYWHERE: [name: string, says: string][] = [
  ["", "at least 3 characters"],
  ["ab", "at least 3 characters"],
  ["a".repeat(256), "at most 255 characters"],
  ["my-bucket*", "letters, digits, dots, hyphens and underscores only"],
  ["*", "letters, digits, dots, hyphens and underscores only"],
  ["my-bucke?", "letters, digits, dots, hyphens and underscores only"],
  ["${aws:username}", "letters, digits, dots, hyphens and underscores only"],
  ["my-bucket$", "letters, digits, dots, hyphens and underscores only"],
  ["my-bucket/folder", "give the name alone, without a slash and what follows it"],
  ["my bucket", "letters, digits, dots, hyphens and underscores only"],
  ["my-bucket\n", "letters, digits, dots, hyphens and underscores only"],
  ["my-bücket", "letters, digits, dots, hyphens and underscores only"],
  ["my-bucket\u0000", "letters, digits, dots, hyphens and underscores only"],
  ["first,second", "letters, digits, dots, hyphens and underscores only"],
  ["s3://my-bucket", "without s3://"],
  ["arn:aws:s3:::my-bucket", "not the ARN"],
];

/** The name of a bucket as an operand, where it may look like an option. */
export const LIKE_OPTIONS: [name: string, says: string][] = ["--read-only", "-c", "-bucket"].map(
  (name) => [name, `Invalid bucket name "${name}": a bucket name must not begin with a hyphen`],
);

const NEW_ONLY: [name: string, says: string][] = [
  ["My-bucket", "no capital letters and no underscores"],
  ["my_bucket", "no capital letters and no underscores"],
  ["my..bucket", "two dots in a row"],
  [".my-bucket", "start and end with a letter or digit"],
  ["my-bucket.", "start and end with a letter or digit"],
  ["my-bucket-", "start and end with a letter or digit"],
  ["192.168.5.4", "IP address"],
  ["b".repeat(64), "at most 63 characters"],
  ["xn--my-bucket", "AWS reserves xn--"],
  ["sthree-my-bucket", "AWS reserves sthree-"],
  ["amzn-s3-demo-my-bucket", "AWS reserves amzn-s3-demo-"],
  ["my-bucket-s3alias", "AWS reserves -s3alias"],
  ["my-bucket--ol-s3", "AWS reserves --ol-s3"],
  ["my-bucket.mrap", "AWS reserves .mrap"],
  ["my-bucket--x-s3", "AWS reserves --x-s3"],
  ["my-bucket--table-s3", "AWS reserves --table-s3"],
];

export const bucketNames: Case[] = [
  ...LIKE_OPTIONS.flatMap(([name, says]) => [
    { args: ["create", "good-bucket", "--", name], says },
    { args: ["create", "-c", "--", name], says },
    { args: ["policy", "--", "good-bucket", name], says },
    { args: ["list-bucket", "--", name], says },
    { args: ["sandbox", "--bucket", name], says },
  ]),
  ...ANYWHERE.flatMap(([name, says]) => [
    { args: ["create", "good-bucket", name], says },
    { args: ["policy", "good-bucket", name], says },
  ]),
  ...[...ANYWHERE, ...NEW_ONLY].flatMap(([name, says]) => [
    { args: ["create", "-c", name], says: name.length > 255 ? "at most 63 characters" : says },
    {
      args: ["sandbox", "--bucket", name],
      says: name.length > 255 ? "at most 63 characters" : says,
    },
  ]),
  { args: ["create", "my-bucket*", "--dry-run"], says: "Invalid bucket name" },
];

const REFUSED_ARNS: [arn: string, says: string][] = [
  ["arn:aws:s3:::my-bucket", "give the name, not the ARN"],
  [
    "arn:aws:s3::123456789012:accesspoint/a1b2c3.mrap",
    "a multi-Region access point takes signatures",
  ],
  [
    "arn:aws:s3-object-lambda:eu-west-1:123456789012:accesspoint/a",
    "Object Lambda are not supported",
  ],
  ["arn:aws:s3:eu-west-1:123456789012:accesspoint/a/object/k", "expected a bucket's name, or arn:"],
  ["arn:aws:s3:eu-west-1:12345:accesspoint/a", "expected a bucket's name, or arn:"],
  [
    "arn:aws-cn:s3:eu-west-1:123456789012:accesspoint/a",
    "region eu-west-1 is in partition aws, not aws-cn",
  ],
  [
    "arn:aws:s3:us-gov-west-1:123456789012:accesspoint/a",
    "region us-gov-west-1 is in partition aws-us-gov, not aws",
  ],
];

/** Access points are for the commands for objects alone. */
const ACCESS_POINT = "arn:aws:s3:eu-west-1:123456789012:accesspoint/my-access-point";

export const accessPoints: Case[] = [
  ...REFUSED_ARNS.flatMap(([arn, says]) => [
    { args: ["list-bucket", arn], says },
    { args: ["presign", arn, "k"], says },
  ]),
  { args: ["create", ACCESS_POINT], says: "give the name, not the ARN" },
  { args: ["policy", ACCESS_POINT], says: "give the name, not the ARN" },
  { args: ["delete-bucket", ACCESS_POINT], says: "give the name, not the ARN" },
  {
    args: ["delete-objects", ACCESS_POINT, "--prefix", "a/", "--by-lifecycle"],
    says: "give the name, not the ARN",
  },
  {
    args: ["presign", "my-bucket", "k", "--post", "--request-payer"],
    says: "--request-payer cannot be used with --post",
  },
];

export const prefixes = [
  ["", "Prefix is empty"],
  ["a*b/", "Prefix must not contain *"],
  ["a/**", "Prefix must not contain *"],
  ["*/", "Prefix must not contain *"],
  ["a?/", "Prefix must not contain ?"],
  ["?*", "Prefix must not contain ?"],
  ["${aws:username}/", "Prefix must not contain ${"],
  ["home/${aws:username}/*", "Prefix must not contain ${"],
].flatMap(([prefix, says]): Case[] =>
  ["create", "policy"].map((command) => ({
    args: [command, "my-bucket", "--prefix", prefix!],
    says: `Invalid value for --prefix: ${says}`,
  }))
);

export const names: Case[] = rows(["create", "my-bucket"], [
  [["--expires", "soon"], "Invalid value for --expires: expected a time such as 30d, 12h, 2027"],
  [["--expires", ""], "Invalid value for --expires: expected a time such as"],
  [["--expires", "30"], "expected a time such as"],
  [["--expires", "0d"], "is not in the future"],
  [["--expires", "2001-01-31"], "2001-01-31 00:00:00+00:00 is not in the future"],
  [["--expires", "2999-02-30"], 'not "2999-02-30"'],
  [["--expires", "2999-01-31T25:00"], "expected a time such as"],
  [["--expires", "31.1.2999"], "expected a time such as"],
  [["--expires", "30d", "--duration", "15m"], "--expires cannot be used with --duration"],
  [["--tag", "team"], "expected KEY=VALUE, such as team=data, not team"],
  [["--tag", "=data"], "expected KEY=VALUE"],
  [["--tag", "aws:x=y"], "AWS reserves aws:"],
  [["--tag", "s3-credentials:run=1"], "this tool reserves s3-credentials:"],
  [["--tag", "a*=b"], "letters, digits, spaces and _.:/=+-@ only"],
  [["--tag", "a=1", "--tag", "A=2"], "--tag is given twice for a"],
  [["--no-own-tags", "--duration", "15m", "--role-arn", ROLE], "creates no role"],
  [["--username", "u".repeat(65)], "65 characters, IAM allows 64"],
  [["--username", "some body"], "letters, digits and _+=,.@- only"],
  [["--username", "some/body"], "letters, digits and _+=,.@- only"],
  [["--username", "sömebody"], "letters, digits and _+=,.@- only"],
  [["--username", ""], "letters, digits and _+=,.@- only"],
  [["--user-permissions-boundary", "AmazonS3FullAccess"], "expected arn:aws:iam::ACCOUNT:policy/"],
  [["--user-permissions-boundary", ""], "expected arn:aws:iam::ACCOUNT:policy/"],
  [["--user-permissions-boundary", ROLE], "expected arn:aws:iam::ACCOUNT:policy/NAME"],
  [["--duration", "15m", "--role-arn", "reader"], "expected arn:aws:iam::ACCOUNT:role/NAME"],
  [
    ["--duration", "15m", "--role-arn", "arn:aws:iam::123456789012:user/somebody"],
    "expected arn:aws:iam::ACCOUNT:role/NAME",
  ],
  [["--bucket-region", "eu west 1"], "Invalid region"],
  [["--bucket-region", ""], "Invalid region"],
  [["--region", "EU-WEST-1"], "Invalid region"],
  [["--region", "../evil"], "Invalid region"],
  [["--addressing", "auto"], "expected one of virtual, path"],
  [["--endpoint-url", "localhost:9000"], "expected http://HOST or https://HOST"],
  [["--endpoint-url", "ftp://localhost"], "expected http://HOST or https://HOST"],
  [["--endpoint-url", ""], "expected http://HOST or https://HOST"],
  [["--endpoint-url", "http://localhost:9000 "], "expected http://HOST or https://HOST"],
  [["--endpoint-url", `ftp://me:${SECRET}@localhost`], "expected http://HOST or https://HOST"],
  [["--endpoint-url", `http://me:${SECRET}@localhost`], "expected http://HOST or https://HOST"],
  [["--endpoint-url", "http://me:word@localhost"], NO_USER],
  [["--endpoint-url", "https:me@localhost"], NO_USER],
  [["--endpoint-url", "http://localhost:9000?"], "must not have a query or a fragment"],
  [["--endpoint-url", `http://localhost/?token=${SECRET}`], "must not have a query or a fragment"],
  [["--endpoint-url", "http://localhost:9000/#"], "must not have a query or a fragment"],
  [["--format", "ini", "--profile-name", "a]b"], "Invalid profile name"],
  [["--format", "ini", "--profile-name", "a\nb"], "Invalid profile name"],
  [["--format", "ini", "--profile-name", ""], "Invalid profile name"],
  [["--format", "ini", "--profile-name", " x"], "begin or end with a space"],
  [["--format", "ini", "--profile-name", "x "], "begin or end with a space"],
]).concat(
  rows(["delete-user"], [
    [["u".repeat(65)], "65 characters, IAM allows 64"],
    [["good", "some body"], "letters, digits and _+=,.@- only"],
    [["*"], "letters, digits and _+=,.@- only"],
    [[""], "letters, digits and _+=,.@- only"],
  ]),
  rows(["sandbox"], [
    [["--port", "http"], "expected 0 to 65535"],
    [["--port", "-1"], "expected 0 to 65535"],
    [["--port", "65536"], "expected 0 to 65535"],
    [["--port", "80.5"], "expected 0 to 65535"],
    [["--port", ""], "expected 0 to 65535"],
    [["--account", "1111-2222-3333"], 'expected twelve digits, not "1111-2222-3333"'],
    [["--account", ""], "expected twelve digits"],
  ]),
);
