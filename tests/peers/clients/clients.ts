/**
 * The clients: how each is run, what it says, and where it differs from the others.
 *
 * @module
 */
import { join } from "node:path";
import { type Ran, runProgram, scriptPath } from "../support.ts";
import { client, type Installed, pythonPeer, TIMEOUT_MS } from "./installed.ts";
import type { Line, Player } from "./play.ts";
import { MC, mc, RCLONE, rclone, S5CMD, s5cmd } from "./programs.ts";
import type { Operation, SceneName } from "./scenes.ts";
import { type ClientName, WORDS, type Words } from "./words.ts";

/** A permission that an operation needs besides the usual one. */
export interface AlsoNeeded {
  action: string;
  /** On the copy, once it is there; else on the bucket, before anything else. */
  on: "copy" | "bucket";
}

/** A client. */
export interface Client extends Installed {
  play: Player;
  words: Words;
  /** Operations that it does not have. */
  lacks?: readonly Operation[];
  /** Permissions that it needs besides, which no key of `create` has. */
  alsoNeeds?: Partial<Record<Operation, AlsoNeeded>>;
  /** Objects that it leaves besides those that it was asked for, by scene. */
  leaves?: Partial<Record<SceneName, Record<string, number>>>;
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
    linesOf(
      await runProgram(path, args, { stdin: JSON.stringify(task), env, timeoutMs: TIMEOUT_MS }),
    );
}

const PEERS = pythonPeer("python");
const ARROW = client("python");
const JAVASCRIPT = client("javascript");
const GO = client("go");
const JAVA = client("java");

const python = ({ path }: Installed, name: string) =>
  program(path, [source("python", "clients.py"), name]);
const javascript = (name: string) =>
  program("node", [source("javascript", "clients.cjs"), name], {
    S3CREDS_JAVASCRIPT: JAVASCRIPT.path,
  });

/** By name. */
export const CLIENTS: Record<ClientName, Client> = {
  "boto3": {
    ...PEERS,
    play: python(PEERS, "boto3"),
    words: WORDS.boto3,
  },
  "minio-py": {
    ...PEERS,
    play: python(PEERS, "minio"),
    words: WORDS["minio-py"],
  },
  "django-storages": {
    ...PEERS,
    play: python(PEERS, "django"),
    words: WORDS["django-storages"],
    lacks: ["copy"],
  },
  "s3fs": { ...ARROW, play: python(ARROW, "s3fs"), words: WORDS.s3fs },
  "pyarrow": {
    ...ARROW,
    play: python(ARROW, "pyarrow"),
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
    ...PEERS,
    play: python(PEERS, "aws"),
    words: WORDS["aws CLI"],
  },
  "s3cmd": {
    ...PEERS,
    play: python(PEERS, "s3cmd"),
    words: WORDS.s3cmd,
    // It gives the copy the ACL of the original.
    alsoNeeds: { copy: { action: "s3:PutObjectAcl", on: "copy" } },
  },
  "s5cmd": { ...S5CMD, play: s5cmd, words: WORDS.s5cmd },
  "mc": { ...MC, play: mc, words: WORDS.mc },
  "rclone": {
    ...RCLONE,
    play: rclone,
    words: WORDS.rclone,
    lacks: ["presign", "delete"],
  },
};
