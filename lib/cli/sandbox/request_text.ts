/**
 * The requests to a sandbox in words.
 *
 * @module
 */
import { escapeName } from "../../escape.ts";
import type { RequestRecord } from "../../sandbox/mod.ts";
import { decisionText } from "../policies/can_text.ts";

/** A line for each permission, or one for a request that needed none or got no further. */
export function requestText(record: RequestRecord): string {
  return requestLines(record).map(escapeName).join("\n");
}

function requestLines(record: RequestRecord): string[] {
  const { caller = "anonymous", operation = "?", status, errorCode, decisions } = record;
  const request = `${caller} ${operation} ${status === 0 ? "cut" : status}`;
  if (decisions.length === 0) return [`${request}  ${errorCode ?? "needs no permission"}`];
  return decisions.map(({ action, resource, decision, denial }) => {
    const [word, why] = decision === undefined
      ? ["denied", denial]
      : [decision.decision, decisionText(decision)];
    return `${request}  ${word}  ${action}  ${resource}  ${why}`;
  });
}
