/**
 * Terraform with the keys that `create` makes: its state is an object, and so is the lock on it.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { awsEnv, type Ran, runProgram } from "../support.ts";
import { client, TIMEOUT_MS } from "./installed.ts";
import { objectsOf, openStage, type Scene, type SceneName, SCENES } from "./scenes.ts";

const TERRAFORM = client("terraform");
const STATE = "terraform.tfstate";
/** A resource that Terraform has in itself. */
const CONFIGURATION = `
terraform {
  backend "s3" {}
}
resource "terraform_data" "kept" {
  input = "what is kept"
}
`;

/** A bucket and a key of a scene, with Terraform. */
async function openTerraform(name: SceneName) {
  const { sandbox, task } = await openStage([name]);
  const directory = await Deno.makeTempDir();
  await Deno.writeTextFile(join(directory, "main.tf"), CONFIGURATION);
  const scene = task.scenes[0]!;
  const { bucket, prefix } = SCENES[name];
  const backend = {
    bucket,
    key: prefix + STATE,
    region: "us-east-1",
    use_path_style: true,
    use_lockfile: true,
    skip_requesting_account_id: true,
    max_retries: 1,
  };
  const options = Object.entries(backend).map(([key, value]) => `-backend-config=${key}=${value}`);
  const run = (
    keys: Pick<Scene, "accessKeyId" | "secretAccessKey">,
    command: string,
    ...args: string[]
  ) =>
    runProgram(TERRAFORM.path, [`-chdir=${directory}`, command, "-no-color", ...args], {
      timeoutMs: TIMEOUT_MS,
      env: {
        ...awsEnv(sandbox.url, keys),
        CHECKPOINT_DISABLE: "1",
        TF_CLI_CONFIG_FILE: "/dev/null",
      },
    });
  const commands = (keys: Pick<Scene, "accessKeyId" | "secretAccessKey">) => ({
    init: () => run(keys, "init", "-input=false", "-reconfigure", ...options),
    apply: () => run(keys, "apply", "-input=false", "-auto-approve"),
    destroy: () => run(keys, "destroy", "-auto-approve"),
    show: () => run(keys, "show"),
  });
  return {
    ...commands(scene),
    admin: commands(sandbox.credentials),
    objects: () => Object.keys(objectsOf(sandbox, name)),
    /** What the state says, or nothing. */
    state() {
      const body = sandbox.account.buckets.get(bucket)!.objects.get(prefix + STATE)?.body;
      return body && JSON.parse(body.text());
    },
    async [Symbol.asyncDispose]() {
      await sandbox.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

function terraformTest(name: string, fn: () => Promise<void>): void {
  const title = `clients: Terraform with ${name}`;
  if (TERRAFORM.missing === undefined) Deno.test(title, fn);
  else Deno.test({ name: `${title} (skipped: ${TERRAFORM.missing})`, ignore: true, fn });
}

const succeed = ({ code, stderr }: Ran) => assert.equal(code, 0, stderr);
/** Its words without the frame around them and the ends of lines between them. */
const wordsOf = ({ stderr }: Ran) => stderr.replaceAll(/[│╷╵\s]+/g, " ");

for (const name of ["a read-write key", "a prefix key"] as const) {
  terraformTest(`${name} keeps its state, and locks it`, async () => {
    await using stage = await openTerraform(name);
    const before = stage.objects();
    succeed(await stage.init());
    succeed(await stage.apply());
    assert.deepEqual(stage.objects(), [...before, STATE].sort(), "no lock is left");
    assert.equal(stage.state().resources[0].instances[0].attributes.input.value, "what is kept");
    succeed(await stage.destroy());
    assert.deepEqual(stage.state().resources, []);
  });
}

terraformTest("a read-only key shows the state, and is denied a change", async () => {
  await using stage = await openTerraform("a read-only key");
  succeed(await stage.admin.init());
  succeed(await stage.admin.apply());
  const [before, state] = [stage.objects(), stage.state()];
  succeed(await stage.init());
  const shown = await stage.show();
  succeed(shown);
  assert.match(shown.stdout, /what is kept/);
  const refused = await stage.destroy();
  assert.equal(refused.code, 1);
  assert.match(
    wordsOf(refused),
    /^ Error: Error acquiring the state lock .* api error AccessDenied: User: \S+ is not authorized to perform: s3:PutObject /,
  );
  assert.deepEqual([stage.objects(), stage.state()], [before, state]);
});

for (const name of ["a write-only key", "a prefix key outside its prefix"] as const) {
  terraformTest(`${name} is denied the state`, async () => {
    await using stage = await openTerraform(name);
    const before = stage.objects();
    const refused = await stage.init();
    assert.equal(refused.code, 1);
    assert.match(
      wordsOf(refused),
      /^ Error: Error refreshing state: Unable to access object .* HeadObject, .* api error Forbidden: Forbidden $/,
    );
    assert.deepEqual(stage.objects(), before);
  });
}
