/**
 * Reading policies of which the caller may not see all.
 *
 * @module
 */
import { serviceError } from "../aws/service_error.ts";
import type { S3CredentialsError } from "../errors.ts";
import type { UnreadPolicy } from "../policy/unread.ts";

/** Reads, and notes what could not be read. */
export class PolicyReader {
  readonly unread: UnreadPolicy[] = [];
  /** Why, each error once. */
  readonly errors: S3CredentialsError[] = [];

  /** What a call returns; `undefined` if it fails, unless AWS can't be asked at all: that is thrown. */
  async read<T>(
    layer: UnreadPolicy["layer"],
    what: string,
    call: Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await call;
    } catch (cause) {
      const error = serviceError(cause, `Could not read ${what}`);
      if (error.code === "credentials" || error.code === "network") throw error;
      this.unread.push({ layer, what });
      this.errors.push(error);
      return undefined;
    }
  }
}
