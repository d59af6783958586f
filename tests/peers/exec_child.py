"""A command of `exec`: reads and writes a bucket by boto3, and prints what came of it."""

import json
import sys

import boto3
from botocore.exceptions import ClientError

s3 = boto3.client("s3")
results = {}


def attempt(name, call, **arguments):
    try:
        call(**arguments)
        results[name] = "allowed"
    except ClientError as error:
        results[name] = error.response["Error"]["Code"]


bucket = sys.argv[1]
attempt("list", s3.list_objects_v2, Bucket=bucket)
attempt("get", s3.get_object, Bucket=bucket, Key="a.txt")
attempt("put", s3.put_object, Bucket=bucket, Key="b.txt", Body=b"x")
attempt("other", s3.list_objects_v2, Bucket="other-bucket")
results["source"] = boto3.Session().get_credentials().method
results["region"] = s3.meta.region_name
print(json.dumps(results))
