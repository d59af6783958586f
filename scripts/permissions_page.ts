/**
 * The page of the permissions that each command needs.
 *
 * @module
 */
import {
  COMMAND_PERMISSIONS,
  type CommandPermission,
  COMMANDS_WITHOUT_AWS,
  type CommandUse,
} from "../lib/cli/policies/command_permissions.ts";
import { permissionsDocument } from "../lib/cli/policies/permissions_document.ts";

const INTRODUCTION = `# Permissions

The permissions that each command needs, as policy documents to attach to the user who runs it. Made
by \`deno task docs\` from \`lib/cli/policies/command_permissions.ts\`, and tested: every command runs in the
sandbox under exactly these policies, they are compared with its calls, and each action is removed in
turn to see that the error names it.

Replace \`ACCOUNT\` by the number of your account and \`my-bucket\` by the name of your bucket, or by a
pattern such as \`team-*\`. \`s3.*\` covers the names that \`create\` gives to users; with \`--username\` put
that name in its place, as \`s3-credentials permissions create --user NAME\` does. For several buckets or users, name each as a resource, or use a pattern.

- ${
  COMMANDS_WITHOUT_AWS.map((name) => `\`${name}\``).join(", ")
} make no request. \`whoami\` needs no permission, nor does any other command for that call.
- \`create --create-bucket\` if the bucket already exists also needs \`s3:ListBucket\` on it.
- \`create\` under these policies creates users with the default permissions boundary. The conditions
  enforce that: without them, a caller who may attach a policy to a user and create a key for it may do
  anything. \`--policy\`, \`--statement\` and \`--user-permissions-boundary none\` create users without a
  boundary, and need the second policy of \`create\`: treat a caller who has it as an administrator.
- The policy of a bucket of another account must grant the same.
`;

/**
 * Makes `docs/permissions.md`.
 *
 * @returns the page
 */
export function permissionsPage(): string {
  const byCommand = Map.groupBy(COMMAND_PERMISSIONS, ({ command }) => command);
  return [
    INTRODUCTION,
    ...[...byCommand].map(([command, uses]) => `## ${command}\n\n${uses.map(useText).join("\n")}`),
  ].join("\n");
}

function useText({ use, line, permissions, undo = [] }: CommandUse): string {
  const parts = [
    ...(use === undefined ? [] : [`### ${use}`]),
    `\`s3-credentials ${line}\``,
    permissions.length === 0 ? "No permission is needed." : documentText(permissions),
    ...skipped(permissions),
  ];
  if (undo.length > 0) {
    parts.push(
      "To roll back what was made if the command fails half-way, also:",
      documentText(undo),
      ...skipped(undo),
    );
  }
  return `${parts.join("\n\n")}\n`;
}

function documentText(permissions: readonly CommandPermission[]): string {
  const text = JSON.stringify(permissionsDocument(permissions), null, 4);
  return `\`\`\`json\n${text}\n\`\`\``;
}

/** What may be omitted, and what then happens. */
function skipped(permissions: readonly CommandPermission[]): string[] {
  const reasons = Map.groupBy(
    permissions.filter(({ optional }) => optional !== undefined),
    ({ optional }) => optional,
  );
  if (reasons.size === 0) return [];
  const lines = [...reasons].map(([reason, group]) =>
    `- ${group.map(({ action }) => `\`${action}\``).join(", ")}: ${reason}`
  );
  return [`These may be omitted:\n\n${lines.join("\n")}`];
}
