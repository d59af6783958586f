/**
 * Policies that are given as a file, as JSON, or on standard input.
 *
 * @module
 */
import type { PolicyDocument } from "../../policy/document.ts";
import type { Finding, LintType } from "../../policy/lint/finding.ts";
import { checkPolicy, type PolicyUse } from "../../policy/language/statement.ts";
import { asUsageError, InvalidInput, S3CredentialsError } from "../../errors.ts";
import { parseJson } from "../../strict_json.ts";
import type { Io } from "../io.ts";
import { readInput, usage } from "../options.ts";
import { writeMessage } from "../output.ts";

const isJson = (source: string): boolean => source.trimStart().startsWith("{");

/** The text of a policy; `name` is the option or operand, for errors. */
export function readPolicyText(source: string, io: Io, name: string): Promise<string> {
  return isJson(source) ? Promise.resolve(source) : readInput(source, io, name);
}

/** How messages call a policy. */
export function policyName(source: string): string {
  return isJson(source) ? "JSON" : source === "-" ? "standard input" : source;
}

/** What is wrong with a text that is no JSON, by where it comes from. */
export function invalidJson(source: string): string {
  if (isJson(source)) return "Invalid JSON string";
  return `${source === "-" ? "Input" : "File"} contained invalid JSON`;
}

/** A policy document that can be evaluated; throws `usage` for any other. */
export async function readPolicyDocument(
  source: string,
  use: PolicyUse,
  io: Io,
  option: string,
): Promise<PolicyDocument> {
  const text = await readPolicyText(source, io, option);
  return asUsageError(() => {
    const fault = isJson(source) ? "Invalid JSON string" : `${policyName(source)} is not JSON`;
    const document = parseJson(text, fault);
    try {
      checkPolicy(document, use);
    } catch (error) {
      if (error instanceof S3CredentialsError) throw new InvalidInput(error.message);
      throw error;
    }
    return document as PolicyDocument;
  }, `Invalid value for ${option}`);
}

/** A finding as text: where it is and what is wrong, then what to write, then the page. */
export function findingText(policy: string, finding: Finding): string {
  const { path, level, message, code, fix, url } = finding;
  const place = path === "" ? policy : `${policy}: ${path}`;
  return [`${place}: ${level}: ${message} (${code})`, ...(fix ? [fix] : []), url].join("\n    ");
}

/** What `create` and S3 say themselves, in words that fit the command. */
const SAID_ELSEWHERE: ReadonlySet<Finding["code"]> = new Set([
  "grants-everything",
  "too-large",
  "unsupported-character",
  "public",
]);

/** Looks for mistakes in a policy that is to be used: warns, or throws `usage` if there are errors. */
export async function lintBeforeUse(
  document: unknown,
  type: LintType,
  option: string,
  io: Io,
): Promise<void> {
  const { lint } = await import("../../policy/lint/lint.ts");
  const findings = lint(document, { type }).filter(({ code }) => !SAID_ELSEWHERE.has(code));
  const text = ({ path, message, fix }: Finding) =>
    `${path === "" ? "" : `${path}: `}${message}${fix === undefined ? "" : ` - ${fix}`}`;
  const errors = findings.filter(({ level }) => level === "error");
  if (errors.length > 0) {
    throw usage(`Invalid value for ${option}: ${errors.map(text).join("; ")}`);
  }
  for (const finding of findings) await writeMessage(io, `Warning: ${option}: ${text(finding)}`);
}
