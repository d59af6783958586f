/** Command lines that make no sense, with what the program has to say about each. */

/** Stands in files and options where a secret would; no message may repeat it. */
export const SECRET = "wJalrXUtnFEMI/K7MDENG/notToBeShown";

/** A folder, where a file is expected. */
const FOLDER = import.meta.dirname!;

export interface Case {
  args: string[];
  /** What the message has to contain. */
  says: string | RegExp;
  stdin?: string;
  files?: Record<string, string>;
  env?: Record<string, string>;
  /** The exit code, 2 for wrong usage where it isn't given. */
  code?: number;
}

export const STATEMENT = '{"Effect":"Allow","Action":"s3:*","Resource":"*"}';
const POLICY = `{"Version":"2012-10-17","Statement":[${STATEMENT}]}`;
const ROLE = "arn:aws:iam::123456789012:role/reader";
/** The address is not repeated. */
const NO_USER = /Invalid endpoint URL: it must not hold a user name or password\n$/;
const JSON_KEYS = JSON.stringify({ AccessKeyId: "AKIAEXAMPLE", SecretAccessKey: SECRET });

/** `args says`, for rows that have no more. */
export function rows(command: string[], table: [args: string[], says: Case["says"]][]): Case[] {
  return table.map(([args, says]) => ({ args: [...command, ...args], says }));
}

const commands: Case[] = [
  ...rows([], [
    [["--colour"], "Unknown option '--colour'"],
    [["crate", "my-bucket"], "Unknown command 'crate' - did you mean create?"],
    [["createe"], "did you mean create?"],
    [["ls"], "Unknown command 'ls' - did you mean list-bucket or list-buckets?"],
    [["list-keys"], "did you mean list-credentials?"],
    [["list-objects", "my-bucket"], "did you mean list-bucket?"],
    [["rotate-key"], "did you mean rotate?"],
    [["frobnicate"], /Unknown command 'frobnicate'\n$/],
    [
      ["delete"],
      /Unknown command 'delete' - did you mean delete-key or delete-user or delete-/,
    ],
    [["get-policy"], "did you mean get-bucket-policy or get-cors-policy?"],
    [["create", "my-bucket", "--dry"], "Unknown option '--dry' - did you mean --dry-run?"],
    [["create", "my-bucket", "--boundary", "none"], "did you mean --user-permissions-boundary?"],
    [["create", "--wait", "my-bucket"], "--wait took the word after it as its value: put it last"],
    [["localserver", "--token", SECRET], "or write --token=VALUE"],
    [["frobnicate", "--help"], "Unknown command 'frobnicate'"],
    [["help", "create", "extra"], "Too many arguments: help takes one command"],
    [["help", "help", "create"], "Too many arguments: help takes one command"],
    [["help", "crate"], "Unknown command 'crate' - did you mean create?"],
    [
      ["-d", "15m", "create", "my-bucket"],
      "Option '-d' must come after the command: s3-credentials create -d ...",
    ],
    [
      [`--secret-key=${SECRET}`, "whoami"],
      /after the command: s3-credentials whoami --secret-key ...\n$/,
    ],
    [
      ["--secret-key", SECRET, "whoami"],
      "after the command: s3-credentials whoami --secret-key ...",
    ],
    [[`-d${SECRET}`, "create", "my-bucket"], /s3-credentials create -d ...\n$/],
    [[`-x${SECRET}`, "create", "my-bucket"], /Unknown option '-x'\n$/],
    [["--no-such", "whoami"], /Unknown option '--no-such'\n$/],
    [["--read-only"], /Unknown option '--read-only'\n$/],
    [
      ["whoami", `--session-tokn=${SECRET}`],
      /'--session-tokn' - did you mean --session-token\?\n$/,
    ],
    [["whoami", "--session-tokn", SECRET], "Unknown option '--session-tokn' - did you mean"],
    [["whoami", `--debug=${SECRET}`], /Option '--debug' takes no value\n$/],
    [["whoami", `--help=${SECRET}`], /Option '--help' takes no value\n$/],
    [["whoami", `-x${SECRET}`], /Unknown option '-x'\n$/],
    [["delete-objects", "my-bucket", "a", `-s${SECRET}`], /Unknown option '-w'\n$/],
    [["whoami", SECRET], /Too many arguments: expected none, got 1\n$/],
    [["whoami", "--", `--secret-key=${SECRET}`], /expected none, got 1\n$/],
    [["get-object", "my-bucket", "a", "b: c", `${SECRET}\n.`], /expected 2, got 4\n$/],
    [["create"], "Missing argument BUCKETS"],
    [["policy"], "Missing argument BUCKETS"],
    [["delete-user"], "Missing argument USERNAMES"],
    [["whoami", "me"], "Too many arguments"],
    [["whoami", "--json"], "Unknown option '--json': the output is JSON already"],
    [["list-users", "--json"], "Unknown option '--json': the output is JSON already"],
    [["create", "my-bucket", "--read-olny"], "did you mean --read-only?"],
    [["create", "my-bucket", "-x"], "Unknown option '-x'"],
    [["policy", "my-bucket", "--duration", "15m"], "Unknown option '--duration'"],
    [["whoami", "--bucket", "my-bucket"], "Unknown option '--bucket'"],
    [["delete-user", "somebody", "--force"], "Unknown option '--force'"],
    [["sandbox", "--prot", "80"], "did you mean --port?"],
    [
      ["create", "my-bucket", "--duration"],
      "Option '--duration' needs a value: --duration DURATION",
    ],
    [["create", "my-bucket", "-cd"], "Option '-d' needs a value: -d DURATION"],
    [["create", "my-bucket", "--read-only=yes"], "Option '--read-only' takes no value"],
    [
      ["create", "my-bucket", "--format", "yaml"],
      /expected one of json, ini, env.*, not "yaml"\n$/,
    ],
    [["create", "my-bucket", "-f", "JSON"], "json, ini, env"],
    [["create", "my-bucket", "--format", ""], "json, ini, env"],
  ]),
];

const durations = [
  ["15", "between 15 minutes and 12 hours"],
  ["899s", "between 15 minutes and 12 hours"],
  ["14m", "between 15 minutes and 12 hours"],
  ["0", "between 15 minutes and 12 hours"],
  ["43201", "between 15 minutes and 12 hours"],
  ["13h", "between 15 minutes and 12 hours"],
  ["99999999999999999999h", "between 15 minutes and 12 hours"],
  ["", "of form 3600s or 15m or 2h"],
  ["-15m", "of form 3600s or 15m or 2h"],
  ["15 m", "of form 3600s or 15m or 2h"],
  ["15M", "of form 3600s or 15m or 2h"],
  ["1.5h", "of form 3600s or 15m or 2h"],
  ["1h30", 'of form 3600s or 15m or 2h, not "1h30"'],
  ["30m1h", 'of form 3600s or 15m or 2h, not "30m1h"'],
  ["1h 30m", 'of form 3600s or 15m or 2h, not "1h 30m"'],
  ["1d", "between 15 minutes and 12 hours, not 1d"],
  ["12h1s", "between 15 minutes and 12 hours, not 12h1s"],
  ["0x1000", "of form 3600s or 15m or 2h"],
  ["forever", "of form 3600s or 15m or 2h"],
].map(([duration, says]): Case => ({
  args: ["create", "my-bucket", "--duration", duration!],
  says: `Invalid value for --duration: Duration must be ${says}`,
}));

export const ANYWHERE: [name: string, says: string][] = [
  ["", "at least 3 characters"],
  ["ab", "at least 3 characters"],
  ["a".repeat(256), "at most 255 characters"],
  ["my-bucket*", "letters, digits, dots, hyphens and underscores only"],
  ["*", "letters, digits, dots, hyphens and underscores only"],
  ["my-bucke?", "letters, digits, dots, hyphens and underscores only"],
  ["${aws:username}", "letters, digits, dots, hyphens and underscores only"],
  ["my-bucket$", "letters, digits, dots, hyphens and underscores only"],
  ["my-bucket/folder", "letters, digits, dots, hyphens and underscores only"],
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

const bucketNames: Case[] = [
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

const accessPoints: Case[] = [
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

const prefixes = [
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

const names: Case[] = rows(["create", "my-bucket"], [
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

const presets: Case[] = ["create", "policy", "localserver"].flatMap((command) =>
  rows([command, "my-bucket"], [
    [
      ["--for", "restik"],
      'Invalid value for --for: Unknown preset "restik" - did you mean restic?',
    ],
    [["--for", "restic:all"], "did you mean restic or restic:restore?"],
    [["--for", ""], 'Unknown preset "": s3-credentials presets --table lists them'],
    [["--for", "restic", "--read-only"], "--for cannot be used with --read-only"],
    [["--for", "restic", "--no-delete"], "--for cannot be used with --read-only"],
  ])
).concat(
  rows(["create", "my-bucket"], [
    [["--for", "restic", "--policy", POLICY], "--policy cannot be used with --read-only"],
  ]),
  rows(["policy"], [
    [["--grant", "my-bucket:read", "--for", "restic"], "--grant cannot be used with --read-only"],
    [["my-bucket", "--public-bucket", "--for", "loki"], "--public-bucket cannot be used with"],
  ]),
  rows(["presets"], [
    [["restik"], 'Unknown preset "restik" - did you mean restic?'],
    [["restic", "loki"], "Too many arguments"],
    [["--config", "my-bucket"], "--config needs a preset"],
    [["restic", "--config", "*"], 'Invalid bucket name "*"'],
    [["restic", "--config", "my-bucket", "--json"], "--config cannot be used with --json"],
    [["restic", "--prefix", "a/"], "--prefix needs --config"],
    [
      ["restic", "--config", "my-bucket", "--prefix", "a b/"],
      "letters, digits and _.=+@%:,/- only",
    ],
    [["restic", "--config", "my-bucket", "--prefix", "*/"], "Prefix must not contain *"],
    [["--csv", "--table"], "Use only one of --json, --nl, --csv, --tsv and --table"],
  ]),
);

const grants: Case[] = ["create", "policy", "localserver"].flatMap((command) =>
  rows([command], [
    [["--grant", "my-bucket"], "Invalid value for --grant: expected BUCKET:VERBS"],
    [["--grant", "my-bucket:list+red"], 'Invalid value for --grant: Unknown verb "red"'],
    [["--grant", "*:read"], 'Invalid value for --grant: Invalid bucket name "*"'],
    [["--grant", "my-bucket/a*b:read"], "Invalid value for --grant: Key must not contain *"],
    [["--grant", "my-bucket/${x}/:read"], "Invalid value for --grant: Prefix must not contain ${"],
    [["--grant", "my-bucket/a:list"], "nothing that can be done with one key"],
    [["--grant", "my-bucket:read", "--read-only"], "--grant cannot be used with --read-only"],
    [["--grant", "my-bucket:read", "--no-delete"], "--grant cannot be used with --read-only"],
    [["--grant", "my-bucket:read", "--prefix", "a/"], "--grant cannot be used with --read-only"],
  ])
).concat(
  rows(["create"], [
    [["--grant", "my-bucket:read", "--policy", POLICY], "--policy cannot be used with --read-only"],
    [["--grant", "My_Bucket:read", "-c"], "no capital letters"],
  ]),
  rows(["policy"], [
    [["--grant", "my-bucket:read", "--public-bucket"], "--public-bucket cannot be used with"],
  ]),
);

const combinations: Case[] = rows(["create", "my-bucket"], [
  [["--read-only", "--write-only"], "--read-only and --write-only at the same time"],
  [["--policy", POLICY, "--read-only"], "--policy cannot be used with --read-only"],
  [["--policy", POLICY, "--write-only"], "--policy cannot be used with --read-only, --write-only"],
  [["--policy", POLICY, "--prefix", "a/"], "--policy cannot be used with --read-only"],
  [["--policy", POLICY, "--no-delete"], "--policy cannot be used with --read-only"],
  [["--no-delete", "--read-only"], "--no-delete cannot be used with --read-only or --write-only"],
  [["--no-delete", "--write-only"], "--no-delete cannot be used with --read-only or --write-only"],
  [["--grant", "other-bucket:read"], "--grant takes the place of the arguments"],
  [["--policy", "-", "--auth", "-"], "cannot both read standard input"],
  [["--role-arn", ROLE], "--role-arn needs --duration"],
  [["--duration", "15m", "--username", "me"], "--username cannot be used with --duration"],
  [
    ["--duration", "15m", "--user-permissions-boundary", "none"],
    "--user-permissions-boundary cannot be used with --duration",
  ],
  [["--bucket-region", "eu-west-1"], "--bucket-region needs --create-bucket"],
  [["--profile-name", "work"], "--profile-name needs --format ini"],
  [["--profile-name", "work", "--format", "env"], "--profile-name needs --format ini"],
]).concat(
  rows(["policy"], [
    [["my-bucket", "--read-only", "--write-only"], "--read-only and --write-only at the same time"],
    [["first-bucket", "second-bucket", "--public-bucket"], "a single bucket"],
    [["my-bucket", "--public-bucket", "--read-only"], "--public-bucket cannot be used with"],
    [["my-bucket", "--public-bucket", "--prefix", "a/"], "--public-bucket cannot be used with"],
    [
      ["my-bucket", "--public-bucket", "--statement", STATEMENT],
      "--public-bucket cannot be used with",
    ],
  ]),
);

const BAD_STATEMENTS: [text: string, says: string][] = [
  ["nonsense", "Invalid JSON string: line 1, column 1: expected a value, not n"],
  ["", "Invalid JSON string: line 1, column 1: expected a value, not the end"],
  ["[]", "JSON must be an object"],
  ['"Allow"', "JSON must be an object"],
  ["null", "JSON must be an object"],
  ["{}", "Statement JSON missing required keys: Action, Effect, Resource"],
  ['{"Effect":"Allow"}', "Statement JSON missing required keys: Action, Resource"],
  [STATEMENT.replace("Allow", "Maybe"), "Effect must be Allow or Deny"],
  [STATEMENT.replace('"Allow"', "true"), "Effect must be Allow or Deny"],
  [
    STATEMENT.replace("{", '{"Effect":"Deny",'),
    'Invalid JSON string: line 1, column 18: the name "Effect" stands twice in one object',
  ],
];

const statements = BAD_STATEMENTS.flatMap(([text, says]): Case[] =>
  ["create", "policy"].map((command) => ({
    args: [command, "my-bucket", "--statement", STATEMENT, "--statement", text],
    says: `Invalid value for --statement: ${says}`,
  }))
);

const BAD_POLICIES: [text: string, says: string][] = [
  ['{"Version":"2012-10-17"}', "Policy must have a Statement"],
  ['{"Statement":[]}', "Policy must have a Statement"],
  ['{"Statement":"all"}', "Policy must have a Statement"],
  ['{"Statement":[1]}', "Policy must have a Statement"],
  [POLICY.replace("Allow", "allow"), "Effect must be Allow or Deny"],
  [
    POLICY.replace("}]", ',"Condition":{"IpAddress":{}},"Condition":{"Bool":{}}}]'),
    'the name "Condition" stands twice in one object',
  ],
  [POLICY.replace("}]", ',"Condition":{"NumericEquals":{"a":9007199254740993}}}]'), "kept exactly"],
  [
    POLICY.replace("}]", `,"Condition":${"[".repeat(98)}${"]".repeat(98)}}]`),
    "more than 100 objects and arrays inside each other",
  ],
];

const policies: Case[] = [
  ...BAD_POLICIES.flatMap(([text, says]) => [
    { args: ["create", "my-bucket", "--policy", text], says },
    { args: ["create", "my-bucket", "--policy", "p.json"], says, files: { "p.json": text } },
    { args: ["create", "my-bucket", "--policy", "-"], says, stdin: text },
  ]),
  {
    args: ["create", "my-bucket", "--policy", "{nonsense"],
    says: "Invalid JSON string: line 1, column 2: ",
  },
  {
    args: ["create", "my-bucket", "--policy", "p.json"],
    says: "File contained invalid JSON: line 1, column 2: ",
    files: { "p.json": "{nonsense" },
  },
  {
    args: ["create", "my-bucket", "--policy", "-"],
    says: "Input contained invalid JSON",
    stdin: "nonsense",
  },
  { args: ["create", "my-bucket", "--policy", "-"], says: "Input contained invalid JSON" },
  {
    args: ["create", "my-bucket", "--policy", "p.json"],
    says: "Policy must be a JSON object",
    files: { "p.json": "[]" },
  },
  {
    args: ["create", "my-bucket", "--policy", "no-such-file.json"],
    says: "File not found: no-such-file.json",
  },
  {
    args: ["create", "my-bucket", "--policy", FOLDER],
    says: /Not a file but a directory|File may not be read/,
  },
  { args: ["create", "my-bucket", "--policy", ""], says: "Invalid value for --policy" },
];

const BAD_AUTH_FILES: [text: string, says: string][] = [
  ["", "File is empty"],
  [" \n ", "File is empty"],
  [`{"SecretAccessKey": "${SECRET}"`, "File contained invalid JSON"],
  [`{"SecretAccessKey": "${SECRET}"}`, "No complete credentials found"],
  [`{"AccessKeyId": "", "SecretAccessKey": "${SECRET}"}`, "No complete credentials found"],
  [`{"AccessKeyId": ["${SECRET}"], "SecretAccessKey": 1}`, "No complete credentials found"],
  [`[default]\naws_secret_access_key=${SECRET}\n`, "No credentials found"],
  [`[default]\naws_access_key_id=AKIAEXAMPLE\nsecret=${SECRET}\n`, "No complete credentials found"],
  [`["${SECRET}"]`, "No credentials found"],
  [SECRET, "No credentials found"],
  [JSON_KEYS.replace("}", ',"SessionToken":1}'), "The session token is not a string"],
];

const AUTH_COMMANDS = [["create", "my-bucket"], ["whoami"], ["delete-user", "somebody"]];

const authentication: Case[] = [
  ...BAD_AUTH_FILES.flatMap(([text, says]): Case[] => [
    { args: ["whoami", "--auth", "auth.txt"], says, files: { "auth.txt": text } },
    { args: ["create", "my-bucket", "--auth", "-"], says, stdin: text },
  ]),
  ...AUTH_COMMANDS.flatMap((command) =>
    rows(command, [
      [["--auth", "no-such-file"], "File not found: no-such-file"],
      [["--auth", FOLDER], /Not a file but a directory|File may not be read/],
      [["--auth", "auth.txt", "--access-key", "AKIAEXAMPLE"], "--auth cannot be used with"],
      [["--auth", "auth.txt", "--secret-key", SECRET], "--auth cannot be used with"],
      [["--auth", "auth.txt", "--session-token", SECRET], "--auth cannot be used with"],
      [["--access-key", "AKIAEXAMPLE"], "--access-key and --secret-key go together"],
      [["--secret-key", SECRET], "--access-key and --secret-key go together"],
      [["--session-token", SECRET], "--access-key and --secret-key go together"],
      [["--access-key", "", "--secret-key", SECRET], "--access-key and --secret-key go together"],
      [["--profile", "work", "--auth", "auth.txt"], "--profile cannot be used with --auth"],
      [
        ["--profile", "work", "--access-key", "AKIAEXAMPLE", "--secret-key", SECRET],
        "--profile cannot be used with --auth or with --access-key",
      ],
    ])
  ).map((row) => ({ ...row, files: { "auth.txt": JSON_KEYS } })),
  {
    args: ["whoami"],
    says: "AWS_ENDPOINT_URL: Invalid endpoint URL",
    env: { AWS_ENDPOINT_URL: "localhost:9000" },
  },
  {
    args: ["create", "my-bucket"],
    says: "AWS_ENDPOINT_URL_S3: Invalid endpoint URL",
    env: { AWS_ENDPOINT_URL_S3: "not a url" },
  },
  {
    args: ["list-bucket", "my-bucket"],
    says: NO_USER,
    env: { AWS_ENDPOINT_URL: "http://me:word@localhost" },
  },
  {
    args: ["put-object", "my-bucket", "other-bucket/key", "deno.json"],
    says: "AWS_ENDPOINT_URL_S3: Invalid endpoint URL: it must not have a query or a fragment",
    env: { AWS_ENDPOINT_URL_S3: "http://localhost:9000#" },
  },
];

/** Buckets whose policies have no room, however they are joined. */
const TOO_MANY = Array.from({ length: 60 }, (_, n) => `a-bucket-with-quite-a-long-name-${n + 10}`);
const LONG_STATEMENT = STATEMENT.replace('"*"', `"arn:aws:s3:::${"x".repeat(2048)}"`);

/** What no account has room for, or AWS takes from nobody: well-formed, and refused all the same. */
const limits: Case[] = rows(["create"], [
  [TOO_MANY, /would take \d+ characters, AWS allows 2048\n.*The first \d+ of these 60 buckets fit/],
  [["--read-only", ...TOO_MANY], /AWS allows 2048\n.*The first \d+ of these 60 buckets fit/],
  [
    ["--duration", "15m", ...TOO_MANY],
    /session policy would take \d+ characters, AWS allows 2048\n.*The first \d+ of these 60/,
  ],
  [["--dry-run", ...TOO_MANY], "of these 60 buckets fit"],
  [["-c", "--silent", ...TOO_MANY], "of these 60 buckets fit"],
  [["my-bucket", "--statement", LONG_STATEMENT], "Not even one bucket fits: shorten the policy"],
  [
    ["my-bucket", "--duration", "15m", "--statement", LONG_STATEMENT],
    "Not even one bucket fits: shorten the policy",
  ],
  [["my-bucket", "--prefix", "日本/"], "no character beyond U+00FF"],
  [["my-bucket", "--prefix", "日本/", "--duration", "15m"], "no character beyond U+00FF"],
]).concat({
  args: ["whoami", "--profile", "no-such-profile"],
  says: "Profile does not exist: no-such-profile",
  env: { AWS_CONFIG_FILE: "no-such-file", AWS_SHARED_CREDENTIALS_FILE: "no-such-file" },
}).map((row) => ({ ...row, code: 1 }));

/** Each is to end before anything is sent. */
export const CASES: Record<string, Case[]> = {
  "commands and options": commands,
  durations,
  "bucket names": bucketNames,
  "access points": accessPoints,
  prefixes,
  grants,
  presets,
  names,
  combinations,
  statements,
  policies,
  authentication,
  limits,
};
