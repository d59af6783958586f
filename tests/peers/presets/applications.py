"""What libraries for Python do with a bucket: applications.py NAME BUCKET PREFIX."""

import io
import os
import sys
from pathlib import Path
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


def s3fs_write(bucket, prefix):
    s3fs_put(bucket, prefix)
    s3fs_read(bucket, prefix)
    files, path = s3fs_file(bucket, prefix)
    files.rm(path)
    assert not files.exists(path)


def s3fs_put(bucket, prefix):
    files, path = s3fs_file(bucket, prefix)
    with files.open(path, "wb") as file:
        file.write(TEXT)


def s3fs_read(bucket, prefix):
    files, path = s3fs_file(bucket, prefix)
    assert files.find(f"{bucket}/{prefix}".rstrip("/")) == [path]
    with files.open(path) as file:
        assert file.read() == TEXT


def s3fs_file(bucket, prefix):
    import s3fs

    return s3fs.S3FileSystem(endpoint_url=ENDPOINT, use_listings_cache=False), f"{bucket}/{prefix}report.txt"


def pyarrow_write(bucket, prefix):
    pyarrow_put(bucket, prefix)
    pyarrow_read(bucket, prefix)
    files, path = pyarrow_files(bucket, prefix)
    files.delete_file(f"{path}/part-0.parquet")


def pyarrow_put(bucket, prefix):
    import pyarrow
    import pyarrow.dataset

    files, path = pyarrow_files(bucket, prefix)
    pyarrow.dataset.write_dataset(
        pyarrow.table({"x": [1, 2]}), path, format="parquet", filesystem=files,
        existing_data_behavior="overwrite_or_ignore", create_dir=False,
    )


def pyarrow_read(bucket, prefix):
    import pyarrow.dataset

    files, path = pyarrow_files(bucket, prefix)
    assert pyarrow.dataset.dataset(path, format="parquet", filesystem=files).count_rows() == 2


def pyarrow_files(bucket, prefix):
    import pyarrow.fs

    files = pyarrow.fs.S3FileSystem(endpoint_override=ENDPOINT, region="us-east-1")
    return files, f"{bucket}/{prefix}data"


def duckdb_put(bucket, prefix):
    duckdb_connection().execute(f"COPY (SELECT 42 AS x) TO 's3://{bucket}/{prefix}part-0.parquet'")


def duckdb_read(bucket, prefix):
    rows = duckdb_connection().sql(f"SELECT x FROM 's3://{bucket}/{prefix}*.parquet'").fetchall()
    assert rows == [(42,)]


def duckdb_connection():
    """With DuckDB's extension from a package: DuckDB itself would download it."""
    import duckdb
    import duckdb_extension_httpfs

    [directory] = duckdb_extension_httpfs.__path__
    [extension] = Path(directory).rglob("httpfs.duckdb_extension")
    connection = duckdb.connect()
    connection.execute(f"LOAD '{extension}'")
    connection.execute(
        f"""CREATE SECRET (
            TYPE s3, REGION 'us-east-1', URL_STYLE 'path', USE_SSL false,
            ENDPOINT '{urlparse(ENDPOINT).netloc}',
            KEY_ID '{os.environ["AWS_ACCESS_KEY_ID"]}',
            SECRET '{os.environ["AWS_SECRET_ACCESS_KEY"]}'
        )"""
    )
    return connection


NAMES = {
    "django": django,
    "django-public": django_public,
    "minio": minio,
    "s3fs-write": s3fs_write,
    "s3fs-put": s3fs_put,
    "s3fs-read": s3fs_read,
    "pyarrow-write": pyarrow_write,
    "pyarrow-put": pyarrow_put,
    "pyarrow-read": pyarrow_read,
    "duckdb-put": duckdb_put,
    "duckdb-read": duckdb_read,
}

if __name__ == "__main__":
    NAMES[sys.argv[1]](*sys.argv[2:])
