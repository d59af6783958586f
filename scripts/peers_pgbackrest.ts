/**
 * Gets pgBackRest, which Debian has as a package, and makes a database for it to back up.
 *
 * @module
 */
import { join } from "node:path";
import { directoryFrom, type Got } from "./peers_clients.ts";
import { run } from "./peers.ts";

/** Debian has one version a release; this one knows PostgreSQL up to 15. */
const PACKAGE = "pgbackrest=2.45-1";
/** Where Debian has the program, and elsewhere the path leads to it. */
const INITDB = ["/usr/lib/postgresql/15/bin/initdb", "initdb"];

/**
 * Makes sure that there is a directory with the program (`usr/bin/pgbackrest`) and the files of a
 * database (`data`). Nothing is installed in the system.
 *
 * @param say told what takes time
 */
export async function installPgBackRest(say: (line: string) => void): Promise<Got> {
  const initdb = await findInitdb();
  if (initdb === undefined) return { missing: "initdb of PostgreSQL does not run" };
  return await directoryFrom("pgbackrest", { version: PACKAGE }, async (directory) => {
    say("Getting pgBackRest");
    const steps = [
      ["apt-get", "download", "-qq", PACKAGE],
      ["sh", "-c", 'dpkg -x "$0"*.deb .', "pgbackrest"],
      ["usr/bin/pgbackrest", "version"],
    ];
    return await inTurn(steps, directory) ?? await makeDatabase(initdb, join(directory, "data"));
  });
}

async function findInitdb(): Promise<string | undefined> {
  for (const program of INITDB) {
    if ((await run(program, ["--version"])).problem === undefined) return program;
  }
}

/** PostgreSQL refuses to run as root. */
async function makeDatabase(initdb: string, target: string): Promise<string | undefined> {
  const directory = await Deno.makeTempDir();
  try {
    const make = [initdb, "--no-sync", "--no-locale", "--wal-segsize=1", directory];
    const isRoot = Deno.uid() === 0;
    return await inTurn([
      ...(isRoot ? [["chown", "nobody", directory]] : []),
      isRoot ? ["setpriv", "--reuid", "nobody", "--clear-groups", ...make] : make,
      ["cp", "-R", directory, target],
    ], directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Runs programs until one says what went wrong. */
async function inTurn(steps: string[][], directory: string): Promise<string | undefined> {
  for (const [program = "", ...args] of steps) {
    const { problem } = await run(program, args, directory);
    if (problem !== undefined) return `${program}: ${problem}`;
  }
}
