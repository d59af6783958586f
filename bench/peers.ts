/**
 * The programs that are measured against each other, and how each is asked to do the same.
 *
 * @module
 */
import { join } from "node:path";
import { installPeers, PROJECT } from "../scripts/peers.ts";
import { GO_BIN, installGoPeers } from "../scripts/peers_go.ts";
import { getS5cmd } from "./s5cmd.ts";

/** A server to work on. */
export interface Server {
  url: string;
  accessKeyId: string;
  secretAccessKey: string;
  /** The file with the certificate to trust, if it speaks TLS. */
  certificateFile?: string;
}

/** What a program is asked to do. Paths are absolute. */
export interface Work {
  bucket: string;
  folder: string;
  file: string;
  out: string;
}

/** The kinds of work. */
export type Task =
  | "whoami"
  | "create"
  | "put many"
  | "get many"
  | "put large"
  | "get large"
  | "list";

/** A program; `undefined` from `commands` means that it has no such command. */
export interface Peer {
  name: string;
  version: string;
  commands: Partial<Record<Task, (work: Work, server: Server) => string[]>>;
}

/** What could be installed, and what could not. */
export interface Peers {
  peers: Peer[];
  missing: string[];
  /** The program, for what has it do more than a task. */
  s5cmd?: string;
  /** Programs that serve S3. */
  servers: { bare?: string; line?: string; minio?: string };
}

const CLI = join(PROJECT, "cli.ts");

/** Gets all programs. What is installed already is used as it is. */
export async function getPeers(say: (line: string) => void): Promise<Peers> {
  const missing: string[] = [];
  const peers = [await ours()];
  const python = await installPeers(say);
  if ("missing" in python) missing.push(`the Python tool and the aws CLI (${python.missing})`);
  else peers.push(...await pythonPeers(python.bin));
  const noRclone = await installGoPeers(["rclone"], say);
  if (noRclone === undefined) peers.push(await rclonePeer(join(GO_BIN, "rclone")));
  else missing.push(`rclone (${noRclone})`);
  const s5cmd = await getS5cmd(say);
  if ("program" in s5cmd) peers.push(await s5cmdPeer(s5cmd.program));
  else missing.push(`s5cmd (${s5cmd.missing})`);
  const noMinio = await installGoPeers(["minio"], say);
  if (noMinio !== undefined) missing.push(`MinIO (${noMinio})`);
  const bare = await buildBare();
  if ("missing" in bare) missing.push(`the bare server (${bare.missing})`);
  const line = await build("bench-line", ["line.go"]);
  if ("missing" in line) missing.push(`the slow line (${line.missing})`);
  return {
    peers,
    missing,
    ...("program" in s5cmd && { s5cmd: s5cmd.program }),
    servers: {
      ...("program" in bare && { bare: bare.program }),
      ...("program" in line && { line: line.program }),
      ...(noMinio === undefined && { minio: join(GO_BIN, "minio") }),
    },
  };
}

/** Builds the bare server. */
export function buildBare(): Promise<{ program: string } | { missing: string }> {
  return build("bench-server", ["server.go", "certificate.go"]);
}

async function build(
  name: string,
  files: string[],
): Promise<{ program: string } | { missing: string }> {
  const program = join(GO_BIN, name);
  const sources = files.map((file) => join(PROJECT, "bench", file));
  const { code, text } = await output("go", ["build", "-o", program, ...sources]);
  return code === 0 ? { program } : { missing: text };
}

async function output(program: string, args: string[], env: Record<string, string> = {}) {
  try {
    const { code, stdout, stderr } = await new Deno.Command(program, { args, env }).output();
    const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("").trim();
    return { code, text: text.split("\n").at(-1) ?? "", first: text.split("\n")[0] ?? "" };
  } catch (error) {
    return { code: 1, text: (error as Error).message, first: "" };
  }
}

async function ours(): Promise<Peer> {
  const run = ["deno", "run", "-A", CLI];
  const { first } = await output("deno", ["--version"]);
  return {
    name: "s3creds",
    version: first.replace(/ \(.*/, ""),
    commands: {
      "whoami": () => [...run, "whoami"],
      "create": ({ bucket }) => [...run, "create", bucket, "-c"],
      "put many": ({ bucket, folder }) => [...run, "put-objects", bucket, folder, "-s"],
      "get many": ({ bucket, out }) => [...run, "get-objects", bucket, "-o", out, "-s"],
      "put large": ({ bucket, file }) => [...run, "put-object", bucket, "large", file, "-s"],
      "get large": ({ bucket, out }) => [...run, "get-object", bucket, "large", "-o", out, "-s"],
      "list": ({ bucket }) => [...run, "list-bucket", bucket],
    },
  };
}

async function pythonPeers(bin: string): Promise<Peer[]> {
  const tool = join(bin, "s3-credentials");
  const aws = join(bin, "aws");
  const quiet = "--only-show-errors";
  return [{
    name: "Python tool",
    version: (await output(tool, ["--version"])).text.replace(", version", ""),
    commands: {
      "whoami": () => [tool, "whoami"],
      "create": ({ bucket }) => [tool, "create", bucket, "-c"],
      "put many": ({ bucket, folder }) => [tool, "put-objects", bucket, folder, "-s"],
      "get many": ({ bucket, out }) => [tool, "get-objects", bucket, "-o", out, "-s"],
      "put large": ({ bucket, file }) => [tool, "put-object", bucket, "large", file, "-s"],
      "get large": ({ bucket, out }) => [tool, "get-object", bucket, "large", "-o", out],
      "list": ({ bucket }) => [tool, "list-bucket", bucket],
    },
  }, {
    name: "aws CLI",
    version: (await output(aws, ["--version"])).text.replace(/ Python.*/, ""),
    commands: {
      "whoami": () => [aws, "sts", "get-caller-identity"],
      "put many": ({ bucket, folder }) => [
        ...[aws, "s3", "cp", "--recursive", quiet, folder, `s3://${bucket}/in`],
      ],
      "get many": (
        { bucket, out },
      ) => [aws, "s3", "cp", "--recursive", quiet, `s3://${bucket}`, out],
      "put large": ({ bucket, file }) => [aws, "s3", "cp", quiet, file, `s3://${bucket}/large`],
      "get large": ({ bucket, out }) => [aws, "s3", "cp", quiet, `s3://${bucket}/large`, out],
      "list": ({ bucket }) => [aws, "s3api", "list-objects-v2", "--bucket", bucket],
    },
  }];
}

async function rclonePeer(rclone: string): Promise<Peer> {
  const flags = ({ url, accessKeyId, secretAccessKey }: Server) => [
    ...["--config", "", "--s3-provider", "Minio", "--s3-endpoint", url],
    ...["--s3-access-key-id", accessKeyId, "--s3-secret-access-key", secretAccessKey],
    ...["--transfers", "32", "--checkers", "32", "--no-check-dest", "--s3-no-check-bucket"],
  ];
  return {
    name: "rclone",
    version: (await output(rclone, ["version"])).first,
    commands: {
      "put many": ({ bucket, folder }, server) => [
        ...[rclone, "copy", ...flags(server), folder, `:s3:${bucket}/in`],
      ],
      "get many": ({ bucket, out }, server) => [
        ...[rclone, "copy", ...flags(server), `:s3:${bucket}`, out],
      ],
      "put large": ({ bucket, file }, server) => [
        ...[rclone, "copyto", ...flags(server), file, `:s3:${bucket}/large`],
      ],
      "get large": ({ bucket, out }, server) => [
        ...[rclone, "copyto", ...flags(server), `:s3:${bucket}/large`, out],
      ],
      "list": ({ bucket }, server) => [
        // With times and types it would ask for each object by itself.
        ...[rclone, "lsjson", "-R", "--fast-list", "--no-modtime", "--no-mimetype"],
        ...flags(server),
        `:s3:${bucket}`,
      ],
    },
  };
}

async function s5cmdPeer(s5cmd: string): Promise<Peer> {
  return {
    name: "s5cmd",
    version: (await output(s5cmd, ["version"])).text,
    commands: {
      "put many": ({ bucket, folder }) => [s5cmd, "cp", `${folder}/*`, `s3://${bucket}/in/`],
      "get many": ({ bucket, out }) => [s5cmd, "cp", `s3://${bucket}/*`, out],
      "put large": ({ bucket, file }) => [s5cmd, "cp", file, `s3://${bucket}/large`],
      "get large": ({ bucket, out }) => [s5cmd, "cp", `s3://${bucket}/large`, out],
      "list": ({ bucket }) => [s5cmd, "--json", "ls", `s3://${bucket}/*`],
    },
  };
}
