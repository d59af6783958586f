/**
 * The commands about the life of a key.
 *
 * @module
 */
import { asUsageError } from "../../errors.ts";
import { checkUserName } from "../../names.ts";
import { formatTime } from "../../time.ts";
import { defineCommand } from "../command.ts";
import { library } from "../library.ts";
import { awsOptions, expiryOption, withAws } from "../options.ts";
import { messageLog } from "../output.ts";

/** `s3-credentials extend` */
export const extend = defineCommand({
  operands: "<username> <end>",
  description: "Change when the keys of a user expire: in 30d or 12h, at a date or time such as " +
    "2027-01-31 or 2027-01-31T17:00Z, or never. IAM refuses them from that second on.",
  examples: [
    ["Another thirty days from now:", "extend s3.read-write.my-bucket 30d"],
    ["Until a certain time, in UTC:", "extend s3.read-write.my-bucket 2027-01-31T17:00Z"],
    ["For ever:", "extend s3.read-write.my-bucket never"],
  ],
  options: awsOptions,
  async run({ operands, options }, io) {
    const [name = "", end = ""] = operands;
    asUsageError(() => checkUserName(name));
    const expires = end === "never" ? null : expiryOption(end, io, "Invalid end");
    const log = messageLog(io, false);
    await withAws(options, io, async (aws) => {
      const { extendKeys } = await library.expire();
      const { Before } = await extendKeys(aws, name, expires, {
        now: io.now?.(),
        onWarning: log.warn,
        signal: io.signal,
        patienceMs: io.patienceMs,
      });
      log.say(`The keys of user ${name} expire: ${inWords(expires)} (before: ${inWords(Before)})`);
    }).finally(log.flush);
  },
});

function inWords(time: Date | null): string {
  return time === null ? "never" : formatTime(time);
}
