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
export { type AuthCredentials, parseAuthFile } from "./lib/auth_file.ts";
export {
  type Aws,
  type BucketAddress,
  type ClientOptions,
  connect,
  type ConnectOptions,
  type IAMClient,
  type S3Client,
  type STSClient,
} from "./lib/aws/connect.ts";
export type { NetworkSettings } from "./lib/aws/network.ts";
export {
  createCredentials,
  type CreatedCredentials,
  type CreateOptions,
} from "./lib/aws/create.ts";
export { type BucketReport, debugBucket, type ReportPart } from "./lib/aws/bucket_report.ts";
export {
  type CorsChoices,
  type CorsRule,
  getBucketPolicy,
  getCorsRules,
  getPublicAccessBlock,
  setBucketPolicy,
  setCorsRule,
  setPublicAccessBlock,
} from "./lib/aws/bucket_settings.ts";
export {
  BUCKET_DETAIL_FIELDS,
  BUCKET_FIELDS,
  listBuckets,
  type ListBucketsOptions,
} from "./lib/aws/buckets.ts";
export {
  bucketCredentialCache,
  type CredentialCache,
  credentialCache,
  type CredentialCacheOptions,
  credentialHandler,
  type CredentialHandlerOptions,
} from "./lib/aws/credential_server.ts";
export {
  deleteUser,
  type DeleteUserOptions,
  type Identity,
  type RemovedDependent,
  whoami,
} from "./lib/aws/identities.ts";
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
} from "./lib/aws/listings.ts";
export { findUploads, type FoundUploads, type LeftOut } from "./lib/aws/find_uploads.ts";
export { deleteObjects, type DeleteObjectsOptions } from "./lib/aws/objects_delete.ts";
export {
  downloadObject,
  getObject,
  getObjects,
  type GetObjectsOptions,
  type ObjectStream,
} from "./lib/aws/objects_get.ts";
export { listObjects, type ListObjectsOptions } from "./lib/aws/objects_list.ts";
export {
  putObject,
  type PutObjectOptions,
  putObjects,
  type Upload,
} from "./lib/aws/objects_put.ts";
export type {
  ObjectResult,
  ObjectSummary,
  TransferOptions,
  TransferProgress,
} from "./lib/aws/objects_types.ts";
export type { ObjectHead } from "./lib/aws/object_reading.ts";
export { waitForCredentials, type WaitOptions } from "./lib/aws/wait.ts";
export type { UndoReport } from "./lib/aws/undo.ts";
export { contentTypeOf } from "./lib/content_types.ts";
export {
  checkKey,
  keyMatcher,
  type LocalPlace,
  localPlace,
  type LocalPlaceOptions,
} from "./lib/keys.ts";
export type {
  AccessKeyFacts,
  CreateFacts,
  CreateRequest,
  PublicAccessBlockSettings,
  RoleFacts,
  Step,
  UserFacts,
} from "./lib/create_types.ts";
export { parseDuration } from "./lib/duration.ts";
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
  formatTime,
  type PermanentCredentials,
  type TemporaryCredentials,
} from "./lib/formats.ts";
export { userNameFor } from "./lib/grant.ts";
export {
  type DefaultName,
  defaultUserName,
  type GrantName,
  inlinePolicyName,
  sessionName,
} from "./lib/default_names.ts";
export { parseEndpointUrl } from "./lib/endpoint_url.ts";
export { type BucketNameOptions, checkArn, checkBucketName, checkUserName } from "./lib/names.ts";
export { NOTHING_EXISTS, planCreate } from "./lib/plan.ts";
export { describeStep } from "./lib/plan_text.ts";
export {
  type BucketPolicyOptions,
  bucketsPolicy,
  joinPolicies,
  type Permission,
  type PolicyDocument,
  type PolicyStatement,
  policyText,
  prefixPattern,
  prefixWarnings,
  publicBucketPolicy,
  unsupportedCharacter,
} from "./lib/policy.ts";
export { formatRows, type RowFormat } from "./lib/rows.ts";
export { type AclGrant, type PublicAccessFacts, publicAccessVerdict } from "./lib/public_access.ts";
export { expandPolicyTemplate, parsePolicyTemplate, parseStatement } from "./lib/policy_input.ts";

if (import.meta.main) {
  const { main } = await import("./cli.ts");
  Deno.exit(await main(Deno.args));
}
