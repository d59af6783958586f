/**
 * What the commands that delete users have in common: several at the same time, what was removed of each,
 * and an error of one that does not keep it from the others.
 *
 * @module
 */
import type { RemovedDependent } from "../account/delete_user.ts";
import { mapOrdered } from "../concurrency.ts";
import { S3CredentialsError } from "../errors.ts";
import type { Io } from "./io.ts";
import { writeLine } from "./output.ts";

/** How many users are deleted at the same time; each takes several calls. */
export const USERS_AT_A_TIME = 4;

/** How users are deleted. */
export interface UserDeletion<T> {
  /** The user as its line of the output shows it. */
  describe(user: T): string;
  /** Deletes one. */
  remove(user: T, onRemoved: (dependent: RemovedDependent) => void): Promise<void>;
  /** Called with why one could not be deleted; what it throws ends the deletions. */
  onError(error: S3CredentialsError): void;
}

/** Deletes users, and says of each in their order what was removed. */
export async function deleteUsers<T>(
  users: readonly T[],
  { describe, remove, onError }: UserDeletion<T>,
  io: Io,
): Promise<void> {
  const deletions = mapOrdered(users, async (user) => {
    const removed: RemovedDependent[] = [];
    const error = await remove(user, (dependent) => removed.push(dependent))
      .then(() => undefined, (error) => error);
    return { user, removed, error };
  }, USERS_AT_A_TIME);
  let isInterrupted = false;
  const say = (text: string) => writeLine(io, text).catch(ignoreBrokenPipe);
  for await (const { user, removed, error } of deletions) {
    const isStopped = io.signal.aborted && error === io.signal.reason;
    const isLeftAlone = isStopped || ["not-found", "usage"].includes(error?.code);
    isInterrupted ||= isStopped;
    if (removed.length > 0 || !isLeftAlone) await say(`User: ${describe(user)}`);
    for (const dependent of removed) await say(`  ${inWords(dependent)}`);
    if (error === undefined) {
      await say("  Deleted user");
    } else if (!isStopped) {
      if (!(error instanceof S3CredentialsError)) throw error;
      onError(error);
    }
  }
  if (isInterrupted) io.signal.throwIfAborted();
}

/** If the reader has gone, as `head` does, the deletions are completed all the same. */
function ignoreBrokenPipe(error: Error): void {
  if (error.name !== "BrokenPipe") throw error;
}

function inWords({ kind, id }: RemovedDependent): string {
  switch (kind) {
    case "attached policy":
      return `Detached policy: ${id}`;
    case "group":
      return `Removed from group: ${id}`;
    case "login profile":
      return "Deleted login profile";
    case "MFA device":
      return `Deactivated MFA device: ${id}`;
    default:
      return `Deleted ${kind}: ${id}`;
  }
}
