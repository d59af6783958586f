/**
 * What is granted: which actions, on which keys of which bucket, and the policy that says so.
 *
 * @module
 */
import { InvalidInput } from "../errors.ts";
import { checkOptionNames } from "../known_options.ts";
import { checkBucketName } from "../names.ts";
import type { Partition } from "../partitions.ts";
import type { PolicyDocument, PolicyStatement } from "./document.ts";
import { packPolicy } from "./pack.ts";
import { checkKey, prefixList, prefixPattern, prefixWarnings } from "./prefix.ts";

/** What credentials may do with the objects of a bucket. */
export type Permission = "read-write" | "read-only" | "write-only";

/** The actions of a grant. */
export interface GrantActions {
  /** What names of users and policies say of them, such as `read-only`, `list+get` or `restic`. */
  name: string;
  /** The preset that they are from, such as `litestream:restore`. */
  preset?: string;
  /** Actions on the bucket itself, such as `s3:ListBucket`. */
  bucket: readonly string[];
  /** Actions on its objects, such as `s3:GetObject`. */
  keys: readonly string[];
  /** Actions on the bucket that show all of its keys, and go with a grant on all of them only. */
  allKeys?: readonly string[];
  /**
   * What may be listed if the grant has a prefix: the keys that start with it, the directories above it
   * too, or the whole bucket.
   *
   * @default {"prefix"}
   */
  listing?: "prefix" | "prefix-and-parents" | "whole-bucket";
}

/** Some actions on one bucket: on all of its keys, on those that start with a prefix, or on one. */
export interface Grant {
  /** The bucket's name. */
  bucket: string;
  /** Only keys that start with this. */
  prefix?: string;
  /** This one key only, in place of a prefix. */
  key?: string;
  /** What may be done, as {@linkcode grantActions} says it. */
  actions: GrantActions;
}

const LIST = ["s3:ListBucket", "s3:GetBucketLocation"];
const READ = [
  "s3:GetObject",
  "s3:GetObjectAcl",
  "s3:GetObjectLegalHold",
  "s3:GetObjectRetention",
  "s3:GetObjectTagging",
];

const WORDS: Readonly<Record<string, GrantActions>> = {
  "read": { name: "read-only", bucket: LIST, keys: READ },
  "write": { name: "write-only", bucket: [], keys: ["s3:PutObject"] },
  "read-write": {
    name: "read-write",
    bucket: LIST,
    keys: [...READ, "s3:PutObject", "s3:DeleteObject"],
  },
};

/** No condition can limit it to a prefix. */
const LIST_UPLOADS = "s3:ListBucketMultipartUploads";

/** What may be joined by `+`. */
const VERBS: Readonly<Record<string, Pick<GrantActions, "bucket" | "keys" | "allKeys">>> = {
  list: { bucket: LIST, keys: [] },
  get: { bucket: [], keys: ["s3:GetObject"] },
  put: { bucket: [], keys: ["s3:PutObject"] },
  delete: { bucket: [], keys: ["s3:DeleteObject"] },
  acl: { bucket: [], keys: ["s3:GetObjectAcl", "s3:PutObjectAcl"] },
  tag: {
    bucket: [],
    keys: ["s3:GetObjectTagging", "s3:PutObjectTagging", "s3:DeleteObjectTagging"],
  },
  versions: { bucket: ["s3:ListBucketVersions"], keys: ["s3:GetObjectVersion"] },
  multipart: {
    bucket: [],
    keys: ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
    allKeys: [LIST_UPLOADS],
  },
};

/** The actions whose requests name the prefix that they list. */
const LISTINGS = ["s3:ListBucket", "s3:ListBucketVersions"];

/**
 * The actions that verbs stand for: `read`, `write` or `read-write`, or some of `list`, `get`, `put`,
 * `delete`, `acl`, `tag`, `versions`, `multipart`, joined by `+`.
 *
 * @param verbs the verbs, such as `list+get`
 * @returns the actions
 * @throws {RangeError} if there is no such verb
 *
 * @example Reading without tags and ACLs
 * ```ts
 * import { grantActions } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(grantActions("get").keys, ["s3:GetObject"]);
 * ```
 */
export function grantActions(verbs: string): GrantActions {
  if (Object.hasOwn(WORDS, verbs)) return WORDS[verbs]!;
  const names = [...new Set(verbs.split("+"))];
  const unknown = names.find((name) => !Object.hasOwn(VERBS, name));
  if (unknown !== undefined) {
    const words = Object.keys(WORDS).join(", ");
    const problem = Object.hasOwn(WORDS, unknown)
      ? `Verb ${JSON.stringify(unknown)} can't be joined to others`
      : `Unknown verb ${JSON.stringify(unknown)}`;
    throw new InvalidInput(
      `${problem}: expected one of ${words} alone, or some of ${Object.keys(VERBS).join(", ")} ` +
        "joined by +, such as list+get",
    );
  }
  // In the order of the table, so that the same grant always has the same name.
  const found = Object.keys(VERBS).filter((name) => names.includes(name));
  return {
    name: found.join("+"),
    bucket: found.flatMap((name) => VERBS[name]!.bucket),
    keys: found.flatMap((name) => VERBS[name]!.keys),
    allKeys: found.flatMap((name) => VERBS[name]!.allKeys ?? []),
  };
}

/**
 * Reads a grant such as `photos/2026/:read`, `photos/index.html:get+put` or `photos:read-write`: with a
 * slash at the end of the path all keys below it, without one this one key, without a path all keys.
 *
 * @param text bucket, path and verbs
 * @returns the grant
 * @throws {RangeError} if it has another form, or the path would match more than itself in a policy
 *
 * @example One directory
 * ```ts
 * import { parseGrant } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * const { bucket, prefix, actions } = parseGrant("photos/2026/:put");
 * assert.deepEqual({ bucket, prefix }, { bucket: "photos", prefix: "2026/" });
 * assert.deepEqual(actions.keys, ["s3:PutObject"]);
 * ```
 */
export function parseGrant(text: string): Grant {
  const [, bucket, path, verbs] = /^([^/:]*)(?:\/(.*))?:([^:/]*)$/s.exec(text) ?? [];
  if (bucket === undefined || verbs === undefined) {
    throw new InvalidInput(
      `expected BUCKET:VERBS, BUCKET/DIRECTORY/:VERBS or BUCKET/KEY:VERBS, such as photos/2026/:read, ` +
        `not ${JSON.stringify(text)}`,
    );
  }
  const grant: Grant = { bucket, ...scopeOf(path), actions: grantActions(verbs) };
  checkGrant(grant);
  return grant;
}

function scopeOf(path: string | undefined): Pick<Grant, "prefix" | "key"> {
  if (path === undefined || path === "") return {};
  return /[/*]$/.test(path) ? { prefix: path } : { key: path };
}

/** Throws `InvalidInput` unless a grant is for the keys that it names and for nothing else. */
export function checkGrant({ bucket, prefix, key, actions }: Grant): void {
  checkGrantable(bucket);
  if (prefix !== undefined && key !== undefined) {
    throw new InvalidInput("A grant is for a prefix or for one key, not for both");
  }
  if (prefix !== undefined) prefixPattern(prefix);
  if (key !== undefined) checkKey(key);
  const all = [...actions.bucket, ...actions.keys, ...actions.allKeys ?? []];
  for (const action of all) {
    if (!/^s3:[A-Za-z]+$/.test(action)) {
      throw new InvalidInput(`Invalid action ${JSON.stringify(action)}: expected one of S3`);
    }
  }
  if (key !== undefined && actions.keys.length === 0) {
    throw new InvalidInput(
      `${actions.name} is nothing that can be done with one key: a listing shows all keys that start ` +
        "with it. Name a directory, with a slash at its end",
    );
  }
}

/** Names that requests take in place of a bucket's, with what a policy has to name instead. */
const OTHER_RESOURCES: [suffix: RegExp, what: string, instead: string][] = [
  [
    /--x-s3$/,
    "a directory bucket",
    "s3express:CreateSession on arn:aws:s3express:REGION:ACCOUNT:bucket/NAME",
  ],
  [
    /-s3alias$/,
    "the alias of an access point",
    "the actions on arn:aws:s3:REGION:ACCOUNT:accesspoint/NAME and its /object/*, or on the bucket " +
    "with the condition s3:DataAccessPointArn",
  ],
  [
    /--ol-s3$/,
    "the alias of an Object Lambda access point",
    "the actions of s3-object-lambda on its ARN",
  ],
  [/\.mrap$/, "a multi-region access point", "the actions on arn:aws:s3::ACCOUNT:accesspoint/NAME"],
  [/--table-s3$/, "a table bucket", "the actions of s3tables on its ARN"],
];

/** Throws `InvalidInput` for a name whose ARN as an ordinary bucket would grant nothing. */
export function checkGrantable(bucket: string): void {
  checkBucketName(bucket);
  const [, what, instead] = OTHER_RESOURCES.find(([suffix]) => suffix.test(bucket)) ?? [];
  if (what === undefined) return;
  throw new InvalidInput(
    `Cannot grant access to ${bucket}: it is ${what}, where arn:aws:s3:::${bucket} grants nothing. ` +
      `Write a policy of your own that allows ${instead}`,
  );
}

const PERMISSIONS: readonly string[] = ["read-only", "write-only", "read-write"];

/** Throws `InvalidInput` unless it is one of the three permissions. */
export function checkPermission(permission: string): void {
  if (!PERMISSIONS.includes(permission)) {
    throw new InvalidInput(
      `Invalid permission ${JSON.stringify(permission)}: expected ${PERMISSIONS.join(", ")}`,
    );
  }
}

/** What is granted on buckets where nothing else is named than a permission and prefixes. */
export interface PermissionOptions {
  /**
   * What may be done.
   *
   * @default {"read-write"}
   */
  permission?: Permission;
  /** Only keys that start with this, or with one of these; all keys if omitted. */
  prefix?: string | readonly string[];
  /**
   * Whether `read-write` goes without deleting.
   *
   * @default {false}
   */
  noDelete?: boolean;
}

/** The grants that are named, else those of a permission on each of some buckets. */
export function grantsOf(
  { buckets = [], grants, ...options }: PermissionOptions & {
    buckets?: readonly string[];
    grants?: readonly Grant[];
  },
): readonly Grant[] {
  return grants ?? bucketGrants(buckets, options);
}

/** The buckets that are named, or that grants are about, each once. */
export function bucketsOf(
  { buckets = [], grants }: { buckets?: readonly string[]; grants?: readonly Grant[] },
): string[] {
  return [...new Set(grants?.map(({ bucket }) => bucket) ?? buckets)];
}

/** The grants of the same permission on each of some buckets. */
export function bucketGrants(buckets: readonly string[], options: PermissionOptions): Grant[] {
  const { permission = "read-write", noDelete = false } = options;
  checkPermission(permission);
  return sameGrants(buckets, options.prefix, permissionActions(permission, noDelete));
}

/** The same actions on each of some buckets, under each prefix if there is any. */
export function sameGrants(
  buckets: readonly string[],
  prefix: PermissionOptions["prefix"],
  actions: GrantActions,
): Grant[] {
  if (!Array.isArray(buckets)) throw new InvalidInput("Invalid buckets: expected a list of names");
  const prefixes = prefixList(prefix);
  return buckets.flatMap((bucket): Grant[] =>
    prefixes.length === 0
      ? [{ bucket, actions }]
      : prefixes.map((prefix) => ({ bucket, prefix, actions }))
  );
}

function permissionActions(permission: Permission, noDelete: boolean): GrantActions {
  const actions = Object.values(WORDS).find(({ name }) => name === permission)!;
  if (!noDelete) return actions;
  if (permission !== "read-write") {
    throw new InvalidInput(`noDelete has no effect with ${permission}, which never deletes`);
  }
  return {
    ...actions,
    name: "read-write-no-delete",
    keys: actions.keys.filter((action) => action !== "s3:DeleteObject"),
  };
}

/** The keys of a grant, as a resource of a policy names them. */
function keyPattern({ prefix, key }: Pick<Grant, "prefix" | "key">): string {
  return key ?? (prefix === undefined ? "*" : prefixPattern(prefix));
}

/** What may surprise in the prefixes and keys of grants, a sentence each. */
export function scopeWarnings(grants: readonly Grant[]): string[] {
  const warnings = grants.flatMap((grant) => {
    const { prefix, key } = grant;
    if (prefix !== undefined) return [...prefixWarnings(prefix), ...listingWarnings(grant)];
    return key?.startsWith("/") ? [`Key starts with /: S3 keys rarely do, such as "${key}"`] : [];
  });
  return [...new Set(warnings)];
}

/** The names of keys that can be seen although they are beside the prefix. */
function listingWarnings(grant: Grant): string[] {
  const { bucket, actions: { name } } = grant;
  if (keyPattern(grant) === "*") return [];
  const { whole } = bucketActions(grant);
  if (whole.some((action) => LISTINGS.includes(action))) {
    return [
      `${name} lists without a prefix, so that it can see the names of all keys of ${bucket}; what ` +
      "they hold, only below the prefix",
    ];
  }
  return whole.includes(LIST_UPLOADS)
    ? [
      `${name} can see the names of all keys of ${bucket} that are being uploaded in parts: no ` +
      "condition can limit that to the prefix",
    ]
    : [];
}

/** A grant's actions on the bucket: those that hold for all of it, and those that list what is covered. */
function bucketActions(grant: Grant): { whole: string[]; listed: string[] } {
  const { actions: { bucket, allKeys = [], listing } } = grant;
  if (keyPattern(grant) === "*") return { whole: [...bucket, ...allKeys], listed: [] };
  if (listing === "whole-bucket") return { whole: [...bucket], listed: [] };
  return {
    whole: bucket.filter((action) => !LISTINGS.includes(action)),
    // A listing of one key would also show all others that start with it.
    listed: grant.key === undefined ? bucket.filter((action) => LISTINGS.includes(action)) : [],
  };
}

function allow(
  Action: readonly string[],
  Resource: string,
  Condition?: unknown,
): PolicyStatement[] {
  if (Action.length === 0) return [];
  return [{
    Effect: "Allow",
    Action: [...Action],
    Resource: [Resource],
    ...(Condition !== undefined && { Condition: Condition as PolicyStatement["Condition"] }),
  }];
}

/** The statements of one grant, one for each of its purposes. */
function grantStatements(grant: Grant, partition: Partition): PolicyStatement[] {
  checkGrant(grant);
  const { bucket, actions: { keys, listing } } = grant;
  const arn = `arn:${partition}:s3:::${bucket}`;
  const pattern = keyPattern(grant);
  const { whole, listed } = bucketActions(grant);
  const isReading = (action: string) => action.startsWith("s3:Get");
  return [
    ...allow(whole, arn),
    ...(listing === "prefix-and-parents" ? allow(listed, arn, parentListing(pattern)) : []),
    ...allow(listed, arn, { StringLike: { "s3:prefix": [pattern] } }),
    ...allow(keys.filter(isReading), `${arn}/${pattern}`),
    ...allow(keys.filter((action) => !isReading(action)), `${arn}/${pattern}`),
  ];
}

/** The directory above a prefix, and the prefix as an entry of it; names only, not what is below them. */
function parentListing(pattern: string): unknown {
  const directory = pattern.replace(/\/?\*$/, "");
  const parent = directory.slice(0, directory.lastIndexOf("/") + 1);
  return { StringEquals: { "s3:prefix": [parent, directory], "s3:delimiter": ["/"] } };
}

/** Whether grants are the same for each of their buckets and in the words of the three permissions. */
function isPlain(grants: readonly Grant[]): boolean {
  const [first] = grants;
  return new Set(grants.map(({ bucket }) => bucket)).size === grants.length &&
    grants.every(({ key, prefix, actions }) =>
      key === undefined && prefix === first?.prefix && actions === first?.actions &&
      PERMISSIONS.includes(actions.name)
    );
}

/**
 * The policy that grants what is given and nothing else.
 *
 * @param grants actions on keys of buckets
 * @param options the partition of the buckets
 * @returns the policy document, packed unless it is one of the three permissions throughout
 * @throws {RangeError} if a grant would cover more than it says
 *
 * @example Two buckets, each with its own right
 * ```ts
 * import { grantsPolicy, parseGrant } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * const { Statement } = grantsPolicy([parseGrant("inbox:get"), parseGrant("sent/2026/:put")]);
 * assert.deepEqual(Statement, [
 *   { Effect: "Allow", Action: ["s3:GetObject"], Resource: ["arn:aws:s3:::inbox/*"] },
 *   { Effect: "Allow", Action: ["s3:PutObject"], Resource: ["arn:aws:s3:::sent/2026/*"] },
 * ]);
 * ```
 */
export function grantsPolicy(
  grants: readonly Grant[],
  options: {
    /**
     * AWS's partition that the buckets are in, such as `aws-cn`.
     *
     * @default {"aws"}
     */
    partition?: Partition;
  } = {},
): PolicyDocument {
  checkOptionNames(options, ["partition"]);
  const { partition = "aws" } = options;
  const Statement = grants.flatMap((grant) => grantStatements(grant, partition));
  const policy = { Version: "2012-10-17", Statement };
  return isPlain(grants) ? policy : packPolicy(policy);
}
