/** Command lines about lists, bucket settings and localserver that make no sense. */
import { type Case, rows, SECRET, STATEMENT } from "./case.ts";
import { ANYWHERE, LIKE_OPTIONS } from "./names.ts";

/** Commands about one bucket, complete but for its name. */
const ONE_BUCKET: string[][] = [
  ["get-cors-policy"],
  ["set-cors-policy"],
  ["get-bucket-policy"],
  ["set-bucket-policy", "--allow-all-get"],
  ["get-public-access-block"],
  ["set-public-access-block", "--allow-public-access"],
  ["debug-bucket"],
  ["make-public"],
  ["make-private"],
  ["localserver", "--duration", "15m"],
];

const operands = ONE_BUCKET.flatMap(([command = "", ...options]): Case[] => [
  { args: [command, ...options], says: "Missing argument BUCKET" },
  { args: [command, "first-bucket", "second-bucket", ...options], says: "Too many arguments" },
  { args: [command, "my-bucket", ...options, "--bucket", "x"], says: "Unknown option '--bucket'" },
]).concat(
  rows(["list-users"], [
    [["somebody"], "Too many arguments"],
    [["--details"], "Unknown option '--details'"],
  ]),
  rows(["list-user-policies"], [
    [["--json", "--nl"], "Use only one of --json, --nl, --csv, --tsv and --table"],
    [["good", "some body"], "letters, digits and _+=,.@- only"],
    [["u".repeat(65)], "65 characters, IAM allows 64"],
    [[""], "letters, digits and _+=,.@- only"],
  ]),
  rows(["list-roles"], [
    [["--detials"], "did you mean --details?"],
    [["good", "a/b"], 'Invalid role name "a/b": IAM allows letters, digits and _+=,.@- only'],
    [[""], 'Invalid role name ""'],
  ]),
);

const names: Case[] = [["list-buckets", "good-bucket"], ...ONE_BUCKET].flatMap(
  ([command = "", ...more]) =>
    ANYWHERE.map(([name, says]): Case => ({ args: [command, ...more, name], says })).concat(
      LIKE_OPTIONS.map(([name, says]) => ({ args: [command, ...more, "--", name], says })),
    ),
);

const TWO_FORMATS = [["--nl", "--csv"], ["--csv", "--tsv"], ["--tsv", "--nl"], [
  "--nl",
  "--csv",
  "--tsv",
], ["--table", "--nl"]];

const formats: Case[] = ["list-users", "list-roles", "list-buckets"].flatMap((command) =>
  rows(
    [command],
    TWO_FORMATS.map((options) => [options, "Use only one of --nl, --csv, --tsv and --table"]),
  )
);

const deletion: Case[] = rows(["delete-bucket"], [
  [[], "Missing argument BUCKETS"],
  [["good-bucket", "*"], ANYWHERE.find(([name]) => name === "*")?.[1] ?? "Invalid bucket name"],
  [["my-bucket", "--force", "--by-lifecycle"], "Use only one of --force and --by-lifecycle"],
  [["my-bucket", "--undo"], "--undo needs --by-lifecycle"],
  [["my-bucket", "--yes"], "--yes needs --force or --by-lifecycle"],
  [["my-bucket", "--dry-run", "--by-lifecycle"], "--dry-run cannot be used with --by-lifecycle"],
]).concat(rows(["delete-objects", "my-bucket"], [
  [["a", "--by-lifecycle"], "--by-lifecycle needs --prefix"],
  [["--prefix", "a", "--undo"], "--undo needs --by-lifecycle"],
  [["--prefix", "a", "-d", "--by-lifecycle"], "--by-lifecycle cannot be used with --dry-run"],
]));

const cors: Case[] = rows(["set-cors-policy", "my-bucket"], [
  [["-m", "PATCH"], 'Invalid method "PATCH": S3 allows GET, PUT, POST, DELETE, HEAD'],
  [["-m", "GET", "-m", ""], 'Invalid method ""'],
  [["-m", "GET,PUT"], 'Invalid method "GET,PUT"'],
  [["-m", "*"], 'Invalid method "*"'],
  [["-o", "https://*.example.*"], "expected a URL with at most one *"],
  [["-o", ""], "expected a URL with at most one *"],
  [["-o", " "], "expected a URL with at most one *"],
  [["--max-age-seconds", "soon"], 'Expected a number of seconds, not "soon"'],
  [["--max-age-seconds", "-1"], "Expected a number of seconds"],
  [["--max-age-seconds", "1.5"], "Expected a number of seconds"],
  [["--max-age-seconds", "1e3"], "Expected a number of seconds"],
  [["--max-age-seconds", ""], "Expected a number of seconds"],
  [["--max-age-seconds", "9999999999"], "Expected a number of seconds"],
  [["--max-age-seconds"], "needs a value: --max-age-seconds SECONDS"],
]);

const BAD_POLICIES: [text: string, says: string][] = [
  ["", "contained invalid JSON"],
  ["{nonsense", "contained invalid JSON: line 1, column 2: "],
  [
    '{"Statement":[{"Condition":{"StringEquals":{"a":"b"},"StringEquals":{"c":"d"}}}]}',
    'contained invalid JSON: line 1, column 54: the name "StringEquals" stands twice in one object',
  ],
  ["[]", "A bucket policy is a JSON object with a Statement"],
  ["null", "A bucket policy is a JSON object with a Statement"],
  ['"Statement"', "A bucket policy is a JSON object with a Statement"],
  ['{"Version":"2012-10-17"}', "A bucket policy is a JSON object with a Statement"],
];

const bucketPolicies: Case[] = BAD_POLICIES.flatMap(([text, says]): Case[] => {
  const told = (where: string) => says.startsWith("contained") ? `${where} ${says}` : says;
  const args = ["set-bucket-policy", "my-bucket", "--policy-file"];
  return [
    { args: [...args, "p.json"], says: told("File"), files: { "p.json": text } },
    { args: [...args, "-"], says: told("Input"), stdin: text },
  ];
}).concat(
  rows(["set-bucket-policy", "my-bucket"], [
    [[], "Pass either --policy-file FILE or --allow-all-get"],
    [["--policy-file", "p", "--allow-all-get"], "both --allow-all-get and --policy-file"],
    [["--policy-file", "no-such-file"], "File not found: no-such-file"],
    [["--policy-file", "-", "--auth", "-"], "cannot both read standard input"],
    [["--policy-file"], "needs a value: --policy-file FILE"],
  ]),
);

const blocks: Case[] = rows(["set-public-access-block", "my-bucket"], [
  [[], "No valid options provided. Use --help to see available options."],
  [
    ["--allow-public-access", "--block-public-acls", "true"],
    "--allow-public-access cannot be used with the individual settings",
  ],
  [
    ["--allow-public-access", "--restrict-public-buckets", "false"],
    "--allow-public-access cannot be used with the individual settings",
  ],
  ...["", " true", "maybe", "2", "constructor", "__proto__", "truee", "none"].map(
    (text): [string[], string] => [
      ["--block-public-acls", text],
      `Invalid value for --block-public-acls: Expected true or false, not ${JSON.stringify(text)}`,
    ],
  ),
  [["--ignore-public-acls", "null"], "Invalid value for --ignore-public-acls"],
  [["--block-public-policy", "null"], "Invalid value for --block-public-policy"],
  [["--restrict-public-buckets", "null"], "Invalid value for --restrict-public-buckets"],
]);

const server: Case[] = [
  ...rows(["localserver", "my-bucket"], [
    [[], "--duration is required, such as --duration 1h"],
    [["--duration", "14m"], "Duration must be between 15 minutes and 12 hours"],
    [["--duration", "soon"], "Duration must be of form 3600s or 15m or 2h"],
  ]),
  ...rows(["localserver", "my-bucket", "--duration", "15m"], [
    [["--read-only", "--write-only"], "--read-only and --write-only at the same time"],
    [["--port", "http"], "expected 0 to 65535"],
    [["--port", "65536"], "expected 0 to 65535"],
    [["--host", "0.0.0.0"], "can be reached by other machines: add --token to keep them out"],
    [["--host", "::"], "can be reached by other machines: add --token to keep them out"],
    [["--host", "192.168.0.1"], "add --token"],
    [["--host", "example.com"], "add --token"],
    [["--host", "localhost.example.com"], "add --token"],
    [["--host", "http://localhost"], "Invalid host"],
    [["--host", "local host"], "Invalid host"],
    [["--host", ""], "Invalid host"],
    [["--token", "short"], "A token needs at least 8 characters, without spaces"],
    [["--token", "with a blank"], "A token needs at least 8 characters, without spaces"],
    [["--token", "with-ümlaut"], "A token needs at least 8 characters, without spaces"],
    [["--prefix", "a*b/"], "Prefix must not contain *"],
    [["--statement", "{}"], "Statement JSON missing required keys: Action, Effect, Resource"],
    [["--statement", STATEMENT, "--statement", "no"], "Invalid JSON string"],
    [["--role-arn", "reader"], "expected arn:aws:iam::ACCOUNT:role/NAME"],
  ]),
];

const authentication: Case[] = [
  ["list-users"],
  ["list-buckets"],
  ...ONE_BUCKET.map(
    ([command = "", ...options]) => [command, "my-bucket", ...options],
  ),
].flatMap((command) =>
  rows(command, [
    [["--secret-key", SECRET], "--access-key and --secret-key go together"],
    [["--auth", "auth.txt", "--session-token", SECRET], "--auth cannot be used with"],
    [["--auth", "no-such-file"], "File not found: no-such-file"],
  ])
);

/** Each is to end before anything is sent. */
export const ACCOUNT_CASES: Record<string, Case[]> = {
  "operands of account commands": operands,
  "names of existing buckets": names,
  "formats of lists": formats,
  "deletion": deletion,
  "CORS": cors,
  "bucket policies": bucketPolicies,
  "public access blocks": blocks,
  "localserver": server,
  "authentication of account commands": authentication,
};
