/** Our delete-user on moto's server, with all that moto lets hang on a user. */
import assert from "node:assert/strict";
import { IAM } from "@aws-sdk/client-iam";
import { type Moto, startMoto } from "./moto.ts";
import { hasPeers, peerTest, type Ran, runCli } from "./support.ts";

let moto: Moto;
let iam: IAM;

Deno.test.beforeAll(async () => {
  if (!hasPeers) return;
  moto = await startMoto();
  const credentials = { accessKeyId: "testing", secretAccessKey: "testing" };
  iam = new IAM({ endpoint: moto.url, region: "us-east-1", credentials });
});
Deno.test.afterAll(async () => {
  iam?.destroy();
  await moto?.stop();
});

const UserName = "ida";
const POLICY = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "*" }],
});
const SSH_KEY = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC8";

/** What hangs on the user, and the line that says it is gone. */
const DEPENDENTS: { name: string; add: () => Promise<unknown>; line: RegExp }[] = [
  {
    name: "an inline policy",
    add: () => iam.putUserPolicy({ UserName, PolicyName: "read", PolicyDocument: POLICY }),
    line: /^ {2}Deleted policy: read$/,
  },
  {
    name: "an access key",
    add: () => iam.createAccessKey({ UserName }),
    line: /^ {2}Deleted access key: AKIA\w{16}$/,
  },
  {
    name: "an attached policy",
    add: async () => {
      const { Policy } = await iam.createPolicy({ PolicyName: "managed", PolicyDocument: POLICY });
      await iam.attachUserPolicy({ UserName, PolicyArn: Policy!.Arn });
    },
    line: /^ {2}Detached policy: arn:aws:iam::123456789012:policy\/managed$/,
  },
  {
    name: "a group",
    add: async () => {
      await iam.createGroup({ GroupName: "staff" });
      await iam.addUserToGroup({ UserName, GroupName: "staff" });
    },
    line: /^ {2}Removed from group: staff$/,
  },
  {
    name: "a login profile",
    add: () => iam.createLoginProfile({ UserName, Password: "Correct-Horse-7" }),
    line: /^ {2}Deleted login profile$/,
  },
  {
    name: "an MFA device",
    add: async () => {
      const made = await iam.createVirtualMFADevice({ VirtualMFADeviceName: "phone" });
      const SerialNumber = made.VirtualMFADevice!.SerialNumber;
      await iam.enableMFADevice({
        ...{ UserName, SerialNumber, AuthenticationCode1: "123456", AuthenticationCode2: "654321" },
      });
    },
    line: /^ {2}Deactivated MFA device: arn:aws:iam::123456789012:mfa\/phone$/,
  },
  {
    name: "an SSH public key",
    add: () => iam.uploadSSHPublicKey({ UserName, SSHPublicKeyBody: SSH_KEY }),
    line: /^ {2}Deleted SSH public key: \w+$/,
  },
];

async function userNames(): Promise<(string | undefined)[]> {
  const { Users = [] } = await iam.listUsers({});
  return Users.map((user) => user.UserName);
}

async function deleteWith(...dependents: typeof DEPENDENTS): Promise<Ran> {
  await moto.reset();
  await iam.createUser({ UserName });
  for (const { add } of dependents) await add();
  return await runCli(["delete-user", UserName], { env: moto.env });
}

for (const dependent of DEPENDENTS) {
  peerTest(`moto: delete-user with ${dependent.name}`, async () => {
    const { code, stdout, stderr } = await deleteWith(dependent);
    assert.equal(code, 0, stderr);
    const [first, removed, ...rest] = stdout.split("\n");
    assert.deepEqual([first, ...rest], ["User: ida", "  Deleted user", ""]);
    assert.match(removed!, dependent.line);
    assert.deepEqual(await userNames(), []);
  });
}

peerTest("moto: delete-user with everything at once", async () => {
  const { code, stdout, stderr } = await deleteWith(...DEPENDENTS);
  assert.equal(code, 0, stderr);
  assert.equal(stdout.trim().split("\n").length, DEPENDENTS.length + 2);
  assert.deepEqual(await userNames(), []);
  assert.deepEqual((await iam.getGroup({ GroupName: "staff" })).Users, []);
  assert.deepEqual((await iam.listVirtualMFADevices({})).VirtualMFADevices, []);
});

peerTest("moto: delete-user of several, one of whom does not exist", async () => {
  await moto.reset();
  for (const name of ["one", "two"]) await iam.createUser({ UserName: name });
  const ran = await runCli(["delete-user", "one", "nobody", "two"], { env: moto.env });
  assert.equal(ran.code, 1);
  assert.match(ran.stderr, /User does not exist: nobody/);
  assert.deepEqual(await userNames(), []);
});

peerTest("moto: delete-user of what create has made", async () => {
  await moto.reset();
  for (const args of [["create", "one", "two", "-c"], ["delete-user", "s3.read-write.one,two"]]) {
    const { code, stderr } = await runCli(args, { env: moto.env });
    assert.equal(code, 0, stderr);
  }
  assert.deepEqual(await userNames(), []);
});
