"""Calls IAM's operations. Prints of each whether botocore's model of IAM has a result element in its
answer, and whether the answer had one."""

import json
import time

import boto3

iam = boto3.client("iam")
seen = {}


def look(response_dict, operation_model, **_):
    output = operation_model.output_shape
    wrapper = output.serialization.get("resultWrapper") if output else None
    name = operation_model.name
    expected = wrapper or f"{name}Result"
    body = response_dict["body"].decode()
    seen[name] = {
        "wanted": wrapper is not None,
        "given": f"<{expected}>" in body,
    }


iam.meta.events.register("before-parse.iam.*", look)


def call(operation, **parameters):
    try:
        return getattr(iam, operation)(**parameters)
    except KeyError:
        # What botocore makes of an element that is missing.
        return None


def document(**more):
    statement = {"Effect": "Allow", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


S3 = document(Action="s3:*", Resource="*")
TRUST = document(Principal={"AWS": "arn:aws:iam::123456789012:root"}, Action="sts:AssumeRole")
BOUNDARY = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
TAGS = [{"Key": "team", "Value": "lab"}]
ida = {"UserName": "ida"}
worker = {"RoleName": "worker"}
inline = {"PolicyName": "p"}


def user_itself():
    call("create_user", **ida)
    call("get_user", **ida)
    call("list_users")
    call("update_user", **ida, NewPath="/lab/")
    call("tag_user", **ida, Tags=TAGS)
    call("list_user_tags", **ida)
    call("untag_user", **ida, TagKeys=["team"])
    call("put_user_permissions_boundary", **ida, PermissionsBoundary=BOUNDARY)
    call("delete_user_permissions_boundary", **ida)


def user_policies():
    call("put_user_policy", **ida, **inline, PolicyDocument=S3)
    call("get_user_policy", **ida, **inline)
    call("list_user_policies", **ida)
    call("delete_user_policy", **ida, **inline)
    call("attach_user_policy", **ida, PolicyArn=BOUNDARY)
    call("list_attached_user_policies", **ida)
    call("detach_user_policy", **ida, PolicyArn=BOUNDARY)


def user_keys():
    key = {"AccessKeyId": call("create_access_key", **ida)["AccessKey"]["AccessKeyId"]}
    call("list_access_keys", **ida)
    call("get_access_key_last_used", **key)
    call("update_access_key", **ida, **key, Status="Inactive")
    call("delete_access_key", **ida, **key)


def user_groups():
    call("create_group", GroupName="lab")
    call("get_group", GroupName="lab")
    call("update_group", GroupName="lab", NewPath="/lab/")
    call("list_groups")
    call("put_group_policy", GroupName="lab", **inline, PolicyDocument=S3)
    call("get_group_policy", GroupName="lab", **inline)
    call("list_group_policies", GroupName="lab")
    call("delete_group_policy", GroupName="lab", **inline)
    call("attach_group_policy", GroupName="lab", PolicyArn=BOUNDARY)
    call("list_attached_group_policies", GroupName="lab")
    call("detach_group_policy", GroupName="lab", PolicyArn=BOUNDARY)
    call("add_user_to_group", **ida, GroupName="lab")
    call("list_groups_for_user", **ida)
    call("remove_user_from_group", **ida, GroupName="lab")
    call("delete_group", GroupName="lab")


def user_password():
    call("create_login_profile", **ida, Password="correct-horse-1")
    call("get_login_profile", **ida)
    call("update_login_profile", **ida, PasswordResetRequired=True)
    call("delete_login_profile", **ida)


def user_devices():
    device = call("create_virtual_mfa_device", VirtualMFADeviceName="ida")["VirtualMFADevice"]
    serial = {"SerialNumber": device["SerialNumber"]}
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "234567"}
    call("enable_mfa_device", **ida, **serial, **codes)
    call("list_mfa_devices", **ida)
    call("get_mfa_device", **ida, **serial)
    call("resync_mfa_device", **ida, **serial, **codes)
    call("tag_mfa_device", **serial, Tags=TAGS)
    call("list_mfa_device_tags", **serial)
    call("untag_mfa_device", **serial, TagKeys=["team"])
    call("list_virtual_mfa_devices")
    call("deactivate_mfa_device", **ida, **serial)
    call("delete_virtual_mfa_device", **serial)


def user_uploads():
    body = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
    certificate = call("upload_signing_certificate", **ida, CertificateBody=body)["Certificate"]
    certificate = {"CertificateId": certificate["CertificateId"]}
    call("list_signing_certificates", **ida)
    call("update_signing_certificate", **ida, **certificate, Status="Inactive")
    call("delete_signing_certificate", **ida, **certificate)
    key = call("upload_ssh_public_key", **ida, SSHPublicKeyBody="ssh-rsa AAAAB3Nza")["SSHPublicKey"]
    key = {"SSHPublicKeyId": key["SSHPublicKeyId"]}
    call("list_ssh_public_keys", **ida)
    call("get_ssh_public_key", **ida, **key, Encoding="SSH")
    call("update_ssh_public_key", **ida, **key, Status="Inactive")
    call("delete_ssh_public_key", **ida, **key)
    service = {"ServiceName": "codecommit.amazonaws.com"}
    made = call("create_service_specific_credential", **ida, **service)
    made = made["ServiceSpecificCredential"]["ServiceSpecificCredentialId"]
    made = {"ServiceSpecificCredentialId": made}
    call("list_service_specific_credentials", **ida)
    call("update_service_specific_credential", **ida, **made, Status="Inactive")
    call("reset_service_specific_credential", **ida, **made)
    call("delete_service_specific_credential", **ida, **made)


def roles():
    call("create_role", **worker, AssumeRolePolicyDocument=TRUST)
    call("get_role", **worker)
    call("list_roles")
    call("update_role", **worker, MaxSessionDuration=7200)
    call("update_role_description", **worker, Description="works")
    call("put_role_permissions_boundary", **worker, PermissionsBoundary=BOUNDARY)
    call("delete_role_permissions_boundary", **worker)
    call("update_assume_role_policy", **worker, PolicyDocument=TRUST)
    call("tag_role", **worker, Tags=TAGS)
    call("list_role_tags", **worker)
    call("untag_role", **worker, TagKeys=["team"])
    call("put_role_policy", **worker, **inline, PolicyDocument=S3)
    call("get_role_policy", **worker, **inline)
    call("list_role_policies", **worker)
    call("delete_role_policy", **worker, **inline)
    call("attach_role_policy", **worker, PolicyArn=BOUNDARY)
    call("list_attached_role_policies", **worker)
    call("detach_role_policy", **worker, PolicyArn=BOUNDARY)
    call("delete_role", **worker)


def instance_profiles():
    profile = {"InstanceProfileName": "web"}
    call("create_role", **worker, AssumeRolePolicyDocument=TRUST)
    call("create_instance_profile", **profile)
    call("get_instance_profile", **profile)
    call("list_instance_profiles")
    call("add_role_to_instance_profile", **profile, **worker)
    call("list_instance_profiles_for_role", **worker)
    call("remove_role_from_instance_profile", **profile, **worker)
    call("tag_instance_profile", **profile, Tags=TAGS)
    call("list_instance_profile_tags", **profile)
    call("untag_instance_profile", **profile, TagKeys=["team"])
    call("delete_instance_profile", **profile)
    call("delete_role", **worker)


def account_settings():
    call("create_account_alias", AccountAlias="acme")
    call("list_account_aliases")
    call("delete_account_alias", AccountAlias="acme")
    call("update_account_password_policy", MinimumPasswordLength=8)
    call("get_account_password_policy")
    call("delete_account_password_policy")
    call("set_security_token_service_preferences", GlobalEndpointTokenVersion="v2Token")


def managed_policies():
    policy = {"PolicyArn": call("create_policy", **inline, PolicyDocument=S3)["Policy"]["Arn"]}
    call("get_policy", **policy)
    call("get_policy_version", **policy, VersionId="v1")
    call("list_policies", Scope="Local")
    call("list_entities_for_policy", **policy)
    call("create_policy_version", **policy, PolicyDocument=S3)
    call("list_policy_versions", **policy)
    call("set_default_policy_version", **policy, VersionId="v2")
    call("delete_policy_version", **policy, VersionId="v1")
    call("tag_policy", **policy, Tags=TAGS)
    call("list_policy_tags", **policy)
    call("untag_policy", **policy, TagKeys=["team"])
    call("delete_policy", **policy)


def simulations():
    actions = {"ActionNames": ["s3:GetObject"]}
    arn = call("get_user", **ida)["User"]["Arn"]
    call("simulate_principal_policy", PolicySourceArn=arn, **actions)
    call("simulate_custom_policy", PolicyInputList=[S3], **actions)
    call("get_context_keys_for_principal_policy", PolicySourceArn=arn)
    call("get_context_keys_for_custom_policy", PolicyInputList=[S3])


def reports():
    call("get_account_authorization_details")
    call("get_account_summary")
    while call("generate_credential_report")["State"] != "COMPLETE":
        time.sleep(0.5)
    call("get_credential_report")


def providers():
    made = call("create_open_id_connect_provider", Url="https://id.example.com")
    provider = {"OpenIDConnectProviderArn": made["OpenIDConnectProviderArn"]}
    call("get_open_id_connect_provider", **provider)
    call("list_open_id_connect_providers")
    call("add_client_id_to_open_id_connect_provider", **provider, ClientID="app")
    call("remove_client_id_from_open_id_connect_provider", **provider, ClientID="app")
    thumbprints = {"ThumbprintList": ["0" * 40]}
    call("update_open_id_connect_provider_thumbprint", **provider, **thumbprints)
    call("tag_open_id_connect_provider", **provider, Tags=TAGS)
    call("list_open_id_connect_provider_tags", **provider)
    call("untag_open_id_connect_provider", **provider, TagKeys=["team"])
    call("delete_open_id_connect_provider", **provider)


user_itself()
simulations()
reports()
providers()
user_policies()
user_keys()
user_groups()
user_password()
user_devices()
user_uploads()
call("delete_user", **ida)
roles()
instance_profiles()
account_settings()
managed_policies()
print(json.dumps(seen))
