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
import { S3CredentialsError } from "../errors.ts";
import { didYouMean, nearest } from "../suggest.ts";
import type { Account, Cloud, User } from "./account.ts";
import { firstAccount } from "./accounts.ts";
import { AWS_OPERATIONS } from "./aws_operations.ts";
import type { Clock } from "./clock.ts";
import type { SandboxState } from "./dispatch.ts";
import { type Fault, FaultList, type RequestRecord } from "./faults.ts";
import { createAccessKey, createAccount, createBucket, createCloud, createUser } from "./seed.ts";
import type { PolicyDocument } from "../policy/document.ts";
import { checkPolicy } from "../policy/language/statement.ts";
import { ROUTES } from "./s3/service.ts";
import { listen } from "./server.ts";
import { restoreCloud, saveCloud } from "./state.ts";
import { type AccountSnapshot, snapshotOf } from "./snapshot.ts";

export type { Partition } from "../partitions.ts";
export type {
  AccessKey,
  Account,
  Bucket,
  BucketEncryption,
  Cloud,
  CorsRule,
  DefaultRetention,
  DeleteMarker,
  Grant,
  Group,
  KmsKey,
  LifecycleRule,
  ManagedPolicy,
  MultipartUpload,
  PublicAccessBlock,
  Role,
  Session,
  StoredObject,
  Tag,
  UploadedPart,
  User,
} from "./account.ts";
export type { Clock } from "./clock.ts";
export { Content } from "./content.ts";
export type { Fault, PermissionDecision, RequestRecord } from "./faults.ts";
export type {
  CredentialStatus,
  InstanceProfile,
  LoginProfile,
  MfaDevice,
  PasswordPolicy,
} from "./iam/entities.ts";
export type { OidcProvider } from "./iam/oidc_provider.ts";
export type {
  Federation,
  SessionAttributes,
  SessionPolicies,
  TemporaryKey,
  UserSession,
  WebIdentity,
} from "./sts/session.ts";
export type { Visibility } from "./visibility.ts";
export type { XmlElement } from "./xml.ts";
export type {
  AccountSnapshot,
  BucketSnapshot,
  OidcProviderSnapshot,
  RoleSnapshot,
  UserSnapshot,
} from "./snapshot.ts";

/** What an account starts with. */
export interface AccountOptions {
  /** Names of buckets to make at the start. */
  buckets?: string[];
  /** Users to start with, each with a key and this policy, by name. */
  users?: Record<string, PolicyDocument>;
}

/** How a sandbox starts, and its first account. */
export interface SandboxOptions extends AccountOptions {
  /** Port on the loopback interface; by default any that is free. */
  port?: number;
  /** Twelve digits; by default `123456789012`. */
  accountId?: string;
  /** Further accounts by their ids; those that the state has already are kept. */
  accounts?: Record<string, AccountOptions>;
  /** Region of the buckets made at the start; by default `us-east-1`. */
  region?: string;
  /** What {@linkcode Sandbox.save} returned; the first account and the region are those of the state. */
  state?: string;
  /**
   * Makes new buckets as S3 did before April 2023: with ACLs and without a public access block, for
   * programs that expect that and for trying out what may happen to old buckets; default false.
   */
  openBuckets?: boolean;
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

/** An account of a sandbox. */
export interface SandboxAccount {
  /** The account as it is now; changes to it take effect at once. */
  readonly account: Account;
  /** Keys of its user `admin`, to which AdministratorAccess is attached. */
  readonly credentials: SandboxKeys;
  /** Keys of the users given at the start, by name. */
  readonly users: Readonly<Record<string, SandboxKeys>>;
  /** Writes the account down as JSON data without secrets, for comparison. */
  snapshot(): AccountSnapshot;
}

/** A sandbox that runs, and its first account. */
export interface Sandbox extends SandboxAccount, AsyncDisposable {
  /** Endpoint of all three services, such as `http://127.0.0.1:49152`. */
  readonly url: string;
  /** The region given at the start. */
  readonly region: string;
  /** All accounts by their ids, in the order in which they were made. */
  readonly accounts: Readonly<Record<string, SandboxAccount>>;
  /** The time in the sandbox: of dates, signatures, sessions and conditions. Tests can move it. */
  readonly clock: Clock;
  /** The requests since the start in the order in which they came; of many, the last 9,000 at least. */
  readonly requests: RequestRecord[];
  /** Writes the accounts as JSON text with all secrets, for {@linkcode SandboxOptions.state}. */
  save(): string;
  /** Makes a later call fail. Throws {@linkcode S3CredentialsError} for an operation that AWS doesn't have. */
  fail(fault: Fault): void;
  /** Removes all faults. */
  clearFaults(): void;
  /** Stops the server and closes all connections. */
  close(): Promise<void>;
  /** Does the same as {@linkcode Sandbox.close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a sandbox: each of its accounts has an administrator and the given buckets and users.
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
 * @example A bucket of another account, which both sides must open
 * ```ts
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import { S3 } from "@aws-sdk/client-s3";
 *
 * await using sandbox = await startSandbox({
 *   accounts: { "444455556666": { buckets: ["theirs"] } },
 * });
 * const { url: endpoint, region, credentials } = sandbox;
 * const s3 = new S3({ endpoint, region, credentials, forcePathStyle: true });
 * await s3.listObjectsV2({ Bucket: "theirs" }).catch(({ name }) => console.log(name)); // AccessDenied
 * sandbox.account.buckets.get("theirs")!.policy = JSON.stringify({
 *   Version: "2012-10-17",
 *   Statement: {
 *     Effect: "Allow",
 *     Principal: { AWS: sandbox.account.id },
 *     Action: "s3:ListBucket",
 *     Resource: "arn:aws:s3:::theirs",
 *   },
 * });
 * await s3.listObjectsV2({ Bucket: "theirs" });
 * s3.destroy();
 * ```
 *
 * @param options port, region, accounts and what they start with
 * @returns the running sandbox, to be declared with `await using` or closed with `close`
 * @throws {Error} if the port is taken, or if an account, a policy or a saved state makes no sense
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { state: saved, openBuckets = false } = options;
  const cloud = saved === undefined ? newCloud(options) : restoreCloud(saved, openBuckets);
  for (const id of Object.keys(options.accounts ?? {})) addAccount(id, cloud);
  const { id: firstId } = firstAccount(cloud);
  const accounts = Object.fromEntries(
    [...cloud.accounts].map(([id, account]) => [
      id,
      startAccount(account, ...(id === firstId ? [options] : []), options.accounts?.[id] ?? {}),
    ]),
  );
  cloud.visibility.delayMs = options.visibilityDelayMs ?? 0;
  const closing = new AbortController();
  const state: SandboxState = {
    cloud,
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
    ...accounts[firstId]!,
    url: `http://127.0.0.1:${server.port}`,
    region: cloud.region,
    accounts,
    clock: cloud.clock,
    requests: state.requests,
    fail(fault) {
      checkOperation(fault.operation);
      state.faults.add(fault);
    },
    clearFaults: () => state.faults.clear(),
    save: () => saveCloud(cloud),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function newCloud(
  { accountId = "123456789012", region = "us-east-1", openBuckets = false }: SandboxOptions,
): Cloud {
  const cloud = createCloud(region, openBuckets);
  addAccount(accountId, cloud);
  return cloud;
}

/** Adds an account, unless it is there already. */
function addAccount(id: string, cloud: Cloud): void {
  if (!/^\d{12}$/.test(id)) {
    throw new TypeError(`Cannot start sandbox: account id is not 12 digits: ${id}`);
  }
  if (!cloud.accounts.has(id)) createAccount(id, cloud);
}

function startAccount(account: Account, ...options: AccountOptions[]): SandboxAccount {
  for (const name of options.flatMap(({ buckets = [] }) => buckets)) addBucket(account, name);
  const users = options.flatMap(({ users = {} }) => Object.entries(users));
  return {
    account,
    credentials: administratorKeys(account),
    users: Object.fromEntries(
      users.map(([name, policy]) => [name, addUser(account, name, policy)]),
    ),
    snapshot: () => snapshotOf(account),
  };
}

/** Makes a bucket, unless the account has it already. */
function addBucket(account: Account, name: string): void {
  const owner = account.buckets.get(name)?.ownerAccountId;
  if (owner === undefined) account.buckets.set(name, createBucket(account, name));
  else if (owner !== account.id) {
    throw new S3CredentialsError("conflict", `Bucket ${name} belongs to account ${owner}`, {
      hint: "Choose another name: no two buckets can have the same one",
    });
  }
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
  checkUserName(account, name);
  const user = userNamed(account, name);
  user.inlinePolicies.set("sandbox", JSON.stringify(policy));
  return keysOf(user);
}

/** Refuses the administrator, who may do more than a policy says, and what IAM has for one name. */
function checkUserName(account: Account, name: string): void {
  const taken = ["admin", ...account.users.keys()].find((other) =>
    other.toLowerCase() === name.toLowerCase() && (other !== name || other === "admin")
  );
  if (taken === undefined) return;
  const reason = taken === "admin" ? "that is the administrator" : `there is a user ${taken}`;
  throw new S3CredentialsError("usage", `Invalid user name ${name}: ${reason}`, {
    hint: "Choose another name",
  });
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

/** Throws for a name that no operation has: a test with such a fault would pass whatever is tested. */
function checkOperation(name: string): void {
  const names = [
    ...ROUTES.map((route) => route.name),
    ...Object.values(AWS_OPERATIONS).flatMap((bySubject) => Object.values(bySubject).flat()),
  ];
  if (name === "*" || names.includes(name)) return;
  throw new S3CredentialsError(
    "usage",
    `Cannot make ${name} fail: no operation has that name${didYouMean(nearest(name, names))}`,
  );
}
