/**
 * Who may do what, written down by hand from the policy page and from nothing else.
 *
 * Each line has two columns, credentials for the whole bucket and for the prefix `reports/`. The
 * three signs of a column stand for read-write, read-only and write-only: `+` may, `-` may not.
 */
import { bucketAttempts, identityAttempts } from "./account_attempts.ts";
import { objectAttempts } from "./object_attempts.ts";

export const ATTEMPTS = { ...objectAttempts, ...bucketAttempts, ...identityAttempts };
export type AttemptName = keyof typeof ATTEMPTS;

export const PERMISSIONS = ["read-write", "read-only", "write-only"] as const;

const NOBODY = ["---", "---"] as const;
const READERS = ["++-", "++-"] as const;
const READERS_OF_ALL = ["++-", "---"] as const;
const WRITERS = ["+-+", "+-+"] as const;
const WRITERS_OF_ALL = ["+-+", "---"] as const;
const DELETERS = ["+--", "+--"] as const;
const DELETERS_OF_ALL = ["+--", "---"] as const;

export const EXPECTED: Record<AttemptName, readonly [wholeBucket: string, prefix: string]> = {
  "list without prefix": READERS_OF_ALL,
  "list with an empty prefix": READERS_OF_ALL,
  "list prefix reports/": READERS,
  "list prefix reports/2026/": READERS,
  "list prefix reports": READERS_OF_ALL,
  "list prefix rep": READERS_OF_ALL,
  "list prefix reports-old/": READERS_OF_ALL,
  "list prefix Reports/": READERS_OF_ALL,
  "list prefix archive/reports/": READERS_OF_ALL,
  "list folders by a delimiter": READERS_OF_ALL,
  "list prefix reports/ by version 1 of the call": READERS,
  "head bucket": READERS_OF_ALL,
  "list versions": NOBODY,

  "get object": READERS,
  "head object": READERS,
  "get a range of an object": READERS,
  "get object acl": READERS,
  "get object legal hold": READERS,
  "get object retention": READERS,
  "get object tagging": READERS,
  "get object version": NOBODY,
  "get object attributes": NOBODY,
  "get object torrent": NOBODY,
  "get the folder's own key reports/": READERS,
  "get the key reports": READERS_OF_ALL,
  "get from the sibling reports-old/": READERS_OF_ALL,
  "get from Reports/ in capitals": READERS_OF_ALL,
  "get from archive/reports/": READERS_OF_ALL,
  "get from the root": READERS_OF_ALL,

  "put a new object": WRITERS,
  "overwrite an object": WRITERS,
  "put the key reports": WRITERS_OF_ALL,
  "put into the sibling reports-old/": WRITERS_OF_ALL,
  "put into the root": WRITERS_OF_ALL,
  "put an object with an acl": NOBODY,
  "put an object with tags": NOBODY,
  "put an object with a legal hold": NOBODY,
  "put an object with a retention": NOBODY,
  "copy inside the prefix": ["+--", "+--"],
  "copy an object with its tags": NOBODY,
  "copy from the sibling reports-old/": ["+--", "---"],
  "copy from the other bucket": NOBODY,
  "copy into the other bucket": NOBODY,

  "delete object": DELETERS,
  "delete several objects": DELETERS,
  "delete object version": NOBODY,
  "delete the key reports": DELETERS_OF_ALL,
  "delete from the sibling reports-old/": DELETERS_OF_ALL,
  "delete several from the root": DELETERS_OF_ALL,

  "put object acl": NOBODY,
  "put object tagging": NOBODY,
  "delete object tagging": NOBODY,
  "put object legal hold": NOBODY,
  "put object retention": NOBODY,
  "lift a retention before its time": NOBODY,
  "restore object": NOBODY,

  "start a multipart upload": WRITERS,
  "upload a part": WRITERS,
  "copy a part from the sibling reports-old/": ["+--", "---"],
  "complete a multipart upload": WRITERS,
  "list the parts of an upload": NOBODY,
  "abort a multipart upload": NOBODY,
  "list multipart uploads": NOBODY,

  "list the other bucket": NOBODY,
  "get from the other bucket": NOBODY,
  "put into the other bucket": NOBODY,
  "delete from the other bucket": NOBODY,

  "get bucket location": READERS,
  "delete bucket": NOBODY,
  "list buckets": NOBODY,
  "create bucket": NOBODY,
  "get bucket policy": NOBODY,
  "put bucket policy": NOBODY,
  "delete bucket policy": NOBODY,
  "get bucket policy status": NOBODY,
  "get bucket acl": NOBODY,
  "put bucket acl": NOBODY,
  "get public access block": NOBODY,
  "put public access block": NOBODY,
  "delete public access block": NOBODY,
  "get ownership controls": NOBODY,
  "put ownership controls": NOBODY,
  "get cors": NOBODY,
  "put cors": NOBODY,
  "delete cors": NOBODY,
  "get website": NOBODY,
  "put website": NOBODY,
  "delete website": NOBODY,
  "get versioning": NOBODY,
  "put versioning": NOBODY,
  "get bucket tagging": NOBODY,
  "put bucket tagging": NOBODY,
  "delete bucket tagging": NOBODY,
  "get lifecycle": NOBODY,
  "put lifecycle": NOBODY,
  "delete lifecycle": NOBODY,
  "get replication": NOBODY,
  "put replication": NOBODY,
  "get encryption": NOBODY,
  "delete encryption": NOBODY,
  "get logging": NOBODY,
  "put logging": NOBODY,
  "get notification": NOBODY,
  "put notification": NOBODY,
  "get accelerate": NOBODY,
  "get request payment": NOBODY,
  "put request payment": NOBODY,
  "get object lock configuration": NOBODY,
  "list analytics configurations": NOBODY,
  "list inventory configurations": NOBODY,
  "head the other bucket": NOBODY,
  "get the other bucket's location": NOBODY,

  "create user": NOBODY,
  "create access key": NOBODY,
  "create access key of the administrator": NOBODY,
  "list users": NOBODY,
  "put user policy": NOBODY,
  "attach user policy": NOBODY,
  "attach role policy to the tool's role": NOBODY,
  "create role": NOBODY,
  "assume another role": NOBODY,
  "assume the tool's role without a session policy": NOBODY,
};

/** The S3 actions that the documents of the policy page name. */
export const NAMED_ACTIONS = [
  "s3:ListBucket",
  "s3:GetBucketLocation",
  "s3:GetObject",
  "s3:GetObjectAcl",
  "s3:GetObjectLegalHold",
  "s3:GetObjectRetention",
  "s3:GetObjectTagging",
  "s3:PutObject",
  "s3:DeleteObject",
];
