/**
 * The package as JSR gives it: into an empty cache, run and imported by name.
 */
import assert from "node:assert/strict";
import { delimiter, dirname } from "node:path";
import { startSandbox } from "../lib/sandbox/mod.ts";
import { isItsTurn } from "./support/arbitraries.ts";
import { type Registry, startRegistry } from "./support/registry.ts";
import { run, sandboxEnv } from "./support/run.ts";

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

let registry: Registry;
/** No project's: it has the cache, and what `deno install` makes. */
let folder = "";
/** A project's: its lock file spares all but the first run the choice of npm's versions. */
let project = "";

Deno.test.beforeAll(async () => {
  registry = await startRegistry();
  folder = await Deno.makeTempDir();
  project = `${folder}/project`;
  for (const path of [`${folder}/cache`, project]) await Deno.mkdir(path);
  await Deno.writeTextFile(`${project}/deno.json`, "{}");
  // The cache is empty but for the packages of npm, which need not be fetched again.
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  await Deno.symlink(JSON.parse(decode(stdout)).npmCache, `${folder}/cache/npm`);
});

Deno.test.afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  await Deno.remove(folder, { recursive: true });
});

async function deno(args: string[], env: Record<string, string> = {}, cwd = project) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd,
    env: { DENO_DIR: `${folder}/cache`, JSR_URL: registry.url, ...env },
  }).output();
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

Deno.test("JSR: only what users need is published", () => {
  assert.ok(registry.files.includes("mod.ts"));
  assert.ok(registry.files.includes("README.md"));
  const others = registry.files.filter((path) => !/^(lib|docs)\//.test(path));
  assert.deepEqual(others.sort(), [
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "cli.ts",
    "deno.json",
    "mod.ts",
  ]);
});

Deno.test("JSR: deno run jsr:@s3creds/cli policy", async () => {
  const { code, stdout, stderr } = await deno(["run", "jsr:@s3creds/cli", "policy", "my-bucket"]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, (await run(["policy", "my-bucket"])).stdout);
});

Deno.test("JSR: deno run -A jsr:@s3creds/cli create, against the sandbox", async () => {
  await using sandbox = await startSandbox();
  const { code, stdout, stderr } = await deno(
    ["run", "-A", "jsr:@s3creds/cli", "create", "my-bucket", "-c"],
    sandboxEnv(sandbox),
  );
  assert.equal(code, 0, stderr);
  assert.ok(
    sandbox.account.users.get("s3.read-write.my-bucket")?.accessKeys.has(
      JSON.parse(stdout).AccessKeyId,
    ),
  );
});

Deno.test("JSR: the command line alone fetches what a command needs when it is run", async () => {
  await using sandbox = await startSandbox();
  const flags = ["--allow-env", "--allow-read", "--allow-net", "--allow-sys", "--allow-import"];
  const whoami = await deno(
    ["run", "--no-prompt", ...flags, "jsr:@s3creds/cli/cli", "whoami"],
    sandboxEnv(sandbox),
  );
  assert.equal(whoami.code, 0, whoami.stderr);
  assert.match(JSON.parse(whoami.stdout).Arn, /:user\/admin$/);
  const inside = [Deno.execPath(), "eval", "console.log(Deno.env.get('AWS_ENDPOINT_URL'))"];
  const ran = await deno(["run", "-A", "jsr:@s3creds/cli/cli", "sandbox", "--", ...inside]);
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /^http:\/\/127\.0\.0\.1:\d+\n$/);
});

/** What `deno install` makes is a script. */
const NAME = Deno.build.os === "windows" ? "s3-credentials.cmd" : "s3-credentials";

/** Installs the command by a line of the README, and runs it. */
async function runInstalled(line: string, cwd: string, args: string[]) {
  const root = await Deno.makeTempDir({ dir: folder });
  const [, install = "", ...words] = line.split(" ");
  const made = await deno([install, "--root", root, ...words], {}, cwd);
  assert.equal(made.code, 0, made.stderr);
  const { code, stdout, stderr } = await new Deno.Command(`${root}/bin/${NAME}`, {
    args,
    cwd: folder,
    env: {
      DENO_DIR: `${folder}/cache`,
      JSR_URL: registry.url,
      PATH: `${dirname(Deno.execPath())}${delimiter}${Deno.env.get("PATH")}`,
    },
  }).output();
  assert.equal(code, 0, decode(stderr));
  return decode(stdout);
}

Deno.test("JSR: the README's deno install makes the command s3-credentials", async () => {
  const [line = ""] = /^deno install .*$/m.exec(await Deno.readTextFile("README.md")) ?? [];
  const args = ["policy", "my-bucket"];
  assert.equal(await runInstalled(line, folder, args), (await run(args)).stdout);
});

Deno.test("README: deno install in a clone makes a command that finds its packages", async () => {
  const readme = await Deno.readTextFile("README.md");
  const [, line = ""] = /`(deno install [^`]* cli\.ts)`/.exec(readme) ?? [];
  const inside = [Deno.execPath(), "eval", "console.log('sandboxed')"];
  const stdout = await runInstalled(line, Deno.cwd(), ["sandbox", "--", ...inside]);
  assert.equal(stdout, "sandboxed\n");
});

Deno.test("JSR: after deno add, the README's example of an import runs", async () => {
  const readme = await Deno.readTextFile("README.md");
  const [, command = ""] = /`deno (add [^`]+)`/.exec(readme) ?? [];
  const [, example = ""] = /^```ts\n(.*?)^```/ms.exec(readme) ?? [];
  await Deno.writeTextFile(`${project}/example.ts`, example);
  const added = await deno(command.split(" "));
  assert.equal(added.code, 0, added.stderr);
  const { code, stdout, stderr } = await deno(["run", "-A", "example.ts"]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^AKIA\w+\n$/);
});

Deno.test("JSR: a script that imports the library and the sandbox", async () => {
  await Deno.writeTextFile(
    `${project}/script.ts`,
    `import { connect, createCredentials, whoami } from "jsr:@s3creds/cli";
     import { startSandbox } from "jsr:@s3creds/cli/sandbox";
     await using sandbox = await startSandbox({ buckets: ["photos"] });
     const admin = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
     const { credentials } = await createCredentials(admin, { buckets: ["photos"] });
     const user = connect({ endpointUrl: sandbox.url, credentials });
     console.log((await whoami(user)).Arn);
     admin.close();
     user.close();`,
  );
  // To check all types takes as long as all of the others together.
  const check = isItsTurn(0, 4) ? ["--check"] : [];
  const { code, stdout, stderr } = await deno(["run", "-A", ...check, "script.ts"]);
  assert.equal(code, 0, stderr);
  assert.equal(stdout, "arn:aws:iam::123456789012:user/s3.read-write.photos\n");
});
