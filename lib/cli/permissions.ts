/**
 * Asking for Deno's permissions: once a kind and with a reason, where Deno by itself would ask for
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
  sys: "to tell AWS which operating system is calling, and to find your home directory",
};

/** The permissions of every command that talks to AWS, in the order in which they are asked for. */
export const AWS_PERMISSIONS: readonly PermissionKind[] = ["env", "read", "net", "sys"];

/** What {@linkcode requestPermissions} needs of Deno. */
export interface PermissionPrompt {
  /** Looks up whether a permission is there. */
  query(kind: PermissionKind): Promise<{ state: Deno.PermissionState; partial: boolean }>;
  /** Asks the user for one. */
  request(kind: PermissionKind): Promise<Deno.PermissionState>;
  /** Tells the user something. */
  say(message: string): Promise<void>;
  /** Whether there is a user to ask. */
  isInteractive: boolean;
}

/**
 * Asks for permissions of which nothing was granted; throws if the user refuses one. If a part of a
 * kind was granted on the command line, or there is no user to ask, Deno itself decides later.
 */
export async function requestPermissions(
  kinds: readonly PermissionKind[],
  prompt: PermissionPrompt,
  reasons: PermissionReasons = {},
): Promise<void> {
  if (!prompt.isInteractive) return;
  for (const kind of kinds) {
    const { state, partial } = await prompt.query(kind);
    if (state !== "prompt" || partial) continue;
    const reason = reasons[kind] ?? REASONS[kind];
    await prompt.say(`s3-credentials needs this ${reason}:`);
    if (await prompt.request(kind) === "granted") continue;
    throw new S3CredentialsError(
      "access-denied",
      `Deno was not allowed the permission "${kind}", which is needed ${reason}`,
      { hint: `Allow it when asked, or run with --allow-${kind}` },
    );
  }
}

/** Throws if Deno forbids to listen. Node's server would throw that where nothing can catch it. */
export async function assertMayListen(host: string): Promise<void> {
  const { state } = await Deno.permissions.request({ name: "net", host });
  if (state !== "granted") {
    throw new Deno.errors.NotCapable(`Requires net access to "${host}", run with --allow-net`);
  }
}

/** Deno's own permissions. */
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
