/**
 * What an account holds, as boto3 sees it.
 *
 * @module
 */
import { PythonProcess } from "./python_process.ts";

/** A policy document as it came back, parsed. */
export interface Document {
  Version: string;
  Statement: {
    Effect: string;
    Action: string | string[];
    Resource: string | string[];
    Condition?: unknown;
  }[];
}

/** What account.py writes down. */
export interface Account {
  users: Record<string, {
    path: string;
    keys: string[];
    policies: Record<string, Document>;
    attached: string[];
  }>;
  roles: Record<string, {
    path: string;
    description: string | null;
    trust: unknown;
    maxSessionDuration: number;
    policies: string[];
    attached: string[];
  }>;
  buckets: Record<string, {
    region: string | null;
    policy: unknown;
    publicAccessBlock: unknown;
    website: unknown;
    cors: unknown;
  }>;
}

/** Reads accounts by boto3, in one process for all. */
export class AccountReader {
  readonly #process = new PythonProcess("account.py");

  /** Reads the accounts behind some endpoints. */
  async read(...urls: string[]): Promise<Account[]> {
    return await this.#process.ask(urls.join(" ")) as Account[];
  }

  /** Ends the process. */
  close(): Promise<void> {
    return this.#process.close();
  }
}

/** Says what a policy allows, a line for each statement. */
export function grants(document: Document | undefined): string[] {
  return (document?.Statement ?? []).map(({ Effect, Action, Resource, Condition }) =>
    [
      `${Effect} ${[Action].flat().join(" ")} on ${[Resource].flat().join(" ")}`,
      ...(Condition === undefined ? [] : [`if ${JSON.stringify(Condition)}`]),
    ].join(" ")
  );
}
