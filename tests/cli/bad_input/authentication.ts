/** Credentials and endpoints that make no sense. */
import { type Case, FOLDER, JSON_KEYS, NO_USER, rows, SECRET } from "./case.ts";

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

export const authentication: Case[] = [
  ...BAD_AUTH_FILES.flatMap(([text, says]): Case[] => [
    { args: ["whoami", "--auth", "auth.txt"], says, files: { "auth.txt": text } },
    { args: ["create", "my-bucket", "--auth", "-"], says, stdin: text },
  ]),
  ...AUTH_COMMANDS.flatMap((command) =>
    rows(command, [
      [["--auth", "no-such-file"], "File not found: no-such-file"],
      [["--auth", FOLDER], /Not a file but a directory|File may not be read/],
      // Windows finds no such file.
      [
        ["--auth", "LICENSE/x"],
        /File (could not be read: LICENSE\/x: a part of the path is not a directory|not found.*)\n/,
      ],
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
