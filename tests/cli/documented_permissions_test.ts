/**
 * The documentation's table of Deno's permissions: what stands there is enough, and none of it too much.
 */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";
import { run, sandboxEnv } from "../support/run.ts";
import { runSequences } from "../support/several_runs.ts";

const PAGE = Deno.readTextFileSync("docs/configuration.md");

/** The permissions of each row of the table. */
const TABLE: [label: string, flags: string[]][] = [
  ...PAGE.matchAll(/^\| (.*?) +\| (?:none|`(--allow-.*)`) +\|$/gm),
].map(([, label, flags]) => [label!, flags?.split(" ") ?? []]);

/** A command of each row, with DIRECTORY for a directory of its own. */
const COMMANDS: Record<string, string[][]> = {
  "`policy`, `create --dry-run`, `--help`": [
    ["policy", "my-bucket"],
    ["create", "my-bucket", "--dry-run"],
    ["create", "--help"],
  ],
  "everything that talks to AWS": [
    // First what needs all of them: whoami can do without the SDK, and so without --allow-sys.
    ["create", "my-bucket", "--policy", "DIRECTORY/policy.json"],
    ["whoami", "--auth", "DIRECTORY/auth.json"],
    ["put-object", "my-bucket", "new.txt", "DIRECTORY/auth.json"],
    ["put-objects", "my-bucket", "DIRECTORY"],
  ],
  "`get-objects`, `get-object -o FILE`": [
    ["get-objects", "my-bucket", "-o", "DIRECTORY"],
    ["get-object", "my-bucket", "hello.txt", "-o", "DIRECTORY/hello.txt"],
  ],
  "`create` and `rotate` with `-o FILE` or `--save-profile NAME`": [
    ["create", "my-bucket", "-o", "DIRECTORY/new.json"],
    ["create", "my-bucket", "--save-profile", "new"],
    ["rotate", "holder", "-o", "DIRECTORY/second.json"],
  ],
  "a profile with `credential_process`": [["whoami", "--profile", "made"]],
  "`exec`": [["exec", "my-bucket", "--", "true"]],
  "`sandbox`": [["sandbox"]],
  "`sandbox -- COMMAND`": [
    ["sandbox", "--bucket", "b-1", "--", Deno.execPath(), "run", "-A", "cli.ts", "whoami"],
  ],
};

const POLICY = '{"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}}';

interface Place {
  sandbox: Sandbox;
  directory: string;
}

/** An account with an object, and a user whose key can be rotated. */
async function account(): Promise<string> {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  await run(["put-object", "my-bucket", "hello.txt", "-"], { sandbox, stdin: "hello" });
  await run(["create", "my-bucket", "--username", "holder"], { sandbox });
  return sandbox.save();
}

let state: Promise<string> | undefined;

async function place(): Promise<Place & AsyncDisposable> {
  const sandbox = await startSandbox({ state: await (state ??= account()) });
  const directory = await Deno.makeTempDir();
  const { accessKeyId, secretAccessKey } = sandbox.credentials;
  const keys = { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey };
  await Deno.writeTextFile(`${directory}/auth.json`, JSON.stringify(keys));
  await Deno.writeTextFile(`${directory}/policy.json`, POLICY);
  const credentials = JSON.stringify({ Version: 1, ...keys });
  await Deno.writeTextFile(`${directory}/credentials.json`, credentials);
  const profile = `[profile made]\ncredential_process = cat ${directory}/credentials.json\n`;
  await Deno.writeTextFile(`${directory}/config`, profile);
  const dispose = async () => {
    await sandbox.close();
    await Deno.remove(directory, { recursive: true });
  };
  return { sandbox, directory, [Symbol.asyncDispose]: dispose };
}

const inPlace = (words: readonly string[], { directory }: Place) =>
  words.map((word) => word.replace("DIRECTORY", directory));

const environmentIn = ({ sandbox, directory }: Place, isProfile = false) => ({
  ...(isProfile ? { AWS_ENDPOINT_URL: sandbox.url } : sandboxEnv(sandbox)),
  AWS_CONFIG_FILE: `${directory}/config`,
  AWS_SHARED_CREDENTIALS_FILE: `${directory}/none`,
});

/** The exit codes of commands that a process with certain permissions runs one after the other. */
async function codesOf(flags: string[], commands: string[][]): Promise<number[]> {
  await using here = await place();
  const [cwd, env] = [Deno.cwd(), environmentIn(here)];
  const ran = await runSequences(
    commands.map((command) => ({ cwd, env, commands: [inPlace(command, here)] })),
    { denoOptions: ["--no-prompt", ...inPlace(flags, here)] },
  );
  return ran.map(({ code }) => code);
}

/** The exit code of a command with certain permissions; a server is ended when it serves. */
async function codeOf(flags: string[], command: string[], here: Place): Promise<number> {
  const child = new Deno.Command(Deno.execPath(), {
    args: inPlace(["run", "--no-prompt", ...flags, "cli.ts", ...command], here),
    env: environmentIn(here, command.includes("--profile")),
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  if (command.at(-1) === "sandbox") {
    const isGood = await canBeUsed(child.stdout);
    try {
      child.kill("SIGINT");
    } catch {
      // It could not even start.
    }
    const { code } = await child.status;
    return isGood ? code : 1;
  }
  return (await child.output()).code;
}

/** Whether a sandbox that prints its variables decides on a call as it should. */
async function canBeUsed(printed: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<boolean> {
  const reader = printed.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("unset")) {
    const { done, value } = await reader.read();
    if (done) return false;
    text += value;
  }
  const env = Object.fromEntries(
    [...text.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]),
  );
  const { code } = await run(["create", "b-1", "-c"], { env });
  await reader.cancel();
  return code === 0;
}

Deno.test("Deno permissions: every row of the table of permissions is tried", () => {
  assert.deepEqual(TABLE.map(([label]) => label), Object.keys(COMMANDS));
});

for (const [label, flags] of TABLE) {
  const commands = COMMANDS[label] ?? [];
  // To run several in one process takes permissions, which these rows have.
  const isShared = commands.length > 1 && flags.length > 0;
  let codes: Promise<number[]> | undefined;
  for (const [n, command] of commands.entries()) {
    const name = command.slice(0, command.indexOf("--") + 1 || 2).join(" ");
    Deno.test({
      name: `Deno permissions: the permissions of ${label} are enough: ${name}`,
      ignore: Deno.build.os === "windows",
      async fn() {
        if (isShared) {
          assert.equal((await (codes ??= codesOf(flags, commands)))[n], 0);
        } else {
          await using here = await place();
          assert.equal(await codeOf(flags, command, here), 0);
        }
      },
    });
  }
  const aws = TABLE.find(([label]) => label === "everything that talks to AWS")![1];
  // Credentials of the environment take less than those of a profile, which the row is about.
  const isMoreThanAws = flags.length > aws.length;
  for (const flag of flags.filter((flag) => !isMoreThanAws || !aws.includes(flag))) {
    Deno.test({
      name: `Deno permissions: ${label} needs ${flag}`,
      ignore: Deno.build.os === "windows",
      async fn() {
        await using here = await place();
        const others = flags.filter((other) => other !== flag);
        assert.notEqual(await codeOf(others, commands[0]!, here), 0);
      },
    });
  }
}

for (
  const [set, command] of [
    ["aws", ["whoami"]],
    ["downloads", ["get-objects", "my-bucket", "-o", "DIRECTORY"]],
    ["exec", ["exec", "my-bucket", "--", "true"]],
  ] as const
) {
  Deno.test(`Deno permissions: -P=${set} is enough for ${command[0]}`, async () => {
    assert.match(PAGE, new RegExp(`-P=${set} `));
    await using here = await place();
    assert.equal(await codeOf([`-P=${set}`], [...command], here), 0);
  });
}

Deno.test({
  name: "Deno permissions: a file that may not be written is named as the user named it",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using here = await place();
    const output = `${here.directory}/new`;
    const flags = ["--allow-env", "--allow-read", "--allow-net", "--allow-sys"];
    for (const command of [["create", "my-bucket"], ["get-object", "my-bucket", "hello.txt"]]) {
      const { code, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-prompt", ...flags, "cli.ts", ...command, "-o", output],
        env: { ...sandboxEnv(here.sandbox), NO_COLOR: "1" },
      }).output();
      assert.equal(
        new TextDecoder().decode(stderr),
        `Error: Could not write ${output}: Deno was not allowed to\n` +
          `Run it with --allow-write=${here.directory}, or with deno run -A\n`,
      );
      assert.equal(code, 1);
    }
  },
});

Deno.test("Deno permissions: a sandbox that may not listen says so", async () => {
  const flags = ["--allow-env", "--allow-read", "--allow-run"];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...flags, "cli.ts", "sandbox"],
    env: { NO_COLOR: "1" },
  }).output();
  assert.match(
    new TextDecoder().decode(stderr),
    /^Error: Deno was not allowed .*: Requires net access to "127\.0\.0\.1:0", run with --allow-net\nRun it with .*\n$/,
  );
  assert.equal(code, 1);
});

Deno.test("Deno permissions: the sets allow what the page says of them, and no more", () => {
  const { permissions } = JSON.parse(Deno.readTextFileSync("deno.json"));
  const aws = { env: true, read: true, net: true, sys: true };
  assert.deepEqual(permissions.aws, aws);
  assert.deepEqual(permissions.downloads, { ...aws, write: true });
  assert.deepEqual(permissions.exec, { ...aws, run: true });
  assert.match(PAGE, /-P=aws cli\.ts` +\| read any file .* write and run nothing +\|$/m);
  assert.match(PAGE, /-P=downloads cli\.ts` +\| the same, and write any file/);
  assert.match(PAGE, /-P=exec cli\.ts` +\| what the first may, and run any program +\|$/m);
});
