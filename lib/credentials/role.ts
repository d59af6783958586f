/**
 * The steps of `create` for temporary credentials: the role, and a session of it.
 *
 * @module
 */
import { withoutAllowing } from "../policy/merge.ts";
import { type PolicyDocument, policyText } from "../policy/document.ts";
import { retry } from "../retry.ts";
import type { AssumeRoleCommandOutput } from "@aws-sdk/client-sts";
import { messageOf, S3CredentialsError } from "../errors.ts";
import { receivedKeys } from "../aws/keys.ts";
import { fullAccessArn } from "./defaults.ts";
import { withTags } from "./tags.ts";
import { change, type Outcome } from "./rollback.ts";
import type { Run } from "./run.ts";
import type { StepOf, Tag, TemporaryCredentials } from "./types.ts";
import { awsErrorCode, isMissing, isRetriedConflict, serviceError } from "../aws/service_error.ts";

type Log = (message: string) => void;

/** The role that a run assumes. */
export class Role {
  #isInUse = false;

  /**
   * @param arn its ARN
   * @param isNew whether this run has created it, so that it may not be usable everywhere yet
   * @param maybeForeign whether somebody else may have created it at the same time
   */
  constructor(
    readonly arn: string,
    readonly isNew: boolean,
    readonly maybeForeign: boolean,
  ) {}

  /** Whether others may be using it: once this run has tried to assume it, they find it complete. */
  get isInUse(): boolean {
    return this.#isInUse;
  }

  noteUse(): void {
    this.#isInUse = true;
  }
}

/** Creates this tool's role and attaches its policy, unless they are there. */
export async function ensureRole(
  step: StepOf<"ensure-role">,
  run: Run,
  log: Log,
): Promise<Outcome<Role>> {
  const { roleName, existingArn, needsPolicy } = step;
  const policyArn = fullAccessArn(step.partition);
  const ensured: Outcome<Role> = existingArn === undefined
    ? await createRole(step, run)
    : { value: new Role(existingArn, false, false), changes: [] };
  if (ensured.error !== undefined) return ensured;
  const role = ensured.value;
  if (role.isNew) log(`Created role: ${roleName}`);
  if (!needsPolicy) return ensured;
  const attached = await attachPolicy(policyArn, roleName, role, run);
  const changes = [...ensured.changes, ...attached.changes];
  if (attached.error !== undefined) return { error: attached.error, changes };
  log(`Attached policy ${policyArn} to role ${roleName}`);
  return { value: role, changes };
}

async function createRole(
  { roleName, partition, account, tags }: StepOf<"ensure-role">,
  run: Run,
): Promise<Outcome<Role>> {
  const iam = await run.aws.iam();
  const trust = {
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: { AWS: `arn:${partition}:iam::${account}:root` },
      Action: "sts:AssumeRole",
    }],
  };
  let role: Role | undefined;
  return await change(
    `Could not create role ${roleName}`,
    async () => {
      let maybeForeign = false;
      const create = (Tags: Tag[] | undefined) =>
        iam.createRole({
          RoleName: roleName,
          Description: "For the s3-credentials tool: temporary credentials, narrowed down to " +
            "single buckets by a session policy",
          AssumeRolePolicyDocument: JSON.stringify(trust),
          MaxSessionDuration: 43_200,
          Tags,
        });
      const made = await withTags(create, `role ${roleName}`, { tags, run }).catch((error) => {
        if (!isRetriedConflict(error, /^EntityAlreadyExists/)) throw error;
        maybeForeign = true;
        return iam.getRole({ RoleName: roleName });
      });
      return role = new Role(made.Role?.Arn ?? "", true, maybeForeign);
    },
    {
      what: `role ${roleName}`,
      async run() {
        if (role?.maybeForeign) {
          throw conflict(`role ${roleName}: perhaps somebody else has created it, and uses it`);
        }
        if (role?.isInUse) throw conflict(`role ${roleName}, which others may be using by now`);
        // IAM refuses while somebody else's policy is attached to it.
        await iam.deleteRole({ RoleName: roleName });
      },
    },
  );
}

async function attachPolicy(
  policyArn: string,
  roleName: string,
  role: Role,
  { aws, patience }: Run,
): Promise<Outcome<unknown>> {
  const iam = await aws.iam();
  const target = { RoleName: roleName, PolicyArn: policyArn };
  const what = `attachment of ${policyArn} to role ${roleName}`;
  return await change(
    `Could not attach ${policyArn} to role ${roleName}`,
    () =>
      retry(() => iam.attachRolePolicy(target), {
        isRetriable: (error) =>
          role.isNew && isMissing(error) && /\brole\b/i.test(messageOf(error)),
        ...patience,
      }),
    {
      what,
      async run(isCertain) {
        if (isCertain && !role.maybeForeign && !role.isInUse) {
          await iam.detachRolePolicy(target);
          return;
        }
        // A new role is named itself then. IAM deletes no role that has a policy attached.
        if (role.isNew) return null;
        throw conflict(
          isCertain
            ? `${what}, which others may be using by now`
            : `perhaps an ${what}: the answer was lost`,
        );
      },
    },
  );
}

function conflict(message: string): S3CredentialsError {
  return new S3CredentialsError("conflict", message);
}

/** Gets temporary credentials from a role: from the one that the step names, else from `role`. */
export async function assumeRole(
  step: StepOf<"assume-role">,
  role: Role | undefined,
  run: Run,
  log: Log,
): Promise<Outcome<TemporaryCredentials>> {
  const roleArn = step.roleArn ?? role?.arn ?? "";
  log(`Assume role against ${roleArn} for ${step.duration}s`);
  const sts = await run.aws.sts();
  role?.noteUse();
  const assume = (policy: PolicyDocument): Promise<AssumeRoleCommandOutput> =>
    sts.assumeRole({
      RoleArn: roleArn,
      RoleSessionName: step.sessionName,
      Policy: policyText(policy),
      DurationSeconds: step.duration,
    }).catch((error) => {
      const action = /unsupported action '([\w:*]+)'/.exec(messageOf(error))?.[1];
      const narrower = action && withoutAllowing(policy, action);
      if (!narrower) throw error;
      log(`Omitted from the policy, since this server does not know it: ${action}`);
      return assume(narrower);
    });
  try {
    const { Credentials } = await retry(() => assume(step.policy), {
      // A new role can't be assumed for some seconds.
      isRetriable: (error) => role?.isNew === true && awsErrorCode(error) === "AccessDenied",
      ...run.patience,
    });
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken || Expiration === undefined) {
      throw new S3CredentialsError(
        "aws",
        `Could not assume role ${roleArn}: the answer held no credentials`,
      );
    }
    const value = receivedKeys({
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
      expiration: Expiration,
    }, `Could not assume role ${roleArn}`);
    return { value, changes: [] };
  } catch (thrown) {
    const { code, message, cause, hint } = serviceError(
      thrown,
      `Could not assume role ${roleArn}`,
    );
    const error = new S3CredentialsError(code, message, {
      cause,
      hint: assumeRoleHint(message) ?? givenRoleHint(step, code, hint),
    });
    return { error, changes: [] };
  }
}

/** AWS denies a role that doesn't exist as it denies any other. */
function givenRoleHint(
  { roleArn }: StepOf<"assume-role">,
  code: S3CredentialsError["code"],
  hint: string | undefined,
): string | undefined {
  if (roleArn === undefined || code !== "access-denied") return hint;
  const check = "Check that the role exists, and that its trust policy lets you assume it";
  return hint === undefined ? check : `${check}\n${hint}`;
}

function assumeRoleHint(message: string): string | undefined {
  if (/root accounts?/i.test(message)) {
    return "Use the keys of an IAM user, or omit `duration`";
  }
  if (/role chaining/i.test(message)) {
    return "Choose a `duration` of one hour or less, or use the keys of an IAM user";
  }
  if (/MaxSessionDuration/.test(message)) {
    return "Choose a shorter `duration`, or raise the role's maximum: aws iam update-role " +
      "--role-name NAME --max-session-duration 43200";
  }
  return undefined;
}
