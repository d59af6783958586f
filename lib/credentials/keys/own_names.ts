/**
 * Which users `create` has named, for those that carry none of its tags.
 *
 * @module
 */
import { grantActions } from "../../policy/grants.ts";
import { presetActions, presets } from "../../policy/presets/presets.ts";

/** What `create` calls a grant that is not made of verbs. */
const GRANT_NAMES = new Set([
  ...["read-write", "read-only", "write-only", "read-write-no-delete", "custom", "grants"],
  ...presets().map((preset) => presetActions(preset).name),
]);

/** The buckets in a user name of the form that `create` gives; `undefined` for any other name. */
export function bucketsInUserName(userName: string): string[] | undefined {
  const [, grant = "", buckets = ""] = /^s3\.([\w+-]+)\.(.+)$/.exec(userName) ?? [];
  return GRANT_NAMES.has(grant) || isVerbs(grant) ? buckets.split(",") : undefined;
}

/** Whether it is a name such as `get+put`, in the order in which `create` writes the verbs. */
function isVerbs(name: string): boolean {
  try {
    return grantActions(name).name === name;
  } catch {
    return false;
  }
}
