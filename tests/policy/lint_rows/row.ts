/**
 * A policy with one thing wrong with it, and what `lint` says of it.
 *
 * @module
 */
import type { FindingCode, LintOptions } from "@s3creds/cli/policy";

export const BUCKET = "arn:aws:s3:::b";
export const OBJECTS = "arn:aws:s3:::b/*";

export type Statement = Record<string, unknown>;

export const allow = (Action: unknown, Resource: unknown, more: Statement = {}): Statement => ({
  Effect: "Allow",
  Action,
  Resource,
  ...more,
});

export const policy = (...Statement: Statement[]) => ({ Version: "2012-10-17", Statement });

export const when = (operator: string, key: string, value: unknown) => ({
  Condition: { [operator]: { [key]: value } },
});

export type Row = [
  name: string,
  policy: unknown,
  options: LintOptions,
  code: FindingCode,
  level: "error" | "warning",
  path: string,
  fix?: string,
];

export const READ = allow("s3:GetObject", OBJECTS);
