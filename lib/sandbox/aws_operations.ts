/**
 * All operations of IAM and STS that AWS has, by what they are about. Those that the sandbox lacks are
 * answered with NotImplemented, and `deno task docs` lists them in `docs/sandbox.md`.
 *
 * @module
 */

/** Operations by what they are about. */
export type OperationsBySubject = Record<string, readonly string[]>;

const names = (text: string): readonly string[] => text.trim().split(/\s+/);

/** The operations, by service. */
export const AWS_OPERATIONS: Record<"iam" | "sts", OperationsBySubject> = {
  iam: {
    "users": names(`
      CreateUser GetUser ListUsers UpdateUser DeleteUser TagUser UntagUser ListUserTags
      PutUserPermissionsBoundary DeleteUserPermissionsBoundary PutUserPolicy GetUserPolicy
      ListUserPolicies DeleteUserPolicy AttachUserPolicy DetachUserPolicy ListAttachedUserPolicies`),
    "groups": names(`
      CreateGroup GetGroup ListGroups UpdateGroup DeleteGroup AddUserToGroup RemoveUserFromGroup
      ListGroupsForUser PutGroupPolicy GetGroupPolicy ListGroupPolicies DeleteGroupPolicy
      AttachGroupPolicy DetachGroupPolicy ListAttachedGroupPolicies`),
    "roles": names(`
      CreateRole GetRole ListRoles UpdateRole UpdateRoleDescription UpdateAssumeRolePolicy DeleteRole
      TagRole UntagRole ListRoleTags PutRolePermissionsBoundary DeleteRolePermissionsBoundary
      PutRolePolicy GetRolePolicy ListRolePolicies DeleteRolePolicy AttachRolePolicy DetachRolePolicy
      ListAttachedRolePolicies AcquireRole GetRoleTemplateVersion CreateServiceLinkedRole
      DeleteServiceLinkedRole GetServiceLinkedRoleDeletionStatus`),
    "managed policies": names(`
      CreatePolicy GetPolicy ListPolicies DeletePolicy TagPolicy UntagPolicy ListPolicyTags
      CreatePolicyVersion GetPolicyVersion ListPolicyVersions SetDefaultPolicyVersion
      DeletePolicyVersion ListEntitiesForPolicy ListPoliciesGrantingServiceAccess`),
    "simulations": names(`
      SimulatePrincipalPolicy SimulateCustomPolicy GetContextKeysForPrincipalPolicy
      GetContextKeysForCustomPolicy GetHumanReadableSummary`),
    "access keys": names(`
      CreateAccessKey ListAccessKeys UpdateAccessKey DeleteAccessKey GetAccessKeyLastUsed`),
    "passwords": names(`
      CreateLoginProfile GetLoginProfile UpdateLoginProfile DeleteLoginProfile ChangePassword
      GetAccountPasswordPolicy UpdateAccountPasswordPolicy DeleteAccountPasswordPolicy`),
    "MFA devices": names(`
      CreateVirtualMFADevice ListVirtualMFADevices DeleteVirtualMFADevice EnableMFADevice
      GetMFADevice ListMFADevices ResyncMFADevice DeactivateMFADevice TagMFADevice UntagMFADevice
      ListMFADeviceTags`),
    "other credentials of users": names(`
      UploadSigningCertificate ListSigningCertificates UpdateSigningCertificate
      DeleteSigningCertificate UploadSSHPublicKey GetSSHPublicKey ListSSHPublicKeys
      UpdateSSHPublicKey DeleteSSHPublicKey CreateServiceSpecificCredential
      ListServiceSpecificCredentials UpdateServiceSpecificCredential ResetServiceSpecificCredential
      DeleteServiceSpecificCredential`),
    "the account": names(`
      GetAccountAuthorizationDetails GetAccountSummary GenerateCredentialReport GetCredentialReport
      CreateAccountAlias ListAccountAliases DeleteAccountAlias GetAccountProperties
      PutAccountProperties SetSecurityTokenServicePreferences`),
    "what was used": names(`
      GenerateServiceLastAccessedDetails GetServiceLastAccessedDetails
      GetServiceLastAccessedDetailsWithEntities`),
    "providers of OpenID Connect": names(`
      CreateOpenIDConnectProvider GetOpenIDConnectProvider ListOpenIDConnectProviders
      UpdateOpenIDConnectProviderThumbprint DeleteOpenIDConnectProvider
      AddClientIDToOpenIDConnectProvider RemoveClientIDFromOpenIDConnectProvider
      TagOpenIDConnectProvider UntagOpenIDConnectProvider ListOpenIDConnectProviderTags`),
    "providers of SAML": names(`
      CreateSAMLProvider GetSAMLProvider ListSAMLProviders UpdateSAMLProvider DeleteSAMLProvider
      TagSAMLProvider UntagSAMLProvider ListSAMLProviderTags`),
    "identity tokens for other services": names(`
      EnableOutboundWebIdentityFederation GetOutboundWebIdentityFederationInfo
      DisableOutboundWebIdentityFederation`),
    "instance profiles": names(`
      CreateInstanceProfile GetInstanceProfile ListInstanceProfiles ListInstanceProfilesForRole
      DeleteInstanceProfile AddRoleToInstanceProfile RemoveRoleFromInstanceProfile
      TagInstanceProfile UntagInstanceProfile ListInstanceProfileTags`),
    "server certificates": names(`
      UploadServerCertificate GetServerCertificate ListServerCertificates UpdateServerCertificate
      DeleteServerCertificate TagServerCertificate UntagServerCertificate ListServerCertificateTags`),
    "delegation": names(`
      CreateDelegationRequest GetDelegationRequest ListDelegationRequests UpdateDelegationRequest
      AssociateDelegationRequest AcceptDelegationRequest RejectDelegationRequest
      SendDelegationToken`),
    "Organizations": names(`
      EnableOrganizationsRootCredentialsManagement DisableOrganizationsRootCredentialsManagement
      EnableOrganizationsRootSessions DisableOrganizationsRootSessions ListOrganizationsFeatures
      GenerateOrganizationsAccessReport GetOrganizationsAccessReport`),
  },
  sts: {
    "the caller": names("GetCallerIdentity GetAccessKeyInfo DecodeAuthorizationMessage"),
    "temporary credentials": names(`
      AssumeRole AssumeRoleWithSAML AssumeRoleWithWebIdentity AssumeRoot GetFederationToken
      GetSessionToken GetDelegatedAccessToken GetWebIdentityToken`),
  },
};

/** Whether AWS has an operation of that name. */
export function isAwsOperation(service: "iam" | "sts", name: string): boolean {
  return Object.values(AWS_OPERATIONS[service]).some((operations) => operations.includes(name));
}
