/**
 * The command `presets`.
 *
 * @module
 */
import { asUsageError } from "../../errors.ts";
import type { Preset } from "../../policy/presets/preset.ts";
import { defineCommand, flag, value } from "../command.ts";
import { chosenFormat, rowOptions, writeRows } from "../lists/write.ts";
import { bucketNames, usage } from "../options.ts";
import { writeLine } from "../output.ts";
import { parsePrefix } from "../permission_options.ts";
import type { Io } from "../io.ts";

const FIELDS = [
  "Name",
  "Description",
  "BucketActions",
  "KeyActions",
  "Listing",
  "Source",
  "Checked",
  "Measured",
  "Notes",
];
const TABLE_FIELDS = ["Name", "Description", "KeyActions", "BucketActions", "Measured"];

/** `s3-credentials presets` */
export const presets = defineCommand({
  operands: "[preset]",
  description: "Show the permissions that applications need, for --for of create and policy: all " +
    "of them, or one with what each action is for. With --config, what to write " +
    "into the application's configuration for a bucket. Makes no request and needs no credentials.",
  examples: [
    ["All of them:", "presets --table"],
    ["What restic needs, and why:", "presets restic"],
    ["How to configure it:", "presets restic --config my-bucket --prefix laptop/"],
  ],
  options: {
    config: value("--config <bucket>", "Show a part of the application's configuration"),
    prefix: value("--prefix <prefix>", "With --config: the start of the keys", parsePrefix),
    json: flag("--json", "JSON, which is the default for all presets"),
    ...rowOptions,
  },
  async run({ operands: [name], options }, io) {
    const { config, prefix } = options;
    const format = chosenFormat(options);
    if (config !== undefined && name === undefined) throw usage("--config needs a preset");
    if (config !== undefined && format !== undefined) {
      throw usage(`--config cannot be used with --${format}`);
    }
    if (prefix !== undefined && config === undefined) throw usage("--prefix needs --config");
    const library = await import("../../policy/presets/presets.ts");
    const found = name === undefined
      ? library.presets()
      : [asUsageError(() => library.findPreset(name))];
    if (config !== undefined) {
      const [bucket = ""] = bucketNames([config]);
      const { presetConfiguration } = await import("../../policy/presets/configurations.ts");
      await writeLine(io, asUsageError(() => presetConfiguration(name!, bucket, { prefix })));
      return;
    }
    if (name !== undefined && format === undefined) return await writePreset(found[0]!, io);
    const columns = { fields: FIELDS, tableFields: TABLE_FIELDS, wholeFields: ["Name"] };
    await writeRows(io, rows(found), format ?? "json", columns);
  },
});

async function* rows(found: readonly Preset[]): AsyncGenerator<object> {
  for (const { name, title, bucket, keys, listing, source, checked, measured, notes } of found) {
    yield {
      Name: name,
      Description: title,
      BucketActions: Object.keys(bucket),
      KeyActions: Object.keys(keys),
      Listing: listing ?? "prefix",
      Source: source,
      Checked: checked,
      Measured: measured ?? null,
      Notes: notes ?? [],
    };
  }
}

const LISTINGS = {
  "prefix": "the keys that start with it, and no others",
  "prefix-and-parents": "the keys that start with it, and the names in the directory above",
  "whole-bucket": "the names of all keys, since the program lists or looks for keys without it",
};

async function writePreset(preset: Preset, io: Io): Promise<void> {
  const { name, title, bucket, keys, listing = "prefix", source, checked, notes = [] } = preset;
  const { whyNotRun } = await import("../../policy/presets/not_run.ts");
  const width = Math.max(...Object.keys({ ...bucket, ...keys }).map((action) => action.length));
  const uses = (actions: Preset["keys"]) =>
    Object.entries(actions).map(([action, use]) => `  ${action.padEnd(width)}  ${use}`);
  const section = (heading: string, lines: readonly string[]) =>
    lines.length === 0 ? [] : [heading, ...lines];
  const listed = "s3:ListBucket" in bucket ? [`Lists under a prefix: ${LISTINGS[listing]}`] : [];
  const lines = [
    `${name}: ${title}`,
    "",
    ...section("On the bucket:", uses(bucket)),
    ...section("On its keys:", uses(keys)),
    "",
    ...listed,
    `Source: ${source}, read on ${checked}`,
    `Run with these permissions: ${
      preset.measured ?? `not by this project, since ${whyNotRun(name)}`
    }`,
    ...section("Notes:", notes.map((note) => `  - ${note}`)),
  ];
  await writeLine(io, lines.join("\n"));
}
