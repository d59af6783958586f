/** Command lines of `create` that make no sense, with what makes no sense of any command. */
import { type Case, rows, SECRET, STATEMENT } from "./case.ts";
import { accessPoints, bucketNames, names, prefixes } from "./names.ts";
import { authentication } from "./authentication.ts";
import { combinations, grants, policies, presets, statements } from "./permissions.ts";

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
export const CREATE_CASES: Record<string, Case[]> = {
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
