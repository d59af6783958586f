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
import { awsOptions, usage, withAws } from "../options.ts";
import { messageLog } from "../output.ts";

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
    ...awsOptions,
  },
  stopsItself: true,
  async run({ options }, io) {
    const { role, before, undo } = options;
    const now = io.now?.() ?? new Date();
    if (undo && before !== undefined) throw usage("--undo cannot be used with --before");
    asUsageError(() => {
      if (before === undefined || before <= now) return;
      throw new InvalidInput(`${formatTime(before)} is in the future`);
    }, "Invalid value for --before");
    const log = messageLog(io, false);
    await withAws(options, io, async (aws) => {
      const { revokeSessions, undoRevocation } = await library.revoke();
      if (undo) {
        const { RoleName } = await undoRevocation(aws, { role, signal: io.signal });
        log.say(`Sessions of role ${RoleName} work again`);
        return;
      }
      const { RoleName, Before } = await revokeSessions(aws, {
        ...{ role, before, now },
        signal: io.signal,
      });
      log.say(
        `Revoked all sessions of role ${RoleName} that were issued before ${formatTime(Before!)}`,
      );
      log.warn(
        role === undefined
          ? "This affects everyone with temporary credentials from create, exec or localserver in this account"
          : `This affects everyone who has assumed role ${RoleName}, by whatever program`,
      );
    }).finally(log.flush);
  },
});
