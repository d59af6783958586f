"""Presigns as boto3 does: for each line of JSON on standard input, a line with what it gives."""

import json
import sys

import boto3
from botocore.config import Config

config = Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
s3 = boto3.client("s3", config=config)

OPERATIONS = {"GET": "get_object", "PUT": "put_object"}


def url(bucket, key, method, seconds, content_type=None):
    params = {"Bucket": bucket, "Key": key}
    if content_type is not None:
        params["ContentType"] = content_type
    return s3.generate_presigned_url(OPERATIONS[method], Params=params, ExpiresIn=seconds)


def post(bucket, key, max_size):
    conditions = [["content-length-range", 0, max_size]]
    return s3.generate_presigned_post(bucket, key, Conditions=conditions, ExpiresIn=60)


for line in sys.stdin:
    arguments = json.loads(line)
    work = {"url": url, "post": post}[arguments.pop("do")]
    print(json.dumps(work(**arguments)), flush=True)
