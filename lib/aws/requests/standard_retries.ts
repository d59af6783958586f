/**
 * Retries as the SDK's clients make them, for requests without such a client.
 *
 * @module
 */
import { delay } from "../../abortable.ts";
import { readRetryAfter } from "../../http/adaptive_limiter.ts";
import { ConnectionError } from "../../http/errors.ts";
import { backoffMs } from "../../retry.ts";
import { answerHeaders, httpStatus, isThrottled } from "../service_error.ts";
import { type Clock, correctClock } from "./clock.ts";

const MAX_ATTEMPTS = 3;
const FIRST_DELAY_MS = 50;
const FIRST_DELAY_IF_THROTTLED_MS = 1_000;
/** How much longer a server can make the wait. */
const MAX_MORE_MS = 5_000;

/** The runtime's codes for what may pass: not that a certificate isn't trusted, or no HTTP is spoken. */
const PASSING = new Set([
  ...["ECONNRESET", "ECONNREFUSED", "EPIPE", "ETIMEDOUT"],
  ...["EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN"],
]);

/** Makes up to three attempts, as long as the error may pass; throws that of the last one. */
export async function withStandardRetries<T>(attempt: () => Promise<T>, clock: Clock): Promise<T> {
  for (let failures = 1;; failures++) {
    try {
      return await attempt();
    } catch (error) {
      const isCorrected = correctClock(clock, answerHeaders(error));
      if (failures === MAX_ATTEMPTS || !(isCorrected || isPassing(error))) throw error;
      await delay(delayMs(error, failures));
    }
  }
}

function isPassing(error: unknown): boolean {
  if (error instanceof ConnectionError) return PASSING.has(error.code);
  return isThrottled(error) || [500, 502, 503, 504].includes(httpStatus(error) ?? 0);
}

function delayMs(error: unknown, failures: number): number {
  const first = isThrottled(error) ? FIRST_DELAY_IF_THROTTLED_MS : FIRST_DELAY_MS;
  const usual = backoffMs(failures, first);
  const wanted = readRetryAfter(answerHeaders(error)["retry-after"], Date.now()) ?? 0;
  return Math.max(usual, Math.min(wanted, usual + MAX_MORE_MS));
}
