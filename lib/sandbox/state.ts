/**
 * An account as JSON text, secrets included, so that a later sandbox can continue with it.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { isObject } from "../is_object.ts";
import type { Account } from "./account.ts";
import { createAccount } from "./seed.ts";

const FORMAT = "s3-credentials sandbox 1";
const AWS_MANAGED = /^arn:[^:]+:iam::aws:/;

/** Writes the account as JSON text; AWS's own policies, clock and visibility are not a part of it. */
export function saveAccount({ clock: _, visibility: __, policies, ...account }: Account): string {
  const own = new Map([...policies].filter(([arn]) => !AWS_MANAGED.test(arn)));
  return JSON.stringify({ format: FORMAT, account: encode({ ...account, policies: own }) });
}

/** Reads what {@linkcode saveAccount} wrote; throws a `SyntaxError` for any other text. */
export function restoreAccount(text: string): Account {
  const saved = JSON.parse(text);
  if (!isObject(saved) || saved.format !== FORMAT) {
    throw new SyntaxError("Cannot restore sandbox: not the state of a sandbox");
  }
  const state = decode(saved.account) as Omit<Account, "clock" | "visibility">;
  const fresh = createAccount(state.id, state.region);
  const account = { ...fresh, ...state, policies: new Map([...fresh.policies, ...state.policies]) };
  for (const [name, group] of account.groups) {
    account.groups.set(name, {
      ...group,
      inlinePolicies: group.inlinePolicies ?? new Map(),
      attachedPolicies: group.attachedPolicies ?? new Set(),
    });
  }
  for (const session of account.sessions.values()) {
    const role = account.roles.get(session.role.roleName);
    if (role?.roleId === session.role.roleId) session.role = role;
  }
  return account;
}

/** Marks what JSON has no type for. */
function encode(value: unknown): unknown {
  if (value instanceof Date) return { $date: value.toISOString() };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (value instanceof Map) return { $map: [...value].map(encode) };
  if (value instanceof Set) return { $set: [...value].map(encode) };
  if (Array.isArray(value)) return value.map(encode);
  return isObject(value) ? mapValues(value, encode) : value;
}

function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (!isObject(value)) return value;
  const { $date, $bytes, $map, $set } = value;
  if (typeof $date === "string") return new Date($date);
  if (typeof $bytes === "string") return new Uint8Array(Buffer.from($bytes, "base64"));
  if (Array.isArray($map)) return new Map($map.map(decode) as [unknown, unknown][]);
  if (Array.isArray($set)) return new Set($set.map(decode));
  return mapValues(value, decode);
}

function mapValues(
  fields: Record<string, unknown>,
  map: (value: unknown) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, map(value)]));
}
