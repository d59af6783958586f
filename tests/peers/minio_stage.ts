/**
 * The stage of the proof of least privilege, set up on MinIO: the same buckets and objects as in the
 * sandbox.
 *
 * @module
 */
import { IAM } from "@aws-sdk/client-iam";
import { type ObjectVersion, S3 } from "@aws-sdk/client-s3";
import { STS } from "@aws-sdk/client-sts";
import { BUCKET, type Clients, type Keys, OTHER_BUCKET, outcome } from "../proof/stage.ts";
import { type Minio, startMinio } from "./minio.ts";

const BUCKETS = [BUCKET, OTHER_BUCKET];
/** As in the sandbox, but for the key `reports`, which MinIO can't well keep beside `reports/`. */
const KEYS = [
  "reports/kept.txt",
  "reports/2026/january.txt",
  "reports/",
  "reports-old/kept.txt",
  "Reports/kept.txt",
  "archive/reports/kept.txt",
  "secret.txt",
];

/** MinIO's answers that come only to those who may: the setting isn't there, or isn't offered. */
const AFTER_AUTHORIZATION = new Set([
  "InvalidObjectState",
  "MalformedPolicy",
  "NoSuchBucketPolicy",
  "NoSuchKey",
  "NoSuchLifecycleConfiguration",
  "NoSuchVersion",
  "ReplicationConfigurationNotFoundError",
  "ServerSideEncryptionConfigurationNotFoundError",
  "XMinioAdminRemoteArnInvalid",
]);

/** What came of an attempt; the code where MinIO knows no such call. */
export type Verdict = "allowed" | "denied" | `unknown: ${string}`;

/** MinIO with the furniture of the proof. */
export interface MinioStage {
  minio: Minio;
  /** A user who may do all that S3 offers. */
  owner: Clients;
  clientsFor(keys: Keys): Clients;
  /** Brings the buckets back to what they were. */
  reset(): Promise<void>;
  /** All objects and versions, by what would change with their content. */
  state(): Promise<unknown>;
  close(): Promise<void>;
}

/** Starts MinIO and furnishes it. */
export async function openMinioStage(): Promise<MinioStage> {
  const minio = await startMinio();
  const open: Clients[] = [];
  const clientsFor = (keys: Keys): Clients => {
    const clients = clientsOf(minio.url, keys);
    open.push(clients);
    return clients;
  };
  const owner = clientsFor(named(minio.user));
  const { s3 } = clientsFor(named(minio.root));
  await furnish(s3);
  return {
    minio,
    owner,
    clientsFor,
    async reset() {
      await empty(s3);
      await furnish(s3);
    },
    state: () => stateOf(s3),
    async close() {
      for (const { s3, iam, sts } of open) [s3, iam, sts].forEach((client) => client.destroy());
      await minio.stop();
    },
  };
}

const named = (keys: { accessKeyId: string; secretAccessKey: string }): Keys => ({
  AccessKeyId: keys.accessKeyId,
  SecretAccessKey: keys.secretAccessKey,
});

function clientsOf(endpoint: string, keys: Keys): Clients {
  const settings = {
    endpoint,
    region: "us-east-1",
    credentials: {
      accessKeyId: keys.AccessKeyId,
      secretAccessKey: keys.SecretAccessKey,
      ...(keys.SessionToken !== undefined && { sessionToken: keys.SessionToken }),
    },
    maxAttempts: 3,
  };
  return {
    s3: new S3({ ...settings, forcePathStyle: true }),
    iam: new IAM(settings),
    sts: new STS(settings),
  };
}

async function furnish(s3: S3): Promise<void> {
  for (const Bucket of BUCKETS) {
    await s3.createBucket({ Bucket, ObjectLockEnabledForBucket: true });
    const put = (Key: string, more = {}) =>
      s3.putObject({ Bucket, Key, Body: `content of ${Key}`, ...more });
    await Promise.all([
      ...KEYS.map((key) => put(key)),
      put("reports/tagged.txt", { Tagging: "team=data" }),
      put("reports/locked.txt", {
        ObjectLockLegalHoldStatus: "ON",
        ObjectLockMode: "GOVERNANCE",
        ObjectLockRetainUntilDate: new Date(Date.now() + 86_400_000),
      }),
    ]);
  }
}

async function empty(s3: S3): Promise<void> {
  const { Buckets = [] } = await s3.listBuckets();
  for (const { Name: Bucket } of Buckets) {
    // MinIO's list leaves out what is below `reports/` while there is an object `reports`.
    for (let pass = 0; await emptyOnce(s3, Bucket!); pass++) {
      if (pass === 4) throw new Error(`${Bucket} does not get empty`);
    }
    await s3.deleteBucket({ Bucket });
  }
}

async function emptyOnce(s3: S3, Bucket: string): Promise<boolean> {
  const versions = await versionsOf(s3, Bucket);
  await Promise.all(
    versions.filter(({ Key }) => LOCKABLE.has(Key!)).map((version) => {
      const { Key, VersionId } = version;
      // A delete marker has no hold, and says so by an error.
      return s3.putObjectLegalHold({ Bucket, Key, VersionId, LegalHold: { Status: "OFF" } })
        .catch(() => {});
    }),
  );
  if (versions.length === 0) return false;
  const Objects = versions.map(({ Key, VersionId }) => ({ Key, VersionId }));
  await s3.deleteObjects({ Bucket, Delete: { Objects }, BypassGovernanceRetention: true });
  return true;
}

const LOCKABLE = new Set(["reports/locked.txt", "reports/new.txt"]);

async function versionsOf(s3: S3, Bucket: string): Promise<ObjectVersion[]> {
  const { Versions = [], DeleteMarkers = [] } = await s3.listObjectVersions({ Bucket });
  return [...Versions, ...DeleteMarkers];
}

async function stateOf(s3: S3): Promise<unknown> {
  const { Buckets = [] } = await s3.listBuckets();
  const names = Buckets.map(({ Name }) => Name!);
  return await Promise.all(names.map(async (name) => [name, await versionsOf(s3, name)]));
}

/** Whether a call got past MinIO's authorization. */
export async function minioOutcome(call: Promise<unknown>): Promise<Verdict> {
  let code = "";
  const noted = call.catch((error) => {
    code = error.Code ?? error.name;
    throw error;
  });
  try {
    const verdict = await outcome(noted);
    return code === "NotImplemented"
      ? "unknown: NotImplemented"
      : isPast(code)
      ? "allowed"
      : verdict;
  } catch {
    return isPast(code) ? "allowed" : `unknown: ${code}`;
  }
}

const isPast = (code: string) => AFTER_AUTHORIZATION.has(code);
