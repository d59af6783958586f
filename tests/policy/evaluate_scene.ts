/**
 * A caller, the policies that take part, and what becomes of the request.
 *
 * @module
 */
import assert from "node:assert/strict";
import {
  type AccessPolicies,
  type AccessRequest,
  evaluate,
  type Principal,
} from "@s3creds/cli/policy";

export const ACCOUNT = "123456789012";
export const PARTNER = "222222222222";
export const USER = `arn:aws:iam::${ACCOUNT}:user/staff/alice`;
export const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
export const ROLE = `arn:aws:iam::${ACCOUNT}:role/app/reader`;
export const SESSION = {
  type: "session",
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/reader/monday`,
  roleArn: ROLE,
  id: "AROAEXAMPLE:monday",
} satisfies Principal;
export const FEDERATED = {
  type: "federated",
  arn: `arn:aws:sts::${ACCOUNT}:federated-user/bob`,
  userArn: USER,
} satisfies Principal;

export type Statement = Record<string, unknown>;

export const READ: Statement = {
  Effect: "Allow",
  Action: "s3:GetObject",
  Resource: "arn:aws:s3:::b/*",
};
export const SILENT: Statement = { Effect: "Allow", Action: "s3:PutObject", Resource: "*" };
export const DENY: Statement = { ...READ, Effect: "Deny" };
export const ALL: Statement = { Effect: "Allow", Action: "*", Resource: "*" };

export const to = (Principal: unknown, statement: Statement) => ({ ...statement, Principal });
export const aws = (name: string, statement: Statement) => to({ AWS: name }, statement);

export function document(statements: Statement[]) {
  return { Version: "2012-10-17", Statement: statements } as never;
}

export interface Scene {
  principal?: Principal | string;
  identity?: Statement[];
  boundary?: Statement[];
  session?: Statement[];
  bucket?: Statement[];
  trust?: Statement[];
  key?: Statement[];
  block?: AccessPolicies["publicAccessBlock"];
  scp?: Statement[][];
  rcp?: Statement[][];
  owner?: string;
  action?: string;
  resource?: string;
  context?: AccessRequest["context"];
}

export function decide(scene: Scene) {
  const resource = scene.bucket
    ? { type: "bucket" as const, name: "policy of b", document: document(scene.bucket) }
    : scene.trust
    ? { type: "trust" as const, name: "trust", document: document(scene.trust) }
    : scene.key && { type: "key" as const, name: "key policy", document: document(scene.key) };
  const named = (name: string) => (statements: Statement[]) => ({
    name,
    document: document(statements),
  });
  return evaluate({
    principal: scene.principal ?? USER,
    action: scene.action ?? "s3:GetObject",
    resource: scene.resource ?? "arn:aws:s3:::b/k",
    resourceAccount: scene.owner,
    context: scene.context,
  }, {
    identity: scene.identity && [{ type: "inline", ...named("own")(scene.identity) }],
    permissionsBoundary: scene.boundary && named("boundary")(scene.boundary),
    session: scene.session && [named("session")(scene.session)],
    resource,
    publicAccessBlock: scene.block,
    serviceControl: scene.scp?.map((level) => [named("scp")(level)]),
    resourceControl: scene.rcp?.map((level) => [named("rcp")(level)]),
  });
}

/** `allowed`, `denied`, or the layer that is missing. */
export function verdict(scene: Scene): string {
  const { decision, missing } = decide(scene);
  assert.equal(missing === undefined, decision !== "implicitDeny");
  return decision === "implicitDeny" ? missing! : decision === "allowed" ? "allowed" : "denied";
}

export const ASSUME = { action: "sts:AssumeRole", resource: ROLE };
export const MAY_ASSUME: Statement = { Effect: "Allow", Action: "sts:AssumeRole", Resource: ROLE };
export const TRUST: Statement = { Effect: "Allow", Action: "sts:AssumeRole" };
export const KEY_USE = {
  action: "kms:Decrypt",
  resource: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/k`,
};
export const DECRYPT: Statement = { Effect: "Allow", Action: "kms:Decrypt", Resource: "*" };
export const OPEN = { block: { bucket: { RestrictPublicBuckets: true } } };
