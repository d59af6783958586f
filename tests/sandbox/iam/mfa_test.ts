import assert from "node:assert/strict";
import { allow, refusal, type Room, room, userWithKey } from "../helpers.ts";

const SerialNumber = "arn:aws:iam::123456789012:mfa/phone";
const CODES = { AuthenticationCode1: "123456", AuthenticationCode2: "654321" };

/** An account with an MFA device that nobody uses. */
async function mfaRoom(): Promise<Room> {
  const r = await room();
  const Tags = [{ Key: "team", Value: "blue" }];
  await r.iam.createVirtualMFADevice({ VirtualMFADeviceName: "phone", Tags });
  return r;
}

Deno.test("GetMFADevice, ResyncMFADevice: of a device in use", async () => {
  await using r = await mfaRoom();
  const { iam } = r;
  const UserName = "admin";
  const unused = { status: 404, code: "NoSuchEntity" };
  const message = `MFA Device with serial number ${SerialNumber} does not exist.`;
  assert.deepEqual(await refusal(iam.getMFADevice({ UserName, SerialNumber })), {
    ...unused,
    message,
  });
  assert.deepEqual(await refusal(iam.resyncMFADevice({ UserName, SerialNumber, ...CODES })), {
    ...unused,
    message,
  });
  await iam.enableMFADevice({ UserName, SerialNumber, ...CODES });
  const device = await iam.getMFADevice({ UserName, SerialNumber });
  assert.deepEqual([device.UserName, device.SerialNumber], [UserName, SerialNumber]);
  assert.ok(device.EnableDate instanceof Date);
  await iam.resyncMFADevice({ UserName, SerialNumber, ...CODES });
  const same = { ...CODES, AuthenticationCode2: CODES.AuthenticationCode1 };
  const wrong = await refusal(iam.resyncMFADevice({ UserName, SerialNumber, ...same }));
  assert.equal(wrong.code, "InvalidAuthenticationCode");
});

Deno.test("tags of MFA devices: set, seen by policies and removed", async () => {
  await using r = await mfaRoom();
  const { iam } = r;
  const policy = {
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Action: ["iam:ListMFADeviceTags", "iam:TagMFADevice"],
      Resource: SerialNumber,
      Condition: { StringEquals: { "aws:ResourceTag/team": "blue" } },
    }],
  };
  const blue = r.iamAs(await userWithKey(iam, "blue", policy));
  await blue.tagMFADevice({ SerialNumber, Tags: [{ Key: "floor", Value: "3" }] });
  const { Tags } = await blue.listMFADeviceTags({ SerialNumber });
  assert.deepEqual(Tags?.map(({ Key }) => Key), ["floor", "team"]);
  await iam.untagMFADevice({ SerialNumber, TagKeys: ["team"] });
  assert.equal((await refusal(blue.listMFADeviceTags({ SerialNumber }))).code, "AccessDenied");
  assert.deepEqual((await iam.listMFADeviceTags({ SerialNumber })).Tags?.length, 1);
  const missing = await refusal(iam.listMFADeviceTags({ SerialNumber: `${SerialNumber}-2` }));
  assert.equal(missing.code, "NoSuchEntity");
});

Deno.test("CreateVirtualMFADevice: tags take the permission to tag", async () => {
  await using r = await mfaRoom();
  const keys = await userWithKey(r.iam, "joe", allow("iam:CreateVirtualMFADevice"));
  const joe = r.iamAs(keys);
  const tagged = { VirtualMFADeviceName: "tablet", Tags: [{ Key: "team", Value: "red" }] };
  const denied = await refusal(joe.createVirtualMFADevice(tagged));
  assert.match(denied.message, /iam:TagMFADevice/);
  await joe.createVirtualMFADevice({ VirtualMFADeviceName: "tablet" });
  const again = await refusal(joe.createVirtualMFADevice({ VirtualMFADeviceName: "tablet" }));
  assert.deepEqual([again.status, again.message], [409, "MFA device already exists."]);
});
