/**
 * Where the tests of objects play: a server of moto that checks signatures, buckets that boto3
 * makes, fills and reads, and a folder.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { dirname, join } from "node:path";
import { IAM } from "@aws-sdk/client-iam";
import { sha256 } from "../../lib/sha256.ts";
import { type Moto, startMoto } from "./moto.ts";
import { PythonProcess } from "./python_process.ts";
import { awsEnv, type Ran, runCli, runPeer } from "./support.ts";

/** What S3 and moto say of an object that was put without a type. */
export const NO_TYPE = "binary/octet-stream";

/** An object as boto3 finds it. */
export interface Held {
  type: string;
  size: number;
  sha256: string;
  parts: number;
}

/** A bucket as boto3 finds it. */
export interface BucketState {
  objects: Record<string, Held>;
  /** Keys of uploads that nobody has finished. */
  uploads: string[];
}

/** A row of boto3's listing. */
export interface ListedRow {
  Key: string;
  LastModified: string;
  ETag: string;
  Size: number;
  StorageClass: string;
  /** The path of its URL. */
  path: string;
}

/** The content of an object or a file. */
export type Content = string | Uint8Array<ArrayBuffer>;

const bytesOf = (content: Content): Uint8Array<ArrayBuffer> =>
  typeof content === "string" ? new TextEncoder().encode(content) : content;

/** An object with this content as boto3 must find it. */
export function held(content: Content, type: string = NO_TYPE, parts = 1): Held {
  const bytes = bytesOf(content);
  return { type, size: bytes.length, sha256: sha256(bytes), parts };
}

/**
 * Keys that a program can easily get wrong: each is an ordinary key to S3. None has a line feed, to
 * which moto has no answer but 404.
 */
export const ODD_KEYS: readonly string[] = [
  ...["with space.txt", " at both ends ", "a+b=c&d.txt", "100% sure.txt", "%2F", "%2e%2e/x"],
  ...["a/../b", "../up", "a/./b", "./here", "a//b", "//two", "/leading", "trailing/"],
  ...["question?.txt", "hash#tag;v=1", "quotes ' and \".txt", "<&>", "~tilde$@!*,()"],
  ...["of [a] {b}", "back\\slash", "tab\there", "cr\rhere", "\x01", "\x7f", "\u00e9", "e\u0301"],
  ...["日本語/🎉", "\ufb01\ufffd", "-dash", "--", "k".repeat(1024)],
];

/** What an odd key holds. */
export function oddContent(key: string): string {
  return `the content of ${key}`;
}

/** What a command says when it has done its work and has nothing to tell. */
export const SILENCE = { code: 0, stdout: "", stderr: "" };

/** What a program said, to compare it whole. */
export function said({ code, stdout, stderr }: Ran): typeof SILENCE {
  return { code, stdout, stderr };
}

/** A stage that is set. */
export interface ObjectStage {
  /** The variables by which any AWS client finds the server as its administrator. */
  env: Record<string, string>;
  /** An empty folder, removed at the end. */
  folder: string;
  /** A path in the folder. */
  path(...names: string[]): string;
  /** Writes a file in the folder, and gives its path. */
  file(name: string, content: Content): Promise<string>;
  /** Has boto3 make a bucket with objects, and gives its name. */
  bucket(objects?: Record<string, Content>): Promise<string>;
  /** Has boto3 put an object. */
  put(
    bucket: string,
    key: string,
    content: Content,
    headers?: Record<string, string>,
  ): Promise<void>;
  /** Has boto3 read a bucket. */
  read(bucket: string): Promise<BucketState>;
  /** Has boto3 list a bucket. */
  rows(bucket: string, prefix?: string): Promise<ListedRow[]>;
  /** Runs our command line. */
  ours(args: readonly string[], stdin?: string): Promise<Ran>;
  /** Runs the Python tool. */
  theirs(args: readonly string[], stdin?: string): Promise<Ran>;
  stop(): Promise<void>;
}

/** Sets a stage. */
export async function startObjectStage(): Promise<ObjectStage> {
  const moto = await startMoto();
  // Past the recorder, which takes `a/../b` for `b`, as fetch does.
  const env = awsEnv(moto.url, await demandSignatures(moto));
  const boto3 = new PythonProcess("buckets.py", env);
  const ask = (question: unknown) => boto3.ask(JSON.stringify(question));
  const folder = await Deno.realPath(await Deno.makeTempDir());
  let buckets = 0;
  const put = async (bucket: string, key: string, content: Content, headers = {}) => {
    const encoded = Buffer.from(bytesOf(content)).toString("base64");
    await ask({ do: "put", bucket, key, content: encoded, headers });
  };
  return {
    env,
    folder,
    path: (...names) => join(folder, ...names),
    async file(name, content) {
      const path = join(folder, name);
      await Deno.mkdir(dirname(path), { recursive: true });
      await Deno.writeFile(path, bytesOf(content));
      return path;
    },
    async bucket(objects = {}) {
      const bucket = `bucket-${++buckets}`;
      await ask({ do: "create", bucket });
      for (const [key, content] of Object.entries(objects)) await put(bucket, key, content);
      return bucket;
    },
    put,
    read: async (bucket) => await ask({ do: "read", bucket }) as BucketState,
    rows: async (bucket, prefix = "") => await ask({ do: "rows", bucket, prefix }) as ListedRow[],
    ours: (args, stdin) => runCli(args, { env, stdin }),
    theirs: (args, stdin) => runPeer("s3-credentials", args, { env, stdin }),
    async stop() {
      await boto3.close();
      await moto.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/**
 * From now on moto checks the signature of every request, as botocore computes it.
 *
 * @returns the keys of a user who may do everything: who may only delete objects is denied
 *   DeleteObjects by moto, which takes it for something that is done to the bucket
 */
async function demandSignatures(
  moto: Moto,
): Promise<{ accessKeyId: string; secretAccessKey: string }> {
  const credentials = { accessKeyId: "testing", secretAccessKey: "testing" };
  const iam = new IAM({ endpoint: moto.url, region: "us-east-1", credentials });
  const UserName = "administrator";
  await iam.createUser({ UserName });
  const Statement = [{ Effect: "Allow", Action: "*", Resource: "*" }];
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  await iam.putUserPolicy({ UserName, PolicyName: "everything", PolicyDocument });
  const { AccessKey } = await iam.createAccessKey({ UserName });
  iam.destroy();
  const answer = await fetch(`${moto.url}/moto-api/reset-auth`, { method: "POST", body: "0" });
  if (!answer.ok) throw new Error(`moto does not check signatures: ${await answer.text()}`);
  await answer.body?.cancel();
  return { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
}
