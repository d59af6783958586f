/** boto3 and the aws CLI with nothing but what `sandbox` gives them: variables and profiles. */
import assert from "node:assert/strict";
import { CLI, peerTest, runCli, runProgram } from "./support.ts";

const SCRIPT = `
unset AWS_DEFAULT_REGION
export AWS_SESSION_TOKEN=old
eval "$VARIABLES"
python - <<'END'
import boto3
iam = boto3.client("iam")
iam.create_user(UserName="ida")
print([user["UserName"] for user in iam.list_users()["Users"]])
print([bucket["Name"] for bucket in boto3.client("s3").list_buckets()["Buckets"]])
print(boto3.client("sts").get_caller_identity()["Account"])
END
`;

peerTest("boto3 works with the variables that the sandbox prints", async () => {
  const server = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", CLI, "sandbox", "--bucket", "my-bucket"],
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const reader = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let printed = "";
  while (!/^unset .*\n/m.test(printed)) printed += (await reader.read()).value;
  const { stdout, stderr } = await runProgram("sh", ["-c", SCRIPT], {
    env: { VARIABLES: printed },
  });
  server.kill("SIGINT");
  await reader.cancel();
  await server.status;
  assert.equal(stdout, "['admin', 'ida']\n['my-bucket']\n123456789012\n", stderr);
});

const THEIRS = "444455556666";
const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{
    Effect: "Allow",
    Principal: { AWS: "111122223333" },
    Action: "sts:AssumeRole",
  }],
});

const TWO_ACCOUNTS = `
aws() { command aws --output text "$@" 2>&1; }
aws sts get-caller-identity --query Account
aws --profile ${THEIRS} sts get-caller-identity --query Account
aws --profile ${THEIRS} s3 mb s3://theirs
aws s3 ls s3://theirs
aws --profile ${THEIRS} iam create-role --role-name r --assume-role-policy-document '${TRUST}' \\
  --query Role.Arn
aws --profile ${THEIRS} iam attach-role-policy --role-name r \\
  --policy-arn arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess
printf '[profile across]\nrole_arn = arn:aws:iam::${THEIRS}:role/r\n' >> "$AWS_CONFIG_FILE"
printf 'credential_source = Environment\n' >> "$AWS_CONFIG_FILE"
aws --profile across sts get-caller-identity --query Account
aws --profile across s3 ls
aws --profile across s3 rb s3://theirs
`;

peerTest("aws CLI: the profile of a further account, and a role of it", async () => {
  const accounts = ["--account", "111122223333", "--account", THEIRS];
  const { stdout, stderr } = await runCli(["sandbox", ...accounts, "--", "sh", "-c", TWO_ACCOUNTS]);
  const lines = stdout.split("\n").filter((line) => line.trim() !== "");
  assert.equal(lines.length, 8, stdout + stderr);
  assert.deepEqual(lines.slice(0, 3), ["111122223333", THEIRS, "make_bucket: theirs"]);
  assert.match(lines[3]!, /\(AccessDenied\) when calling the ListObjectsV2 operation/);
  assert.deepEqual(lines.slice(4, 6), [`arn:aws:iam::${THEIRS}:role/r`, THEIRS]);
  assert.match(lines[6]!, / theirs$/);
  assert.match(lines[7]!, /remove_bucket failed: .*assumed-role\/r\/.* s3:DeleteBucket /);
});
