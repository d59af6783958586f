/**
 * `deno task test`: all tests that need nothing but Deno, and every example of the documentation.
 * `deno task test:fast`: those that together take some 20 seconds, for the loop of writing.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { devNull } from "node:os";
import { close, denoTest } from "./counted_tests.ts";
import { unloadedGroups, writeGroups } from "./test_groups.ts";

/**
 * Tests that take more than a second of the processor or wait for several, by file or, where most of
 * them do, by directory. Besides the fast ones, run the directory that you work on:
 * `deno task test tests/cli/create`.
 */
const SLOW = [
  "tests/attacks",
  "tests/aws/sources/machine_sources_test.ts",
  "tests/cli/authentication",
  "tests/cli/can_account_test.ts",
  "tests/cli/create",
  "tests/cli/debug_bucket_test.ts",
  "tests/cli/delete_bucket_test.ts",
  "tests/cli/documented_permissions_test.ts",
  "tests/cli/identities_test.ts",
  "tests/cli/keys",
  "tests/cli/lists_streaming_test.ts",
  "tests/cli/lists_test.ts",
  "tests/cli/localserver_test.ts",
  "tests/cli/network_test.ts",
  "tests/cli/objects",
  "tests/cli/program_test.ts",
  "tests/cli/public_buckets_test.ts",
  "tests/cli/rows_test.ts",
  "tests/cli/sandbox_test.ts",
  "tests/cli/secrets_test.ts",
  "tests/cli/signals_test.ts",
  "tests/cli/system_path_test.ts",
  "tests/credentials/format_test.ts",
  "tests/credentials/rotation_model_test.ts",
  "tests/docs_test.ts",
  "tests/examples_test.ts",
  "tests/faults",
  "tests/objects/library_test.ts",
  "tests/permissions_test.ts",
  "tests/policy/grants_test.ts",
  "tests/policy/lint_test.ts",
  "tests/policy/presets_test.ts",
  "tests/policy/random_test.ts",
  "tests/policy/wildcard_test.ts",
  "tests/proof",
  "tests/properties_test.ts",
  "tests/registry_test.ts",
  "tests/sandbox/documented",
  "tests/size_test.ts",
  "tests/standalone_test.ts",
  "tests/strict_json_test.ts",
];

/** Groups that run at the same time: more than there are processors, since many tests wait for time to pass. */
const GROUPS = 3 * navigator.hardwareConcurrency;

/** Seconds that files take beside others, where it is more than a few; measured, and near enough for dealing them out. */
const SECONDS: Record<string, number> = {
  "tests/cli/lists_streaming_test.ts": 26,
  "tests/faults/matrix_test.ts": 23,
  "tests/permissions_test.ts": 23,
  "tests/registry_test.ts": 19,
  "tests/size_test.ts": 15,
  "tests/cli/documented_permissions_test.ts": 14,
  "tests/docs_test.ts": 12,
  "tests/sandbox/documented/evaluation_test.ts": 12,
  "tests/cli/create/rollback_test.ts": 11,
  "tests/cli/objects/faults_test.ts": 10,
  "tests/proof/least_privilege_test.ts": 10,
  "tests/cli/create/killed_test.ts": 9,
  "tests/faults/timeout_test.ts": 9,
  "tests/standalone_test.ts": 9,
  "tests/attacks/answers_test.ts": 7,
  "tests/aws/sources/machine_sources_test.ts": 9,
  "tests/cli/create/wait_test.ts": 7,
  "tests/examples_test.ts": 7,
  "tests/aws/requests/caller_identity_test.ts": 6,
  "tests/cli/create/discarded_output_test.ts": 6,
  "tests/cli/keys/rotate_test.ts": 6,
  "tests/cli/localserver_test.ts": 6,
  "tests/attacks/echo_test.ts": 5,
  "tests/cli/create/grants_test.ts": 5,
  "tests/cli/objects/pipe_test.ts": 5,
  "tests/cli/objects/process_test.ts": 5,
  "tests/cli/objects/transfers_test.ts": 5,
  "tests/cli/signals_test.ts": 5,
  "tests/attacks/download_test.ts": 4,
  "tests/aws/sources/sources_test.ts": 4,
  "tests/cli/can_account_test.ts": 4,
  "tests/cli/create/concurrent_runs_test.ts": 4,
  "tests/cli/create/existing_user_test.ts": 4,
  "tests/cli/debug_bucket_test.ts": 4,
  "tests/cli/keys/list_test.ts": 4,
  "tests/cli/keys/prune_test.ts": 4,
  "tests/cli/keys/year_test.ts": 4,
  "tests/cli/sandbox_test.ts": 4,
  "tests/cli/unreachable_test.ts": 4,
  "tests/http/client_failures_test.ts": 4,
  "tests/properties_test.ts": 4,
};

// The test suite must find neither the developer's account nor their settings.
for (const name of Object.keys(Deno.env.toObject())) {
  if (/^AWS_|_proxy$/i.test(name)) Deno.env.delete(name);
}
const noFiles = { AWS_CONFIG_FILE: devNull, AWS_SHARED_CREDENTIALS_FILE: devNull };

// A file that has been renamed must not come back into the fast run.
for (const path of [...SLOW, ...Object.keys(SECONDS)]) Deno.statSync(path);

const isFast = Deno.args[0] === "--fast";
const given = isFast ? Deno.args.slice(1) : Deno.args;
const ignored = ["tests/peers", ...isFast ? SLOW : []];
const folder = await Deno.makeTempDir();
/** Directories become groups; files and options stay as they are. */
const what = await Promise.all(
  (given.length > 0 ? given : ["tests"]).map((word, n) =>
    isDirectory(word)
      ? writeGroups(word, `${folder}/${n}`, { ignored, seconds: SECONDS, max: GROUPS })
      : [word]
  ),
);

// Large matrices try another part of their cases each day; see tests/support/arbitraries.ts.
const turn = Deno.env.get("S3CREDS_TURN") ?? String(Math.floor(Date.now() / 864e5));
console.log(`S3CREDS_TURN=${turn}`);

const counts = await denoTest([
  // Among other things these say that nothing beyond this machine is called.
  "-P=tests",
  "--parallel",
  // `deno task check` does that, once for all files.
  "--no-check",
  "--ignore=tests/peers",
  ...what.flat(),
], {
  ...noFiles,
  AWS_EC2_METADATA_DISABLED: "true",
  S3CREDS_TURN: turn,
}, GROUPS);
const groups = what.flat().filter((word) => word.startsWith(folder));
for (const files of await unloadedGroups(groups)) {
  console.log(`Not loaded to the end, so that their tests did not run: ${files.join(", ")}`);
  counts.failed++;
}
await Deno.remove(folder, { recursive: true });
Deno.exit(close(counts));

function isDirectory(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}
