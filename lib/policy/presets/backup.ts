/**
 * Presets of programs that make backups.
 *
 * @module
 */
import { type Preset, preset } from "./preset.ts";

const LITESTREAM = "https://litestream.io/guides/s3/";
const RESTIC = "https://restic.readthedocs.io/en/stable/080_examples.html";
const LOCATION = "The page also lists s3:GetBucketLocation: the program does without it";

export const BACKUP: readonly Preset[] = [
  preset("litestream", "Litestream, replicating SQLite databases", {
    bucket: { ListBucket: "find what was replicated before" },
    keys: {
      GetObject: "compact files that are no longer on the local disk",
      PutObject: "replicate",
      DeleteObject: "remove what is older than the retention",
    },
    measured: "0.5.18: replicate, with snapshots and retention",
    source: LITESTREAM,
    notes: [LOCATION, "s3:GetObject is not asked for in the run, where all files are on the disk"],
  }),
  preset("litestream:restore", "Litestream, restoring only", {
    bucket: { ListBucket: "find the snapshots and changes" },
    keys: { GetObject: "fetch them" },
    measured: "0.5.18: restore",
    source: LITESTREAM,
    notes: [LOCATION],
  }),
  preset("restic", "restic, with forget and prune", {
    bucket: { ListBucket: "find snapshots, packs and locks" },
    keys: {
      GetObject: "read the repository",
      PutObject: "write packs, snapshots and locks",
      DeleteObject: "remove locks, and what prune finds",
    },
    measured: "0.18.1: init, backup, restore, forget --prune",
    source: RESTIC,
    notes: [LOCATION],
  }),
  preset("restic:restore", "restic, restoring only", {
    bucket: { ListBucket: "find snapshots and packs" },
    keys: { GetObject: "read the repository" },
    measured: "0.18.1: restore --no-lock",
    source: RESTIC,
    notes: [LOCATION, "Locks can't be written: use the option --no-lock"],
  }),
  preset("velero", "Velero, backing up Kubernetes", {
    bucket: { ListBucket: "find backups" },
    keys: {
      GetObject: "restore",
      PutObject: "back up",
      PutObjectTagging: "tag backups, where the location is configured so",
      DeleteObject: "remove what has expired",
      AbortMultipartUpload: "give up an upload that failed",
      ListMultipartUploadParts: "go on with an upload",
    },
    source: "https://github.com/vmware-tanzu/velero-plugin-for-aws#set-permissions-for-velero",
    notes: ["Snapshots of EBS volumes take further permissions, of EC2"],
  }),
  preset("pgbackrest", "pgBackRest, backing up PostgreSQL", {
    bucket: { ListBucket: "find backups and archived segments" },
    keys: {
      GetObject: "restore, and read its own lists",
      GetObjectVersion: "restore as of an earlier time, with repo-target-time",
      PutObject: "back up and archive",
      PutObjectTagging: "tag files, with repo-storage-tag",
      DeleteObject: "expire backups",
    },
    listing: "prefix-and-parents",
    measured: "2.45: stanza-create, archive-push, backup, expire, archive-get, restore",
    source: "https://pgbackrest.org/user-guide.html#s3-support",
    notes: [
      "s3:GetObjectVersion is not asked for in the run: 2.45 has no repo-target-time yet",
      "s3:PutObjectTagging is not asked for in the run: 2.45 has no repo-storage-tag yet",
      "Under a prefix it also lists the directory above: names only, with / as the delimiter",
      "repo-target-time takes s3:ListBucketVersions besides, which the page doesn't list",
    ],
  }),
];
