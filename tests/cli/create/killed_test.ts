/**
 * `create`, as a process of its own, ended by a signal, and what one that was killed leaves.
 */
import assert from "node:assert/strict";
import { type RequestRecord, type Sandbox, startSandbox } from "@s3creds/cli/sandbox";
import { ANNOUNCEMENT, LISTENING } from "../../support/announcing_cli.ts";
import { isItsTurn } from "../../support/arbitraries.ts";
import { run, sandboxEnv } from "../../support/run.ts";

const USER = "s3.read-write.my-bucket";
const ARGS = ["create", "my-bucket", "-c"];

interface Moment {
  /** The call during which the signal comes. */
  operation: string;
  /** Whether the call is still carried out. */
  after?: boolean;
}

const SIGNALS = [["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const;

const MOMENTS: Moment[] = [
  { operation: "HeadBucket" },
  ...["CreateBucket", "CreateUser", "PutUserPolicy", "CreateAccessKey"].flatMap((operation) => [
    { operation },
    { operation, after: true },
  ]),
];

/** Runs `create` and sends it a signal at some moment; returns the exit code and what it printed. */
async function signalled(
  sandbox: Sandbox,
  { operation, after = false }: Moment,
  signal: Deno.Signal,
) {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "tests/support/announcing_cli.ts", ...ARGS],
    env: sandboxEnv(sandbox),
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const heard = Promise.withResolvers<void>();
  sandbox.fail({
    operation,
    after,
    // A process that was killed waits for no answer. One that cleans up must get one, but not before
    // the signal has reached it.
    ...(signal === "SIGKILL" ? { cut: true } : { until: heard.promise }),
    when: () => {
      child.kill(signal);
      return true;
    },
  });
  let stderr = "";
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    stderr += text;
    if (stderr.includes(ANNOUNCEMENT)) heard.resolve();
  }
  const stdout = await new Response(child.stdout).text();
  const { code } = await child.status;
  // What the sandbox was doing when the process was killed, it does to the end.
  if (signal === "SIGKILL") await new Promise((resolve) => setTimeout(resolve, 300));
  sandbox.clearFaults();
  return { code, stdout, stderr: withoutAnnouncements(stderr) };
}

function withoutAnnouncements(stderr: string): string {
  return stderr.replaceAll(ANNOUNCEMENT, "").replaceAll(LISTENING, "");
}

/** Creates credentials in an account that a killed `create` has left. */
async function createAgain(sandbox: Sandbox): Promise<void> {
  const keysBefore = sandbox.account.users.get(USER)?.accessKeys.size ?? 0;
  const hadUser = sandbox.account.users.has(USER);

  const again = await run(ARGS, { sandbox });
  assert.equal(again.code, 0, again.stderr);
  const user = sandbox.account.users.get(USER)!;
  assert.deepEqual([...user.inlinePolicies.keys()], [USER]);
  assert.equal(user.accessKeys.size, keysBefore + 1);
  assert.equal(/^User already exists: /m.test(again.stderr), hadUser);
  for (const id of [...user.accessKeys.keys()].slice(0, keysBefore)) {
    assert.ok(
      again.stderr.includes(`access key ${id} (created `),
      "the key that nobody has is named",
    );
  }
  const who = await run(["whoami", "--auth", "key"], { sandbox, files: { key: again.stdout } });
  assert.equal(JSON.parse(who.stdout).Arn, user.arn);
}

Deno.test("killed before any of its calls, then run again: one working key", async () => {
  await using sandbox = await startSandbox();
  let printed = "";
  /** What a process that is killed at a call leaves. */
  const left: { operation: string | undefined; state: string; printed: string }[] = [];
  const when = ({ operation }: RequestRecord) => {
    left.push({ operation, state: sandbox.save(), printed });
    return false;
  };
  sandbox.fail({ operation: "*", when });
  const { code, stderr } = await run(ARGS, { sandbox, onStdout: (text) => void (printed += text) });
  assert.equal(code, 0, stderr);
  for (const { operation } of MOMENTS) {
    assert.ok(left.some((one) => one.operation === operation), operation);
  }
  for (const { state, printed } of left) {
    assert.equal(printed, "");
    await using again = await startSandbox({ state });
    await createAgain(again);
  }
});

Deno.test("killed after CreateAccessKey, then run again: one working key", async () => {
  await using sandbox = await startSandbox();
  const moment = { operation: "CreateAccessKey", after: true };
  const { code, stdout } = await signalled(sandbox, moment, "SIGKILL");
  assert.equal(code, 137);
  assert.equal(stdout, "");
  assert.equal(sandbox.account.users.get(USER)?.accessKeys.size, 1);
  await createAgain(sandbox);
});

// Ctrl-C during each call is in rollback_test.ts; here it is how a signal comes to be one.
for (const [s, [signal, exitCode]] of SIGNALS.entries()) {
  for (const [m, moment] of MOMENTS.entries()) {
    // Each signal has each moment once in so many days.
    if (!isItsTurn(m + 3 * s, MOMENTS.length)) continue;
    const when = `${moment.after ? "after" : "before"} ${moment.operation}`;
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
    args: ["run", "-A", "tests/support/announcing_cli.ts", ...ARGS, "--policy", "-"],
    stdin: "piped",
    stderr: "piped",
  }).spawn();
  let stderr = "";
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    stderr += text;
    // A second signal would end it without a word.
    if (text.includes(LISTENING)) setTimeout(() => child.kill("SIGINT"), 500);
  }
  const { code } = await child.status;
  await child.stdin.close();
  assert.equal(code, 130);
  assert.equal(withoutAnnouncements(stderr), "Error: Interrupted\n");
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
    /^Error: Could not write the credentials: No space left on device$/m,
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

Deno.test("create: Ctrl-C after the key was created, while only warnings are waited for, rolls back", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  const { promise: never, resolve } = Promise.withResolvers<void>();
  // The second HeadBucket asks whether the bucket belongs to another account.
  sandbox.fail({ operation: "HeadBucket", occurrence: 2, until: never });
  const interruption = new AbortController();
  const { code, stdout, stderr } = await run(["create", "my-bucket"], {
    sandbox,
    signal: interruption.signal,
    onStderr: (text) => {
      if (text.includes("Created access key")) interruption.abort();
    },
  });
  resolve();
  assert.equal(code, 130, stderr);
  assert.equal(stdout, "");
  assert.match(stderr, /Undone: access key AKIA/);
  assert.ok(!sandbox.account.users.has("s3.read-write.my-bucket"));
});
