/**
 * What every client is asked to do: eight operations with each of the keys that `create` makes, in
 * buckets of the sandbox that hold two objects each.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";

/** What a client does in a scene, in this order. */
export const OPERATIONS = [
  ...["get", "list", "put", "copy", "multipart", "presign", "missing", "delete"] as const,
];
/** `missing` asks for the metadata of an object that isn't there. */
export type Operation = (typeof OPERATIONS)[number];

/** A place and a key. */
interface SceneOptions {
  /** What `create` is told of the key. */
  create: readonly string[];
  bucket: string;
  /** Below which the operations are. */
  prefix: string;
  /** The operations that are allowed. */
  allowed: readonly Operation[];
}

/** By name. */
export const SCENES = {
  "a read-write key": {
    create: [],
    bucket: "read-write",
    prefix: "",
    allowed: OPERATIONS,
  },
  "a read-only key": {
    create: ["--read-only"],
    bucket: "read-only",
    prefix: "",
    allowed: ["get", "list", "presign", "missing"],
  },
  "a write-only key": {
    create: ["--write-only"],
    bucket: "write-only",
    prefix: "",
    allowed: ["put", "multipart"],
  },
  "a prefix key": {
    create: ["--prefix", "team/"],
    bucket: "prefix",
    prefix: "team/",
    allowed: OPERATIONS,
  },
  "a prefix key outside its prefix": {
    create: ["--prefix", "team/"],
    bucket: "prefix",
    prefix: "other/",
    allowed: [],
  },
} satisfies Record<string, SceneOptions>;

/** The name of a scene. */
export type SceneName = keyof typeof SCENES;
/** The scenes' names, in their order. */
export const SCENE_NAMES = Object.keys(SCENES) as SceneName[];

/** What a client is told of a scene. */
export interface Scene {
  name: SceneName;
  bucket: string;
  prefix: string;
  accessKeyId: string;
  secretAccessKey: string;
}

/** What a client is told. */
export interface Task {
  endpoint: string;
  scenes: Scene[];
}

/** What is in the objects that are there at the start, and in what `put` writes. */
export const TEXT = "what is kept";
/** The bytes that `multipart` writes. */
export const LARGE_SIZE = 12 * 1024 * 1024;

/** A sandbox with some scenes in it, by default all. */
export async function openStage(
  names: readonly SceneName[] = SCENE_NAMES,
): Promise<{ sandbox: Sandbox; task: Task }> {
  const options: SceneOptions[] = names.map((name) => SCENES[name]);
  const buckets = [...new Set(options.map(({ bucket }) => bucket))];
  const sandbox = await startSandbox({ buckets });
  for (const { bucket, prefix } of options) {
    for (const name of ["kept.txt", "unwanted.txt"]) {
      const { code, stderr } = await run(["put-object", bucket, prefix + name, "-"], {
        sandbox,
        stdin: TEXT,
      });
      assert.equal(code, 0, stderr);
    }
  }
  const keys = new Map<string, Pick<Scene, "accessKeyId" | "secretAccessKey">>();
  for (const { bucket, create } of options) {
    if (keys.has(bucket)) continue;
    const { code, stdout, stderr } = await run(["create", bucket, ...create], { sandbox });
    assert.equal(code, 0, stderr);
    const { AccessKeyId, SecretAccessKey } = JSON.parse(stdout);
    keys.set(bucket, { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey });
  }
  const scenes = names.map((name) => {
    const { bucket, prefix } = SCENES[name];
    return { name, bucket, prefix, ...keys.get(bucket)! };
  });
  return { sandbox, task: { endpoint: sandbox.url, scenes } };
}

/** The keys and sizes of the objects that are in a scene. */
export function objectsOf({ account }: Sandbox, name: SceneName): Record<string, number> {
  const { bucket, prefix } = SCENES[name];
  const objects = [...account.buckets.get(bucket)!.objects]
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, { body }]) => [key.slice(prefix.length), body.length] as const);
  return Object.fromEntries(objects.sort(([one], [other]) => one < other ? -1 : 1));
}

/** The objects that should be in a scene after some operations. */
export function objectsAfter(operations: readonly Operation[]): Record<string, number> {
  const has = (operation: Operation) => operations.includes(operation);
  return {
    ...(has("copy") && { "copy.txt": TEXT.length }),
    "kept.txt": TEXT.length,
    ...(has("multipart") && { "large.bin": LARGE_SIZE }),
    ...(has("put") && { "put.txt": TEXT.length }),
    ...(!has("delete") && { "unwanted.txt": TEXT.length }),
  };
}
