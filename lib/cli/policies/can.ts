/**
 * The command `can`.
 *
 * @module
 */
import type { Access } from "../../account/access.ts";
import type { Aws } from "../../aws/connect.ts";
import { asUsageError, type S3CredentialsError } from "../../errors.ts";
import { checkPartitionOfArn } from "../../partitions.ts";
import { type AccessPolicies, contextAt, type NamedPolicy } from "../../policy/access.ts";
import type { Asker, Target } from "../../policy/ask.ts";
import { principalOf } from "../../policy/language/principal.ts";
import type { UnreadPolicy } from "../../policy/unread.ts";
import { defineCommand } from "../command.ts";
import { ExitCode } from "../exit_code.ts";
import type { Io } from "../io.ts";
import { library } from "../library.ts";
import { usage, withAws } from "../options.ts";
import { writeMessage } from "../output.ts";
import { type Check, checksOf } from "./can_checks.ts";
import {
  accessOf,
  type CanOptions,
  canOptions,
  checkActions,
  checkTargets,
  isOffline,
  starWarnings,
  targetOf,
} from "./can_options.ts";
import {
  actionResult,
  capabilityResult,
  type Result,
  writeOpenKeys,
  writeReadErrors,
  writeResults,
  writeUnread,
} from "./can_results.ts";
import { policyName, readPolicyDocument } from "./policy_input.ts";

/** Stands for anybody in the account of the documents. */
const ANYBODY = "arn:aws:iam::123456789012:user/anybody";

async function documentAccess(options: CanOptions, io: Io): Promise<Access> {
  const named = async (
    source: string | undefined,
    option: string,
    use: "identity" | "resource" = "identity",
  ): Promise<NamedPolicy | undefined> =>
    source === undefined ? undefined : {
      name: policyName(source),
      document: await readPolicyDocument(source, use, io, option),
    };
  const identity = [];
  for (const source of options.policy) {
    identity.push({ type: "inline" as const, ...(await named(source, "--policy"))! });
  }
  const permissionsBoundary = await named(options.permissionsBoundary, "--permissions-boundary");
  const session = await named(options.sessionPolicy, "--session-policy");
  const resource = await named(options.bucketPolicy, "--bucket-policy", "resource");
  const policies: AccessPolicies = {
    identity,
    permissionsBoundary,
    session: session && [session],
    resource: resource && { type: "bucket", ...resource },
  };
  const principal = principalOf(options.principal ?? ANYBODY);
  return { principal, policies, context: {}, unread: [], errors: [] };
}

/** The policy of a role or key, which has to allow these actions as well; it is not read. */
function unreadPolicies(action: string, arn: string): UnreadPolicy[] {
  const kind = /^sts:AssumeRole/i.test(action)
    ? "trust policy"
    : /^kms:/i.test(action)
    ? "key policy"
    : undefined;
  return kind === undefined
    ? []
    : [{ layer: "resource", what: `the ${kind} of ${arn}, which can does not read` }];
}

/** Whose value is the account that owns what is asked about. */
const OWNER_KEY = /^(?:aws|s3):ResourceAccount$/i;

/** The values of condition keys that a request of now would have, and those that the user gives. */
function requestContext(given: CanOptions["context"], access: Access) {
  const now = contextAt(new Date(), { isSigned: access.principal.type !== "anonymous" });
  const context: Record<string, string | string[]> = { ...now, ...access.context };
  for (const [key, members] of Map.groupBy(given, ([key]) => key)) {
    const texts = members.map(([, text]) => text);
    for (const name of Object.keys(context)) {
      if (name.toLowerCase() === key.toLowerCase()) delete context[name];
    }
    context[key] = texts.length === 1 ? texts[0]! : texts;
  }
  return context;
}

/** Everything that has been read about one target. */
interface Known {
  asker: Asker;
  errors: readonly S3CredentialsError[];
  /** What else decides over an action, and is not read. */
  unreadOf?(action: string): UnreadPolicy[];
}

type Read = (target: Target | undefined) => Promise<Known>;

/** All results, and what there is to say about them. */
interface Answers {
  results: Result[];
  unread: UnreadPolicy[];
  errors: S3CredentialsError[];
  differences: string[];
  /** Condition keys that the answers take for missing. */
  openKeys: string[];
}

async function answers(
  targets: readonly Target[],
  actions: readonly string[],
  read: Read,
  check: Check | undefined,
): Promise<Answers> {
  const { ask } = await import("../../policy/ask.ts");
  const { capabilities } = await import("../../policy/capabilities.ts");
  const { openConditionKeys } = await import("../../policy/open_conditions.ts");
  const results: Result[] = [];
  const differences: string[] = [];
  const unread = new Map<string, UnreadPolicy>();
  const errors = new Map<string, S3CredentialsError>();
  const openKeys = new Set<string>();
  for (const target of targets.length > 0 ? targets : [undefined]) {
    const { asker, errors: found, unreadOf } = await read(target);
    for (const one of asker.unread) unread.set(one.what, one);
    for (const error of found) errors.set(error.message, error);
    for (const key of openConditionKeys(asker, actions)) openKeys.add(key);
    for (const action of actions) {
      const more = unreadOf?.(action) ?? [];
      for (const one of more) unread.set(one.what, one);
      const own = { ...asker, unread: [...asker.unread, ...more] };
      const answer = ask(action, target, own);
      const opinion = await check?.(answer, target, own);
      differences.push(...opinion?.differences ?? []);
      results.push(actionResult(answer, own.unread, opinion));
    }
    if (actions.length > 0) continue;
    if (target === undefined || "arn" in target) {
      throw usage("Name a bucket, or say what to ask with --action");
    }
    const { request, policies, partition } = asker;
    const all = capabilities(request, policies, { ...target, partition, unread: asker.unread });
    results.push(...all.map((one) => capabilityResult(one, target, asker.unread)));
  }
  return {
    results,
    unread: [...unread.values()],
    errors: [...errors.values()],
    differences,
    openKeys: [...openKeys],
  };
}

function partitionOf(access: Access, targets: readonly Target[]): string {
  const texts = [
    ...targets.flatMap((target) => "arn" in target ? [target.arn] : []),
    JSON.stringify(access.policies),
    "arn" in access.principal ? access.principal.arn : "",
  ];
  return /arn:(aws[a-z-]*):/.exec(texts.join(" "))?.[1] ?? "aws";
}

/** Amazon's region says in which partition the account is; that of another endpoint need not. */
async function checkPartitions(aws: Aws, operands: readonly string[]): Promise<void> {
  const { connectionOf } = await library.connect();
  const { region, endpoints } = await connectionOf(aws).settings;
  if (endpoints.S3 !== undefined) return;
  for (const text of operands.filter((text) => text.startsWith("arn:"))) {
    asUsageError(() => checkPartitionOfArn(text, region));
  }
}

async function withAccess<T>(
  options: CanOptions,
  io: Io,
  { operands, targets }: { operands: readonly string[]; targets: readonly Target[] },
  work: (access: Access, read: Read, check?: Check) => Promise<T>,
): Promise<T> {
  const [, resourceAccount] = options.context.findLast(([key]) => OWNER_KEY.test(key)) ?? [];
  const asker = (access: Access): Asker => ({
    request: {
      principal: access.principal,
      resourceAccount,
      context: requestContext(options.context, access),
    },
    policies: access.policies,
    unread: access.unread,
    partition: partitionOf(access, targets),
  });
  if (isOffline(options)) {
    const access = await documentAccess(options, io);
    return await work(access, () => Promise.resolve({ asker: asker(access), errors: [] }));
  }
  return await withAws(options, io, async (aws) => {
    await checkPartitions(aws, operands);
    const { readAccess } = await library.access();
    const { readBucketAccess } = await library.bucketAccess();
    const access = await readAccess(aws, accessOf(options));
    const read: Read = async (target) => {
      const own = asker(access);
      if (target === undefined) return { asker: own, errors: access.errors };
      if ("arn" in target) {
        const unreadOf = (action: string) => unreadPolicies(action, target.arn);
        return { asker: own, errors: access.errors, unreadOf };
      }
      const bucket = await readBucketAccess(aws, target.bucket);
      return {
        asker: {
          ...own,
          policies: { ...own.policies, ...bucket.policies },
          unread: [...own.unread, ...bucket.unread],
        },
        errors: [...access.errors, ...bucket.errors],
      };
    };
    const isChecked = options.simulate || options.probe;
    return await work(access, read, isChecked ? checksOf(aws, options) : undefined);
  });
}

/** `s3-credentials can` */
export const can = defineCommand({
  operands: "[targets...]",
  description:
    "Show what the credentials in use, a user, a role, an access key or policies alone may do with " +
    "buckets (my-bucket), single keys (my-bucket/a.txt) or anything else (its ARN), and why. " +
    "Without targets: the buckets that the policies name. Reads all policies that decide, apart " +
    "from those of the organization. With --policy or --bucket-policy nothing is sent.",
  examples: [
    ["What the credentials in use may do with a bucket:", "can my-bucket"],
    [
      "Whether a user may delete a key, and which policy says so:",
      "can my-bucket/hello.txt --user username --action s3:DeleteObject",
    ],
    [
      "In CI: whether a policy keeps a key from being deleted:",
      "can my-bucket/a.txt --policy my-policy.json --action s3:DeleteObject --expect denied",
    ],
  ],
  options: canOptions,
  async run({ operands, options }, io) {
    const given = operands.map(targetOf);
    await checkActions(options.action);
    await checkTargets(options.action, given);
    for (const warning of starWarnings(operands)) await writeMessage(io, `Warning: ${warning}`);
    const { results, unread, errors, differences, openKeys } = await withAccess(
      options,
      io,
      { operands, targets: given },
      async (access, read, check) => {
        const { namedBuckets } = await import("../../policy/capabilities.ts");
        const found = namedBuckets(access.policies).map((bucket): Target => ({ bucket }));
        const targets = given.length > 0 ? given : found;
        await checkTargets(options.action, targets);
        return await answers(targets, options.action, read, check);
      },
    );
    await writeResults(results, options.json, io);
    const isSettled = results.length > 0 && results.every(({ isProbed }) => isProbed);
    if (!isSettled) await writeReadErrors(unread, errors, io);
    for (const difference of differences) await writeMessage(io, `Warning: ${difference}`);
    if (!options.json && !isSettled) {
      await writeUnread(unread, errors, options, io);
      await writeOpenKeys(openKeys, io);
    }
    if (options.expect === undefined) return;
    const others = results.filter(({ verdict }) => verdict !== options.expect);
    if (others.length === 0) return;
    await writeMessage(
      io,
      `Error: Expected every answer to be ${options.expect}: ${others.length} of ${results.length} ${
        others.length === 1 ? "is" : "are"
      } not`,
    );
    throw new ExitCode(1);
  },
});
