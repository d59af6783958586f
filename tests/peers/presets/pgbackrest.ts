/**
 * pgBackRest, which backs up a database of PostgreSQL that doesn't run.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { AUTHORITY, CERTIFICATE, CERTIFICATE_KEY } from "../../http/certificate.ts";
import { client } from "../clients/installed.ts";
import type { Application, Stage } from "./stage.ts";

const INSTALLED = client("pgbackrest");
const PROGRAM = join(INSTALLED.path, "usr", "bin", "pgbackrest");
const DATABASE = join(INSTALLED.path, "data");
const LOG = join(DATABASE, "pg_wal");

/** Archives a segment of the log and makes two backups, of which the first expires; then restores. */
export const PGBACKREST: Application = {
  needs: [INSTALLED],
  async cycle(stage) {
    await using front = secureFront(stage.url);
    const config = await configure(stage, front.port);
    const restored = join(stage.home, "restored");
    await Deno.mkdir(restored);
    const env = {
      ...stage.env,
      PGBACKREST_REPO1_S3_KEY: stage.keys.accessKeyId,
      PGBACKREST_REPO1_S3_KEY_SECRET: stage.keys.secretAccessKey,
    };
    const run = (...args: string[]) =>
      stage.run(PROGRAM, [`--config=${config}`, "--stanza=main", ...args], env);
    await run("stanza-create", "--no-online");
    const [segment = ""] = (await Array.fromAsync(Deno.readDir(LOG), ({ name }) => name)).sort();
    await run("archive-push", join(LOG, segment));
    for (const _ of [1, 2]) await run("backup", "--no-online", "--type=full");
    assert.equal(
      stage.objects().filter((key) => /backup\/main\/[\w-]+\/backup\.manifest$/.test(key)).length,
      1,
    );
    await run("archive-get", segment, join(stage.home, segment));
    await run("restore", `--pg1-path=${restored}`);
    assert.equal(
      await Deno.readTextFile(join(restored, "PG_VERSION")),
      await Deno.readTextFile(join(DATABASE, "PG_VERSION")),
    );
  },
};

async function configure(stage: Stage, port: number): Promise<string> {
  const authority = await stage.write("authority.pem", AUTHORITY);
  const settings = {
    "repo1-type": "s3",
    "repo1-s3-bucket": stage.bucket,
    "repo1-path": `/${stage.prefix}`.replace(/(.)\/$/, "$1"),
    "repo1-s3-region": "us-east-1",
    "repo1-s3-endpoint": "localhost",
    "repo1-s3-uri-style": "path",
    "repo1-storage-port": port,
    "repo1-storage-ca-file": authority,
    "repo1-retention-full": 1,
    "repo1-bundle": "y",
    "exclude": "base/",
    "compress-type": "none",
    "lock-path": stage.home,
    "spool-path": stage.home,
    "log-level-file": "off",
    "log-level-console": "error",
    "io-timeout": "2s",
  };
  const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`).join("");
  return await stage.write("pgbackrest.conf", `[global]\n${lines}\n[main]\npg1-path=${DATABASE}\n`);
}

/** A server that speaks TLS, as pgBackRest wants it, and passes everything on to another that doesn't. */
function secureFront(url: string) {
  const { hostname, port } = new URL(url);
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: CERTIFICATE,
    key: CERTIFICATE_KEY,
  });
  const connections = (async () => {
    for await (const from of listener) {
      const to = await Deno.connect({ hostname, port: Number(port) });
      // A side that hangs up ends both.
      from.readable.pipeTo(to.writable).catch(() => {});
      to.readable.pipeTo(from.writable).catch(() => {});
    }
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    async [Symbol.asyncDispose]() {
      listener.close();
      await connections;
    },
  };
}
