/** `sandbox`: what the command and the shell get of it, and what it keeps and tells. */
import assert from "node:assert/strict";
import { devNull } from "node:os";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { inSandbox, READ, withDirectory } from "../support/in_sandbox.ts";
import { type Ran, run, type RunOptions } from "../support/run.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** Runs a `sandbox` that serves, until the work with the lines that it prints is done. */
async function whileServing(
  args: string[],
  options: RunOptions,
  work: (lines: string[]) => Promise<void>,
): Promise<Ran> {
  const interruption = new AbortController();
  const { promise: printed, resolve } = Promise.withResolvers<string>();
  const served = run(["sandbox", ...args], {
    ...options,
    signal: interruption.signal,
    onStdout: resolve,
  });
  const text = await Promise.race([printed, served.then(({ stderr }) => assert.fail(stderr))]);
  await work(text.trimEnd().split("\n")).finally(() => interruption.abort());
  return await served;
}

Deno.test("sandbox -- COMMAND: reaches the sandbox whatever the user's own settings are", async () => {
  await withDirectory(async (directory) => {
    const config = `${directory}/config`;
    await Deno.writeTextFile(
      config,
      "[default]\nignore_configured_endpoint_urls = true\nregion = eu-west-1\n" +
        "[profile production]\nendpoint_url = http://127.0.0.1:1\n",
    );
    const env = {
      AWS_CONFIG_FILE: config,
      AWS_PROFILE: "production",
      AWS_ENDPOINT_URL_IAM: "http://127.0.0.1:1",
      AWS_ENDPOINT_URL_S3: "http://127.0.0.1:1",
      AWS_ENDPOINT_URL_STS: "http://127.0.0.1:1",
      AWS_SESSION_TOKEN: "real-token",
    };
    const { outer, inner } = await inSandbox(
      ["--bucket", "my-bucket"],
      [["whoami"], ["list-buckets", "--nl"], ["list-users", "--nl"]],
      { env },
    );
    assert.equal(outer.code, 0, outer.stderr);
    for (const { code, stderr } of inner) assert.equal(code, 0, stderr);
    assert.match(inner[0]!.stdout, /:user\/admin"/);
    assert.match(inner[1]!.stdout, /"my-bucket"/);
  });
});

Deno.test("sandbox: what it prints to paste reaches it whatever the shell's settings are", async () => {
  const { code } = await whileServing(["--bucket", "my-bucket"], {}, async (printed) => {
    const script = `${printed.join("\n")}\nenv`;
    const { success, stdout } = await new Deno.Command("sh", {
      args: ["-c", script],
      clearEnv: true,
      env: {
        PATH: Deno.env.get("PATH") ?? "",
        AWS_CONFIG_FILE: "/real/config",
        AWS_PROFILE: "production",
        AWS_ENDPOINT_URL_S3: "http://127.0.0.1:1",
        AWS_SESSION_TOKEN: "real-token",
        NO_PROXY: "x.org",
      },
    }).output();
    assert.ok(success);
    const lines = decode(stdout).split("\n").filter((line) => /^(AWS_|no_proxy)/i.test(line));
    const env = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s)));
    assert.deepEqual(Object.keys(env).sort(), [
      "AWS_ACCESS_KEY_ID",
      "AWS_CONFIG_FILE",
      "AWS_DEFAULT_REGION",
      "AWS_EC2_METADATA_DISABLED",
      "AWS_ENDPOINT_URL",
      "AWS_REGION",
      "AWS_SECRET_ACCESS_KEY",
      "AWS_SHARED_CREDENTIALS_FILE",
      "NO_PROXY",
      "no_proxy",
    ]);
    assert.equal(env.AWS_CONFIG_FILE, devNull);
    assert.equal(env.NO_PROXY, "127.0.0.1,x.org");
    const { code, stderr } = await run(["create", "my-bucket"], { env });
    assert.equal(code, 0, stderr);
  });
  assert.equal(code, 0);
});

Deno.test("sandbox --user: is a profile of the command, with that policy only", async () => {
  const { outer, inner } = await inSandbox(["--bucket", "my-bucket", "--user", `reader=${READ}`], [
    ["whoami", "--profile", "reader"],
    ["list-bucket", "my-bucket", "--profile", "reader"],
    ["put-object", "my-bucket", "k", "LICENSE", "--profile", "reader"],
    ["whoami"],
  ]);
  assert.deepEqual(outer, { code: 0, stdout: "", stderr: "" });
  assert.match(inner[0]!.stdout, /:user\/reader"/);
  assert.equal(inner[1]!.stdout, "[]\n");
  assert.match(inner[2]!.stderr, /not authorized to perform: s3:PutObject/);
  assert.match(inner[3]!.stdout, /:user\/admin"/);
});

Deno.test("sandbox --user: a server prints its keys, in lines that a shell takes for comments", async () => {
  let secret = "";
  const options = { files: { "policy.json": READ } };
  const { code, stderr } = await whileServing(
    ["--user", "reader=policy.json"],
    options,
    async (lines) => {
      const at = lines.indexOf("# To be the user reader:");
      assert.ok(at > 0);
      const valueOf = (line = "") => /^(?:# )?export \w+=(.*)$/.exec(line)?.[1] ?? "";
      secret = valueOf(lines[at + 2]);
      const url = valueOf(lines.find((line) => line.includes("AWS_ENDPOINT_URL")));
      const { stdout } = await run(["whoami"], {
        env: {
          AWS_ENDPOINT_URL: url,
          AWS_ACCESS_KEY_ID: valueOf(lines[at + 1]),
          AWS_SECRET_ACCESS_KEY: secret,
        },
      });
      assert.match(stdout, /:user\/reader"/);
    },
  );
  assert.equal(code, 0);
  assert.ok(secret.length === 40 && !stderr.includes(secret));
});

Deno.test("sandbox --open-buckets: a new bucket takes a public policy", async () => {
  const commands = [["set-bucket-policy", "my-bucket", "--allow-all-get"]];
  const open = await inSandbox(["--open-buckets", "--bucket", "my-bucket"], commands);
  assert.equal(open.inner[0]!.code, 0, open.inner[0]!.stderr);
  const blocked = await inSandbox(["--bucket", "my-bucket"], commands);
  assert.equal(blocked.inner[0]!.code, 1);
});

const TWO = ["--account", "111122223333", "--account", "444455556666"];

Deno.test("sandbox --account: the first is the command's own, a further one a profile", async () => {
  const { outer, inner } = await inSandbox([...TWO, "--bucket", "my-bucket"], [
    ["whoami"],
    ["whoami", "--profile", "444455556666"],
    ["list-buckets", "--nl", "--profile", "444455556666"],
    ["list-bucket", "my-bucket", "--profile", "444455556666"],
    ["create", "my-bucket", "--create-bucket", "--profile", "444455556666"],
    ["create", "their-bucket", "--create-bucket", "--profile", "444455556666"],
    ["list-buckets", "--csv"],
  ]);
  assert.equal(outer.code, 0, outer.stderr);
  assert.match(inner[0]!.stdout, /"arn:aws:iam::111122223333:user\/admin"/);
  assert.match(inner[1]!.stdout, /"arn:aws:iam::444455556666:user\/admin"/);
  assert.equal(inner[2]!.stdout, "");
  assert.match(inner[3]!.stderr, /Access Denied/);
  assert.equal(inner[4]!.code, 1);
  assert.match(inner[4]!.stderr, /my-bucket/);
  assert.equal(inner[5]!.code, 0, inner[5]!.stderr);
  assert.match(inner[6]!.stdout, /my-bucket/);
  assert.doesNotMatch(inner[6]!.stdout, /their-bucket/);
});

Deno.test("sandbox --account: one alone needs no profile", async () => {
  const permitted: string[][] = [];
  const { outer, inner } = await inSandbox(["--account", "444455556666"], [["whoami"]], {
    onPermit: (kinds) => permitted.push([...kinds]),
  });
  assert.equal(outer.code, 0, outer.stderr);
  assert.match(inner[0]!.stdout, /"arn:aws:iam::444455556666:user\/admin"/);
  assert.ok(!permitted.flat().includes("write"));
});

Deno.test("sandbox --account: a server prints the keys of further accounts", async () => {
  const { code } = await whileServing(TWO, {}, async (lines) => {
    const valueOf = (line = "") => /^(?:# )?export \w+=(.*)$/.exec(line)?.[1] ?? "";
    const at = lines.indexOf("# To be the administrator of account 444455556666:");
    assert.equal(lines.filter((line) => line.startsWith("# To be ")).length, 1);
    const { stdout } = await run(["whoami"], {
      env: {
        AWS_ENDPOINT_URL: valueOf(lines.find((line) => line.includes("AWS_ENDPOINT_URL"))),
        AWS_ACCESS_KEY_ID: valueOf(lines[at + 1]),
        AWS_SECRET_ACCESS_KEY: valueOf(lines[at + 2]),
      },
    });
    assert.match(stdout, /"arn:aws:iam::444455556666:user\/admin"/);
  });
  assert.equal(code, 0);
});

Deno.test("sandbox --state: keeps all accounts, and takes further ones", async () => {
  await withDirectory(async (directory) => {
    const state = ["--state", `${directory}/state.json`];
    await inSandbox([...state, ...TWO], [
      ["create", "theirs", "--create-bucket", "--profile", "444455556666"],
    ]);
    const { inner } = await inSandbox([...state, "--account", "777788889999"], [
      ["whoami"],
      ["list-buckets", "--csv", "--profile", "444455556666"],
      ["whoami", "--profile", "777788889999"],
    ]);
    assert.match(inner[0]!.stdout, /::111122223333:user/);
    assert.match(inner[1]!.stdout, /^theirs,/m);
    assert.match(inner[2]!.stdout, /::777788889999:user/);
    const taken = await inSandbox([...state, "--bucket", "theirs"], [["whoami"]]);
    assert.equal(taken.outer.code, 1);
    assert.match(taken.outer.stderr, /^Error: Bucket theirs belongs to account 444455556666$/m);
  });
});

Deno.test("sandbox --state: a later sandbox continues, with the same keys", async () => {
  await withDirectory(async (directory) => {
    const state = `${directory}/state.json`;
    const first = await inSandbox(["--state", state], [
      ["create", "my-bucket", "-c"],
      ["put-object", "my-bucket", "k", "LICENSE"],
    ]);
    assert.equal(first.outer.code, 0, first.outer.stderr);
    if (Deno.build.os !== "windows") assert.equal((await Deno.stat(state)).mode! & 0o777, 0o600);
    assert.deepEqual([...Deno.readDirSync(directory)].map(({ name }) => name), ["state.json"]);
    const key = first.inner[0]!.stdout;
    await Deno.writeTextFile(`${directory}/key.json`, key);
    const second = await inSandbox(["--state", state, "--bucket", "my-bucket"], [
      ["get-object", "my-bucket", "k", "--auth", `${directory}/key.json`],
    ]);
    assert.equal(second.inner[0]!.stdout, await Deno.readTextFile("LICENSE"));
  });
});

Deno.test("sandbox --state: is saved when the command fails, too", async () => {
  await withDirectory(async (directory) => {
    const state = `${directory}/state.json`;
    const { outer } = await inSandbox(["--state", state], [["create", "b-1", "-c"], [
      "delete-user",
      "x",
    ]]);
    assert.equal(outer.code, 1);
    await using sandbox = await startSandbox({ state: await Deno.readTextFile(state) });
    assert.ok(sandbox.account.buckets.has("b-1"));
  });
});

Deno.test("sandbox --state: another file is refused and stays", async () => {
  await withDirectory(async (directory) => {
    const state = `${directory}/notes.txt`;
    await Deno.writeTextFile(state, "mine");
    const { outer } = await inSandbox(["--state", state], [["whoami"]]);
    assert.equal(outer.code, 2);
    assert.match(outer.stderr, /^Error: Not the state of a sandbox: .*notes\.txt$/m);
    assert.equal(await Deno.readTextFile(state), "mine");
  });
});

Deno.test("sandbox --state: a directory that does not exist is an error before the command runs", async () => {
  const { outer, inner } = await inSandbox(["--state", "/no/such/directory/state.json"], [
    ["whoami"],
  ]);
  assert.deepEqual([outer.code, inner], [1, []]);
  assert.match(
    outer.stderr,
    /^Error: Could not write \/no\/such\/directory\/state\.json: its directory does not exist\nCreate the directory \/no\/such\/directory first$/m,
  );
});

const WRONG: [args: string[], message: RegExp][] = [
  [["--user", "reader"], /Invalid user "reader": expected NAME=POLICY/],
  [["--user", "re ader={}"], /Invalid user name "re ader"/],
  [["--user", `Admin=${READ}`], /Invalid user name Admin: that is the administrator/],
  [
    ["--user", `joe=${READ}`, "--user", `Joe=${READ}`],
    /Invalid user name Joe: there is a user joe/,
  ],
  [["--user", "reader={}"], /Invalid value for --user: The policy has no Statement/],
  [["--user", "reader=missing.json"], /File not found: missing\.json/],
  [["--bucket", "A"], /Invalid bucket name/],
  [
    ["--account", "111122223333", "--account", "111122223333"],
    /--account is given twice for 111122223333/,
  ],
  [["--user", `joe=${READ}`, "--user", `joe=${READ}`], /--user is given twice for joe/],
  [
    ["--account", "111122223333", "--user", `111122223333=${READ}`],
    /Invalid user name 111122223333: it is the number of an account/,
  ],
];

for (const [args, message] of WRONG) {
  Deno.test(`sandbox ${args.join(" ")}: usage error`, async () => {
    const { outer, inner } = await inSandbox(args, [["whoami"]]);
    assert.equal(outer.code, 2, outer.stderr);
    assert.match(outer.stderr, message);
    assert.deepEqual(inner, []);
  });
}

async function deno(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

const SANDBOX = ["run", "-A", "cli.ts", "sandbox"];

/** What of the user's own settings must not reach a command, or not alone. */
const OWN_SETTINGS = {
  AWS_PROFILE: "production",
  AWS_SESSION_TOKEN: "real-token",
  AWS_SECRET_ACCESS_KEY: "real",
  HTTP_PROXY: "http://127.0.0.1:1",
  NO_PROXY: "x.org",
};

let told: Promise<{ code: number; env: Record<string, string> }> | undefined;

/** The environment of a command, and the exit code where it ends with 7. */
async function tellEnvironment() {
  const script = "console.log(JSON.stringify(Deno.env.toObject())); Deno.exit(7);";
  const { code, stdout } = await new Deno.Command(Deno.execPath(), {
    args: [...SANDBOX, "--", Deno.execPath(), "eval", script],
    env: OWN_SETTINGS,
  }).output();
  return { code, env: JSON.parse(decode(stdout)) };
}

Deno.test("sandbox -- COMMAND: runs it with endpoint and keys, and ends as it ends", async () => {
  const { code, env } = await (told ??= tellEnvironment());
  assert.equal(code, 7);
  assert.deepEqual(Object.keys(env).filter((name) => name.startsWith("AWS_")).sort(), [
    "AWS_ACCESS_KEY_ID",
    "AWS_CONFIG_FILE",
    "AWS_DEFAULT_REGION",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SHARED_CREDENTIALS_FILE",
  ]);
});

Deno.test("sandbox -- COMMAND: nothing of the real account is passed on", async () => {
  const { env } = await (told ??= tellEnvironment());
  assert.doesNotMatch(JSON.stringify(env), /production|real-token|"real"/);
});

Deno.test("sandbox -- COMMAND: no proxy stands between it and the sandbox", async () => {
  const { env } = await (told ??= tellEnvironment());
  assert.deepEqual([env.NO_PROXY, env.no_proxy], ["x.org,127.0.0.1", "x.org,127.0.0.1"]);
});

Deno.test("sandbox -- s3-credentials: the whole tool works inside", async () => {
  const inside = [Deno.execPath(), "run", "-A", "cli.ts", "create", "my-bucket", "--read-only"];
  const { code, stdout, stderr } = await deno(...SANDBOX, "--bucket", "my-bucket", "--", ...inside);
  assert.equal(code, 0, stderr);
  assert.match(JSON.parse(stdout).UserName, /^s3\.read-only\.my-bucket$/);
});

Deno.test("sandbox -- COMMAND that is no program, such as one of this tool: the error says what is", async () => {
  const { code, stderr } = await deno(...SANDBOX, "--", "list-bucket", "my-bucket");
  assert.equal(code, 127);
  assert.match(
    stderr,
    /^Error: Command not found: list-bucket\n.* begin with s3-credentials, which must be installed\n$/,
  );
});

Deno.test("sandbox: prints what to set, serves, and ends with Ctrl-C", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...SANDBOX, "--bucket", "my-bucket"],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!/SECRET_ACCESS_KEY=\S+\n/.test(text)) text += (await reader.read()).value;
  const env = Object.fromEntries(
    [...text.matchAll(/^export (\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]),
  );
  assert.deepEqual(Object.keys(env), [
    "AWS_ENDPOINT_URL",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "BOTO_CONFIG",
    "AWS_EC2_METADATA_DISABLED",
    "NO_PROXY",
    "no_proxy",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
  ]);
  const { code, stdout, stderr } = await run(["create", "my-bucket"], { env });
  child.kill("SIGINT");
  await reader.cancel();
  assert.equal(code, 0, stderr);
  assert.match(stdout, /AKIA/);
  assert.equal((await child.status).code, 0);
});
