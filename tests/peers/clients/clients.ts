/**
 * The clients: how each is run, what it says, and where it differs from the others.
 *
 * @module
 */
import { join } from "node:path";
import { hasPeers, peerPath, type Ran, runProgram, scriptPath } from "../support.ts";
import type { Line, Player } from "./play.ts";
import { mc, rclone, s3cmd, s5cmd } from "./programs.ts";
import type { Operation, SceneName } from "./scenes.ts";
import { type ClientName, WORDS, type Words } from "./words.ts";

/** A permission that an operation needs besides the usual one. */
export interface AlsoNeeded {
  action: string;
  /** On the copy, once it is there; else on the bucket, before anything else. */
  on: "copy" | "bucket";
}

/** A client. */
export interface Client {
  /** Why it can't be had; `undefined` if it is there. */
  missing: string | undefined;
  play: Player;
  words: Words;
  /** Operations that it does not have. */
  lacks?: readonly Operation[];
  /** Permissions that it needs besides, which no key of `create` has. */
  alsoNeeds?: Partial<Record<Operation, AlsoNeeded>>;
  /** Objects that it leaves besides those that it was asked for, by scene. */
  leaves?: Partial<Record<SceneName, Record<string, number>>>;
}

type Installed = Record<string, { path: string } | { missing: string }>;
const INSTALLED: Installed = JSON.parse(Deno.env.get("S3CREDS_CLIENTS") ?? "{}");
const NOT_INSTALLED = { missing: "run it by deno task test:peers" };

/** Where libraries are, and why they aren't. */
function find(libraries: string): { path: string; missing: string | undefined } {
  const found = INSTALLED[libraries] ?? NOT_INSTALLED;
  return "path" in found ? { ...found, missing: undefined } : { path: "", ...found };
}

const source = (...names: string[]) => scriptPath(join("clients", ...names));

/** The lines of JSON that a program writes. */
function linesOf({ code, stdout, stderr }: Ran): Line[] {
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
  return stdout.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
}

/** A program that is given the task and does all of it. */
function program(path: string, args: readonly string[], env?: Record<string, string>): Player {
  return async (task) =>
    linesOf(await runProgram(path, args, { stdin: JSON.stringify(task), env }));
}

const python = (path: string, name: string) =>
  program(path, [source("python", "clients.py"), name]);
const PEERS_MISSING = hasPeers ? undefined : "there are no peers of Python";
const MINIO_MISSING = Deno.env.get("S3CREDS_MINIO_MISSING") ||
  (Deno.env.has("S3CREDS_MINIO_BIN") ? undefined : NOT_INSTALLED.missing);
const APPLICATIONS_MISSING = Deno.env.get("S3CREDS_APPLICATIONS_MISSING") ||
  (Deno.env.has("S3CREDS_APPLICATIONS_BIN") ? undefined : NOT_INSTALLED.missing);
const ARROW = find("python");
const JAVASCRIPT = find("javascript");
const javascript = (name: string) =>
  program("node", [source("javascript", "clients.cjs"), name], {
    S3CREDS_JAVASCRIPT: JAVASCRIPT.path,
  });
const GO = find("go");
const JAVA = find("java");

/** By name. */
export const CLIENTS: Record<ClientName, Client> = {
  "boto3": {
    missing: PEERS_MISSING,
    play: python(peerPath("python"), "boto3"),
    words: WORDS.boto3,
  },
  "minio-py": {
    missing: PEERS_MISSING,
    play: python(peerPath("python"), "minio"),
    words: WORDS["minio-py"],
  },
  "django-storages": {
    missing: PEERS_MISSING,
    play: python(peerPath("python"), "django"),
    words: WORDS["django-storages"],
    lacks: ["copy"],
  },
  "s3fs": { ...ARROW, play: python(ARROW.path, "s3fs"), words: WORDS.s3fs },
  "pyarrow": {
    ...ARROW,
    play: python(ARROW.path, "pyarrow"),
    words: WORDS.pyarrow,
    lacks: ["presign"],
    // When it has deleted an object, it sees to it that the directory is still there.
    leaves: { "a prefix key": { "": 0 } },
  },
  "minio-js": {
    ...JAVASCRIPT,
    play: javascript("minio"),
    words: WORDS["minio-js"],
    // It looks for an upload of that key to go on with.
    alsoNeeds: { multipart: { action: "s3:ListBucketMultipartUploads", on: "bucket" } },
  },
  "AWS SDK for JavaScript": {
    ...JAVASCRIPT,
    play: javascript("aws-sdk"),
    words: WORDS["AWS SDK for JavaScript"],
  },
  "AWS SDK for Go": { ...GO, play: program(GO.path, []), words: WORDS["AWS SDK for Go"] },
  "AWS SDK for Java": {
    ...JAVA,
    play: program("java", [
      ...["-XX:TieredStopAtLevel=1", "-cp"],
      ...[`${join(JAVA.path, "classes")}:${join(JAVA.path, "lib", "*")}`, "Client"],
    ]),
    words: WORDS["AWS SDK for Java"],
  },
  "aws CLI": {
    missing: PEERS_MISSING,
    play: python(peerPath("python"), "aws"),
    words: WORDS["aws CLI"],
  },
  "s3cmd": {
    missing: PEERS_MISSING,
    play: s3cmd,
    words: WORDS.s3cmd,
    // It gives the copy the ACL of the original.
    alsoNeeds: { copy: { action: "s3:PutObjectAcl", on: "copy" } },
  },
  "s5cmd": { missing: APPLICATIONS_MISSING, play: s5cmd, words: WORDS.s5cmd },
  "mc": { missing: MINIO_MISSING, play: mc, words: WORDS.mc },
  "rclone": {
    missing: MINIO_MISSING,
    play: rclone,
    words: WORDS.rclone,
    lacks: ["presign", "delete"],
  },
};
