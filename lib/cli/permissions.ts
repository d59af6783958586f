/**
 * Asking for Deno's permissions: once a kind, with a word on why, where Deno by itself would ask for
 * each environment variable and each file.
 *
 * @module
 */
import { S3CredentialsError } from "../errors.ts";

/** A kind of permission that commands need. */
export type PermissionKind = "env" | "read" | "write" | "net" | "run" | "sys";

/** What permissions are needed for. */
export type PermissionReasons = Partial<Record<PermissionKind, string>>;

const REASONS: Record<PermissionKind, string> = {
  env: "to find credentials, region and endpoint in the environment",
  read: "to read AWS's configuration and the files that you name",
  write: "to save what it downloads",
  net: "to call AWS",
  run: "to run the command that you name",
  sys: "to tell AWS's servers which system calls, and to find your home folder",
};

/** The permissions of every command that talks to AWS, in the order in which they are asked for. */
export const AWS_PERMISSIONS: readonly PermissionKind[] = ["env", "read", "net", "sys"];

/** What stands between {@linkcode requestPermissions} and Deno. */
export interface PermissionPrompt {
  /** Looks up whether a permission is there. */
  query(kind: PermissionKind): Promise<{ state: Deno.PermissionState; partial: boolean }>;
  /** Asks the user. */
  request(kind: PermissionKind): Promise<Deno.PermissionState>;
  /** Tells the user something. */
  say(message: string): Promise<void>;
  /** Whether there is a user to ask. */
  isInteractive: boolean;
}

/**
 * Asks for those permissions that are missing altogether. Where only some of a kind was granted on the
 * command line, or nobody can be asked, things take their course.
 *
 * @param kinds what is needed
 * @param desk Deno, or a test's stand-in
 * @param reasons what for, where it isn't the usual
 * @throws {S3CredentialsError} if the user refuses one
 */
export async function requestPermissions(
  kinds: readonly PermissionKind[],
  desk: PermissionPrompt,
  reasons: PermissionReasons = {},
): Promise<void> {
  if (!desk.isInteractive) return;
  for (const kind of kinds) {
    const { state, partial } = await desk.query(kind);
    if (state !== "prompt" || partial) continue;
    const reason = reasons[kind] ?? REASONS[kind];
    await desk.say(`s3-credentials needs this ${reason}:`);
    if (await desk.request(kind) === "granted") continue;
    throw new S3CredentialsError(
      "access-denied",
      `Deno was not allowed the permission "${kind}", which is needed ${reason}`,
      { hint: `Allow it when asked, or run with --allow-${kind}` },
    );
  }
}

/**
 * Deno's own permissions.
 *
 * @param say tells the user something
 * @param isInteractive whether there is a user to ask
 * @returns the desk
 */
export function denoPermissions(
  say: (message: string) => Promise<void>,
  isInteractive: boolean,
): PermissionPrompt {
  return {
    async query(name) {
      const { state, partial } = await Deno.permissions.query({ name });
      return { state, partial };
    },
    request: async (name) => (await Deno.permissions.request({ name })).state,
    say,
    isInteractive,
  };
}
