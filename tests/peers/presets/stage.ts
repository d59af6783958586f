/**
 * A bucket in the sandbox, and a user who may do there what a preset lists and nothing else.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { grantsPolicy, type PolicyDocument, presetGrants } from "@s3creds/cli/policy";
import { type Sandbox, type SandboxKeys, startSandbox } from "@s3creds/cli/sandbox";
import { withoutAllowing } from "../../../lib/policy/merge.ts";
import type { Installed } from "../clients/installed.ts";
import { awsEnv, cleanEnv } from "../support.ts";

const BUCKET = "my-bucket";
/** Milliseconds for a program. One that hangs has failed, too: some try again and again what is denied. */
const TIMEOUT_MS = 60_000;
const DENIED_TIMEOUT_MS = 15_000;

/** Something that fails by throwing. */
export type Cycle = (stage: Stage) => Promise<void>;

/** What an application does, and what must be installed for it. */
export interface Application {
  cycle: Cycle;
  needs: readonly Installed[];
}

/** `s3://BUCKET/PREFIX` and a name. */
export function addressOf({ bucket, prefix }: Stage, name = ""): string {
  return `s3://${bucket}/${prefix}${name}`;
}

/** Where an application runs. */
export class Stage implements AsyncDisposable {
  readonly bucket = BUCKET;
  readonly #sandbox: Sandbox;
  /** A directory of its own, which is its home. */
  readonly home: string;

  /** The prefix that the preset is limited to; empty without. */
  readonly prefix: string;
  readonly #timeoutMs: number;

  private constructor(sandbox: Sandbox, home: string, prefix: string, timeoutMs: number) {
    this.#sandbox = sandbox;
    this.home = home;
    this.prefix = prefix;
    this.#timeoutMs = timeoutMs;
  }

  /** A stage for a preset, perhaps under a prefix, perhaps without one of its actions. */
  static async open(
    preset: string,
    { prefix, removed }: { prefix?: string | undefined; removed?: string | undefined } = {},
  ): Promise<Stage> {
    const whole = grantsPolicy(presetGrants(preset, [BUCKET], { prefix }));
    const policy = removed === undefined ? whole : withoutAllowing(whole, removed);
    assert.ok(policy !== undefined, `${preset} has no ${removed}`);
    const sandbox = await startSandbox({ buckets: [BUCKET], users: { app: noStatement(policy) } });
    // The presets with ACLs are for buckets that have these enabled.
    sandbox.account.buckets.get(BUCKET)!.objectOwnership = "BucketOwnerPreferred";
    sandbox.account.buckets.get(BUCKET)!.publicAccessBlock = undefined;
    const timeoutMs = removed === undefined ? TIMEOUT_MS : DENIED_TIMEOUT_MS;
    return new Stage(sandbox, await Deno.makeTempDir(), prefix ?? "", timeoutMs);
  }

  /** The endpoint, such as `http://127.0.0.1:49152`. */
  get url(): string {
    return this.#sandbox.url;
  }

  /** The keys of the user who may do what the preset lists. */
  get keys(): SandboxKeys {
    return this.#sandbox.users.app!;
  }

  /** The variables by which clients of AWS find the user's keys. */
  get env(): Record<string, string> {
    return { ...awsEnv(this.url, this.keys), AWS_REGION: this.#sandbox.region };
  }

  /** The variables of the account's administrator, to prepare what a role that reads only finds. */
  get adminEnv(): Record<string, string> {
    return { ...awsEnv(this.url, this.#sandbox.credentials), AWS_REGION: this.#sandbox.region };
  }

  /** Runs a program as the user, which must end well. */
  async run(
    program: string,
    args: readonly string[],
    env: Record<string, string> = this.env,
  ): Promise<string> {
    const { code, stdout, stderr } = await new Deno.Command(program, {
      args: [...args],
      cwd: this.home,
      clearEnv: true,
      env: { ...cleanEnv(this.home), ...env },
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
      signal: AbortSignal.timeout(this.#timeoutMs),
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
    assert.equal(code, 0, `${program} ${args.join(" ")}: ${text(stdout)}${text(stderr)}`);
    return text(stdout);
  }

  /** Writes a file into the home, and gives its path. */
  async write(name: string, text: string): Promise<string> {
    const path = join(this.home, name);
    await Deno.writeTextFile(path, text);
    return path;
  }

  /** The keys of all objects that are there. */
  objects(): string[] {
    return [...this.#sandbox.account.buckets.get(BUCKET)!.objects.keys()].sort();
  }

  /** The permissions that were denied so far. */
  denied(): string[] {
    const denied = this.#sandbox.requests.flatMap(({ decisions }) =>
      decisions.filter(({ denial }) => denial !== undefined).map(({ action }) => action)
    );
    return [...new Set(denied)];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sandbox.close();
    await Deno.remove(this.home, { recursive: true });
  }
}

/** A policy must have a statement; this one allows nothing of S3. */
function noStatement(policy: PolicyDocument): PolicyDocument {
  if (policy.Statement.length > 0) return policy;
  const Statement = [{ Effect: "Allow", Action: "sts:GetCallerIdentity", Resource: "*" }];
  return { ...policy, Statement };
}
