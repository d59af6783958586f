/**
 * Fills an account directly, as making everything by calls would take too long.
 *
 * @module
 */
import type { Account, ManagedPolicy, Role, User } from "../../lib/sandbox/mod.ts";
import { createBucket, createUser } from "../../lib/sandbox/seed.ts";

/** Names in their own order: `user-0000`, `user-0001`, … */
export function names(kind: string, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `${kind}-${String(n).padStart(4, "0")}`);
}

const TRUST = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{
    Effect: "Allow",
    Principal: { Service: "ec2.amazonaws.com" },
    Action: "sts:AssumeRole",
  }],
});

/** A policy that differs from name to name, with what URL encoding changes. */
export function policyFor(name: string): { Version: string; Statement: unknown[] } {
  return {
    Version: "2012-10-17",
    Statement: [{
      Sid: "a+b c%20",
      Effect: "Allow",
      Action: "s3:GetObject",
      Resource: `arn:aws:s3:::${name}/größe/*`,
    }],
  };
}

/** Adds users `user-0000`, … */
export function addUsers(account: Account, count: number): User[] {
  return names("user", count).map((name, n) => {
    const user = createUser(account.id, name, n % 2 === 0 ? "/" : "/team/");
    user.createDate = new Date(Date.UTC(2024, 0, 1, 0, 0, n));
    account.users.set(name, user);
    return user;
  });
}

/** Adds roles `role-0000`, … without policies. */
export function addRoles(account: Account, count: number): Role[] {
  return names("role", count).map((roleName, n) => {
    const role: Role = {
      roleName,
      roleId: `AROA${String(n).padStart(17, "0")}`,
      path: "/",
      arn: `arn:aws:iam::${account.id}:role/${roleName}`,
      createDate: new Date(Date.UTC(2024, 0, 1, 0, 0, n)),
      description: n % 2 === 0 ? `Role "${n}", of many` : undefined,
      assumeRolePolicyDocument: TRUST,
      maxSessionDuration: 3600,
      permissionsBoundary: undefined,
      tags: [],
      inlinePolicies: new Map(),
      attachedPolicies: new Set(),
      lastUsed: undefined,
    };
    account.roles.set(roleName, role);
    return role;
  });
}

/** Adds a managed policy of the account. */
export function addManagedPolicy(account: Account, policyName: string): ManagedPolicy {
  const createDate = new Date(Date.UTC(2024, 1, 1));
  const policy: ManagedPolicy = {
    policyName,
    policyId: `ANPA${"0".repeat(17)}`,
    arn: `arn:aws:iam::${account.id}:policy/${policyName}`,
    path: "/",
    description: undefined,
    createDate,
    updateDate: createDate,
    tags: [],
    defaultVersionId: "v2",
    versions: new Map([
      ["v1", { document: "{}", createDate }],
      ["v2", { document: JSON.stringify(policyFor(policyName)), createDate }],
    ]),
  };
  account.policies.set(policy.arn, policy);
  return policy;
}

/** Adds buckets `bucket-0000`, … */
export function addBuckets(account: Account, count: number): string[] {
  const added = names("bucket", count);
  for (const name of added) account.buckets.set(name, createBucket(account, name));
  return added;
}
