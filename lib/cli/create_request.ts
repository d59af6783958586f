/**
 * What `create` and `exec` have in common: options, the request that is made of them, how it is run.
 *
 * @module
 */
import type { CreateOptions } from "../credentials/create.ts";
import type { CreateRequest } from "../credentials/types.ts";
import { checkTags } from "../credentials/tags.ts";
import { asUsageError, InvalidInput } from "../errors.ts";
import type { PolicyDocument } from "../policy/document.ts";
import { expandPolicyTemplate, parsePolicyTemplate } from "../policy/template.ts";
import { flag, optionGroup, value, type Values, values } from "./command.ts";
import type { Io } from "./io.ts";
import { bucketRegionOption, checkEachOnce, expiryOption, usage } from "./options.ts";
import {
  checkPermissionOptions,
  grantedBy,
  isNarrowed,
  NARROWING,
  permissionOptions,
} from "./permission_options.ts";
import type { MessageLog } from "./output.ts";
import { invalidJson, lintBeforeUse, readPolicyText } from "./policies/policy_input.ts";

/** The options about permissions and buckets. */
export const requestOptions = {
  ...permissionOptions,
  ...optionGroup("Permissions", {
    policy: value(
      "--policy <policy>",
      "Custom policy: a file, a JSON string, or - for standard input. $!BUCKET_NAME!$ is replaced " +
        "by the bucket's name",
    ),
    kms: flag("--kms", "Also allow the use of the KMS keys with which existing buckets encrypt"),
  }),
  ...optionGroup("Buckets", {
    createBucket: flag("-c, --create-bucket", "Create buckets that do not exist yet"),
    bucketRegion: bucketRegionOption,
    public: flag(
      "--public",
      "Make the new bucket public: anyone can download files whose names they know",
    ),
    website: flag(
      "--website",
      "Make the new bucket a public website, with index.html and error.html",
    ),
  }),
};

/** The options about tags. */
export const tagOptions = {
  tag: values(
    "--tag <key-value>",
    "Tag of the user, the role and the buckets that are created, as KEY=VALUE; may be repeated",
    parseTag,
  ),
  noOwnTags: flag(
    "--no-own-tags",
    "Don't add this tool's own tags, by which it finds its users again",
  ),
};

function parseTag(text: string): [key: string, value: string] {
  const equals = text.indexOf("=");
  if (equals < 1) throw new InvalidInput(`expected KEY=VALUE, such as team=data, not ${text}`);
  const tag: [string, string] = [text.slice(0, equals), text.slice(equals + 1)];
  checkTags({ [tag[0]]: tag[1] });
  return tag;
}

/** The options of a request; `exec` has not all of them. */
type RequestValues = Values<typeof requestOptions & typeof tagOptions> & {
  auth: string | undefined;
  duration: number | undefined;
  roleArn: string | undefined;
  username?: string;
  userPermissionsBoundary?: string;
  expires?: string;
  dryRun?: boolean;
};

/** Makes a request of what was typed. */
export async function createRequest(
  operands: readonly string[],
  options: RequestValues,
  io: Io,
): Promise<CreateRequest> {
  checkRequest(options);
  const { duration, roleArn, username, bucketRegion, userPermissionsBoundary } = options;
  return {
    ...await grantedBy(operands, options, { forNewBucket: options.createBucket }),
    statements: options.statement,
    createBucket: options.createBucket,
    kms: options.kms,
    public: options.public,
    website: options.website,
    duration,
    roleArn,
    username,
    bucketRegion,
    userPermissionsBoundary,
    tags: options.tag.length === 0 ? undefined : Object.fromEntries(options.tag),
    ownTags: !options.noOwnTags,
    expires: options.expires === undefined ? undefined : expiryOption(options.expires, io),
    policy: options.policy === undefined ? undefined : await readPolicy(options.policy, io),
  };
}

/** How `createCredentials` is called: its messages go to the log, and a signal of the process stops it. */
export function runOptions(io: Io, log: MessageLog): CreateOptions {
  return {
    onProgress: log.say,
    onWarning: log.warn,
    signal: io.signal,
    patienceMs: io.patienceMs,
    now: io.now?.(),
  };
}

/** An option that would silently have no effect is an error: the grant would not be the intended one. */
function checkRequest(options: RequestValues): void {
  checkPermissionOptions(options);
  if (options.policy !== undefined && isNarrowed(options)) {
    throw usage(`--policy cannot be used with ${NARROWING}`);
  }
  if (options.policy === "-" && options.auth === "-") {
    throw usage("--policy and --auth cannot both read standard input");
  }
  // A dry run assumes that the buckets have to be created.
  if (options.bucketRegion !== undefined && !options.createBucket && !options.dryRun) {
    throw usage("--bucket-region needs --create-bucket");
  }
  if (options.roleArn !== undefined && options.duration === undefined) {
    throw usage("--role-arn needs --duration");
  }
  if (options.duration !== undefined) {
    if (options.username !== undefined) {
      throw usage("--username cannot be used with --duration, which creates no user");
    }
    if (options.expires !== undefined) {
      throw usage("--expires cannot be used with --duration: temporary credentials expire anyway");
    }
    if (options.userPermissionsBoundary !== undefined) {
      throw usage(
        "--user-permissions-boundary cannot be used with --duration, which creates no user",
      );
    }
  }
  checkEachOnce("--tag", options.tag.map(([key]) => key.toLowerCase()));
  if (options.roleArn !== undefined && options.noOwnTags) {
    throw usage("--no-own-tags cannot be used with --role-arn, which creates no role");
  }
}

/** Looks for mistakes in what the user brings along, as each bucket would get it. */
export async function lintRequest(request: CreateRequest, io: Io): Promise<void> {
  const { policy, statements = [], buckets = [], duration } = request;
  const type = duration === undefined ? "identity" : "session";
  const [bucket = ""] = buckets;
  if (policy !== undefined) {
    await lintBeforeUse(expandPolicyTemplate(policy, bucket), type, "--policy", io);
  }
  if (statements.length > 0) {
    const document = { Version: "2012-10-17", Statement: statements };
    await lintBeforeUse(document, type, "--statement", io);
  }
}

async function readPolicy(source: string, io: Io): Promise<PolicyDocument> {
  const text = await readPolicyText(source, io, "--policy");
  return asUsageError(
    () => parsePolicyTemplate(text, invalidJson(source)),
    "Invalid value for --policy",
  );
}
