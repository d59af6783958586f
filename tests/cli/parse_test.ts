/**
 * How a command line is read: where options may stand and how their values may be written.
 */
import assert from "node:assert/strict";
import {
  choice,
  defineCommand,
  flag,
  optionalValue,
  type Program,
  value,
  values,
} from "../../lib/cli/command.ts";
import type { Io } from "../../lib/cli/io.ts";
import { parseCommandLine } from "../../lib/cli/parse.ts";
import { nearest } from "../../lib/suggest.ts";

const given: Record<string, unknown>[] = [];

const example = defineCommand({
  operands: "<bucket> [keys...]",
  description: "Takes options of every kind.",
  examples: [],
  options: {
    duration: value("-d, --duration <duration>", "A value"),
    format: choice("-f, --format <format>", "A choice", ["json", "ini"], "json"),
    silent: flag("-s, --silent", "A flag"),
    create: flag("-c, --create", "Another flag"),
    header: values("-h, --header <header>", "Repeatable", (text) => text),
    wait: optionalValue("--wait [duration]", "An optional value", (text) => text || "default"),
  },
  run({ operands, options }) {
    given.push({ operands, ...options });
    return Promise.resolve();
  },
});

const program: Program = {
  name: "program",
  version: "1",
  description: "An example.",
  example: ["One:", "example"],
  documentation: "https://example.com/",
  groups: [{
    title: "Examples",
    commands: [{ name: "example", summary: "An example", load: () => Promise.resolve(example) }],
  }],
};

const DEFAULTS = {
  operands: ["b"],
  duration: undefined,
  format: "json",
  silent: false,
  create: false,
  header: [],
  wait: undefined,
};

const CASES: [words: string[], expected: Partial<Record<keyof typeof DEFAULTS, unknown>>][] = [
  [["b"], {}],
  [["b", "-s"], { silent: true }],
  [["--silent", "b"], { silent: true }],
  [["--silent", "--silent", "b"], { silent: true }],
  [["b", "--duration", "15m"], { duration: "15m" }],
  [["--duration", "15m", "b"], { duration: "15m" }],
  [["b", "--duration=15m"], { duration: "15m" }],
  [["b", "--duration=a=b"], { duration: "a=b" }],
  [["b", "--duration="], { duration: "" }],
  [["b", "-d", "15m"], { duration: "15m" }],
  [["-d15m", "b"], { duration: "15m" }],
  [["b", "-d", "1m", "--duration=2m"], { duration: "2m" }],
  [["b", "--duration", "-15m"], { duration: "-15m" }],
  [["b", "--duration", "--"], { duration: "--" }],
  [["b", "-sc"], { silent: true, create: true }],
  [["b", "-scd15m"], { silent: true, create: true, duration: "15m" }],
  [["b", "-scd", "15m"], { silent: true, create: true, duration: "15m" }],
  [["b", "-f", "ini"], { format: "ini" }],
  [["b", "-h", "A", "--header", "B", "-hC"], { header: ["A", "B", "C"] }],
  [["b", "--wait"], { wait: "default" }],
  [["b", "--wait", "--silent"], { wait: "default", silent: true }],
  [["b", "--wait", "5m"], { wait: "5m" }],
  [["b", "--wait=5m"], { wait: "5m" }],
  [["b", "-"], { operands: ["b", "-"] }],
  [["b", "--", "--silent", "-d", "--"], { operands: ["b", "--silent", "-d", "--"] }],
  [["--", "b"], {}],
  [["b", "--no-color"], {}],
];

for (const [words, expected] of CASES) {
  Deno.test(`parseCommandLine: example ${words.join(" ")}`, async () => {
    const parsed = await parseCommandLine(program, ["example", ...words]);
    assert.equal(parsed.kind, "run");
    if (parsed.kind === "run") await parsed.run({} as Io);
    assert.deepEqual(given.pop(), { ...DEFAULTS, ...expected });
  });
}

Deno.test("parseCommandLine: -h is help only where the command has no such option", async () => {
  assert.equal((await parseCommandLine(program, ["example", "b", "-h", "A"])).kind, "run");
  assert.equal((await parseCommandLine(program, ["example", "--help"])).kind, "help");
  assert.equal((await parseCommandLine(program, ["-h"])).kind, "overview");
});

Deno.test("parseCommandLine: a value or an operand that looks like --help is none", async () => {
  for (const words of [["b", "-d", "--help"], ["b", "--", "--help"]]) {
    assert.equal((await parseCommandLine(program, ["example", ...words])).kind, "run");
  }
});

const NAMES = ["create", "rotate", "delete-user", "delete-objects", "get-object", "get-objects"];

for (
  const [typed, expected] of [
    ["craete", ["create"]],
    ["creat", ["create"]],
    ["delete-users", ["delete-user"]],
    ["get-objetc", ["get-object"]],
    ["delete", ["delete-user", "delete-objects"]],
    ["user", ["delete-user"]],
    ["x", []],
    ["", []],
    ["frobnicate", []],
  ] as const
) {
  Deno.test(`nearest: "${typed}"`, () => assert.deepEqual(nearest(typed, NAMES), expected));
}
