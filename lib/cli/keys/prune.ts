/**
 * The command `prune`.
 *
 * @module
 */
import type { PrunableUser } from "../../credentials/keys/prune.ts";
import { checkUnusedFor, formatTime, parseAge } from "../../time.ts";
import { confirm } from "../ask.ts";
import { defineCommand, flag, value } from "../command.ts";
import type { Io } from "../io.ts";
import { itemErrors } from "../items.ts";
import { library } from "../library.ts";
import { abortableItems } from "../lists/write.ts";
import { awsOptions, usage, withAws } from "../options.ts";
import { writeLine, writeMessage } from "../output.ts";
import { deleteUsers } from "../user_deletions.ts";

function parseUnused(text: string): number {
  const seconds = parseAge(text, "90d");
  checkUnusedFor(seconds);
  return seconds;
}

/** `s3-credentials prune` */
export const prune = defineCommand({
  description: "Delete users that create has made, which it knows by their tags, and that are no " +
    "longer needed, with everything attached to them. Give at least one of --expired, --unused-for and " +
    "--orphans: users to whom any of them applies are deleted.",
  examples: [
    ["Show first what would be deleted:", "prune --expired --orphans --dry-run"],
    ["Users whose keys have expired:", "prune --expired"],
    ["Without asking, from a script:", "prune --unused-for 365d --yes"],
  ],
  options: {
    expired: flag("--expired", "Users whose keys have expired"),
    unusedFor: value(
      "--unused-for <time>",
      "Users none of whose keys was used for this long, such as 90d",
      parseUnused,
    ),
    orphans: flag("--orphans", "Users without a key that are older than ten minutes"),
    dryRun: flag("-d, --dry-run", "Show which users would be deleted, and delete nothing"),
    yes: flag("--yes", "Don't ask"),
    ...awsOptions,
  },
  stopsItself: true,
  async run({ options }, io) {
    const { expired, unusedFor, orphans, dryRun, yes } = options;
    if (!expired && unusedFor === undefined && !orphans) {
      throw usage("Say which users to delete: --expired, --unused-for or --orphans");
    }
    if (yes && dryRun) throw usage("--yes cannot be used with --dry-run");
    if (!yes && !dryRun && io.askLine === undefined) {
      throw usage("Can't ask without a terminal: pass --yes to delete, or --dry-run to look");
    }
    const criteria = { expired, unusedFor, orphans, now: io.now?.() ?? new Date() };
    const { onError, finish } = itemErrors(io);
    await withAws(options, io, async (aws) => {
      const { findPrunableUsers, pruneUser } = await library.prune();
      const users: PrunableUser[] = [];
      const found = findPrunableUsers(aws, { ...criteria, onError });
      for await (const user of abortableItems(found, io)) {
        users.push(user);
        if (dryRun) await writeLine(io, `Would delete user: ${inWords(user)}`);
      }
      if (users.length === 0) await writeMessage(io, "No user to delete");
      if (users.length === 0 || dryRun) return;
      if (!yes) await confirmUsers(users, io);
      await deleteUsers(users, {
        describe: inWords,
        remove: (user, onRemoved) =>
          pruneUser(aws, user, { ...criteria, onRemoved, signal: io.signal }),
        onError,
      }, io);
    }).catch(async (error) => {
      // What was found out about single users comes first.
      await finish().catch(() => {});
      throw error;
    });
    await finish();
  },
});

function inWords({ UserName, Reason, Since, Keys }: PrunableUser): string {
  const time = formatTime(Since);
  const keys = Keys.length === 1 ? "its key was not" : "none of its keys was";
  switch (Reason) {
    case "expired":
      return `${UserName} (its keys expired at ${time})`;
    case "unused":
      return `${UserName} (${keys} used since ${time})`;
    case "orphan":
      return `${UserName} (it has no key, and was created at ${time})`;
  }
}

async function confirmUsers(users: readonly PrunableUser[], io: Io): Promise<void> {
  for (const user of users) await writeMessage(io, `User: ${inWords(user)}`);
  const what = users.length === 1 ? "this user" : `these ${users.length} users`;
  await confirm(
    io.askLine!,
    `Delete ${what} with everything attached, for good? Type yes to go on: `,
    {
      isYes: (answer) => answer.toLowerCase() === "yes",
      refusal: "Nothing was deleted: the answer was not yes",
    },
  );
}
