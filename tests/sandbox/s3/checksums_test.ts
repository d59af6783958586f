import type { ChecksumAlgorithm, UploadPartCommandInput } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { refusal } from "../helpers.ts";
import { s3Room } from "./helpers.ts";

const Bucket = "mine";
const DIGITS = "123456789";

function digest(algorithm: string): string {
  return createHash(algorithm).update(DIGITS).digest("base64");
}

/** The checksums of the digits 1 to 9: the published ones, and those of XXH by zeebo/xxh3 in Go. */
const PUBLISHED = {
  CRC32: "y/Q5Jg==",
  CRC32C: "4waSgw==",
  CRC64NVME: "rosUhgp5mIg=",
  MD5: digest("md5"),
  SHA1: digest("sha1"),
  SHA256: digest("sha256"),
  SHA512: digest("sha512"),
  XXHASH64: "jLhB20DmroM=",
  XXHASH3: "ctyxi2ehff8=",
  XXHASH128: "MxGUd+3l3NXpcWQnaB1YYA==",
} satisfies Record<ChecksumAlgorithm, string>;
const ALGORITHMS = Object.keys(PUBLISHED) as ChecksumAlgorithm[];

for (const algorithm of ALGORITHMS) {
  Deno.test(`checksum: ${algorithm} of the digits 1 to 9 is the published one`, async () => {
    const field = `Checksum${algorithm}` as const;
    await using room = await s3Room({ buckets: [Bucket] });
    const object = { Bucket, Key: "a" };
    const put = { ...object, Body: DIGITS };
    const answer = await room.s3.putObject({ ...put, [field]: PUBLISHED[algorithm] });
    assert.equal(answer[field], PUBLISHED[algorithm]);
    const read = await room.s3.headObject({ ...object, ChecksumMode: "ENABLED" });
    assert.deepEqual([read[field], read.ChecksumType], [PUBLISHED[algorithm], "FULL_OBJECT"]);
    const wrong = `A${PUBLISHED[algorithm].slice(1)}`.replace(/^AA/, "BA");
    const error = await refusal(room.s3.putObject({ ...put, [field]: wrong }));
    assert.deepEqual([error.status, error.code], [400, "BadDigest"]);
    for (const impossible of ["no Base64!", btoa("x")]) {
      const { status, code } = await refusal(
        room.s3.putObject({ ...put, [field]: impossible }),
      );
      assert.deepEqual([status, code], [400, "InvalidRequest"]);
    }
  });
}

Deno.test("PutObject: two checksums, or another one than announced, are refused before they are verified", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const put = { Bucket, Key: "a", Body: "something else" };
  for (
    const [more, message] of [
      [
        { ChecksumCRC32: PUBLISHED.CRC32, ChecksumSHA1: PUBLISHED.SHA1 },
        /^Expecting a single x-amz-checksum- header/,
      ],
      [
        { ChecksumAlgorithm: "SHA256", ChecksumSHA1: PUBLISHED.SHA1 },
        /^Value for x-amz-sdk-checksum-algorithm header is invalid/,
      ],
    ] as const
  ) {
    const error = await refusal(room.s3.putObject({ ...put, ...more }));
    assert.deepEqual([error.status, error.code], [400, "InvalidRequest"]);
    assert.match(error.message, message);
  }
});

Deno.test("CreateMultipartUpload: which algorithms and types of checksum go together", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const outcome = async (more: object) => {
    try {
      const { ChecksumAlgorithm, ChecksumType } = await room.s3.createMultipartUpload({
        Bucket,
        Key: "a",
        ...more,
      });
      return `${ChecksumAlgorithm} ${ChecksumType}`;
    } catch (error) {
      return (error as Error).name;
    }
  };
  for (const ChecksumAlgorithm of ALGORITHMS) {
    const isCrc = ChecksumAlgorithm.startsWith("CRC");
    const isNvme = ChecksumAlgorithm === "CRC64NVME";
    assert.deepEqual(
      [
        await outcome({ ChecksumAlgorithm, ChecksumType: "FULL_OBJECT" }),
        await outcome({ ChecksumAlgorithm, ChecksumType: "composite" }),
        await outcome({ ChecksumAlgorithm }),
      ],
      [
        isCrc ? `${ChecksumAlgorithm} FULL_OBJECT` : "InvalidRequest",
        isNvme ? "InvalidRequest" : `${ChecksumAlgorithm} COMPOSITE`,
        `${ChecksumAlgorithm} ${isNvme ? "FULL_OBJECT" : "COMPOSITE"}`,
      ],
    );
  }
  assert.equal(await outcome({ ChecksumType: "FULL_OBJECT" }), "InvalidRequest");
  assert.equal(
    await outcome({ ChecksumAlgorithm: "CRC32", ChecksumType: "HALF" }),
    "InvalidRequest",
  );
});

Deno.test("UploadPart: a part without a checksum is taken only where that of the object is one of it all", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const s3 = room.s3As(room.sandbox.credentials, { requestChecksumCalculation: "WHEN_REQUIRED" });
  const object = { Bucket, Key: "a" };
  const upload = async (ChecksumType: "COMPOSITE" | "FULL_OBJECT") => {
    const created = await s3.createMultipartUpload({
      ...object,
      ChecksumAlgorithm: "CRC32C",
      ChecksumType,
    });
    return (more: Partial<UploadPartCommandInput>) =>
      s3.uploadPart({
        ...object,
        UploadId: created.UploadId,
        PartNumber: 1,
        Body: DIGITS,
        ...more,
      });
  };
  const whole = await upload("FULL_OBJECT");
  assert.equal((await whole({})).ChecksumCRC32C, PUBLISHED.CRC32C);
  const composite = await upload("COMPOSITE");
  const missing = await refusal(composite({}));
  assert.deepEqual([missing.status, missing.code], [400, "InvalidRequest"]);
  const other = { ChecksumSHA1: createHash("sha1").update("other").digest("base64") };
  for (const part of [whole, composite]) {
    assert.match((await refusal(part(other))).message, /^Checksum Type mismatch occurred/);
  }
});

for (const ChecksumType of ["COMPOSITE", "FULL_OBJECT"] as const) {
  Deno.test(`GetObject: a part comes with its own checksum, type ${ChecksumType}`, async () => {
    await using room = await s3Room({ buckets: [Bucket] });
    const object = { Bucket, Key: "a" };
    const created = { ...object, ChecksumAlgorithm: "CRC32", ChecksumType } as const;
    const upload = { ...object, UploadId: (await room.s3.createMultipartUpload(created)).UploadId };
    const Body = DIGITS;
    const { ETag, ChecksumCRC32 } = await room.s3.uploadPart({ ...upload, PartNumber: 1, Body });
    const MultipartUpload = { Parts: [{ ETag, PartNumber: 1, ChecksumCRC32 }] };
    await room.s3.completeMultipartUpload({ ...upload, MultipartUpload, ChecksumType });
    const part = { ...object, PartNumber: 1, ChecksumMode: "ENABLED" } as const;
    for (const got of [await room.s3.headObject(part), await room.s3.getObject(part)]) {
      assert.deepEqual([got.ChecksumCRC32, got.ChecksumType], [ChecksumCRC32, ChecksumType]);
    }
    const attributes = { ...object, ObjectAttributes: ["Checksum" as const] };
    const { Checksum } = await room.s3.getObjectAttributes(attributes);
    assert.equal(Checksum?.ChecksumType, ChecksumType);
    assert.doesNotMatch(Checksum?.ChecksumCRC32 ?? "-", /-/);
  });
}

Deno.test("CompleteMultipartUpload: what the list says of parts' checksums is checked", async () => {
  await using room = await s3Room({ buckets: [Bucket] });
  const object = { Bucket, Key: "a" };
  const { UploadId } = await room.s3.createMultipartUpload({
    ...object,
    ChecksumAlgorithm: "XXHASH3",
  });
  const { ETag, ChecksumXXHASH3 } = await room.s3.uploadPart({
    ...object,
    UploadId,
    PartNumber: 1,
    Body: DIGITS,
    ChecksumXXHASH3: PUBLISHED.XXHASH3,
  });
  const complete = (part: object, more: object = {}) =>
    room.s3.completeMultipartUpload({
      ...object,
      UploadId,
      MultipartUpload: { Parts: [{ ETag, PartNumber: 1, ...part }] },
      ...more,
    });
  const right = { ChecksumXXHASH3 };
  const cases: [part: object, more: object, code: string][] = [
    [{}, {}, "InvalidRequest"],
    [{ ChecksumXXHASH3: "no Base64!" }, {}, "InvalidArgument"],
    [{ ...right, ChecksumSHA1: PUBLISHED.SHA1 }, {}, "InvalidArgument"],
    [{ ChecksumSHA1: PUBLISHED.SHA1 }, {}, "BadDigest"],
    [{ ChecksumXXHASH3: PUBLISHED.XXHASH64 }, {}, "InvalidPart"],
    [{ ...right, PartNumber: -1 }, {}, "InvalidArgument"],
    [right, { ChecksumXXHASH3: "no Base64!" }, "InvalidRequest"],
    [right, { ChecksumXXHASH3: `${PUBLISHED.XXHASH3}-x` }, "InvalidRequest"],
    [right, { ChecksumXXHASH3: `${PUBLISHED.XXHASH64}-1` }, "BadDigest"],
    [right, { MpuObjectSize: -1 }, "InvalidRequest"],
  ];
  for (const [part, more, expected] of cases) {
    const { status, code } = await refusal(complete(part, more));
    assert.deepEqual([status, code], [400, expected]);
  }
  const finished = await complete(right);
  assert.match(finished.ChecksumXXHASH3 ?? "", /^[\w+/]{11}=-1$/);
});
