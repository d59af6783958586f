/**
 * Keys, paths and a server's words that would like to command the terminal, or to forge lines.
 */
import assert from "node:assert/strict";
import { BUCKET, type Stage, stage, TWO_PARTS } from "../support/objects.ts";

/** Rings, sets the title, wipes the line and goes on with a line that looks like ours. */
const EVIL = "a\x1b]0;title\x07\x1b[2K\rOK\nError: forged\u009b31m\u202e";
const SHOWN = "a\\x1b]0;title\\x07\\x1b[2K\\rOK\\nError: forged\\u009b31m\\u202e";
const DENIED = { status: 403, code: "AccessDenied", message: "no \x1b[31mred" };

// deno-lint-ignore no-control-regex -- control characters are what this is about
const HARMFUL = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;

/** Runs a command that fails for one key. */
async function errorsOf(st: Stage, args: string[]): Promise<string[]> {
  const { code, stderr } = await st.run(args);
  assert.equal(code, 1, stderr);
  assert.doesNotMatch(stderr, HARMFUL);
  return stderr.split("\n").filter((line) => line.startsWith("Error: "));
}

for (
  const { name, operations, args, error } of [
    {
      name: "get-objects",
      operations: ["GetObject"],
      args: (st: Stage) => ["get-objects", BUCKET, "-o", st.path("out")],
      error: `Error: Could not get ${SHOWN}: AccessDenied: no \\x1b[31mred`,
    },
    {
      name: "get-object",
      operations: ["GetObject"],
      args: () => ["get-object", BUCKET, EVIL],
      error: `Error: Could not get ${SHOWN}: AccessDenied: no \\x1b[31mred`,
    },
    {
      name: "put-object",
      operations: ["PutObject"],
      args: () => ["put-object", BUCKET, EVIL, "deno.json"],
      error: `Error: Could not put ${SHOWN}: AccessDenied: no \\x1b[31mred`,
    },
    {
      name: "put-objects",
      operations: ["PutObject"],
      args: (st: Stage) => ["put-objects", BUCKET, st.path(EVIL)],
      error: `Error: Could not put ${SHOWN}: AccessDenied: no \\x1b[31mred`,
    },
    {
      name: "delete-objects",
      operations: ["DeleteObject", "DeleteObjects"],
      args: () => ["delete-objects", BUCKET, "-s", "--prefix", "a"],
      error: `Error: Could not delete ${SHOWN}: AccessDenied: no \\x1b[31mred`,
    },
  ]
) {
  Deno.test({
    name: `${name}: a key with control characters in an error is one visible line`,
    ignore: Deno.build.os === "windows",
    async fn() {
      await using st = await stage();
      await st.put(EVIL, "content");
      await Deno.writeTextFile(st.path(EVIL), "content");
      for (const operation of operations) {
        st.sandbox.fail({ operation, times: Infinity, error: DENIED });
      }
      assert.deepEqual(await errorsOf(st, args(st)), [error]);
    },
  });
}

Deno.test({
  name: "what stands in the way of a download, and what can't be uploaded, is named visibly",
  ignore: Deno.build.os === "windows",
  async fn() {
    await using st = await stage();
    await st.put(EVIL, "content");
    await Deno.mkdir(st.path("out"));
    await Deno.symlink("nowhere", st.path("out", EVIL));
    const [error = ""] = await errorsOf(st, ["get-objects", BUCKET, "-o", st.path("out")]);
    assert.ok(error.endsWith(`${SHOWN} is a symbolic link`), error);
    const put = await st.run(["put-objects", "-s", BUCKET, st.path("out")]);
    assert.equal(
      put.stderr,
      `Warning: not uploaded: ${st.path("out")}/${SHOWN}: it is a symbolic link to nothing\n`,
    );
  },
});

Deno.test("whoami: escapes the words of a server in its error", async () => {
  await using st = await stage();
  const error = { status: 400, code: "Odd\u009b", message: "evil \x1b]0;title\x07\u202e" };
  st.sandbox.fail({ operation: "GetCallerIdentity", error });
  const { stderr } = await st.run(["whoami"]);
  assert.doesNotMatch(stderr, HARMFUL);
  assert.match(stderr, /evil \\x1b\]0;title\\x07\\u202e/);
});

Deno.test("withProgress: escapes messages above its line, not the line itself", async () => {
  await using st = await stage();
  await st.put(EVIL, "content");
  st.sandbox.fail({ operation: "GetObject", times: Infinity, delayMs: 300, error: DENIED });
  const args = ["get-objects", BUCKET, "-o", st.path("out")];
  const { stderr } = await st.run(args, { isTerminal: true });
  const clearLine = "\r\x1b[K";
  assert.ok(stderr.includes(clearLine));
  assert.doesNotMatch(stderr.replaceAll(clearLine, ""), HARMFUL);
  assert.ok(stderr.includes(`Could not get ${SHOWN}: `));
});

for (const isStdoutTerminal of [false, true]) {
  Deno.test({
    name: `names on standard output, ${isStdoutTerminal ? "a terminal" : "a pipe"}`,
    ignore: Deno.build.os === "windows",
    async fn() {
      await using st = await stage();
      await st.put(EVIL, "content");
      await Deno.writeTextFile(st.path(EVIL), "content");
      const name = isStdoutTerminal ? SHOWN : EVIL;
      const run = async (...args: string[]) =>
        (await st.run([args[0]!, BUCKET, ...args.slice(1)], { isStdoutTerminal })).stdout;
      assert.equal(
        await run("delete-objects", "--prefix", "a", "--dry-run"),
        `The following keys would be deleted:\n${name}\n`,
      );
      assert.equal(
        await run("put-objects", st.path(EVIL), "--dry-run"),
        `${st.path(name)} => s3://${BUCKET}/${name}\n`,
      );
      const json = await run("list-bucket");
      assert.equal(JSON.parse(json)[0].Key, EVIL);
      assert.equal(HARMFUL.test(json), !isStdoutTerminal);
      const tsv = await run("list-bucket", "--tsv");
      assert.equal(tsv.includes(EVIL), !isStdoutTerminal);
      assert.match(tsv, /^Key\t.*\r\n/);
      assert.equal(HARMFUL.test(tsv.replaceAll("\r\n", "")), !isStdoutTerminal);
    },
  });
}

Deno.test("a command to copy holds a key with control characters as one word", async () => {
  await using st = await stage();
  await Deno.writeFile(st.path("large"), new Uint8Array(TWO_PARTS));
  st.sandbox.fail({ operation: "UploadPart", times: Infinity, error: DENIED });
  st.sandbox.fail({ operation: "AbortMultipartUpload", times: Infinity, error: DENIED });
  const { stderr } = await st.run(["put-object", BUCKET, "it's\\\x1b", st.path("large")]);
  assert.ok(stderr.includes(`--key=$'it\\'s\\\\\\x1b' --upload-id=`), stderr);
});
