/** What the tests of the sandbox share: clients, and reading errors. */
import { IAM } from "@aws-sdk/client-iam";
import { STS } from "@aws-sdk/client-sts";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import assert from "node:assert/strict";
import { type Sandbox, type SandboxOptions, startSandbox } from "../../lib/sandbox/mod.ts";
import { SDK_DEFAULTS } from "../support/sdk.ts";

export interface Keys {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** A sandbox with clients for its administrator. */
export interface Room extends AsyncDisposable {
  sandbox: Sandbox;
  /** The connections that all clients share, which go with the sandbox. */
  requestHandler: NodeHttpHandler;
  iam: IAM;
  sts: STS;
  iamAs(keys: Keys): IAM;
  stsAs(keys: Keys): STS;
}

/** Starts a sandbox; its clients go with it. Failing calls are not repeated. */
export async function room(options: SandboxOptions = {}): Promise<Room> {
  const sandbox = await startSandbox(options);
  const requestHandler = new NodeHttpHandler();
  const settings = (credentials: Keys) => ({
    ...SDK_DEFAULTS,
    endpoint: sandbox.url,
    region: sandbox.region,
    credentials,
    maxAttempts: 1,
    requestHandler,
  });
  const iamAs = (keys: Keys) => new IAM(settings(keys));
  const stsAs = (keys: Keys) => new STS(settings(keys));
  return {
    sandbox,
    requestHandler,
    iam: iamAs(sandbox.credentials),
    sts: stsAs(sandbox.credentials),
    iamAs,
    stsAs,
    async [Symbol.asyncDispose]() {
      requestHandler.destroy();
      await sandbox.close();
    },
  };
}

/** Makes a user with a key and, if given, an inline policy. */
export async function userWithKey(iam: IAM, UserName: string, policy?: unknown): Promise<Keys> {
  await iam.createUser({ UserName });
  if (policy !== undefined) {
    const PolicyDocument = JSON.stringify(policy);
    await iam.putUserPolicy({ UserName, PolicyName: "own", PolicyDocument });
  }
  const { AccessKey } = await iam.createAccessKey({ UserName });
  return { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! };
}

/** A policy with one statement that allows. */
export function allow(Action: string | string[], Resource: string | string[] = "*"): unknown {
  return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Action, Resource }] };
}

/** A policy with one statement that denies. */
export function deny(Action: string | string[], Resource: string | string[] = "*"): unknown {
  return { Version: "2012-10-17", Statement: [{ Effect: "Deny", Action, Resource }] };
}

/** A trust policy for a principal of the account. */
export function trust(AWS: string | string[], Condition?: unknown): string {
  return JSON.stringify({
    Version: "2012-10-17",
    Statement: [{
      Effect: "Allow",
      Principal: { AWS },
      Action: "sts:AssumeRole",
      ...(Condition === undefined ? {} : { Condition }),
    }],
  });
}

export interface Refusal {
  status: number | undefined;
  code: string;
  message: string;
}

/** The error that a call ends with. */
export async function refusal(call: Promise<unknown>): Promise<Refusal> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof Error);
    const { $metadata, Code } = error as {
      $metadata?: { httpStatusCode?: number };
      Code?: string;
    };
    return {
      status: $metadata?.httpStatusCode,
      code: Code ?? error.name,
      message: error.message,
    };
  }
  assert.fail("the call succeeded");
}
