/**
 * Deletion that is left to S3, for `delete-bucket` and `delete-objects`.
 *
 * @module
 */
import type { Aws } from "../../aws/connect.ts";
import { escapeName, shellWord } from "../../escape.ts";
import { formatTime } from "../../time.ts";
import type { Io } from "../io.ts";
import { library } from "../library.ts";
import type { MessageLog } from "../output.ts";

/** From so many objects on, S3 itself is the better choice. */
const MANY = 1_000_000;

/** Whether so many objects are better left to S3. */
export function isMany(objects: number): boolean {
  return objects > MANY;
}

/** Says how else so many objects can be deleted. */
export function suggestion(command: string): string {
  return "More than a million objects: S3 deletes them by itself, without requests to pay for, with\n" +
    `  s3-credentials ${command} --by-lifecycle`;
}

/** Sets the rule by which S3 deletes objects, and says when it will have done so. */
export async function expire(
  aws: Aws,
  bucket: string,
  prefix: string | undefined,
  io: Io,
  log: MessageLog,
): Promise<void> {
  const { expireObjects } = await library.lifecycle();
  const { RuleId, ExpiredBy } = await expireObjects(aws, bucket, { prefix, now: io.now?.() });
  const below = prefix === undefined ? "" : ` below ${escapeName(prefix)}`;
  log.say(`Set lifecycle rule ${RuleId} of bucket ${bucket}`);
  log.say(
    `All that it holds${below} now has expired by ${formatTime(ExpiredBy)}; S3 then removes it, ` +
      "which may take a few more days",
  );
  log.warn(`S3 also deletes what is uploaded${below} later, as long as the rule is there`);
  const listing = `s3-credentials list-bucket ${bucket}` +
    (prefix === undefined ? "" : ` --prefix=${shellWord(prefix)}`);
  log.say(
    prefix === undefined
      ? `Next: ${listing} shows what is left; once that is nothing, delete-bucket ${bucket}`
      : `Next: ${listing} shows what is left; then remove the rule with --undo`,
  );
}

/** Takes the rule away. */
export async function keep(
  aws: Aws,
  bucket: string,
  prefix: string | undefined,
  log: MessageLog,
): Promise<void> {
  const { keepObjects } = await library.lifecycle();
  const wasThere = await keepObjects(aws, bucket, { prefix });
  log.say(
    wasThere
      ? `Removed the lifecycle rule by which S3 deletes from bucket ${bucket}`
      : `Bucket ${bucket} has no such lifecycle rule`,
  );
}
