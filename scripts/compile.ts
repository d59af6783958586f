/**
 * `deno task compile [TARGET…]`: standalone executables in `dist/`, with their checksums.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { createHash } from "node:crypto";

const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];

const wanted = Deno.args.length > 0 ? Deno.args : [Deno.build.target];
const unknown = wanted.filter((target) => !TARGETS.includes(target));
if (unknown.length > 0) {
  console.error(`Unknown target: ${unknown.join(", ")}\nTargets: ${TARGETS.join(", ")}`);
  Deno.exit(2);
}
await Deno.mkdir("dist", { recursive: true });
const sums: string[] = [];
for (const target of wanted) {
  const name = `s3-credentials-${target}${target.includes("windows") ? ".exe" : ""}`;
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["compile", "-A", "--target", target, "--output", `dist/${name}`, "cli.ts"],
    stdout: "inherit",
    stderr: "piped",
  }).output();
  const messages = new TextDecoder().decode(stderr);
  if (!success) {
    const isOffline = /denort|download/i.test(messages);
    console.error(
      isOffline
        ? `The base runtime for ${target} could not be downloaded; with a copy at hand, set DENORT_BIN ` +
          "to its path and run this again"
        : messages,
    );
    Deno.exit(1);
  }
  const bytes = await Deno.readFile(`dist/${name}`);
  sums.push(`${createHash("sha256").update(bytes).digest("hex")}  ${name}`);
  console.log(`dist/${name}: ${(bytes.length / 2 ** 20).toFixed(1)} MiB`);
}
await Deno.writeTextFile("dist/SHA256SUMS", `${sums.join("\n")}\n`);
