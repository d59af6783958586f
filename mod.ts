/**
 * Working AWS credentials for S3 buckets, with the least permission that does the job.
 *
 * The library does what the commands of `s3-credentials` do: {@linkcode connect} to an account,
 * then {@linkcode createCredentials}, {@linkcode whoami} or {@linkcode deleteUser}. The plan
 * behind it is a pure function, {@linkcode planCreate}; policies are the matter of
 * `@s3creds/cli/policy`.
 *
 * @example See what would be done, then do it
 * ```ts
 * import { connect, createCredentials, describeStep, NOTHING_EXISTS, planCreate } from "@s3creds/cli";
 * import { startSandbox } from "@s3creds/cli/sandbox";
 * import assert from "node:assert/strict";
 *
 * const request = { buckets: ["my-bucket"], permission: "read-only", createBucket: true } as const;
 * const preview = planCreate(request, NOTHING_EXISTS).map(describeStep);
 * assert.equal(preview[0], "Would create bucket: 'my-bucket'");
 *
 * await using sandbox = await startSandbox();
 * const aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
 * const { credentials } = await createCredentials(aws, request);
 * assert.ok(credentials.SecretAccessKey.length > 0);
 * aws.close();
 * ```
 *
 * @module
 */
export type {
  AwsCredentialIdentity,
  AwsCredentialIdentityProvider,
} from "./lib/aws/credential_types.ts";
export { parseAuthFile } from "./lib/credentials/auth_file.ts";
export {
  type Aws,
  type ClientOptions,
  connect,
  type ConnectOptions,
  type IAMClient,
  type S3Client,
  type STSClient,
} from "./lib/aws/connect.ts";
export {
  createCredentials,
  type CreatedCredentials,
  type CreateOptions,
} from "./lib/credentials/create.ts";
export type { BucketDetails } from "./lib/account/bucket_details.ts";
export { type BucketReport, debugBucket } from "./lib/account/bucket_report.ts";
export {
  type CorsRule,
  getBucketPolicy,
  getCorsRules,
  setBucketPolicy,
  setCorsRule,
} from "./lib/account/bucket_settings.ts";
export { getPublicAccessBlock, setPublicAccessBlock } from "./lib/account/public_access_block.ts";
export { type Bucket, listBuckets } from "./lib/account/buckets.ts";
export { listUsers, type User } from "./lib/account/users.ts";
export { listRoles, type ManagedPolicy, type Role } from "./lib/account/roles.ts";
export {
  type InlinePolicy,
  listUserPolicies,
  type UserPolicies,
} from "./lib/account/user_policies.ts";
export type { ListOptions } from "./lib/account/list_options.ts";
export { deleteUser, type RemovedDependent } from "./lib/account/delete_user.ts";
export { type Identity, whoami } from "./lib/account/whoami.ts";
export {
  bucketCredentialCache,
  type CredentialCache,
  credentialCache,
  type CredentialCacheOptions,
  credentialHandler,
  type CredentialHandlerOptions,
} from "./lib/credentials/credential_server.ts";
export { findUploads, type FoundUploads, type SkippedFile } from "./lib/objects/find_uploads.ts";
export { deleteObjects, type DeleteObjectsOptions } from "./lib/objects/delete.ts";
export {
  downloadObject,
  getObject,
  getObjects,
  type GetObjectsOptions,
  type ObjectStream,
} from "./lib/objects/get.ts";
export { listObjects, type ListObjectsOptions } from "./lib/objects/list.ts";
export { putObject, type PutObjectOptions, putObjects } from "./lib/objects/put.ts";
export type { ObjectContent } from "./lib/objects/sources.ts";
export type {
  ObjectResult,
  ObjectSummary,
  TransferOptions,
  TransferProgress,
  Upload,
} from "./lib/objects/types.ts";
export type { ObjectHead } from "./lib/objects/download.ts";
export { waitForCredentials, type WaitOptions } from "./lib/credentials/wait.ts";
export type { UndoReport } from "./lib/credentials/rollback.ts";
export type {
  AccessKeyFacts,
  CreateFacts,
  CreateRequest,
  RoleFacts,
  Step,
  UserFacts,
} from "./lib/credentials/types.ts";
export {
  type ErrorCode,
  S3CredentialsError,
  type S3CredentialsErrorOptions,
} from "./lib/errors.ts";
export {
  checkProfileName,
  CREDENTIAL_FORMATS,
  type CredentialFormat,
  type Credentials,
  formatCredentials,
  type FormatOptions,
  type PermanentCredentials,
  type TemporaryCredentials,
} from "./lib/credentials/format.ts";
export { userNameFor } from "./lib/credentials/grant.ts";
export {
  type DefaultName,
  defaultUserName,
  type GrantName,
  inlinePolicyName,
  sessionName,
} from "./lib/credentials/default_names.ts";
export { NOTHING_EXISTS, planCreate } from "./lib/credentials/plan.ts";
export { describeStep } from "./lib/credentials/describe.ts";

if (import.meta.main) {
  const { main } = await import("./cli.ts");
  Deno.exit(await main(Deno.args));
}
