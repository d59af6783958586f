/** Presets, grants, statements and policies of `create` that make no sense, alone or together. */
import { type Case, FOLDER, POLICY, ROLE, rows, STATEMENT } from "./case.ts";

export const presets: Case[] = ["create", "policy", "localserver"].flatMap((command) =>
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

export const grants: Case[] = ["create", "policy", "localserver"].flatMap((command) =>
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

export const combinations: Case[] = rows(["create", "my-bucket"], [
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

export const statements = BAD_STATEMENTS.flatMap(([text, says]): Case[] =>
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

export const policies: Case[] = [
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
