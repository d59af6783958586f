/** What isn't there: every command says in plain words what it is, and where to see what is. */
import assert from "node:assert/strict";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { run } from "../support/run.ts";

const KEY = "AKIAIOSFODNN7EXAMPLE";
const BOUNDARY = "arn:aws:iam::123456789012:policy/none";

/** The commands about one bucket, as they are typed up to its name and behind it. */
const BUCKET_COMMANDS = [
  "debug-bucket BUCKET",
  "make-public BUCKET",
  "make-private BUCKET",
  "get-bucket-policy BUCKET",
  "set-bucket-policy BUCKET --allow-all-get",
  "get-public-access-block BUCKET",
  "set-public-access-block BUCKET --allow-public-access",
  "set-public-access-block BUCKET --block-public-acls true",
  "get-cors-policy BUCKET",
  "set-cors-policy BUCKET",
  "delete-bucket BUCKET",
  "delete-bucket BUCKET --dry-run",
  "delete-bucket BUCKET --force --yes",
  "delete-bucket BUCKET --by-lifecycle --yes",
  "delete-bucket BUCKET --by-lifecycle --undo",
  "list-bucket BUCKET",
  "get-object BUCKET k",
  "get-objects BUCKET",
  "get-objects BUCKET k",
  "put-object BUCKET k -",
  "put-objects BUCKET LICENSE",
  "delete-objects BUCKET k --silent",
  "delete-objects BUCKET --prefix k",
  "delete-objects BUCKET --prefix k --dry-run",
  "delete-objects BUCKET --prefix k --by-lifecycle",
  "presign BUCKET k",
  "can BUCKET",
];
const NO_BUCKET = "Bucket does not exist: no-such-bucket\n" +
  "To see the buckets of this account: s3-credentials list-buckets";
const NO_USER = "User does not exist: nobody\n" +
  "To see the users of this account: s3-credentials list-users";
const NO_ROLE = "Role does not exist: nobody\n" +
  "To see the roles of this account: s3-credentials list-roles";
const NO_KEY =
  "Access key does not exist, belongs to another account, or iam:GetAccessKeyLastUsed is not " +
  `allowed: ${KEY}\n` +
  "To see the keys of this account: s3-credentials list-credentials --all";

const CASES: [line: string, error: string][] = [
  ...BUCKET_COMMANDS.map((line): [string, string] => [
    line.replace("BUCKET", "no-such-bucket"),
    NO_BUCKET,
  ]),
  ["list-user-policies nobody", NO_USER],
  ["delete-user nobody", NO_USER],
  ["delete-user nobody --dry-run", NO_USER],
  ["list-credentials --nl --user nobody", NO_USER],
  ["can my-bucket --user nobody", NO_USER],
  ["extend nobody 30d", NO_USER],
  ["rotate nobody", NO_USER],
  ["rotate nobody --format rclone", NO_USER],
  ["rotate nobody --status", NO_USER],
  ["rotate nobody --finish", NO_USER],
  ["rotate nobody --rollback", NO_USER],
  ["list-roles nobody --nl", NO_ROLE],
  ["can my-bucket --role nobody", NO_ROLE],
  ["revoke-sessions --role nobody", NO_ROLE],
  ["revoke-sessions --role nobody --undo", NO_ROLE],
  [`can my-bucket --key ${KEY}`, NO_KEY],
  [`disable-key ${KEY}`, NO_KEY],
  [`enable-key ${KEY}`, NO_KEY],
  [`delete-key ${KEY}`, NO_KEY],
  ["get-object my-bucket k", "Not found: k"],
  ["get-bucket-policy my-bucket", "Bucket my-bucket has no bucket policy"],
  ["get-cors-policy my-bucket", "Bucket my-bucket has no CORS policy"],
  [
    `create my-bucket --user-permissions-boundary ${BOUNDARY}`,
    `Permissions boundary does not exist, or can't be used as one: ${BOUNDARY}\n` +
    "Name another managed policy, or none, as --user-permissions-boundary",
  ],
];

Deno.test("commands: what isn't there is named in plain words, and nothing changes", async (t) => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  const before = sandbox.snapshot();
  for (const [line, error] of CASES) {
    await t.step(line, async () => {
      const { code, stdout, stderr } = await run(line.split(" "), { sandbox, stdin: "content" });
      assert.deepEqual([code, stdout, stderr], [1, "", `Error: ${error}\n`]);
      assert.deepEqual(sandbox.snapshot(), before);
    });
  }
});

Deno.test("rotate: an access key in place of a user is said to be one", async () => {
  await using sandbox = await startSandbox();
  const { code, stderr } = await run(["rotate", "AKIAIOSFODNN7EXAMPLE"], { sandbox });
  assert.equal(code, 1);
  assert.equal(
    stderr,
    "Error: User does not exist: AKIAIOSFODNN7EXAMPLE\n" +
      "That is the id of an access key: name its user. To see whose it is: s3-credentials " +
      "list-credentials --all\n",
  );
});

Deno.test("get-objects: a pattern or directory in place of a key comes with the option for it", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  for (const key of ["dir/*", "dir/"]) {
    const { code, stderr } = await run(["get-objects", "my-bucket", key], { sandbox });
    assert.equal(code, 1);
    assert.equal(
      stderr,
      `Error: Not found: ${key}\n` +
        "Keys are taken as they are. For all that fit a pattern: get-objects --pattern 'dir/*'\n",
    );
  }
});
