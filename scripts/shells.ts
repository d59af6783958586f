/**
 * Gets the shells in which completion is tried, where that takes no password and no question.
 *
 * @module
 */

const SHELLS = ["zsh", "fish"];
const PATIENCE_MS = 5 * 60_000;

async function succeeds(program: string, ...args: string[]): Promise<boolean> {
  try {
    const { success } = await new Deno.Command(program, {
      args,
      env: { DEBIAN_FRONTEND: "noninteractive" },
      stdin: "null",
      stdout: "null",
      stderr: "null",
      signal: AbortSignal.timeout(PATIENCE_MS),
    }).output();
    return success;
  } catch {
    return false;
  }
}

async function missingShells(): Promise<string[]> {
  const areThere = await Promise.all(SHELLS.map((shell) => succeeds(shell, "--version")));
  return SHELLS.filter((_, index) => !areThere[index]);
}

/**
 * Installs the shells that are missing, as root of a Debian or Ubuntu; elsewhere it installs nothing.
 *
 * @param say called with what takes time
 * @returns the shells that are still missing
 */
export async function installShells(say: (line: string) => void): Promise<string[]> {
  const missing = await missingShells();
  const isRoot = Deno.build.os === "linux" && Deno.uid() === 0;
  if (missing.length === 0 || !isRoot || !await succeeds("apt-get", "--version")) return missing;
  say(`Installing ${missing.join(" and ")}`);
  await succeeds("apt-get", "update", "-qq");
  await succeeds("apt-get", "install", "-qq", "--yes", "--no-install-recommends", ...missing);
  return await missingShells();
}
