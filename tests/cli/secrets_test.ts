/**
 * Where secrets may not be: in debug output, errors and their causes, dry runs. (That they are never on
 * standard error is checked by `run` in every test.)
 */
import assert from "node:assert/strict";
import { connect, createCredentials } from "@s3creds/cli";
import { type Sandbox, startSandbox } from "@s3creds/cli/sandbox";
import { run, secretsOf } from "../support/run.ts";

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(`secrets: ${name}`, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    await work(sandbox);
  });
}

const COMMANDS: string[][] = [
  ["whoami"],
  ["create", "my-bucket", "--dry-run"],
  ["create", "my-bucket", "--read-only"],
  ["create", "my-bucket", "-d", "15m"],
  ["exec", "my-bucket", "--", "program"],
  ["list-credentials"],
  ["prune", "--unused-for", "1d", "--dry-run"],
  ["list-users"],
  ["list-roles", "--details"],
  ["list-user-policies"],
  ["list-buckets", "--details"],
  ["debug-bucket", "my-bucket"],
  ["get-public-access-block", "my-bucket"],
  ["set-cors-policy", "my-bucket"],
  ["delete-user", "nobody"],
];

for (const args of COMMANDS) {
  test(`--debug shows requests, and no secret: ${args.join(" ")}`, async (sandbox) => {
    const { stdout, stderr } = await run([args[0]!, "--debug", ...args.slice(1)], {
      sandbox,
      program: () => Promise.resolve(0),
    });
    if (!args.includes("--dry-run")) {
      assert.match(stderr, /^DEBUG \w+ [A-Z]+ http:\/\/127/m);
      assert.match(stderr, /^ {2}authorization: \[redacted\]$/m);
    }
    const printed = args[0] === "create" && !args.includes("--dry-run");
    for (const secret of secretsOf(sandbox)) {
      if (!printed) assert.ok(!stdout.includes(secret));
      assert.ok(!stderr.includes(secret.slice(0, 20)));
    }
    assert.doesNotMatch(stderr, /AWS4-HMAC|Signature=|Credential=/);
  });
}

test("--debug with temporary credentials: the token is redacted", async (sandbox) => {
  const { stdout } = await run(["create", "my-bucket", "-d", "15m"], { sandbox });
  const files = { auth: stdout };
  const { stderr } = await run(["whoami", "--auth", "auth", "--debug"], { sandbox, files });
  assert.match(stderr, /^ {2}x-amz-security-token: \[redacted\]$/m);
  assert.ok(!stderr.includes(JSON.parse(stdout).SessionToken));
});

test("--secret-key on the command line works, and warns", async (sandbox) => {
  const { accessKeyId, secretAccessKey } = sandbox.credentials;
  const args = ["whoami", "--access-key", accessKeyId, "--secret-key", secretAccessKey];
  const { code, stderr } = await run(args, { sandbox });
  assert.equal(code, 0);
  assert.match(stderr, /^Warning: other users of this machine can see --secret-key/);
});

const SECRET_IN_ANSWER = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYSECRETKEY1";

/** Answers with a key in it that can't be read, or only in part. */
const BROKEN_ANSWERS: Record<string, string> = {
  "cut off": `<CreateAccessKeyResponse><CreateAccessKeyResult><AccessKey><AccessKeyId>AKIABROKEN` +
    `</AccessKeyId><SecretAccessKey>${SECRET_IN_ANSWER}</Secret`,
  "without an id": `<CreateAccessKeyResponse><CreateAccessKeyResult><AccessKey><SecretAccessKey>` +
    `${SECRET_IN_ANSWER}</SecretAccessKey></AccessKey></CreateAccessKeyResult></CreateAccessKeyResponse>`,
  "not XML": `SecretAccessKey: ${SECRET_IN_ANSWER}`,
};

for (const [name, malformedBody] of Object.entries(BROKEN_ANSWERS)) {
  test(`an answer that holds a key but can't be understood: ${name}`, async (sandbox) => {
    sandbox.fail({ operation: "CreateAccessKey", malformedBody, after: true });
    const { code, stdout, stderr } = await run(["create", "my-bucket", "--debug"], { sandbox });
    assert.equal(code, 1, stderr);
    assert.ok(!stdout.includes(SECRET_IN_ANSWER));
    assert.ok(!stderr.includes(SECRET_IN_ANSWER));
    const [id] = sandbox.account.users.get("s3.read-write.my-bucket")!.accessKeys.keys();
    assert.match(stderr, new RegExp(`Left in the account: perhaps an access key .* lost: ${id},`));
  });

  test(`neither does the error tell it, nor any of its causes: ${name}`, async (sandbox) => {
    sandbox.fail({ operation: "CreateAccessKey", malformedBody, after: true });
    const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
    const error = await createCredentials(aws, { buckets: ["my-bucket"] }).catch((error) => error);
    aws.close();
    const everything = Deno.inspect(error, { depth: 50, showHidden: true, strAbbreviateSize: 1e6 });
    assert.match(everything, /Could not create an access key/);
    assert.ok(!everything.includes(SECRET_IN_ANSWER));
    for (const secret of secretsOf(sandbox)) assert.ok(!everything.includes(secret));
  });
}
