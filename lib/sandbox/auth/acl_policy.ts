/**
 * What an access control list grants, written as a policy of the resource, so that the policy engine
 * decides on it. See https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html
 *
 * @module
 */
import type { PolicyDocument, PolicyStatement } from "../../policy/document.ts";
import type { Grant } from "../account.ts";
import type { Caller, NeededPermission } from "../operation.ts";

const ALL_USERS = "http://acs.amazonaws.com/groups/global/AllUsers";
const AUTHENTICATED_USERS = "http://acs.amazonaws.com/groups/global/AuthenticatedUsers";

/** AWS's table of ACL permissions and the actions that they stand for. */
const ON_BUCKET: Record<string, string[]> = {
  READ: ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"],
  WRITE: ["s3:PutObject"],
  READ_ACP: ["s3:GetBucketAcl"],
  WRITE_ACP: ["s3:PutBucketAcl"],
};
const ON_OBJECT: Record<string, string[]> = {
  READ: ["s3:GetObject", "s3:GetObjectVersion"],
  READ_ACP: ["s3:GetObjectAcl", "s3:GetObjectVersionAcl"],
  WRITE_ACP: ["s3:PutObjectAcl", "s3:PutObjectVersionAcl"],
};

/**
 * What the ACLs of a bucket and of an object grant the caller of an action; `undefined` where that is
 * nothing, or ACLs are switched off.
 */
export function aclPolicy(
  { action, bucket, objectAcl = [], objectIsMissing = false }: NeededPermission,
  caller: Caller,
  ignoresPublicAcls: boolean,
): PolicyDocument | undefined {
  if (bucket === undefined || bucket.objectOwnership === "BucketOwnerEnforced") return undefined;
  const statements: PolicyStatement[] = [];
  const onBucket = objectIsMissing
    ? { ...ON_BUCKET, READ: [...ON_BUCKET.READ!, ...ON_OBJECT.READ!] }
    : ON_BUCKET;
  for (const [grants, actions] of [[bucket.acl, onBucket], [objectAcl, ON_OBJECT]] as const) {
    for (const { grantee, permission } of grants) {
      const Principal = principalOf(grantee, caller, ignoresPublicAcls);
      const granted = permission === "FULL_CONTROL"
        ? Object.values(actions).flat()
        : actions[permission] ?? [];
      if (Principal === undefined || !granted.includes(action)) continue;
      statements.push({ Effect: "Allow", Principal, Action: granted, Resource: "*" });
    }
  }
  return statements.length === 0 ? undefined : { Version: "2012-10-17", Statement: statements };
}

/** Whom a grant is for, in a policy's words; `undefined` where it grants the caller nothing. */
function principalOf(
  grantee: Grant["grantee"],
  caller: Caller,
  ignoresPublicAcls: boolean,
): "*" | { CanonicalUser: string } | undefined {
  if ("id" in grantee) return { CanonicalUser: grantee.id };
  const isMeant = grantee.uri === ALL_USERS ||
    (grantee.uri === AUTHENTICATED_USERS && caller.type !== "anonymous");
  return isMeant && !ignoresPublicAcls ? "*" : undefined;
}
