/**
 * The log of the requests to a sandbox.
 *
 * @module
 */
import { escapeName } from "../../escape.ts";
import type { RequestRecord } from "../../sandbox/mod.ts";
import type { Io } from "../io.ts";
import { writeMessage } from "../output.ts";
import { decisionText } from "../policies/can_text.ts";

/** Writes requests to standard error, one after the other. */
export function requestLog(io: Io): { write(record: RequestRecord): void; end(): Promise<void> } {
  let writing = Promise.resolve();
  return {
    write(record) {
      writing = writing.then(() =>
        writeMessage(io, requestLines(record).map(escapeName).join("\n"))
      );
    },
    end: () => writing,
  };
}

/** A line for each permission, or one for a request that needed none or got no further. */
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
