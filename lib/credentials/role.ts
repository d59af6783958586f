/**
 * The steps of `create` for temporary credentials: the role, and what it gives.
 *
 * @module
 */
import { withoutAllowing } from "../policy/merge.ts";
import { type PolicyDocument, policyText } from "../policy/document.ts";
import { retry } from "../retry.ts";
import type { AssumeRoleCommandOutput } from "@aws-sdk/client-sts";
import type { StepOf } from "./types.ts";
import { S3CredentialsError } from "../errors.ts";
import type { TemporaryCredentials } from "./format.ts";
import { FULL_ACCESS_ARN } from "./plan.ts";
import { type Run, takeBackAttachment, takeBackRole } from "./rollback_steps.ts";
import { awsErrorCode, isMissing, isRetriedConflict, serviceError } from "../aws/service_error.ts";

/**
 * Makes the role of this tool and attaches its policy, as far as it isn't there.
 *
 * @param step the role, and what of it was found
 * @param run the run
 */
export async function ensureRole(
  { roleName, found }: StepOf<"ensure-role">,
  run: Run,
): Promise<void> {
  const iam = await run.aws.iam();
  if (found === undefined) {
    await createRole(roleName, run);
  } else if (found.hasFullAccess) {
    return;
  }
  const target = { RoleName: roleName, PolicyArn: FULL_ACCESS_ARN };
  await run.undos.change(
    `Could not attach ${FULL_ACCESS_ARN} to role ${roleName}`,
    () =>
      retry(
        () => iam.attachRolePolicy(target),
        {
          isRetriable: (error) =>
            run.role.isNew && isMissing(error) && /\brole\b/i.test(messageOf(error)),
          ...run.patience,
        },
      ),
    {
      what: `attachment of ${FULL_ACCESS_ARN} to role ${roleName}`,
      run: () => takeBackAttachment(run, roleName, () => iam.detachRolePolicy(target)),
    },
  );
  run.role.wasAttached = true;
  run.log(`Attached policy ${FULL_ACCESS_ARN} to role ${roleName}`);
}

async function createRole(roleName: string, run: Run) {
  const iam = await run.aws.iam({ keepAlive: false });
  const account = run.facts.callerArn?.split(":")[4] ?? "";
  const trust = {
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: { AWS: `arn:aws:iam::${account}:root` },
      Action: "sts:AssumeRole",
    }],
  };
  const made = await run.undos.change(
    `Could not create role ${roleName}`,
    () =>
      iam.createRole({
        RoleName: roleName,
        Description: "For the s3-credentials tool: temporary credentials, narrowed down to " +
          "single buckets by a session policy",
        AssumeRolePolicyDocument: JSON.stringify(trust),
        MaxSessionDuration: 43_200,
      }).catch((error) => {
        if (!isRetriedConflict(error, /^EntityAlreadyExists/)) throw error;
        run.role.mayBeOthers = true;
        return iam.getRole({ RoleName: roleName });
      }),
    {
      what: `role ${roleName}`,
      run: () => takeBackRole(run, roleName, () => iam.deleteRole({ RoleName: roleName })),
    },
  );
  run.role.arn = made.Role?.Arn;
  run.role.isNew = true;
  run.log(`Created role: ${roleName}`);
}

/**
 * Gets temporary credentials from a role.
 *
 * @param step which role, for how long, and what to narrow it down to
 * @param run the run
 * @returns the credentials
 * @throws {S3CredentialsError} if AWS refuses; the hint says what to do
 */
export async function assumeRole(
  step: StepOf<"assume-role">,
  run: Run,
): Promise<TemporaryCredentials> {
  const roleArn = step.roleArn ?? run.role.arn ?? "";
  run.log(`Assume role against ${roleArn} for ${step.duration}s`);
  const sts = await run.aws.sts();
  run.role.wasTried = true;
  try {
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
        run.log(`Left out of the policy, as this server does not know it: ${action}`);
        return assume(narrower);
      });
    const { Credentials: given } = await retry(
      () => assume(step.policy),
      {
        // A new role can't be assumed for some seconds.
        isRetriable: (error) => run.role.isNew && awsErrorCode(error) === "AccessDenied",
        ...run.patience,
      },
    );
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = given ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken || Expiration === undefined) {
      throw new S3CredentialsError(
        "aws",
        `Could not assume role ${roleArn}: the answer held no credentials`,
      );
    }
    return { AccessKeyId, SecretAccessKey, SessionToken, Expiration };
  } catch (thrown) {
    const error = serviceError(thrown, `Could not assume role ${roleArn}`);
    const hint = assumeRoleHint(error.message) ?? error.hint;
    throw new S3CredentialsError(error.code, error.message, {
      cause: error.cause,
      ...(hint !== undefined && { hint }),
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : "";
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
