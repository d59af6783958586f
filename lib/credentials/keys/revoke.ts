/**
 * Revoking temporary credentials: a Deny on their role for all sessions from before a moment.
 *
 * @module
 */
import { abortable } from "../../abortable.ts";
import { decodeDocument } from "../../account/iam_document.ts";
import type { Aws } from "../../aws/connect.ts";
import { missingRole, roleError } from "../../aws/missing.ts";
import { isMissing, serviceError } from "../../aws/service_error.ts";
import { messageOf, S3CredentialsError } from "../../errors.ts";
import { policyText } from "../../policy/document.ts";
import { formatTime } from "../../time.ts";
import { ROLE_NAME } from "../defaults.ts";

const POLICY_NAME = "s3-credentials.revoke-sessions";

/** What was revoked, or no longer is. */
export interface Revocation {
  /** The role. */
  RoleName: string;
  /** Sessions that were issued before are denied; `null` for none. */
  Before: Date | null;
}

/** Options of {@linkcode revokeSessions}. */
export interface RevokeOptions {
  /**
   * The role; every session of it is denied.
   *
   * @default {"s3-credentials.AmazonS3FullAccess"}
   */
  role?: string;
  /** Sessions that were issued before this time are denied. If omitted, all up to now. */
  before?: Date;
  /** The time now; a test may pass another one. */
  now?: Date;
  /**
   * Whether to find out what would be denied, and change nothing.
   *
   * @default {false}
   */
  dryRun?: boolean;
  /** Stops before the change. */
  signal?: AbortSignal;
}

/**
 * Revokes temporary credentials: all sessions of a role that were issued before a time are denied
 * everything. Those that are issued later are not affected.
 *
 * @param aws the account
 * @param options the role and the time
 * @returns the role, and the time before which its sessions were issued that are denied
 * @throws {S3CredentialsError} `not-found` if there is no such role; `usage` if the time is in the future;
 *   `conflict` if sessions from before a later time are denied already
 *
 * @example All that were issued until now
 * ```ts
 * import { connect, createCredentials, revokeSessions, undoRevocation } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox({ buckets: ["photos"] });
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const { credentials } = await createCredentials(aws, { buckets: ["photos"], duration: 900 });
 * await revokeSessions(aws);
 * using holder = aws.withCredentials(credentials);
 * const s3 = await holder.s3();
 * await assert.rejects(s3.listObjectsV2({ Bucket: "photos" }), { name: "AccessDenied" });
 * await undoRevocation(aws);
 * await s3.listObjectsV2({ Bucket: "photos" });
 * ```
 */
export async function revokeSessions(aws: Aws, options: RevokeOptions = {}): Promise<Revocation> {
  const { role = ROLE_NAME, now = new Date(), dryRun, signal } = options;
  // A session of this second was perhaps issued a moment ago, and IAM compares whole seconds.
  const before = options.before ?? new Date(1000 * Math.ceil((now.getTime() + 1) / 1000));
  if (Number.isNaN(before.getTime())) {
    throw new S3CredentialsError("usage", "Invalid time of sessions: expected a time");
  }
  if (options.before !== undefined && before > now) {
    throw new S3CredentialsError(
      "usage",
      `Sessions cannot be revoked before they are issued: ${formatTime(before)} is in the future`,
    );
  }
  const target = { RoleName: role, PolicyName: POLICY_NAME };
  const action = `Could not revoke the sessions of role ${role}`;
  const iam = await aws.iam();
  try {
    const reading = iam.getRolePolicy(target).catch((error) => {
      if (isMissing(error) && !isMissingRole(error)) return undefined;
      throw error;
    });
    const earlier = await abortable(reading, signal);
    const present = earlier && revokedBefore(earlier.PolicyDocument);
    if (present && present > before) {
      throw new S3CredentialsError(
        "conflict",
        `Sessions of role ${role} from before ${
          formatTime(present)
        } are denied already, which is ` +
          `later than ${formatTime(before)}`,
      );
    }
    const statement = {
      Effect: "Deny",
      Action: "*",
      Resource: "*",
      Condition: { DateLessThan: { "aws:TokenIssueTime": before.toISOString() } },
    };
    const PolicyDocument = policyText({ Version: "2012-10-17", Statement: [statement] });
    signal?.throwIfAborted();
    if (!dryRun) await iam.putRolePolicy({ ...target, PolicyDocument });
  } catch (error) {
    if (signal?.aborted && error === signal.reason) throw error;
    throw roleError(error, role, action);
  }
  return { RoleName: role, Before: before };
}

/** The code is the same for a role and for a policy that isn't there. */
function isMissingRole(error: unknown): boolean {
  return /\brole with name\b/i.test(messageOf(error));
}

function revokedBefore(text = "{}"): Date | undefined {
  const [, time] = /"aws:TokenIssueTime":\s*"([^"]+)"/.exec(decodeDocument(text)) ?? [];
  return time === undefined ? undefined : new Date(time);
}

/**
 * Lets the sessions work again that {@linkcode revokeSessions} has revoked, unless they have expired.
 *
 * @param aws the account
 * @param options the role
 * @returns the role
 * @throws {S3CredentialsError} `not-found` if there is no such role, or none of its sessions were revoked
 *
 * @example Nothing was revoked
 * ```ts
 * import { connect, undoRevocation } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox();
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * await assert.rejects(undoRevocation(aws), { code: "not-found" });
 * ```
 */
export async function undoRevocation(
  aws: Aws,
  options: Pick<RevokeOptions, "role" | "signal"> = {},
): Promise<Revocation> {
  const { role = ROLE_NAME, signal } = options;
  const iam = await aws.iam();
  signal?.throwIfAborted();
  try {
    await iam.deleteRolePolicy({ RoleName: role, PolicyName: POLICY_NAME });
  } catch (error) {
    if (!isMissing(error)) {
      throw serviceError(error, `Could not restore the sessions of role ${role}`);
    }
    throw isMissingRole(error)
      ? missingRole(role)
      : new S3CredentialsError("not-found", `No sessions of role ${role} are revoked`);
  }
  return { RoleName: role, Before: null };
}
