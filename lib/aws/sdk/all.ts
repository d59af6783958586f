/**
 * Names all modules that import a package of the SDK: so Deno fetches the packages together with
 * `mod.ts`, whose users need no permission to load them then.
 *
 * @module
 */

/** Loads all of them. */
export function loadAll(): Promise<unknown[]> {
  return Promise.all([
    import("./iam.ts"),
    import("./s3.ts"),
    import("./s3_control.ts"),
    import("./sts.ts"),
    import("../sources/login.ts"),
    import("../sources/machine_credentials.ts"),
    import("../sources/sso.ts"),
  ]);
}
