/**
 * `deno task compile [TARGET…]`: standalone executables in `dist/`, with their checksums. Without a
 * target, one for this machine; with `all`, one for each.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { createHash } from "node:crypto";
import { bundle, compile, embeddedFiles } from "./standalone.ts";

const TARGETS = [
  "x86_64-unknown-linux-gnu",
  "aarch64-unknown-linux-gnu",
  "x86_64-apple-darwin",
  "aarch64-apple-darwin",
  "x86_64-pc-windows-msvc",
];

function wantedTargets(args: string[]): string[] {
  if (args.length === 0) return [Deno.build.target];
  return args.includes("all") ? TARGETS : args;
}

const targets = wantedTargets(Deno.args);
const unknown = targets.filter((target) => !TARGETS.includes(target));
if (unknown.length > 0) {
  console.error(`Unknown target: ${unknown.join(", ")}\nTargets: ${TARGETS.join(", ")}, all`);
  Deno.exit(2);
}

await Deno.mkdir("dist", { recursive: true });
const folder = await Deno.makeTempDir();
const bundled = `${folder}/s3-credentials.js`;
const made = await bundle(bundled);
if (!made.success) {
  console.error(made.messages);
  Deno.exit(1);
}
const sums: string[] = [];
for (const target of targets) {
  const name = `s3-credentials-${target}${target.includes("windows") ? ".exe" : ""}`;
  const { success, messages } = await compile(bundled, target, `dist/${name}`);
  if (!success) {
    console.error(
      /denort|download/i.test(messages)
        ? `The base runtime for ${target} could not be downloaded; with a copy of denort at hand, set ` +
          "DENORT_BIN to its path and run this again"
        : messages,
    );
    Deno.exit(1);
  }
  const bytes = await Deno.readFile(`dist/${name}`);
  sums.push(`${createHash("sha256").update(bytes).digest("hex")}  ${name}`);
  const embedded = embeddedFiles(messages).length;
  console.log(
    `dist/${name}: ${(bytes.length / 2 ** 20).toFixed(1)} MiB, ${embedded} file embedded`,
  );
}
await Deno.remove(folder, { recursive: true });
await Deno.writeTextFile("dist/SHA256SUMS", `${sums.join("\n")}\n`);
