// deno-lint-ignore-file no-control-regex -- escape sequences are what this is about
/**
 * Lists as tables for people.
 */
import assert from "node:assert/strict";
import { displayWidth, formatTable } from "../../lib/cli/lists/table.ts";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { commandsInHelp, optionsInHelp } from "../support/help.ts";
import { BUCKET, stage } from "../support/objects.ts";
import { run } from "../support/run.ts";

const plain = (text: string) => text;

async function table(
  rows: object[],
  fields: string[],
  width = Infinity,
  whole?: string[],
): Promise<string[]> {
  const style = { width, bold: plain, whole };
  const pieces = await Array.fromAsync(formatTable(rows, fields, style));
  return pieces.join("").trimEnd().split("\n");
}

const ROWS = [
  { Name: "short", Size: 5, Tags: undefined },
  { Name: "a-longer-name", Size: 12345, Tags: [{ Key: "a" }] },
];

Deno.test("formatTable: aligns columns, numbers to the right; nested values are JSON", async () => {
  assert.deepEqual(await table(ROWS, ["Name", "Size", "Tags"]), [
    "Name            Size  Tags",
    "short              5  -",
    'a-longer-name  12345  [{"Key":"a"}]',
  ]);
});

Deno.test("formatTable: shows a list of texts as text, and a dash for whatever is nothing", async () => {
  const nothing = [[], null, undefined, ""].map((Value) => ({ Name: "a", Value }));
  const rows = [{ Name: "a", Value: ["one", "two"] }, ...nothing];
  assert.deepEqual(await table(rows, ["Name", "Value"]), [
    "Name  Value",
    "a     one, two",
    ...nothing.map(() => "a     -"),
  ]);
  assert.deepEqual(await table(nothing, ["Name", "Value"]), ["Name", ...nothing.map(() => "a")]);
});

Deno.test("formatTable: a tab in a value doesn't move the columns after it", async () => {
  assert.deepEqual(await table([{ Key: "a\tb", Size: 1 }], ["Key", "Size"]), [
    "Key   Size",
    "a\\tb     1",
  ]);
});

Deno.test("formatTable: leaves out columns without any value", async () => {
  assert.deepEqual(await table(ROWS, ["Name", "Owner"]), ["Name", "short", "a-longer-name"]);
  assert.deepEqual(await table([], ["Name", "Owner"]), ["Name  Owner"]);
});

Deno.test("formatTable: cuts the widest columns first, and marks what is cut", async () => {
  const row = { Key: "a".repeat(60), Size: 1, LastModified: "2021-11-03 01:38:24+00:00" };
  const [, line = ""] = await table([row], ["Key", "Size", "LastModified"], 60);
  assert.equal(line, `${"a".repeat(26)}…     1  2021-11-03 01:38:24+00:00`);
});

Deno.test("formatTable: cuts no identifier, be there other columns to narrow, to drop or none", async () => {
  const Name = "n".repeat(30);
  const row = { Name, Status: "Active", Note: "x".repeat(40), Id: "i".repeat(20) };
  const fields = ["Name", "Status", "Note", "Id"];
  const at = async (width: number) => (await table([row], fields, width, ["Name", "Id"]))[1];
  assert.equal(await at(80), `${Name}  Active  ${"x".repeat(17)}…  ${row.Id}`);
  assert.equal(await at(78), `${Name}  Active  ${"x".repeat(15)}…  ${row.Id}`);
  assert.equal(await at(77), `${Name}  Active  ${"x".repeat(36)}…`);
  assert.equal(await at(40), `${Name}  Active`);
  assert.equal(await at(20), Name);
  assert.deepEqual(
    (await table([row], ["Name", "Id"], 40, ["Name", "Id"]))[1],
    `${Name}  ${row.Id}`,
  );
});

Deno.test("formatTable: an identifier that comes after the measured rows is whole, too", async () => {
  const rows = [...Array(200).fill({ Name: "short" }), { Name: "n".repeat(40) }];
  assert.equal((await table(rows, ["Name"], 80, ["Name"])).at(-1), "n".repeat(40));
});

Deno.test("list-credentials --table: ids of keys are whole at a narrow terminal", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  await run(["create", "my-bucket", "--username", "u".repeat(64)], { sandbox });
  const [id = ""] = sandbox.account.users.get("u".repeat(64))!.accessKeys.keys();
  for (const columns of [40, 80, 120]) {
    const { stdout, stderr } = await run(
      ["list-credentials", "--table", "--user", "u".repeat(64)],
      {
        sandbox,
        isStdoutTerminal: true,
        columns,
      },
    );
    assert.match(stdout, new RegExp(`^u{64}  ${id}( |$)`, "m"));
    assert.match(
      stderr,
      /^Not shown for lack of width: .*AgeDays.*\. Make the terminal wider, or omit --table\n$/,
    );
  }
});

Deno.test("formatTable: no line is longer than the terminal is wide", async () => {
  const row = { A: "é日😀".repeat(30), B: "b".repeat(50), C: "c".repeat(50), D: "d" };
  for (const width of [1, 10, 20, 40, 80, 120]) {
    for (const line of await table([row], ["A", "B", "C", "D"], width)) {
      assert.ok(displayWidth(line) <= Math.max(width, 16), `${width}: ${line}`);
    }
  }
});

Deno.test("formatTable: a long list begins before it is read to its end", async () => {
  let read = 0;
  function* endless() {
    for (;;) yield { Name: `name-${read++}` };
  }
  const pieces = formatTable(endless(), ["Name"], { width: 80, bold: plain });
  assert.match((await pieces.next()).value!, /^Name\nname-0\nname-1\n/);
  assert.ok(read < 1000);
  assert.equal((await pieces.next()).value, `name-${read - 1}\n`);
});

Deno.test("displayWidth: wide characters take two columns, combining ones none", () => {
  assert.deepEqual(["abc", "é", "e\u0301", "日本", "😀", ""].map(displayWidth), [3, 1, 1, 4, 2, 0]);
});

Deno.test("--table: is an option of every list", async () => {
  const lists = (await commandsInHelp()).filter((name) => name.startsWith("list-"));
  assert.ok(lists.length >= 5);
  for (const list of lists) assert.ok((await optionsInHelp(list)).includes("--table"), list);
});

for (const columns of [40, 80, 120]) {
  Deno.test(`--table: at a terminal of ${columns} columns, with a bold heading`, async () => {
    await using st = await stage();
    await st.put("path/to/a-rather-long-name-that-is-longer-than-half-of-the-line.txt", "content");
    await st.put("b\x1b[31m\nred", "content");
    const { stdout } = await st.run(["list-bucket", BUCKET, "--table"], {
      isStdoutTerminal: true,
      hasColor: true,
      columns,
    });
    const [head = "", ...lines] = stdout.trimEnd().split("\n");
    assert.match(head, /^\x1b\[1mKey +Size +LastModif.*\x1b\[0m$/);
    assert.equal(lines.length, 2);
    for (const line of lines) assert.ok(line.length <= columns, line);
    assert.match(lines[0]!, /^b\\x1b\[31m\\nred/);
    assert.equal(columns < 120, lines[1]!.includes("…"));
  });
}

Deno.test("--table: a pipe gets whole values and no escape sequences", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  const { code, stdout } = await run(["list-buckets", "--table"], { sandbox });
  assert.equal(code, 0);
  assert.match(stdout, /^Name +CreationDate\nmy-bucket +\d{4}-\S+ [\d:]+\+00:00\n$/);
});

Deno.test("list-user-policies: --json and the other formats have a row a policy", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  await run(["create", "my-bucket", "--read-only"], { sandbox });
  const list = async (...args: string[]) => {
    const { code, stdout } = await run(["list-user-policies", ...args], { sandbox });
    assert.equal(code, 0);
    return stdout;
  };
  const policies = JSON.parse(await list("--json"));
  assert.deepEqual(
    policies.map(({ UserName, PolicyName }: Record<string, string>) => [UserName, PolicyName]),
    [["s3.read-only.my-bucket", "s3.read-only.my-bucket"]],
  );
  const { stdout } = await run(["policy", "my-bucket", "--read-only"]);
  assert.deepEqual(policies[0].PolicyDocument, JSON.parse(stdout));
  assert.equal(JSON.parse(await list("--nl")).PolicyName, "s3.read-only.my-bucket");
  assert.match(await list("--csv"), /^UserName,PolicyName,PolicyDocument\r\ns3/);
  assert.match(await list("--table"), /^UserName +PolicyName +PolicyDocument\ns3/);
  assert.equal(await list("admin", "--json"), "[]\n");
  const both = await run(["list-user-policies", "--json", "--nl"], { sandbox });
  assert.equal(both.code, 2);
  assert.match(both.stderr, /Use only one of --json, --nl, --csv, --tsv and --table\n$/);
});
