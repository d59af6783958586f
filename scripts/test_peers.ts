/**
 * `deno task test:peers`: our sandbox against clients that we did not write, and our tool against
 * servers that we did not write. Closes with one line, `N passed, N failed, N skipped`.
 *
 * Arguments go on to `deno test`, in place of all the files.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { join } from "node:path";
import { denoTest } from "./counted_tests.ts";
import { installClients } from "./peers_clients.ts";
import { installPeers, PROJECT } from "./peers.ts";
import { installEngines } from "./peers_engines.ts";
import { APPLICATIONS_BIN, GO_BIN, installApplications, installGoPeers } from "./peers_go.ts";
import { installActiveStorage, installPgBackRest } from "./peers_debian.ts";
import { installShells } from "./shells.ts";

/** A child with a home of its own would otherwise download all modules again. */
async function denoDir(): Promise<string> {
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).output();
  return JSON.parse(new TextDecoder().decode(stdout)).denoDir;
}

/**
 * What Deno says of its downloads must not mix with what our command line says. Where they fail, so
 * do the tests.
 */
async function downloadModules(): Promise<void> {
  await new Deno.Command(Deno.execPath(), { args: ["cache", join(PROJECT, "cli.ts")] }).spawn()
    .status;
}

await downloadModules();
const peers = await installPeers(console.log);
const noMinio = await installGoPeers(["minio", "mc"], console.log);
const noVersity = await installGoPeers(["versitygw"], console.log);
const noGofakes3 = await installGoPeers(["gofakes3"], console.log);
const noRclone = await installGoPeers(["rclone"], console.log);
const noApplications = await installApplications(console.log);
const clients = {
  ...await installClients(console.log),
  pgbackrest: await installPgBackRest(console.log),
  activeStorage: await installActiveStorage(console.log),
};
const engines = await installEngines(console.log);
const missingShells = await installShells(console.log);
if ("bin" in peers) console.log(`Peers: ${peers.versions.join(", ")}`);
const { passed, failed, skipped } = await denoTest(
  ["-A", "--parallel", ...(Deno.args.length > 0 ? Deno.args : [join(PROJECT, "tests", "peers")])],
  {
    DENO_DIR: await denoDir(),
    S3CREDS_GO_BIN: GO_BIN,
    S3CREDS_CLIENTS: JSON.stringify(clients),
    S3CREDS_ENGINES_BIN: engines.bin,
    S3CREDS_ENGINES_MISSING: JSON.stringify(engines.missing),
    ...("bin" in peers
      ? { S3CREDS_PEERS_BIN: peers.bin }
      : { S3CREDS_PEERS_BIN: "", S3CREDS_PEERS_MISSING: peers.missing }),
    ...(noMinio === undefined
      ? { S3CREDS_MINIO_BIN: GO_BIN }
      : { S3CREDS_MINIO_BIN: "", S3CREDS_MINIO_MISSING: noMinio }),
    S3CREDS_RCLONE_MISSING: noRclone ?? "",
    S3CREDS_APPLICATIONS_BIN: APPLICATIONS_BIN,
    S3CREDS_APPLICATIONS_MISSING: noApplications ?? "",
  },
);
if ("missing" in peers) console.log(`SKIPPED, since there are no peers: ${peers.missing}`);
if (noMinio !== undefined) console.log(`SKIPPED, since there is no MinIO: ${noMinio}`);
if (noVersity !== undefined) console.log(`SKIPPED, since there is no VersityGW: ${noVersity}`);
if (noGofakes3 !== undefined) console.log(`SKIPPED, since there is no gofakes3: ${noGofakes3}`);
if (noRclone !== undefined) console.log(`SKIPPED, since there is no rclone: ${noRclone}`);
if (noApplications !== undefined) {
  console.log(`SKIPPED, since there are not all applications: ${noApplications}`);
}
for (const [name, client] of Object.entries(clients)) {
  if ("path" in client) continue;
  console.log(`SKIPPED, since there are not all clients (${name}): ${client.missing}`);
}
for (const [engine, why] of Object.entries(engines.missing)) {
  console.log(`SKIPPED, since there is no ${engine}: ${why}`);
}
for (const shell of missingShells) console.log(`SKIPPED, since there is no ${shell}: completion`);
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
Deno.exit(failed === 0 ? 0 : 1);
