/** What an attempt is: one thing that someone may try with credentials. */
import type { Clients } from "./stage.ts";

export interface Attempt {
  /** The IAM action that it takes, as the sandbox is to find. */
  action: string;
  /** Sets the stage as administrator; what it gives is passed on. */
  prepare?(admin: Clients): Promise<string>;
  /** Tries. A refusal is an error with status 403. */
  run(as: Clients, prepared: string): Promise<unknown>;
}

/** Gives names to attempts, and keeps the names for the table of what to expect. */
export function attempts<Name extends string>(
  table: Record<Name, readonly [action: string, run: Attempt["run"], prepare?: Attempt["prepare"]]>,
): Record<Name, Attempt> {
  const entries = Object.entries(table) as [Name, (typeof table)[Name]][];
  return Object.fromEntries(
    entries.map(([name, [action, run, prepare]]) => [
      name,
      { action, run, ...(prepare && { prepare }) },
    ]),
  ) as Record<Name, Attempt>;
}
