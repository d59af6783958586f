/** Buckets that encrypt with a key of KMS: the warning, and --kms. */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "@s3creds/cli/sandbox";
import { createKmsKey } from "../../../lib/sandbox/seed.ts";
import { run } from "../../support/run.ts";

interface Stage {
  sandbox: Sandbox;
  key: string;
}

function test(
  name: string,
  work: (stage: Stage) => Promise<void>,
  region = "us-east-1",
): void {
  Deno.test(`create, KMS: ${name}`, async () => {
    await using sandbox = await startSandbox({ buckets: ["vault", "plain"], region });
    const { arn } = createKmsKey(sandbox.account);
    sandbox.account.buckets.get("vault")!.encryption = { algorithm: "aws:kms", keyId: arn };
    await work({ sandbox, key: arn });
  });
}

/** Writes and reads with the credentials that a command has printed. */
async function tryOut(sandbox: Sandbox, stdout: string): Promise<number[]> {
  const files = { auth: stdout };
  const auth = ["--auth", "auth"];
  const put = await run(["put-object", "vault", "a", "deno.json", ...auth], { sandbox, files });
  const get = await run(["get-object", "vault", "a", "-o", "-", ...auth], { sandbox, files });
  return [put.code, get.code];
}

test("without --kms a warning names the key and what will not work", async ({ sandbox, key }) => {
  const lost = {
    "--read-only": "not read there",
    "--write-only": "not write there",
    "--silent": "neither read nor write there",
  };
  for (const [flag, words] of Object.entries(lost)) {
    for (const mode of [["--plan"], []]) {
      const { code, stdout, stderr } = await run(["create", "vault", flag, ...mode], { sandbox });
      assert.equal(code, 0, stderr);
      const line =
        `Warning: Bucket vault encrypts with the KMS key ${key}: without permission to ` +
        `use it, the credentials can ${words}. --kms adds that permission; the permissions boundary `;
      assert.ok(stderr.includes(line), stderr);
      if (mode.length === 0 && flag === "--silent") {
        assert.deepEqual(await tryOut(sandbox, stdout), [1, 1]);
      }
    }
  }
});

test("--kms grants the use of that key only, by way of S3", async ({ sandbox, key }) => {
  const args = ["create", "vault", "plain", "--kms", "--user-permissions-boundary", "none"];
  const { code, stdout, stderr } = await run(args, { sandbox });
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /Warning/);
  const policies = sandbox.account.users.get("s3.read-write.vault,plain")!.inlinePolicies;
  const policy = JSON.parse(policies.get("s3.read-write.vault")!);
  assert.deepEqual(policy.Statement.at(-1), {
    Effect: "Allow",
    Action: ["kms:Decrypt", "kms:GenerateDataKey"],
    Resource: [key],
    Condition: { StringEquals: { "kms:ViaService": "s3.us-east-1.amazonaws.com" } },
  });
  assert.doesNotMatch(policies.get("s3.read-write.plain")!, /kms:/);
  assert.deepEqual(await tryOut(sandbox, stdout), [0, 0]);
});

test("--kms --read-only allows to decrypt, and no more", async ({ sandbox }) => {
  await run(["put-object", "vault", "a", "deno.json"], { sandbox });
  const args = ["create", "vault", "--kms", "--read-only", "--user-permissions-boundary", "none"];
  const { stdout } = await run(args, { sandbox });
  const [policy] = sandbox.account.users.get("s3.read-only.vault")!.inlinePolicies.values();
  assert.deepEqual(JSON.parse(policy!).Statement.at(-1).Action, ["kms:Decrypt"]);
  assert.deepEqual(await tryOut(sandbox, stdout), [1, 0]);
});

test("--kms says what boundary and role take away again", async ({ sandbox }) => {
  const bounded = await run(["create", "vault", "--kms"], { sandbox });
  assert.equal(bounded.code, 0, bounded.stderr);
  assert.match(
    bounded.stderr,
    /^Warning: Bucket vault encrypts .* neither read nor write there, since the permissions boundary arn:aws:iam::aws:policy\/AmazonS3FullAccess allows S3 only: choose another --user-permissions-boundary or none$/m,
  );
  assert.deepEqual(await tryOut(sandbox, bounded.stdout), [1, 1]);
  const temporary = await run(["create", "vault", "--kms", "-d", "15m"], { sandbox });
  assert.match(
    temporary.stderr,
    /^Warning: .* since the role of temporary credentials allows S3 only: pass --role-arn for a role that allows it$/m,
  );
  assert.deepEqual(await tryOut(sandbox, temporary.stdout), [1, 1]);
  const again = await run(["create", "vault", "--kms", "--username", "s3.read-write.vault"], {
    sandbox,
  });
  assert.match(again.stderr, /allows S3 only: choose another user, or change its boundary$/m);
});

test("a role that may use the key makes temporary credentials that can", async ({ sandbox }) => {
  await run(["create", "plain", "-d", "15m"], { sandbox });
  const role = sandbox.account.roles.get("s3-credentials.AmazonS3FullAccess")!;
  role.attachedPolicies.add("arn:aws:iam::aws:policy/AdministratorAccess");
  const args = ["create", "vault", "--kms", "-d", "15m", "--role-arn", role.arn];
  const { code, stdout, stderr } = await run(args, { sandbox });
  assert.equal(code, 0, stderr);
  assert.doesNotMatch(stderr, /Warning/);
  assert.deepEqual(await tryOut(sandbox, stdout), [0, 0]);
});

test("the key that S3 manages, and buckets without one: no warning, and --kms says that it adds nothing", async ({ sandbox }) => {
  const { buckets } = sandbox.account;
  for (
    const keyId of [undefined, "alias/aws/s3", "arn:aws:kms:us-east-1:123456789012:alias/aws/s3"]
  ) {
    buckets.get("vault")!.encryption = { algorithm: "aws:kms", keyId };
    const { code, stderr } = await run(["create", "vault", "--plan", "--kms"], { sandbox });
    assert.equal(code, 0);
    assert.doesNotMatch(stderr, /Bucket vault/);
    assert.match(
      stderr,
      /^Warning: No bucket was found that encrypts with a KMS key of your own: --kms adds nothing$/m,
    );
  }
});

test("a key by its id or its alias", async ({ sandbox }) => {
  const forms = {
    "1234abcd-12ab": { Resource: ["arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab"] },
    "alias/mine": {
      Resource: ["arn:aws:kms:us-east-1:123456789012:key/*"],
      Condition: {
        "StringEquals": { "kms:ViaService": "s3.us-east-1.amazonaws.com" },
        "ForAnyValue:StringEquals": { "kms:ResourceAliases": "alias/mine" },
      },
    },
  };
  for (const [keyId, expected] of Object.entries(forms)) {
    sandbox.account.buckets.get("vault")!.encryption = { algorithm: "aws:kms:dsse", keyId };
    const { stdout } = await run(["create", "vault", "--plan", "--kms"], { sandbox });
    const [, text] = /details:\n([^]*?\n\})/.exec(stdout)!;
    const statement = JSON.parse(text!).Statement.at(-1);
    assert.deepEqual({ ...statement, ...expected }, statement);
  }
});

test("in another partition", async ({ sandbox, key }) => {
  const { stdout, stderr, code } = await run(["create", "vault", "--plan", "--kms"], { sandbox });
  assert.equal(code, 0, stderr);
  assert.ok(key.startsWith("arn:aws-cn:kms:cn-north-1:"));
  assert.match(stdout, /"kms:ViaService": "s3\.cn-north-1\.amazonaws\.com\.cn"/);
}, "cn-north-1");

Deno.test("create --kms --dry-run: says that the keys depend on the account", async () => {
  const { code, stderr } = await run(["create", "vault", "--kms", "--dry-run"]);
  assert.equal(code, 0);
  assert.match(stderr, /^Which KMS keys --kms adds depends on the account: see --plan$/m);
});
