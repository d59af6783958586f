/** boto3 with nothing but the variables that `sandbox` prints. */
import assert from "node:assert/strict";
import { CLI, peerTest, runProgram } from "./support.ts";

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
