/**
 * A sandbox for tests of `create`, and what they compare with.
 *
 * @module
 */
import { type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";

/** Defines a test in a sandbox of its own. */
type DefineTest = (name: string, work: (sandbox: Sandbox) => Promise<void>) => void;

/** Tests under a common heading, each in a sandbox that has the bucket `old-bucket`. */
export function testsOf(heading: string): DefineTest {
  return (name, work) =>
    Deno.test(`${heading}: ${name}`, async () => {
      await using sandbox = await startSandbox({ buckets: ["old-bucket"] });
      await work(sandbox);
    });
}

/** The documents that `policy` prints, on one line, as AWS is sent them. */
export async function policyText(...args: string[]): Promise<string> {
  return JSON.stringify(JSON.parse((await run(["policy", ...args])).stdout));
}

/** Makes `old-bucket` one of another account, which lets everybody list it. */
export function giveAwayBucket({ account }: Sandbox): void {
  const bucket = account.buckets.get("old-bucket")!;
  bucket.ownerAccountId = "999999999999";
  bucket.policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: "*",
      Action: "s3:ListBucket",
      Resource: "arn:aws:s3:::old-bucket",
    }],
  });
  bucket.publicAccessBlock = undefined;
}
