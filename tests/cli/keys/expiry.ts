/**
 * When the keys of a user end, and what a key may do at that time.
 *
 * @module
 */
import type { Sandbox } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";

export const POLICY = "s3-credentials.expires";
export const USER = "s3.read-write.my-bucket";
export const TIME = /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+00:00/;

/** When the policy of a user says that its keys end. */
export function expiryIn(sandbox: Sandbox, user = USER): Date {
  const text = sandbox.account.users.get(user)!.inlinePolicies.get(POLICY);
  const [, time] = /"DateGreaterThanEquals":\{"aws:CurrentTime":"([^"]+)"\}/.exec(text ?? "") ?? [];
  return new Date(time ?? NaN);
}

/** What a key may do now: read, write, list, and what needs no permission of S3. */
export async function attempts(sandbox: Sandbox, key: string): Promise<number[]> {
  const files = { key };
  const codes = [];
  for (
    const args of [
      ["list-bucket", "my-bucket"],
      ["put-object", "my-bucket", "a", "-"],
      ["get-object", "my-bucket", "a", "-o", "-"],
      ["delete-objects", "my-bucket", "a"],
    ]
  ) {
    codes.push((await run([...args, "--auth", "key"], { sandbox, files, stdin: "x" })).code);
  }
  return codes;
}

/** A policy of a user who may read. */
export const READ = {
  Version: "2012-10-17",
  Statement: [{ Effect: "Allow", Action: "s3:GetObject", Resource: "arn:aws:s3:::my-bucket/*" }],
};
