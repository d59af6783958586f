/**
 * The command `lint`.
 *
 * @module
 */
import type { Finding, LintType } from "../../policy/lint/finding.ts";
import { defineCommand, flag, optionalChoice } from "../command.ts";
import { ExitCode } from "../exit_code.ts";
import { usage } from "../options.ts";
import { writeLine, writeMessage } from "../output.ts";
import { findingText, policyName, readPolicyText } from "./policy_input.ts";

const TYPES: readonly LintType[] = ["identity", "bucket", "trust", "session"];

/** `s3-credentials lint` */
export const lint = defineCommand({
  operands: "<policies...>",
  description:
    "Find what is wrong with policies: what AWS would refuse, what AWS would accept and " +
    "never apply, and what allows more than is likely to be meant. Each is a file, a JSON string, " +
    "or - for standard input. Makes no request and needs no credentials. Ends with exit code 1 if " +
    "there are errors; warnings alone are no failure.",
  examples: [
    ["A policy in a file:", "lint policy.json"],
    ["The policy of a bucket:", "lint bucket-policy.json --type bucket"],
    ["As JSON, for a program:", "lint policy.json --json"],
  ],
  options: {
    type: optionalChoice(
      "--type <type>",
      `What the policies are for: ${TYPES.join(", ")} (default: what they look like)`,
      TYPES,
    ),
    json: flag("--json", "JSON: an array of findings"),
  },
  async run({ operands, options: { type, json } }, io) {
    if (operands.filter((source) => source === "-").length > 1) {
      throw usage("Standard input can be read once only");
    }
    const { lint } = await import("../../policy/lint/lint.ts");
    const found: { policy: string; finding: Finding }[] = [];
    for (const source of operands) {
      const policy = policyName(source);
      const text = await readPolicyText(source, io, "POLICIES");
      found.push(...lint(text, { type }).map((finding) => ({ policy, finding })));
    }
    if (json) {
      const rows = found.map(({ policy, finding }) => ({ policy, ...finding }));
      await writeLine(io, JSON.stringify(rows, null, 2));
    } else {
      for (const { policy, finding } of found) {
        await writeLine(io, findingText(policy, finding));
      }
      if (found.length === 0) await writeMessage(io, "Nothing found");
    }
    if (found.some(({ finding }) => finding.level === "error")) throw new ExitCode(1);
  },
});
