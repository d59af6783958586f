/** Regions, endpoints and flags, of options and of the environment. */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { run, sandboxEnv } from "../../support/run.ts";
import { keyUsedBy } from "./support.ts";

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(`authentication: ${name}`, async () => {
    await using sandbox = await startSandbox();
    await work(sandbox);
  });
}

test("--endpoint-url wins over the environment", async (sandbox) => {
  const env = { ...sandboxEnv(sandbox), AWS_ENDPOINT_URL: "http://127.0.0.1:1" };
  await keyUsedBy(sandbox, ["--endpoint-url", sandbox.url], { env });
});

test("AWS_ENDPOINT_URL_STS wins over AWS_ENDPOINT_URL", async (sandbox) => {
  const env = {
    ...sandboxEnv(sandbox),
    AWS_ENDPOINT_URL: "http://127.0.0.1:1",
    AWS_ENDPOINT_URL_STS: sandbox.url,
  };
  await keyUsedBy(sandbox, [], { env });
});

test("--region is the one that requests are signed for", async (sandbox) => {
  sandbox.account.buckets.clear();
  const { code } = await run(["create", "far-away", "-c", "--region", "eu-west-1"], { sandbox });
  assert.equal(code, 0);
  assert.equal(sandbox.account.buckets.get("far-away")?.region, "eu-west-1");
});

test("AWS_DEFAULT_REGION counts where AWS_REGION is not set", async (sandbox) => {
  const { AWS_REGION: _, ...env } = sandboxEnv(sandbox);
  await run(["create", "far-away", "-c"], { env: { ...env, AWS_DEFAULT_REGION: "eu-north-1" } });
  assert.equal(sandbox.account.buckets.get("far-away")?.region, "eu-north-1");
});

const WRONG: Record<string, [Record<string, string>, RegExp]> = {
  "a region with a space": [
    { AWS_REGION: "us-east-1 " },
    /^Error: Invalid region "us-east-1 " in AWS_REGION: expected a name such as eu-west-1$/m,
  ],
  "an empty default region": [
    { AWS_REGION: "", AWS_DEFAULT_REGION: "" },
    /^Error: Invalid region "" in AWS_DEFAULT_REGION/m,
  ],
  "a flag that is neither true nor false": [
    { AWS_USE_FIPS_ENDPOINT: "yes" },
    /^Error: Invalid value of AWS_USE_FIPS_ENDPOINT: expected true or false$/m,
  ],
};
for (const [name, [env, message]] of Object.entries(WRONG)) {
  for (const command of [["whoami"], ["list-bucket", "my-bucket"]]) {
    test(`${name}: ${command[0]} names the variable`, async (sandbox) => {
      const { code, stderr } = await run(command, { sandbox, env });
      assert.equal(code, 2);
      assert.match(stderr, message);
      assert.equal(sandbox.requests.length, 0);
    });
  }
}

test("FIPS with an endpoint of its own: names the variable, and S3 is called there", async (sandbox) => {
  const env = { AWS_USE_FIPS_ENDPOINT: "TRUE" };
  const { code, stderr } = await run(["whoami"], { sandbox, env });
  assert.equal(code, 2);
  assert.match(
    stderr,
    /^Error: Amazon's FIPS endpoints and the endpoint \S+ cannot both be used\nUnset AWS_USE_FIPS_ENDPOINT/m,
  );
  assert.equal((await run(["list-buckets"], { sandbox, env })).code, 0);
  const dualstack = { AWS_USE_DUALSTACK_ENDPOINT: "true" };
  assert.equal((await run(["whoami"], { sandbox, env: dualstack })).code, 0);
});

test("FIPS where there is none: names the variable", async () => {
  const env = {
    AWS_ACCESS_KEY_ID: "AKIA1",
    AWS_SECRET_ACCESS_KEY: "x",
    AWS_REGION: "cn-north-1",
    AWS_USE_FIPS_ENDPOINT: "true",
  };
  const { code, stderr } = await run(["list-buckets"], { env });
  assert.equal(code, 2, stderr);
  assert.match(
    stderr,
    /Partition does not support FIPS\n.*AWS_USE_FIPS_ENDPOINT and AWS_USE_DUALSTACK_ENDPOINT/,
  );
});
