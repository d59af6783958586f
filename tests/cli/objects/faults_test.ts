/**
 * Objects and failures: answers that are errors, connections that are cut, content that is wrong,
 * and Ctrl-C.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { Content, type RequestRecord, type Sandbox } from "../../../lib/sandbox/mod.ts";
import { anyCharacter, RUNS } from "../../support/arbitraries.ts";
import {
  BUCKET,
  INTERRUPTED,
  noise,
  stage,
  THREE_PARTS,
  tree,
  TWO_PARTS,
  until,
} from "../../support/objects.ts";

const COUNT = 100 * RUNS;

const SLOW_DOWN = {
  status: 503,
  code: "SlowDown",
  message: "Please reduce your request rate.",
};

/** One answer in ten is a 503, and one connection in fifty is cut; or more of them. */
function badDay(sandbox: Sandbox, { refused = 10, cut = 50 } = {}): void {
  const every = (n: number, offset: number) => {
    let seen = 0;
    return () => (seen++ + offset) % n === 0;
  };
  sandbox.fail({ operation: "*", times: Infinity, when: every(refused, 3), error: SLOW_DOWN });
  sandbox.fail({ operation: "*", times: Infinity, when: every(cut, 7), cut: true });
}

/** Names of files with any characters, no two of which are the same file anywhere. */
function oddNames(): string[] {
  const odd = fc.sample(fc.string({ unit: anyCharacter, maxLength: 20 }), { numRuns: COUNT });
  return odd.map((text, at) => `${at}${text.toWellFormed().replace(/[/\0]/g, "-")}`);
}

for (const concurrency of ["1", "8", "64"]) {
  Deno.test(`put-objects, get-objects, delete-objects: lose none of ${COUNT} odd names, one 503 in ten and one cut in fifty, with --concurrency ${concurrency}`, async () => {
    await using st = await stage();
    await Deno.mkdir(st.path("in"));
    for (const name of oddNames()) await Deno.writeTextFile(st.path("in", name), `<${name}>`);
    badDay(st.sandbox);
    const atATime = ["--concurrency", concurrency];
    const put = await st.run(["put-objects", "-s", BUCKET, st.path("in"), ...atATime]);
    assert.deepEqual(put, { code: 0, stdout: "", stderr: "" });
    assert.equal(st.objects().size, COUNT);
    const got = await st.run(["get-objects", BUCKET, "-o", st.path("out"), ...atATime]);
    assert.deepEqual(got, { code: 0, stdout: "", stderr: "" });
    assert.deepEqual(tree(st.path("out", "in")), tree(st.path("in")));
    const deleted = await st.run(["delete-objects", BUCKET, "--prefix", "in/", "-s", ...atATime]);
    assert.deepEqual(deleted, { code: 0, stdout: "", stderr: "" });
    assert.equal(st.objects().size, 0);
  });
}

Deno.test("put-objects: sends less to a server that serves two requests at a time, and loses nothing", async () => {
  await using st = await stage();
  await Deno.mkdir(st.path("in"));
  for (let at = 0; at < 100; at++) await Deno.writeTextFile(st.path("in", `${at}`), `<${at}>`);
  const { sandbox } = st;
  const isTooMuch = () => sandbox.requests.filter(({ status }) => status === 0).length > 2;
  sandbox.fail({ operation: "PutObject", times: Infinity, error: SLOW_DOWN, when: isTooMuch });
  sandbox.fail({ operation: "PutObject", times: Infinity, delayMs: 5 });
  const put = await st.run(["put-objects", "-s", BUCKET, st.path("in"), "--concurrency", "64"]);
  assert.deepEqual(put, { code: 0, stdout: "", stderr: "" });
  assert.equal(st.objects().size, 100);
  const refused = sandbox.requests.filter(({ status }) => status === 503).length;
  assert.ok(refused < 260, `${refused} refused`);
});

Deno.test("put-object, get-object: retry parts and ranges of a large object", async () => {
  await using st = await stage();
  await Deno.writeFile(st.path("large"), noise(THREE_PARTS));
  badDay(st.sandbox, { refused: 4, cut: 10 });
  const put = await st.run(["put-object", "-s", BUCKET, "large", st.path("large")]);
  assert.deepEqual(put, { code: 0, stdout: "", stderr: "" });
  const got = await st.run(["get-object", BUCKET, "large", "-o", st.path("back")]);
  assert.deepEqual(got, { code: 0, stdout: "", stderr: "" });
  assert.ok(tree(st.directory).back === tree(st.directory).large);
  for (const operation of ["UploadPart", "GetObject"]) {
    const isRefused = (one: RequestRecord) => one.operation === operation && one.status === 503;
    assert.ok(st.sandbox.requests.some(isRefused), `no ${operation} was refused`);
  }
  assert.equal(st.openUploads(), 0);
});

const isFor = (key: string) => (record: RequestRecord) =>
  record.permissions.some(({ resource }) => resource.endsWith(`/${key}`));
const DENIED = { status: 403, code: "AccessDenied", message: "Access Denied" };
const takes = (action: string) =>
  `The server does not say why. This takes ${action} To see what these credentials may do: ` +
  `s3-credentials can ${BUCKET}\n`;

Deno.test("put-objects, get-objects: name the one key that always fails, and do the others", async () => {
  await using st = await stage();
  await Deno.mkdir(st.path("in"));
  for (let at = 0; at < 50; at++) await Deno.writeTextFile(st.path("in", `${at}`), `<${at}>`);
  const always = { operation: "*", times: Infinity, when: isFor("in/7"), error: DENIED };
  st.sandbox.fail(always);
  const put = await st.run(["put-objects", BUCKET, st.path("in")]);
  assert.equal(put.code, 1);
  assert.equal(
    put.stderr,
    `Error: Could not put in/7: AccessDenied: Access Denied\n${takes("s3:PutObject.")}` +
      "Uploaded 49 of 50 files, 187 B\n",
  );
  assert.equal(st.objects().size, 49);
  st.sandbox.clearFaults();
  await st.put("in/7", "<7>");
  st.sandbox.fail(always);
  const got = await st.run(["get-objects", BUCKET, "-o", st.path("out")]);
  assert.equal(got.code, 1);
  assert.match(
    got.stderr,
    /^Error: Could not get in\/7: AccessDenied: Access Denied\nThe server .* takes s3:GetObject\..*\n$/,
  );
  assert.equal(Object.keys(tree(st.path("out", "in"))).length, 49);
});

Deno.test("delete-objects: lists failures of single keys inside a 200", async () => {
  await using st = await stage();
  for (const key of ["a", "b", "c"]) await st.put(key, key);
  st.sandbox.account.buckets.get(BUCKET)!.policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Deny",
      Principal: "*",
      Action: "s3:DeleteObject",
      Resource: `arn:aws:s3:::${BUCKET}/b`,
    }],
  });
  const { code, stderr } = await st.run(["delete-objects", BUCKET, "a", "b", "c", "-s"]);
  assert.equal(code, 1);
  assert.match(stderr, /^Error: Could not delete b: AccessDenied/);
  assert.equal(stderr.match(/Error: /g)?.length, 1);
  assert.deepEqual([...st.objects().keys()], ["b"]);
});

Deno.test("put-object: succeeds though the answer to CompleteMultipartUpload is lost", async () => {
  await using st = await stage();
  await Deno.writeFile(st.path("large"), noise(TWO_PARTS));
  st.sandbox.fail({ operation: "CompleteMultipartUpload", after: true, cut: true });
  const put = await st.run(["put-object", "-s", BUCKET, "large", st.path("large")]);
  assert.deepEqual(put, { code: 0, stdout: "", stderr: "" });
  assert.equal(st.objects().get("large")?.body.length, TWO_PARTS);
});

Deno.test("put-object: succeeds though the server has forgotten the upload that it completed", async () => {
  await using st = await stage();
  await Deno.writeFile(st.path("large"), noise(TWO_PARTS));
  st.sandbox.fail({ operation: "CompleteMultipartUpload", after: true, cut: true });
  st.sandbox.fail({
    operation: "CompleteMultipartUpload",
    occurrence: 2,
    error: { status: 404, code: "NoSuchUpload", message: "The specified upload does not exist." },
  });
  const put = await st.run(["put-object", "-s", BUCKET, "large", st.path("large")]);
  assert.deepEqual(put, { code: 0, stdout: "", stderr: "" });
  assert.equal(st.objects().get("large")?.body.length, TWO_PARTS);
});

Deno.test("put-object: retries an error inside a 200 of CompleteMultipartUpload", async () => {
  await using st = await stage();
  await Deno.writeFile(st.path("large"), noise(TWO_PARTS));
  st.sandbox.fail({
    operation: "CompleteMultipartUpload",
    malformedBody: "<Error><Code>InternalError</Code><Message>try again</Message></Error>",
  });
  assert.equal((await st.run(["put-object", BUCKET, "large", st.path("large")])).code, 0);
  assert.equal(st.objects().get("large")?.body.length, TWO_PARTS);
});

Deno.test("put-object: warns of an upload that may be left when the answer to its creation is lost", async () => {
  await using st = await stage();
  await Deno.writeFile(st.path("large"), noise(TWO_PARTS));
  st.sandbox.fail({ operation: "CreateMultipartUpload", cut: true, after: true });
  const { code, stderr } = await st.run(["put-object", BUCKET, "it's", st.path("large")]);
  assert.equal(code, 0);
  assert.equal(
    stderr,
    "Warning: The answer to the creation of the upload of it's was lost: an empty upload may be " +
      "left on the server, which costs nothing. See aws s3api list-multipart-uploads " +
      `--bucket ${BUCKET} --prefix='it'\\''s'\nUploaded 1 file, 8.0 MiB\n`,
  );
  assert.equal(st.openUploads(), 1);
  assert.equal(st.objects().get("it's")?.body.length, TWO_PARTS);
});

Deno.test("put-object: does not warn when the creation of an upload was refused", async () => {
  await using st = await stage();
  await Deno.writeFile(st.path("large"), noise(TWO_PARTS));
  st.sandbox.fail({ operation: "CreateMultipartUpload", error: SLOW_DOWN });
  const put = await st.run(["put-object", "-s", BUCKET, "large", st.path("large")]);
  assert.deepEqual(put, { code: 0, stdout: "", stderr: "" });
  assert.equal(st.openUploads(), 0);
});

Deno.test("put-object: leaves no parts behind when it fails", async () => {
  await using st = await stage();
  await Deno.writeFile(st.path("large"), noise(THREE_PARTS));
  st.sandbox.fail({ operation: "UploadPart", occurrence: 3, times: Infinity, error: DENIED });
  const { code, stderr } = await st.run(["put-object", BUCKET, "large", st.path("large")]);
  assert.equal(code, 1);
  assert.equal(
    stderr,
    `Error: Could not put large: AccessDenied: Access Denied\n${takes("s3:PutObject.")}` +
      "For a policy that allows all that this takes: s3-credentials permissions put-object\n",
  );
  assert.equal(st.openUploads(), 0);
  assert.equal(st.objects().size, 0);
});

Deno.test("put-object: names parts that can't be removed, with the command that removes them", async () => {
  await using st = await stage();
  await Deno.writeFile(st.path("large"), noise(TWO_PARTS));
  st.sandbox.fail({ operation: "UploadPart", times: Infinity, error: DENIED });
  st.sandbox.fail({ operation: "AbortMultipartUpload", times: Infinity, error: DENIED });
  const { code, stderr } = await st.run(["put-object", BUCKET, "it's", st.path("large")]);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^Error: Could not put it's: AccessDenied: Access Denied\. Could not remove what was uploaded of it's: its parts stay on the server, and are billed: AccessDenied: Access Denied$/m,
  );
  assert.match(
    stderr,
    /aws s3api abort-multipart-upload --bucket my-bucket --key='it'\\''s' --upload-id=/,
  );
});

Deno.test("get-object: starts again when the object changes between two ranges", async () => {
  await using st = await stage();
  await st.put("large", noise(THREE_PARTS, 1));
  const second = noise(THREE_PARTS, 2);
  let gets = 0;
  st.sandbox.fail({
    operation: "GetObject",
    when: () => {
      if (++gets !== 3) return false;
      const object = st.objects().get("large")!;
      st.objects().set("large", { ...object, body: Content.of(second), etag: '"another-2"' });
      return false;
    },
  });
  const { code, stderr } = await st.run([
    ...["get-object", BUCKET, "large", "-o", st.path("large"), "--concurrency", "1"],
  ]);
  assert.deepEqual([code, stderr], [0, ""]);
  const got = await Deno.readFile(st.path("large"));
  assert.equal(Buffer.compare(got, second), 0);
});

Deno.test("get-object: asks for further ranges while the first ones are slow to come", async () => {
  await using st = await stage();
  await st.put("large", noise(THREE_PARTS));
  const { promise: allRequested, resolve } = Promise.withResolvers<void>();
  let gets = 0;
  st.sandbox.fail({
    operation: "GetObject",
    // The first one asks for all of the object, and is given up.
    when: () => {
      if (++gets === 4) resolve();
      return gets > 1;
    },
    times: 3,
    until: allRequested,
  });
  const got = await st.run(["get-object", BUCKET, "large", "-o", st.path("large")]);
  assert.deepEqual(got, { code: 0, stdout: "", stderr: "" });
  assert.equal(Buffer.compare(await Deno.readFile(st.path("large")), noise(THREE_PARTS)), 0);
  assert.equal(gets, 4, "a range was requested again before all had been");
});

Deno.test("get-object: a wrong checksum is an error, and leaves no file", async () => {
  await using st = await stage();
  for (const length of [10, TWO_PARTS]) {
    await st.put("a", noise(length));
    st.objects().get("a")!.etag = `"${"f".repeat(32)}"`;
    const { code, stderr } = await st.run(["get-object", BUCKET, "a", "-o", st.path("a")]);
    assert.equal(code, 1);
    assert.match(stderr, /what arrived is not what the server holds/);
    assert.deepEqual(tree(st.directory), {});
  }
});

Deno.test("get-object: does not take the ETag of an encrypted object for its MD5", async () => {
  await using st = await stage();
  await st.put("a", "content");
  const object = st.objects().get("a")!;
  object.etag = `"${"f".repeat(32)}"`;
  object.headers["x-amz-server-side-encryption"] = "aws:kms";
  assert.equal((await st.run(["get-object", BUCKET, "a"])).stdout, "content");
});

for (const command of ["put-objects", "put-object", "get-objects", "get-object"]) {
  Deno.test(`${command}: leaves nothing half-done at Ctrl-C`, async () => {
    await using st = await stage();
    await Deno.mkdir(st.path("in"));
    const isPut = command.startsWith("put");
    for (const name of ["1", "2"]) {
      if (isPut) await Deno.writeFile(st.path("in", name), noise(TWO_PARTS));
      else await st.put(name, noise(TWO_PARTS));
    }
    const operation = isPut ? "UploadPart" : "GetObject";
    st.sandbox.fail({ operation, occurrence: 2, times: Infinity, delayMs: 60_000 });
    const interruption = new AbortController();
    const args: Record<string, string[]> = {
      "put-objects": [st.path("in")],
      "put-object": ["1", st.path("in", "1")],
      "get-objects": ["-o", st.path("out")],
      "get-object": ["1", "-o", st.path("out")],
    };
    const running = st.run([command, BUCKET, ...args[command]!], { signal: interruption.signal });
    const sent = () => st.sandbox.requests.filter((one) => one.operation === operation);
    await until(() => sent().length >= 2 && sent().some(({ status }) => status > 0));
    interruption.abort();
    const { code, stderr } = await running;
    assert.equal(code, 130);
    assert.match(stderr, INTERRUPTED);
    assert.ok(sent().some(({ status }) => status === 0), "it does not wait for the answers");
    assert.equal(st.openUploads(), 0);
    if (isPut) assert.equal(st.objects().size, 0);
    else assert.deepEqual(Object.values(tree(st.directory)).filter((text) => text !== null), []);
  });
}

Deno.test("put-object: removes an upload that was being created at Ctrl-C", async () => {
  await using st = await stage();
  await Deno.writeFile(st.path("large"), noise(TWO_PARTS));
  st.sandbox.fail({ operation: "CreateMultipartUpload", delayMs: 500 });
  const interruption = new AbortController();
  const running = st.run(["put-object", BUCKET, "large", st.path("large")], {
    signal: interruption.signal,
  });
  await until(() => st.sandbox.requests.length > 0);
  interruption.abort();
  assert.equal((await running).code, 130);
  const operations = st.sandbox.requests.map(({ operation, status }) => [operation, status]);
  assert.deepEqual(operations, [["CreateMultipartUpload", 200], ["AbortMultipartUpload", 204]]);
  assert.equal(st.openUploads(), 0);
});

const UNKNOWN = { accessKeyId: "AKIAFRESHFRESHFRESH0", secretAccessKey: "made-a-moment-ago" };

for (
  const args of [
    ["list-bucket", BUCKET],
    ["get-object", BUCKET, "a"],
    ["get-objects", BUCKET, "a", "b"],
    ["put-object", BUCKET, "a", "-"],
    ["put-objects", BUCKET, "deno.json"],
    ["delete-objects", BUCKET, "a", "--silent"],
    ["delete-objects", BUCKET, "--prefix", "a"],
  ]
) {
  Deno.test(`${args.join(" ")}: says once that an unknown key may just be new`, async () => {
    await using st = await stage();
    const { code, stdout, stderr } = await st.run(args, {
      env: {
        AWS_ACCESS_KEY_ID: UNKNOWN.accessKeyId,
        AWS_SECRET_ACCESS_KEY: UNKNOWN.secretAccessKey,
      },
    });
    assert.equal(code, 1);
    assert.equal(stdout, "");
    assert.equal(stderr.match(/Error: /g)?.length, 1, stderr);
    const [what, hint = ""] = stderr.split("\n");
    assert.match(
      what!,
      /^Error: Could not .+: AWS does not know this access key, or it was disabled or deleted/,
    );
    assert.match(hint, /A new key takes some seconds to work: try again/);
  });
}

Deno.test("get-objects: reports a server that can't be reached once", async () => {
  await using st = await stage();
  const { code, stderr } = await st.run([
    ...["get-objects", BUCKET, "a", "b", "c", "-o", st.path("out")],
    ...["--endpoint-url", "http://127.0.0.1:9"],
  ]);
  assert.equal(code, 1);
  assert.equal(stderr.match(/Error: /g)?.length, 1);
  assert.match(
    stderr,
    /the endpoint http:\/\/127\.0\.0\.1:9 refused the connection\nCheck that a server runs there/,
  );
});
