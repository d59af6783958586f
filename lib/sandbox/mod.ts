/**
 * An in-memory AWS for trying out credentials and for tests: IAM, STS and S3 over HTTP on the
 * loopback interface, with signatures verified and policies enforced.
 *
 * @example Prove what a user may do
 * ```ts
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import { S3 } from "@aws-sdk/client-s3";
 *
 * await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
 * const s3 = new S3({
 *   endpoint: sandbox.url,
 *   region: sandbox.region,
 *   credentials: sandbox.credentials,
 *   forcePathStyle: true,
 * });
 * const { Buckets } = await s3.listBuckets();
 * console.log(Buckets?.map((bucket) => bucket.Name)); // [ "my-bucket" ]
 * s3.destroy();
 * ```
 *
 * @module
 */
import type { Account, User } from "./account.ts";
import type { Clock } from "./clock.ts";
import type { SandboxState } from "./dispatch.ts";
import { type Fault, FaultList, type RequestRecord } from "./faults.ts";
import { createAccessKey, createAccount, createBucket, createUser } from "./seed.ts";
import type { PolicyDocument } from "../policy/document.ts";
import { checkPolicy } from "../policy/language/statement.ts";
import { listen } from "./server.ts";
import { restoreAccount, saveAccount } from "./state.ts";
import { type AccountSnapshot, snapshotOf } from "./snapshot.ts";

export type { Partition } from "../partitions.ts";
export type {
  AccessKey,
  Account,
  Bucket,
  BucketEncryption,
  CorsRule,
  DefaultRetention,
  DeleteMarker,
  Federation,
  Grant,
  Group,
  KmsKey,
  LifecycleRule,
  ManagedPolicy,
  MultipartUpload,
  PublicAccessBlock,
  Role,
  Session,
  SessionPolicies,
  StoredObject,
  Tag,
  TemporaryKey,
  UploadedPart,
  User,
  UserSession,
} from "./account.ts";
export type { Clock } from "./clock.ts";
export type { Fault, PermissionDecision, RequestRecord } from "./faults.ts";
export type { Visibility } from "./visibility.ts";
export type { AccountSnapshot, BucketSnapshot, RoleSnapshot, UserSnapshot } from "./snapshot.ts";

/** How a sandbox starts. */
export interface SandboxOptions {
  /** Port on the loopback interface; by default any that is free. */
  port?: number;
  /** Twelve digits; by default `123456789012`. */
  accountId?: string;
  /** Region of the buckets made at the start; by default `us-east-1`. */
  region?: string;
  /** Names of buckets to make at the start. */
  buckets?: string[];
  /** Users to start with, each with a key and this policy, by name. */
  users?: Record<string, PolicyDocument>;
  /** What {@linkcode Sandbox.save} returned; account id and region are those of the state. */
  state?: string;
  /** Milliseconds for which new users, access keys and inline policies are not visible; default 0. */
  visibilityDelayMs?: number;
  /**
   * Value of the condition key `aws:SecureTransport`. It is true by default although the sandbox
   * speaks HTTP, since the same call to AWS itself goes over HTTPS.
   */
  secureTransport?: boolean;
  /** Called with each request once it is clear how it ends. */
  onRequest?: (record: RequestRecord) => void;
}

/** A key of a user of the sandbox. */
export interface SandboxKeys {
  /** Id, such as `AKIA…`. */
  accessKeyId: string;
  /** What requests are signed with. */
  secretAccessKey: string;
}

/** A sandbox that runs. */
export interface Sandbox extends AsyncDisposable {
  /** Endpoint of all three services, such as `http://127.0.0.1:49152`. */
  readonly url: string;
  /** The region given at the start. */
  readonly region: string;
  /** The account as it is now; changes to it take effect at once. */
  readonly account: Account;
  /** The time in the sandbox: of dates, signatures, sessions and conditions. Tests can move it. */
  readonly clock: Clock;
  /** Keys of the user `admin`, to which AdministratorAccess is attached. */
  readonly credentials: SandboxKeys;
  /** Keys of the users given at the start, by name. */
  readonly users: Readonly<Record<string, SandboxKeys>>;
  /** The requests since the start in the order in which they came; of many, the last 9,000 at least. */
  readonly requests: RequestRecord[];
  /** Writes the account as JSON text with all secrets, for {@linkcode SandboxOptions.state}. */
  save(): string;
  /** Makes a later call fail. */
  fail(fault: Fault): void;
  /** Removes all faults. */
  clearFaults(): void;
  /** Writes the account down as JSON data without secrets, for comparison. */
  snapshot(): AccountSnapshot;
  /** Stops the server and closes all connections. */
  close(): Promise<void>;
  /** Does the same as {@linkcode Sandbox.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a sandbox with an administrator and the given buckets.
 *
 * @example A user without policies may list nothing
 * ```ts
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import { IAM } from "@aws-sdk/client-iam";
 * import { S3 } from "@aws-sdk/client-s3";
 *
 * await using sandbox = await startSandbox();
 * const { url: endpoint, region, credentials } = sandbox;
 * const iam = new IAM({ endpoint, region, credentials });
 * await iam.createUser({ UserName: "newcomer" });
 * const { AccessKey } = await iam.createAccessKey({ UserName: "newcomer" });
 * const s3 = new S3({
 *   endpoint,
 *   region,
 *   credentials: {
 *     accessKeyId: AccessKey!.AccessKeyId!,
 *     secretAccessKey: AccessKey!.SecretAccessKey!,
 *   },
 * });
 * await s3.listBuckets().catch((error) => console.log(error.name)); // AccessDenied
 * iam.destroy();
 * s3.destroy();
 * ```
 *
 * @param options Port, account, region and buckets.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const account = options.state === undefined ? newAccount(options) : restoreAccount(options.state);
  const credentials = administratorKeys(account);
  const users = Object.fromEntries(
    Object.entries(options.users ?? {}).map((
      [name, policy],
    ) => [name, addUser(account, name, policy)]),
  );
  account.visibility.delayMs = options.visibilityDelayMs ?? 0;
  for (const name of options.buckets ?? []) {
    if (!account.buckets.has(name)) account.buckets.set(name, createBucket(account, name));
  }
  const closing = new AbortController();
  const state: SandboxState = {
    account,
    requests: [],
    faults: new FaultList(),
    onRequest: options.onRequest,
    secureTransport: options.secureTransport ?? true,
    closing: closing.signal,
  };
  const server = await listen(state, options.port ?? 0);
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => {
    closing.abort();
    return closed ??= server.close();
  };
  return {
    url: `http://127.0.0.1:${server.port}`,
    region: account.region,
    account,
    clock: account.clock,
    credentials,
    users,
    requests: state.requests,
    fail: (fault) => state.faults.add(fault),
    clearFaults: () => state.faults.clear(),
    snapshot: () => snapshotOf(account),
    save: () => saveAccount(account),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function newAccount({ accountId = "123456789012", region = "us-east-1" }: SandboxOptions): Account {
  if (!/^\d{12}$/.test(accountId)) {
    throw new TypeError(`Cannot start sandbox: account id is not 12 digits: ${accountId}`);
  }
  return createAccount(accountId, region);
}

/** Keys of the user `admin`, which is made if it doesn't exist. */
function administratorKeys(account: Account): SandboxKeys {
  const isNew = !account.users.has("admin");
  const admin = userNamed(account, "admin");
  if (isNew) {
    admin.attachedPolicies.add(`arn:${account.partition}:iam::aws:policy/AdministratorAccess`);
  }
  return keysOf(admin);
}

function addUser(account: Account, name: string, policy: PolicyDocument): SandboxKeys {
  checkPolicy(policy, "identity");
  const user = userNamed(account, name);
  user.inlinePolicies.set("sandbox", JSON.stringify(policy));
  return keysOf(user);
}

/** The user of that name, which is made if it doesn't exist. */
function userNamed(account: Account, name: string): User {
  let user = account.users.get(name);
  if (user === undefined) {
    user = createUser(account.id, name, undefined, undefined, account.partition);
    account.users.set(name, user);
  }
  return user;
}

/** An active key of a user, which is made if there is none. */
function keysOf({ accessKeys }: User): SandboxKeys {
  let key = [...accessKeys.values()].find(({ status }) => status === "Active");
  if (key === undefined) accessKeys.set((key = createAccessKey()).accessKeyId, key);
  const { accessKeyId, secretAccessKey } = key;
  return { accessKeyId, secretAccessKey };
}
