/**
 * The IAM service: the table of its operations.
 *
 * @module
 */
import { accountReportOperations } from "./account_reports.ts";
import { accountSettingOperations } from "./account_settings.ts";
import { authorizationDetailsOperations } from "./authorization_details.ts";
import { groupOperations } from "./groups.ts";
import { instanceProfileOperations } from "./instance_profiles.ts";
import { loginProfileOperations } from "./login_profiles.ts";
import type { IamCall, IamOperation, IamOperations } from "./call.ts";
import { accessKeyOperations } from "./access_keys.ts";
import { managedPolicyOperations } from "./managed_policies.ts";
import { mfaOperations } from "./mfa.ts";
import { policyOperations } from "./policies.ts";
import { policyUseOperations } from "./policy_use.ts";
import { policyVersionOperations } from "./policy_versions.ts";
import { roleOperations } from "./roles.ts";
import { oidcProviderOperations } from "./oidc_providers.ts";
import { otherCredentialOperations } from "./other_credentials.ts";
import { simulationOperations } from "./simulate.ts";
import { userOperations } from "./users.ts";
import type { Service } from "../operation.ts";
import { noOperation, Parameters, queryResponse } from "../query.ts";

/** IAM's operations by AWS's name. */
export const OPERATIONS: ReadonlyMap<string, IamOperation> = new Map(Object.entries(
  {
    ...userOperations,
    ...accessKeyOperations,
    ...policyOperations,
    ...roleOperations,
    ...managedPolicyOperations,
    ...policyVersionOperations,
    ...policyUseOperations,
    ...groupOperations,
    ...loginProfileOperations,
    ...mfaOperations,
    ...otherCredentialOperations,
    ...simulationOperations,
    ...authorizationDetailsOperations,
    ...accountReportOperations,
    ...accountSettingOperations,
    ...instanceProfileOperations,
    ...oidcProviderOperations,
  } satisfies IamOperations,
));

/** The version of the API, which has been the only one since 2010. */
const VERSION = "2010-05-08";

/** Reads a request into an operation of IAM. */
export const iam: Service = (request, caller, account) => {
  const parameters = new Parameters(request);
  const name = parameters.get("Action") ?? "";
  const version = parameters.get("Version") ?? "NO_VERSION_SPECIFIED";
  const operation = version === VERSION ? OPERATIONS.get(name) : undefined;
  if (operation === undefined) throw noOperation("iam", name, version, VERSION);
  const call: IamCall = { parameters, caller, account };
  return {
    name,
    permissions: operation.permissions(call),
    run: () => queryResponse("iam", name, request.requestId, operation.run(call)),
  };
};
