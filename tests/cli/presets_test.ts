/** `presets`, and `--for` of `create` and `policy`. */
import assert from "node:assert/strict";
import { grantsPolicy, presetGrants, presets } from "@s3creds/cli/policy";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { run } from "../support/run.ts";

async function output(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(args);
  assert.deepEqual([code, stderr], [0, ""]);
  return stdout;
}

Deno.test("presets: all of them as JSON, a line each, CSV and a table", async () => {
  const rows = JSON.parse(await output("presets"));
  assert.deepEqual(
    rows.map(({ Name }: { Name: string }) => Name),
    presets().map((one) => one.name),
  );
  const restic = rows.find(({ Name }: { Name: string }) => Name === "restic");
  assert.deepEqual(restic.KeyActions, ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]);
  const lines = (await output("presets", "--nl")).trimEnd().split("\n");
  assert.deepEqual(lines.map((line) => JSON.parse(line)), rows);
  assert.match(await output("presets", "--csv"), /^Name,Description,BucketActions,/);
  assert.match(await output("presets", "--table"), /^Name +Description +KeyActions/);
});

Deno.test("presets NAME: what each action is for, where from, how it lists", async () => {
  const text = await output("presets", "pgbackrest");
  assert.match(text, /^pgbackrest: pgBackRest/);
  assert.match(text, /On the bucket:\n {2}s3:ListBucket +find backups/);
  assert.match(text, /On its keys:\n {2}s3:GetObject +restore/);
  assert.match(text, /Lists under a prefix: .*directory above/);
  assert.match(text, /Source: https:\/\/pgbackrest\.org\/\S+, read on 2026-/);
  assert.equal(JSON.parse(await output("presets", "pgbackrest", "--json")).length, 1);
  assert.match(
    await output("presets", "velero"),
    /^Run with these permissions: not by this project, since it needs a cluster of Kubernetes$/m,
  );
});

Deno.test("presets NAME --config BUCKET: text for the application, without a secret", async () => {
  const env = { AWS_SECRET_ACCESS_KEY: "top-secret", AWS_ACCESS_KEY_ID: "AKIAIOSFODNN7EXAMPLE" };
  const args = ["presets", "litestream:restore", "--config", "my-bucket", "--prefix", "db/"];
  const { code, stdout, stderr } = await run(args, { env });
  assert.deepEqual([code, stderr], [0, ""]);
  assert.match(stdout, /url: s3:\/\/my-bucket\/db\/database\n$/);
  assert.doesNotMatch(stdout, /top-secret|AKIA/);
});

Deno.test("policy --for: the document of the preset, with statements at its end", async () => {
  const document = JSON.parse(
    await output("policy", "my-bucket", "--for", "velero", "--prefix", "k/"),
  );
  assert.deepEqual(document, grantsPolicy(presetGrants("velero", ["my-bucket"], { prefix: "k/" })));
  const statement = '{"Effect":"Allow","Action":"textract:*","Resource":"*"}';
  const more = await output("policy", "my-bucket", "--for", "loki", "--statement", statement);
  assert.deepEqual(JSON.parse(more).Statement.at(-1), JSON.parse(statement));
  const china = await output("policy", "my-bucket", "--for", "loki", "--partition", "aws-cn");
  assert.match(china, /arn:aws-cn:s3:::my-bucket/);
});

Deno.test("policy, create --for: say if the names of all keys can be seen, though there is a prefix", async () => {
  const warning =
    "Warning: docker-registry lists without a prefix, so that it can see the names of " +
    "all keys of my-bucket; what they hold, only below the prefix\n";
  const request = ["my-bucket", "--for", "docker-registry"];
  const policy = await run(["policy", ...request, "--prefix", "k/"]);
  assert.deepEqual([policy.code, policy.stderr], [0, warning]);
  const create = await run(["create", ...request, "--prefix", "k/", "--dry-run"]);
  assert.ok(create.stderr.includes(warning), create.stderr);
  assert.equal((await run(["policy", ...request])).stderr, "");
  const uploads = await run(["policy", "my-bucket", "--for", "minio-js", "--prefix", "k/"]);
  assert.equal(
    uploads.stderr,
    "Warning: minio-js can see the names of all keys of my-bucket that are being uploaded in parts: " +
      "no condition can limit that to the prefix\n",
  );
  assert.equal(
    (await run(["policy", "my-bucket", "--for", "restic", "--prefix", "k/"])).stderr,
    "",
  );
});

const KINDS: Record<string, string[]> = { "permanent": [], "temporary": ["-d", "15m"] };

for (const [kind, options] of Object.entries(KINDS)) {
  Deno.test(`create --for: ${kind} credentials that do what the preset lists`, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    for (const key of ["app/1", "other/1"]) {
      await run(["put-object", "my-bucket", key, "-"], { sandbox, stdin: "text" });
    }
    const args = ["create", "my-bucket", "--for", "restic:restore", "--prefix", "app/", ...options];
    const { code, stdout, stderr } = await run(args, { sandbox });
    assert.equal(code, 0, stderr);
    const can = async (...command: string[]) =>
      (await run([...command, "--auth", "key"], {
        sandbox,
        files: { key: stdout },
        stdin: "text",
      })).code === 0;
    assert.ok(await can("get-object", "my-bucket", "app/1"));
    assert.ok(await can("list-bucket", "my-bucket", "--prefix", "app/"));
    assert.ok(!await can("get-object", "my-bucket", "other/1"));
    assert.ok(!await can("put-object", "my-bucket", "app/2", "-"));
    assert.ok(!await can("delete-objects", "my-bucket", "app/1"));
  });
}

Deno.test("create --for: name, boundary and tags say so, and nothing has drifted", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket", "logs"] });
  const args = ["create", "my-bucket", "logs", "--for", "litestream:restore"];
  assert.equal((await run(args, { sandbox })).code, 0);
  const user = sandbox.account.users.get("s3.litestream-restore.my-bucket,logs")!;
  assert.equal(user.permissionsBoundary, "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess");
  const tags = Object.fromEntries(user.tags.map(({ key, value }) => [key, value]));
  assert.equal(tags["s3-credentials:for"], "litestream:restore");
  assert.equal(tags["s3-credentials:permission"], "read-only");
  const [row] = JSON.parse((await run(["list-credentials"], { sandbox })).stdout);
  assert.deepEqual(row.Warnings, []);
});
