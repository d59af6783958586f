/**
 * Where the engines of other makers are.
 *
 * @module
 */
import { join } from "node:path";

const BIN = Deno.env.get("S3CREDS_ENGINES_BIN") ?? "";

/** The path of an engine. */
export const enginePath = (name: string): string => join(BIN, name);

/** Why an engine is not there; `undefined` if it is. */
export function missingEngine(name: string): string | undefined {
  if (BIN === "") return "run it by deno task test:peers";
  const missing = JSON.parse(Deno.env.get("S3CREDS_ENGINES_MISSING") || "{}");
  return missing[name];
}
