/** What the tests of the sandbox's S3 share: clients of S3, and requests without one. */
import { type _Object, S3, type S3ClientConfig } from "@aws-sdk/client-s3";
import assert from "node:assert/strict";
import { type Bucket, Content, type SandboxOptions } from "../../../lib/sandbox/mod.ts";
import { S3_DEFAULTS } from "../../support/sdk.ts";
import { type Keys, type Room, room } from "../helpers.ts";

export interface S3Room extends Room {
  /** A client for the administrator. */
  s3: S3;
  s3As(keys: Keys, settings?: S3ClientConfig): S3;
}

/** Starts a sandbox with clients for S3. */
export async function s3Room(options: SandboxOptions = {}): Promise<S3Room> {
  const base = await room(options);
  const { sandbox, requestHandler } = base;
  const s3As = (credentials: Keys, settings: S3ClientConfig = {}): S3 =>
    new S3({
      ...S3_DEFAULTS,
      endpoint: sandbox.url,
      region: sandbox.region,
      credentials,
      forcePathStyle: true,
      maxAttempts: 1,
      requestHandler,
      ...settings,
    });
  return { ...base, s3: s3As(sandbox.credentials), s3As };
}

/** A bucket of the sandbox's account. */
export function bucketIn({ sandbox }: Room, name: string): Bucket {
  const bucket = sandbox.account.buckets.get(name);
  assert.ok(bucket);
  return bucket;
}

/** Puts objects without content into a bucket, straight into the account. */
export function fill(bucket: Bucket, keys: string[]): void {
  for (const key of keys) {
    bucket.objects.set(key, {
      key,
      body: new Content([]),
      etag: '"d41d8cd98f00b204e9800998ecf8427e"',
      lastModified: new Date(),
      headers: {},
      tags: [],
    });
  }
}

/** The keys of a listing. */
export function keysOf(objects: _Object[] | undefined): (string | undefined)[] {
  return (objects ?? []).map(({ Key }) => Key);
}
