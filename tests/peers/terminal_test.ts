// deno-lint-ignore-file no-control-regex -- escape sequences are what this is about
/** The program in a real terminal: its width, its colors, and what it says there only. */
import assert from "node:assert/strict";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { adminEnv, CLI, peerTest, runPeer, scriptPath } from "./support.ts";

const ESCAPES = /\x1b\[[0-9;?]*[A-Za-z]/g;

/** Deno itself clears what it may have said of downloads. */
const OF_DENO = "\x1b[0G\x1b[2K\x1b[J";

async function atTerminal(
  columns: number,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; screen: string }> {
  const program = [Deno.execPath(), "run", "-A", CLI, ...args];
  const ran = await runPeer("python", [scriptPath("screen.py"), `${columns}`, ...program], {
    env: { TERM: "xterm-256color", NO_COLOR: "", ...env },
  });
  assert.equal(ran.code, 0, ran.stderr);
  const { code, screen } = JSON.parse(ran.stdout);
  return { code, screen: screen.replaceAll(OF_DENO, "") };
}

function linesOf(screen: string): string[] {
  return screen.replaceAll(ESCAPES, "").trimEnd().split("\n");
}

for (const columns of [40, 80, 120]) {
  peerTest(`terminal of ${columns} columns: the help fits, its headings are bold`, async () => {
    for (const args of [["--help"], ["create", "--help"]]) {
      const { code, screen } = await atTerminal(columns, args);
      assert.equal(code, 0);
      assert.match(screen, /^\x1b\[1mUsage:\x1b\[0m s3-credentials/);
      for (const line of linesOf(screen)) assert.ok(line.length <= Math.min(columns, 100), line);
    }
  });

  peerTest(`terminal of ${columns} columns: a table and a transfer fit`, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    const env = adminEnv(sandbox);
    const file = await Deno.makeTempFile();
    await Deno.writeFile(file, new Uint8Array(30_000_000));
    const key = "a/rather/long/key/of/an/object/that/is/more/than/forty/characters/long.txt";
    const put = await atTerminal(columns, ["put-object", "my-bucket", key, file], env);
    assert.equal(put.code, 0, put.screen);
    assert.match(put.screen, /(^|\r\x1b\[K)Uploaded 1 file, 28\.6 MiB in 0:\d\d \(.*\/s\)\n$/);
    for (const drawn of put.screen.split("\r\x1b[K").slice(0, -1)) {
      assert.ok(drawn.length < columns, drawn);
    }
    const list = await atTerminal(columns, ["list-bucket", "my-bucket", "--table"], env);
    assert.equal(list.code, 0, list.screen);
    assert.match(list.screen, /^\x1b\[1mKey +Size/);
    const [head = "", row = "", ...notes] = linesOf(list.screen);
    for (const line of [head, row]) assert.ok(line.length <= columns, line);
    assert.equal(notes.length, columns === 40 ? 1 : 0);
    for (const note of notes) assert.match(note, /^Not shown for lack of width: /);
    await Deno.remove(file);
  });
}

peerTest("terminal: errors are red, not with NO_COLOR, TERM=dumb or --no-color", async () => {
  const { code, screen } = await atTerminal(80, ["policy", "x"]);
  assert.equal(code, 2);
  assert.match(
    screen,
    /^Usage: s3-credentials policy [^]*\n\x1b\[31mError:\x1b\[0m Invalid bucket/,
  );
  for (
    const [args, env] of [
      [["policy", "x"], { NO_COLOR: "1" }],
      [["policy", "x"], { TERM: "dumb" }],
      [["policy", "x", "--no-color"], {}],
      [["--help"], { NO_COLOR: "1" }],
    ] as [string[], Record<string, string>][]
  ) {
    const plain = await atTerminal(80, args, env);
    assert.doesNotMatch(plain.screen, /\x1b/);
  }
});

peerTest("terminal: create ends in the next step", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  const { code, screen } = await atTerminal(80, ["create", "my-bucket"], adminEnv(sandbox));
  assert.equal(code, 0);
  assert.match(screen, /\nNext: store the secret, it can't be shown again; .*\n$/);
});
