/**
 * What an application's configuration has to say about a bucket. It has no credentials: applications
 * find these in the environment, in a profile of AWS, or where its own documentation says.
 *
 * @module
 */
import { InvalidInput } from "../../errors.ts";
import { checkBucketName } from "../../names.ts";
import { prefixPattern } from "../prefix.ts";
import { findPreset } from "./presets.ts";

/**
 * Templates by {@linkcode Preset.config}. `{bucket}` is the bucket, `{path}` the prefix without a slash
 * at its end, `{path/}` with one and `{/path}` with one at its start; all three are empty without a prefix.
 */
const TEMPLATES: Readonly<Record<string, string>> = {
  "litestream": `# litestream.yml; keys by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
dbs:
  - path: /path/to/database.sqlite
    replica:
      url: s3://{bucket}/{path/}database`,
  "restic": `# Keys by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
export RESTIC_REPOSITORY=s3:s3.amazonaws.com/{bucket}{/path}`,
  "velero": `# velero install; keys in the file of --secret-file
--provider aws --bucket {bucket} --prefix "{path}" --backup-location-config region=REGION`,
  "pgbackrest":
    `# pgbackrest.conf; keys by PGBACKREST_REPO1_S3_KEY and PGBACKREST_REPO1_S3_KEY_SECRET
[global]
repo1-type=s3
repo1-s3-bucket={bucket}
repo1-path=/{path}
repo1-s3-region=REGION
repo1-s3-endpoint=s3.REGION.amazonaws.com`,
  "django-storages": `# settings.py; keys by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
STORAGES = {
    "default": {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {"bucket_name": "{bucket}", "location": "{path/}"},
    },
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}`,
  "rails-active-storage": `# config/storage.yml; keys by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
amazon:
  service: S3
  bucket: {bucket}
  region: <%= ENV["AWS_REGION"] %>`,
  "docker-registry":
    `# config.yml; keys by REGISTRY_STORAGE_S3_ACCESSKEY and REGISTRY_STORAGE_S3_SECRETKEY
storage:
  s3:
    bucket: {bucket}
    region: REGION
    rootdirectory: "{/path}"`,
  "gitlab": `# gitlab.rb; keys by the environment of the process
gitlab_rails["object_store"]["enabled"] = true
gitlab_rails["object_store"]["connection"] = {
  "provider" => "AWS",
  "region" => ENV["AWS_REGION"],
  "aws_access_key_id" => ENV["AWS_ACCESS_KEY_ID"],
  "aws_secret_access_key" => ENV["AWS_SECRET_ACCESS_KEY"],
}
gitlab_rails["object_store"]["objects"]["artifacts"]["bucket"] = "{bucket}"`,
  "loki": `# loki.yaml; keys by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
storage_config:
  aws:
    bucketnames: {bucket}
    region: REGION`,
  "tempo": `# tempo.yaml; keys by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
storage:
  trace:
    backend: s3
    s3:
      bucket: {bucket}
      prefix: "{path}"
      endpoint: s3.REGION.amazonaws.com`,
  "thanos": `# objstore.yml; keys by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
type: S3
config:
  bucket: {bucket}
  endpoint: s3.REGION.amazonaws.com
  aws_sdk_auth: true
prefix: "{path}"`,
  "opentofu": `# Keys by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, region by AWS_REGION
terraform {
  backend "s3" {
    bucket       = "{bucket}"
    key          = "{path/}terraform.tfstate"
    use_lockfile = true
  }
}`,
  "fluent-bit": `# fluent-bit.conf; keys by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
[OUTPUT]
    name          s3
    match         *
    bucket        {bucket}
    region        REGION
    s3_key_format /{path/}$TAG/%Y/%m/%d/%H_%M_%S`,
  "vector": `# vector.yaml; keys by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
sinks:
  s3:
    type: aws_s3
    inputs: ["SOURCE"]
    bucket: {bucket}
    key_prefix: "{path/}"
    region: REGION
    encoding: { codec: json }`,
  "firehose": `{
    "BucketARN": "arn:aws:s3:::{bucket}",
    "Prefix": "{path/}",
    "RoleARN": "ARN of the role with the policy that policy --for firehose prints"
}`,
  "aurora-load": `-- With the role in aurora_load_from_s3_role or aurora_select_into_s3_role
LOAD DATA FROM S3 PREFIX 's3://{bucket}/{path/}' INTO TABLE my_table;
SELECT * FROM my_table INTO OUTFILE S3 's3://{bucket}/{path/}my_table';`,
  "pypicloud": `# Keys by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
pypi.storage = s3
storage.bucket = {bucket}
storage.prefix = {path/}
storage.region_name = REGION`,
  "rclone":
    `# rclone.conf; keys by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; use s3:{bucket}{/path}
[s3]
type = s3
provider = AWS
env_auth = true
region = REGION
no_check_bucket = true`,
  "aws-cli-sync": `# Keys by AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
aws s3 sync site/ s3://{bucket}/{path/} --delete`,
  "s3cmd": `# Keys by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
s3cmd sync DIRECTORY/ s3://{bucket}/{path/}`,
  "s5cmd": `# Keys by AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
s5cmd sync DIRECTORY/ s3://{bucket}/{path/}`,
  "mc": `export MC_HOST_s3="https://$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY@s3.amazonaws.com"
mc mirror DIRECTORY/ s3/{bucket}/{path/}`,
  "minio-py": `# Keys by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
from minio import Minio
from minio.credentials import EnvAWSProvider

client = Minio("s3.amazonaws.com", region="REGION", credentials=EnvAWSProvider())
client.list_objects("{bucket}", prefix="{path/}", recursive=True)`,
  "minio-js": `import { Client } from "minio";

const client = new Client({
  endPoint: "s3.amazonaws.com",
  region: process.env.AWS_REGION,
  accessKey: process.env.AWS_ACCESS_KEY_ID,
  secretKey: process.env.AWS_SECRET_ACCESS_KEY,
});
client.listObjectsV2("{bucket}", "{path/}", true);`,
  "mountpoint": `# Keys by AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
mount-s3 {bucket} /mnt/{bucket} --prefix "{path/}"`,
  "hadoop-s3a":
    `<!-- core-site.xml; keys by AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; use s3a://{bucket}/{path/} -->
<property>
  <name>fs.s3a.bucket.{bucket}.aws.credentials.provider</name>
  <value>software.amazon.awssdk.auth.credentials.EnvironmentVariableCredentialsProvider</value>
</property>`,
  "pyarrow": `# Keys by AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
import pyarrow.dataset

data = pyarrow.dataset.dataset("s3://{bucket}/{path/}", format="parquet")`,
  "s3fs-fsspec": `# Keys by AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
import s3fs

files = s3fs.S3FileSystem().find("{bucket}{/path}")`,
  "duckdb": `-- Keys by AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY
CREATE SECRET (TYPE s3, PROVIDER credential_chain, SCOPE 's3://{bucket}/{path/}');
SELECT * FROM 's3://{bucket}/{path/}*.parquet';`,
  "starrocks-load": `-- Keys of your own in place of KEY and SECRET
SELECT * FROM FILES(
  "path" = "s3://{bucket}/{path/}*.parquet", "format" = "parquet", "aws.s3.region" = "REGION",
  "aws.s3.access_key" = "KEY", "aws.s3.secret_key" = "SECRET"
);`,
};

/** Text that needs no quotes in any of the configurations. */
const PLAIN_PREFIX = /^[\w.=+@%:,/-]*$/;

/**
 * A part of an application's configuration, for one bucket. It holds no credentials; where it can't do
 * without the region, `REGION` stands for it.
 *
 * @param name the name of the preset
 * @param bucket the bucket's name
 * @param options where in the bucket
 * @returns text, in the form that the application reads
 * @throws {RangeError} if there is no such preset, or the prefix would have to be quoted
 *
 * @example What restic needs to know
 * ```ts
 * import { presetConfiguration } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * const text = presetConfiguration("restic", "backups", { prefix: "laptop/" });
 * assert.match(text, /RESTIC_REPOSITORY=s3:s3\.amazonaws\.com\/backups\/laptop$/);
 * ```
 */
export function presetConfiguration(
  name: string,
  bucket: string,
  options: {
    /** Only keys that start with this. */
    prefix?: string;
  } = {},
): string {
  const { config } = findPreset(name);
  checkBucketName(bucket);
  const { prefix } = options;
  const path = prefix === undefined ? "" : prefixPattern(prefix).replace(/\/?\*$/, "");
  if (!PLAIN_PREFIX.test(path)) {
    throw new InvalidInput(
      `A configuration can't be written for the prefix ${JSON.stringify(prefix)}: it may have ` +
        "letters, digits and _.=+@%:,/- only",
    );
  }
  const texts: Record<string, string> = {
    "{bucket}": bucket,
    "{path}": path,
    "{path/}": path === "" ? "" : `${path}/`,
    "{/path}": path === "" ? "" : `/${path}`,
  };
  return TEMPLATES[config]!.replaceAll(/\{(?:bucket|\/?path\/?)\}/g, (place) => texts[place]!);
}
