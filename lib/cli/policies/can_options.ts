/**
 * The options and operands of `can`.
 *
 * @module
 */
import type { AccessOf } from "../../account/access.ts";
import { asUsageError, InvalidInput } from "../../errors.ts";
import { checkAccessKeyId, checkBucketName, checkRoleName, checkUserName } from "../../names.ts";
import type { Target } from "../../policy/ask.ts";
import { principalOf } from "../../policy/language/principal.ts";
import { didYouMean } from "../../suggest.ts";
import {
  checked,
  flag,
  optionalChoice,
  optionGroup,
  value,
  type Values,
  values,
} from "../command.ts";
import { awsOptions, usage } from "../options.ts";

const documentOptions = optionGroup("Documents instead of an account", {
  policy: values(
    "--policy <policy>",
    "Policy of a user or role: a file, a JSON string, or - for standard input; may be repeated",
  ),
  permissionsBoundary: value("--permissions-boundary <policy>", "Permissions boundary"),
  sessionPolicy: value("--session-policy <policy>", "Policy that a session was made with"),
  bucketPolicy: value("--bucket-policy <policy>", "Policy of the bucket"),
  principal: value(
    "--principal <arn>",
    "Who asks, where the bucket policy names somebody",
    checked(principalOf),
  ),
});

function parseContext(text: string): [key: string, value: string] {
  const equals = text.indexOf("=");
  const key = text.slice(0, equals);
  if (equals !== -1 && /^[\w-]+:\S/.test(key)) return [key, text.slice(equals + 1)];
  throw new InvalidInput(`expected KEY=VALUE, such as aws:SourceIp=203.0.113.7, not ${text}`);
}

/** The options of `can`. */
export const canOptions = {
  action: values(
    "--action <action>",
    "Ask about this action, such as s3:GetObject, instead of all that can be done; may be repeated",
  ),
  user: value("--user <name>", "What this user may do", checked(checkUserName)),
  role: value("--role <name>", "What sessions of this role may do", checked(checkRoleName)),
  key: value("--key <id>", "What this access key may do", checked(checkAccessKeyId)),
  context: values(
    "--context <key-value>",
    "Value of a condition key, as KEY=VALUE, such as aws:SourceIp=203.0.113.7; may be repeated",
    parseContext,
  ),
  expect: optionalChoice(
    "--expect <answer>",
    "Exit with code 1 unless every answer is this: allowed or denied",
    ["allowed", "denied"],
  ),
  json: flag("--json", "JSON"),
  simulate: flag("--simulate", "With --action, ask IAM's simulator too, and name differences"),
  probe: flag(
    "--probe",
    "With --action, try it by calls that change nothing, and name differences; only for the " +
      "credentials in use",
  ),
  ...documentOptions,
  ...awsOptions,
};

/** Their values. */
export type CanOptions = Values<typeof canOptions>;

/** A bucket, a key of one, or an ARN, as an operand. */
export function targetOf(text: string): Target {
  if (/^arn:[^:]*:s3:::[^/*?]+(?:\/(?:\*|[^*?]+))?$/.test(text)) {
    return targetOf(text.split(":::")[1]!);
  }
  if (text.startsWith("arn:")) return { arn: text };
  // Else s3: would be taken for the bucket.
  if (/^s3:\/\//i.test(text)) asUsageError(() => checkBucketName(text));
  const slash = text.indexOf("/");
  const bucket = slash === -1 ? text : text.slice(0, slash);
  asUsageError(() => checkBucketName(bucket));
  const key = slash === -1 ? "" : text.slice(slash + 1);
  return key === "" || key === "*" ? { bucket } : { bucket, key };
}

/** Says of operands with a star which does not mean all keys that it stands for itself. */
export function starWarnings(operands: readonly string[]): string[] {
  const starred = operands.filter((text) => {
    const target = targetOf(text);
    return ("key" in target ? target.key : "arn" in target ? target.arn : undefined)?.includes("*");
  });
  return starred.map((text) =>
    `${text} is one name, in which * stands for itself: name the bucket alone to ask about all keys`
  );
}

/** Whose access the options name; throws `usage` for several. */
export function accessOf({ user, role, key }: CanOptions): AccessOf {
  const chosen = [
    ...(user === undefined ? [] : [{ user }]),
    ...(role === undefined ? [] : [{ role }]),
    ...(key === undefined ? [] : [{ accessKeyId: key }]),
  ];
  if (chosen.length > 1) throw usage("Use only one of --user, --role and --key");
  return chosen[0] ?? "caller";
}

function checkChecks(options: CanOptions): void {
  const { simulate, probe, action } = options;
  if ((simulate || probe) && action.length === 0) {
    throw usage("--simulate and --probe need --action");
  }
  if (probe && accessOf(options) !== "caller") {
    throw usage("--probe tries what the credentials in use may do: omit --user, --role and --key");
  }
}

/** Whether documents are to be judged, and nothing is to be sent. */
export function isOffline(options: CanOptions): boolean {
  const { policy, permissionsBoundary, sessionPolicy, bucketPolicy, principal } = options;
  const limits = [permissionsBoundary, sessionPolicy, bucketPolicy];
  const documents = [...policy, ...limits].filter((source) => source !== undefined);
  checkChecks(options);
  if (documents.length > 0 && (options.simulate || options.probe)) {
    throw usage("--simulate and --probe ask AWS, which documents alone don't");
  }
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

/** Throws `usage` for an action that AWS does not have. */
export async function checkActions(actions: readonly string[]): Promise<void> {
  const { findAction, isKnownService } = await import("../../policy/actions.ts");
  const { meantAction } = await import("../../policy/lint/action_names.ts");
  for (const action of actions) {
    const [service = "", name = ""] = action.split(":", 2);
    if (/[*?]/.test(action) || name === "") {
      const meant = findAction(`s3:${action}`) === undefined ? [] : [`s3:${action}`];
      throw usage(
        `Invalid value for --action: expected one action such as s3:GetObject, not ${action}` +
          didYouMean(meant),
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

/** Throws `usage` for an action of another kind of resource than the bucket or key it is asked about. */
export async function checkTargets(
  actions: readonly string[],
  targets: readonly Target[],
): Promise<void> {
  const { findAction } = await import("../../policy/actions.ts");
  const bucket = targets.find((target) => "bucket" in target);
  for (const facts of bucket === undefined ? [] : actions.map(findAction)) {
    if (facts === undefined || facts.resources.length === 0) continue;
    const isOfS3 = facts.name.startsWith("s3:");
    if (isOfS3 && facts.resources.some((type) => /^(?:bucket|object)$/.test(type))) continue;
    throw usage(
      `${facts.name} is not for a bucket or its keys: name what it is for (${
        facts.resources.join(" or ")
      }) by its ARN`,
    );
  }
}
