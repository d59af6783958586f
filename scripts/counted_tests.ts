/**
 * Runs `deno test` and closes with the line that people and programs look for:
 * `N passed, N failed`, with `, N skipped` where tests were left out.
 *
 * @module
 */
// deno-lint-ignore-file no-console

/** How many tests ended how. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Files at a time: more than there are processors, since many tests wait for time to pass. */
const JOBS = 2 * navigator.hardwareConcurrency;

/** Runs `deno test` with these arguments, so many files at a time, shows what it prints, and counts. */
export async function denoTest(
  args: readonly string[],
  env: Record<string, string> = {},
  jobs = JOBS,
): Promise<Counts> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", ...args],
    env: { NO_COLOR: "1", DENO_JOBS: Deno.env.get("DENO_JOBS") ?? String(jobs), ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let summary = "";
  let rest = "";
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    await Deno.stdout.write(new TextEncoder().encode(text));
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    summary = lines.findLast((line) => /^(ok|FAILED) \| \d+ passed/.test(line)) ?? summary;
  }
  const { code } = await child.status;
  const count = (what: string) => Number(new RegExp(`(\\d+) ${what}`).exec(summary)?.[1] ?? 0);
  const counts = { passed: count("passed"), failed: count("failed"), skipped: count("ignored") };
  // A file that can't be loaded fails without being counted.
  if (code !== 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** Prints the closing line and returns the exit code. */
export function close({ passed, failed, skipped }: Counts): number {
  const skips = skipped > 0 ? `, ${skipped} skipped` : "";
  console.log(`${passed} passed, ${failed} failed${skips}`);
  return failed > 0 || passed === 0 ? 1 : 0;
}
