"""What libraries for Python do with a bucket: applications.py NAME BUCKET PREFIX."""

import io
import os
import sys
import tempfile
from urllib.parse import urlparse

ENDPOINT = os.environ["AWS_ENDPOINT_URL"]
TEXT = b"what is to be kept"


def django(bucket, prefix, **options):
    from django.conf import settings

    settings.configure(USE_TZ=True)
    from django.core.files.base import ContentFile
    from storages.backends.s3 import S3Storage

    storage = S3Storage(
        bucket_name=bucket, location=prefix, endpoint_url=ENDPOINT, file_overwrite=False, **options
    )
    name = storage.save("report.txt", ContentFile(TEXT))
    assert storage.save("report.txt", ContentFile(TEXT)) != name
    assert storage.exists(name) and not storage.exists("missing.txt")
    assert storage.size(name) == len(TEXT)
    with storage.open(name) as file:
        assert file.read() == TEXT
    assert name in storage.listdir("")[1]
    storage.delete(name)
    assert not storage.exists(name)


def django_public(bucket, prefix):
    django(bucket, prefix, default_acl="public-read", querystring_auth=False)


def minio(bucket, prefix):
    from minio import Minio

    client = Minio(
        urlparse(ENDPOINT).netloc,
        os.environ["AWS_ACCESS_KEY_ID"],
        os.environ["AWS_SECRET_ACCESS_KEY"],
        secure=False,
    )
    key = prefix + "report.txt"
    client.put_object(bucket, key, io.BytesIO(TEXT), len(TEXT))
    response = client.get_object(bucket, key)
    assert response.read() == TEXT
    response.close()
    names = [item.object_name for item in client.list_objects(bucket, prefix, recursive=True)]
    assert names == [key]
    client.remove_object(bucket, key)


def s3fs(bucket, prefix):
    import s3fs

    files = s3fs.S3FileSystem(endpoint_url=ENDPOINT)
    path = f"{bucket}/{prefix}report.txt"
    with files.open(path, "wb") as file:
        file.write(TEXT)
    files.invalidate_cache()
    assert files.find(f"{bucket}/{prefix}".rstrip("/")) == [path]
    with files.open(path) as file:
        assert file.read() == TEXT
    files.rm(path)
    assert not files.exists(path)


def pyarrow(bucket, prefix):
    import pyarrow
    import pyarrow.dataset
    import pyarrow.fs

    files = pyarrow.fs.S3FileSystem(endpoint_override=ENDPOINT, region="us-east-1")
    path = f"{bucket}/{prefix}data"
    pyarrow.dataset.write_dataset(
        pyarrow.table({"x": [1, 2]}), path, format="parquet", filesystem=files,
        existing_data_behavior="overwrite_or_ignore", create_dir=False,
    )
    assert pyarrow.dataset.dataset(path, format="parquet", filesystem=files).count_rows() == 2
    files.delete_file(f"{path}/part-0.parquet")


NAMES = {
    "django": django,
    "django-public": django_public,
    "minio": minio,
    "s3fs": s3fs,
    "pyarrow": pyarrow,
}

if __name__ == "__main__":
    NAMES[sys.argv[1]](*sys.argv[2:])
