/**
 * Terraform, which keeps its state and the lock on it in a bucket.
 *
 * @module
 */
import assert from "node:assert/strict";
import { client } from "../clients/installed.ts";
import type { Application } from "./stage.ts";

const PROGRAM = client("terraform");
/** A resource that Terraform has in itself. */
const CONFIGURATION = `
terraform {
  backend "s3" {}
}
resource "terraform_data" "kept" {
  input = "what is kept"
}
`;

/** Writes a state, makes a workspace with a state of its own, and deletes that. */
export const TERRAFORM: Application = {
  needs: [PROGRAM],
  async cycle(stage) {
    await stage.write("main.tf", CONFIGURATION);
    const backend = {
      bucket: stage.bucket,
      key: `${stage.prefix}terraform.tfstate`,
      workspace_key_prefix: `${stage.prefix}env:`,
      use_path_style: true,
      use_lockfile: true,
      skip_requesting_account_id: true,
      max_retries: 1,
    };
    const env = { ...stage.env, CHECKPOINT_DISABLE: "1", TF_CLI_CONFIG_FILE: "/dev/null" };
    const run = (...args: string[]) => stage.run(PROGRAM.path, args, env);
    const options = Object.entries(backend).map(([key, value]) =>
      `-backend-config=${key}=${value}`
    );
    await run("init", "-input=false", ...options);
    await run("apply", "-input=false", "-auto-approve");
    await run("workspace", "new", "other");
    await run("workspace", "select", "default");
    await run("workspace", "delete", "other");
    assert.deepEqual(stage.objects(), [backend.key]);
  },
};
