/**
 * The proof of least privilege before a policy engine that is not ours: temporary keys that `create`
 * gets from MinIO are put to MinIO and to the sandbox, and the verdicts are compared.
 */
import assert from "node:assert/strict";
import type { Attempt } from "../proof/attempt.ts";
import { type AttemptName, ATTEMPTS, EXPECTED, PERMISSIONS } from "../proof/cases.ts";
import { BUCKET, type Clients, openStage, outcome, PREFIX } from "../proof/stage.ts";
import { ASKED_BY_ANOTHER_NAME, DIFFERENT, NOT_OFFERED } from "./minio_cases.ts";
import { minioOutcome, openMinioStage, type Verdict } from "./minio_stage.ts";
import {
  ANY_ROLE,
  createTemporary,
  hasMinio,
  minioEnv,
  minioTest,
  temporaryArgs,
  UNKNOWN_TO_MINIO,
} from "./minio.ts";
import { runCli } from "./support.ts";

const HOLDERS = PERMISSIONS.flatMap((permission, sign) =>
  ([[], ["--prefix", PREFIX]] as const).map((reach, column) => ({
    name: `${permission}, ${column === 0 ? "whole bucket" : `prefix ${PREFIX}`}`,
    args: [...(permission === "read-write" ? [] : [`--${permission}`]), ...reach],
    expects: (columns: readonly [string, string]) =>
      columns[column as 0 | 1][sign] === "+" ? "allowed" : "denied",
  }))
);

interface Holder {
  name: string;
  expects(columns: readonly [string, string]): "allowed" | "denied";
  atMinio: Clients;
  inSandbox: Clients;
}

const stages = hasMinio
  ? { minio: await openMinioStage(), sandbox: await openStage() }
  : undefined as never;
const holders: Holder[] = [];
if (hasMinio) {
  Deno.test.afterAll(async () => {
    await stages.minio.close();
    await stages.sandbox.close();
  });
  for (const holder of HOLDERS) {
    const temporary = ["--duration", "15m"];
    holders.push({
      ...holder,
      atMinio: stages.minio.clientsFor(
        await createTemporary(stages.minio.minio, BUCKET, holder.args),
      ),
      inSandbox: stages.sandbox.clientsFor(
        await stages.sandbox.create([BUCKET, ...holder.args, ...temporary]),
      ),
    });
  }
}

/** How many cases ended how. */
const counts = { agreed: 0, byAnotherName: 0, different: 0, notOffered: 0 };

let isPristine = true;

/** Makes an attempt at MinIO; a denied one must not have changed anything. */
async function atMinio({ action, run, prepare }: Attempt, as: Clients): Promise<Verdict> {
  if (!isPristine) await stages.minio.reset();
  isPristine = true;
  const prepared = await prepare?.(stages.minio.owner) ?? "";
  const before = await stages.minio.state();
  const verdict = await minioOutcome(run(as, prepared));
  if (verdict === "denied") assert.deepEqual(await stages.minio.state(), before);
  else isPristine = READS.test(action);
  return verdict;
}

const READS = /^s3:(Get|List)/;

/** Some calls that MinIO doesn't offer are refused to those who may not even so. */
const SOUND: Verdict[] = ["allowed", "unknown: NotImplemented"];

async function inSandbox({ run, prepare }: Attempt, as: Clients): Promise<string> {
  stages.sandbox.reset();
  const prepared = await prepare?.(stages.sandbox.admin) ?? "";
  return await outcome(run(as, prepared));
}

/** Connections stay open from one test to the next. */
function check(name: string, fn: () => Promise<void>): void {
  minioTest(name, fn, { sanitizeOps: false, sanitizeResources: false });
}

check("minio: what it doesn't know in a policy is left out, and named", async () => {
  for (const args of [[], ["--read-only"], ["--prefix", PREFIX]]) {
    const ran = await runCli(temporaryArgs(stages.minio.minio, BUCKET, args), {
      env: minioEnv(stages.minio.minio),
    });
    assert.equal(ran.code, 0, ran.stderr);
    assert.equal(
      ran.stderr,
      `Assume role against ${ANY_ROLE} for 900s\n` +
        `Omitted from the policy, since this server does not know it: ${UNKNOWN_TO_MINIO}\n`,
    );
  }
});

check("minio: the policy of write-only credentials is taken as it is", async () => {
  for (const args of [["--write-only"], ["--write-only", "--prefix", PREFIX]]) {
    const { minio, clientsFor } = stages.minio;
    const ran = await runCli(temporaryArgs(minio, BUCKET, args), { env: minioEnv(minio) });
    assert.equal(ran.code, 0, ran.stderr);
    const { s3 } = clientsFor(JSON.parse(ran.stdout));
    const target = { Bucket: BUCKET, Key: "reports/new.txt" };
    isPristine = false;
    await s3.putObject({ ...target, Body: "new" });
    assert.equal(await minioOutcome(s3.getObject(target)), "denied");
  }
});

for (const [name, attempt] of Object.entries(ATTEMPTS) as [AttemptName, Attempt][]) {
  const missing = NOT_OFFERED[name];
  if (missing !== undefined) {
    check(`minio looks at nobody's rights: ${name}: ${missing}`, async () => {
      const answer = await atMinio(attempt, stages.minio.owner);
      assert.notEqual(answer, "denied");
      for (const holder of holders) {
        assert.equal(await atMinio(attempt, holder.atMinio), answer, holder.name);
        counts.notOffered++;
      }
    });
    continue;
  }
  check(`minio's owner, so that the attempt is sound: ${name}: allowed`, async () => {
    assert.ok(SOUND.includes(await atMinio(attempt, stages.minio.owner)));
  });
  const exception = DIFFERENT[name];
  const title = exception === undefined
    ? `minio and the sandbox agree: ${name}`
    : `minio decides otherwise: ${name}: ${exception.why}`;
  check(title, async () => {
    for (const holder of holders) {
      const sandbox = await inSandbox(attempt, holder.inSandbox);
      const minio = await atMinio(attempt, holder.atMinio);
      assert.equal(sandbox, holder.expects(EXPECTED[name]), `sandbox: ${holder.name}`);
      assert.equal(minio, holder.expects(exception?.minio ?? EXPECTED[name]), holder.name);
      if (sandbox !== minio) counts.different++;
      else if (name in ASKED_BY_ANOTHER_NAME) counts.byAnotherName++;
      else counts.agreed++;
    }
  });
}

check("minio lists no bucket but the one that the credentials are for", async () => {
  for (const { name, expects, atMinio: { s3 } } of holders) {
    if (expects(DIFFERENT["list buckets"]!.minio) === "denied") continue;
    const { Buckets } = await s3.listBuckets();
    assert.deepEqual(Buckets?.map(({ Name }) => Name), [BUCKET], name);
  }
});

check("minio and the sandbox agree on most cases, and each exception is one", () => {
  const total = Object.values(counts).reduce((sum, count) => sum + count);
  assert.equal(total, Object.keys(ATTEMPTS).length * holders.length);
  assert.ok(counts.agreed >= 400, `${counts.agreed} cases agree`);
  // deno-lint-ignore no-console
  console.log(
    `MinIO and the sandbox: ${counts.agreed} cases agree, and ${counts.byAnotherName} that MinIO ` +
      `asks by another name; ${counts.different} differ as listed, ${counts.notOffered} are not ` +
      `offered by MinIO`,
  );
  return Promise.resolve();
});
