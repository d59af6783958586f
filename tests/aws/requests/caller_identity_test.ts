/**
 * STS's answer to who calls, asked for without the SDK's client: the same address, signature, retries and
 * errors.
 */
import assert from "node:assert/strict";
import { connect, S3CredentialsError, whoami } from "@s3creds/cli";
import { startSandbox } from "@s3creds/cli/sandbox";
import { STS } from "@aws-sdk/client-sts";
import { Signer } from "../../../lib/aws/requests/signature.ts";
import { stsEndpoint } from "../../../lib/aws/requests/sts_endpoint.ts";
import { serviceError } from "../../../lib/aws/service_error.ts";
import { AUTHORITY } from "../../support/certificate.ts";
import { startProxy } from "../../support/proxy.ts";
import { run } from "../../support/run.ts";

const KEYS = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-of-the-test" };

function server(answer: (request: Request) => Response | Promise<Response>) {
  const http = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, answer);
  return {
    url: `http://127.0.0.1:${http.addr.port}`,
    [Symbol.asyncDispose]: () => http.shutdown(),
  };
}

/** How the regions of all partitions begin. */
const PREFIXES = [
  ...["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"],
  ...["cn", "us-gov", "us-iso", "us-isob", "us-isof", "eu-isoe", "eusc-de"],
];

Deno.test("stsEndpoint: is where the SDK calls, in every region, with FIPS and IPv6 or not", () => {
  const { config } = new STS({ region: "us-east-1", credentials: KEYS });
  for (const prefix of PREFIXES) {
    for (const place of ["east", "west", "central", "northeast", "southeast", "south", "test"]) {
      for (const useFips of [false, true]) {
        for (const useDualstack of [false, true]) {
          const region = `${prefix}-${place}-1`;
          const { url } = config.endpointProvider({
            Region: region,
            UseFIPS: useFips,
            UseDualStack: useDualstack,
          });
          assert.equal(new URL(stsEndpoint({ region, useFips, useDualstack })).href, url.href);
        }
      }
    }
  }
});

const HOSTS: [env: Record<string, string>, host: string][] = [
  [{ AWS_REGION: "us-east-1" }, "sts.us-east-1.amazonaws.com"],
  [{ AWS_REGION: "cn-north-1" }, "sts.cn-north-1.amazonaws.com.cn"],
  [{ AWS_USE_FIPS_ENDPOINT: "true" }, "sts-fips.us-east-1.amazonaws.com"],
  [{ AWS_USE_DUALSTACK_ENDPOINT: "true" }, "sts.us-east-1.api.aws"],
  [
    { AWS_REGION: "us-gov-west-1", AWS_USE_FIPS_ENDPOINT: "true" },
    "sts.us-gov-west-1.amazonaws.com",
  ],
  [{ AWS_REGION: "eu-west-1", AWS_STS_REGIONAL_ENDPOINTS: "" }, "sts.eu-west-1.amazonaws.com"],
];

Deno.test("whoami: calls Amazon's host for the region and the settings", async () => {
  await using sandbox = await startSandbox();
  await using proxy = await startProxy(sandbox);
  proxy.connectStatus = 403;
  for (const [settings, host] of HOSTS) {
    proxy.asked.length = 0;
    const { accessKeyId, secretAccessKey } = KEYS;
    const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey };
    const { code, stderr } = await run(["whoami"], {
      env: { ...keys, ...settings, HTTPS_PROXY: proxy.url },
    });
    assert.equal(code, 1);
    assert.match(stderr, /the proxy \S+ did not connect to the endpoint/);
    assert.deepEqual([...new Set(proxy.asked)], [`CONNECT ${host}:443`]);
  }
});

Deno.test("whoami: loads the SDK's client for what only that understands", async () => {
  await using sandbox = await startSandbox();
  const { url, credentials } = sandbox;
  const directory = await Deno.makeTempDir();
  const bundle = `${directory}/authority.pem`;
  await Deno.writeTextFile(bundle, AUTHORITY);
  const isLoaded = async (variables: Record<string, string>) => {
    using aws = connect({ credentials, env: (name) => variables[name] });
    aws.sts = () => Promise.reject(new Error("the SDK's client was loaded"));
    return await whoami(aws).then(
      ({ Account }) => assert.equal(Account, sandbox.account.id),
      (error) => error.message.includes("the SDK's client was loaded"),
    );
  };
  for (const region of ["aws-global", "aws-cn-global", "fips-us-west-2", "us-gov-east-1-fips"]) {
    assert.ok(await isLoaded({ AWS_REGION: region, AWS_ENDPOINT_URL: url }), region);
  }
  const legacy = { AWS_STS_REGIONAL_ENDPOINTS: "legacy" };
  assert.ok(await isLoaded(legacy));
  assert.ok(!await isLoaded({ ...legacy, AWS_ENDPOINT_URL: url }));
  // Our own connections trust other authorities besides.
  const secret = { AWS_CA_BUNDLE: bundle };
  assert.ok(await isLoaded(secret));
  const proxied = { AWS_ENDPOINT_URL: "http://aws.invalid", HTTP_PROXY: "https://proxy.invalid" };
  assert.ok(await isLoaded({ ...secret, ...proxied }));
  assert.ok(!await isLoaded({ ...secret, AWS_ENDPOINT_URL: url }));
  assert.ok(!await isLoaded({ AWS_ENDPOINT_URL: url }));
  await Deno.remove(directory, { recursive: true });
});

for (const path of ["/", "/base%20path/sts/"]) {
  Deno.test(`Signer: signs for STS as the SDK does, at the path ${path}`, async () => {
    const requests: { method: string; url: string; headers: Record<string, string> }[] = [];
    await using at = server(({ method, url, headers }) => {
      requests.push({ method, url, headers: Object.fromEntries(headers) });
      return new Response(null, { status: 400 });
    });
    using aws = connect({ endpointUrl: at.url + path, region: "eu-west-1", credentials: KEYS });
    await (await aws.sts()).getCallerIdentity({}).catch(() => {});
    await whoami(aws).catch(() => {});
    for (const { method, url, headers } of requests) {
      const { authorization = "", ...all } = headers;
      const [, names = "", signature] = /SignedHeaders=(\S+),.*Signature=(\w+)$/.exec(
        authorization.replaceAll(", ", ","),
      )!;
      const time = all["x-amz-date"]!.replace(
        /^(....)(..)(..)T(..)(..)(..)Z$/,
        "$1-$2-$3T$4:$5:$6Z",
      );
      const signed = new Signer("eu-west-1", "sts").sign(
        {
          method,
          path: new URL(url).pathname,
          query: {},
          headers: Object.fromEntries(names.split(";").map((name) => [name, all[name]!])),
          payloadHash: all["x-amz-content-sha256"]!,
        },
        KEYS,
        new Date(time),
      );
      assert.match(signed.authorization!, new RegExp(`Signature=${signature}$`));
    }
    assert.equal(requests.length, 2);
    assert.equal(requests[1]!.url, requests[0]!.url);
  });
}

const error = (code: string, message: string) =>
  `<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>` +
  `<Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`;

const BODIES: Record<string, string> = {
  "nothing": "",
  "a page": "<html><head><title>Sign in</title></head><body>Sign<br>in</body></html>",
  "a page that is XML": "<html><body>No</body></html>",
  "text": "Service Unavailable",
  "an unknown key": error("InvalidClientTokenId", "The security token is invalid."),
  "a wrong signature": error("SignatureDoesNotMatch", "It does not match."),
  "an expired token": error("ExpiredToken", "The security token is expired."),
  "an explicit deny": error(
    "AccessDenied",
    "User: x is not authorized to perform: sts:GetCallerIdentity with an explicit deny in a policy",
  ),
  "characters of XML": error("Odd&amp;Even", "1 &lt; 2 &#x26; 3"),
  "an error of the server": error("InternalFailure", "We encountered an internal error."),
  "no code": "<ErrorResponse><Error><Message>It failed</Message></Error></ErrorResponse>",
  "an error of S3": "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>",
  "half a document": "<ErrorResponse><Error><Co",
};

for (const status of [302, 400, 403, 404, 405, 500, 501, 503]) {
  Deno.test(`whoami: understands answers with status ${status} as the SDK does, and tries as often`, async () => {
    let body = "";
    let count = 0;
    await using at = server(() => {
      count++;
      return new Response(body, { status, headers: { "content-type": "text/xml" } });
    });
    for (const [name, given] of Object.entries(BODIES)) {
      body = given;
      const outcome = async (call: (aws: ReturnType<typeof connect>) => Promise<unknown>) => {
        // The SDK's client makes fewer attempts after many that failed.
        using aws = connect({ endpointUrl: at.url, credentials: KEYS, env: () => undefined });
        count = 0;
        const error = await call(aws).then(() => assert.fail("it succeeded"), (error) => error);
        assert.ok(error instanceof S3CredentialsError, error.stack);
        const { code, message, hint } = error;
        return { code, message, hint, count };
      };
      assert.deepEqual(
        await outcome(whoami),
        await outcome(async (aws) => {
          await (await aws.sts()).getCallerIdentity({}).catch((error) => {
            throw serviceError(error, "Could not find out who is calling");
          });
        }),
        name,
      );
    }
  });
}

Deno.test("whoami: refuses a success that names nobody", async () => {
  let body = "";
  await using at = server(() => new Response(body));
  using aws = connect({ endpointUrl: at.url, credentials: KEYS });
  for (body of Object.values(BODIES)) {
    await assert.rejects(whoami(aws), { code: "aws", message: /could not be understood$/ });
  }
});

Deno.test("whoami: learns how far the clock is off from the answer that says so", async () => {
  for (const hours of [1, -1]) {
    await using sandbox = await startSandbox();
    sandbox.clock.advance(hours * 3_600_000);
    using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
    for (const expected of [[403, 200], [403, 200, 200]]) {
      await whoami(aws);
      assert.deepEqual(sandbox.requests.map(({ status }) => status), expected);
    }
    await (await aws.iam()).listUsers({});
    assert.equal(sandbox.requests.length, 4, "the SDK's clients know it too");
  }
});
