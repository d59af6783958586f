"""Writes down the accounts behind some endpoints, as far as s3-credentials may change them.

For each line of URLs on standard input, prints a JSON array with an object for each URL.
"""

import json
import sys

import boto3
from botocore.exceptions import ClientError


def pages(client, operation, key, **arguments):
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page[key]


def user_of(iam, user):
    name = user["UserName"]
    names = pages(iam, "list_user_policies", "PolicyNames", UserName=name)
    keys = pages(iam, "list_access_keys", "AccessKeyMetadata", UserName=name)
    attached = pages(iam, "list_attached_user_policies", "AttachedPolicies", UserName=name)
    return {
        "path": user["Path"],
        "keys": [key["Status"] for key in keys],
        "policies": {
            policy: iam.get_user_policy(UserName=name, PolicyName=policy)["PolicyDocument"]
            for policy in names
        },
        "attached": [policy["PolicyArn"] for policy in attached],
    }


def role_of(iam, role):
    name = role["RoleName"]
    names = pages(iam, "list_role_policies", "PolicyNames", RoleName=name)
    attached = pages(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name)
    return {
        "path": role["Path"],
        "description": role.get("Description"),
        "trust": role["AssumeRolePolicyDocument"],
        "maxSessionDuration": role["MaxSessionDuration"],
        "policies": list(names),
        "attached": [policy["PolicyArn"] for policy in attached],
    }


def setting(call, name, key):
    """The value of a bucket's setting, or None where it has none."""
    try:
        answer = call(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"].startswith("NoSuch"):
            return None
        raise
    return answer[key] if key else {k: v for k, v in answer.items() if k != "ResponseMetadata"}


def bucket_of(s3, name):
    policy = setting(s3.get_bucket_policy, name, "Policy")
    return {
        "region": s3.get_bucket_location(Bucket=name)["LocationConstraint"],
        "policy": policy and json.loads(policy),
        "publicAccessBlock": setting(
            s3.get_public_access_block, name, "PublicAccessBlockConfiguration"
        ),
        "website": setting(s3.get_bucket_website, name, None),
        "cors": setting(s3.get_bucket_cors, name, "CORSRules"),
    }


def account_at(session, url):
    iam = session.client("iam", endpoint_url=url)
    s3 = session.client("s3", endpoint_url=url)
    return {
        "users": {user["UserName"]: user_of(iam, user) for user in pages(iam, "list_users", "Users")},
        "roles": {role["RoleName"]: role_of(iam, role) for role in pages(iam, "list_roles", "Roles")},
        "buckets": {
            bucket["Name"]: bucket_of(s3, bucket["Name"]) for bucket in s3.list_buckets()["Buckets"]
        },
    }


session = boto3.Session(aws_access_key_id="testing", aws_secret_access_key="testing")
for line in sys.stdin:
    print(json.dumps([account_at(session, url) for url in line.split()]), flush=True)
