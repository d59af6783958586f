/**
 * Calls of IAM that several functions make.
 *
 * @module
 */
import { Limiter } from "../concurrency.ts";
import { type Aws, connectionOf, type IAMClient } from "../aws/connect.ts";
import { serviceError } from "../aws/service_error.ts";

/**
 * A client for the many calls of a listing, of which no more than `concurrency` run at the same time; the
 * others wait for their turn.
 *
 * @throws {S3CredentialsError} which says that `action` failed, if there is no client
 */
export async function listingClient(
  aws: Aws,
  concurrency: number,
  action: string,
): Promise<IAMClient> {
  const limiter = new Limiter(concurrency);
  const iam = await connectionOf(aws).iam({ adaptive: true }).catch((error) => {
    throw serviceError(error, action);
  });
  return new Proxy(iam, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (typeof member !== "function") return member;
      return (...args: unknown[]) => limiter.run(() => member.apply(target, args));
    },
  });
}
