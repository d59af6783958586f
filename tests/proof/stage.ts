/** Where the proof is played: a sandbox, and clients for each kind of credentials that create makes. */
import { IAM } from "@aws-sdk/client-iam";
import { S3 } from "@aws-sdk/client-s3";
import { STS } from "@aws-sdk/client-sts";
import assert from "node:assert/strict";
import type { Bucket, Sandbox, StoredObject } from "../../lib/sandbox/mod.ts";
import { Content, startSandbox } from "../../lib/sandbox/mod.ts";
import { run } from "../support/run.ts";
import { S3_DEFAULTS } from "../support/sdk.ts";

/** The bucket that the credentials are for, and one whose name starts like it. */
export const BUCKET = "team-data";
export const OTHER_BUCKET = "team-data-archive";
export const PREFIX = "reports/";
/** A role that the account trusts, and a user who has nothing to do with the credentials. */
export const OTHER_ROLE = "backup-operator";
export const BYSTANDER = "bystander";
/** The role behind the temporary credentials. */
export const TOOL_ROLE = "s3-credentials.AmazonS3FullAccess";

const KEYS = [
  "reports/kept.txt",
  "reports/2026/january.txt",
  "reports/",
  "reports",
  "reports-old/kept.txt",
  "Reports/kept.txt",
  "archive/reports/kept.txt",
  "secret.txt",
];

export interface Clients {
  s3: S3;
  iam: IAM;
  sts: STS;
}

export interface Keys {
  AccessKeyId: string;
  SecretAccessKey: string;
  SessionToken?: string;
}

/** An account with its clients. */
export interface Stage {
  sandbox: Sandbox;
  admin: Clients;
  /** Clients for credentials as `create` prints them. */
  clientsFor(keys: Keys): Clients;
  /** Makes credentials by the real command. */
  create(args: readonly string[]): Promise<Keys>;
  /** Brings buckets, users and roles back to what they were when this was first called. */
  reset(): void;
  /** Remembers all that a call could change, for a check that nothing has. */
  remember(): () => void;
  close(): Promise<void>;
}

/** Starts a sandbox with the buckets, objects, users and roles of the proof. */
export async function openStage(): Promise<Stage> {
  const sandbox = await startSandbox({ buckets: [BUCKET, OTHER_BUCKET, "third-bucket"] });
  const { account } = sandbox;
  for (const bucket of account.buckets.values()) furnish(bucket);
  const open: Clients[] = [];
  const clientsFor = (keys: Keys): Clients => {
    const clients = clientsOf(sandbox, keys);
    open.push(clients);
    return clients;
  };
  const { accessKeyId, secretAccessKey } = sandbox.credentials;
  const admin = clientsFor({ AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey });
  await admin.iam.createUser({ UserName: BYSTANDER });
  await admin.iam.createRole({ RoleName: OTHER_ROLE, AssumeRolePolicyDocument: trust(account.id) });
  const take = () => copy({ buckets: account.buckets, users: account.users, roles: account.roles });
  let pristine: ReturnType<typeof take> | undefined;
  /** The latest request at the time when everything was last known to be as at the beginning. */
  let pristineAfter: Sandbox["requests"][number] | undefined;
  const latest = () => sandbox.requests.at(-1);
  return {
    sandbox,
    admin,
    clientsFor,
    async create(args) {
      const { code, stdout, stderr } = await run(["create", ...args], { sandbox });
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    },
    reset() {
      if (pristine !== undefined && latest() === pristineAfter) return;
      pristine ??= take();
      const { buckets, users, roles } = copy(pristine);
      refill(account.buckets, buckets);
      refill(account.users, users);
      // A session holds on to its role, so the role has to stay the same object.
      for (const [name, role] of roles) Object.assign(account.roles.get(name)!, role);
      pristineAfter = latest();
    },
    remember() {
      const state = (buckets: Map<string, Bucket>) => ({
        snapshot: sandbox.snapshot(),
        buckets,
        sessions: account.sessions.size,
      });
      const wasPristine = latest() === pristineAfter;
      const before = state(wasPristine ? pristine!.buckets : copy(account.buckets));
      return () => {
        assert.deepEqual(state(account.buckets), before);
        if (wasPristine) pristineAfter = latest();
      };
    },
    async close() {
      for (const { s3, iam, sts } of open) [s3, iam, sts].forEach((client) => client.destroy());
      await sandbox.close();
    },
  };
}

/** A deep copy. What an object contains is never changed, so it stays the same. */
function copy<T>(value: T): T {
  if (typeof value !== "object" || value === null || value instanceof Content) return value;
  if (value instanceof Map) {
    return new Map([...value].map(([key, item]) => [key, copy(item)])) as T;
  }
  if (value instanceof Date) return new Date(value) as T;
  if (Array.isArray(value)) return value.map(copy) as T;
  // structuredClone takes many times as long for these two, and there are thousands of them.
  if (value instanceof Date) return new Date(value) as T;
  if (value instanceof Set) return new Set([...value].map(copy)) as T;
  if (Object.getPrototypeOf(value) !== Object.prototype) return structuredClone(value);
  const copied = { ...value };
  for (const key in copied) copied[key] = copy(copied[key]);
  return copied;
}

function refill<T>(map: Map<string, T>, content: Map<string, T>): void {
  map.clear();
  for (const [key, value] of content) map.set(key, value);
}

function furnish(bucket: Bucket): void {
  bucket.objectLock = true;
  bucket.lifecycle = [{
    id: "not in force",
    isEnabled: false,
    prefix: "",
    days: 1,
    date: undefined,
    removesMarkers: false,
    noncurrentDays: undefined,
    abortDays: undefined,
  }];
  for (const key of KEYS) bucket.objects.set(key, object(key));
  bucket.objects.set("reports/tagged.txt", {
    ...object("reports/tagged.txt"),
    tags: [{ key: "team", value: "data" }],
  });
  bucket.objects.set("reports/archived.txt", {
    ...object("reports/archived.txt"),
    headers: { "x-amz-storage-class": "GLACIER" },
  });
  bucket.objects.set("reports/locked.txt", {
    ...object("reports/locked.txt"),
    legalHold: "ON",
    retention: { mode: "GOVERNANCE", retainUntilDate: new Date(Date.now() + 86_400_000) },
  });
}

function object(key: string): StoredObject {
  return {
    key,
    body: Content.of(`content of ${key}`),
    etag: '"d41d8cd98f00b204e9800998ecf8427e"',
    lastModified: new Date("2026-01-01T00:00:00Z"),
    headers: {},
    tags: [],
  };
}

function clientsOf(sandbox: Sandbox, keys: Keys): Clients {
  const settings = {
    ...S3_DEFAULTS,
    endpoint: sandbox.url,
    region: sandbox.region,
    credentials: {
      accessKeyId: keys.AccessKeyId,
      secretAccessKey: keys.SecretAccessKey,
      ...(keys.SessionToken !== undefined && { sessionToken: keys.SessionToken }),
    },
    maxAttempts: 1,
  };
  return {
    s3: new S3({ ...settings, forcePathStyle: true }),
    iam: new IAM(settings),
    sts: new STS(settings),
  };
}

function trust(accountId: string): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${accountId}:root` },
      Action: "sts:AssumeRole",
    }],
  });
}

/** Answers that come only to those who may: the call was allowed, its object or setting isn't there. */
const AFTER_AUTHORIZATION = new Set([
  "AccessControlListNotSupported",
  "BucketNotEmpty",
  "NoSuchBucketPolicy",
  "NoSuchCORSConfiguration",
  "NoSuchTagSet",
  "NoSuchWebsiteConfiguration",
  "NotImplemented",
  "ReplicationConfigurationNotFoundError",
]);

/** Whether a call got past authorization. Any other failure is a mistake of the test. */
export async function outcome(call: Promise<unknown>): Promise<"allowed" | "denied"> {
  try {
    await call;
    return "allowed";
  } catch (error) {
    const { name, Code, $metadata } = error as {
      name: string;
      Code?: string;
      $metadata?: { httpStatusCode?: number };
    };
    if ($metadata?.httpStatusCode === 403) return "denied";
    if (AFTER_AUTHORIZATION.has(Code ?? name)) return "allowed";
    throw error;
  }
}
