/**
 * The one setting of a whole account that S3 Control keeps here: its public access block.
 *
 * @module
 */
import { Answer } from "../answer.ts";
import { ServiceError } from "../operation.ts";
import { publicAccessBlockMarkup, readPublicAccessBlock } from "./buckets/settings.ts";
import { emptyAnswer, type S3Call } from "./call.ts";
import { accessDenied } from "./errors.ts";
import { document } from "../xml.ts";

const NAMESPACE = "http://awss3control.amazonaws.com/doc/2018-08-20/";

/** Another account's settings can't be accessed. */
function checkAccount({ request, account }: S3Call): void {
  if (request.headers.get("x-amz-account-id") !== account.id) throw accessDenied();
}

/** PutPublicAccessBlock of the account. */
export function putAccountPublicAccessBlock(call: S3Call): Answer {
  checkAccount(call);
  call.account.publicAccessBlock = readPublicAccessBlock(call);
  return emptyAnswer();
}

/** GetPublicAccessBlock of the account. */
export function getAccountPublicAccessBlock(call: S3Call): Answer {
  checkAccount(call);
  const block = call.account.publicAccessBlock;
  if (block === undefined) {
    throw new ServiceError(
      404,
      "NoSuchPublicAccessBlockConfiguration",
      "The public access block configuration was not found",
      { details: { AccountId: call.account.id } },
    );
  }
  const content = publicAccessBlockMarkup(block);
  return new Answer(document("PublicAccessBlockConfiguration", NAMESPACE, content), {
    headers: { "content-type": "application/xml" },
  });
}

/** DeletePublicAccessBlock of the account. */
export function deleteAccountPublicAccessBlock(call: S3Call): Answer {
  checkAccount(call);
  call.account.publicAccessBlock = undefined;
  return emptyAnswer(204);
}
