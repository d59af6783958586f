/** Command lines of the commands about policies that make no sense. */
import { type Case, rows } from "./bad_input_cases.ts";

const POLICY =
  '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}';

const lint: Case[] = [
  ...rows(["lint"], [
    [[], "Missing argument"],
    [["no-such.json"], "Invalid value for policies: File not found: no-such.json"],
    [
      [POLICY, "--type", "user"],
      "Invalid value for --type: expected one of identity, bucket, trust, session",
    ],
    [["-", "-"], "Standard input can be read once only"],
  ]),
];

/** By what they are about. */
export const POLICY_CASES: Record<string, Case[]> = { lint };
