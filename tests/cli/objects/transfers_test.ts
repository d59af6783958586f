/**
 * The commands for objects, each as it is meant to be used.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { BUCKET, noise, stage, tree, TWO_PARTS } from "../../support/objects.ts";

const AWKWARD_NAMES = [
  ...["plain.txt", "with space", "qu'o\"te", "100%", "a+b", "cr\rlf\n", "😀", "é", "e\u0301"],
  ...["<&>", "tab\there", "\x01", "~", "(x)!*'", "#?=&", "%2F", ".hidden", "-dash"],
];

Deno.test("put-objects, get-objects: round trip of files with awkward names", async () => {
  await using st = await stage();
  for (const name of AWKWARD_NAMES) {
    await Deno.mkdir(st.path("in", "sub", name), { recursive: true });
    await Deno.writeTextFile(st.path("in", name), name);
    await Deno.writeTextFile(st.path("in", "sub", name, name), `${name}${name}`);
  }
  await Deno.writeFile(st.path("in", "empty"), new Uint8Array());
  await Deno.writeFile(st.path("in", "large"), noise(TWO_PARTS));
  const put = await st.run(["put-objects", "-s", BUCKET, st.path("in")]);
  assert.deepEqual(put, { code: 0, stdout: "", stderr: "" });
  const got = await st.run(["get-objects", BUCKET, "-o", st.path("out")]);
  assert.deepEqual(got, { code: 0, stdout: "", stderr: "" });
  assert.deepEqual(tree(st.path("out", "in")), tree(st.path("in")));
  const deleted = await st.run(["delete-objects", BUCKET, "--prefix", "in/"]);
  assert.equal(deleted.stderr, `Deleting ${2 * AWKWARD_NAMES.length + 2} objects from my-bucket\n`);
  assert.equal(st.objects().size, 0);
  assert.equal(st.openUploads(), 0);
});

Deno.test("put-objects: sets content types by extension", async () => {
  await using st = await stage();
  const types = {
    "a.html": "text/html",
    "b.JSON": "application/json",
    "c.tar.gz": "application/gzip",
    "d.mjs": "text/javascript",
    "e.h": "text/plain",
    "f.exe": "application/octet-stream",
    "g.docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
  };
  for (const name of [...Object.keys(types), "none", ".css"]) {
    await Deno.writeTextFile(st.path(name), name);
  }
  await st.run(["put-objects", BUCKET, `${st.directory}/.`]);
  for (const [name, type] of Object.entries(types)) {
    assert.equal(st.objects().get(name)?.headers["content-type"], type);
  }
  for (const name of ["none", ".css"]) {
    assert.equal(st.objects().get(name)?.headers["content-type"], "binary/octet-stream");
  }
});

Deno.test("put-objects: names keys by --prefix and the directory, and --dry-run says so", async () => {
  await using st = await stage();
  await Deno.mkdir(st.path("dir", "sub"), { recursive: true });
  await Deno.writeTextFile(st.path("dir", "sub", "one.txt"), "1");
  await Deno.writeTextFile(st.path("two.txt"), "2");
  const args = ["put-objects", BUCKET, st.path("dir"), st.path("two.txt"), "--prefix", "p"];
  const dry = await st.run([...args, "--dry-run"]);
  assert.equal(
    dry.stdout,
    `${st.path("dir/sub/one.txt")} => s3://my-bucket/p/dir/sub/one.txt\n` +
      `${st.path("two.txt")} => s3://my-bucket/p/two.txt\n`,
  );
  assert.equal(st.sandbox.requests.length, 0);
  assert.equal((await st.run(args)).code, 0);
  assert.deepEqual([...st.objects().keys()].sort(), ["p/dir/sub/one.txt", "p/two.txt"]);
});

Deno.test("put-objects: refuses a missing path before any upload", async () => {
  await using st = await stage();
  await Deno.writeTextFile(st.path("a"), "a");
  const { code, stderr } = await st.run(["put-objects", BUCKET, st.path("a"), st.path("nope")]);
  assert.equal(code, 2);
  assert.match(stderr, /^Error: Could not read .*nope: it does not exist$/m);
  assert.equal(st.sandbox.requests.length, 0);
});

Deno.test("put-objects: refuses two files with one key before any upload", async () => {
  await using st = await stage();
  for (const directory of ["one", "two"]) {
    await Deno.mkdir(st.path(directory));
    await Deno.writeTextFile(st.path(directory, "a.txt"), directory);
  }
  const { code, stderr } = await st.run([
    ...["put-objects", BUCKET, st.path("one", "a.txt"), st.path("two", "a.txt")],
  ]);
  assert.equal(code, 1);
  assert.match(stderr, /Two files would have the key a\.txt/);
  assert.equal(st.sandbox.requests.length, 0);
});

Deno.test("put-objects: follows links to files, and skips links to directories with a warning", async () => {
  await using st = await stage();
  await Deno.mkdir(st.path("dir", "real"), { recursive: true });
  await Deno.writeTextFile(st.path("dir", "real", "a"), "content");
  await Deno.symlink(st.path("dir", "real", "a"), st.path("dir", "link"));
  await Deno.symlink(st.path("dir"), st.path("dir", "loop"));
  await Deno.symlink(st.path("nowhere"), st.path("dir", "broken"));
  const { code, stderr } = await st.run(["put-objects", BUCKET, st.path("dir")]);
  assert.equal(code, 0);
  assert.deepEqual([...st.objects().keys()].sort(), ["dir/link", "dir/real/a"]);
  assert.match(stderr, /not uploaded: .*loop: it is a symbolic link to a directory/);
  assert.match(stderr, /not uploaded: .*broken: it is a symbolic link to nothing/);
});

Deno.test("put-objects: counts in its last line what was skipped and what could not be read", async () => {
  await using st = await stage();
  await Deno.mkdir(st.path("in"));
  for (const name of ["a", "b"]) await Deno.writeTextFile(st.path("in", name), name);
  await Deno.symlink(st.path(), st.path("in", "directory"));
  await Deno.symlink(st.path("nothing"), st.path("in", "nothing"));
  // A loop of links is neither there nor missing.
  await Deno.symlink(st.path("in", "loop"), st.path("in", "loop"));
  const { code, stderr } = await st.run(["put-objects", BUCKET, st.path("in")]);
  assert.equal(stderr.trim().split("\n").at(-1), "Uploaded 2 files, 2 B; 1 unreadable, 2 skipped");
  assert.equal(code, 1);
});

Deno.test("put-objects: warns once of keys that get-objects skips", async () => {
  await using st = await stage();
  for (const name of ["a", "b"]) await Deno.writeTextFile(st.path(name), name);
  const files = [st.path("a"), st.path("b")];
  const warning = (key: string) =>
    `Warning: get-objects skips keys that begin with a slash, such as ${key}\n`;
  const one = await st.run(["put-object", "-s", BUCKET, "/lead/one", files[0]!]);
  // Its key was given as it is.
  assert.deepEqual(one, { code: 0, stdout: "", stderr: "" });
  const two = await st.run(["put-objects", "-s", BUCKET, ...files, "--prefix", "/lead"]);
  assert.deepEqual(two, { code: 0, stdout: "", stderr: warning("/lead/a") });
  assert.deepEqual([...st.objects().keys()], ["/lead/one", "/lead/a", "/lead/b"]);
  const got = await st.run(["get-objects", "-s", BUCKET, "/lead/a", "-o", st.path("out")]);
  assert.equal(got.code, 1);
});

Deno.test("put-object: sets the file's type, or that of --content-type", async () => {
  await using st = await stage();
  await Deno.writeTextFile(st.path("a.css"), "a{}");
  await st.run(["put-object", BUCKET, "one", st.path("a.css")]);
  await st.run(["put-object", BUCKET, "two", st.path("a.css"), "--content-type", "text/x;  y=z"]);
  assert.equal(st.objects().get("one")?.headers["content-type"], "text/css");
  assert.equal(st.objects().get("two")?.headers["content-type"], "text/x;  y=z");
});

for (const length of [0, 1, 8 * 2 ** 20 - 1, 8 * 2 ** 20, 8 * 2 ** 20 + 1, 16 * 2 ** 20, 21e6]) {
  Deno.test(`put-object, get-object: round trip of standard input, ${length} bytes`, async () => {
    await using st = await stage();
    const content = noise(length);
    const put = await st.run(["put-object", "-s", BUCKET, "x.html", "-"], { stdin: content });
    assert.deepEqual(put, { code: 0, stdout: "", stderr: "" });
    const stored = st.objects().get("x.html")!;
    assert.equal(Buffer.compare(stored.body.bytes(), content), 0);
    assert.equal(stored.headers["content-type"], "text/html");
    const { code } = await st.run(["get-object", BUCKET, "x.html", "-o", st.path("x")]);
    assert.equal(code, 0);
    const got = await Deno.readFile(st.path("x"));
    assert.equal(Buffer.compare(got, content), 0);
    assert.deepEqual([...Deno.readDirSync(st.directory)].map(({ name }) => name), ["x"]);
  });
}

Deno.test("get-object: writes the content and nothing else to standard output", async () => {
  await using st = await stage();
  await st.put("hello.txt", "Hello\n");
  assert.deepEqual(await st.run(["get-object", BUCKET, "hello.txt"]), {
    code: 0,
    stdout: "Hello\n",
    stderr: "",
  });
});

Deno.test("get-object: writes to standard output for -o /dev/stdout, and replaces no file", async () => {
  await using st = await stage();
  await st.put("a", "content");
  const ran = await st.run(["get-object", BUCKET, "a", "-o", "/dev/stdout"]);
  assert.deepEqual(ran, { code: 0, stdout: "content", stderr: "" });
});

Deno.test("get-object: leaves an object with Content-Encoding as it is stored", async () => {
  await using st = await stage();
  await st.put("a.gz", "not really packed");
  st.objects().get("a.gz")!.headers["content-encoding"] = "gzip";
  assert.equal((await st.run(["get-object", BUCKET, "a.gz"])).stdout, "not really packed");
});

Deno.test("get-object: names a missing key", async () => {
  await using st = await stage();
  const { code, stdout, stderr } = await st.run(["get-object", BUCKET, "a/../b"]);
  assert.deepEqual({ code, stdout, stderr }, {
    code: 1,
    stdout: "",
    stderr: "Error: Not found: a/../b\n",
  });
});

Deno.test("get-object: refuses an unwritable -o before any transfer", async () => {
  await using st = await stage();
  await st.put("a", "a");
  const before = st.sandbox.requests.length;
  for (const target of [st.path("nowhere", "a"), st.directory, `${st.path("new")}/`]) {
    const { code, stderr } = await st.run(["get-object", BUCKET, "a", "-o", target]);
    assert.equal(code, 1);
    assert.match(
      stderr,
      /^Error: Could not write to .*: (its directory does not exist|it is a directory)/,
    );
  }
  assert.equal(st.sandbox.requests.length, before);
});

Deno.test("get-object: replaces the file behind a link, which stays a link", async () => {
  await using st = await stage();
  await st.put("a", "new");
  await Deno.writeTextFile(st.path("real"), "old");
  await Deno.symlink("real", st.path("link"));
  assert.equal((await st.run(["get-object", BUCKET, "a", "-o", st.path("link")])).code, 0);
  assert.ok((await Deno.lstat(st.path("link"))).isSymlink);
  assert.equal(await Deno.readTextFile(st.path("real")), "new");
});

Deno.test({
  name: "get-object: writes directly to what is not a regular file, such as /dev/null",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using st = await stage();
    await st.put("a", "content");
    const result = await st.run(["get-object", BUCKET, "a", "-o", "/dev/null"]);
    assert.deepEqual(result, { code: 0, stdout: "", stderr: "" });
    assert.ok((await Deno.stat("/dev/null")).isCharDevice);
  },
});

Deno.test("get-objects: warns of a pattern that no key matches, unless something else was downloaded", async () => {
  await using st = await stage();
  await Deno.writeTextFile(st.path("a.txt"), "a");
  await st.run(["put-objects", BUCKET, st.path("a.txt")]);
  const none = await st.run(["get-objects", BUCKET, "-p", "*.zip", "-o", st.path("out")]);
  assert.deepEqual(none, {
    code: 0,
    stdout: "",
    stderr: "Warning: No key of bucket my-bucket matches *.zip\n",
  });
  const some = ["get-objects", BUCKET, "a.txt", "-p", "*.zip", "-o", st.path("out")];
  assert.deepEqual(await st.run(some), { code: 0, stdout: "", stderr: "" });
});

Deno.test("get-objects: gets keys and patterns together, each object once", async () => {
  await using st = await stage();
  for (const key of ["a.txt", "b.css", "static/c.css", "static/d.js"]) await st.put(key, key);
  const { code } = await st.run([
    ...["get-objects", BUCKET, "a.txt", "b.css", "a.txt", "-p", "*.css", "-p", "static/c*"],
    ...["-o", st.path("out")],
  ]);
  assert.equal(code, 0);
  assert.deepEqual(Object.keys(tree(st.path("out"))), ["a.txt", "b.css", "static", "static/c.css"]);
  const gets = st.sandbox.requests.filter(({ operation }) => operation === "GetObject");
  assert.equal(gets.length, 3);
});

Deno.test("get-objects: does not list when only keys are given", async () => {
  await using st = await stage();
  await st.put("a", "a");
  await st.run(["get-objects", BUCKET, "a", "-o", st.path("out")]);
  assert.deepEqual(st.sandbox.requests.map(({ operation }) => operation), ["GetObject"]);
});

Deno.test("get-objects: names a missing key and gets the others", async () => {
  await using st = await stage();
  await st.put("a", "a");
  const { code, stderr } = await st.run(["get-objects", BUCKET, "nope", "a", "-o", st.path("out")]);
  assert.equal(code, 1);
  assert.equal(stderr, "Error: Not found: nope\n");
  assert.deepEqual(tree(st.path("out")), { a: "a" });
});

Deno.test("get-objects: reports a missing bucket once", async () => {
  await using st = await stage();
  const { code, stderr } = await st.run([
    ...["get-objects", "no-such-bucket", "a", "b", "c", "-o", st.path("out")],
  ]);
  assert.equal(code, 1);
  assert.equal(stderr.match(/Error: /g)?.length, 1);
  assert.match(stderr, /^Error: Bucket does not exist: no-such-bucket$/m);
});

Deno.test("get-objects: makes a directory of a key that ends in a slash", async () => {
  await using st = await stage();
  await st.put("directory/", "");
  await st.put("full/", "content");
  const { code, stderr } = await st.run(["get-objects", BUCKET, "-o", st.path("out")]);
  assert.equal(code, 1);
  assert.match(stderr, /Skipped "full\/": it makes a directory, which can't hold its 7 bytes/);
  assert.deepEqual(tree(st.path("out")), { directory: null });
});

Deno.test("list-bucket: writes the fields of the listing in every format", async () => {
  await using st = await stage();
  await st.put("a b", "content");
  st.objects().get("a b")!.lastModified = new Date("2021-11-03T01:38:24Z");
  const etag = '"9a0364b9e99bb480dd25e1f0284c8555"';
  const json = await st.run(["list-bucket", BUCKET, "--urls"]);
  assert.deepEqual(JSON.parse(json.stdout), [{
    Key: "a b",
    LastModified: "2021-11-03 01:38:24+00:00",
    ETag: etag,
    ChecksumAlgorithm: ["CRC32"],
    ChecksumType: "FULL_OBJECT",
    Size: 7,
    StorageClass: "STANDARD",
    URL: `${st.sandbox.url}/${BUCKET}/a%20b`,
  }]);
  const csv = await st.run(["list-bucket", BUCKET, "--csv"]);
  assert.equal(
    csv.stdout,
    "Key,LastModified,ETag,Size,StorageClass,Owner\r\n" +
      `a b,2021-11-03 01:38:24+00:00,"""${etag.slice(1, -1)}""",7,STANDARD,\r\n`,
  );
  assert.equal((await st.run(["list-bucket", BUCKET, "--prefix", "x"])).stdout, "[]\n");
});

Deno.test("list-bucket, delete-objects: follow all pages and keep every key byte for byte", async () => {
  await using st = await stage();
  const keys = Array.from({ length: 2_001 }, (_, at) => `${at % 7}/key ${at}+%\r\x01é😀&<>"'`);
  const objects = st.objects();
  await st.put("template", "x");
  const template = objects.get("template")!;
  objects.delete("template");
  for (const key of keys) objects.set(key, { ...template, key });
  const { stdout } = await st.run(["list-bucket", BUCKET, "--nl"]);
  const listed = stdout.trimEnd().split("\n").map((line) => JSON.parse(line).Key);
  assert.deepEqual(listed.sort(), keys.sort());
  const deleted = await st.run(["delete-objects", BUCKET, "--prefix", "3/"]);
  assert.equal(deleted.code, 0);
  assert.deepEqual([...objects.keys()].filter((key) => key.startsWith("3/")), []);
  assert.equal(objects.size, keys.filter((key) => !key.startsWith("3/")).length);
});

Deno.test("delete-objects: deletes keys as given, and nothing in a dry run", async () => {
  await using st = await stage();
  for (const key of ["a", " a ", "a\r", "b"]) await st.put(key, key);
  const dry = await st.run(["delete-objects", BUCKET, "a", "b", "a", "-d"]);
  assert.deepEqual(dry, {
    code: 0,
    stdout: "The following keys would be deleted:\na\nb\n",
    stderr: "Deleting 2 objects from my-bucket\n",
  });
  assert.equal(st.objects().size, 4);
  const { code, stderr } = await st.run(["delete-objects", BUCKET, "a\r"]);
  assert.deepEqual([code, stderr], [0, "Deleting 1 object from my-bucket\n"]);
  assert.deepEqual([...st.objects().keys()].sort(), [" a ", "a", "b"]);
  assert.equal((await st.run(["delete-objects", BUCKET, " a ", "-s"])).stderr, "");
  assert.deepEqual([...st.objects().keys()].sort(), ["a", "b"]);
});

for (
  const [args, message] of [
    [["delete-objects", BUCKET], "Specify one or more keys or use --prefix"],
    [
      ["delete-objects", BUCKET, "--prefix", ""],
      "An empty --prefix would delete all objects of the bucket",
    ],
    [["delete-objects", BUCKET, "a", "--prefix", "b"], "Cannot pass both keys and --prefix"],
    [["get-object", BUCKET, ""], "Invalid key: it is empty"],
    [["get-objects", BUCKET, "x".repeat(1025)], "it has 1025 bytes"],
    [["get-objects", BUCKET, "--concurrency", "0"], "expected 1 to 512"],
    [["put-object", BUCKET, "k", "-", "--content-type", "a\nb"], "Invalid content type"],
    [["put-object", BUCKET, "k", "."], "put-objects uploads directories"],
    [["put-object", BUCKET, "k", "-", "--auth", "-"], "cannot both read standard input"],
    [["list-bucket", BUCKET, "--csv", "--nl"], "Use only one of"],
    [["list-bucket", "bad/name"], "Invalid bucket name"],
  ] as [string[], string][]
) {
  Deno.test(`wrong usage: refuses ${args.join(" ").slice(0, 60)} without a request`, async () => {
    await using st = await stage();
    const { code, stdout, stderr } = await st.run(args);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assert.ok(stderr.includes(message), stderr);
    assert.equal(st.sandbox.requests.length, 0);
  });
}
