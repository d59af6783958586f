/** What `create` delivers, read by the programs that it is meant for. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { minioTest } from "./minio.ts";
import { adminEnv, peerPath, peerTest, runCli, runProgram } from "./support.ts";

const BUCKET = "team-data";
const CONTENT = "content of the report";
const GO_BIN = Deno.env.get("S3CREDS_MINIO_BIN") ?? "";

/** A program that reads a file which `create -o` wrote: its arguments, to print an object. */
interface Reader {
  format: string;
  program: string;
  args(file: string, directory: string, key: string): string[];
  env?(file: string, directory: string): Record<string, string>;
  /** Whether it takes temporary credentials, too. */
  takesSessions: boolean;
}

const READERS: Record<string, Reader> = {
  rclone: {
    format: "rclone",
    program: join(GO_BIN, "rclone"),
    args: (file, _, key) => ["--config", file, "cat", `s3:${BUCKET}/${key}`],
    takesSessions: true,
  },
  s3cmd: {
    format: "s3cmd",
    program: peerPath("s3cmd"),
    args: (file, _, key) => ["-c", file, "--quiet", "get", `s3://${BUCKET}/${key}`, "-"],
    takesSessions: true,
  },
  mc: {
    format: "mc",
    program: "sh",
    args: (file, directory, key) => [
      "-c",
      `"$0" -C "$1" alias import work "$2" >/dev/null && "$0" -C "$1" cat "work/${BUCKET}/$3"`,
      join(GO_BIN, "mc"),
      directory,
      file,
      key,
    ],
    takesSessions: true,
  },
  "the aws CLI, by ini": {
    format: "ini",
    program: peerPath("aws"),
    args: (_, __, key) => ["s3", "cp", `s3://${BUCKET}/${key}`, "-"],
    env: (file) => ({ AWS_SHARED_CREDENTIALS_FILE: file }),
    takesSessions: true,
  },
  "a shell, by env": {
    format: "env",
    program: "sh",
    args: (file, _, key) => [
      "-c",
      `. "$0"; exec "$1" s3 cp "s3://${BUCKET}/$2" -`,
      file,
      peerPath("aws"),
      key,
    ],
    takesSessions: true,
  },
  "the shell, by dotenv": {
    format: "dotenv",
    program: "sh",
    args: (file, _, key) => [
      "-c",
      `set -a; . "$0"; exec "$1" s3 cp "s3://${BUCKET}/$2" -`,
      file,
      peerPath("aws"),
      key,
    ],
    takesSessions: true,
  },
};

for (const [name, { format, program, args, env, takesSessions }] of Object.entries(READERS)) {
  for (const duration of takesSessions ? [[], ["-d", "15m"]] : [[]]) {
    const kind = duration.length === 0 ? "permanent" : "temporary";
    const test = name === "rclone" || name === "mc" ? minioTest : peerTest;
    test(
      `delivery: ${name} reads ${kind} credentials, and no more than they allow`,
      async () => {
        await using sandbox = await startSandbox({ buckets: [BUCKET] });
        const directory = await Deno.makeTempDir();
        try {
          const admin = adminEnv(sandbox);
          for (const key of ["in/report", "secret"]) {
            const put = await runCli(["put-object", BUCKET, key, "-"], {
              env: admin,
              stdin: CONTENT,
            });
            assert.equal(put.code, 0, put.stderr);
          }
          const file = join(directory, "credentials");
          const grant = ["--read-only", "--prefix", "in/", ...duration];
          const created = await runCli(
            ["create", BUCKET, ...grant, "-f", format, "-o", file],
            { env: admin },
          );
          assert.equal(created.code, 0, created.stderr);
          const options = { env: { AWS_ENDPOINT_URL: sandbox.url, ...env?.(file, directory) } };
          const read = await runProgram(program, args(file, directory, "in/report"), options);
          assert.deepEqual([read.code, read.stdout], [0, CONTENT], read.stderr);
          const beside = await runProgram(program, args(file, directory, "secret"), options);
          assert.notEqual(beside.code, 0, beside.stdout);
          assert.doesNotMatch(beside.stdout, new RegExp(CONTENT));
        } finally {
          await Deno.remove(directory, { recursive: true });
        }
      },
    );
  }
}

peerTest(
  "delivery: a saved profile is found by the aws CLI and boto3, with its endpoint",
  async () => {
    await using sandbox = await startSandbox({ buckets: [BUCKET] });
    const directory = await Deno.makeTempDir();
    try {
      const file = join(directory, "credentials");
      await Deno.writeTextFile(file, "# others\n[work]\naws_access_key_id = AKIAWORK\n");
      const env = { AWS_SHARED_CREDENTIALS_FILE: file };
      const created = await runCli(["create", BUCKET, "-d", "15m", "--save-profile", "team"], {
        env: { ...adminEnv(sandbox), ...env },
      });
      assert.equal(created.code, 0, created.stderr);
      const who = await runProgram(
        peerPath("aws"),
        ["sts", "get-caller-identity", "--profile", "team"],
        { env },
      );
      assert.match(JSON.parse(who.stdout).Arn, /:assumed-role\/s3-credentials/, who.stderr);
      const script = "import boto3; s = boto3.Session(profile_name='team'); " +
        `print(s.client('s3').list_objects_v2(Bucket='${BUCKET}')['KeyCount'])`;
      const listed = await runProgram(peerPath("python"), ["-c", script], { env });
      assert.deepEqual([listed.code, listed.stdout], [0, "0\n"], listed.stderr);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
);
