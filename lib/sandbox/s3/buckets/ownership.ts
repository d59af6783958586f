/**
 * Who owns the objects of a bucket, which also says whether it has ACLs.
 *
 * @module
 */
import type { Answer } from "../../answer.ts";
import type { Bucket } from "../../account.ts";
import { ServiceError } from "../../operation.ts";
import { grantsOnlyTo } from "../acl.ts";
import { emptyAnswer, type S3Call, xmlAnswer } from "../call.ts";
import { malformedXml, notConfigured } from "../errors.ts";
import { ownerId } from "../owners.ts";
import { childrenOf, element, textOf } from "../../xml.ts";

const OWNERSHIPS = ["BucketOwnerEnforced", "BucketOwnerPreferred", "ObjectWriter"] as const;

function ownershipNamed(text: string | undefined): Bucket["objectOwnership"] | undefined {
  return OWNERSHIPS.find((known) => known === text);
}

/** The object ownership that CreateBucket asks for; `undefined` if it says nothing. */
export function requestedOwnership(call: S3Call): Bucket["objectOwnership"] | undefined {
  const name = "x-amz-object-ownership";
  const header = call.header(name);
  if (header === undefined) return undefined;
  const ownership = ownershipNamed(header);
  if (ownership !== undefined) return ownership;
  throw new ServiceError(400, "InvalidArgument", `Invalid ${name} header: ${header}`, {
    details: { ArgumentName: name },
  });
}

/** A bucket whose ACL grants something to others can't do without ACLs. */
export function aclWithoutAcls(): ServiceError {
  return new ServiceError(
    400,
    "InvalidBucketAclWithObjectOwnership",
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
  );
}

/** PutBucketOwnershipControls. */
export function putOwnershipControls(call: S3Call): Answer {
  const { bucket, account } = call;
  const [rule, another] = childrenOf(call.xml("OwnershipControls"), "Rule");
  const ownership = ownershipNamed(textOf(rule, "ObjectOwnership"));
  if (another !== undefined || ownership === undefined) throw malformedXml();
  if (
    ownership === "BucketOwnerEnforced" && !grantsOnlyTo(bucket.acl, ownerId(bucket, account))
  ) throw aclWithoutAcls();
  bucket.objectOwnership = ownership;
  delete bucket.hasOwnershipControls;
  return emptyAnswer();
}

/** GetBucketOwnershipControls. */
export function getOwnershipControls({ bucket }: S3Call): Answer {
  if (bucket.hasOwnershipControls === false) {
    throw notConfigured(
      "OwnershipControlsNotFoundError",
      "The bucket ownership controls were not found",
      bucket.name,
    );
  }
  const rule = element("Rule", element("ObjectOwnership", bucket.objectOwnership));
  return xmlAnswer("OwnershipControls", rule);
}

/** DeleteBucketOwnershipControls, after which ACLs are in effect. */
export function deleteOwnershipControls({ bucket }: S3Call): Answer {
  bucket.objectOwnership = "ObjectWriter";
  bucket.hasOwnershipControls = false;
  return emptyAnswer(204);
}
