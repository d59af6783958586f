/**
 * The SDK's clients, loaded when they're needed.
 *
 * Deno reads what the registry says about each package that a literal `import` names, some MB of JSON, as
 * soon as it reads the module: 10 ms and 8 MiB, which commands that need no package can do without.
 * Hence the paths in two pieces, as in `lib/cli/library.ts`.
 *
 * @module
 */

/** Loads a module with one of the SDK's clients. */
export const sdk = {
  iam: (): Promise<typeof import("./iam.ts")> => import("../" + "sdk/iam.ts"),
  s3: (): Promise<typeof import("./s3.ts")> => import("../" + "sdk/s3.ts"),
  s3Control: (): Promise<typeof import("./s3_control.ts")> => import("../" + "sdk/s3_control.ts"),
  sts: (): Promise<typeof import("./sts.ts")> => import("../" + "sdk/sts.ts"),
};
