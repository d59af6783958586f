/**
 * The program as a process of its own: help, version, start-up, permissions, the sandbox command.
 */
import assert from "node:assert/strict";
import denoJson from "../../deno.json" with { type: "json" };
import { run } from "../support/run.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

async function deno(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

const COMMANDS = [
  ...["create", "exec", "localserver"],
  ...["list-credentials", "extend", "disable-key", "enable-key", "delete-key", "rotate"],
  "prune",
  "revoke-sessions",
  ...["policy", "presets", "can", "lint", "permissions"],
  ...["whoami", "list-users", "list-user-policies", "list-roles", "delete-user"],
  ...["list-buckets", "debug-bucket", "make-public", "make-private"],
  ...["get-bucket-policy", "set-bucket-policy", "get-public-access-block"],
  ...["set-public-access-block", "get-cors-policy", "set-cors-policy", "delete-bucket"],
  ...["list-bucket", "get-object", "get-objects", "put-object", "put-objects", "delete-objects"],
  "presign",
  ...["sandbox", "completions"],
];

for (const word of ["--version", "-V", "version"]) {
  Deno.test(`${word}: the version of deno.json`, async () => {
    const { code, stdout, stderr } = await run([word]);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: "" });
    assert.equal(stdout, `s3-credentials, version ${denoJson.version}\n`);
  });
}

for (const words of [[], ["-h"], ["help"], ["help", "--help"], ["help", "help"], ["--no-color"]]) {
  Deno.test(`"${words.join(" ")}": the overview`, async () => {
    assert.deepEqual(await run(words), await run(["--help"]));
  });
}

Deno.test("--help: every command in its group, an example, the documentation", async () => {
  const { code, stdout, stderr } = await run(["--help"]);
  assert.equal(code, 0);
  assert.equal(stderr, "");
  assert.match(stdout, /^ {4}s3-credentials create my-bucket -c --read-only$/m);
  assert.match(stdout, /^Documentation: https:\/\/\S+$/m);
  const groups = [...stdout.matchAll(/^(\w[\w ]+):$/gm)].map(([, title]) => title);
  const titles = [
    ...[
      "Credentials",
      "Keys",
      "Policies",
      "Users and roles",
      "Buckets",
      "Objects",
      "Tools",
      "Options",
    ],
  ];
  assert.deepEqual(groups.slice(-titles.length), titles);
  const listed = stdout.match(/^ {2}[a-z][a-z-]+/gm)!.map((name) => name.trim());
  assert.deepEqual(listed, COMMANDS);
});

for (const command of COMMANDS) {
  Deno.test(`${command} --help: usage, an example, every option`, async () => {
    const { code, stdout, stderr } = await run([command, "--help"]);
    assert.equal(code, 0);
    assert.equal(stderr, "");
    assert.match(stdout, new RegExp(`^Usage: s3-credentials ${command} \\[OPTIONS\\]`));
    assert.match(stdout, new RegExp(`^ {4}s3-credentials ${command}`, "m"));
    assert.match(stdout, /^ {2}(-h, )?--help/m);
    assert.ok(stdout.split("\n").every((line) => line.length <= 80), "lines of 80 at the most");
  });

  Deno.test(`help ${command} is ${command} --help, also beside mistakes`, async () => {
    const help = await run([command, "--help"]);
    const others = [["help", command], ["--help", command], [command, "--no-such", "--help"]];
    for (const words of others) assert.deepEqual(await run(words), help);
  });
}

for (
  const [typed, meant] of [["craete", "create"], ["whoam", "whoami"], [
    "delete-users",
    "delete-user",
  ]]
) {
  Deno.test(`an unknown command suggests the nearest: ${typed}`, async () => {
    const { code, stderr } = await run([typed!]);
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`did you mean ${meant}\\?`));
  });
}

Deno.test("an unknown option: suggests the nearest", async () => {
  const { code, stderr } = await run(["create", "my-bucket", "--read-onli"]);
  assert.equal(code, 2);
  assert.match(stderr, /^Usage: s3-credentials create \[OPTIONS\] BUCKETS\.\.\.$/m);
  assert.match(stderr, /^Error: Unknown option '--read-onli' - did you mean --read-only\?$/m);
});

for (
  const args of [
    ["--help"],
    ["create", "--help"],
    ["policy", "my-bucket"],
    ["create", "b-1", "--dry-run"],
    ["completions", "bash"],
  ]
) {
  Deno.test(`needs no permission at all: ${args.join(" ")}`, async () => {
    const { code, stderr } = await deno("run", "--no-prompt", "cli.ts", ...args);
    assert.equal(code, 0, stderr);
  });
}

Deno.test("mod.ts: runs the command line too", async () => {
  const { stdout } = await deno("run", "mod.ts", "--version");
  assert.equal(stdout, `s3-credentials, version ${denoJson.version}\n`);
});

interface ModuleGraph {
  modules: {
    specifier: string;
    dependencies?: { specifier: string; isDynamic?: boolean; code?: { specifier?: string } }[];
  }[];
}

let graph: Promise<ModuleGraph> | undefined;

/** All modules of the library and the command line; each has the same graph by itself as in this one. */
async function wholeGraph(): Promise<ModuleGraph> {
  return JSON.parse((await deno("info", "--json", "mod.ts")).stdout);
}

/**
 * All modules that are loaded at once with a module: what it imports, but not what it may import.
 * With `isRead`, all that Deno reads before the first one runs: what it may import by a literal too.
 */
async function loadedWith(entry: string, isRead = false): Promise<string[]> {
  const known = await (graph ??= wholeGraph());
  const modules = new Map(known.modules.map((module) => [module.specifier, module]));
  const seen = new Set<string>();
  const visit = (specifier: string) => {
    if (seen.has(specifier)) return;
    seen.add(specifier);
    for (const { isDynamic, code } of modules.get(specifier)?.dependencies ?? []) {
      if ((isRead || !isDynamic) && code?.specifier) visit(code.specifier);
    }
  };
  visit(new URL(`../../${entry}`, import.meta.url).href);
  return [...seen];
}

for (
  const entry of [
    "cli.ts",
    "mod.ts",
    "lib/cli/create.ts",
    "lib/cli/identities.ts",
    "lib/account/whoami.ts",
    "lib/cli/buckets/settings.ts",
    "lib/cli/using/exec.ts",
    "lib/cli/using/localserver.ts",
    "lib/cli/objects/commands.ts",
    "lib/cli/objects/delete.ts",
    "lib/cli/objects/presign.ts",
    "lib/objects/get.ts",
    "lib/objects/put.ts",
    "lib/objects/delete.ts",
    "lib/objects/list.ts",
    "lib/objects/presign.ts",
    "lib/cli/sandbox/command.ts",
  ]
) {
  Deno.test(`${entry} loads no AWS SDK and no sandbox before it is needed`, async () => {
    const loaded = await loadedWith(entry);
    assert.ok(loaded.length > 3);
    assert.deepEqual(loaded.filter((one) => /aws-sdk|smithy|lib\/sandbox\//.test(one)), []);
  });
}

Deno.test("cli.ts: what Deno reads before it starts is no more than the commands themselves", async () => {
  const read = await loadedWith("cli.ts", true);
  for (const part of ["account/users", "aws/connect", "objects/get", "credentials/create"]) {
    assert.ok(!read.some((one) => one.endsWith(`/lib/${part}.ts`)), `${part} is read`);
  }
  assert.ok(!read.some((one) => one.includes("/lib/sandbox/")));
  assert.deepEqual(read.filter((one) => /aws-sdk/.test(one)), []);
});

Deno.test("lib/objects/get.ts: Deno does not look up the SDK's packages before one is needed", async () => {
  for (const entry of ["lib/objects/get.ts", "lib/account/whoami.ts"]) {
    const read = await loadedWith(entry, true);
    assert.deepEqual(read.filter((one) => /^npm:/.test(one)), [], entry);
  }
});

Deno.test("mod.ts: what deno install fetches with it is all that the library loads of the SDK", async () => {
  const read = await loadedWith("mod.ts", true);
  for (const file of ["lib/aws/sdk/load.ts", "lib/aws/sources/credential_sources.ts"]) {
    const text = await Deno.readTextFile(file);
    const parts = [...text.matchAll(/import\("\.\.\/" \+ "([^"]+)"\)/g)].map(([, path]) => path!);
    assert.ok(parts.length > 2);
    for (const part of parts) {
      assert.ok(read.some((one) => one.endsWith(`/lib/aws/${part}`)), part);
    }
  }
});

Deno.test("mod.ts: what deno install fetches with it is all that commands load", async () => {
  const read = await loadedWith("mod.ts", true);
  const text = await Deno.readTextFile("lib/cli/library.ts");
  const parts = [...text.matchAll(/import\("\.\.\/" \+ "([^"]+)"\)/g)].map(([, path]) => path!);
  assert.ok(parts.length > 15);
  for (const part of parts) {
    assert.ok(read.some((one) => one.endsWith(`/lib/${part}`)), part);
    assert.ok(text.includes(`typeof import("../${part}")`), part);
  }
});
