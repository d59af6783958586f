/**
 * Where a bucket stands in the address: virtual hosts, access points, and who pays for the requests.
 */
import assert from "node:assert/strict";
import { connect, presignUrl } from "@s3creds/cli";
import { type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { runOn } from "../../support/machine.ts";
import { type Proxy, startProxy } from "../../support/proxy.ts";
import { type Ran, run, sandboxEnv } from "../../support/run.ts";

/** An endpoint that only the proxy can find, under a name by which the sandbox takes virtual hosts. */
const HOST = "s3.us-test-1.amazonaws.com";
const BUCKET = "my-bucket";
const ACCESS_POINT = "arn:aws:s3:us-east-1:123456789012:accesspoint/team";

interface Stage {
  sandbox: Sandbox;
  proxy: Proxy;
  env: Record<string, string>;
  run(...args: string[]): Promise<Ran>;
}

function test(name: string, work: (stage: Stage) => Promise<void>): void {
  Deno.test(`addressing: ${name}`, async () => {
    // To the sandbox, an access point is a bucket by the name that stands in the host.
    await using sandbox = await startSandbox({ buckets: [BUCKET, "team-123456789012"] });
    await using proxy = await startProxy(sandbox);
    const env = { AWS_ENDPOINT_URL: `http://${HOST}`, HTTP_PROXY: proxy.url };
    await work({
      sandbox,
      proxy,
      env,
      run: (...args) => run(args, { sandbox, env, stdin: "hello" }),
    });
  });
}

const succeeded = ({ code, stderr }: Ran) => assert.equal(code, 0, stderr);

test("--addressing virtual puts the bucket into the host name", async ({ run, proxy, sandbox }) => {
  const virtual = ["--addressing", "virtual"];
  succeeded(await run("put-object", BUCKET, "a b", "-", ...virtual));
  const listed = await run("list-bucket", BUCKET, "--urls", ...virtual);
  assert.equal(JSON.parse(listed.stdout)[0].URL, `http://${BUCKET}.${HOST}/a%20b`);
  succeeded(await run("set-cors-policy", BUCKET, ...virtual));
  const asked = proxy.asked.map((line) => line.split("?")[0]!);
  assert.deepEqual(
    new Set(asked),
    new Set([
      `PUT http://${BUCKET}.${HOST}/a%20b`,
      `GET http://${BUCKET}.${HOST}/`,
      `PUT http://${BUCKET}.${HOST}/`,
    ]),
  );
  assert.ok(sandbox.account.buckets.get(BUCKET)!.objects.has("a b"));
});

test("addressing_style of the profile counts, --addressing before it", async (stage) => {
  const { sandbox, proxy, env } = stage;
  const { accessKeyId, secretAccessKey } = sandbox.credentials;
  const machine = {
    config: () => "[default]\ns3 =\n  addressing_style = virtual\n",
    credentials: () =>
      `[default]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`,
    env: () => env,
  };
  succeeded(await runOn(machine, sandbox, ["list-bucket", BUCKET]));
  succeeded(await runOn(machine, sandbox, ["list-bucket", BUCKET, "--addressing", "path"]));
  assert.deepEqual(proxy.asked.map((line) => line.split("?")[0]), [
    `GET http://${BUCKET}.${HOST}/`,
    `GET http://${HOST}/${BUCKET}`,
  ]);
});

test("an access point's ARN stands for a bucket", async ({ run, proxy, sandbox }) => {
  succeeded(await run("put-object", ACCESS_POINT, "k", "-"));
  assert.equal((await run("get-object", ACCESS_POINT, "k")).stdout, "hello");
  const listed = await run("list-bucket", ACCESS_POINT);
  assert.equal(JSON.parse(listed.stdout)[0].Key, "k");
  succeeded(await run("delete-objects", ACCESS_POINT, "k"));
  assert.equal(sandbox.account.buckets.get("team-123456789012")!.objects.size, 0);
  const hosts = proxy.asked.map((line) => new URL(line.split(" ")[1]!).host);
  assert.deepEqual(new Set(hosts), new Set([`team-123456789012.${HOST}`]));
});

test("an access point of Amazon's has its own host and region", async () => {
  const credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "secret" };
  using aws = connect({ credentials, region: "us-east-1", env: () => undefined });
  const arn = ACCESS_POINT.replace("us-east-1", "eu-west-1");
  const url = new URL(await presignUrl(aws, arn, "k", { region: "us-east-1" }));
  assert.equal(url.host, "team-123456789012.s3-accesspoint.eu-west-1.amazonaws.com");
  assert.match(url.searchParams.get("X-Amz-Credential")!, /\/eu-west-1\/s3\/aws4_request$/);
});

Deno.test("access points: refused where their host name can't be had", async () => {
  await using sandbox = await startSandbox();
  const atAddress = await run(["list-bucket", ACCESS_POINT], { sandbox });
  assert.equal(atAddress.code, 2);
  assert.match(atAddress.stderr, /An access point is a part of the host name, but the endpoint/);
  const env = { ...sandboxEnv(sandbox), AWS_ENDPOINT_URL: `http://${HOST}` };
  const byPath = await run(["list-bucket", ACCESS_POINT, "--addressing", "path"], { env });
  assert.equal(byPath.code, 2);
  assert.match(byPath.stderr, /but addressing is by path/);
  assert.deepEqual(sandbox.requests, []);
});

Deno.test("--request-payer: each request for objects says that the caller pays", async () => {
  const headers: (string | null)[] = [];
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, (request) => {
    headers.push(request.headers.get("x-amz-request-payer"));
    const { method } = request;
    if (method === "POST") return new Response("<DeleteResult></DeleteResult>");
    if (method === "PUT") return new Response(null, { headers: { etag: '"e"' } });
    return new Response("<ListBucketResult></ListBucketResult>");
  });
  const credentials = { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "secret" };
  const env = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${server.addr.port}`,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  };
  const commands = [
    ["list-bucket", BUCKET],
    ["get-object", BUCKET, "k"],
    ["put-object", BUCKET, "k", "-"],
    ["delete-objects", BUCKET, "k"],
  ];
  for (const command of commands) {
    succeeded(await run([...command, "--request-payer"], { env, stdin: "x" }));
  }
  assert.deepEqual(headers, commands.map(() => "requester"));
  const url = await run(
    ["presign", BUCKET, "k", "--region", "us-east-1", "--request-payer"],
    { env },
  );
  assert.match(url.stdout, /[?&]x-amz-request-payer=requester&?/);
  succeeded(await run(["list-bucket", BUCKET], { env }));
  assert.equal(headers.at(-1), null);
  using aws = connect({ credentials, endpointUrl: env.AWS_ENDPOINT_URL, requestPayer: true });
  await (await aws.s3()).listObjectsV2({ Bucket: BUCKET });
  assert.equal(headers.at(-1), "requester");
});
