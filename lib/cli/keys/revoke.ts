/**
 * The command `revoke-sessions`.
 *
 * @module
 */
import { asUsageError, InvalidInput } from "../../errors.ts";
import { checkRoleName } from "../../names.ts";
import { formatTime, parseTime } from "../../time.ts";
import { checked, defineCommand, flag, value } from "../command.ts";
import { library } from "../library.ts";
import { awsOptions, dryRunOption, usage, withAws } from "../options.ts";
import { messageLog, writeLine } from "../output.ts";

/** `s3-credentials revoke-sessions` */
export const revokeSessions = defineCommand({
  description:
    "Revoke temporary credentials: all sessions of a role that were issued until now are " +
    "denied everything, those issued later are not. Without --role, the role of create --duration, " +
    "exec and localserver.",
  examples: [
    ["All temporary credentials of this tool:", "revoke-sessions"],
    ["Let them work again:", "revoke-sessions --undo"],
  ],
  options: {
    role: value(
      "--role <name>",
      "Another role: every session of it is denied",
      checked(checkRoleName),
    ),
    before: value(
      "--before <time>",
      "Only sessions that were issued before, such as 2027-01-31T17:00Z (default: now)",
      (text) => parseTime(text),
    ),
    undo: flag("--undo", "Let them work again, unless they have expired"),
    dryRun: dryRunOption,
    ...awsOptions,
  },
  stopsItself: true,
  async run({ options }, io) {
    const { role, before, undo, dryRun } = options;
    const now = io.now?.() ?? new Date();
    if (undo && before !== undefined) throw usage("--undo cannot be used with --before");
    if (undo && dryRun) throw usage("--undo cannot be used with --dry-run");
    asUsageError(() => {
      if (before === undefined || before <= now) return;
      throw new InvalidInput(`${formatTime(before)} is in the future`);
    }, "Invalid value for --before");
    const log = messageLog(io);
    await withAws(options, io, async (aws) => {
      const { revokeSessions, undoRevocation } = await library.revoke();
      if (undo) {
        const { RoleName } = await undoRevocation(aws, { role, signal: io.signal });
        log.say(`Sessions of role ${RoleName} work again`);
        return;
      }
      const { RoleName, Before } = await revokeSessions(aws, {
        ...{ role, before, now, dryRun },
        signal: io.signal,
      });
      const what = `all sessions of role ${RoleName} that were issued before ${
        formatTime(Before!)
      }`;
      if (dryRun) return await writeLine(io, `Would revoke ${what}`);
      log.say(`Revoked ${what}`);
      log.warn(
        role === undefined
          ? "This affects everyone with temporary credentials from create, exec or localserver in this account"
          : `This affects everyone who has assumed role ${RoleName}, by whatever program`,
      );
    }).finally(log.flush);
  },
});
