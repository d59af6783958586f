/**
 * Programs as clients: each operation is a command of its own.
 *
 * @module
 */
import { awsEnv, runProgram } from "../support.ts";
import { goPeer, type Installed, TIMEOUT_MS } from "./installed.ts";
import type { Line, Player } from "./play.ts";
import { LARGE_SIZE, type Operation, OPERATIONS, type Scene, type Task, TEXT } from "./scenes.ts";

/** Of whom and of what a command is. */
interface Place extends Scene {
  endpoint: string;
  /** The file that `multipart` sends. */
  file: string;
}

/** A program. */
interface Program {
  path: string;
  /** Variables besides those of all AWS clients. */
  env(place: Place): Record<string, string>;
  /** The words of each command; those with a TEXT to write get it on standard input. */
  commands(place: Place): Partial<Record<Operation, string[]>>;
  /** What is said before the words of each command. */
  options?(place: Place): string[];
  /** The part of standard error that tells what is the matter; by default all. */
  words?(stderr: string): string;
}

/** What a command gave beyond having ended well; throws if it is wrong. */
function resultOf(operation: Operation, stdout: string): Partial<Line> {
  const expect = (found: string, wanted: string) => {
    if (found !== wanted) throw new Error(`${found}, not ${wanted}`);
  };
  switch (operation) {
    case "get":
      expect(stdout, TEXT);
      return { ok: true };
    case "list": {
      const names = new Set(stdout.match(/\w+\.(txt|bin)/g));
      expect([...names].join(), "kept.txt,unwanted.txt");
      return { ok: true };
    }
    case "presign":
      return { url: stdout.trim().split(/\s+/).at(-1)! };
    default:
      return { ok: true };
  }
}

/** Runs the commands: all scenes at the same time, in each one command after the other. */
function player(program: Program): Player {
  return async (task: Task) => {
    const file = await Deno.makeTempFile();
    await Deno.truncate(file, LARGE_SIZE);
    try {
      const lines = await Promise.all(
        task.scenes.map((scene) => playScene(program, { ...scene, endpoint: task.endpoint, file })),
      );
      return lines.flat();
    } finally {
      await Deno.remove(file);
    }
  };
}

async function playScene(program: Program, place: Place): Promise<Line[]> {
  const { path, env, commands, options = () => [], words = (stderr) => stderr.trim() } = program;
  const asked = commands(place);
  const lines: Line[] = [];
  for (const operation of OPERATIONS.filter((one) => one in asked)) {
    const ran = await runProgram(path, [...options(place), ...asked[operation]!], {
      timeoutMs: TIMEOUT_MS,
      env: { ...awsEnv(place.endpoint, place), ...env(place) },
      ...(operation === "put" && { stdin: TEXT }),
    });
    const outcome = ran.code === 0
      ? resultOf(operation, ran.stdout)
      : { error: `exit code ${ran.code}: ${words(ran.stderr).replaceAll(place.file, "FILE")}` };
    lines.push({ scene: place.name, operation, ...outcome });
  }
  return lines;
}

export const MC: Installed = goPeer("mc", "MINIO");
export const RCLONE: Installed = goPeer("rclone", "RCLONE");
export const S5CMD: Installed = goPeer("s5cmd", "APPLICATIONS");

/** MinIO's client. */
export const mc: Player = player({
  path: MC.path,
  env: ({ endpoint, accessKeyId, secretAccessKey }) => ({
    MC_HOST_peer: endpoint.replace("//", `//${accessKeyId}:${secretAccessKey}@`),
  }),
  options: () => ["--no-color"],
  commands({ bucket, prefix, file }) {
    const url = (name: string) => `peer/${bucket}/${prefix}${name}`;
    return {
      get: ["cat", url("kept.txt")],
      list: ["ls", "-r", url("")],
      put: ["pipe", url("put.txt")],
      copy: ["cp", url("kept.txt"), url("copy.txt")],
      multipart: ["cp", file, url("large.bin")],
      presign: ["share", "download", url("kept.txt")],
      missing: ["stat", url("missing.txt")],
      delete: ["rm", url("unwanted.txt")],
    };
  },
});

/** s5cmd. */
export const s5cmd: Player = player({
  path: S5CMD.path,
  env: ({ endpoint }) => ({ S3_ENDPOINT_URL: endpoint }),
  commands({ bucket, prefix, file }) {
    const url = (name: string) => `s3://${bucket}/${prefix}${name}`;
    return {
      get: ["cat", url("kept.txt")],
      list: ["ls", url("*")],
      put: ["pipe", url("put.txt")],
      copy: ["cp", url("kept.txt"), url("copy.txt")],
      multipart: ["cp", "--part-size", "5", file, url("large.bin")],
      presign: ["presign", url("kept.txt")],
      missing: ["head", url("missing.txt")],
      delete: ["rm", url("unwanted.txt")],
    };
  },
});

/** rclone, of which only some commands are built. */
export const rclone: Player = player({
  path: RCLONE.path,
  options: () => ["--log-format="],
  // The lines before it tell the same of each attempt.
  words: (stderr) => stderr.trim().split("\n").at(-1)!,
  env: ({ endpoint }) => ({
    RCLONE_CONFIG: "",
    RCLONE_CONFIG_PEER_TYPE: "s3",
    RCLONE_CONFIG_PEER_PROVIDER: "Other",
    RCLONE_CONFIG_PEER_ENV_AUTH: "true",
    RCLONE_CONFIG_PEER_ENDPOINT: endpoint,
    RCLONE_CONFIG_PEER_NO_CHECK_BUCKET: "true",
    RCLONE_RETRIES: "1",
    RCLONE_LOW_LEVEL_RETRIES: "1",
  }),
  commands({ bucket, prefix, file }) {
    const url = (name: string) => `peer:${bucket}/${prefix}${name}`;
    // It asks for the metadata of what it will replace and of what it has written, which a write-only
    // key may not, unless it is told not to.
    const unseen = ["--no-check-dest", "--s3-no-head"];
    const parts = ["--s3-chunk-size", "5Mi", "--s3-upload-cutoff", "5Mi"];
    return {
      get: ["cat", url("kept.txt")],
      list: ["lsjson", url("")],
      put: ["rcat", ...unseen, url("put.txt")],
      copy: ["copyto", url("kept.txt"), url("copy.txt")],
      multipart: ["copyto", ...unseen, ...parts, file, url("large.bin")],
      missing: ["copyto", url("missing.txt"), file],
    };
  },
});
