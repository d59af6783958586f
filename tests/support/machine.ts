/**
 * Runs the command line in a process of its own, on a machine with configuration files: the SDK's own
 * chain reads these, and knows nothing of a test's environment.
 *
 * @module
 */
import type { Sandbox } from "../../lib/sandbox/mod.ts";
import type { Ran } from "./run.ts";

/** What is set up on the machine. */
export interface Machine {
  /** `~/.aws/config`. */
  config?: (sandbox: Sandbox) => string;
  /** `~/.aws/credentials`. */
  credentials?: (sandbox: Sandbox) => string;
  /** Environment variables. */
  env?: (sandbox: Sandbox) => Record<string, string>;
  /** What follows each command. */
  args?: string[];
}

/** Runs a command on such a machine. */
export async function runOn(
  machine: Machine,
  sandbox: Sandbox,
  command: string[],
): Promise<Ran> {
  const home = await Deno.makeTempDir();
  await Deno.writeTextFile(`${home}/config`, machine.config?.(sandbox) ?? "");
  await Deno.writeTextFile(`${home}/credentials`, machine.credentials?.(sandbox) ?? "");
  const { PATH = "", DENO_DIR = "", HOME = "" } = Deno.env.toObject();
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "cli.ts", ...command, ...machine.args ?? []],
    clearEnv: true,
    env: {
      PATH,
      HOME,
      ...(DENO_DIR && { DENO_DIR }),
      AWS_CONFIG_FILE: `${home}/config`,
      AWS_SHARED_CREDENTIALS_FILE: `${home}/credentials`,
      AWS_EC2_METADATA_DISABLED: "true",
      ...machine.env?.(sandbox),
    },
  }).output();
  await Deno.remove(home, { recursive: true });
  const [out = "", err = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out, stderr: err };
}
