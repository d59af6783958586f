/**
 * The parts of the library that call AWS, loaded by the commands that need them.
 *
 * Deno reads every module that a literal `import()` names before it runs the first one: with the whole
 * library that doubles the start of each command, `--help` included. Hence the paths in two pieces,
 * which bundlers still join. Deno then asks for permission to read such a module, so they are loaded
 * within `withAws`, once the user has been asked for that.
 *
 * @module
 */

/** Loads a part of the library. */
export const library = {
  access: (): Promise<typeof import("../account/access.ts")> => import("../" + "account/access.ts"),
  accessKeys: (): Promise<typeof import("../account/access_keys.ts")> =>
    import("../" + "account/access_keys.ts"),
  audit: (): Promise<typeof import("../credentials/keys/audit.ts")> =>
    import("../" + "credentials/keys/audit.ts"),
  bucketAccess: (): Promise<typeof import("../account/bucket_access.ts")> =>
    import("../" + "account/bucket_access.ts"),
  bucketReport: (): Promise<typeof import("../account/bucket_report.ts")> =>
    import("../" + "account/bucket_report.ts"),
  bucketSettings: (): Promise<typeof import("../account/bucket_settings.ts")> =>
    import("../" + "account/bucket_settings.ts"),
  buckets: (): Promise<typeof import("../account/buckets.ts")> =>
    import("../" + "account/buckets.ts"),
  connect: (): Promise<typeof import("../aws/connect.ts")> => import("../" + "aws/connect.ts"),
  create: (): Promise<typeof import("../credentials/create.ts")> =>
    import("../" + "credentials/create.ts"),
  credentialCache: (): Promise<typeof import("../credentials/credential_cache.ts")> =>
    import("../" + "credentials/credential_cache.ts"),
  deleteBucket: (): Promise<typeof import("../objects/delete_bucket.ts")> =>
    import("../" + "objects/delete_bucket.ts"),
  deleteObjects: (): Promise<typeof import("../objects/delete.ts")> =>
    import("../" + "objects/delete.ts"),
  deleteUser: (): Promise<typeof import("../account/delete_user.ts")> =>
    import("../" + "account/delete_user.ts"),
  endRotation: (): Promise<typeof import("../credentials/keys/end_rotation.ts")> =>
    import("../" + "credentials/keys/end_rotation.ts"),
  expire: (): Promise<typeof import("../credentials/keys/expire.ts")> =>
    import("../" + "credentials/keys/expire.ts"),
  findUploads: (): Promise<typeof import("../objects/find_uploads.ts")> =>
    import("../" + "objects/find_uploads.ts"),
  getObjects: (): Promise<typeof import("../objects/get.ts")> => import("../" + "objects/get.ts"),
  lifecycle: (): Promise<typeof import("../account/lifecycle.ts")> =>
    import("../" + "account/lifecycle.ts"),
  listObjects: (): Promise<typeof import("../objects/list.ts")> =>
    import("../" + "objects/list.ts"),
  presign: (): Promise<typeof import("../objects/presign.ts")> =>
    import("../" + "objects/presign.ts"),
  privateFile: (): Promise<typeof import("../credentials/delivery/private_file.ts")> =>
    import("../" + "credentials/delivery/private_file.ts"),
  profileFile: (): Promise<typeof import("../credentials/delivery/profile_file.ts")> =>
    import("../" + "credentials/delivery/profile_file.ts"),
  prune: (): Promise<typeof import("../credentials/keys/prune.ts")> =>
    import("../" + "credentials/keys/prune.ts"),
  publicAccessBlock: (): Promise<typeof import("../account/public_access_block.ts")> =>
    import("../" + "account/public_access_block.ts"),
  publicBucket: (): Promise<typeof import("../account/public_bucket.ts")> =>
    import("../" + "account/public_bucket.ts"),
  putObjects: (): Promise<typeof import("../objects/put.ts")> => import("../" + "objects/put.ts"),
  rotate: (): Promise<typeof import("../credentials/keys/rotate.ts")> =>
    import("../" + "credentials/keys/rotate.ts"),
  rotationState: (): Promise<typeof import("../credentials/keys/rotation_state.ts")> =>
    import("../" + "credentials/keys/rotation_state.ts"),
  revoke: (): Promise<typeof import("../credentials/keys/revoke.ts")> =>
    import("../" + "credentials/keys/revoke.ts"),
  roles: (): Promise<typeof import("../account/roles.ts")> => import("../" + "account/roles.ts"),
  sandbox: (): Promise<typeof import("../sandbox/mod.ts")> => import("../" + "sandbox/mod.ts"),
  secondOpinion: (): Promise<typeof import("../account/second_opinion.ts")> =>
    import("../" + "account/second_opinion.ts"),
  userPolicies: (): Promise<typeof import("../account/user_policies.ts")> =>
    import("../" + "account/user_policies.ts"),
  users: (): Promise<typeof import("../account/users.ts")> => import("../" + "account/users.ts"),
  wait: (): Promise<typeof import("../credentials/wait.ts")> =>
    import("../" + "credentials/wait.ts"),
  whoami: (): Promise<typeof import("../account/whoami.ts")> => import("../" + "account/whoami.ts"),
};
