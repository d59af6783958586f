/** What the page of the sandbox says is missing is missing, and nothing else is. */
import { IAM } from "@aws-sdk/client-iam";
import { S3 } from "@aws-sdk/client-s3";
import { STS } from "@aws-sdk/client-sts";
import assert from "node:assert/strict";
import { AWS_OPERATIONS } from "../../lib/sandbox/aws_operations.ts";
import { ROUTES } from "../../lib/sandbox/s3/service.ts";
import { unimplementedOperations } from "../../scripts/sandbox_page.ts";
import { sign } from "./auth/sign.ts";
import { type Room, room } from "./helpers.ts";
import { s3Room } from "./s3/helpers.ts";

/** The operations that one of AWS's clients has. */
function operationsOf(client: { prototype: object }): string[] {
  return Object.getOwnPropertyNames(client.prototype)
    .filter((name) => !/^(constructor|destroy|send|paginate.*|waitUntil.*)$/.test(name))
    .map((name) => name.charAt(0).toUpperCase() + name.slice(1))
    .sort();
}

const flat = (subjects: Record<string, readonly string[]>) => Object.values(subjects).flat();
const missing = unimplementedOperations();

for (const [service, client] of [["iam", IAM], ["sts", STS]] as const) {
  Deno.test(`AWS_OPERATIONS: has each operation of ${service} that AWS's client has`, () => {
    assert.deepEqual(flat(AWS_OPERATIONS[service]).sort(), operationsOf(client));
  });
}

const VERSIONS = { iam: "2010-05-08", sts: "2011-06-15" };

/** Calls an operation without parameters. */
async function statusOf(r: Room, service: "iam" | "sts", name: string): Promise<string> {
  const { url, init } = sign(`${r.sandbox.url}/`, {
    service,
    keys: r.sandbox.credentials,
    method: "POST",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    body: `Action=${name}&Version=${VERSIONS[service]}`,
  });
  const response = await fetch(url, init);
  const [, code] = /<Code>(\w+)<\/Code>/.exec(await response.text()) ?? [];
  return `${response.status} ${code ?? ""}`;
}

for (const service of ["iam", "sts"] as const) {
  Deno.test(`${service}: exactly what the page lists is answered with 501`, async () => {
    await using r = await room();
    const unimplemented: string[] = [];
    for (const name of flat(AWS_OPERATIONS[service])) {
      const status = await statusOf(r, service, name);
      if (status === "501 NotImplemented") unimplemented.push(name);
      assert.doesNotMatch(status, /InvalidAction|InternalError/, name);
    }
    const listed = flat(missing[service === "iam" ? "IAM" : "STS"]);
    assert.deepEqual(unimplemented.sort(), [...listed].sort());
  });
}

Deno.test("iam: what is only a permission and no call is InvalidAction", async () => {
  await using r = await room();
  assert.equal(await statusOf(r, "iam", "PassRole"), "400 InvalidAction");
});

/** Signed for services of their own, which the sandbox doesn't have. */
const OTHER_SERVICES = ["ListDirectoryBuckets", "WriteGetObjectResponse"];
/** The sandbox calls these as CloudTrail does. */
const OTHER_NAMES: Record<string, string> = {
  GetBucketLifecycleConfiguration: "GetBucketLifecycle",
  PutBucketLifecycleConfiguration: "PutBucketLifecycle",
};
/** Enough for every operation to be sent, and to be known by what is sent. */
const INPUT = {
  Bucket: "mine",
  Key: "key",
  Id: "1",
  AnnotationName: "a",
  CopySource: "mine/key",
  PartNumber: 1,
  UploadId: "1",
  RenameSource: "/mine/key",
  Body: "body",
};

Deno.test("s3: every call is taken for what it is, and exactly what the page lists gets a 501", async () => {
  await using r = await s3Room({ buckets: ["mine"] });
  await r.s3.putObject({ Bucket: "mine", Key: "other", Body: "body" });
  const calls = r.s3 as unknown as Record<string, (input: object) => Promise<unknown>>;
  const unimplemented: string[] = [];
  for (const name of operationsOf(S3)) {
    if (OTHER_SERVICES.includes(name)) continue;
    const method = name.charAt(0).toLowerCase() + name.slice(1);
    r.sandbox.requests.length = 0;
    const error: unknown = await calls[method]!(INPUT).catch((reason) => reason);
    const taken = r.sandbox.requests.map(({ operation }) => operation);
    assert.deepEqual(taken, [OTHER_NAMES[name] ?? name]);
    if (error instanceof Error && error.name === "NotImplemented") unimplemented.push(name);
  }
  assert.deepEqual(unimplemented, [...flat(missing.S3)].sort());
});

Deno.test("s3: each row of the table that has no code is on the page", () => {
  const rows = ROUTES.filter(({ run }) => run === undefined).map(({ name }) => name);
  assert.deepEqual(rows.sort(), [...flat(missing.S3)].sort());
});

Deno.test("other services: 501 says what the sandbox has", async () => {
  await using r = await room();
  const service = "kms" as "iam";
  const { url, init } = sign(r.sandbox.url, { service, keys: r.sandbox.credentials });
  const response = await fetch(url, init);
  assert.equal(response.status, 501);
  assert.match(await response.text(), /has IAM, STS and S3, .* signed for: kms/);
});

Deno.test("S3 Control: 501 for all but the public access block of the account", async () => {
  await using r = await room();
  // The client of S3 Control puts the account before the host, which only works for a name.
  const { url, init } = sign(`${r.sandbox.url}/v20180820/accesspoint`, {
    service: "s3",
    keys: r.sandbox.credentials,
    headers: { "x-amz-account-id": "123456789012" },
  });
  const response = await fetch(url, init);
  assert.equal(response.status, 501);
  assert.match(await response.text(), /<Code>NotImplemented<\/Code>/);
});
