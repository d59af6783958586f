"""Puts boto3 through its paces on the account that the environment names.

Prints a JSON object: the name of each step, and what it gave or the class of what it raised.
"""

import io
import json

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

SIX_MEGABYTES = bytes(range(256)) * 4096 * 6
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
            "Action": "sts:AssumeRole",
        }
    ],
}
READ_ONLY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::papers", "arn:aws:s3:::papers/*"],
        }
    ],
}
FULL_ACCESS = "arn:aws:iam::aws:policy/AmazonS3FullAccess"
NOBODY = {"aws_access_key_id": "AKIAIOSFODNN7EXAMPLE", "aws_secret_access_key": "wrong"}

results = {}


def step(name, work):
    """Notes what a call gives, or the class and AWS's code of its error."""
    try:
        value = work()
        results[name] = value
        return value
    except Exception as error:
        response = getattr(error, "response", {})
        code = response.get("Error", {}).get("Code")
        results[name] = {"class": type(error).__name__, "code": code}


def client(service, **keys):
    return boto3.client(service, config=Config(retries={"max_attempts": 1}), **keys)


def identities(iam, sts):
    step("get_caller_identity", lambda: sts.get_caller_identity()["Arn"])
    step(
        "create_user",
        lambda: iam.create_user(UserName="ida", Tags=[{"Key": "team", "Value": "a"}])[
            "User"
        ]["Arn"],
    )
    step("get a missing user", lambda: iam.get_user(UserName="nobody"))

    def caught_by_class():
        try:
            iam.get_user(UserName="nobody")
        except iam.exceptions.NoSuchEntityException:
            return True

    step("a missing user raises NoSuchEntityException", caught_by_class)
    step("create a user again", lambda: iam.create_user(UserName="ida"))
    step(
        "paginate list_users by one",
        lambda: [
            user["UserName"]
            for user in iam.get_paginator("list_users")
            .paginate(PaginationConfig={"PageSize": 1})
            .search("Users")
        ],
    )
    step(
        "put and get_user_policy",
        lambda: iam.put_user_policy(
            UserName="ida", PolicyName="read", PolicyDocument=json.dumps(READ_ONLY)
        )
        and iam.get_user_policy(UserName="ida", PolicyName="read")["PolicyDocument"]
        == READ_ONLY,
    )
    step(
        "a policy that is no JSON",
        lambda: iam.put_user_policy(
            UserName="ida", PolicyName="bad", PolicyDocument="{"
        ),
    )
    return step_key(iam)


def step_key(iam):
    key = iam.create_access_key(UserName="ida")["AccessKey"]
    step(
        "list_access_keys",
        lambda: [
            one["AccessKeyId"] == key["AccessKeyId"]
            for one in iam.list_access_keys(UserName="ida")["AccessKeyMetadata"]
        ],
    )
    step("a second key", lambda: iam.create_access_key(UserName="ida")["AccessKey"]["Status"])
    step("a third key", lambda: iam.create_access_key(UserName="ida"))
    return {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
    }


def objects(s3, ida):
    step("create_bucket", lambda: s3.create_bucket(Bucket="papers")["Location"])
    step(
        "put_object",
        lambda: s3.put_object(
            Bucket="papers", Key="a/b.txt", Body=b"hello", Metadata={"by": "boto3"}
        )["ETag"],
    )

    def got():
        answer = s3.get_object(Bucket="papers", Key="a/b.txt")
        return [answer["Body"].read().decode(), answer["Metadata"]]

    step("get_object", got)
    step("get_object of a missing key", lambda: s3.get_object(Bucket="papers", Key="none"))
    step("head_bucket of none", lambda: s3.head_bucket(Bucket="no-such-bucket"))

    def multipart():
        parts = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
        s3.upload_fileobj(io.BytesIO(SIX_MEGABYTES), "papers", "big", Config=parts)
        back = io.BytesIO()
        s3.download_fileobj("papers", "big", back)
        etag = s3.head_object(Bucket="papers", Key="big")["ETag"]
        return [back.getvalue() == SIX_MEGABYTES, etag.endswith('-2"')]

    step("multipart up and down", multipart)
    step(
        "paginate list_objects_v2 by one",
        lambda: [
            one["Key"]
            for one in s3.get_paginator("list_objects_v2")
            .paginate(Bucket="papers", PaginationConfig={"PageSize": 1})
            .search("Contents")
        ],
    )
    as_ida = client("s3", **ida)
    step(
        "an allowed read",
        lambda: as_ida.get_object(Bucket="papers", Key="a/b.txt")["ContentLength"],
    )
    step("a denied write", lambda: as_ida.put_object(Bucket="papers", Key="x", Body=b"x"))
    step("a denied identity call", lambda: client("iam", **ida).list_users())
    as_nobody = client("s3", **NOBODY)
    step("an unknown key", lambda: as_nobody.list_objects_v2(Bucket="papers"))


def settings(s3):
    allow_all = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::papers/*",
            }
        ],
    }
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    open_block = {name: False for name in names}
    site = {"IndexDocument": {"Suffix": "index.html"}, "ErrorDocument": {"Key": "error.html"}}
    cors = {"CORSRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["*"]}]}
    step(
        "a public policy that the block refuses",
        lambda: s3.put_bucket_policy(Bucket="papers", Policy=json.dumps(allow_all)),
    )
    step(
        "put and get_public_access_block",
        lambda: s3.put_public_access_block(
            Bucket="papers", PublicAccessBlockConfiguration=open_block
        )
        and s3.get_public_access_block(Bucket="papers")["PublicAccessBlockConfiguration"]
        == open_block,
    )
    step(
        "put and get_bucket_policy",
        lambda: s3.put_bucket_policy(Bucket="papers", Policy=json.dumps(allow_all))
        and json.loads(s3.get_bucket_policy(Bucket="papers")["Policy"]) == allow_all,
    )
    step("get_bucket_cors where there is none", lambda: s3.get_bucket_cors(Bucket="papers"))
    step(
        "put and get_bucket_cors",
        lambda: s3.put_bucket_cors(Bucket="papers", CORSConfiguration=cors)
        and s3.get_bucket_cors(Bucket="papers")["CORSRules"] == cors["CORSRules"],
    )
    step(
        "put and get_bucket_website",
        lambda: s3.put_bucket_website(Bucket="papers", WebsiteConfiguration=site)
        and s3.get_bucket_website(Bucket="papers")["ErrorDocument"],
    )
    step("get_bucket_location", lambda: s3.get_bucket_location(Bucket="papers")["LocationConstraint"])


def temporary(iam, sts):
    step(
        "create_role",
        lambda: iam.create_role(
            RoleName="worker",
            AssumeRolePolicyDocument=json.dumps(TRUST),
            MaxSessionDuration=43200,
        )["Role"]["Arn"],
    )
    iam.attach_role_policy(RoleName="worker", PolicyArn=FULL_ACCESS)
    step(
        "list_attached_role_policies",
        lambda: iam.list_attached_role_policies(RoleName="worker")["AttachedPolicies"],
    )

    def assume(**more):
        return sts.assume_role(
            RoleArn="arn:aws:iam::123456789012:role/worker", RoleSessionName="try", **more
        )

    session = assume(Policy=json.dumps(READ_ONLY), DurationSeconds=900)
    step("assume_role", lambda: session["AssumedRoleUser"]["Arn"])
    step("a session that is too long", lambda: assume(DurationSeconds=50000))
    step("a session policy that is no JSON", lambda: assume(Policy="{"))
    given = session["Credentials"]
    keys = {
        "aws_access_key_id": given["AccessKeyId"],
        "aws_secret_access_key": given["SecretAccessKey"],
    }
    token = {"aws_session_token": given["SessionToken"]}
    worker = client("s3", **keys, **token)
    step(
        "temporary: who am I",
        lambda: client("sts", **keys, **token).get_caller_identity()["Arn"],
    )
    step(
        "temporary: an allowed read",
        lambda: worker.get_object(Bucket="papers", Key="a/b.txt")["ContentLength"],
    )
    step(
        "temporary: a denied write",
        lambda: worker.put_object(Bucket="papers", Key="x", Body=b"x"),
    )
    step("temporary: another action of the role", lambda: worker.list_buckets())
    step(
        "temporary: without the token",
        lambda: client("s3", **keys).get_object(Bucket="papers", Key="a/b.txt"),
    )


def main():
    iam, sts, s3 = (client(service) for service in ("iam", "sts", "s3"))
    ida = identities(iam, sts)
    objects(s3, ida)
    settings(s3)
    temporary(iam, sts)
    step("delete_user with dependents", lambda: iam.delete_user(UserName="ida"))
    step(
        "delete_objects",
        lambda: s3.delete_objects(
            Bucket="papers", Delete={"Objects": [{"Key": "big"}, {"Key": "a/b.txt"}, {"Key": "no"}]}
        ).get("Errors", []),
    )
    step("delete_bucket", lambda: s3.delete_bucket(Bucket="papers") and True)
    print(json.dumps(results))


main()
