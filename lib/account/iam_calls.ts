/**
 * Calls of IAM that several functions make.
 *
 * @module
 */
import type { AccessKeyMetadata } from "@aws-sdk/client-iam";
import { type Aws, connectionOf, type IAMClient } from "../aws/connect.ts";
import { type IamPage, iamPages } from "../aws/listing.ts";
import { serviceError } from "../aws/service_error.ts";
import { Limiter, mapOrdered } from "../concurrency.ts";
import type { PolicyDocument } from "../policy/document.ts";
import { parseDocument } from "./iam_document.ts";

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

/** The access keys of a user, without their secrets. */
export function accessKeysOf(iam: IAMClient, UserName: string): AsyncGenerator<AccessKeyMetadata> {
  return iamPages(
    (page) => iam.listAccessKeys({ UserName, ...page }),
    (page) => page.AccessKeyMetadata,
  );
}

/** The calls for inline policies, which a user, a role and a group have under different names. */
export interface InlinePolicyCalls {
  list(page: { Marker?: string }): Promise<IamPage & { PolicyNames?: string[] }>;
  get(PolicyName: string): Promise<{ PolicyDocument?: string }>;
}

/** The inline policies of a user, a role or a group, in AWS's order. */
export function inlinePolicies(
  { list, get }: InlinePolicyCalls,
): AsyncGenerator<{ PolicyName: string; PolicyDocument: PolicyDocument }> {
  return mapOrdered(iamPages(list, (page) => page.PolicyNames), async (PolicyName) => {
    const { PolicyDocument: text = "{}" } = await get(PolicyName);
    return { PolicyName, PolicyDocument: parseDocument(text) };
  });
}
