import { IAM } from "@aws-sdk/client-iam";
import assert from "node:assert/strict";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { allow, type Keys, refusal, room, trust, userWithKey } from "./helpers.ts";

const MINUTE = 60 * 1000;
const HOUR = 60 * MINUTE;
const LATER = new Date("2031-02-03T04:05:06Z");

Deno.test("clock: is that of the machine until it is moved", async () => {
  await using sandbox = await startSandbox();
  const before = Date.now();
  const now = sandbox.clock.now().getTime();
  assert.ok(before <= now && now <= Date.now());
  sandbox.clock.advance(HOUR);
  assert.ok(sandbox.clock.now().getTime() >= now + HOUR);
  sandbox.clock.set(LATER);
  assert.equal(sandbox.clock.now().getFullYear(), 2031);
});

Deno.test("clock: dates new users, keys and answers", async () => {
  await using sandbox = await startSandbox();
  sandbox.clock.set(LATER);
  const { url: endpoint, region, credentials } = sandbox;
  const iam = new IAM({ endpoint, region, credentials });
  const { User } = await iam.createUser({ UserName: "u" });
  const { AccessKey } = await iam.createAccessKey({ UserName: "u" });
  iam.destroy();
  assert.equal(User!.CreateDate!.getFullYear(), 2031);
  assert.equal(AccessKey!.CreateDate!.getFullYear(), 2031);
});

Deno.test("clock: a client that is refused for an hour's difference corrects its own", async () => {
  await using sandbox = await startSandbox();
  sandbox.clock.advance(HOUR);
  const { url: endpoint, region, credentials } = sandbox;
  const iam = new IAM({ endpoint, region, credentials });
  await iam.listUsers({});
  iam.destroy();
  assert.deepEqual(sandbox.requests.map(({ errorCode }) => errorCode), [
    "SignatureDoesNotMatch",
    undefined,
  ]);
});

Deno.test("clock: a signature older than fifteen minutes is refused", async () => {
  await using r = await room();
  await r.iam.listUsers({});
  r.sandbox.clock.advance(HOUR);
  assert.match((await refusal(r.iam.listUsers({}))).message, /^Signature expired: /);
  r.sandbox.clock.advance(-2 * HOUR);
  assert.match((await refusal(r.iam.listUsers({}))).message, /^Signature not yet current: /);
});

Deno.test("clock: days off, signatures with the time of this machine are accepted too", async () => {
  await using r = await room();
  for (const days of [30, -30]) {
    r.sandbox.clock.set(new Date(Date.now() + days * 24 * HOUR));
    // A client of the SDK follows each response's date, so each has only one.
    await r.iamAs(r.sandbox.credentials).listUsers({});
    await r.stsAs(r.sandbox.credentials).getCallerIdentity({});
  }
});

Deno.test("clock: ends sessions", async () => {
  await using r = await room();
  const AssumeRolePolicyDocument = trust("arn:aws:iam::123456789012:root");
  await r.iam.createRole({ RoleName: "r", AssumeRolePolicyDocument });
  const { Credentials } = await r.sts.assumeRole({
    RoleArn: "arn:aws:iam::123456789012:role/r",
    RoleSessionName: "me",
    DurationSeconds: 900,
  });
  const keys: Keys = {
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  };
  await r.stsAs(keys).getCallerIdentity({});
  r.sandbox.clock.advance(14 * MINUTE);
  await r.stsAs(keys).getCallerIdentity({});
  r.sandbox.clock.advance(2 * MINUTE);
  assert.equal((await refusal(r.stsAs(keys).getCallerIdentity({}))).code, "ExpiredToken");
});

Deno.test("clock: decides conditions on the time", async () => {
  await using r = await room();
  const until = new Date(r.sandbox.clock.now().getTime() + 10 * MINUTE).toISOString();
  const keys = await userWithKey(r.iam, "u", {
    Version: "2012-10-17",
    Statement: [{
      ...(allow("iam:ListUsers") as { Statement: object[] }).Statement[0],
      Condition: { DateLessThan: { "aws:CurrentTime": until } },
    }],
  });
  const iam = r.iamAs(keys);
  await iam.listUsers({});
  r.sandbox.clock.advance(11 * MINUTE);
  assert.equal((await refusal(iam.listUsers({}))).code, "AccessDenied");
});
