/**
 * Runs the command line on a machine with configuration files of its own.
 *
 * @module
 */
import { dirname, join } from "node:path";
import type { Sandbox } from "../../lib/sandbox/mod.ts";
import { type Ran, run, type RunOptions } from "./run.ts";

/** What is set up on the machine. */
export interface Machine {
  /** `~/.aws/config`. */
  config?: (sandbox: Sandbox) => string | Uint8Array<ArrayBuffer>;
  /** `~/.aws/credentials`. */
  credentials?: (sandbox: Sandbox) => string | Uint8Array<ArrayBuffer>;
  /** Other files below the home directory. */
  files?: Record<string, string>;
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
  options: RunOptions = {},
): Promise<Ran> {
  const home = await Deno.makeTempDir();
  const files = {
    ...machine.files,
    ".aws/config": machine.config?.(sandbox),
    ".aws/credentials": machine.credentials?.(sandbox),
  };
  for (const [name, content] of Object.entries(files)) {
    if (content === undefined) continue;
    const path = join(home, name);
    await Deno.mkdir(dirname(path), { recursive: true });
    await (typeof content === "string"
      ? Deno.writeTextFile(path, content)
      : Deno.writeFile(path, content));
  }
  try {
    return await run([...command, ...machine.args ?? []], {
      ...options,
      env: {
        HOME: home,
        AWS_CONFIG_FILE: join(home, ".aws/config"),
        AWS_SHARED_CREDENTIALS_FILE: join(home, ".aws/credentials"),
        AWS_EC2_METADATA_DISABLED: "true",
        ...machine.env?.(sandbox),
        ...options.env,
      },
    });
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}
