/**
 * Another user of the same machine, who attacks.
 *
 * @module
 */

/** The user `nobody`, whom only root can act as. */
const OTHER = 65_534;

const canActAsOther = Deno.build.os !== "windows" && Deno.uid() === 0;

/** Who owns what the other user makes. */
export const otherUser: number = OTHER;

let skipped = 0;

/** Registers an attack by another user; where the tests are not run by root it says that it is skipped. */
export function attackByOtherUser(name: string, fn: () => Promise<void>): void {
  Deno.test({ name: `attack: ${name}`, ignore: !canActAsOther, fn });
  if (!canActAsOther && skipped++ === 0) {
    const text = "SKIPPED: attacks by a second user, since the tests are not run by root\n";
    Deno.stderr.writeSync(new TextEncoder().encode(text));
  }
}

/** Runs a script of the shell as the other user, in a directory; gives the running process. */
export function startAsOther(script: string, cwd: string): Deno.ChildProcess {
  return new Deno.Command("sh", {
    args: ["-c", script],
    cwd,
    uid: OTHER,
    gid: OTHER,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

/** The same, to its end; throws if the script fails. */
export async function runAsOther(script: string, cwd: string): Promise<void> {
  const { success, stderr } = await startAsOther(script, cwd).output();
  if (!success) throw new Error(`Could not attack: ${new TextDecoder().decode(stderr)}`);
}

/** A directory of the other user, in which everybody may write. */
export async function directoryOfOther(parent: string, name: string): Promise<string> {
  await Deno.chmod(parent, 0o755);
  const path = `${parent}/${name}`;
  await Deno.mkdir(path);
  await Deno.chown(path, OTHER, OTHER);
  return path;
}
