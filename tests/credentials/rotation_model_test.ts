/**
 * Rotation against a model: random sequences of its steps, of use, of time that passes and of calls that fail
 * or whose answers are lost. The states are those of `docs/keys.md`.
 */
import fc from "fast-check";
import assert from "node:assert/strict";
import {
  type Aws,
  connect,
  finishRotation,
  rollBackRotation,
  rotateKey,
  rotationStatus,
  S3CredentialsError,
} from "@s3creds/cli";
import { type AccessKey, type Sandbox, startSandbox } from "../../lib/sandbox/mod.ts";
import { createAccessKey, createUser } from "../../lib/sandbox/seed.ts";
import { RUNS } from "../support/arbitraries.ts";

const USER = "rotating";
const DAY_SECONDS = 86_400;

type Step =
  | { kind: "rotate" | "finish" | "rollback" }
  | { kind: "use"; which: 0 | 1 }
  | { kind: "pass"; seconds: number }
  | { kind: "fail"; operation: string; isAfter: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.constantFrom<Step>({ kind: "rotate" }, { kind: "finish" }, { kind: "rollback" }),
  fc.record({ kind: fc.constant("use" as const), which: fc.constantFrom(0 as const, 1 as const) }),
  fc.record({
    kind: fc.constant("pass" as const),
    seconds: fc.constantFrom(10, 3600, DAY_SECONDS - 10, DAY_SECONDS),
  }),
  fc.record({
    kind: fc.constant("fail" as const),
    operation: fc.constantFrom(
      ...["CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey", "TagUser", "UntagUser"],
      ...["ListAccessKeys", "GetAccessKeyLastUsed", "GetUser"],
    ),
    isAfter: fc.boolean(),
  }),
);

/** The keys, the older one first. */
function keysOf({ account }: Sandbox): AccessKey[] {
  return [...account.users.get(USER)!.accessKeys.values()]
    .sort((one, other) => +one.createDate - +other.createDate);
}

async function take(step: Step, sandbox: Sandbox, aws: Aws): Promise<void> {
  const now = sandbox.clock.now();
  switch (step.kind) {
    case "rotate":
      return void await rotateKey(aws, USER, { patienceMs: 0 });
    case "finish":
      return void await finishRotation(aws, USER, { now });
    case "rollback":
      return void await rollBackRotation(aws, USER);
    case "pass":
      return sandbox.clock.advance(1000 * step.seconds);
    case "use": {
      const key = keysOf(sandbox)[step.which];
      if (key?.status === "Active") {
        key.lastUsed = { date: now, service: "s3", region: "us-east-1" };
      }
      return;
    }
    case "fail": {
      const error = { status: 400, code: "ServiceFailure", message: "Not now" };
      const { operation, isAfter: after } = step;
      return sandbox.fail({ operation, error, after });
    }
  }
}

/** Without force, no step takes away a key that may be needed. */
function checkStep(before: AccessKey[], after: AccessKey[], { kind }: Step, now: Date): void {
  const isActive = ({ status }: AccessKey) => status === "Active";
  if (before.some(isActive)) assert.ok(after.some(isActive), "a key that works is left");
  const [older, newer] = before;
  for (const key of before) {
    const left = after.find(({ accessKeyId }) => accessKeyId === key.accessKeyId);
    const wasUsed = (since: Date) => key.lastUsed !== undefined && key.lastUsed.date > since;
    if (left === undefined) {
      assert.notEqual(before.length, 1, "the only key is never deleted");
      if (key === older) {
        assert.equal(key.status, "Inactive", "no active old key is deleted");
        assert.ok(!wasUsed(new Date(+now - 1000 * DAY_SECONDS)), "nor one used within the grace");
        assert.equal(newer?.status, "Active");
      } else {
        assert.equal(kind, "rollback");
        assert.equal(key.lastUsed, undefined, "no new key is deleted that was used");
        assert.ok(after.some((one) => one.accessKeyId === older!.accessKeyId && isActive(one)));
      }
    } else if (isActive(key) && !isActive(left)) {
      assert.equal(kind, "finish");
      assert.equal(key, older);
      assert.ok(!wasUsed(newer!.createDate), "no old key is deactivated that was used since");
    }
  }
}

/** From any state, patience alone leads to one key that works. */
async function goToTheEnd(sandbox: Sandbox, aws: Aws): Promise<void> {
  sandbox.clearFaults();
  for (let tries = 0; keysOf(sandbox).length > 1; tries++) {
    assert.ok(tries < 5, JSON.stringify(await rotationStatus(aws, USER)));
    sandbox.clock.advance(1000 * (DAY_SECONDS + 10));
    const now = sandbox.clock.now();
    const [older, newer] = keysOf(sandbox);
    // The old key is in use: a person puts the new one in its place, and says so.
    const force = older!.lastUsed !== undefined && older!.lastUsed.date > newer!.createDate;
    await finishRotation(aws, USER, { now, force: force && older!.status === "Active" });
  }
  assert.equal((await rotationStatus(aws, USER)).State, "single");
  assert.equal(keysOf(sandbox)[0]!.status, "Active");
}

Deno.test("rotation: random steps, use, time and failures leave a key that works, and lead to an end", async () => {
  await using sandbox = await startSandbox();
  const now = () => sandbox.clock.now();
  using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials, now });
  let changes = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 14 }), async (steps) => {
      const user = createUser(sandbox.account.id, USER);
      const key = createAccessKey(sandbox.clock.now());
      user.accessKeys.set(key.accessKeyId, key);
      sandbox.account.users.set(USER, user);
      sandbox.clock.advance(10_000);
      for (const one of steps) {
        const before = keysOf(sandbox).map((key) => ({ ...key }));
        const now = sandbox.clock.now();
        await take(one, sandbox, aws).catch((error) => {
          if (!(error instanceof S3CredentialsError)) throw error;
        });
        const after = keysOf(sandbox);
        checkStep(before, after, one, now);
        if (after.length !== before.length) changes++;
        // Keys of one second have no order.
        sandbox.clock.advance(1000);
      }
      await goToTheEnd(sandbox, aws);
    }),
    { numRuns: 50 * RUNS },
  );
  assert.ok(changes > 10, String(changes));
});
