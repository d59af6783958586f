/**
 * Where new credentials go: files, profiles and formats; and what is left if they can't.
 */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { run, type RunOptions } from "../../support/run.ts";

const USER = "s3.read-write.my-bucket";

interface Stage {
  sandbox: Sandbox;
  /** A path in a directory of the test's own. */
  path(name: string): string;
  run(args: readonly string[], options?: RunOptions): ReturnType<typeof run>;
}

function test(name: string, work: (stage: Stage) => Promise<void>): void {
  Deno.test(name, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    const directory = await Deno.makeTempDir();
    const path = (name: string) => `${directory}/${name}`;
    const env = { AWS_SHARED_CREDENTIALS_FILE: path("aws/credentials") };
    try {
      await work({
        sandbox,
        path,
        run: (args, options) => run(args, { sandbox, env: { ...env }, ...options }),
      });
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  });
}

async function assertPrivate(path: string): Promise<void> {
  const { mode, isFile } = await Deno.lstat(path);
  assert.ok(isFile);
  if (Deno.build.os !== "windows") assert.equal(mode! & 0o777, 0o600);
}

/** The only key of the user that is created. */
function onlyKey({ account }: Sandbox) {
  const keys = [...account.users.get(USER)!.accessKeys.values()];
  assert.equal(keys.length, 1);
  return keys[0]!;
}

test("create -o: writes a new private file, and nothing to standard output", async ({ sandbox, path, run }) => {
  const { code, stdout, stderr } = await run(["create", "my-bucket", "-o", path("key.json")]);
  assert.deepEqual([code, stdout], [0, ""]);
  assert.ok(stderr.endsWith(`\nWrote credentials to ${path("key.json")}\n`), stderr);
  await assertPrivate(path("key.json"));
  const written = JSON.parse(await Deno.readTextFile(path("key.json")));
  assert.equal(written.SecretAccessKey, onlyKey(sandbox).secretAccessKey);
  assert.deepEqual([...Deno.readDirSync(path(""))].map(({ name }) => name), ["key.json"]);
});

test("create -o: refuses a file that is there before it calls AWS; --force replaces it", async ({ sandbox, path, run }) => {
  await Deno.writeTextFile(path("key"), "old", { mode: 0o644 });
  const refused = await run(["create", "my-bucket", "-o", path("key")]);
  assert.deepEqual([refused.code, refused.stdout], [1, ""]);
  assert.equal(
    refused.stderr,
    `Error: ${path("key")} already exists\nChoose another file, or replace it with --force\n`,
  );
  assert.equal(await Deno.readTextFile(path("key")), "old");
  assert.deepEqual(sandbox.requests, []);
  const { code } = await run(["create", "my-bucket", "-o", path("key"), "--force", "-f", "env"]);
  assert.equal(code, 0);
  await assertPrivate(path("key"));
  assert.match(await Deno.readTextFile(path("key")), /^export AWS_ACCESS_KEY_ID=/);
});

for (
  const [what, make, message] of [
    ["a directory", (path: string) => Deno.mkdir(path), /it is a directory/],
    ["a directory that is missing", undefined, /its directory does not exist/],
    [
      "a link that leads nowhere",
      (path: string) => Deno.symlink("/nowhere/at/all", path),
      /its directory does not exist/,
    ],
  ] as const
) {
  test(`create -o: refuses ${what} before it calls AWS`, async ({ sandbox, path, run }) => {
    await make?.(path("key"));
    const target = make === undefined ? path("missing/key") : path("key");
    const { code, stderr } = await run(["create", "my-bucket", "-o", target, "--force"]);
    assert.equal(code, 1);
    assert.match(stderr, message);
    assert.deepEqual(sandbox.requests, []);
  });
}

test("create -o: refuses a path that only a directory can have, and -, before it calls AWS", async ({ sandbox, path, run }) => {
  for (
    const [target, status, message] of [
      [path("sub/"), 1, /it is a directory/],
      ["", 2, /Invalid value for --output: expected the name of a file/],
      ["-", 2, /Invalid value for --output: without it credentials go to standard output/],
    ] as const
  ) {
    const { code, stderr } = await run(["create", "my-bucket", "-o", target]);
    assert.equal(code, status);
    assert.match(stderr, message);
  }
  assert.deepEqual(sandbox.requests, []);
  assert.deepEqual([...Deno.readDirSync(path(""))], []);
});

test("create -o: a directory is said to be one, whether or not it may be replaced", async ({ sandbox, path, run }) => {
  await Deno.mkdir(path("key"));
  const expected = `Error: Could not write ${path("key")}: it is a directory: name a file in it\n`;
  for (const more of [[], ["--force"]]) {
    const { code, stderr } = await run(["create", "my-bucket", "-o", path("key"), ...more]);
    assert.deepEqual([code, stderr], [1, expected]);
  }
  assert.deepEqual(sandbox.requests, []);
});

test("create -o: says in the words of all files why a path cannot be written", async ({ sandbox, path, run }) => {
  await Deno.writeTextFile(path("file"), "");
  await Deno.symlink(path("loop"), path("loop"));
  for (
    const [target, reason] of [
      [path("file/key"), "a part of the path is not a directory"],
      [path("loop"), "too many symbolic links"],
    ] as const
  ) {
    const { code, stderr } = await run(["create", "my-bucket", "--force", "-o", target]);
    assert.deepEqual([code, stderr], [1, `Error: Could not write ${target}: ${reason}\n`]);
  }
  assert.deepEqual(sandbox.requests, []);
});

test("create --plan: ends in the error of a delivery, and writes nothing", async ({ sandbox, path, run }) => {
  await Deno.writeTextFile(path("key"), "old");
  await Deno.mkdir(path("aws"));
  await Deno.writeTextFile(path("aws/credentials"), EXISTING);
  const refused = [["-o", path("key")], ["--save-profile", "photos"]];
  for (const args of refused) {
    const { code, stdout, stderr } = await run(["create", "my-bucket", "--plan", ...args]);
    assert.deepEqual([code, stdout], [1, ""]);
    assert.match(stderr, /already exists/);
    const forced = await run(["create", "my-bucket", "--plan", "--force", ...args]);
    assert.equal(forced.code, 0);
  }
  assert.equal(await Deno.readTextFile(path("key")), "old");
  assert.equal(await Deno.readTextFile(path("aws/credentials")), EXISTING);
  assert.deepEqual([...Deno.readDirSync(path(""))].map(({ name }) => name).sort(), ["aws", "key"]);
  assert.equal(sandbox.account.users.has(USER), false);
});

test("create -o: what appears in its place meanwhile stays, and the key is deleted again", async ({ sandbox, path, run }) => {
  const { code, stderr } = await run(["create", "my-bucket", "-o", path("key")], {
    onStderr(text) {
      if (text.startsWith("Created access key")) Deno.writeTextFileSync(path("key"), "theirs");
    },
  });
  assert.equal(code, 1);
  assert.match(stderr, /Could not write the credentials: .*key already exists/);
  assert.equal(await Deno.readTextFile(path("key")), "theirs");
  assert.equal(sandbox.account.users.has(USER), false);
  assert.deepEqual([...Deno.readDirSync(path(""))].map(({ name }) => name), ["key"]);
});

test("create --save-profile: a new file, which the tool itself then reads", async ({ sandbox, path, run }) => {
  const { code, stdout, stderr } = await run(["create", "my-bucket", "--save-profile", "photos"]);
  assert.deepEqual([code, stdout], [0, ""]);
  assert.ok(stderr.endsWith(`\nSaved profile photos in ${path("aws/credentials")}\n`), stderr);
  await assertPrivate(path("aws/credentials"));
  const env = {
    AWS_SHARED_CREDENTIALS_FILE: path("aws/credentials"),
    ...Object.fromEntries(
      ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL", "AWS_REGION"]
        .map((name) => [name, ""]),
    ),
  };
  const who = await run(["whoami", "--profile", "photos"], { env });
  assert.equal(who.code, 0, who.stderr);
  assert.equal(JSON.parse(who.stdout).Arn, sandbox.account.users.get(USER)!.arn);
});

const EXISTING = "# mine\r\n[photos]\r\nregion = eu-west-1\r\naws_access_key_id = old\r\n" +
  "aws_session_token = old\r\n\r\n[work]\r\naws_access_key_id = AKIAWORK\r\n";

test("create --save-profile: a profile that is there is an error before any call; --force replaces its key only", async ({ sandbox, path, run }) => {
  await Deno.mkdir(path("aws"));
  await Deno.writeTextFile(path("aws/credentials"), EXISTING);
  const refused = await run(["create", "my-bucket", "--save-profile", "photos"]);
  assert.equal(refused.code, 1);
  assert.equal(
    refused.stderr,
    `Error: Profile photos already exists in ${path("aws/credentials")}\n` +
      "Choose another name, or replace its key with --force\n",
  );
  assert.deepEqual(sandbox.requests, []);
  assert.equal(await Deno.readTextFile(path("aws/credentials")), EXISTING);
  const { code } = await run(["create", "my-bucket", "--save-profile", "photos", "--force"]);
  assert.equal(code, 0);
  const { accessKeyId, secretAccessKey } = onlyKey(sandbox);
  assert.equal(
    await Deno.readTextFile(path("aws/credentials")),
    `# mine\r\n[photos]\r\naws_access_key_id = ${accessKeyId}\r\n` +
      `aws_secret_access_key = ${secretAccessKey}\r\nregion = us-east-1\r\n` +
      `endpoint_url = ${sandbox.url}\r\n\r\n[work]\r\naws_access_key_id = AKIAWORK\r\n`,
  );
  await assertPrivate(path("aws/credentials"));
});

for (
  const [what, file, text, message] of [
    ["a section twice", "credentials", "[a]\n[a]\n", /line 2: this section is there already/],
    ["a byte order mark", "credentials", "\ufeff[a]\n", /not UTF-8 without a byte order mark/],
    [
      "a role of that name",
      "config",
      "[profile photos]\nrole_arn = x\n",
      /Profile photos has role_arn/,
    ],
    [
      "services of that name",
      "config",
      "[profile photos]\nservices = x\n",
      /Profile photos has services: AWS's tools would not use the key, or not where/,
    ],
  ] as const
) {
  test(`create --save-profile: refuses ${what} before it calls AWS`, async ({ sandbox, path, run }) => {
    await Deno.mkdir(path("aws"));
    await Deno.writeTextFile(path(`aws/${file}`), text);
    const env = {
      AWS_SHARED_CREDENTIALS_FILE: path("aws/credentials"),
      AWS_CONFIG_FILE: path("aws/config"),
    };
    const { code, stderr } = await run(["create", "my-bucket", "--save-profile", "photos"], {
      env,
    });
    assert.equal(code, 1);
    assert.match(stderr, message);
    assert.deepEqual(sandbox.requests, []);
    assert.equal(await Deno.readTextFile(path(`aws/${file}`)), text);
  });
}

test("create --save-profile: says what to do where the credentials file is no file, such as the null device of a sandbox", async ({ sandbox, path, run }) => {
  const { code, stderr } = await run(["create", "my-bucket", "--save-profile", "photos"], {
    env: { AWS_SHARED_CREDENTIALS_FILE: path("") },
  });
  assert.equal(code, 1);
  assert.match(stderr, /^Error: Could not write \S+: not a regular file$/m);
  assert.match(stderr, /^AWS_SHARED_CREDENTIALS_FILE names it: set that to the file/m);
  assert.deepEqual(sandbox.requests, []);
});

test("create -o --save-profile: if the profile can't be saved, the file goes and the key is deleted", async ({ sandbox, path, run }) => {
  const { code, stderr } = await run(
    ["create", "my-bucket", "-o", path("key"), "--save-profile", "photos"],
    {
      onStderr(text) {
        if (!text.startsWith("Created access key")) return;
        Deno.writeTextFileSync(path("aws/credentials"), "[photos]\n");
      },
    },
  );
  assert.equal(code, 1);
  assert.match(stderr, /Could not write the credentials: Profile photos already exists/);
  assert.deepEqual([...Deno.readDirSync(path(""))].map(({ name }) => name), ["aws"]);
  assert.equal(await Deno.readTextFile(path("aws/credentials")), "[photos]\n");
  assert.equal(sandbox.account.users.has(USER), false);
});

test("create -o --save-profile --force: if the profile can't be saved, the file keeps its old key", async ({ sandbox, path, run }) => {
  await Deno.writeTextFile(path("key"), "the only copy of a key in use");
  const { code, stderr } = await run(
    ["create", "my-bucket", "-o", path("key"), "--save-profile", "photos", "--force"],
    {
      onStderr(text) {
        if (!text.startsWith("Created access key")) return;
        Deno.writeTextFileSync(path("aws/credentials"), "[a]\n[a]\n");
      },
    },
  );
  assert.equal(code, 1);
  assert.match(stderr, /Could not write the credentials: .*this section is there already/);
  assert.equal(await Deno.readTextFile(path("key")), "the only copy of a key in use");
  assert.deepEqual([...Deno.readDirSync(path(""))].map(({ name }) => name).sort(), ["aws", "key"]);
  assert.equal(sandbox.account.users.has(USER), false);
});

test("create --save-profile: of runs at the same time none loses the profile of another", async ({ path, run }) => {
  // Of runs that create the role at the same time, one does.
  await run(["create", "my-bucket", "-d", "15m"]);
  const names = Array.from({ length: 6 }, (_, index) => `profile-${index}`);
  const ran = await Promise.all(
    names.map((name) =>
      run(["create", "my-bucket", "-d", "15m", "--save-profile", name, "--silent"])
    ),
  );
  assert.deepEqual(ran.map(({ stderr }) => stderr), names.map(() => ""));
  const text = await Deno.readTextFile(path("aws/credentials"));
  for (const name of names) assert.match(text, new RegExp(`^\\[${name}\\]$`, "m"));
});

test("rotate --save-profile --force: puts the new key in the place of the old one", async ({ sandbox, path, run }) => {
  await run(["create", "my-bucket", "--save-profile", "photos"]);
  const old = onlyKey(sandbox).accessKeyId;
  const { code, stdout, stderr } = await run(
    ["rotate", USER, "--save-profile", "photos", "--force"],
  );
  assert.deepEqual([code, stdout], [0, ""], stderr);
  const keys = [...sandbox.account.users.get(USER)!.accessKeys.keys()];
  const [, saved] = /aws_access_key_id = (\w+)/.exec(
    await Deno.readTextFile(path("aws/credentials")),
  )!;
  assert.deepEqual(keys.filter((id) => id !== old), [saved]);
});

test("rotate: what is delivered says where the user's buckets are, not where the caller is", async ({ path, run }) => {
  const create = ["create", "eu-bucket", "-c", "--bucket-region", "eu-west-1"];
  await run([...create, "--username", "eu", "--save-profile", "photos"]);
  const rotated = await run(["rotate", "eu", "--save-profile", "photos", "--force"]);
  assert.equal(rotated.code, 0, rotated.stderr);
  assert.match(await Deno.readTextFile(path("aws/credentials")), /^region = eu-west-1$/m);
  await run(["rotate", "eu", "--rollback"]);
  const { stdout } = await run(["rotate", "eu", "-f", "duckdb"]);
  assert.match(stdout, /REGION 'eu-west-1',[^]*SCOPE 's3:\/\/eu-bucket'/);
});

test("create: buckets in several regions get a warning where one is written", async ({ run }) => {
  await run(["create", "eu-bucket", "-c", "--bucket-region", "eu-west-1"]);
  const create = ["create", "my-bucket", "eu-bucket", "-d", "15m"];
  const warning = "Warning: The buckets are in several regions, of which us-east-1 is written: " +
    "my-bucket in us-east-1, eu-bucket in eu-west-1\n";
  for (const where of [["-f", "rclone"], ["--save-profile", "both"]]) {
    const { code, stderr } = await run([...create, ...where]);
    assert.equal(code, 0, stderr);
    assert.ok(stderr.includes(warning), stderr);
  }
  for (const args of [create, ["create", "eu-bucket", "-d", "15m", "-f", "rclone"]]) {
    const { code, stderr } = await run(args);
    assert.equal(code, 0, stderr);
    assert.doesNotMatch(stderr, /several regions/);
  }
});

test("rotate --save-profile --force: where the buckets are unknown, the profile keeps its region", async ({ sandbox, path, run }) => {
  const create = ["create", "my-bucket", "--username", "untagged", "--no-own-tags"];
  await run([...create, "--save-profile", "photos"]);
  const saved = await Deno.readTextFile(path("aws/credentials"));
  await Deno.writeTextFile(path("aws/credentials"), saved.replace("us-east-1", "eu-west-1"));
  const { code, stderr } = await run(["rotate", "untagged", "--save-profile", "photos", "--force"]);
  assert.equal(code, 0);
  assert.match(stderr, /^Warning: Could not find where the buckets of user untagged are/m);
  assert.match(await Deno.readTextFile(path("aws/credentials")), /^region = eu-west-1$/m);
  assert.equal(sandbox.account.users.get("untagged")!.accessKeys.size, 2);
});

const WRONG: [args: string[], message: string][] = [
  [
    ["-f", "s3fs", "-d", "15m"],
    "Could not write the credentials for s3fs: a password file of s3fs has no place for the session " +
    "token of temporary credentials",
  ],
  [
    ["-f", "k8s-secret", "--profile-name", "My Secret"],
    "Could not write the credentials for k8s-secret: a secret of Kubernetes has a name of small " +
    "letters, digits, hyphens and dots",
  ],
  [["--force"], "--force needs --output or --save-profile"],
  [["--profile-name", "x"], "--profile-name needs --format ini, rclone, k8s-secret or duckdb"],
  [
    ["--save-profile", "x", "-f", "env"],
    "--format cannot be used with --save-profile alone, which writes AWS's own format",
  ],
  [
    ["--save-profile", "DEFAULT"],
    'Invalid value for --save-profile: Invalid profile name "DEFAULT": its settings count for all ' +
    "profiles",
  ],
];
for (const [args, message] of WRONG) {
  test(`create ${args.join(" ")}: wrong usage`, async ({ sandbox, run }) => {
    const { code, stderr } = await run(["create", "my-bucket", ...args]);
    assert.equal(code, 2);
    assert.ok(stderr.includes(`Error: ${message}`), stderr);
    assert.deepEqual(sandbox.requests, []);
  });
}
