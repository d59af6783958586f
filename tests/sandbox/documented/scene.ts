/** Plays a case from AWS's documentation: sets the scene through the API, sends the request. */
import { IAM } from "@aws-sdk/client-iam";
import { S3 } from "@aws-sdk/client-s3";
import { STS } from "@aws-sdk/client-sts";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import assert from "node:assert/strict";
import { type AccountSnapshot, type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { createAccessKey, createBucket, createUser } from "../../../lib/sandbox/seed.ts";
import {
  ACCOUNT_ARN,
  BUCKET,
  CANONICAL_ID,
  type Case,
  type Clients,
  KEYS,
  NEIGHBOUR,
  PARTNER,
  type Policy,
  ROLE,
  ROLE_ARN,
  type Scene,
  SESSION,
  TAGGED_KEY,
  USER,
  type Verdict,
} from "./harness.ts";
import { S3_DEFAULTS } from "../../support/sdk.ts";
import { trust } from "../helpers.ts";
import { fill } from "../s3/helpers.ts";

type Keys = Sandbox["credentials"] & { sessionToken?: string };

/** Where cases are played one after the other, each as if nothing had been before it. */
export interface Stage extends AsyncDisposable {
  /** What became of a request, in the words of the table. */
  play(one: Case): Promise<Verdict>;
}

/** An account with its administrator's clients. */
interface Place {
  sandbox: Sandbox;
  /** The connections that all clients share. */
  requestHandler: NodeHttpHandler;
  admin: Clients;
  /** The account as it was before any case. */
  pristine: AccountSnapshot;
}

/** Opens a stage: an account, and another one as soon as a case is about requests without TLS. */
export function openStage(): Stage {
  const places = new Map<boolean, Promise<Place>>();
  return {
    async play({ request, ...scene }) {
      const secureTransport = !scene.insecure;
      if (!places.has(secureTransport)) places.set(secureTransport, openPlace(secureTransport));
      const place = await places.get(secureTransport)!;
      const { sandbox, admin, pristine } = place;
      reset(sandbox);
      assert.deepEqual(sandbox.snapshot(), pristine);
      const caller = clientsOf(place, await setUp(sandbox, admin, scene));
      const prepared = await scene.prepare?.(admin) ?? "";
      return await verdictOf(request(caller, prepared));
    },
    async [Symbol.asyncDispose]() {
      for (const { sandbox, requestHandler } of await Promise.all(places.values())) {
        requestHandler.destroy();
        await sandbox.close();
      }
    },
  };
}

async function openPlace(secureTransport: boolean): Promise<Place> {
  const sandbox = await startSandbox({ buckets: [BUCKET, NEIGHBOUR], secureTransport });
  const requestHandler = new NodeHttpHandler();
  const admin = clientsOf({ sandbox, requestHandler }, sandbox.credentials);
  return { sandbox, requestHandler, admin, pristine: sandbox.snapshot() };
}

/** Removes what cases make: all but the administrator, AWS's own policies and two empty buckets. */
function reset({ account, credentials }: Sandbox): void {
  keepOnly(account.users, (name) => name === "admin");
  keepOnly(account.users.get("admin")!.accessKeys, (id) => id === credentials.accessKeyId);
  keepOnly(account.policies, (arn) => arn.startsWith("arn:aws:iam::aws:"));
  account.roles.clear();
  account.sessions.clear();
  account.buckets.clear();
  for (const name of [BUCKET, NEIGHBOUR]) account.buckets.set(name, createBucket(account, name));
}

function keepOnly(entities: Map<string, unknown>, isKept: (name: string) => boolean): void {
  for (const name of [...entities.keys()]) if (!isKept(name)) entities.delete(name);
}

/** Each client is made when it is used first: most cases use one, and to make it takes longest. */
function clientsOf(
  { sandbox, requestHandler }: Pick<Place, "sandbox" | "requestHandler">,
  keys: Keys | undefined,
): Clients {
  const settings = {
    ...S3_DEFAULTS,
    endpoint: sandbox.url,
    region: sandbox.region,
    credentials: keys ?? { accessKeyId: "none", secretAccessKey: "none" },
    maxAttempts: 1,
    requestHandler,
    ...(keys === undefined && { signer: { sign: <T>(unsigned: T) => Promise.resolve(unsigned) } }),
  };
  let s3: S3 | undefined;
  let iam: IAM | undefined;
  let sts: STS | undefined;
  return {
    get s3() {
      return s3 ??= new S3({ ...settings, forcePathStyle: true });
    },
    get iam() {
      return iam ??= new IAM(settings);
    },
    get sts() {
      return sts ??= new STS(settings);
    },
  };
}

/**
 * All that decides a request goes through the API, but for what one account can't do: own another
 * account's bucket.
 */
async function setUp(sandbox: Sandbox, admin: Clients, scene: Scene): Promise<Keys | undefined> {
  for (const name of [BUCKET, NEIGHBOUR]) {
    const bucket = sandbox.account.buckets.get(name)!;
    fill(bucket, KEYS);
    bucket.objects.get(TAGGED_KEY)!.tags = [{ key: "environment", value: "production" }];
  }
  const boundary = scene.boundary && await managedPolicy(admin, scene.boundary);
  const keys = scene.role
    ? await assumeRole(admin, scene, boundary)
    : await addUser(sandbox, admin, scene, boundary);
  await setBucketUp(admin, scene);
  if (scene.partnerOwned) sandbox.account.buckets.get(BUCKET)!.ownerAccountId = PARTNER;
  return scene.anonymous ? undefined : keys;
}

async function addUser(
  { account, clock }: Sandbox,
  { iam }: Clients,
  scene: Scene,
  boundary?: string,
): Promise<Keys> {
  const Tags = scene.tags?.map((tag) => {
    const [Key = "", Value = ""] = tag.split("=");
    return { Key, Value };
  });
  if (Tags || boundary) {
    await iam.createUser({ UserName: USER, Tags, PermissionsBoundary: boundary });
  } else {
    account.users.set(USER, createUser(account.id, USER, "/", clock.now()));
  }
  if (scene.user) {
    const PolicyDocument = textOf(scene.user);
    await iam.putUserPolicy({ UserName: USER, PolicyName: "own", PolicyDocument });
  }
  const keys = createAccessKey(clock.now());
  account.users.get(USER)!.accessKeys.set(keys.accessKeyId, keys);
  return keys;
}

async function assumeRole({ iam, sts }: Clients, scene: Scene, boundary?: string): Promise<Keys> {
  await iam.createRole({
    RoleName: ROLE,
    AssumeRolePolicyDocument: trust(ACCOUNT_ARN),
    PermissionsBoundary: boundary,
  });
  const PolicyDocument = textOf(scene.role!);
  await iam.putRolePolicy({ RoleName: ROLE, PolicyName: "own", PolicyDocument });
  const { Credentials } = await sts.assumeRole({
    RoleArn: ROLE_ARN,
    RoleSessionName: SESSION,
    Policy: scene.session && textOf(scene.session),
  });
  return {
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  };
}

async function setBucketUp({ s3 }: Clients, scene: Scene): Promise<void> {
  if (scene.open) await s3.deletePublicAccessBlock({ Bucket: BUCKET });
  if (scene.bucket) {
    const text = textOf(scene.bucket);
    const owner = text.includes(CANONICAL_ID) ? (await s3.listBuckets({})).Owner!.ID! : "";
    await s3.putBucketPolicy({ Bucket: BUCKET, Policy: text.replaceAll(CANONICAL_ID, owner) });
  }
  if (scene.restrictPublicBuckets) {
    const PublicAccessBlockConfiguration = { RestrictPublicBuckets: true };
    await s3.putPublicAccessBlock({ Bucket: BUCKET, PublicAccessBlockConfiguration });
  }
}

async function managedPolicy({ iam }: Clients, policy: Policy): Promise<string> {
  const PolicyDocument = textOf(policy);
  const { Policy } = await iam.createPolicy({ PolicyName: "boundary", PolicyDocument });
  return Policy!.Arn!;
}

function textOf(policy: Policy): string {
  return JSON.stringify(
    Array.isArray(policy) ? { Version: "2012-10-17", Statement: policy } : policy,
  );
}

/** Reads the answer. Anything but a refusal or a missing key is a mistake of the case. */
async function verdictOf(call: Promise<unknown>): Promise<Verdict> {
  try {
    await call;
    return "allowed";
  } catch (error) {
    const { name, Code, message, $metadata } = error as Error & {
      Code?: string;
      $metadata?: { httpStatusCode?: number };
    };
    const code = Code ?? name;
    const status = $metadata?.httpStatusCode;
    if (status === 404 && ["NoSuchKey", "NotFound"].includes(code)) return "404 NoSuchKey";
    // HEAD is answered without a body, so that the client knows no more than the status.
    if (status === 403 && ["AccessDenied", "Unknown"].includes(code)) return reasonOf(message);
    throw error;
  }
}

/** AWS's message says which kind of policy denies, or which is silent. */
function reasonOf(message: string): Verdict {
  const explicit = /with an explicit deny in (an? [a-z -]+)$/.exec(message)?.[1];
  if (explicit !== undefined) return `with an explicit deny in ${explicit}` as Verdict;
  const silent = /because no ([a-z -]+) allows the \S+ action$/.exec(message)?.[1];
  return silent === undefined ? "denied" : `because no ${silent} allows it` as Verdict;
}
