/**
 * How the tool is made into one file: a bundle of `cli.ts`.
 *
 * @module
 */
/** What an executable may do; the same for every command, as it can't be known which will be run. */
export const PERMISSIONS: readonly string[] = [
  "--allow-env",
  "--allow-read",
  "--allow-write",
  "--allow-net",
  "--allow-sys",
  // For the commands of `exec` and `sandbox`, and `credential_process` in AWS's configuration files.
  "--allow-run",
];

const ROOT = `${import.meta.dirname}/..`;

/** What a run of Deno printed. */
export interface Ran {
  success: boolean;
  messages: string;
}

async function deno(...args: string[]): Promise<Ran> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args,
    cwd: ROOT,
    env: { NO_COLOR: "1" },
  }).output();
  return { success, messages: [stdout, stderr].map((b) => new TextDecoder().decode(b)).join("") };
}

/** Bundles the command line into one JavaScript file. */
export function bundle(output: string): Promise<Ran> {
  return deno(
    ...["bundle", "--minify", "--platform", "deno", "--no-check", "--output", output, "cli.ts"],
  );
}

/** Makes a standalone executable of what {@linkcode bundle} has written; the targets can share it. */
export function compile(bundled: string, target: string, output: string): Promise<Ran> {
  return deno(
    ...["compile", "--no-check", "--target", target, ...PERMISSIONS, "--output", output, bundled],
  );
}

/** The names of the files that an executable holds, as `deno compile` lists them. */
export function embeddedFiles(messages: string): string[] {
  const [, list = ""] = messages.split("Embedded Files");
  return [...list.matchAll(/^[ │]*[├└]──\s+(\S.*?) \([\d.]+\s?[KM]?B\)$/gm)].map((match) =>
    match[1]!
  );
}
