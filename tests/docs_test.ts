/**
 * Every shell example of the documentation that can run in a sandbox does run, as it stands there.
 */
import assert from "node:assert/strict";
import { createAccessKey, createUser } from "../lib/sandbox/seed.ts";
import { Content, type Sandbox, startSandbox } from "../lib/sandbox/mod.ts";
import { type Ran, run, sandboxEnv } from "./support/run.ts";
import { runSequences } from "./support/several_runs.ts";

const PAGES = ["README.md", ...[...Deno.readDirSync("docs")].map(({ name }) => `docs/${name}`)]
  .filter((path) => path.endsWith(".md"))
  .sort();

/** Examples that can't run here, each with the reason. */
const LEFT_OUT: [RegExp, string][] = [
  [/delete-bucket my-bucket (--force|--by-lifecycle)$/, "asks for the name on a terminal"],
  [/ prune --expired( --orphans)?$/, "asks on a terminal"],
  [/ sandbox( --port \d+)?$/, "serves until Ctrl-C; tests/cli/program_test.ts runs it"],
  [/ localserver /, "serves until Ctrl-C; tests/cli/localserver_test.ts runs it"],
  [/-- aws /, "needs the aws CLI; tests/peers runs it"],
  [/-- bash$/, "opens a shell"],
  [/\| jq /, "needs jq"],
  [/localhost:9000|role\/MyRole/, "needs another server; tests/peers runs these"],
  [/--auth session\.json/, "needs a session with MFA"],
  [/ (~\/|\/usr\/)|Out-String|\| source$|<\(/, "belongs to a shell or folder of the user's own"],
  [/ migrating|create b |policy b |'b\*'/, "shows a mistake"],
];

/** Pages whose commands follow upon those before, up to the next heading. */
const PAGES_OF_WALKS = ["README.md", "docs/keys.md", "docs/recipes.md"];

/** What of a page is run: its commands one by one, or all of a section in a row. */
function examplesOf(page: string): string[][] {
  const text = Deno.readTextFileSync(page);
  const isRun = (command: string) => !LEFT_OUT.some(([pattern]) => pattern.test(command));
  if (!PAGES_OF_WALKS.includes(page)) {
    return commandsOf(text).filter(isRun).map((command) => [command]);
  }
  return text.split(/^##+ /m).map((section) => commandsOf(section).filter(isRun))
    .filter((commands) => commands.length > 0);
}

/** The commands of a text: those of code blocks, and the indented ones of the help page. */
function commandsOf(text: string): string[] {
  const lines = text.split("\n");
  const found: string[] = [];
  for (let n = 0; n < lines.length; n++) {
    const first = /^(?:\$ | {4})?((?:echo .* \| )?s3-credentials .*)$/.exec(lines[n]!)?.[1];
    if (first === undefined) continue;
    let command = first;
    while (
      (command.endsWith("\\") || (command.match(/'/g) ?? []).length % 2 === 1) && n < lines.length
    ) {
      command += `\n${lines[++n]!}`;
    }
    found.push(command.replaceAll("/path/to/", "").replace(/ #.*$/, ""));
  }
  return found;
}

const POLICY = {
  Version: "2012-10-17",
  Statement: [{
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: "arn:aws:s3:::my-bucket/x",
  }],
};
const READ_ONLY = {
  Version: "2012-10-17",
  Statement: [{
    Effect: "Allow",
    Action: "s3:GetObject",
    Resource: "arn:aws:s3:::my-bucket/reports/*",
  }],
};
const TEMPLATE = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:*", Resource: "arn:aws:s3:::$!BUCKET_NAME!$" }],
};

const TOOL_ROLE = "s3-credentials.AmazonS3FullAccess";

/** An account in which the names of the examples stand for something. */
async function preparedSandbox(): Promise<Sandbox> {
  const sandbox = await startSandbox({
    buckets: ["my-bucket", "my-existing-bucket", "my-empty-bucket", "static.niche-museums.com"],
  });
  const { account } = sandbox;
  for (
    const name of [
      "username",
      "username1",
      "username2",
      "s3.read-write.simonw-test-bucket-10",
      "s3.read-write.my-bucket",
    ]
  ) {
    const user = createUser(account.id, name);
    const key = {
      ...createAccessKey(),
      ...(name === "username" && { accessKeyId: "AKIAIOSFODNN7EXAMPLE" }),
    };
    user.accessKeys.set(key.accessKeyId, key);
    user.inlinePolicies.set(name, JSON.stringify(TEMPLATE));
    account.users.set(name, user);
  }
  const bucket = account.buckets.get("my-bucket")!;
  bucket.policy = JSON.stringify(POLICY);
  bucket.cors = [{ AllowedMethods: ["GET"], AllowedOrigins: ["*"] }];
  bucket.publicAccessBlock = {
    BlockPublicAcls: false,
    IgnorePublicAcls: false,
    BlockPublicPolicy: false,
    RestrictPublicBuckets: false,
  };
  for (const key of ["hello.txt", "one.txt", "path/two.txt", "my-folder/a.js"]) {
    bucket.objects.set(key, {
      key,
      body: Content.of("hello"),
      etag: '"5d41402abc4b2a76b9719d911017c592"',
      lastModified: new Date(0),
      headers: {},
      tags: [],
    });
  }
  const role = {
    roleName: "MyRole",
    roleId: "AROAEXAMPLE",
    path: "/",
    arn: `arn:aws:iam::${account.id}:role/MyRole`,
    createDate: new Date(),
    description: undefined,
    assumeRolePolicyDocument: JSON.stringify({ Version: "2012-10-17", Statement: [] }),
    maxSessionDuration: 3600,
    permissionsBoundary: undefined,
    tags: [],
    inlinePolicies: new Map<string, string>(),
    attachedPolicies: new Set<string>(),
    lastUsed: undefined,
  };
  account.roles.set("MyRole", role);
  account.roles.set(TOOL_ROLE, {
    ...role,
    roleName: TOOL_ROLE,
    arn: `arn:aws:iam::${account.id}:role/${TOOL_ROLE}`,
    inlinePolicies: new Map([["s3-credentials.revoke-sessions", JSON.stringify(READ_ONLY)]]),
    maxSessionDuration: 43_200,
    assumeRolePolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{
        Effect: "Allow",
        Principal: { AWS: `arn:aws:iam::${account.id}:root` },
        Action: "sts:AssumeRole",
      }],
    }),
    attachedPolicies: new Set(["arn:aws:iam::aws:policy/AmazonS3FullAccess"]),
  });
  return sandbox;
}

/** The files that the examples name. */
function preparedFiles({ credentials }: Sandbox): Record<string, string> {
  const { accessKeyId, secretAccessKey } = credentials;
  return {
    "auth.json": JSON.stringify({ AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey }),
    "policy.json": JSON.stringify(POLICY),
    "bucket-policy.json": JSON.stringify(POLICY),
    "my-policy.json": JSON.stringify(READ_ONLY),
    "custom-policy.json": JSON.stringify(TEMPLATE),
    "file.txt": "file",
    "index.html": "<p>Hello",
    "one.txt": "one",
    "two.txt": "two",
    "my-directory/three.txt": "three",
    "my-folder/four.txt": "four",
  };
}

/** Stands for the AWS CLI: finds the profile that the command line names. */
const AWS_CLI = '#!/bin/sh\n[ "$1" = --profile ] && grep -q "profile $2\\]" "$AWS_CONFIG_FILE"\n';

/** A folder with these files, and the tool under its own name. */
async function preparedFolder(sandbox: Sandbox): Promise<string> {
  const folder = await Deno.makeTempDir();
  const files = {
    ...preparedFiles(sandbox),
    "bin/s3-credentials":
      `#!/bin/sh\nexec "${Deno.execPath()}" run -A "${Deno.cwd()}/cli.ts" "$@"\n`,
    "bin/aws": AWS_CLI,
  };
  for (const [path, text] of Object.entries(files)) {
    await Deno.mkdir(`${folder}/${path}/..`.replace(/[^/]+\/\.\.$/, ""), { recursive: true });
    await Deno.writeTextFile(`${folder}/${path}`, text, { mode: 0o755 });
  }
  return folder;
}

/** The environment of an example that runs in such a folder. */
const environmentIn = (folder: string, sandbox: Sandbox) => ({
  ...sandboxEnv(sandbox),
  AWS_SHARED_CREDENTIALS_FILE: `${folder}/aws/credentials`,
  AWS_CONFIG_FILE: `${folder}/aws/config`,
  PATH: `${folder}/bin:${Deno.env.get("PATH")}`,
});

/** The words of each command of an example; undefined if it needs a shell. */
function plainCommands(example: string[]): string[][] | undefined {
  const commands = example.map((command) =>
    command.replaceAll("\\\n", "").match(/('[^']*'|[^\s'])+/g)!
  );
  const isForShell = (word: string) => /["$|<>&;`*?~\\]/.test(word.replaceAll(/'[^']*'/g, ""));
  if (commands.flat().some(isForShell)) return undefined;
  return commands.map((words) => words.slice(1).map((word) => word.replaceAll("'", "")));
}

/** What reads or writes in the current directory, or starts a program. */
const NEEDS_A_FOLDER = /^(get-objects?|put-objects?|sandbox|exec|-o|--output|--save-profile)$/;

function needsFolder(commands: string[][]): boolean {
  if (commands.length > 1) return true;
  const [words = []] = commands;
  return !words.includes("-") && words.some((word) => NEEDS_A_FOLDER.test(word));
}

/** Runs an example as a shell does; what of it needs none, before the rest and in one process. */
async function runInShell(example: string[], sandbox: Sandbox): Promise<Ran> {
  const folder = await preparedFolder(sandbox);
  const place = { cwd: folder, env: environmentIn(folder, sandbox) };
  try {
    const first = example.findIndex((command) => plainCommands([command]) === undefined);
    const commands = plainCommands(example.slice(0, first))!;
    const [before] = first > 0 ? await runSequences([{ ...place, commands }]) : [];
    if (before !== undefined && before.code !== 0) return before;
    const { code, stdout, stderr } = await new Deno.Command("sh", {
      args: ["-c", ["set -e", ...example.slice(first)].join("\n")],
      ...place,
      stdin: "null",
    }).output();
    const [data = "", said = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    return { code, stdout: data, stderr: said };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs examples in one process, each in its own folder. */
async function runInFolders(examples: string[][][]): Promise<Ran[]> {
  const places = await Promise.all(examples.map(async (commands) => {
    const sandbox = await preparedSandbox();
    return { commands, sandbox, folder: await preparedFolder(sandbox) };
  }));
  const ended = await runSequences(places.map(({ commands, sandbox, folder }) => {
    return { commands, cwd: folder, env: environmentIn(folder, sandbox) };
  }));
  await Promise.all(places.map(async ({ sandbox, folder }) => {
    await sandbox.close();
    await Deno.remove(folder, { recursive: true });
  }));
  return ended;
}

/** The examples that need a folder, but no shell, and how they ended once one of them is looked at. */
const inFolders: string[][][] = [];
let endedInFolders: Promise<Ran[]> | undefined;

/** How to run an example: in the cheapest way that shows whether it works. */
function runnerOf(example: string[]): () => Promise<Ran> {
  const commands = plainCommands(example);
  if (commands !== undefined && needsFolder(commands)) {
    const place = inFolders.push(commands) - 1;
    return async () => (await (endedInFolders ??= runInFolders(inFolders)))[place]!;
  }
  return async () => {
    await using sandbox = await preparedSandbox();
    if (commands === undefined) return await runInShell(example, sandbox);
    return await run(commands[0]!, { sandbox, files: preparedFiles(sandbox) });
  };
}

const seen = new Set<string>();

for (const page of PAGES) {
  for (const example of examplesOf(page)) {
    const text = example.join("\n");
    if (seen.has(text)) continue;
    seen.add(text);
    const runExample = runnerOf(example);
    Deno.test({
      name: `${page}: ${text.split("\n")[0]}`,
      // The examples are written for a POSIX shell.
      ignore: Deno.build.os === "windows",
      async fn() {
        const { code, stderr } = await runExample();
        assert.equal(code, 0, stderr);
      },
    });
  }
}

Deno.test("the documentation has examples, and most of them run", () => {
  assert.ok(seen.size > 50, String(seen.size));
});
