/**
 * The calls of one listing of IAM.
 *
 * @module
 */
import { Limiter } from "../concurrency.ts";
import { type Aws, connectionOf, type IAMClient } from "../aws/connect.ts";
import { serviceError } from "../aws/service_error.ts";

/** IAM, and the limit that all calls of one listing share. */
export interface IamCalls {
  iam: IAMClient;
  limiter: Limiter;
}

/** A client for many calls, in error described as `action`. */
export async function iamCalls(aws: Aws, concurrency: number, action: string): Promise<IamCalls> {
  try {
    const iam = await connectionOf(aws).iam({ adaptive: true });
    return { iam, limiter: new Limiter(concurrency) };
  } catch (error) {
    throw serviceError(error, action);
  }
}
