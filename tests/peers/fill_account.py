"""Fills the account behind the environment's endpoint with all that the lists can show."""

import json

import boto3

iam = boto3.client("iam")
s3 = boto3.client("s3")


def document(*actions, resource="*", **more):
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": 'a, "b" & c'}},
            }
        ],
    }
)
ODD_SIGNS = "arn:aws:s3:::papers/100%/a+b c/%20/\u00fc/$!{}'\"/*"
# Moto does not URL-encode the documents of managed policies, and boto3 decodes them all the same.
ODD_SIGNS_BUT_ESCAPES = ODD_SIGNS.replace("%20/", "")
TAGS = [{"Key": "team", "Value": "a, b"}, {"Key": "city", "Value": "Z\u00fcrich"}]


def fill_users():
    boundary = iam.create_policy(PolicyName="boundary", PolicyDocument=document("s3:*"))
    iam.create_user(
        UserName="ida",
        Path="/staff/lab/",
        Tags=TAGS,
        PermissionsBoundary=boundary["Policy"]["Arn"],
    )
    iam.put_user_policy(
        UserName="ida", PolicyName="s3.read-only.papers", PolicyDocument=document("s3:GetObject")
    )
    iam.put_user_policy(
        UserName="ida",
        PolicyName="odd=signs,here.@-",
        PolicyDocument=document("s3:PutObject", resource=[ODD_SIGNS, "*"]),
    )
    iam.create_user(UserName="bo")
    iam.create_user(UserName="s3.read-write.one,two@example.com")
    iam.put_user_policy(
        UserName="s3.read-write.one,two@example.com",
        PolicyName="only",
        PolicyDocument=document("s3:*", Condition={"Bool": {"aws:SecureTransport": "true"}}),
    )


def fill_policies():
    """Two policies of the account's own, the first of them with a second version."""
    first = iam.create_policy(
        PolicyName="reader",
        Path="/lab/",
        Description='Reads, "quoted"',
        PolicyDocument=document("s3:GetObject"),
        Tags=TAGS,
    )["Policy"]["Arn"]
    iam.create_policy_version(
        PolicyArn=first,
        PolicyDocument=document("s3:Get*", resource=ODD_SIGNS_BUT_ESCAPES),
        SetAsDefault=True,
    )
    second = iam.create_policy(PolicyName="writer", PolicyDocument=document("s3:PutObject"))
    return first, second["Policy"]["Arn"]


def fill_roles():
    reader, writer = fill_policies()
    iam.create_role(
        RoleName="worker",
        Path="/service/",
        Description='Works, "hard", na\u00efvely',
        AssumeRolePolicyDocument=TRUST,
        MaxSessionDuration=7200,
        Tags=TAGS,
        PermissionsBoundary=reader,
    )
    for name in ("inline-a", "inline-b"):
        iam.put_role_policy(
            RoleName="worker", PolicyName=name, PolicyDocument=document("s3:*", resource=ODD_SIGNS)
        )
    iam.attach_role_policy(RoleName="worker", PolicyArn=reader)
    iam.attach_role_policy(RoleName="worker", PolicyArn=writer)
    iam.create_role(RoleName="helper", AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName="helper", PolicyArn=reader)
    # More than a page of a hundred.
    for number in range(110):
        iam.create_role(RoleName=f"role-{number:03}", AssumeRolePolicyDocument=TRUST)
    iam.put_role_policy(
        RoleName="role-105", PolicyName="late", PolicyDocument=document("s3:ListBucket")
    )


def create_bucket(name, region):
    place = {"CreateBucketConfiguration": {"LocationConstraint": region}} if region else {}
    s3.create_bucket(Bucket=name, ObjectOwnership="ObjectWriter", **place)


def fill_buckets():
    create_bucket("bare", None)
    s3.put_object(Bucket="bare", Key="open", Body=b"", ACL="public-read")
    s3.put_object(Bucket="bare", Key="closed", Body=b"")
    create_bucket("site", "eu-west-1")
    s3.put_bucket_website(
        Bucket="site",
        WebsiteConfiguration={
            "IndexDocument": {"Suffix": "index.html"},
            "ErrorDocument": {"Key": "error.html"},
        },
    )
    s3.put_public_access_block(
        Bucket="site",
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": False,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": False,
            "RestrictPublicBuckets": False,
        },
    )
    s3.put_bucket_policy(Bucket="site", Policy=json.dumps(public_policy("site")))
    s3.put_bucket_cors(
        Bucket="site",
        CORSConfiguration={
            "CORSRules": [
                {"ID": "first", "AllowedMethods": ["GET", "HEAD"], "AllowedOrigins": ["*"]},
                {
                    "ID": "second",
                    "AllowedMethods": ["PUT"],
                    "AllowedOrigins": ["https://www.example.com"],
                    "AllowedHeaders": ["Authorization", "x-amz-*"],
                    "ExposeHeaders": ["ETag"],
                    "MaxAgeSeconds": 3000,
                },
            ]
        },
    )
    create_bucket("shared", "ap-southeast-2")
    s3.put_bucket_acl(Bucket="shared", ACL="public-read")
    create_bucket("redirect", None)
    s3.put_bucket_website(
        Bucket="redirect",
        WebsiteConfiguration={
            "RedirectAllRequestsTo": {"HostName": "www.example.com", "Protocol": "https"}
        },
    )
    create_bucket("routes", None)
    s3.put_bucket_website(
        Bucket="routes",
        WebsiteConfiguration={
            "IndexDocument": {"Suffix": "index.html"},
            "RoutingRules": [
                {
                    "Condition": {"KeyPrefixEquals": "docs/"},
                    "Redirect": {"ReplaceKeyPrefixWith": "documents/"},
                }
            ],
        },
    )
    s3.put_bucket_policy(Bucket="routes", Policy=document("s3:GetObject", resource=ODD_SIGNS))


def public_policy(bucket):
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Everyone",
                "Effect": "Allow",
                "Principal": "*",
                "Action": "s3:GetObject",
                "Resource": f"arn:aws:s3:::{bucket}/*",
            }
        ],
    }


fill_users()
fill_roles()
fill_buckets()
