/**
 * The commands about users and roles.
 *
 * @module
 */
import { abortable } from "../abortable.ts";
import { mapOrdered } from "../concurrency.ts";
import { asUsageError, S3CredentialsError } from "../errors.ts";
import type { Aws } from "../aws/connect.ts";
import { escapeName } from "../escape.ts";
import type { UserPolicies } from "../account/user_policies.ts";
import { checkRoleName, checkUserName } from "../names.ts";
import {
  roleColumns,
  roleRow,
  USER_COLUMNS,
  USER_POLICY_COLUMNS,
  userRow,
} from "./lists/account_rows.ts";
import { defineCommand, flag } from "./command.ts";
import type { Io } from "./io.ts";
import { itemErrors } from "./items.ts";
import { abortableItems, chosenFormat, rowFormatOf, rowOptions, writeRows } from "./lists/write.ts";
import { library } from "./library.ts";
import { awsOptions, withAws } from "./options.ts";
import { writeJson, writeLine, writeMessage } from "./output.ts";
import { rowsOf } from "./lists/rows.ts";
import { deleteUsers, USERS_AT_A_TIME } from "./user_deletions.ts";

/** `s3-credentials whoami` */
export const whoami = defineCommand({
  printsJson: true,
  description: "Show which identity the credentials belong to: its user or role, and the account.",
  examples: [
    ["Your own credentials:", "whoami"],
    ["Credentials that create has written to a file:", "whoami --auth auth.json"],
  ],
  options: {
    verbose: flag(
      "-v, --verbose",
      "Show profile, source of the credentials, region and endpoints on standard error",
    ),
    ...awsOptions,
  },
  async run({ options }, io) {
    const identity = await withAws(options, io, async (aws) => {
      const { whoami } = await library.whoami();
      if (options.verbose || options.debug) {
        await writeMessage(io, await connectionLines(aws, options.auth));
      }
      return await whoami(aws);
    });
    await writeJson(io, identity);
  },
});

async function connectionLines(aws: Aws, auth: string | undefined): Promise<string> {
  const { connectionOf } = await library.connect();
  const { profile, credentials, region, endpoints } = await connectionOf(aws).describe();
  return [
    `Profile: ${profile === undefined ? "none is named" : escapeName(profile)}`,
    `Credentials: ${credentials ?? givenSource(auth)}`,
    `Region: ${region}`,
    ...Object.entries(endpoints).map(([service, url]) => `Endpoint of ${service}: ${url}`),
  ].join("\n");
}

function givenSource(auth: string | undefined): string {
  if (auth === undefined) return "from the command line";
  return auth === "-" ? "from standard input, by --auth" : `${escapeName(auth)}, by --auth`;
}

/** `s3-credentials delete-user` */
export const deleteUser = defineCommand({
  operands: "<usernames...>",
  description: "Delete users with everything attached to them: policies, access keys, group " +
    "memberships, login profile, MFA devices, certificates and other credentials.",
  examples: [
    ["Two users:", "delete-user username1 username2"],
    ["Show first what would be removed:", "delete-user username1 --dry-run"],
  ],
  options: {
    dryRun: flag("-d, --dry-run", "Show what would be removed, and remove nothing"),
    ...awsOptions,
  },
  stopsItself: true,
  async run({ operands, options }, io) {
    const names = [...new Set(operands)];
    for (const name of names) asUsageError(() => checkUserName(name));
    await withAws(options, io, async (aws) => {
      if (options.dryRun) return await showDependents(aws, names, io);
      const { deleteUser } = await library.deleteUser();
      const { onError, finish } = itemErrors(io);
      await deleteUsers(names, {
        describe: (name) => name,
        remove: (name, onRemoved) => deleteUser(aws, name, { onRemoved, signal: io.signal }),
        onError,
      }, io);
      await finish();
    });
  },
});

async function showDependents(aws: Aws, names: readonly string[], io: Io): Promise<void> {
  const { userDependents } = await library.deleteUser();
  const { onError, finish } = itemErrors(io);
  const looks = mapOrdered(names, async (name) => {
    const found = abortable(userDependents(aws, name), io.signal);
    return { name, found: await found.catch((error: Error) => error) };
  }, USERS_AT_A_TIME);
  for await (const { name, found } of looks) {
    io.signal.throwIfAborted();
    if (found instanceof S3CredentialsError) {
      onError(found);
      continue;
    }
    if (found instanceof Error) throw found;
    await writeLine(io, `User: ${name}`);
    for (const { kind, id } of found) {
      await writeLine(io, `  Would remove ${kind}${kind === "login profile" ? "" : `: ${id}`}`);
    }
    await writeLine(io, "  Would delete user");
  }
  await finish();
}

/** `s3-credentials list-users` */
export const listUsers = defineCommand({
  description: "List all users of the account.",
  examples: [["As JSON:", "list-users"], ["As CSV:", "list-users --csv"]],
  options: { ...rowOptions, ...awsOptions },
  async run({ options }, io) {
    const format = rowFormatOf(options);
    await withAws(options, io, async (aws) => {
      const { listUsers } = await library.users();
      await writeRows(io, rowsOf(listUsers(aws), userRow), format, USER_COLUMNS);
    });
  },
});

/** `s3-credentials list-roles` */
export const listRoles = defineCommand({
  operands: "[role_names...]",
  description: "List the roles of the account: all of them, or only the given ones.",
  examples: [
    ["All roles as JSON:", "list-roles"],
    ["All roles as CSV:", "list-roles --csv"],
    ["One role with its policies:", "list-roles MyRole --details"],
  ],
  options: {
    details: flag("--details", "Include inline and attached policies (slower)"),
    ...rowOptions,
    ...awsOptions,
  },
  async run({ operands, options }, io) {
    const format = rowFormatOf(options);
    for (const name of operands) asUsageError(() => checkRoleName(name));
    const { onError, finish } = itemErrors(io);
    await withAws(options, io, async (aws) => {
      const { listRoles } = await library.roles();
      const names = [...new Set(operands)];
      const roles = listRoles(aws, { names, details: options.details, onError });
      await writeRows(io, rowsOf(roles, roleRow), format, roleColumns(options.details));
    });
    await finish();
  },
});

/** `s3-credentials list-user-policies` */
export const listUserPolicies = defineCommand({
  operands: "[usernames...]",
  description: "List the inline policies of the given users, or of all users.",
  examples: [
    ["One user:", "list-user-policies username"],
    ["All users:", "list-user-policies"],
    ["As JSON, one object a policy:", "list-user-policies --json"],
  ],
  options: {
    json: flag("--json", "JSON: an array with an object a policy"),
    ...rowOptions,
    ...awsOptions,
  },
  async run({ operands, options }, io) {
    const format = chosenFormat(options);
    const names = [...new Set(operands)];
    for (const name of names) asUsageError(() => checkUserName(name));
    const { onError, finish } = itemErrors(io);
    await withAws(options, io, async (aws) => {
      const { listUserPolicies } = await library.userPolicies();
      const found = listUserPolicies(aws, { names, onError });
      if (format !== undefined) {
        return await writeRows(io, policyRows(found), format, USER_POLICY_COLUMNS);
      }
      for await (const { UserName, Policies } of abortableItems(found, io)) {
        await writeLine(io, `User: ${UserName}`);
        for (const { PolicyName, PolicyDocument } of Policies) {
          await writeLine(io, `PolicyName: ${PolicyName}`);
          await writeJson(io, PolicyDocument);
        }
      }
    });
    await finish();
  },
});

async function* policyRows(found: AsyncIterable<UserPolicies>): AsyncGenerator<object> {
  for await (const { UserName, Policies } of found) {
    for (const policy of Policies) yield { UserName, ...policy };
  }
}
