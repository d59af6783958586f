/**
 * A year in the life of twenty keys on moto's server, as far as it goes: its clock stands, it evaluates no
 * policies, so that keys neither expire nor are refused, and it is not asked who used them. Our clock
 * moves, so that the times of rotation and of users without a key pass.
 */
import assert from "node:assert/strict";
import { IAM } from "@aws-sdk/client-iam";
import { run } from "../support/run.ts";
import { type AccountUser, liveAYear } from "../support/year.ts";
import { type Moto, startMoto } from "./moto.ts";
import { hasPeers, peerTest } from "./support.ts";

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

async function account(): Promise<Record<string, AccountUser>> {
  const { Users = [] } = await iam.listUsers({});
  const names = Users.map(({ UserName = "" }) => UserName).filter((name) => name !== "others");
  return Object.fromEntries(
    await Promise.all(names.map(async (UserName) => {
      const { AccessKeyMetadata = [] } = await iam.listAccessKeys({ UserName });
      const keys = AccessKeyMetadata.map(({ AccessKeyId, Status }) => [AccessKeyId, Status]);
      return [UserName, { keys: Object.fromEntries(keys) }];
    })),
  );
}

peerTest(
  "a year in the life of twenty keys on moto ends in the account that the model says",
  async () => {
    let time = Date.now();
    const env = moto.env;
    const at = { env, now: () => new Date(time) };
    // Without our tags, and without a key in the end: it is no orphan of ours.
    const others = ["create", "my-bucket", "-c", "--username", "others", "--no-own-tags"];
    const { stdout } = await run(others, at);
    await run(["delete-key", JSON.parse(stdout).AccessKeyId], at);
    const done = await liveAYear({
      isComplete: false,
      now: () => time,
      advance: (ms) => void (time += ms),
      run: (args) => run(args, at),
      account,
    }, 1);
    const { Users = [] } = await iam.listUsers({});
    assert.ok(Users.some(({ UserName }) => UserName === "others"));
    for (const step of ["rotate", "rotate --finish", "rotate --rollback", "delete-key", "prune"]) {
      assert.ok((done.get(step) ?? 0) > 0, step);
    }
  },
);
