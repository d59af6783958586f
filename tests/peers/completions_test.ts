/**
 * The completion scripts in real shells: what the Tab key offers, line by line.
 */
import { CREDENTIAL_FORMATS } from "../../lib/credentials/format.ts";
import assert from "node:assert/strict";
import { join } from "node:path";
import { commandsInHelp, optionsInHelp } from "../support/help.ts";
import { run } from "../support/run.ts";
import { scriptPath } from "./support.ts";

interface Shell {
  name: string;
  /** What the file with the script is called. */
  file: string;
  /** Command line of the shell that reads lines and prints what is offered for each. */
  words(script: string, folder: string): string[];
  /** A command line as the shell's helper takes it. */
  line(typed: string): string;
}

const SHELLS: Shell[] = [
  {
    name: "bash",
    file: "script.bash",
    words: (script) => ["bash", "--norc", scriptPath("completions.bash"), script],
    line: (typed) => typed.split(/ |(?<=[=:])|(?=[=:])/).join("\t"),
  },
  {
    name: "zsh",
    file: "script.zsh",
    words: (script, folder) => ["zsh", "-f", scriptPath("completions.zsh"), script, folder],
    line: (typed) => typed,
  },
  {
    name: "fish",
    file: "script.fish",
    words: (script) => ["fish", "--no-config", scriptPath("completions.fish"), script],
    line: (typed) => typed,
  },
];

const FORMATS: readonly string[] = CREDENTIAL_FORMATS;
const ALL_FILES = ["folder", "notes.json", "notes.txt"];

/** What is typed after the program's name, and what is offered. */
const CASES: Record<string, string[]> = {
  "cre": ["create"],
  "--v": ["--version"],
  "help cre": ["create"],
  "no-such-command --": [],
  "create --re": ["--read-only", "--region"],
  "create my-bucket -c --re": ["--read-only", "--region"],
  "list-bucket create --ur": ["--urls"],
  "create my-bucket -f ": [...FORMATS],
  "create --format e": ["env", "env-no-export"],
  "create --format=j": ["json"],
  "create --auth notes.j": ["notes.json"],
  "create -a ": ALL_FILES,
  "create --policy notes.j": ["notes.json"],
  "set-bucket-policy my-bucket --policy-file notes.j": ["notes.json"],
  "get-objects my-bucket --output ": ["folder"],
  "create --duration ": [],
  "create ": [],
  "create notes": [],
  "create my-bucket -- --re": [],
  "list-bucket ": [],
  "put-object ": [],
  "put-object my-bucket ": [],
  "put-object my-bucket my-key ": ALL_FILES,
  "put-object --auth x my-bucket my-key notes.t": ["notes.txt"],
  "put-object --auth=x my-bucket notes": [],
  "put-objects my-bucket ": ALL_FILES,
  "put-objects my-bucket a b notes.j": ["notes.json"],
  "set-public-access-block my-bucket --block-public-acls ": ["true", "false"],
  "completions ": ["bash", "zsh", "fish", "powershell"],
  "localserver --token --re": ["--read-only", "--region"],
  "sandbox -- no-such-prog": [],
  "create my-bucket --for litestr": ["litestream", "litestream:restore"],
  "policy my-bucket --for=docker-": ["docker-registry"],
  "presets restic": ["restic", "restic:restore"],
  "permissions delete-u": ["delete-user"],
  "permissions create list-us": ["list-user-policies", "list-users"],
};

async function isThere(program: string): Promise<boolean> {
  const asked = new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null" });
  try {
    return (await asked.output()).success;
  } catch {
    return false;
  }
}

/** What a shell offers for each of some lines; the program's name comes before each. */
async function offersOf(shell: Shell, lines: readonly string[]): Promise<Map<string, string[]>> {
  const folder = await Deno.makeTempDir();
  const here = join(folder, "here");
  try {
    await Deno.mkdir(join(here, "folder"), { recursive: true });
    await Deno.writeTextFile(join(here, "notes.json"), "{}");
    await Deno.writeTextFile(join(here, "notes.txt"), "");
    const script = join(folder, shell.file);
    await Deno.writeTextFile(script, (await run(["completions", shell.name])).stdout);
    const [program = "", ...args] = shell.words(script, folder);
    const child = new Deno.Command(program, {
      args,
      cwd: here,
      env: { HOME: folder, XDG_CONFIG_HOME: folder, LC_ALL: "C.UTF-8" },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const typed = lines.map((line) => shell.line(`s3-credentials ${line}`));
    const [{ stdout, stderr, success }] = await Promise.all([
      child.output(),
      new Blob([typed.map((line) => `${line}\n`).join("")]).stream().pipeTo(child.stdin),
    ]);
    assert.ok(success, new TextDecoder().decode(stderr));
    assert.equal(new TextDecoder().decode(stderr), "");
    const answers = new TextDecoder().decode(stdout).split(/^> .*\n/m).slice(1);
    assert.equal(answers.length, lines.length);
    return new Map(lines.map((line, index) => [line, offered(answers[index] ?? "")]));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Shells differ in what stands around an offer: fish has descriptions, some put a / after folders. */
function offered(answer: string): string[] {
  const words = answer.split("\n").filter((line) => line !== "").map((line) =>
    line.replace(/\t.*/, "").replace(/\/$/, "").replace(/^--\w+=/, "")
  );
  return [...new Set(words)].sort();
}

async function shellTest(shell: Shell, what: string, fn: () => Promise<void>): Promise<void> {
  const name = `${shell.name} ${what}`;
  if (await isThere(shell.name)) Deno.test(name, fn);
  else Deno.test({ name: `${name} (skipped: ${shell.name} is not installed)`, ignore: true, fn });
}

for (const shell of SHELLS) {
  await shellTest(shell, "offers what fits", async () => {
    const offers = await offersOf(shell, Object.keys(CASES));
    for (const [line, expected] of Object.entries(CASES)) {
      assert.deepEqual(offers.get(line), [...expected].sort(), line);
    }
  });

  await shellTest(shell, "offers all commands, and each one's long options", async () => {
    const commands = await commandsInHelp();
    const offers = await offersOf(shell, ["", ...commands.map((command) => `${command} --`)]);
    assert.deepEqual(offers.get(""), [...commands, "help"].sort());
    for (const command of commands) {
      const long = (await optionsInHelp(command)).filter((name) => name.startsWith("--"));
      assert.deepEqual(offers.get(`${command} --`), long.sort(), command);
    }
  });

  if (shell.name === "bash") continue;
  await shellTest(shell, "completes the command line that the sandbox runs", async () => {
    const line = "sandbox -- s3-credentials create --re";
    const offers = await offersOf(shell, [line]);
    assert.deepEqual(offers.get(line), ["--read-only", "--region"]);
  });
}

const COLON = "presets litestream:re";
for (const shell of SHELLS) {
  await shellTest(shell, "completes a preset behind its colon", async () => {
    const offers = await offersOf(shell, [COLON]);
    // Bash takes it for a word of its own.
    const expected = shell.name === "bash" ? "restore" : "litestream:restore";
    assert.deepEqual(offers.get(COLON), [expected]);
  });
}

const zsh = { ...SHELLS.find(({ name }) => name === "zsh")!, file: "_s3-credentials" };
await shellTest(zsh, "loads the script from a folder of its fpath", async () => {
  const offers = await offersOf(zsh, ["cre", "create --re"]);
  assert.deepEqual(offers.get("cre"), ["create"]);
  assert.deepEqual(offers.get("create --re"), ["--read-only", "--region"]);
});
