"""Works on buckets for a test, by boto3: makes them, fills them, tells what they hold.

Each line of standard input is a JSON object: the name of a function below as "do", and its
arguments. For each line, prints what the function gives, as JSON.
"""

import base64
import hashlib
import json
import sys
from urllib.parse import quote

import boto3

s3 = boto3.client("s3")


def objects_of(bucket, prefix=""):
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        yield from page.get("Contents", [])


def create(bucket):
    s3.create_bucket(Bucket=bucket)


def put(bucket, key, content, headers):
    s3.put_object(Bucket=bucket, Key=key, Body=base64.b64decode(content), **headers)


def held(bucket, key):
    answer = s3.get_object(Bucket=bucket, Key=key)
    content = answer["Body"].read()
    return {
        "type": answer["ContentType"],
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        # An object that was uploaded in parts has their number at the end of its ETag.
        "parts": int(answer["ETag"].strip('"').partition("-")[2] or 1),
    }


def read(bucket):
    """What is in a bucket, and the uploads that nobody has finished."""
    keys = [one["Key"] for one in objects_of(bucket)]
    return {
        "objects": {key: held(bucket, key) for key in keys},
        "uploads": [one["Key"] for one in s3.list_multipart_uploads(Bucket=bucket).get("Uploads", [])],
    }


def rows(bucket, prefix):
    """The listing, with the path of each object's URL as Python's library writes it."""
    fields = ("Key", "ETag", "Size", "StorageClass")
    return [
        {
            **{field: one[field] for field in fields},
            "LastModified": str(one["LastModified"]),
            "path": f"/{bucket}/{quote(one['Key'])}",
        }
        for one in objects_of(bucket, prefix)
    ]


for line in sys.stdin:
    arguments = json.loads(line)
    work = {"create": create, "put": put, "read": read, "rows": rows}[arguments.pop("do")]
    print(json.dumps(work(**arguments)), flush=True)
