/**
 * Command lines in a row, each a test: what is run, and what must come of it.
 *
 * @module
 */
import assert from "node:assert/strict";
import { peerTest, type Ran, type RunOptions, runPeer } from "./support.ts";

/** How version 1 of the aws CLI ends when a service has refused. */
export const AWS_SERVICE_ERROR = 255;

/** What a stream must hold: exactly a text, a match, or JSON with at least these parts. */
export type Expected = string | RegExp | { json: unknown };

/** One command line. Later steps may rest on earlier ones. */
export interface Step {
  name: string;
  /** The words after the program's name; a function where earlier steps have a say. */
  args: string | (() => string[]);
  /** Variables over those of the run; a function where earlier steps have a say. */
  env?: Record<string, string> | (() => Record<string, string>);
  stdin?: string;
  /** The exit code, 0 by default. */
  code?: number;
  stdout?: Expected;
  stderr?: Expected;
  /** What else must be so. */
  check?(ran: Ran): void | Promise<void>;
}

/** Makes a test of each step, in their order. */
export function stepTests(
  program: string,
  options: () => RunOptions,
  steps: readonly Step[],
): void {
  for (const step of steps) {
    peerTest(`${program}: ${step.name}`, async () => {
      const args = typeof step.args === "string" ? step.args.split(" ") : step.args();
      const env = typeof step.env === "function" ? step.env() : step.env;
      const ran = await runPeer(program, args, {
        env: { ...options().env, ...env },
        stdin: step.stdin,
      });
      assert.equal(ran.code, step.code ?? 0, ran.stderr);
      if (step.stdout !== undefined) assertHolds(ran.stdout, step.stdout);
      if (step.stderr !== undefined) assertHolds(ran.stderr, step.stderr);
      await step.check?.(ran);
    });
  }
}

/** Asserts that a text is as expected. */
export function assertHolds(text: string, expected: Expected): void {
  if (typeof expected === "string") assert.equal(text, expected);
  else if (expected instanceof RegExp) assert.match(text, expected);
  else assert.partialDeepStrictEqual(JSON.parse(text), expected.json);
}
