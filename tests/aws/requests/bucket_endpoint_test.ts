/** Where ordinary buckets are, which must be where the SDK calls. */
import assert from "node:assert/strict";
import { S3 } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { bucketEndpoint } from "../../../lib/aws/requests/bucket_endpoint.ts";

const { config } = new S3({
  region: "us-east-1",
  credentials: { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret-of-the-test" },
});

/** How the regions of all partitions begin. */
const PREFIXES = [
  ...["us", "eu", "ap", "sa", "ca", "me", "af", "il", "mx"],
  ...["cn", "us-gov", "us-iso", "us-isob", "us-isof", "eu-isoe", "eusc-de"],
];
const PLAIN = { useFips: false, useDualstackS3: false };

function sdkUrl(bucket: string, region: string): string {
  return config.endpointProvider({ Bucket: bucket, Region: region }).url.href;
}

Deno.test("bucketEndpoint: is where the SDK calls, in the regions of every partition", () => {
  for (const prefix of PREFIXES) {
    for (const place of ["east", "west", "central", "northeast", "southeast", "south", "test"]) {
      for (const number of [1, 2, 12]) {
        const region = `${prefix}-${place}-${number}`;
        assert.equal(bucketEndpoint("my-bucket", region, PLAIN), sdkUrl("my-bucket", region));
      }
    }
  }
});

const bucket = fc.oneof(
  fc.stringMatching(/^[a-z\d][a-z\d-]{1,61}[a-z\d]$/),
  fc.tuple(
    fc.stringMatching(/^[a-z\d][a-z\d.-]{0,40}$/),
    fc.constantFrom(
      "--x-s3",
      "--op-s3",
      "--ol-s3",
      "-s3alias",
      ".mrap",
      "--table-s3",
      ".s3",
      "-s3",
    ),
  ).map((parts) => parts.join("")),
  fc.constantFrom("a", "ab", "A-bucket", "under_score", "1.2.3.4", "xn--a", "a".repeat(64)),
);
const region = fc.constantFrom(
  ...["us-east-1", "eu-west-3", "cn-north-1", "us-gov-east-1", "aws-global", "fips-us-east-1"],
  ...["us-east-1-fips", "local", "s3-external-1", "us-west-2-lax-1", "mars-1", "EU-WEST-1"],
);

Deno.test("bucketEndpoint: knows either what the SDK knows or nothing, for any bucket and region", () => {
  fc.assert(
    fc.property(bucket, region, (bucket, region) => {
      const url = bucketEndpoint(bucket, region, PLAIN);
      if (url !== undefined) assert.equal(url, sdkUrl(bucket, region));
    }),
    { numRuns: 500 },
  );
});

Deno.test("bucketEndpoint: leaves other buckets, pseudo-regions, FIPS and IPv6 to the SDK", () => {
  const known = (bucket: string, region = "eu-west-1", settings = {}) =>
    bucketEndpoint(bucket, region, { ...PLAIN, ...settings }) !== undefined;
  assert.ok(known("my-bucket"));
  for (const bucket of ["my.bucket", "b--use1-az4--x-s3", "point-s3alias", "My-bucket", "ab"]) {
    assert.ok(!known(bucket), bucket);
  }
  for (const region of ["aws-global", "fips-us-east-1", "local"]) {
    assert.ok(!known("my-bucket", region));
  }
  assert.ok(!known("my-bucket", "eu-west-1", { useFips: true }));
  assert.ok(!known("my-bucket", "eu-west-1", { useDualstackS3: true }));
});
