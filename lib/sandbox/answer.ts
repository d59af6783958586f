/**
 * What the sandbox sends back.
 *
 * @module
 */

import type { Content } from "./content.ts";

/** A response, made and sent many times faster than the `Response` of the platform. */
export class Answer {
  readonly status: number;
  /** By their names in small letters. */
  readonly headers: Record<string, string>;
  readonly body: Content | string;

  constructor(
    body: Content | string | null,
    { status = 200, headers = {} }: { status?: number; headers?: Record<string, string> } = {},
  ) {
    this.status = status;
    this.headers = { ...headers };
    this.body = body ?? "";
  }
}
