/**
 * A machine with sources of credentials of all kinds, and whom AWS is then called as.
 *
 * @module
 */
import assert from "node:assert/strict";
import { type Sandbox, startSandbox } from "@s3creds/cli/sandbox";
import { type ChainServer, startChainServer } from "../../support/chain_server.ts";
import { type Machine, runOn } from "../../support/machine.ts";
import type { RunOptions } from "../../support/run.ts";

/** What a test has. */
export interface Stage {
  /** The account. */
  sandbox: Sandbox;
  /** What gives credentials in place of AWS and of the machine. */
  server: ChainServer;
  /** The administrator's keys, as lines of a profile. */
  keys: string;
  /** Runs `whoami`; the endpoint is that of the server unless the machine has another. */
  whoami: (machine: Partial<Machine>, options?: RunOptions) => ReturnType<typeof runOn>;
}

/** Defines a test. */
export function test(name: string, work: (stage: Stage) => Promise<void>): void {
  Deno.test(name, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    await using server = await startChainServer(sandbox);
    const { accessKeyId, secretAccessKey } = sandbox.credentials;
    await work({
      sandbox,
      server,
      keys: `aws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`,
      whoami: (machine, options) =>
        runOn(
          { ...machine, env: (one) => ({ AWS_ENDPOINT_URL: server.url, ...machine.env?.(one) }) },
          sandbox,
          ["whoami"],
          options,
        ),
    });
  });
}

/** A role that the administrator may assume, and which may do everything. */
export function addRole(sandbox: Sandbox, name: string): string {
  const arn = `arn:aws:iam::${sandbox.account.id}:role/${name}`;
  sandbox.account.roles.set(name, {
    roleName: name,
    roleId: `AROA${name.toUpperCase()}`,
    path: "/",
    arn,
    createDate: new Date(),
    description: undefined,
    assumeRolePolicyDocument: JSON.stringify({
      Version: "2012-10-17",
      Statement: [{
        Effect: "Allow",
        Principal: { AWS: sandbox.account.id },
        Action: "sts:AssumeRole",
      }],
    }),
    maxSessionDuration: 3600,
    permissionsBoundary: undefined,
    tags: [],
    inlinePolicies: new Map(),
    attachedPolicies: new Set(["arn:aws:iam::aws:policy/AdministratorAccess"]),
    lastUsed: undefined,
  });
  return arn;
}

/** Asserts whom `whoami` has found. */
export function assertIs(ran: { code: number; stdout: string; stderr: string }, arn: RegExp): void {
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(JSON.parse(ran.stdout).Arn, arn);
}
