/**
 * Working AWS credentials for S3 buckets, with the least permission that does the job.
 *
 * The library does what the commands of `s3-credentials` do: {@linkcode connect} to an account,
 * then {@linkcode createCredentials}, {@linkcode whoami} or {@linkcode deleteUser}. What would be
 * done is worked out by {@linkcode planCredentials}; policies are the matter of
 * `@s3creds/cli/policy`.
 *
 * @example See what would be done, then do it
 * ```ts
 * import { connect, createCredentials, describeStep, planCredentials } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * await using sandbox = await startSandbox();
 * using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const request = { buckets: ["my-bucket"], permission: "read-only", createBucket: true } as const;
 * const { steps } = await planCredentials(aws, request);
 * assert.equal(steps.map(describeStep)[0], "Would create bucket: 'my-bucket'");
 *
 * const { credentials } = await createCredentials(aws, request);
 * assert.ok(credentials.secretAccessKey.length > 0);
 * ```
 *
 * @module
 */
import "./lib/aws/sdk/all.ts";

// An account.
export { type Aws, connect } from "./lib/aws/connect.ts";
export type { ConnectOptions } from "./lib/aws/settings.ts";
export type {
  AwsCredentialIdentity,
  AwsCredentialIdentityProvider,
} from "./lib/aws/credential_types.ts";
export { type ErrorCode, S3CredentialsError } from "./lib/errors.ts";
export type { Partition } from "./lib/partitions.ts";

// Credentials.
export {
  createCredentials,
  type CreateOptions,
  planCredentials,
} from "./lib/credentials/create.ts";
export { planForEmptyAccount } from "./lib/credentials/planning/plan.ts";
export { describeStep } from "./lib/credentials/planning/describe.ts";
export type {
  CreatedKey,
  CreatedSession,
  CreatePlan,
  CreateRequest,
  Step,
  TemporaryCredentials,
} from "./lib/credentials/types.ts";
export { waitForCredentials } from "./lib/credentials/wait.ts";
export { saveProfile } from "./lib/credentials/delivery/profile_file.ts";
export type { SaveProfileOptions } from "./lib/credentials/delivery/profile_file.ts";
export {
  type CredentialUse,
  type ProgramFormat,
} from "./lib/credentials/delivery/program_formats.ts";
export { type CredentialFormat, formatCredentials } from "./lib/credentials/format.ts";
export { bucketCredentials } from "./lib/credentials/credential_cache.ts";
export {
  credentialHandler,
  type CredentialHandlerOptions,
} from "./lib/credentials/credential_server.ts";
export {
  childEnvironment,
  type ChildSettings,
  type CredentialServer,
} from "./lib/credentials/delivery/child_environment.ts";

// The life of a key.
export {
  type AccessKeyOwner,
  deleteKey,
  disableKey,
  enableKey,
  type KeyChangeOptions,
} from "./lib/account/access_keys.ts";
export {
  type CredentialSummary,
  listCredentials,
  type ListCredentialsOptions,
} from "./lib/credentials/keys/audit.ts";
export {
  type FinishedStep,
  type FinishOptions,
  finishRotation,
  rollBackRotation,
} from "./lib/credentials/keys/end_rotation.ts";
export { rotateKey } from "./lib/credentials/keys/rotate.ts";
export {
  type Rotation,
  type RotationKey,
  type RotationState,
  rotationStatus,
} from "./lib/credentials/keys/rotation_state.ts";
export {
  type Revocation,
  type RevokeOptions,
  revokeSessions,
  undoRevocation,
} from "./lib/credentials/keys/revoke.ts";
export {
  findPrunableUsers,
  type PrunableUser,
  type PruneCriteria,
  pruneUser,
} from "./lib/credentials/keys/prune.ts";
export { extendKeys, type ExtendOptions, type KeyExpiry } from "./lib/credentials/keys/expire.ts";

// Users and roles.
export { type Identity, whoami } from "./lib/account/whoami.ts";
export { listUsers, type User } from "./lib/account/users.ts";
export { listUserPolicies, type UserPolicies } from "./lib/account/user_policies.ts";
export { listRoles, type ManagedPolicy, type Role } from "./lib/account/roles.ts";
export type { ListOptions } from "./lib/account/list_options.ts";
export { deleteUser, type RemovedDependent, userDependents } from "./lib/account/delete_user.ts";

// Buckets and their settings.
export { type Bucket, listBuckets } from "./lib/account/buckets.ts";
export type { BucketDetails } from "./lib/account/bucket_details.ts";
export { type Access, type AccessOf, readAccess } from "./lib/account/access.ts";
export { type BucketAccess, readBucketAccess } from "./lib/account/bucket_access.ts";
export {
  probeAccess,
  simulateAccess,
  type SimulatedQuestion,
} from "./lib/account/second_opinion.ts";
export { type BucketReport, debugBucket } from "./lib/account/bucket_report.ts";
export { type Expiration, expireObjects, keepObjects } from "./lib/account/lifecycle.ts";
export {
  makePrivate,
  makePublic,
  type PublicAccessChange,
  type PublicAccessOptions,
} from "./lib/account/public_bucket.ts";
export {
  type CorsRule,
  getBucketPolicy,
  getCorsRules,
  setBucketPolicy,
  setCorsRule,
} from "./lib/account/bucket_settings.ts";
export { getPublicAccessBlock, setPublicAccessBlock } from "./lib/account/public_access_block.ts";

// Objects.
export { listObjects } from "./lib/objects/list.ts";
export {
  downloadObject,
  getObject,
  getObjects,
  type GetObjectsOptions,
  type ObjectStream,
} from "./lib/objects/get.ts";
export { putObject, putObjects } from "./lib/objects/put.ts";
export { findUploads, type FoundUploads } from "./lib/objects/find_uploads.ts";
export {
  type BucketContent,
  bucketContent,
  deleteBucket,
  type DeleteBucketOptions,
} from "./lib/objects/delete_bucket.ts";
export { deleteObjects } from "./lib/objects/delete.ts";
export {
  type PresignedPost,
  type PresignOptions,
  presignPost,
  presignUrl,
} from "./lib/objects/presign.ts";
export type { ObjectContent } from "./lib/objects/sources.ts";
export type {
  ObjectResult,
  ObjectSummary,
  TransferOptions,
  TransferProgress,
  Upload,
} from "./lib/objects/types.ts";

if (import.meta.main) {
  // Named here so that `deno install` and `deno cache` fetch it too.
  if (Deno.args[0] === "sandbox") await import("./lib/sandbox/mod.ts");
  if (Deno.args[0] === "can") await import("./lib/account/second_opinion.ts");
  const { main } = await import("./cli.ts");
  Deno.exit(await main(Deno.args));
}
