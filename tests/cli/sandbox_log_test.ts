/** `sandbox --log`: what each request was, and what decided it. */
import assert from "node:assert/strict";
import { inSandbox, READ, withDirectory } from "../support/in_sandbox.ts";

Deno.test("sandbox --log: each request with caller, action, resource, decision and reason", async () => {
  const { outer } = await inSandbox(
    ["--log", "--bucket", "my-bucket", "--user", `reader=${READ}`],
    [
      ["list-bucket", "my-bucket", "--profile", "reader"],
      ["get-object", "my-bucket", "k", "--profile", "reader"],
      ["whoami"],
    ],
  );
  const reader = "arn:aws:iam::123456789012:user/reader";
  assert.equal(outer.stdout, "");
  assert.deepEqual(outer.stderr.trimEnd().split("\n"), [
    `${reader} ListObjectsV2 200  allowed  s3:ListBucket  arn:aws:s3:::my-bucket  ` +
    "policy sandbox, Statement[0] (List)",
    `${reader} GetObject 403  implicitDeny  s3:GetObject  arn:aws:s3:::my-bucket/k  ` +
    "no policy of the user or role allows it",
    "arn:aws:iam::123456789012:user/admin GetCallerIdentity 200  needs no permission",
  ]);
});

Deno.test("sandbox --log: the statements of both sides, where both allow", async () => {
  await withDirectory(async (directory) => {
    const [ours, theirs] = ["111122223333", "444455556666"];
    const policy = {
      Version: "2012-10-17",
      Statement: [{
        Sid: "Theirs",
        Effect: "Allow",
        Principal: { AWS: theirs },
        Action: "s3:ListBucket",
        Resource: "arn:aws:s3:::my-bucket",
      }],
    };
    await Deno.writeTextFile(`${directory}/policy.json`, JSON.stringify(policy));
    const { outer } = await inSandbox(
      ["--log", "--bucket", "my-bucket", "--account", ours, "--account", theirs],
      [
        ["set-bucket-policy", "my-bucket", "--policy-file", `${directory}/policy.json`],
        ["list-bucket", "my-bucket", "--profile", theirs],
        ["create", "my-bucket", "-d", "15m"],
      ],
    );
    const identity = "attached policy arn:aws:iam::aws:policy/AdministratorAccess, Statement[0]";
    const reasons = (operation: string) =>
      outer.stderr.split("\n").filter((line) => line.includes(` ${operation} 200  allowed`))
        .map((line) => line.split("  ").at(-1));
    assert.deepEqual(reasons("ListObjectsV2"), [
      `${identity} and bucket policy my-bucket, Statement[0] (Theirs)`,
    ]);
    assert.ok(
      reasons("AssumeRole").includes(
        `${identity} and trust policy, Statement[0]`,
      ),
      outer.stderr,
    );
    assert.deepEqual(new Set(reasons("HeadBucket")), new Set([identity]));
  });
});

Deno.test("sandbox --log: a request without valid keys", async () => {
  const { outer } = await inSandbox(["--log"], [
    ["whoami", "--access-key", "AKIANOBODY", "--secret-key", "none"],
  ]);
  assert.match(outer.stderr, /^anonymous GetCallerIdentity 403 {2}InvalidClientTokenId$/m);
});

Deno.test("sandbox --log: a key with a line break forges no line", async () => {
  const forged = "k\nadmin GetObject 200  allowed";
  const { outer } = await inSandbox(["--log", "--bucket", "my-bucket"], [
    ["delete-objects", "my-bucket", forged],
  ]);
  assert.match(outer.stderr, /:::my-bucket\/k\\nadmin GetObject 200 {2}allowed {2}attached policy/);
  assert.doesNotMatch(outer.stderr, /^admin/m);
});
