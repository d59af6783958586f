/**
 * MinIO, a server of S3 with a policy engine of its own, and an ordinary user of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { awsEnv, cleanEnv, hasPeers, peerTest, runCli, runProgram } from "./support.ts";

const BIN = Deno.env.get("S3CREDS_MINIO_BIN") ?? "";
const MISSING = Deno.env.get("S3CREDS_MINIO_MISSING") || "run it by deno task test:peers";
const PATIENCE_MS = 60_000;

/** MinIO takes any role and looks at none: the keys come from the user, the rights from both. */
export const ANY_ROLE = "arn:minio:iam:::role/any";
/** The one action of our policies that MinIO doesn't know; the tool leaves it out and says so. */
export const UNKNOWN_TO_MINIO = "s3:GetObjectAcl";

/** Whether MinIO and its client are there. */
export const hasMinio: boolean = hasPeers && BIN !== "";

/** A test that needs MinIO, and is skipped with the reason where there is none. */
export function minioTest(
  name: string,
  fn: () => void | Promise<void>,
  options: Partial<Deno.TestDefinition> = {},
): void {
  if (hasMinio) Deno.test({ ...options, name, fn });
  else if (!hasPeers) peerTest(name, fn);
  else Deno.test({ name: `${name} (skipped: ${MISSING})`, ignore: true, fn });
}

/** Long-lived keys. */
export interface UserKeys {
  accessKeyId: string;
  secretAccessKey: string;
}

/** A server of MinIO that runs. */
export interface Minio {
  /** Where it answers. */
  url: string;
  /** The root user, who may do everything except assume a role. */
  root: UserKeys;
  /** A user who may do everything with S3, and so may hand on less. */
  user: UserKeys;
  stop(): Promise<void>;
}

/** Starts MinIO on a free port of this machine, waits until it answers, and makes its user. */
export async function startMinio(): Promise<Minio> {
  const folder = await Deno.makeTempDir();
  const root = { accessKeyId: "minio-root", secretAccessKey: crypto.randomUUID() };
  const user = { accessKeyId: "data-owner", secretAccessKey: crypto.randomUUID() };
  const child = new Deno.Command(join(BIN, "minio"), {
    args: ["server", "--address", "127.0.0.1:0", join(folder, "data")],
    clearEnv: true,
    env: {
      ...cleanEnv(folder),
      MINIO_ROOT_USER: root.accessKeyId,
      MINIO_ROOT_PASSWORD: root.secretAccessKey,
      MINIO_BROWSER: "off",
      MINIO_UPDATE: "off",
    },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let hasEnded = false;
  child.status.then(() => hasEnded = true);
  const { url: listening, ended } = listen(child);
  const stop = async () => {
    if (!hasEnded) child.kill();
    await ended;
    await Deno.remove(folder, { recursive: true });
  };
  const timer = setTimeout(() => child.kill(), PATIENCE_MS);
  try {
    const url = await listening;
    await untilReady(url);
    await administer(url, root, ["admin", "user", "add", "peer", ...Object.values(user)]);
    await administer(url, root, [
      ...["admin", "policy", "attach", "peer", "readwrite", "--user", user.accessKeyId],
    ]);
    return { url, root, user, stop };
  } catch (error) {
    await stop();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/** Finds where MinIO says that it listens, and goes on reading what it says until it ends. */
function listen(child: Deno.ChildProcess): { url: Promise<string>; ended: Promise<unknown> } {
  const { promise: url, resolve, reject } = Promise.withResolvers<string>();
  let said = "";
  const read = async (stream: "stdout" | "stderr") => {
    for await (const text of child[stream].pipeThrough(new TextDecoderStream())) {
      said = `${said}${text}`.slice(-10_000);
      const found = /^API: (http:\/\/127\.0\.0\.1:\d+)\s/m.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    }
  };
  const ended = Promise.all([read("stdout"), read("stderr"), child.status])
    .then(() => reject(new Error(`MinIO ended: ${said}`)));
  return { url, ended };
}

async function untilReady(url: string): Promise<void> {
  const deadline = Date.now() + PATIENCE_MS;
  while (true) {
    const answer = await fetch(`${url}/minio/health/ready`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    if (Date.now() > deadline) throw new Error("MinIO does not get ready");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function administer(url: string, root: UserKeys, args: string[]): Promise<void> {
  const host = `http://${root.accessKeyId}:${root.secretAccessKey}@${new URL(url).host}`;
  const ran = await runProgram(join(BIN, "mc"), args, { env: { MC_HOST_peer: host } });
  assert.equal(ran.code, 0, ran.stderr);
}

/** Credentials as `create` prints them. */
export interface CreatedKeys {
  AccessKeyId: string;
  SecretAccessKey: string;
  SessionToken: string;
}

/** What our commands need to reach MinIO as its user. */
export function minioEnv({ user }: Minio): Record<string, string> {
  return { AWS_ACCESS_KEY_ID: user.accessKeyId, AWS_SECRET_ACCESS_KEY: user.secretAccessKey };
}

/** The variables by which any AWS client uses credentials that `create` printed. */
export function createdEnv({ url }: Minio, keys: CreatedKeys): Record<string, string> {
  return awsEnv(url, {
    accessKeyId: keys.AccessKeyId,
    secretAccessKey: keys.SecretAccessKey,
    sessionToken: keys.SessionToken,
  });
}

/** The words of a `create` for a quarter of an hour at MinIO. */
export function temporaryArgs({ url }: Minio, bucket: string, args: readonly string[]): string[] {
  return [
    ...["create", bucket, "--duration", "15m", "--role-arn", ANY_ROLE],
    ...["--endpoint-url", url, ...args],
  ];
}

/** Makes temporary keys by `create`, as a user would. */
export async function createTemporary(
  minio: Minio,
  bucket: string,
  args: readonly string[],
): Promise<CreatedKeys> {
  const created = await runCli(temporaryArgs(minio, bucket, args), { env: minioEnv(minio) });
  assert.equal(created.code, 0, created.stderr);
  return JSON.parse(created.stdout);
}
