/**
 * The completion scripts as texts: what they offer is what the help says, no more and no less.
 * `tests/peers/completions_test.ts` tries them in real shells.
 */
import assert from "node:assert/strict";
import { commandsInHelp, optionsInHelp } from "../support/help.ts";
import { run } from "../support/run.ts";

async function script(shell: string): Promise<string> {
  const { code, stdout, stderr } = await run(["completions", shell]);
  assert.equal(code, 0, stderr);
  assert.equal(stderr, "");
  return stdout;
}

/** What a script says of one command, and the pattern of an option's name in it. */
interface Reading {
  shell: string;
  sectionOf(text: string, command: string): string;
  option: RegExp;
}

function between(text: string, start: string, end: string): string {
  const from = text.indexOf(start);
  assert.notEqual(from, -1, `the script says: ${start}`);
  return text.slice(from + start.length, text.indexOf(end, from));
}

const READINGS: Reading[] = [
  {
    shell: "bash",
    sectionOf: (text, command) => between(text, `        ${command}) options='`, "' ;;"),
    option: /(\S+)/g,
  },
  {
    shell: "zsh",
    sectionOf: (text, command) => between(text, `\n                ${command})\n`, ";;"),
    option: /^ +'(?:\([^)]*\)|\*)?(--?[\w-]+)[=+]?\[/gm,
  },
  {
    shell: "fish",
    sectionOf: (text, command) =>
      text.split("\n").filter((line) => line.includes(`'__s3_credentials_command ${command}'`))
        .map((line) => line.replace(/ -d .*/, "")).join("\n")
        .replaceAll(/ -s (\w)/g, " =-$1").replaceAll(/ -l ([\w-]+)/g, " =--$1"),
    option: / =(\S+)/g,
  },
  {
    shell: "powershell",
    sectionOf: (text, command) => between(text, `\n        '${command}' = @{`, "Operands ="),
    option: /@\{ Name = '([^']+)'/g,
  },
];

for (const { shell, sectionOf, option } of READINGS) {
  Deno.test(`completions ${shell}: every option of every command, and no other`, async () => {
    const text = await script(shell);
    for (const command of await commandsInHelp()) {
      const offered = [...sectionOf(text, command).matchAll(option)].map((match) => match[1]!);
      assert.deepEqual(offered.sort(), (await optionsInHelp(command)).sort(), command);
    }
  });

  Deno.test(`completions ${shell}: summaries, choices, no trace of this machine`, async () => {
    const text = await script(shell);
    if (shell !== "bash") assert.match(text, /Create credentials for S3 buckets/);
    assert.match(
      text.replaceAll(/[',]/g, ""),
      /json ini env env-no-export powershell fish process/,
    );
    assert.doesNotMatch(text, /undefined|\[object|file:\/\/|\/home\//);
    assert.ok(text.endsWith("\n") && !text.includes("\r"));
  });
}

for (const { shell } of READINGS) {
  Deno.test(`completions ${shell}: presets and the commands of permissions`, async () => {
    const text = (await script(shell)).replaceAll(/[',]/g, "");
    assert.match(text, /litestream litestream\\?:restore/);
    assert.match(text, /delete-bucket [^\n]*list-buckets [^\n]*whoami/);
  });
}

const PAIRS: Record<string, string> = { ")": "(", "]": "[", "}": "{" };

/** Takes the strings and comments out of a PowerShell script, and follows the brackets. */
function bracketFaults(text: string): string[] {
  const faults: string[] = [];
  const code = text.replaceAll(/'(?:[^'\n]|'')*'/g, "''").replaceAll(/#.*$/gm, "");
  if (/'/.test(code.replaceAll("''", ""))) faults.push("an open string");
  const open: string[] = [];
  for (const [bracket] of code.matchAll(/[()[\]{}]/g)) {
    const partner = PAIRS[bracket];
    if (partner === undefined) open.push(bracket);
    else if (open.pop() !== partner) faults.push(`${bracket} without ${partner}`);
  }
  return [...faults, ...open.map((bracket) => `${bracket} is never closed`)];
}

Deno.test("completions powershell: strings and brackets are closed", async () => {
  const text = await script("powershell");
  assert.deepEqual(bracketFaults(text), []);
  assert.notDeepEqual(bracketFaults(text.slice(0, -2)), [], "a part of the script is noticed");
  // Strings in double quotes would expand the $!BUCKET_NAME!$ of a help text.
  assert.doesNotMatch(text, /"/);
});

Deno.test("completions: an unknown shell, or none, is wrong usage that names the four", async () => {
  const unknown = await run(["completions", "ksh"]);
  assert.equal(unknown.code, 2);
  assert.match(
    unknown.stderr,
    /Invalid SHELL: expected one of bash, zsh, fish, powershell, not "ksh"/,
  );
  assert.equal(unknown.stdout, "");
  assert.equal((await run(["completions"])).code, 2);
});

Deno.test("completions bash: the values of options that take only a few", async () => {
  const { stdout } = await run(["completions", "bash"]);
  assert.match(stdout, /can:--expect\) completer='words allowed denied'/);
  assert.match(stdout, /lint:--type\) completer='words identity bucket trust session'/);
});
