/**
 * What each application does with a bucket: it writes and reads, or backs up and restores.
 *
 * @module
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { goPeer, pythonPeer } from "../clients/installed.ts";
import { MC } from "../clients/programs.ts";
import { LIBRARIES } from "./libraries.ts";
import { PGBACKREST } from "./pgbackrest.ts";
import { addressOf, type Application, type Cycle, type Stage } from "./stage.ts";
import { TERRAFORM } from "./terraform.ts";

const TEXT = "what is to be kept";

const RESTIC = goPeer("restic", "APPLICATIONS");
const LITESTREAM = goPeer("litestream", "APPLICATIONS");
const REGISTRY = goPeer("registry", "APPLICATIONS");
const RCLONE = goPeer("rclone", "APPLICATIONS");
const S5CMD = goPeer("s5cmd", "APPLICATIONS");
const AWS = pythonPeer("aws");
const S3CMD = pythonPeer("s3cmd");
const PYTHON = pythonPeer("python");

async function makeDirectory(stage: Stage): Promise<string> {
  const directory = join(stage.home, "files");
  await Deno.mkdir(directory, { recursive: true });
  await Deno.writeTextFile(join(directory, "a.txt"), TEXT);
  await Deno.writeTextFile(join(directory, "b.txt"), `${TEXT} as well`);
  return directory;
}

function restic(stage: Stage, keys: Record<string, string>) {
  const repository = `s3:${stage.url}/${stage.bucket}/${stage.prefix}`;
  const env = { ...keys, RESTIC_REPOSITORY: repository, RESTIC_PASSWORD: "word" };
  const options = ["--no-cache", "--stuck-request-timeout", "5s"];
  return (...args: string[]) => stage.run(RESTIC.path, [...options, ...args], env);
}

async function readRestored(directory: string): Promise<void> {
  const [, file] = (await Array.fromAsync(walk(directory))).sort();
  assert.equal(await Deno.readTextFile(file ?? directory), `${TEXT} as well`);
}

async function* walk(directory: string): AsyncGenerator<string> {
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = join(directory, name);
    if (isDirectory) yield* walk(path);
    else yield path;
  }
}

/** Restic counts failures of single deletions as warnings, so that what is left is looked at. */
const resticBackup: Cycle = async (stage) => {
  const run = restic(stage, stage.env);
  const files = await makeDirectory(stage);
  await run("init");
  await run("backup", files);
  await Deno.writeTextFile(join(files, "a.txt"), "changed");
  await run("backup", files);
  await run("restore", "latest", "--target", join(stage.home, "restored"));
  await readRestored(join(stage.home, "restored"));
  await run("forget", "--keep-last", "1", "--prune");
  assert.deepEqual(stage.objects().filter((key) => key.includes("/locks/")), []);
};

const resticRestore: Cycle = async (stage) => {
  const files = await makeDirectory(stage);
  const prepare = restic(stage, stage.adminEnv);
  await prepare("init");
  await prepare("backup", files);
  const run = restic(stage, stage.env);
  await run("restore", "latest", "--no-lock", "--target", join(stage.home, "restored"));
  await readRestored(join(stage.home, "restored"));
};

async function litestream(stage: Stage): Promise<{ config: string; database: string }> {
  const database = join(stage.home, "database.sqlite");
  const config = await stage.write(
    "litestream.yml",
    JSON.stringify({
      // Everything but what was written last is older than this.
      snapshot: { interval: "1s", retention: "1ns" },
      dbs: [{
        path: database,
        replica: {
          type: "s3",
          bucket: stage.bucket,
          path: `${stage.prefix}database`,
          endpoint: stage.url,
          region: "us-east-1",
          "force-path-style": true,
        },
      }],
    }),
  );
  return { config, database };
}

async function writeDatabase(stage: Stage, database: string, row: number): Promise<void> {
  const script = "import sqlite3, sys\n" +
    "db = sqlite3.connect(sys.argv[1])\n" +
    "db.execute('create table if not exists t (x)')\n" +
    "db.execute('insert into t values (?)', (sys.argv[2],))\n" +
    "db.commit()\n";
  await stage.run(PYTHON.path, ["-c", script, database, `${row}`]);
}

/** A second snapshot makes the first one older than the retention allows. */
const litestreamReplicate: Cycle = async (stage) => {
  const { config, database } = await litestream(stage);
  const options = ["-once", "-force-snapshot", "-enforce-retention", "-config", config];
  for (const row of [1, 2]) {
    await writeDatabase(stage, database, row);
    await stage.run(LITESTREAM.path, ["replicate", ...options]);
  }
};

const litestreamRestore: Cycle = async (stage) => {
  const { config, database } = await litestream(stage);
  await writeDatabase(stage, database, 1);
  await stage.run(LITESTREAM.path, ["replicate", "-once", "-config", config], stage.adminEnv);
  const restored = join(stage.home, "restored.sqlite");
  await stage.run(LITESTREAM.path, ["restore", "-config", config, "-o", restored, database]);
  assert.ok((await Deno.stat(restored)).size > 0);
};

function rclone(stage: Stage, keys: Record<string, string>) {
  const env = {
    ...keys,
    RCLONE_CONFIG: join(stage.home, "rclone.conf"),
    RCLONE_CONFIG_S3_TYPE: "s3",
    RCLONE_CONFIG_S3_PROVIDER: "Other",
    RCLONE_CONFIG_S3_ENV_AUTH: "true",
    RCLONE_CONFIG_S3_ENDPOINT: stage.url,
    RCLONE_CONFIG_S3_NO_CHECK_BUCKET: "true",
    RCLONE_RETRIES: "1",
    RCLONE_LOW_LEVEL_RETRIES: "1",
  };
  return (...args: string[]) => stage.run(RCLONE.path, args, env);
}

const rcloneSync: Cycle = async (stage) => {
  const run = rclone(stage, stage.env);
  const files = await makeDirectory(stage);
  const remote = `s3:${stage.bucket}/${stage.prefix}`;
  await run("sync", files, remote);
  await Deno.remove(join(files, "a.txt"));
  await run("sync", files, remote);
  assert.deepEqual(stage.objects(), [`${stage.prefix}b.txt`]);
  await run("copy", remote, join(stage.home, "copy"));
  await readCopy(stage);
};

async function readCopy(stage: Stage): Promise<void> {
  assert.equal(await Deno.readTextFile(join(stage.home, "copy", "b.txt")), `${TEXT} as well`);
}

const rcloneCopy: Cycle = async (stage) => {
  const files = await makeDirectory(stage);
  const remote = `s3:${stage.bucket}/${stage.prefix}`;
  await rclone(stage, stage.adminEnv)("copy", files, remote);
  await rclone(stage, stage.env)("copy", remote, join(stage.home, "copy"));
  await readCopy(stage);
};

const s5cmd: Cycle = async (stage) => {
  const env = { ...stage.env, S3_ENDPOINT_URL: stage.url };
  const run = (...args: string[]) => stage.run(S5CMD.path, args, env);
  const files = await makeDirectory(stage);
  await run("cp", `${files}/`, addressOf(stage));
  assert.match(await run("ls", addressOf(stage)), /b\.txt/);
  await run("cp", addressOf(stage, "*"), join(stage.home, "copy/"));
  await readCopy(stage);
  await run("rm", addressOf(stage, "a.txt"));
  assert.deepEqual(stage.objects(), [`${stage.prefix}b.txt`]);
};

const mc: Cycle = async (stage) => {
  const { accessKeyId, secretAccessKey } = stage.keys;
  const env = { MC_HOST_s3: stage.url.replace("//", `//${accessKeyId}:${secretAccessKey}@`) };
  const run = (...args: string[]) => stage.run(MC.path, ["--no-color", ...args], env);
  const address = (name = "") => `s3/${stage.bucket}/${stage.prefix}${name}`;
  const files = await makeDirectory(stage);
  await run("cp", "--recursive", `${files}/`, address());
  assert.match(await run("ls", address()), /b\.txt/);
  assert.equal(await run("cat", address("a.txt")), TEXT);
  await run("mirror", address(), join(stage.home, "copy"));
  await readCopy(stage);
  await run("rm", address("a.txt"));
  assert.deepEqual(stage.objects(), [`${stage.prefix}b.txt`]);
};

const awsSync: Cycle = async (stage) => {
  const files = await makeDirectory(stage);
  const run = () => stage.run(AWS.path, ["s3", "sync", files, addressOf(stage), "--delete"]);
  await run();
  await Deno.remove(join(files, "a.txt"));
  await run();
  assert.deepEqual(stage.objects(), [`${stage.prefix}b.txt`]);
};

const s3cmd: Cycle = async (stage) => {
  const { host } = new URL(stage.url);
  const config = await stage.write(
    ".s3cfg",
    `[default]\naccess_key = ${stage.keys.accessKeyId}\nsecret_key = ${stage.keys.secretAccessKey}\n` +
      `host_base = ${host}\nhost_bucket = ${host}\nuse_https = False\nmax_retries = 1\n`,
  );
  const run = (...args: string[]) => stage.run(S3CMD.path, ["-c", config, ...args]);
  const files = await makeDirectory(stage);
  await run("sync", `${files}/`, addressOf(stage));
  await run("sync", addressOf(stage), join(stage.home, "copy/"));
  await readCopy(stage);
  assert.equal(await run("get", addressOf(stage, "a.txt"), "-"), TEXT);
  await run("del", addressOf(stage, "a.txt"));
  assert.deepEqual(stage.objects(), [`${stage.prefix}b.txt`]);
};

const REGISTRY_STARTS_MS = 10_000;

/** Gives up an upload, pushes a layer in two parts and a manifest, pulls them, and deletes the manifest. */
const registry: Cycle = async (stage) => {
  const reservation = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = reservation.addr;
  reservation.close();
  const config = await stage.write(
    "registry.json",
    JSON.stringify({
      version: "0.1",
      log: { level: "error" },
      storage: {
        delete: { enabled: true },
        s3: {
          region: "us-east-1",
          regionendpoint: stage.url,
          forcepathstyle: true,
          bucket: stage.bucket,
          rootdirectory: `/${stage.prefix}`,
          accesskey: stage.keys.accessKeyId,
          secretkey: stage.keys.secretAccessKey,
        },
      },
      http: { addr: `127.0.0.1:${port}` },
      health: { storagedriver: { enabled: true, interval: "1s", threshold: 1 } },
    }),
  );
  await using server = serve(REGISTRY.path, ["serve", config]);
  const base = `http://127.0.0.1:${port}/v2`;
  await untilAnswers(base, server);
  await pushAndPull(base);
};

function serve(program: string, args: string[]) {
  const child = new Deno.Command(program, { args, stdout: "null", stderr: "null" }).spawn();
  return {
    async [Symbol.asyncDispose]() {
      try {
        child.kill();
      } catch {
        // It has ended by itself.
      }
      await child.status;
    },
    status: child.status,
  };
}

async function untilAnswers(url: string, { status }: { status: Promise<unknown> }): Promise<void> {
  let hasEnded = false;
  status.then(() => hasEnded = true);
  const deadline = Date.now() + REGISTRY_STARTS_MS;
  while (!hasEnded && Date.now() < deadline) {
    try {
      await (await fetch(url)).body?.cancel();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error("the registry does not answer");
}

async function pushAndPull(base: string): Promise<void> {
  const call = async (
    method: string,
    url: string,
    body?: Uint8Array<ArrayBuffer>,
    type?: string,
  ) => {
    const headers: Record<string, string> = type === undefined ? {} : { "content-type": type };
    const response = await fetch(url, {
      method,
      headers,
      ...(body && { body }),
      signal: AbortSignal.timeout(REGISTRY_STARTS_MS),
    });
    const bytes = await response.bytes();
    assert.ok(
      response.ok,
      `${method} ${url}: ${response.status} ${new TextDecoder().decode(bytes)}`,
    );
    return { bytes, headers: response.headers };
  };
  const push = async (content: Uint8Array<ArrayBuffer>) => {
    const digest = digestOf(content);
    let { headers } = await call("POST", `${base}/app/blobs/uploads/`);
    const half = Math.ceil(content.length / 2);
    for (const part of [content.slice(0, half), content.slice(half)]) {
      const next = headers.get("location")!;
      ({ headers } = await call("PATCH", next, part, "application/octet-stream"));
    }
    const end = new URL(headers.get("location")!);
    end.searchParams.set("digest", digest);
    await call("PUT", end.href);
    return { digest, size: content.length };
  };
  const encode = (text: string) => new TextEncoder().encode(text);
  const given = await call("POST", `${base}/app/blobs/uploads/`);
  const started = given.headers.get("location")!;
  const part = await call("PATCH", started, encode(TEXT), "application/octet-stream");
  await call("DELETE", part.headers.get("location")!);
  const layer = await push(encode(TEXT.repeat(1000)));
  const config = await push(encode("{}"));
  const type = "application/vnd.oci.image.manifest.v1+json";
  const manifest = encode(JSON.stringify({
    schemaVersion: 2,
    mediaType: type,
    config: { mediaType: "application/vnd.oci.image.config.v1+json", ...config },
    layers: [{ mediaType: "application/vnd.oci.image.layer.v1.tar", ...layer }],
  }));
  await call("PUT", `${base}/app/manifests/latest`, manifest, type);
  const pulled = await call("GET", `${base}/app/blobs/${layer.digest}`);
  assert.equal(digestOf(pulled.bytes), layer.digest);
  assert.match(
    new TextDecoder().decode((await call("GET", `${base}/app/tags/list`)).bytes),
    /latest/,
  );
  await call("DELETE", `${base}/app/manifests/${digestOf(manifest)}`);
}

function digestOf(content: Uint8Array): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

/** By preset. */
export const APPLICATIONS: Readonly<Record<string, Application>> = {
  "restic": { cycle: resticBackup, needs: [RESTIC] },
  "restic:restore": { cycle: resticRestore, needs: [RESTIC] },
  "litestream": { cycle: litestreamReplicate, needs: [LITESTREAM, PYTHON] },
  "litestream:restore": { cycle: litestreamRestore, needs: [LITESTREAM, PYTHON] },
  "rclone": { cycle: rcloneSync, needs: [RCLONE] },
  "rclone:read-only": { cycle: rcloneCopy, needs: [RCLONE] },
  "s5cmd": { cycle: s5cmd, needs: [S5CMD] },
  "mc": { cycle: mc, needs: [MC] },
  "aws-cli-sync": { cycle: awsSync, needs: [AWS] },
  "s3cmd": { cycle: s3cmd, needs: [S3CMD] },
  "docker-registry": { cycle: registry, needs: [REGISTRY] },
  "pgbackrest": PGBACKREST,
  "terraform": TERRAFORM,
  ...LIBRARIES,
};
