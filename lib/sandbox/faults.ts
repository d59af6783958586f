/**
 * Makes calls fail on purpose, so that a program can be tested against the failures of AWS.
 *
 * @module
 */
import type { Decision } from "../policy/access.ts";

/** What was decided on a permission. */
export interface PermissionDecision {
  /** IAM action, such as `s3:GetObject`. */
  action: string;
  /** ARN of the resource, or `*`. */
  resource: string;
  /** What the policies say; `undefined` if they were not asked, or could not be. */
  decision: Decision | undefined;
  /** Why not, in AWS's words; `undefined` if it is allowed. */
  denial: string | undefined;
}

/** What the sandbox remembers of a request. */
export interface RequestRecord {
  /** Service that was called. */
  service: "iam" | "sts" | "s3";
  /** AWS's name of the operation; `undefined` where the request could not be read that far. */
  operation: string | undefined;
  /** The permissions that were required. */
  permissions: { action: string; resource: string }[];
  /** What was decided on them; a denial is the last, unless the operation goes on without it. */
  decisions: PermissionDecision[];
  /** ARN of the caller; `undefined` if the request was unsigned or its signature invalid. */
  caller: string | undefined;
  /** Access key id of the caller. */
  accessKeyId: string | undefined;
  /** HTTP status of the response; 0 until there is one, and if the connection was cut. */
  status: number;
  /** AWS's error code, if the response was an error. */
  errorCode: string | undefined;
}

/**
 * A failure to inject.
 *
 * @example The second PutUserPolicy is throttled
 * ```ts
 * import type { Fault } from "@s3creds/cli/sandbox";
 *
 * const fault: Fault = {
 *   operation: "PutUserPolicy",
 *   occurrence: 2,
 *   error: { status: 400, code: "Throttling", message: "Rate exceeded" },
 * };
 * ```
 */
export interface Fault {
  /** Name of an API operation, such as `CreateUser`, or `*` for any. */
  operation: string;
  /** Which matching call is the first to fail, counted from 1 since the fault was set; default 1. */
  occurrence?: number;
  /** How many calls in a row fail; default 1, `Infinity` for all that follow. */
  times?: number;
  /** Only requests for which this is true match. The record has no status yet. */
  when?: (record: RequestRecord) => boolean;
  /** Responds with this error in place of the operation's own response. */
  error?: { status: number; code: string; message: string; headers?: Record<string, string> };
  /** Waits this many milliseconds before anything else. */
  delayMs?: number;
  /** Waits for this promise before anything else, so that a test can order the answers. */
  until?: Promise<unknown>;
  /** Closes the connection without a response. */
  cut?: boolean;
  /** Carries the operation out first, so that only its response is lost, whether an error or not. */
  after?: boolean;
  /** Responds with status 200 and this body. */
  malformedBody?: string;
}

/** The faults that have been set, and how often each has matched. */
export class FaultList {
  #faults: { fault: Fault; seen: number }[] = [];

  /** Sets one more fault. */
  add(fault: Fault): void {
    this.#faults.push({ fault, seen: 0 });
  }

  /** Removes all faults. */
  clear(): void {
    this.#faults = [];
  }

  /** Counts a request with every fault that it matches and returns the ones to inject. */
  matching(record: RequestRecord): Fault[] {
    return this.#faults.filter((entry) => {
      const { operation, occurrence = 1, times = 1, when } = entry.fault;
      if (operation !== "*" && operation !== record.operation) return false;
      if (when && !when(record)) return false;
      entry.seen++;
      return entry.seen >= occurrence && entry.seen < occurrence + times;
    }).map(({ fault }) => fault);
  }
}
