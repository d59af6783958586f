/**
 * Where the clients are that `deno task test:peers` installs, or why they are not there.
 *
 * @module
 */
import { join } from "node:path";
import { hasPeers, peerPath } from "../support.ts";

/** What is missing is skipped, with the reason. */
export interface Installed {
  path: string;
  missing: string | undefined;
}

/** How long a client may take for all that it is asked at once. */
export const TIMEOUT_MS = 5 * 60_000;

const NOT_INSTALLED = "run it by deno task test:peers";
const CLIENTS: Record<string, { path: string } | { missing: string }> = JSON.parse(
  Deno.env.get("S3CREDS_CLIENTS") ?? "{}",
);

/** What `scripts/peers_clients.ts` and `scripts/peers_debian.ts` look after. */
export function client(
  name:
    | "python"
    | "javascript"
    | "go"
    | "java"
    | "terraform"
    | "thanos"
    | "pgbackrest"
    | "activeStorage",
): Installed {
  const found = CLIENTS[name] ?? { missing: NOT_INSTALLED };
  return "path" in found ? { ...found, missing: undefined } : { path: "", ...found };
}

/** A program of the peers' virtual environment. */
export function pythonPeer(name: string): Installed {
  return { path: peerPath(name), missing: hasPeers ? undefined : "there are no peers of Python" };
}

/** A program that is built from a Go module; `kind` is that of the variables that tell of it. */
export function goPeer(name: string, kind: "MINIO" | "RCLONE" | "APPLICATIONS"): Installed {
  const bin = kind === "APPLICATIONS" ? "S3CREDS_APPLICATIONS_BIN" : "S3CREDS_GO_BIN";
  const missing = Deno.env.get(`S3CREDS_${kind}_MISSING`) ||
    (Deno.env.has(bin) ? undefined : NOT_INSTALLED);
  return { path: join(Deno.env.get(bin) ?? "", name), missing };
}
