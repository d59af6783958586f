/**
 * Working AWS credentials for S3 buckets, with the least permission that does the job.
 *
 * The library does what the commands of `s3-credentials` do: {@linkcode connect} to an account,
 * then {@linkcode createCredentials}, {@linkcode whoami} or {@linkcode deleteUser}. The policies
 * and the plan behind them are pure functions: {@linkcode bucketsPolicy}, {@linkcode planCreate}.
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
export { type PublicAccessBlockSettings } from "./lib/policy/public_access.ts";
export { unsupportedCharacter } from "./lib/policy/limits.ts";
export { type PolicyDocument, type PolicyStatement, policyText } from "./lib/policy/document.ts";
export { joinPolicies } from "./lib/policy/merge.ts";
export {
  type BucketPolicyOptions,
  bucketsPolicy,
  type Permission,
  prefixPattern,
  prefixWarnings,
  publicBucketPolicy,
} from "./lib/policy/build.ts";
export { formatTime } from "./lib/time.ts";
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
export { type BucketReport, debugBucket, type ReportPart } from "./lib/account/bucket_report.ts";
export {
  type CorsChoices,
  type CorsRule,
  getBucketPolicy,
  getCorsRules,
  getPublicAccessBlock,
  setBucketPolicy,
  setCorsRule,
  setPublicAccessBlock,
} from "./lib/account/bucket_settings.ts";
export {
  BUCKET_DETAIL_FIELDS,
  BUCKET_FIELDS,
  listBuckets,
  type ListBucketsOptions,
} from "./lib/account/buckets.ts";
export {
  bucketCredentialCache,
  type CredentialCache,
  credentialCache,
  type CredentialCacheOptions,
  credentialHandler,
  type CredentialHandlerOptions,
} from "./lib/credentials/credential_server.ts";
export {
  deleteUser,
  type DeleteUserOptions,
  type Identity,
  type RemovedDependent,
  whoami,
} from "./lib/account/identities.ts";
export {
  type ListOptions,
  listRoles,
  type ListRolesOptions,
  listUserPolicies,
  listUsers,
  ROLE_DETAIL_FIELDS,
  ROLE_FIELDS,
  type Row,
  USER_FIELDS,
  type UserPolicies,
} from "./lib/account/listings.ts";
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
export { contentTypeOf } from "./lib/objects/content_types.ts";
export {
  checkKey,
  keyMatcher,
  type KeyPath,
  type KeyPathOptions,
  resolveKeyPath,
} from "./lib/objects/keys.ts";
export type {
  AccessKeyFacts,
  CreateFacts,
  CreateRequest,
  RoleFacts,
  Step,
  UserFacts,
} from "./lib/credentials/types.ts";
export { parseDuration } from "./lib/time.ts";
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
export { parseEndpointUrl } from "./lib/aws/endpoint_url.ts";
export { type BucketNameOptions, checkArn, checkBucketName, checkUserName } from "./lib/names.ts";
export { NOTHING_EXISTS, planCreate } from "./lib/credentials/plan.ts";
export { describeStep } from "./lib/credentials/describe.ts";
export { formatRows, type RowFormat } from "./lib/rows.ts";
export {
  type AclGrant,
  type PublicAccessFacts,
  publicAccessVerdict,
} from "./lib/policy/public_access.ts";
export {
  expandPolicyTemplate,
  parsePolicyTemplate,
  parseStatement,
} from "./lib/policy/template.ts";

if (import.meta.main) {
  const { main } = await import("./cli.ts");
  Deno.exit(await main(Deno.args));
}
