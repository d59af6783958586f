/**
 * The page of the presets, made from what the library knows.
 *
 * @module
 */
import { whyNotRun } from "../lib/policy/presets/not_run.ts";
import { type Preset, presets } from "../lib/policy/presets/presets.ts";

const INTRO = `# Presets: permissions of applications

\`s3-credentials create my-bucket --for restic\` makes a key that may do what restic needs, and nothing
else; \`policy my-bucket --for restic\` prints the policy. \`--prefix\` limits both to a part of the
bucket. A role comes after a colon: \`--for restic:restore\` can only read.

- \`s3-credentials presets\` lists them, \`presets restic\` says what each action is for.
- \`presets restic --config my-bucket --prefix laptop/\` prints what the application's configuration has
  to say of the bucket. It holds no credentials: those come from the environment or from a profile.

Each preset starts from the page on which the application documents its permissions. Where a version
that was run needs less, the preset has less and a note says so. *Run* names the version that
\`deno task test:peers\` runs in the sandbox with exactly these permissions: it works, and with any one
of them taken away it fails, or a note says why not; or it says why the application is not run.

Under a prefix, a preset lists only the keys that start with it. Some programs list or look for keys
in another way; *the whole bucket* then means that they see the names of all keys, not their content.

No preset has \`s3:*\` or another wildcard, or may create buckets or list those of the account. Made by
\`deno task docs\`.
`;

const LISTINGS = {
  "prefix": "what starts with it",
  "prefix-and-parents": "what starts with it, and names in the directory above",
  "whole-bucket": "the whole bucket",
};

function section({ name, title, bucket, keys, listing = "prefix", ...preset }: Preset): string {
  const uses = (actions: Preset["keys"], where: string) =>
    Object.entries(actions).map(([action, use]) => `| \`${action}\` | ${where} | ${use} |`);
  const lists = "s3:ListBucket" in bucket ? [`- Lists under a prefix: ${LISTINGS[listing]}`] : [];
  return [
    `## ${name}`,
    "",
    `${title}. [Source](${preset.source}), read on ${preset.checked}.`,
    "",
    "| action | on | for |",
    "| --- | --- | --- |",
    ...uses(bucket, "bucket"),
    ...uses(keys, "keys"),
    "",
    ...lists,
    `- Run: ${preset.measured ?? `no, since ${whyNotRun(name)}`}`,
    ...(preset.notes ?? []).map((note) => `- ${note}`),
    "",
  ].join("\n");
}

/** The page as Markdown. */
export function presetsPage(): string {
  return [INTRO, ...presets().map(section)].join("\n");
}
