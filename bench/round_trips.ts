/**
 * `deno run -A bench/round_trips.ts`: how many requests of `create` have to wait for one another. Each
 * answer of a sandbox is delayed, so that all requests that can be sent at the same time are; the chain is
 * then counted by which answers had come before a request was sent.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { connect } from "../lib/aws/connect.ts";
import { createCredentials } from "../lib/credentials/create.ts";
import type { CreateRequest } from "../lib/credentials/types.ts";
import { type RequestRecord, startSandbox } from "../lib/sandbox/mod.ts";

/** What a kind of `create` sends. */
export interface RoundTrips {
  name: string;
  requests: number;
  /** The longest chain of requests, each sent when the one before had been answered. */
  chain: number;
  seconds: number;
}

const five = ["b-1", "b-2", "b-3", "b-4", "b-5"];
const CASES: [name: string, request: CreateRequest][] = [
  ["1 existing bucket", { buckets: ["existing"] }],
  ["1 new bucket", { buckets: ["b-1"] }],
  ["5 new buckets", { buckets: five }],
  ["5 new public buckets", { buckets: five, public: true }],
  ["5 new websites", { buckets: five, website: true }],
  ["temporary, 1 existing bucket", { buckets: ["existing"], duration: 900 }],
  ["temporary, 5 new buckets", { buckets: five, duration: 900 }],
];

/** Counts the round trips of each kind of `create`. */
export async function roundTrips(delayMs: number): Promise<RoundTrips[]> {
  return await Array.fromAsync(
    CASES,
    ([name, request]) => count(name, { ...request, createBucket: true }, delayMs),
  );
}

async function count(name: string, request: CreateRequest, delayMs: number): Promise<RoundTrips> {
  await using sandbox = await startSandbox({ buckets: ["existing"] });
  using aws = connect({ endpointUrl: sandbox.url, credentials: sandbox.credentials });
  const depths = new Map<RequestRecord, number>();
  sandbox.fail({
    operation: "*",
    times: Infinity,
    delayMs,
    when(record) {
      const answered = [...depths].filter(([{ status }]) => status !== 0);
      depths.set(record, 1 + Math.max(0, ...answered.map(([, depth]) => depth)));
      return true;
    },
  });
  const started = performance.now();
  await createCredentials(aws, request);
  const seconds = (performance.now() - started) / 1000;
  return { name, requests: depths.size, chain: Math.max(...depths.values()), seconds };
}

if (import.meta.main) {
  console.table(await roundTrips(Number(Deno.args[0] ?? 200)), [
    "name",
    "requests",
    "chain",
    "seconds",
  ]);
}
