"""What clients of S3 for Python make of the operations: clients.py NAME < SCENES.

Standard input is JSON: {"endpoint", "scenes": [{"name", "bucket", "prefix", "accessKeyId",
"secretAccessKey"}]}. For each operation in each scene it prints one line of JSON: the scene, the
operation, and "ok", the "url" or the "error": the exception's class and text.
"""

import io
import json
import os
import sys
import tempfile
import traceback
from urllib.parse import urlparse

TEXT = b"what is kept"
LARGE = bytes(12 * 1024 * 1024)
MEGABYTE = 1024 * 1024


class Boto3:
    def __init__(self, endpoint, key_id, secret, bucket):
        import boto3
        from boto3.s3.transfer import TransferConfig
        from botocore.config import Config

        self.bucket = bucket
        self.parts = TransferConfig(multipart_threshold=5 * MEGABYTE, multipart_chunksize=5 * MEGABYTE)
        self.s3 = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id=key_id,
            aws_secret_access_key=secret,
            config=Config(retries={"max_attempts": 1}),
        )

    def put(self, key):
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=TEXT)

    def get(self, key):
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def list(self, prefix):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def copy(self, source, target):
        self.s3.copy_object(
            Bucket=self.bucket, Key=target, CopySource={"Bucket": self.bucket, "Key": source}
        )

    def multipart(self, key):
        self.s3.upload_fileobj(io.BytesIO(LARGE), self.bucket, key, Config=self.parts)

    def presign(self, key):
        return self.s3.generate_presigned_url(
            "get_object", Params={"Bucket": self.bucket, "Key": key}
        )

    def missing(self, key):
        self.s3.head_object(Bucket=self.bucket, Key=key)

    def delete(self, key):
        self.s3.delete_object(Bucket=self.bucket, Key=key)


class Minio:
    def __init__(self, endpoint, key_id, secret, bucket):
        from minio import Minio as Client

        self.bucket = bucket
        # Unless it is told the region, it asks for it, which a write-only key may not.
        self.client = Client(
            urlparse(endpoint).netloc, key_id, secret, secure=False, region="us-east-1"
        )

    def put(self, key):
        self.client.put_object(self.bucket, key, io.BytesIO(TEXT), len(TEXT))

    def get(self, key):
        response = self.client.get_object(self.bucket, key)
        try:
            return response.read()
        finally:
            response.close()
            response.release_conn()

    def list(self, prefix):
        found = self.client.list_objects(self.bucket, prefix, recursive=True)
        return [item.object_name for item in found]

    def copy(self, source, target):
        from minio.commonconfig import CopySource

        self.client.copy_object(self.bucket, target, CopySource(self.bucket, source))

    def multipart(self, key):
        self.client.put_object(
            self.bucket, key, io.BytesIO(LARGE), len(LARGE), part_size=5 * MEGABYTE
        )

    def presign(self, key):
        return self.client.presigned_get_object(self.bucket, key)

    def missing(self, key):
        self.client.stat_object(self.bucket, key)

    def delete(self, key):
        self.client.remove_object(self.bucket, key)


class Django:
    def __init__(self, endpoint, key_id, secret, bucket):
        from django.conf import settings

        if not settings.configured:
            settings.configure(USE_TZ=True)
        from storages.backends.s3 import S3Storage

        self.storage = S3Storage(
            bucket_name=bucket,
            endpoint_url=endpoint,
            region_name="us-east-1",
            access_key=key_id,
            secret_key=secret,
            file_overwrite=True,
        )

    def _save(self, key, content):
        from django.core.files.base import ContentFile

        self.storage.save(key, ContentFile(content))

    def put(self, key):
        self._save(key, TEXT)

    def get(self, key):
        with self.storage.open(key) as file:
            return file.read()

    def list(self, prefix):
        return [prefix + name for name in self.storage.listdir(prefix)[1]]

    def multipart(self, key):
        self._save(key, LARGE)

    def presign(self, key):
        return self.storage.url(key)

    def missing(self, key):
        self.storage.size(key)

    def delete(self, key):
        self.storage.delete(key)


class S3fs:
    def __init__(self, endpoint, key_id, secret, bucket):
        import s3fs

        self.bucket = bucket
        self.files = s3fs.S3FileSystem(
            endpoint_url=endpoint, key=key_id, secret=secret, skip_instance_cache=True
        )

    def _path(self, key):
        return f"{self.bucket}/{key}"

    def put(self, key):
        self.files.pipe_file(self._path(key), TEXT)

    def get(self, key):
        return self.files.cat_file(self._path(key))

    def list(self, prefix):
        found = self.files.find(self._path(prefix).rstrip("/"))
        return [path.removeprefix(f"{self.bucket}/") for path in found]

    def copy(self, source, target):
        self.files.cp_file(self._path(source), self._path(target))

    def multipart(self, key):
        with self.files.open(self._path(key), "wb", block_size=5 * MEGABYTE) as file:
            file.write(LARGE)

    def presign(self, key):
        return self.files.sign(self._path(key))

    def missing(self, key):
        self.files.info(self._path(key))

    def delete(self, key):
        self.files.rm_file(self._path(key))


class Pyarrow:
    def __init__(self, endpoint, key_id, secret, bucket):
        from pyarrow import fs

        self.bucket = bucket
        self.files = fs.S3FileSystem(
            access_key=key_id,
            secret_key=secret,
            endpoint_override=endpoint,
            region="us-east-1",
            retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=1),
        )

    def _path(self, key):
        return f"{self.bucket}/{key}"

    def _write(self, key, content):
        with self.files.open_output_stream(self._path(key)) as file:
            file.write(content)

    def put(self, key):
        self._write(key, TEXT)

    def get(self, key):
        with self.files.open_input_stream(self._path(key)) as file:
            return file.read()

    def list(self, prefix):
        from pyarrow import fs

        found = self.files.get_file_info(fs.FileSelector(self._path(prefix)))
        return sorted(item.path.removeprefix(f"{self.bucket}/") for item in found)

    def copy(self, source, target):
        self.files.copy_file(self._path(source), self._path(target))

    def multipart(self, key):
        self._write(key, LARGE)

    def missing(self, key):
        self.files.open_input_file(self._path(key))

    def delete(self, key):
        self.files.delete_file(self._path(key))


class AwsCli:
    """The aws CLI in this process, since it takes long to load."""

    def __init__(self, endpoint, key_id, secret, bucket):
        from awscli.clidriver import create_clidriver

        self.bucket = bucket
        os.environ.update(
            AWS_ENDPOINT_URL=endpoint,
            AWS_ACCESS_KEY_ID=key_id,
            AWS_SECRET_ACCESS_KEY=secret,
            AWS_MAX_ATTEMPTS="1",
        )
        self.driver = create_clidriver()

    def _run(self, *words, stdin=b""):
        streams = sys.stdin, sys.stdout, sys.stderr
        texts = [io.TextIOWrapper(io.BytesIO(content)) for content in (stdin, b"", b"")]
        sys.stdin, sys.stdout, sys.stderr = texts
        try:
            code = self.driver.main([str(word) for word in words])
        finally:
            sys.stdin, sys.stdout, sys.stderr = streams
        for text in texts[1:]:
            text.flush()
        out, err = (text.buffer.getvalue() for text in texts[1:])
        if code != 0:
            raise ExitCode(f"{code}: {err.decode().strip()}")
        return out

    def _url(self, key):
        return f"s3://{self.bucket}/{key}"

    def put(self, key):
        self._run("s3", "cp", "-", self._url(key), stdin=TEXT)

    def get(self, key):
        return self._run("s3", "cp", self._url(key), "-")

    def list(self, prefix):
        lines = self._run("s3", "ls", self._url(prefix)).decode().splitlines()
        return [prefix + line.split()[-1] for line in lines]

    def copy(self, source, target):
        self._run("s3", "cp", self._url(source), self._url(target))

    def multipart(self, key):
        self._run("s3", "cp", "-", self._url(key), stdin=LARGE)

    def presign(self, key):
        return self._run("s3", "presign", self._url(key)).decode().strip()

    def missing(self, key):
        self._run("s3api", "head-object", "--bucket", self.bucket, "--key", key)

    def delete(self, key):
        self._run("s3", "rm", self._url(key))


class S3cmd:
    """s3cmd in forks of this process, since it takes long to load and keeps what it was told."""

    def __init__(self, endpoint, key_id, secret, bucket):
        import S3.FileLists  # noqa: F401, with it most of the rest is loaded

        path = os.path.join(os.path.dirname(sys.executable), "s3cmd")
        with open(path) as file:
            self.program = compile(file.read(), path, "exec")
        self.bucket = bucket
        host = urlparse(endpoint).netloc
        self.options = [
            *("s3cmd", "--no-progress", "--no-ssl"),
            *(f"--host={host}", f"--host-bucket={host}"),
            *(f"--access_key={key_id}", f"--secret_key={secret}"),
        ]

    # It asks for the region, which a write-only key may not, and then learns it from S3's refusal of
    # its signature. One of HEAD, with which these begin, has no body to tell it.
    REGION = "--region=us-east-1"

    def _run(self, *words, stdin=b""):
        files = [tempfile.TemporaryFile() for _ in range(3)]
        files[0].write(stdin)
        files[0].seek(0)
        child = os.fork()
        if child == 0:
            for number, file in enumerate(files):
                os.dup2(file.fileno(), number)
            sys.argv = [*self.options, *words]
            code = 0
            try:
                exec(self.program, {"__name__": "__main__"})
            except SystemExit as end:
                code = end.code or 0
            except BaseException:
                traceback.print_exc()
                code = 1
            finally:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        for file in files:
            file.seek(0)
        if code != 0:
            raise ExitCode(f"{code}: {files[2].read().decode().strip()}")
        return files[1].read()

    def _url(self, key):
        return f"s3://{self.bucket}/{key}"

    def put(self, key):
        self._run("put", "-", self._url(key), stdin=TEXT)

    def get(self, key):
        return self._run("get", self.REGION, self._url(key), "-")

    def list(self, prefix):
        lines = self._run("ls", self._url(prefix)).decode().splitlines()
        return [line.split()[-1].removeprefix(self._url("")) for line in lines]

    def copy(self, source, target):
        self._run("cp", self._url(source), self._url(target))

    def multipart(self, key):
        self._run("put", "--multipart-chunk-size-mb=5", "-", self._url(key), stdin=LARGE)

    def presign(self, key):
        return self._run("signurl", self._url(key), "+600").decode().strip()

    def missing(self, key):
        self._run("info", self.REGION, self._url(key))

    def delete(self, key):
        self._run("del", self._url(key))


class ExitCode(Exception):
    """A command has ended with another code than 0."""


CLIENTS = {
    "aws": AwsCli,
    "s3cmd": S3cmd,
    "boto3": Boto3,
    "minio": Minio,
    "django": Django,
    "s3fs": S3fs,
    "pyarrow": Pyarrow,
}


def expect(found, wanted):
    if found != wanted:
        raise AssertionError(f"{found!r}, not {wanted!r}")


def operations(client, prefix):
    """What is done, by name, in this order. A client may lack some."""
    kept = prefix + "kept.txt"
    listed = [kept, prefix + "unwanted.txt"]
    yield "get", lambda: expect(client.get(kept), TEXT)
    yield "list", lambda: expect(client.list(prefix), listed)
    yield "put", lambda: client.put(prefix + "put.txt")
    if hasattr(client, "copy"):
        yield "copy", lambda: client.copy(kept, prefix + "copy.txt")
    yield "multipart", lambda: client.multipart(prefix + "large.bin")
    if hasattr(client, "presign"):
        yield "presign", lambda: client.presign(kept)
    yield "missing", lambda: client.missing(prefix + "missing.txt")
    yield "delete", lambda: client.delete(prefix + "unwanted.txt")


def main(name):
    asked = json.load(sys.stdin)
    for scene in asked["scenes"]:
        client = CLIENTS[name](
            asked["endpoint"], scene["accessKeyId"], scene["secretAccessKey"], scene["bucket"]
        )
        for operation, work in operations(client, scene["prefix"]):
            try:
                result = work()
                outcome = {"ok": True} if result is None else {"url": result}
            except Exception as error:
                outcome = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps({"scene": scene["name"], "operation": operation, **outcome}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
