/**
 * What the library exports: no more than a reader can take in, and nothing behind the policies.
 */
import assert from "node:assert/strict";

/** What is added here is a promise to keep, and one more name to learn. */
const EXPORTS = `
  bucketCredentials connect createCredentials credentialHandler debugBucket deleteObjects
  deleteUser describeStep downloadObject findUploads formatCredentials getBucketPolicy
  getCorsRules getObject getObjects getPublicAccessBlock listBuckets listObjects listRoles
  listUserPolicies listUsers planCredentials planForEmptyAccount putObject putObjects
  setBucketPolicy setCorsRule setPublicAccessBlock waitForCredentials whoami
  Aws AwsCredentialIdentity AwsCredentialIdentityProvider Bucket BucketDetails BucketReport
  ConnectOptions CorsRule CreateOptions CreatePlan CreateRequest CreatedKey CreatedSession
  CredentialFormat CredentialHandlerOptions ErrorCode FoundUploads GetObjectsOptions Identity
  ListOptions ManagedPolicy ObjectContent ObjectResult ObjectStream ObjectSummary
  RemovedDependent Role S3CredentialsError Step TemporaryCredentials TransferOptions
  TransferProgress Upload User UserPolicies
`;
const MAX_EXPORTS = 65;

/** What came with later commands. */
const LATER_EXPORTS = `
  Access AccessOf BucketAccess readAccess readBucketAccess
  rotateKey finishRotation rollBackRotation rotationStatus
  FinishOptions FinishedStep Rotation RotationKey RotationState
  probeAccess simulateAccess SimulatedQuestion
  revokeSessions undoRevocation Revocation RevokeOptions
  extendKeys ExtendOptions KeyExpiry
  findPrunableUsers pruneUser PrunableUser PruneCriteria
  listCredentials CredentialSummary ListCredentialsOptions
  deleteKey disableKey enableKey AccessKeyOwner KeyChangeOptions
  Partition
  presignUrl presignPost PresignOptions PresignedPost
  childEnvironment ChildSettings CredentialServer
  BucketContent bucketContent deleteBucket DeleteBucketOptions userDependents
  Expiration expireObjects keepObjects makePrivate makePublic PublicAccessChange PublicAccessOptions
  saveProfile CredentialUse ProgramFormat SaveProfileOptions
`;

async function deno(...args: string[]): Promise<string> {
  const command = new Deno.Command(Deno.execPath(), { args, stderr: "inherit" });
  const { success, stdout } = await command.output();
  assert.ok(success, args.join(" "));
  return new TextDecoder().decode(stdout);
}

/** The names of functions, classes, constants and types. */
async function exportsOf(path: string): Promise<string[]> {
  const { nodes } = JSON.parse(await deno("doc", "--json", path));
  const [{ symbols }] = Object.values<{ symbols: { name: string }[] }>(nodes) as [
    { symbols: { name: string }[] },
  ];
  return [...new Set(symbols.map(({ name }) => name))].sort();
}

Deno.test("mod.ts: exports the names that are listed here, and no others", async () => {
  const [names, later] = [EXPORTS, LATER_EXPORTS].map((list) => list.trim().split(/\s+/));
  assert.deepEqual(await exportsOf("mod.ts"), [...names!, ...later!].sort());
  assert.ok(names!.length <= MAX_EXPORTS, String(names!.length));
});

Deno.test("policy: loads nothing but its own files and those of lib, no package and no built-in module", async () => {
  const { modules } = JSON.parse(await deno("info", "--json", "lib/policy/mod.ts"));
  assert.ok(modules.length > 5);
  for (const { specifier } of modules) {
    assert.match(specifier, /^file:.*\/lib\/(?:policy\/(?:\w+\/)?)?\w+\.ts$/);
  }
});
