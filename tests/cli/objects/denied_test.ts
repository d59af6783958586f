/**
 * A server that refuses a request and says no more than that.
 */
import assert from "node:assert/strict";
import { startSandbox } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";

const DENIED = { status: 403, code: "AccessDenied", message: "Access Denied" };

/** By the command line: what its first error says, and which permission it names. */
const COMMANDS: [line: string, error: string, takes: string][] = [
  ["list-bucket my-bucket", "Could not list bucket my-bucket", "s3:ListBucket"],
  [
    "get-object my-bucket a",
    "Could not get a",
    "s3:GetObject. Without s3:ListBucket, a key that is not there is refused in the same way",
  ],
  ["put-object my-bucket a LICENSE", "Could not put a", "s3:PutObject"],
  [
    "delete-objects my-bucket --prefix a",
    "Could not list bucket my-bucket",
    "s3:ListBucket",
  ],
  ["delete-bucket my-bucket", "Could not delete bucket my-bucket", "s3:DeleteBucket"],
];

function hint(takes: string): string {
  return `The server does not say why. This takes ${takes}. To see what these credentials may do: ` +
    "s3-credentials can my-bucket\n";
}

for (const [line, error, takes] of COMMANDS) {
  Deno.test(`${line}: denied without a reason, says which permission it takes`, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    sandbox.fail({ operation: "*", times: Infinity, error: DENIED });
    const before = sandbox.snapshot();
    const args = line.split(" ");
    assert.deepEqual(await run(args, { sandbox }), {
      code: 1,
      stdout: "",
      stderr: `Error: ${error}: AccessDenied: Access Denied\n${hint(takes)}` +
        `For a policy that allows all that this takes: s3-credentials permissions ${args[0]}\n`,
    });
    assert.deepEqual(sandbox.snapshot(), before);
  });
}

Deno.test("get-objects, put-objects, delete-objects: what to do about many refusals is said once", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  sandbox.fail({ operation: "*", times: Infinity, error: DENIED });
  const directory = await Deno.makeTempDir();
  const lines = [
    ["get-objects", "my-bucket", "a", "b", "c", "-o", directory],
    ["put-objects", "my-bucket", "LICENSE", "README.md", "deno.json"],
  ];
  for (const args of lines) {
    const { code, stdout, stderr } = await run(args, { sandbox });
    assert.deepEqual([code, stdout], [1, ""]);
    assert.equal(stderr.match(/^Error: .*: AccessDenied: Access Denied$/gm)?.length, 3, stderr);
    const action = args[0] === "get-objects" ? "s3:GetObject" : "s3:PutObject";
    assert.equal(stderr.match(/^The server does not say why.*$/gm)?.length, 1, stderr);
    assert.ok(stderr.includes(`This takes ${action}. `), stderr);
  }
  await Deno.remove(directory);
});

Deno.test("delete-objects: keys that are refused within an answer, and how to find out why", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  const made = await run(["create", "my-bucket", "--read-only"], { sandbox });
  const files = { "keys.json": made.stdout };
  const args = ["delete-objects", "my-bucket", "a", "b", "--auth", "keys.json"];
  const denied = "AccessDenied: Access Denied (s3:DeleteObject is not allowed)";
  assert.deepEqual(await run(args, { sandbox, files }), {
    code: 1,
    stdout: "",
    stderr: "Deleting 2 objects from my-bucket\n" +
      `Error: Could not delete a: ${denied}\n${hint("s3:DeleteObject")}` +
      `Error: Could not delete b: ${denied}\n`,
  });
});

Deno.test("get-object: a reason that the server gives is not doubted", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  const made = await run(["create", "my-bucket", "--write-only"], { sandbox });
  const files = { "keys.json": made.stdout };
  const args = ["get-object", "my-bucket", "a", "--auth", "keys.json"];
  const { code, stderr } = await run(args, { sandbox, files });
  assert.equal(code, 1);
  assert.match(stderr, /not authorized to perform: s3:GetObject/);
  assert.doesNotMatch(stderr, /does not say why/);
});

Deno.test("get-bucket-policy: denied without a reason, names the command that tells what it takes", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  sandbox.fail({ operation: "*", times: Infinity, error: DENIED });
  assert.deepEqual(await run(["get-bucket-policy", "my-bucket"], { sandbox }), {
    code: 1,
    stdout: "",
    stderr: "Error: Could not read the policy of bucket my-bucket: AccessDenied: Access Denied\n" +
      "For a policy that allows all that this takes: s3-credentials permissions get-bucket-policy\n",
  });
});

for (const code of ["AccessDenied", "Forbidden"]) {
  Deno.test(`${code} without words is a refusal without a reason`, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    const error = { status: 403, code, message: "" };
    sandbox.fail({ operation: "*", times: Infinity, error });
    const advice = "For a policy that allows all that this takes: s3-credentials permissions";
    assert.equal(
      (await run(["list-bucket", "my-bucket"], { sandbox })).stderr,
      `Error: Could not list bucket my-bucket: ${code} (HTTP status 403)\n${
        hint("s3:ListBucket")
      }` +
        `${advice} list-bucket\n`,
    );
    assert.equal(
      (await run(["get-cors-policy", "my-bucket"], { sandbox })).stderr,
      `Error: Could not read the CORS policy of bucket my-bucket: ${code} (HTTP status 403)\n` +
        `${advice} get-cors-policy\n`,
    );
  });
}

const REASONS: [line: string, code: string, message: string, error: string][] = [
  [
    "whoami",
    "AccessDenied",
    "Access Denied",
    "Could not find out who is calling: AccessDenied: Access Denied",
  ],
  [
    "get-bucket-policy my-bucket",
    "AllAccessDisabled",
    "All access to this object has been disabled",
    "Could not read the policy of bucket my-bucket: AllAccessDisabled: All access to this object has been " +
    "disabled",
  ],
];

for (const [line, code, message, error] of REASONS) {
  Deno.test(`${line}: denied as no permission can change, names no policy`, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    sandbox.fail({ operation: "*", times: Infinity, error: { status: 403, code, message } });
    assert.deepEqual(await run(line.split(" "), { sandbox }), {
      code: 1,
      stdout: "",
      stderr: `Error: ${error}\n`,
    });
  });
}
