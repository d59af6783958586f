/**
 * Permissions boundaries, as users and roles are given them.
 *
 * @module
 */
import { type IamCall, refuse } from "./call.ts";
import { missingAwsPolicy } from "./aws_managed_policies.ts";
import { ServiceError } from "../operation.ts";
import { checkLength, constraintError, fields } from "../query.ts";
import { element, type XmlContent } from "../xml.ts";

const PARAMETER = "PermissionsBoundary";

/** The managed policy that a call sets as boundary. */
export function boundaryOf(call: IamCall, mustBeGiven = false): string | undefined {
  const arn = call.parameters.get(PARAMETER);
  if (arn === undefined) {
    return mustBeGiven ? refuse(constraintError(PARAMETER, "not be null")) : undefined;
  }
  checkLength(PARAMETER, arn, 20, 2048);
  if (call.account.policies.has(arn)) return arn;
  const [, partition] = /^arn:([\w-]+):iam::[^:]*:policy\//.exec(arn) ?? [];
  if (partition !== call.account.partition) {
    throw new ServiceError(400, "InvalidInput", `ARN ${arn} is not valid.`);
  }
  throw new ServiceError(
    404,
    "NoSuchEntity",
    `Scope ARN: ${arn} does not exist or is not attachable.${missingAwsPolicy(arn)}`,
  );
}

/** Condition keys about the boundary that a call sets. */
export function boundaryContext(call: IamCall): Record<string, string> {
  const arn = call.parameters.get(PARAMETER);
  return arn === undefined ? {} : { "iam:PermissionsBoundary": arn };
}

/** Writes the boundary of a user or role, if it has one. */
export function boundaryElement(arn: string | undefined): XmlContent {
  return arn && element(
    "PermissionsBoundary",
    fields({ PermissionsBoundaryType: "Policy", PermissionsBoundaryArn: arn }),
  );
}
