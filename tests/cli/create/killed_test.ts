/**
 * `create`, as a process of its own, ended by a signal after each of its steps.
 */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { run, sandboxEnv } from "../../support/run.ts";

const USER = "s3.read-write.my-bucket";
const ARGS = ["create", "my-bucket", "-c"];

interface Moment {
  /** The call during which the signal comes. */
  operation: string;
  /** Whether the call is still carried out. */
  after?: boolean;
}

const MOMENTS: Moment[] = [
  { operation: "HeadBucket" },
  { operation: "CreateBucket" },
  { operation: "CreateBucket", after: true },
  { operation: "CreateUser" },
  { operation: "CreateUser", after: true },
  { operation: "PutUserPolicy" },
  { operation: "PutUserPolicy", after: true },
  { operation: "CreateAccessKey" },
  { operation: "CreateAccessKey", after: true },
];

/** Runs `create` and sends it a signal at some moment; gives the exit code and what it printed. */
async function signalled(
  sandbox: Sandbox,
  { operation, after = false }: Moment,
  signal: Deno.Signal,
) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "cli.ts", ...ARGS],
    env: sandboxEnv(sandbox),
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  sandbox.fail({
    operation,
    after,
    // A process that was killed waits for no answer; one that cleans up must get one, after a while
    // in which the signal reaches it.
    ...(signal === "SIGKILL" ? { cut: true } : { delayMs: 1_000 }),
    when: () => {
      child.kill(signal);
      return true;
    },
  });
  const { code, stdout, stderr } = await child.output();
  // What the sandbox was doing when the process ended, it does to the end.
  if (signal === "SIGKILL") await new Promise((resolve) => setTimeout(resolve, 300));
  sandbox.clearFaults();
  return {
    code,
    stdout: new TextDecoder().decode(stdout),
    stderr: new TextDecoder().decode(stderr),
  };
}

for (const moment of MOMENTS) {
  const when = `${moment.after ? "after" : "before"} ${moment.operation}`;

  Deno.test(`killed ${when}, then run again: one working key`, async () => {
    await using sandbox = await startSandbox();
    const killed = await signalled(sandbox, moment, "SIGKILL");
    assert.equal(killed.code, 137);
    assert.equal(killed.stdout, "");
    const keysBefore = sandbox.account.users.get(USER)?.accessKeys.size ?? 0;
    const hadUser = sandbox.account.users.has(USER);

    const { code, stdout, stderr } = await run(ARGS, { sandbox });
    assert.equal(code, 0, stderr);
    const user = sandbox.account.users.get(USER)!;
    assert.deepEqual([...user.inlinePolicies.keys()], [USER]);
    assert.equal(user.accessKeys.size, keysBefore + 1);
    assert.equal(/^User exists already: /m.test(stderr), hadUser);
    for (const id of [...user.accessKeys.keys()].slice(0, keysBefore)) {
      assert.ok(stderr.includes(`access key ${id} (created `), "the key that nobody has is named");
    }
    const who = await run(["whoami", "--auth", "key"], { sandbox, files: { key: stdout } });
    assert.equal(JSON.parse(who.stdout).Arn, user.arn);
  });

  for (const [signal, exitCode] of [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const) {
    Deno.test(`${signal} ${when}: undone, exit ${exitCode}`, async () => {
      await using sandbox = await startSandbox();
      const before = sandbox.snapshot();
      const { code, stdout, stderr } = await signalled(sandbox, moment, signal);
      assert.equal(code, exitCode, stderr);
      assert.equal(stdout, "");
      assert.match(stderr, /^Error: Interrupted$/m);
      assert.deepEqual(sandbox.snapshot(), before);
    });
  }
}

Deno.test("a closed terminal, of which the shell and the system both tell: undone, exit 129", async () => {
  await using sandbox = await startSandbox();
  const before = sandbox.snapshot();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "cli.ts", ...ARGS],
    env: sandboxEnv(sandbox),
    stdout: "null",
    stderr: "piped",
  }).spawn();
  // Nobody reads what it says.
  await child.stderr.cancel();
  const hangUp = () => {
    child.kill("SIGHUP");
    return true;
  };
  sandbox.fail({ operation: "CreateAccessKey", after: true, delayMs: 1_000, when: hangUp });
  sandbox.fail({ operation: "DeleteAccessKey", delayMs: 500, when: hangUp });
  const { code } = await child.status;
  assert.equal(code, 129);
  sandbox.clearFaults();
  assert.deepEqual(sandbox.snapshot(), before);
});

Deno.test("SIGINT ends a command that changes nothing at once", async () => {
  await using sandbox = await startSandbox();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "cli.ts", "whoami"],
    env: sandboxEnv(sandbox),
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  sandbox.fail({
    operation: "GetCallerIdentity",
    delayMs: 30_000,
    when: () => {
      child.kill("SIGINT");
      return true;
    },
  });
  const { code, stderr } = await child.output();
  assert.equal(code, 130);
  assert.equal(new TextDecoder().decode(stderr), "Error: Interrupted\n");
});

Deno.test("SIGINT ends the waiting for standard input at once", async () => {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "cli.ts", ...ARGS, "--policy", "-"],
    stdin: "piped",
    stderr: "piped",
  }).spawn();
  const timer = setInterval(() => child.kill("SIGINT"), 3_000);
  const { code, stderr } = await child.output();
  clearInterval(timer);
  assert.equal(code, 130);
  // A second signal would have ended it without a word.
  assert.equal(new TextDecoder().decode(stderr), "Error: Interrupted\n");
});

Deno.test("a full disk: the credentials can't be written, so nothing is left", async () => {
  // /dev/full takes nothing, as a full disk.
  if (Deno.build.os !== "linux") return;
  await using sandbox = await startSandbox();
  const before = sandbox.snapshot();
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", `"$0" run -A cli.ts ${ARGS.join(" ")} > /dev/full`, Deno.execPath()],
    env: sandboxEnv(sandbox),
    stderr: "piped",
  }).output();
  assert.equal(code, 1);
  assert.match(
    new TextDecoder().decode(stderr),
    /^Error: Could not write the credentials: .*space/m,
  );
  assert.deepEqual(sandbox.snapshot(), before);
});

Deno.test("output that nobody reads: nothing is left", async () => {
  if (Deno.build.os === "windows") return;
  await using sandbox = await startSandbox();
  const before = sandbox.snapshot();
  const { stderr } = await new Deno.Command("sh", {
    args: [
      "-c",
      `{ "$0" run -A cli.ts ${ARGS.join(" ")}; echo "exit $?" >&2; } | true`,
      Deno.execPath(),
    ],
    env: sandboxEnv(sandbox),
    stderr: "piped",
  }).output();
  const text = new TextDecoder().decode(stderr);
  assert.match(text, /^Error: Could not write the credentials: Broken pipe/m);
  assert.match(text, /^exit 1$/m);
  assert.deepEqual(sandbox.snapshot(), before);
});
