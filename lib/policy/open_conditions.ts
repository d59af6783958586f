/**
 * Conditions that an answer depends on, although nobody has said what the request has.
 *
 * @module
 */
import { isObject } from "../is_object.ts";
import type { Asker } from "./ask.ts";
import { isAbout } from "./bucket_readers.ts";
import { CAPABILITY_ACTIONS, documentsOf } from "./capabilities.ts";
import { knownValues } from "./evaluate.ts";

/** Keys whose values follow from who asks and for what, where they have any. */
const FOLLOWING = /^(?:aws:(?:Principal.*|user(?:id|name))|.*:ResourceAccount|s3:prefix)$/i;

/**
 * The condition keys without a value in the statements about some actions, each once; about all that
 * capabilities are made of if none is named.
 */
export function openConditionKeys(
  { policies, request }: Pick<Asker, "policies" | "request">,
  actions: readonly string[],
): string[] {
  const values = knownValues(request);
  const asked = actions.length > 0 ? actions : CAPABILITY_ACTIONS;
  const statements = documentsOf(policies).filter(isObject)
    .flatMap(({ Statement }) => [Statement].flat().filter(isObject))
    .filter((statement) => asked.some((action) => isAbout(statement, action)));
  const keys = statements.flatMap(({ Condition }) =>
    Object.values(isObject(Condition) ? Condition : {}).filter(isObject).flatMap(Object.keys)
  );
  const open = keys.filter((key) =>
    !FOLLOWING.test(key) && values.get(key.toLowerCase()) === undefined
  );
  return [...new Map(open.map((key) => [key.toLowerCase(), key])).values()];
}
