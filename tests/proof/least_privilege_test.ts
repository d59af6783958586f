/**
 * The proof of least privilege: each kind of credentials that create makes, put to everything that
 * its policy names and to a good deal that it doesn't, by real calls.
 */
import assert from "node:assert/strict";
import type { Attempt } from "./attempt.ts";
import { type AttemptName, ATTEMPTS, EXPECTED, NAMED_ACTIONS, PERMISSIONS } from "./cases.ts";
import { BUCKET, type Clients, openStage, outcome, PREFIX } from "./stage.ts";

const REACHES = [
  { reach: "whole bucket", column: 0, args: [] },
  { reach: `prefix ${PREFIX}`, column: 1, args: ["--prefix", PREFIX] },
] as const;

interface Holder {
  name: string;
  args: string[];
  expects(attempt: AttemptName): "allowed" | "denied";
}

const HOLDERS: Holder[] = PERMISSIONS.flatMap((permission, sign) =>
  REACHES.flatMap(({ reach, column, args }) => {
    const flag = permission === "read-write" ? [] : [`--${permission}`];
    const lifetimes = {
      permanent: ["--username", `proof-${permission}-${column}`],
      temporary: ["--duration", "15m"],
    };
    return Object.entries(lifetimes).map(([lifetime, more]) => ({
      name: `${permission}, ${reach}, ${lifetime}`,
      args: [BUCKET, ...flag, ...args, ...more],
      expects: (attempt: AttemptName) =>
        EXPECTED[attempt][column][sign] === "+" ? "allowed" : "denied",
    }));
  })
);

const stage = await openStage();
const clients = new Map<string, Clients>();
for (const { name, args } of HOLDERS) clients.set(name, stage.clientsFor(await stage.create(args)));
Deno.test.afterAll(() => stage.close());

/** Connections stay open from one test to the next. */
function check(name: string, fn: () => Promise<void> | void): void {
  Deno.test({ name, fn, sanitizeOps: false, sanitizeResources: false });
}

const ALL = Object.entries(ATTEMPTS) as [AttemptName, Attempt][];

/** Makes an attempt; a denied one must not have changed anything. */
async function attempt({ action, run, prepare }: Attempt, as: Clients) {
  stage.reset();
  const prepared = await prepare?.(stage.admin) ?? "";
  const checkUnchanged = stage.remember();
  const first = stage.sandbox.requests.length;
  const result = await outcome(run(as, prepared));
  if (result === "denied") checkUnchanged();
  const asked = stage.sandbox.requests.slice(first).flatMap(({ permissions }) => permissions);
  assert.ok(
    asked.some((permission) => permission.action === action),
    `${action} was not asked for`,
  );
  return result;
}

check("there are twelve kinds of credentials, each its own", async () => {
  assert.equal(HOLDERS.length, 12);
  const identities = await Promise.all(
    HOLDERS.map(async ({ name }) => (await clients.get(name)!.sts.getCallerIdentity({})).Arn!),
  );
  for (const [index, arn] of identities.entries()) {
    const kind = HOLDERS[index]!.name.endsWith("permanent")
      ? /:user\/proof-/
      : /:assumed-role\/s3-credentials\.AmazonS3FullAccess\//;
    assert.match(arn, kind);
  }
});

check("every action that the policies name is attempted, and twenty more", () => {
  const actions = new Set(ALL.map(([, { action }]) => action));
  for (const action of NAMED_ACTIONS) assert.ok(actions.has(action), action);
  assert.ok(actions.size - NAMED_ACTIONS.length >= 20, `${actions.size} actions`);
});

for (const [name, tried] of ALL) {
  check(`administrator, so that the attempt is sound: ${name}: allowed`, async () => {
    assert.equal(await attempt(tried, stage.admin), "allowed");
  });
}

for (const holder of HOLDERS) {
  for (const [name, tried] of ALL) {
    const expected = holder.expects(name);
    check(`${holder.name}: ${name}: ${expected}`, async () => {
      assert.equal(await attempt(tried, clients.get(holder.name)!), expected);
    });
  }
}

for (const { name } of HOLDERS.filter(({ name }) => !name.startsWith("read-only"))) {
  check(`${name}: a multipart upload from start to end`, async () => {
    stage.reset();
    const { s3 } = clients.get(name)!;
    const target = { Bucket: BUCKET, Key: "reports/large.bin" };
    const { UploadId } = await s3.createMultipartUpload(target);
    // What is allowed for one part is so for all; large ones are tried in the sandbox's own tests.
    const part = { ...target, UploadId, PartNumber: 1 };
    const { ETag } = await s3.uploadPart({ ...part, Body: new Uint8Array(10) });
    const Parts = [{ PartNumber: 1, ETag }];
    await s3.completeMultipartUpload({ ...target, UploadId, MultipartUpload: { Parts } });
    const { ContentLength } = await stage.admin.s3.headObject(target);
    assert.equal(ContentLength, 10);
  });
}
