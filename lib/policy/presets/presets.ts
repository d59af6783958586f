/**
 * The permissions that applications need, by the name of the application.
 *
 * @module
 */
import { InvalidInput } from "../../errors.ts";
import { checkOptionNames } from "../../known_options.ts";
import { didYouMean, nearest } from "../../suggest.ts";
import { type Grant, type GrantActions, sameGrants } from "../grants.ts";
import { BACKUP } from "./backup.ts";
import { CLIENTS } from "./clients.ts";
import type { Preset } from "./preset.ts";
import { SERVICES } from "./services.ts";

export type { Preset } from "./preset.ts";

const ALL: readonly Preset[] = [...BACKUP, ...SERVICES, ...CLIENTS]
  .toSorted((one, other) => one.name < other.name ? -1 : 1);

/**
 * All presets, by name.
 *
 * @returns what is known of each application
 *
 * @example Applications whose backups are read only
 * ```ts
 * import { presets } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * const restoring = presets().map(({ name }) => name).filter((name) => name.endsWith(":restore"));
 * assert.deepEqual(restoring, ["litestream:restore", "restic:restore"]);
 * ```
 */
export function presets(): readonly Preset[] {
  return ALL;
}

/**
 * Finds a preset by its name.
 *
 * @param name the application, such as `litestream`, perhaps with a role, `litestream:restore`
 * @returns what is known of it
 * @throws {RangeError} if there is none, with the nearest names
 *
 * @example What a key for restic is for
 * ```ts
 * import { findPreset } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * const { keys } = findPreset("restic:restore");
 * assert.deepEqual(Object.keys(keys), ["s3:GetObject"]);
 * ```
 */
export function findPreset(name: string): Preset {
  const found = ALL.find((preset) => preset.name === name);
  if (found !== undefined) return found;
  const [application = ""] = name.split(":");
  const names = ALL.map((preset) => preset.name);
  const roles = names.filter((one) => one.split(":")[0] === application);
  const near = roles.length > 0 ? roles : nearest(name, names);
  throw new InvalidInput(
    `Unknown preset ${JSON.stringify(name)}${
      near.length === 0 ? ": `presets` lists them" : didYouMean(near)
    }`,
  );
}

/** The actions of a preset, as a grant has them. */
export function presetActions({ name, bucket, keys, listing }: Preset): GrantActions {
  return {
    // IAM takes no colon in names.
    name: name.replace(":", "-"),
    preset: name,
    bucket: Object.keys(bucket),
    keys: Object.keys(keys),
    ...(listing !== undefined && { listing }),
  };
}

/**
 * What an application may do with some buckets.
 *
 * @param name the name of the preset
 * @param buckets the buckets' names
 * @param options only keys that start with a prefix, or with one of several
 * @returns grants, for {@linkcode grantsPolicy} or `createCredentials`
 * @throws {RangeError} if there is no such preset
 *
 * @example The policy for restic in one directory
 * ```ts
 * import { grantsPolicy, presetGrants } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * const grants = presetGrants("restic", ["backups"], { prefix: "laptop/" });
 * assert.equal(grantsPolicy(grants).Statement.length, 2);
 * ```
 */
export function presetGrants(
  name: string,
  buckets: readonly string[],
  options: {
    /** Only keys that start with this, or with one of these. */
    prefix?: string | readonly string[];
  } = {},
): Grant[] {
  checkOptionNames(options, ["prefix"]);
  return sameGrants(buckets, options.prefix, presetActions(findPreset(name)));
}
