/**
 * Why the tests of this project don't run an application under its preset.
 *
 * @module
 */

const MODULE = "its Go module takes forks of others, which holds in its own repository only";
const OF_AWS = "it is a service of AWS, which runs nowhere else";
const NO_PACKAGE = "no package registry has the program";
const CLUSTER = "it needs a cluster";

/** By application, whatever its role. */
const REASONS: Readonly<Record<string, string>> = {
  "aurora-load": OF_AWS,
  "aurora-outfile": OF_AWS,
  "firehose": OF_AWS,
  "fluent-bit": NO_PACKAGE,
  "gitlab": "it needs a whole server of GitLab",
  "hadoop-s3a": "it needs Hadoop with all of the AWS SDK for Java, more than 500 MB",
  "loki": MODULE,
  "mountpoint": `${NO_PACKAGE}, and it mounts a file system (FUSE)`,
  "opentofu": MODULE,
  "pypicloud": "a run of its server is not written yet",
  "starrocks-load": CLUSTER,
  "tempo": MODULE,
  "vector": NO_PACKAGE,
  "velero": `${CLUSTER} of Kubernetes`,
};

/** Why a preset is not run; `undefined` for one that is. */
export function whyNotRun(name: string): string | undefined {
  const [application = ""] = name.split(":");
  return REASONS[application];
}

/** The applications for which there is a reason. */
export const NOT_RUN: readonly string[] = Object.keys(REASONS);
