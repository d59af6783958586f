/**
 * The command `permissions`.
 *
 * @module
 */
import { S3CredentialsError } from "../../errors.ts";
import { checkBucketName, checkUserName } from "../../names.ts";
import { parsePartition } from "../../partitions.ts";
import { didYouMean, nearest } from "../../suggest.ts";
import { checked, defineCommand, flag, value, values } from "../command.ts";
import { parseAccountId, usage } from "../options.ts";
import { writeJson, writeMessage } from "../output.ts";
import {
  COMMAND_PERMISSIONS,
  type CommandPermission,
  COMMANDS_WITHOUT_AWS,
  type CommandUse,
} from "./command_permissions.ts";
import { TOOL_USERS } from "./permission_table.ts";
import { permissionsDocument } from "./permissions_document.ts";

function usesOf(command: string, wanted: readonly string[]): CommandUse[] {
  const uses = COMMAND_PERMISSIONS.filter((one) => one.command === command);
  if (uses.length === 0) {
    if (COMMANDS_WITHOUT_AWS.includes(command)) return [];
    const names = [...new Set(COMMAND_PERMISSIONS.map((one) => one.command))];
    const near = nearest(command, names).slice(0, 1);
    throw usage(
      `Unknown command '${command}'${didYouMean(near)}`,
    );
  }
  const chosen = wanted.flatMap((text) => usesCalled(text, uses));
  return chosen.length > 0 ? chosen : uses.slice(0, 1);
}

/** The use with this title, otherwise the one whose title contains the text; none if there is none. */
function usesCalled(text: string, uses: readonly CommandUse[]): CommandUse[] {
  const wanted = text.toLowerCase();
  const exact = uses.find(({ use }) => use?.toLowerCase() === wanted);
  if (exact !== undefined) return [exact];
  const found = uses.filter(({ use }) => use?.toLowerCase().includes(wanted));
  if (found.length <= 1) return found;
  const titles = found.map(({ use }) => use).join("; ");
  throw usage(
    `Invalid value for --use: several uses of ${found[0]!.command} match ${text}: ${titles}`,
  );
}

/** The user of whom the page speaks, but for commands that find it by themselves (`user/*`). */
const NAMED_USER = /:user\/(s3\.\*|my-user)$/;

/** What the page calls `my-bucket`, `s3.*` or `my-user`, and `ACCOUNT`, by its own names. */
function named(
  permission: CommandPermission,
  { buckets, users, account }: { buckets: string[]; users: string[]; account: string },
): CommandPermission[] {
  const resource = permission.resource.replace("ACCOUNT", account);
  const ofUsers = users.length > 0 && NAMED_USER.test(resource)
    ? users.map((user) => resource.replace(NAMED_USER, `:user/${user}`))
    : [resource];
  const all = ofUsers.flatMap((one) =>
    buckets.map((bucket) => one.replace(":::my-bucket", `:::${bucket}`))
  );
  return [...new Set(all)].map((one) => ({ ...permission, resource: one }));
}

/** Lists the titles that there are. */
function noSuchUse(text: string, commands: readonly string[]): S3CredentialsError {
  const lists = commands.map((command) => {
    const uses = COMMAND_PERMISSIONS.filter((one) => one.command === command);
    return uses.length > 1 ? `Uses of ${command}:\n${titles(uses)}` : `${command} has one use only`;
  });
  const message = `Invalid value for --use: no use is called ${JSON.stringify(text)}`;
  return new S3CredentialsError("usage", message, { hint: lists.join("\n") });
}

function titles(uses: readonly CommandUse[]): string {
  return uses.map(({ use }) => `  ${use}`).join("\n");
}

function otherUses(command: string, shown: readonly CommandUse[]): string | undefined {
  const others = COMMAND_PERMISSIONS.filter((one) =>
    one.command === command && !shown.includes(one)
  );
  if (others.length === 0 || shown.length === 0) return undefined;
  return `For ${command}: ${shown.map(({ use }) => use).join("; ")}. Other uses, for --use:\n${
    titles(others)
  }`;
}

/** `s3-credentials permissions` */
export const permissions = defineCommand({
  operands: "<commands...>",
  description:
    "Print the policy that somebody needs to run commands of this tool: what they call if all goes " +
    "well, and to roll back what they have made if not. Makes no request and needs no credentials.",
  examples: [
    [
      "To create credentials for a bucket, and delete their user again:",
      "permissions create delete-user --bucket my-bucket",
    ],
    [
      "To create credentials with --username app-1 or the like:",
      "permissions create --bucket my-bucket --user 'app-*'",
    ],
    [
      "To create credentials with their bucket:",
      "permissions create --use 'a new user and a new bucket' --bucket my-bucket",
    ],
  ],
  options: {
    bucket: values(
      "--bucket <name>",
      "Bucket, or a pattern such as team-*; may be repeated",
      checked((text) => checkBucketName(text.replaceAll("*", "x"))),
    ),
    user: values(
      "--user <name>",
      "User that a command is about, or a pattern such as app-*; may be repeated (default: the " +
        "names that create chooses)",
      checked((text) => checkUserName(text.replaceAll("*", "x"))),
    ),
    use: values(
      "--use <text>",
      "Use of a command, by its title or a part of it; may be repeated",
    ),
    account: value(
      "--account <number>",
      "Number of the account (default: any)",
      parseAccountId,
    ),
    partition: value(
      "--partition <name>",
      "AWS partition of the account, such as aws-cn or aws-us-gov (default: aws)",
      parsePartition,
    ),
    minimal: flag("--minimal", "Omit what the commands can do without, and rolling back"),
  },
  async run({ operands, options }, io) {
    const { bucket, user, use, account = "*", partition, minimal } = options;
    const chosen = operands.map((command) => ({ command, uses: usesOf(command, use) }));
    const unused = use.find((text) =>
      !chosen.some(({ uses }) =>
        uses.some((one) => one.use?.toLowerCase().includes(text.toLowerCase()))
      )
    );
    if (unused !== undefined) throw noSuchUse(unused, operands);
    const needed = chosen.flatMap(({ uses }) =>
      uses.flatMap(({ permissions, undo = [] }) =>
        minimal ? permissions : [...permissions, ...undo]
      )
    );
    const buckets = bucket.length > 0 ? bucket : ["my-bucket"];
    const granted = needed.filter(({ optional }) => !minimal || optional === undefined);
    const names = { buckets, users: user, account };
    const document = permissionsDocument(
      granted.flatMap((permission) => named(permission, names)),
      partition,
    );
    for (const { command, uses } of chosen) {
      const others = use.length === 0 ? otherUses(command, uses) : undefined;
      if (others !== undefined) await writeMessage(io, others);
    }
    const isAsItComes = user.length === 0 && use.length === 0;
    if (isAsItComes && granted.some(({ resource }) => resource === TOOL_USERS)) {
      await writeMessage(io, "For users that are not called s3.*, name them: --user");
    }
    if (document === undefined) await writeMessage(io, "No permission is needed");
    else await writeJson(io, document);
  },
});
