/**
 * The command `can`.
 *
 * @module
 */
import type { Access, AccessOf } from "../../account/access.ts";
import { asUsageError, InvalidInput, type S3CredentialsError } from "../../errors.ts";
import type { AccessPolicies, NamedPolicy } from "../../policy/access.ts";
import type { Answer, Asker, Target } from "../../policy/ask.ts";
import type { Capability } from "../../policy/capabilities.ts";
import { principalOf } from "../../policy/language/principal.ts";
import type { UnreadPolicy } from "../../policy/unread.ts";
import { checkBucketName } from "../../names.ts";
import {
  checkChoice,
  defineCommand,
  flag,
  optionGroup,
  value,
  type Values,
  values,
} from "../command.ts";
import { ExitCode } from "../exit_code.ts";
import type { Io } from "../io.ts";
import { library } from "../library.ts";
import { awsOptions, usage, withAws } from "../options.ts";
import { writeLine, writeMessage } from "../output.ts";
import { answerText, capabilityText, unreadText } from "./can_text.ts";
import { policyName, readPolicyDocument } from "./policy_input.ts";

const documentOptions = optionGroup("Documents instead of an account", {
  policy: values(
    "--policy <policy>",
    "Policy of a user or role: a file, a JSON string, or - for standard input; may be repeated",
    (text) => text,
  ),
  permissionsBoundary: value("--permissions-boundary <policy>", "Permissions boundary"),
  sessionPolicy: value("--session-policy <policy>", "Policy that a session was made with"),
  bucketPolicy: value("--bucket-policy <policy>", "Policy of the bucket"),
  principal: value(
    "--principal <arn>",
    "Who asks, where the bucket policy names somebody",
    (arn) => {
      principalOf(arn);
      return arn;
    },
  ),
});

function parseContext(text: string): [key: string, value: string] {
  const equals = text.indexOf("=");
  const key = text.slice(0, equals);
  if (equals !== -1 && /^[\w-]+:\S/.test(key)) return [key, text.slice(equals + 1)];
  throw new InvalidInput(`expected KEY=VALUE, such as aws:SourceIp=203.0.113.7, not ${text}`);
}

const EXPECTATIONS = ["allowed", "denied"] as const;

const canOptions = {
  action: values(
    "--action <action>",
    "Ask about this action, such as s3:GetObject, instead of all that can be done; may be repeated",
    (text) => text,
  ),
  user: value("--user <name>", "What this user may do"),
  role: value("--role <name>", "What sessions of this role may do"),
  key: value("--key <id>", "What this access key may do"),
  context: values(
    "--context <key-value>",
    "Value of a condition key, as KEY=VALUE, such as aws:SourceIp=203.0.113.7; may be repeated",
    parseContext,
  ),
  expect: value(
    "--expect <answer>",
    "Exit with code 1 unless every answer is this: allowed or denied",
    (text) => checkChoice(text, EXPECTATIONS) as typeof EXPECTATIONS[number],
  ),
  json: flag("--json", "JSON"),
  ...documentOptions,
  ...awsOptions,
};

type CanOptions = Values<typeof canOptions>;

/** A bucket, a key of one, or an ARN, as an operand. */
function targetOf(text: string): Target {
  if (/^arn:[^:]*:s3:::[^/*?]+(?:\/[^*?]+)?$/.test(text)) {
    return targetOf(text.split(":::")[1]!);
  }
  if (text.startsWith("arn:")) return { arn: text };
  const slash = text.indexOf("/");
  const bucket = slash === -1 ? text : text.slice(0, slash);
  asUsageError(() => checkBucketName(bucket));
  const key = slash === -1 ? "" : text.slice(slash + 1);
  return key === "" ? { bucket } : { bucket, key };
}

function accessOf({ user, role, key }: CanOptions): AccessOf {
  const chosen = [
    ...(user === undefined ? [] : [{ user }]),
    ...(role === undefined ? [] : [{ role }]),
    ...(key === undefined ? [] : [{ accessKeyId: key }]),
  ];
  if (chosen.length > 1) throw usage("Use only one of --user, --role and --key");
  return chosen[0] ?? "caller";
}

/** Whether documents are to be judged, and nothing is to be sent. */
function isOffline(options: CanOptions): boolean {
  const { policy, permissionsBoundary, sessionPolicy, bucketPolicy, principal } = options;
  const limits = [permissionsBoundary, sessionPolicy, bucketPolicy];
  const documents = [...policy, ...limits].filter((source) => source !== undefined);
  if (documents.length === 0) {
    if (principal !== undefined) throw usage("--principal needs --policy or --bucket-policy");
    return false;
  }
  if (policy.length === 0 && bucketPolicy === undefined) {
    throw usage("A boundary or session policy allows nothing by itself: add --policy");
  }
  if (accessOf(options) !== "caller") {
    throw usage("--policy and --bucket-policy cannot be used with --user, --role or --key");
  }
  if (documents.filter((source) => source === "-").length > 1) {
    throw usage("Standard input can be read once only");
  }
  return true;
}

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

/** The values of condition keys that a request of now would have, and those that the user gives. */
function requestContext(given: CanOptions["context"], known: Record<string, string>) {
  const now = new Date();
  const context: Record<string, string | string[]> = {
    "aws:CurrentTime": now.toISOString(),
    "aws:EpochTime": String(Math.floor(now.getTime() / 1000)),
    "aws:SecureTransport": "true",
    ...known,
  };
  for (const [key, members] of Map.groupBy(given, ([key]) => key)) {
    const texts = members.map(([, text]) => text);
    for (const name of Object.keys(context)) {
      if (name.toLowerCase() === key.toLowerCase()) delete context[name];
    }
    context[key] = texts.length === 1 ? texts[0]! : texts;
  }
  return context;
}

async function checkActions(actions: readonly string[]): Promise<void> {
  const { findAction, isKnownService } = await import("../../policy/actions.ts");
  const { meantAction } = await import("../../policy/lint/action_names.ts");
  for (const action of actions) {
    const [service = "", name = ""] = action.split(":", 2);
    if (/[*?]/.test(action) || name === "") {
      throw usage(
        `Invalid value for --action: expected one action such as s3:GetObject, not ${action}`,
      );
    }
    if (!isKnownService(service) || findAction(action) !== undefined) continue;
    const meant = meantAction(action);
    throw usage(
      `Invalid value for --action: AWS has no action ${action}` +
        (meant === undefined ? "" : ` - did you mean ${meant.name}?`),
    );
  }
}

/** What was answered, in the forms in which it can be printed. */
interface Result {
  /** A row of JSON. */
  row: object;
  /** A line of text. */
  text: string;
  /** The bucket or key that it belongs to, as a heading. */
  heading?: string;
  isAllowed: boolean;
  isDenied: boolean;
}

function answered(answer: Answer, unread: readonly UnreadPolicy[]): Result {
  const { action, resource, decision, policies, missing } = answer;
  const isUnknown = decision === "unknown";
  const row = {
    action,
    resource,
    decision,
    policies: policies.map(({ type, name, statement, sid = null }) => ({
      type,
      name,
      statement,
      sid,
    })),
    missing: missing ?? null,
    ...(isUnknown && { unread: unread.map(({ what }) => what) }),
  };
  const isAllowed = decision === "allowed";
  return {
    row,
    text: answerText(answer, unread),
    isAllowed,
    isDenied: !isAllowed && !isUnknown,
  };
}

function described(
  { name, answer, granted }: Capability,
  { bucket, key }: { bucket: string; key?: string },
  unread: readonly UnreadPolicy[],
): Result {
  return {
    row: {
      bucket,
      ...(key !== undefined && { key }),
      capability: name,
      answer,
      granted,
      ...(answer === "unknown" && { unread: unread.map(({ what }) => what) }),
    },
    text: capabilityText({ name, answer, granted }),
    heading: key === undefined ? bucket : `${bucket}/${key}`,
    isAllowed: answer === "yes",
    isDenied: answer === "no",
  };
}

/** Everything that has been read about one target. */
interface Known {
  asker: Asker;
  errors: readonly S3CredentialsError[];
}

type Read = (target: Target | undefined) => Promise<Known>;

async function answers(
  targets: readonly Target[],
  actions: readonly string[],
  read: Read,
): Promise<{ results: Result[]; unread: UnreadPolicy[]; errors: S3CredentialsError[] }> {
  const { ask } = await import("../../policy/ask.ts");
  const { capabilities } = await import("../../policy/capabilities.ts");
  const results: Result[] = [];
  const unread = new Map<string, UnreadPolicy>();
  const errors = new Map<string, S3CredentialsError>();
  for (const target of targets.length > 0 ? targets : [undefined]) {
    const { asker, errors: found } = await read(target);
    for (const one of asker.unread) unread.set(one.what, one);
    for (const error of found) errors.set(error.message, error);
    for (const action of actions) results.push(answered(ask(action, target, asker), asker.unread));
    if (actions.length > 0) continue;
    if (target === undefined || "arn" in target) {
      throw usage("Name a bucket, or say what to ask with --action");
    }
    const { request, policies, partition } = asker;
    const all = capabilities(request, policies, { ...target, partition, unread: asker.unread });
    results.push(...all.map((one) => described(one, target, asker.unread)));
  }
  return { results, unread: [...unread.values()], errors: [...errors.values()] };
}

function partitionOf(access: Access, targets: readonly Target[]): string {
  const texts = [
    ...targets.flatMap((target) => "arn" in target ? [target.arn] : []),
    JSON.stringify(access.policies),
    "arn" in access.principal ? access.principal.arn : "",
  ];
  return /arn:(aws[a-z-]*):/.exec(texts.join(" "))?.[1] ?? "aws";
}

async function withAccess<T>(
  options: CanOptions,
  io: Io,
  targets: readonly Target[],
  work: (access: Access, read: Read) => Promise<T>,
): Promise<T> {
  const asker = (access: Access): Asker => ({
    request: {
      principal: access.principal,
      context: requestContext(options.context, access.context),
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
    const { readAccess, readBucketAccess } = await library.access();
    const access = await readAccess(aws, accessOf(options));
    return await work(access, async (target) => {
      const own = asker(access);
      if (target === undefined || "arn" in target) return { asker: own, errors: access.errors };
      const bucket = await readBucketAccess(aws, target.bucket);
      return {
        asker: {
          ...own,
          policies: { ...own.policies, ...bucket.policies },
          unread: [...own.unread, ...bucket.unread],
        },
        errors: [...access.errors, ...bucket.errors],
      };
    });
  });
}

async function write(results: readonly Result[], isJson: boolean, io: Io): Promise<void> {
  if (isJson) {
    await writeLine(io, JSON.stringify(results.map(({ row }) => row), null, 2));
    return;
  }
  let heading: string | undefined;
  for (const result of results) {
    if (result.heading !== heading) {
      if (heading !== undefined) await writeLine(io, "");
      heading = result.heading;
      if (heading !== undefined) await writeLine(io, heading);
    }
    await writeLine(io, result.text);
  }
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
    const { results, unread, errors } = await withAccess(
      options,
      io,
      given,
      async (access, read) => {
        const { namedBuckets } = await import("../../policy/capabilities.ts");
        const found = namedBuckets(access.policies).map((bucket): Target => ({ bucket }));
        return await answers(given.length > 0 ? given : found, options.action, read);
      },
    );
    await write(results, options.json, io);
    for (const error of errors) await writeMessage(io, `Warning: ${error.message}`);
    if (unread.length > 0 && !options.json) await writeMessage(io, unreadText(unread));
    if (options.expect === undefined) return;
    const isExpected = options.expect === "allowed" ? "isAllowed" : "isDenied";
    const others = results.filter((result) => !result[isExpected]);
    if (others.length === 0) return;
    await writeMessage(
      io,
      `Error: ${others.length} of ${results.length} answers ${
        others.length === 1 ? "is" : "are"
      } not: ${options.expect}`,
    );
    throw new ExitCode(1);
  },
});
