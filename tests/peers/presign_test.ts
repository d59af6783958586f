/** `presign` beside boto3, and its URLs and forms at MinIO, used by curl and fetch. */
import assert from "node:assert/strict";
import { connect, presignPost, presignUrl } from "@s3creds/cli";
import { createdEnv, createTemporary, hasMinio, minioEnv, minioTest, startMinio } from "./minio.ts";
import { ODD_KEYS } from "./object_stage.ts";
import { PythonProcess } from "./python_process.ts";
import { awsEnv, hasPeers, peerTest, runCli, runPeer, runProgram } from "./support.ts";

const BUCKET = "my-bucket";
const REGION = "eu-west-1";
const KEYS = {
  accessKeyId: "ASIAIOSFODNN7EXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
  sessionToken: "a/token+of/a=session==",
};

let boto3: PythonProcess;
Deno.test.beforeAll(() => {
  if (!hasPeers) return;
  const { AWS_ENDPOINT_URL: _, ...keys } = awsEnv("", KEYS);
  boto3 = new PythonProcess("presign.py", { ...keys, AWS_DEFAULT_REGION: REGION });
});
Deno.test.afterAll(() => boto3?.close());

/** Amazon's account, as it was at the time at which boto3 has signed. */
function accountAt(amzDate: string) {
  const time = amzDate.replace(/(....)(..)(..)T(..)(..)(..)Z/, "$1-$2-$3T$4:$5:$6Z");
  // In the midst of the second: the clocks of both are compared a moment apart.
  const now = () => new Date(Date.parse(time) + 500);
  return connect({ credentials: KEYS, env: () => undefined, now });
}

/** The address and the parameters of a URL, as they stand there. */
function partsOf(url: string): [string, string[]] {
  const [address = "", query = ""] = url.split("?");
  return [address, query.split("&").sort()];
}

const URLS: { method: "GET" | "PUT"; content_type?: string }[] = [
  { method: "GET" },
  { method: "PUT" },
  { method: "PUT", content_type: "text/plain; charset=utf-8" },
];

for (const { method, content_type } of URLS) {
  peerTest(`presign: the same URLs as boto3: ${method} ${content_type ?? ""}`, async () => {
    for (const key of ODD_KEYS) {
      const question = { do: "url", bucket: BUCKET, key, method, seconds: 600, content_type };
      const theirs = await boto3.ask(JSON.stringify(question)) as string;
      using aws = accountAt(new URL(theirs).searchParams.get("X-Amz-Date")!);
      const options = { method, expiresIn: 600, contentType: content_type, region: REGION };
      const ours = await presignUrl(aws, BUCKET, key, options);
      assert.deepEqual(partsOf(ours), partsOf(theirs));
    }
  });
}

interface Form {
  url: string;
  fields: Record<string, string>;
}

/** The conditions of a form's policy in one notation. */
function conditionsOf({ fields }: Form) {
  const { conditions } = JSON.parse(atob(fields.policy!));
  const list = conditions.map((one: unknown) =>
    Array.isArray(one) ? one : ["eq", ...Object.entries(one as object).flat()]
  ).map(([kind, name, value]: string[]) => `${kind} ${String(name).replace("$", "")} ${value}`);
  return list.sort();
}

peerTest("presign: the same forms as boto3", async () => {
  for (const key of ["inbox/${filename}", "é $5/a.txt"]) {
    const question = { do: "post", bucket: BUCKET, key, max_size: 10 };
    const theirs = await boto3.ask(JSON.stringify(question)) as Form;
    using aws = accountAt(theirs.fields["x-amz-date"]!);
    const target = key.startsWith("inbox/") ? { prefix: "inbox/" } : { key };
    const options = { maxSize: 10, expiresIn: 60, region: REGION };
    const ours = await presignPost(aws, BUCKET, target, options);
    assert.equal(ours.url, theirs.url);
    const { policy: _, "x-amz-signature": __, ...fields } = theirs.fields;
    const { policy: ___, "x-amz-signature": ____, ...ourFields } = ours.fields;
    assert.deepEqual(ourFields, fields);
    assert.deepEqual(conditionsOf(ours), conditionsOf(theirs));
  }
});

const minio = hasMinio ? await startMinio() : undefined as never;
if (hasMinio) {
  Deno.test.afterAll(() => minio.stop());
  const env = awsEnv(minio.url, minio.user);
  const made = await runPeer("aws", ["s3", "mb", `s3://${BUCKET}`], { env });
  assert.equal(made.code, 0, made.stderr);
}

/** Our account of MinIO; its clock may be behind. */
const account = (hoursAgo = 0) =>
  connect({
    credentials: minio.user,
    endpointUrl: minio.url,
    env: () => undefined,
    now: hoursAgo === 0 ? undefined : () => new Date(Date.now() - hoursAgo * 3_600_000),
  });

async function presign(...args: string[]): Promise<string> {
  const env = minioEnv(minio);
  const ran = await runCli(["presign", BUCKET, ...args, "--endpoint-url", minio.url], { env });
  assert.deepEqual([ran.code, ran.stderr], [0, ""]);
  return ran.stdout.trimEnd();
}

/** What curl gets: the content, or the code of the error. */
async function curl(args: string[], stdin?: string): Promise<string> {
  const ran = await runProgram("curl", ["-sS", "--globoff", "--path-as-is", ...args], { stdin });
  assert.equal(ran.code, 0, ran.stderr);
  return /<Code>(\w+)</.exec(ran.stdout)?.[1] ?? ran.stdout;
}

/** Uploads by curl, which sends the length of the content so. */
function put(url: string, content: string, type = ""): Promise<string> {
  return curl(["-X", "PUT", "-H", `Content-Type: ${type}`, "--data-binary", "@-", url], content);
}

minioTest("presign: curl uploads with the signed content type, and downloads", async () => {
  const upload = await presign("in/a b.txt", "--method", "PUT", "--content-type", "text/csv");
  assert.equal(await put(upload, "x", "text/html"), "SignatureDoesNotMatch");
  assert.equal(await put(upload, "1,2", "text/csv"), "");
  const download = await presign("in/a b.txt");
  assert.equal(await curl([download]), "1,2");
  assert.match(await curl(["-sS", "-D", "-", download]), /^content-type: text\/csv\r$/mi);
  assert.equal(await curl(["-X", "DELETE", download]), "SignatureDoesNotMatch");
  assert.equal(await curl([download.replace("a%20b", "other")]), "SignatureDoesNotMatch");
  assert.equal(await curl([download]), "1,2");
});

/** MinIO keeps objects in directories, in which some keys have no place. */
const KEYS_OF_MINIO = ODD_KEYS.filter((key) =>
  key.split("/").every((part) => !["", ".", ".."].includes(part) && part.length < 256) &&
  // deno-lint-ignore no-control-regex -- MinIO refuses them
  !/[\\\x00-\x1f\x7f\ufffd]/.test(key)
);

minioTest("presign: fetch uploads and downloads odd keys", async () => {
  using aws = account();
  assert.ok(KEYS_OF_MINIO.length > 15);
  for (const key of KEYS_OF_MINIO) {
    const upload = await presignUrl(aws, BUCKET, key, { method: "PUT" });
    const put = await fetch(upload, { method: "PUT", body: key });
    assert.equal(`${put.status} ${await put.text()}`, "200 ", key);
    const answer = await fetch(await presignUrl(aws, BUCKET, key));
    assert.equal(await answer.text(), key);
  }
});

minioTest("presign: what is over is refused", async () => {
  using aws = account(2);
  assert.equal(
    await curl([await presignUrl(aws, BUCKET, "a", { region: "us-east-1" })]),
    "AccessDenied",
  );
  const form = await presignPost(aws, BUCKET, { key: "late" }, { region: "us-east-1" });
  assert.equal(await post(form, "x"), "AccessDenied");
});

/** Sends a form by curl. */
function post({ url, fields }: Form, content: string, changes: Record<string, string> = {}) {
  const all = Object.entries({ ...fields, ...changes });
  const words = all.flatMap(([name, value]) => ["--form-string", `${name}=${value}`]);
  return curl([...words, "-F", "file=@-;filename=photo.png", url], content);
}

minioTest("presign --post: the size, the prefix and the type are kept to", async () => {
  const args = ["--post", "--prefix", "inbox/", "--max-size", "10", "--content-type", "image/png"];
  const form = JSON.parse(await presign(...args));
  assert.equal(await post(form, "0123456789"), "");
  assert.equal(await curl([await presign("inbox/photo.png")]), "0123456789");
  assert.equal(await post(form, "0123456789+"), "EntityTooLarge");
  assert.equal(await post(form, "x", { key: "outbox/a" }), "AccessDenied");
  assert.equal(await post(form, "x", { "Content-Type": "text/html" }), "AccessDenied");
  assert.equal(await post(form, "x", { policy: btoa("{}") }), "SignatureDoesNotMatch");
});

minioTest("presign: temporary credentials sign for what they may do", async () => {
  const keys = await createTemporary(minio, BUCKET, ["--read-only"]);
  const env = createdEnv(minio, keys);
  const url = async (...args: string[]) => {
    const ran = await runCli(["presign", BUCKET, "b", ...args], { env });
    assert.equal(ran.code, 0, ran.stderr);
    assert.match(ran.stderr, /^Warning: the credentials are temporary/);
    return ran.stdout.trimEnd();
  };
  assert.equal(await put(await presign("b", "--method", "PUT"), "content"), "");
  assert.equal(await curl([await url()]), "content");
  assert.equal(await put(await url("--method", "PUT"), "x"), "AccessDenied");
});
