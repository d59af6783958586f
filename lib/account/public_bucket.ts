/**
 * Opening a bucket to everyone, and closing it again.
 *
 * @module
 */
import { type Aws, connectionOf } from "../aws/connect.ts";
import { serviceError } from "../aws/service_error.ts";
import { abortable } from "../abortable.ts";
import { messageOf, S3CredentialsError } from "../errors.ts";
import { partitionOfRegion } from "../partitions.ts";
import { publicBucketPolicy } from "../policy/build.ts";
import type { PolicyDocument, PolicyStatement } from "../policy/document.ts";
import type { PublicAccessBlockSettings } from "../policy/public_access.ts";
import { isPublicPolicy } from "../policy/public_policy.ts";
import { getBucketPolicy, setBucketPolicy } from "./bucket_settings.ts";
import {
  accountPublicAccessBlock,
  getPublicAccessBlock,
  setPublicAccessBlock,
} from "./public_access_block.ts";
import { withBucket } from "./s3_calls.ts";

/** What was changed of a bucket. */
export interface PublicAccessChange {
  /** The settings of the public access block that were changed, with their new values. */
  publicAccessBlock: Partial<PublicAccessBlockSettings>;
  /** Statements that were added to the bucket policy. */
  added: PolicyStatement[];
  /** Statements that were removed from the bucket policy. */
  removed: PolicyStatement[];
}

/** Options of {@linkcode makePublic} and {@linkcode makePrivate}. */
export interface PublicAccessOptions {
  /**
   * Whether to find out what has to be changed, and change nothing.
   *
   * @default {false}
   */
  dryRun?: boolean;
  /** Ends the work, which then throws the signal's reason. A change that has begun is completed. */
  signal?: AbortSignal;
}

/** The settings that stand in the way of a public bucket policy. */
const AGAINST_POLICIES = ["BlockPublicPolicy", "RestrictPublicBuckets"] as const;
const ALL_SETTINGS = ["BlockPublicAcls", "IgnorePublicAcls", ...AGAINST_POLICIES] as const;

/**
 * Lets anyone download the objects of a bucket whose keys they know. What stands in the way is changed,
 * and no more: two settings of the bucket's public access block, and one statement of its policy.
 *
 * @param aws the account
 * @param bucket the bucket
 * @param options dry run
 * @returns what was changed, or would be
 * @throws {S3CredentialsError} `conflict`, before any change, if the account's public access block wins, or
 *   if the bucket's holds back statements of the policy that allow anyone more than downloads; otherwise
 *   why a setting could not be changed, after the others were changed back
 *
 * @example A public bucket
 * ```ts
 * import { connect, makePublic } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const { publicAccessBlock, added } = await makePublic(aws, "photos");
 * assert.deepEqual(publicAccessBlock, { BlockPublicPolicy: false, RestrictPublicBuckets: false });
 * assert.equal(added.length, 1);
 * ```
 */
export async function makePublic(
  aws: Aws,
  bucket: string,
  { dryRun = false, signal }: PublicAccessOptions = {},
): Promise<PublicAccessChange> {
  const facts = Promise.all([
    // A caller who may not see the account's block finds out when S3 refuses the policy.
    accountPublicAccessBlock(aws).catch(() => null),
    look(aws, bucket),
    connectionOf(aws).region(),
  ]);
  const [account, { block, policy }, region] = await abortable(facts, signal);
  const winning = AGAINST_POLICIES.filter((setting) => account?.[setting]);
  if (winning.length > 0) {
    throw new S3CredentialsError(
      "conflict",
      `Could not make bucket ${bucket} public: the account's public access block has ${
        winning.join(" and ")
      } on, which wins over the bucket's`,
      { hint: "Only an administrator of the account can change that" },
    );
  }
  const changes = changedSettings(block, AGAINST_POLICIES, false);
  const [statement] =
    publicBucketPolicy(bucket, { partition: partitionOfRegion(region) }).Statement;
  const statements = statementsOf(policy);
  if (changes.RestrictPublicBuckets === false) checkHeldBack(bucket, statements);
  const added = statements.some((one) => grantsTheSame(one, statement!))
    ? []
    : [withOwnSid(statement!, statements)];
  const change = { publicAccessBlock: changes, added, removed: [] };
  if (dryRun) return change;
  await changeBlock(aws, bucket, changes);
  try {
    signal?.throwIfAborted();
    if (added.length > 0) {
      await setBucketPolicy(aws, bucket, {
        ...(policy ?? { Version: "2012-10-17" }),
        Statement: [...statements, ...added],
      } as PolicyDocument);
    }
  } catch (error) {
    await switchOn(aws, bucket, keysOf(changes), error);
    throw error;
  }
  return change;
}

/**
 * Takes a bucket back from the public: removes the public statements of its policy, and switches its
 * public access block on, so that ACLs of objects don't count either and nobody opens it by mistake.
 * The policy's other statements stay.
 *
 * @param aws the account
 * @param bucket the bucket
 * @param options dry run
 * @returns what was changed, or would be
 * @throws {S3CredentialsError} if a setting can't be read or changed
 *
 * @example A bucket that was public
 * ```ts
 * import { connect, getBucketPolicy, makePrivate, makePublic } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await makePublic(aws, "photos");
 * const { removed } = await makePrivate(aws, "photos");
 * assert.equal(removed.length, 1);
 * assert.equal(await getBucketPolicy(aws, "photos"), undefined);
 * ```
 */
export async function makePrivate(
  aws: Aws,
  bucket: string,
  { dryRun = false, signal }: PublicAccessOptions = {},
): Promise<PublicAccessChange> {
  const { block, policy } = await abortable(look(aws, bucket), signal);
  const changes = changedSettings(block, ALL_SETTINGS, true);
  const [removed = [], kept = []] = split(statementsOf(policy), isPublicStatement);
  const change = { publicAccessBlock: changes, added: [], removed };
  if (dryRun) return change;
  // First the block: from then on nobody gets in, whatever becomes of the policy.
  await changeBlock(aws, bucket, changes);
  if (removed.length > 0) {
    if (kept.length > 0) {
      await setBucketPolicy(aws, bucket, { ...policy, Statement: kept } as PolicyDocument);
    } else {
      await withBucket(
        aws,
        bucket,
        "delete the policy",
        (s3) => s3.deleteBucketPolicy({ Bucket: bucket }),
      );
    }
  }
  return change;
}

async function look(aws: Aws, bucket: string) {
  try {
    const [block, policy] = await Promise.all([
      getPublicAccessBlock(aws, bucket),
      getBucketPolicy(aws, bucket),
    ]);
    return { block: block ?? {}, policy };
  } catch (error) {
    throw serviceError(error, `Could not look at bucket ${bucket}`);
  }
}

type Settings = Partial<PublicAccessBlockSettings>;

/** Those of the settings that don't have the value yet. */
function changedSettings(
  block: Settings,
  names: readonly (keyof PublicAccessBlockSettings)[],
  value: boolean,
): Settings {
  const changed = names.filter((name) => (block[name] ?? false) !== value);
  return Object.fromEntries(changed.map((name) => [name, value]));
}

function keysOf(settings: Settings): (keyof PublicAccessBlockSettings)[] {
  return Object.keys(settings) as (keyof PublicAccessBlockSettings)[];
}

async function changeBlock(aws: Aws, bucket: string, settings: Settings): Promise<void> {
  if (Object.keys(settings).length > 0) await setPublicAccessBlock(aws, bucket, settings);
}

/** Changes settings back after an error, which says so if even that fails. */
async function switchOn(
  aws: Aws,
  bucket: string,
  names: (keyof PublicAccessBlockSettings)[],
  error: unknown,
): Promise<void> {
  try {
    await changeBlock(aws, bucket, Object.fromEntries(names.map((name) => [name, true])));
  } catch (problem) {
    throw new S3CredentialsError(
      "partial-failure",
      `${messageOf(error)}. The public access block still has ${names.join(" and ")} off. ${
        messageOf(problem)
      }`,
      { cause: error, hint: `To switch it on again: \`makePrivate\` ${bucket}` },
    );
  }
}

function statementsOf(policy: PolicyDocument | undefined): PolicyStatement[] {
  return [policy?.Statement ?? []].flat();
}

function isPublicStatement(statement: PolicyStatement): boolean {
  return isPublicPolicy({ Version: "2012-10-17", Statement: [statement] });
}

/** What `RestrictPublicBuckets` keeps from anyone would be theirs as soon as it is off. */
function checkHeldBack(bucket: string, statements: PolicyStatement[]): void {
  const held = statements.filter((one) => isPublicStatement(one) && !isDownload(one));
  if (held.length === 0) return;
  throw new S3CredentialsError(
    "conflict",
    `Could not make bucket ${bucket} public: its policy has statements that allow anyone more than ` +
      "downloads, which only its public access block holds back: " +
      held.map((statement) => JSON.stringify(statement)).join(", "),
    { hint: "First remove them from the bucket policy" },
  );
}

function isDownload({ Action = [] }: PolicyStatement): boolean {
  const actions = [Action].flat();
  return actions.length > 0 &&
    actions.every((action) => action.toLowerCase() === "s3:getobject");
}

/** The same grant, perhaps under another name. */
function grantsTheSame(one: PolicyStatement, other: PolicyStatement): boolean {
  const normal = ({ Effect, Principal, Action, Resource, Condition }: PolicyStatement) =>
    JSON.stringify([
      Effect,
      JSON.stringify(Principal) === '{"AWS":"*"}' ? "*" : Principal,
      [Action].flat(),
      [Resource].flat(),
      Condition ?? null,
    ]);
  return normal(one) === normal(other);
}

/** In a policy each Sid stands once. */
function withOwnSid(statement: PolicyStatement, others: PolicyStatement[]): PolicyStatement {
  const taken = new Set(others.map(({ Sid }) => Sid));
  let sid = statement.Sid ?? "";
  for (let number = 2; taken.has(sid); number++) sid = `${statement.Sid}${number}`;
  return { ...statement, Sid: sid };
}

function split<T>(items: T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
