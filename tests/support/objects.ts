/**
 * A sandbox with a bucket and a directory, for tests of objects.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { join, relative } from "node:path";
import fc from "fast-check";
import { Content, type Sandbox, startSandbox, type StoredObject } from "../../lib/sandbox/mod.ts";
import { checksum } from "../../lib/sandbox/s3/objects/checksums.ts";
import { etagOf } from "../../lib/sandbox/s3/objects/objects.ts";
import { store } from "../../lib/sandbox/s3/objects/versions.ts";
import { type Ran, run, type RunOptions, sandboxEnv } from "./run.ts";
import { PART_SIZE } from "../../lib/objects/multipart.ts";
import { anyCharacter } from "./arbitraries.ts";

/** What a transfer says that Ctrl-C has ended, be it before or after something was sent. */
export const INTERRUPTED = /^(Stopped after .+\n)?Error: Interrupted\n$/;

/** The smallest sizes that are sent in two and three parts, and read in as many ranges. */
export const TWO_PARTS: number = PART_SIZE + 1;
export const THREE_PARTS: number = 2 * PART_SIZE + 1;

/** The bucket of a {@linkcode Stage}. */
export const BUCKET = "my-bucket";

/** Where a test of objects plays. */
export interface Stage extends AsyncDisposable {
  sandbox: Sandbox;
  /** An empty directory, removed at the end. */
  directory: string;
  /** A path in the directory. */
  path(...names: string[]): string;
  /** Runs a command line in the sandbox. */
  run(args: string[], options?: RunOptions): Promise<Ran>;
  /** Puts an object into the bucket, as an SDK does, but past the tool and the server. */
  put(key: string, content: string | Uint8Array): Promise<void>;
  /** What the bucket holds, by key. */
  objects(): Map<string, StoredObject>;
  /** How many multipart uploads are open. */
  openUploads(): number;
}

/** Starts a sandbox and makes a directory. */
export async function stage(): Promise<Stage> {
  const sandbox = await startSandbox({ buckets: [BUCKET] });
  const directory = await Deno.realPath(await Deno.makeTempDir());
  const bucket = () => sandbox.account.buckets.get(BUCKET)!;
  return {
    sandbox,
    directory,
    path: (...names) => join(directory, ...names),
    run: (args, options = {}) => run(args, { sandbox, ...options }),
    put(key, content) {
      const body = Content.of(content);
      store(bucket(), {
        key,
        body,
        etag: etagOf(body),
        lastModified: sandbox.clock.now(),
        headers: {
          "content-type": "application/octet-stream",
          "x-amz-checksum-crc32": checksum("CRC32", body),
        },
        tags: [],
      });
      return Promise.resolve();
    },
    objects: () => bucket().objects,
    openUploads: () => bucket().uploads?.size ?? 0,
    async [Symbol.asyncDispose]() {
      await sandbox.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
}

/** Waits until something is so. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Files with their content and directories with `null`, by their paths below a directory. */
export function tree(directory: string): Record<string, string | null> {
  const found: Record<string, string | null> = {};
  const visit = (path: string) => {
    for (const entry of Deno.readDirSync(path)) {
      const inner = join(path, entry.name);
      if (entry.isDirectory) {
        found[relative(directory, inner)] = null;
        visit(inner);
      } else {
        found[relative(directory, inner)] = latin1(Deno.readFileSync(inner));
      }
    }
  };
  visit(directory);
  return Object.fromEntries(Object.entries(found).sort());
}

/** A character for each byte. Not of a `TextDecoder`, which takes ten times as long. */
export function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("latin1");
}

/** Bytes that don't repeat, the same for the same seed. */
export function noise(length: number, seed = 1): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  let state = seed;
  for (let at = 0; at < words.length; at++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[at] = state;
  }
  return new Uint8Array(words.buffer, 0, length);
}

/** Pieces of keys that try to break out, among ordinary ones. */
export const keyArbitrary: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: anyCharacter, minLength: 1, maxLength: 30 }),
  fc.array(
    fc.constantFrom(
      ...["..", ".", "", "/", "a", "A", "b.txt", "é", "e\u0301", "\0", "\\", "..\\", "C:", "c:\\"],
      ...["\r", "\n", " ", "%2e%2e", "con", "NUL.txt", "~", "$HOME", "ß", "SS", "\u202e", "x"],
      ...["\u2024\u2024", "..;", "...", ". .", "a.", "file:", "//", "\uff0e\uff0e", "😀"],
    ),
    { minLength: 1, maxLength: 7 },
  ).chain((parts) => fc.constantFrom("/", "", "\\").map((glue) => parts.join(glue))),
).filter((key) => key !== "" && key.isWellFormed());

/**
 * Runs a command line in a process of its own with all of Deno's permissions, which make it look at
 * paths in another way.
 */
export async function runAlone(
  st: Stage,
  args: string[],
  denoOptions: string[] = [],
): Promise<Ran> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...denoOptions, "cli.ts", ...args],
    env: sandboxEnv(st.sandbox),
  }).output();
  const [out = "", err = ""] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  return { code, stdout: out, stderr: err };
}
