/**
 * The accounts as JSON text, secrets included, so that a later sandbox can continue with them.
 *
 * @module
 */
import { Buffer, constants } from "node:buffer";
import { S3CredentialsError } from "../errors.ts";
import { isObject } from "../is_object.ts";
import type { Account, Cloud } from "./account.ts";
import { Content } from "./content.ts";
import { createAccount, createCloud } from "./seed.ts";

const FORMAT = "s3-credentials sandbox 1";
const AWS_MANAGED = /^arn:[^:]+:iam::aws:/;

/** What is saved of an account; AWS's own policies are not a part of it. */
type AccountState = Omit<Account, keyof Cloud>;

/** What is saved. Without `others` in a state from when a sandbox had one account. */
interface State {
  account: AccountState & Pick<Cloud, "region" | "buckets">;
  others?: AccountState[];
}

/**
 * Writes the accounts as JSON text; how the sandbox was started is not a part of it. Throws `limit`
 * where no text can be so long.
 */
export function saveCloud({ accounts, region, buckets }: Cloud): string {
  const [first, ...others] = [...accounts.values()].map(stateOf);
  const state = { account: { ...first, region, buckets }, others };
  try {
    return JSON.stringify({ format: FORMAT, ...mapValues(state, encode) });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const message =
      "Could not save the sandbox: its objects are too large: 370 MB in all can be saved";
    throw new S3CredentialsError("limit", message, {
      hint: "Delete what need not be saved before the sandbox ends",
      cause: error,
    });
  }
}

function stateOf(account: Account): AccountState {
  const shared = Object.keys(createCloud(account.region));
  const own = Object.entries(account).filter(([name]) => !shared.includes(name));
  const policies = [...account.policies].filter(([arn]) => !AWS_MANAGED.test(arn));
  return { ...Object.fromEntries(own) as unknown as AccountState, policies: new Map(policies) };
}

/** Reads what {@linkcode saveCloud} wrote; throws a `SyntaxError` for any other text. */
export function restoreCloud(text: string, opensBuckets = false): Cloud {
  const saved = JSON.parse(text);
  if (!isObject(saved) || saved.format !== FORMAT) {
    throw new SyntaxError("Cannot restore sandbox: not the state of a sandbox");
  }
  const { account: { region, buckets, ...first }, others = [] } = decode(saved) as unknown as State;
  const cloud = { ...createCloud(region, opensBuckets), buckets };
  for (const state of [first, ...others]) restoreAccount(state, cloud);
  return cloud;
}

function restoreAccount(state: AccountState, cloud: Cloud): void {
  const account = createAccount(state.id, cloud);
  const policies = new Map([...account.policies, ...state.policies]);
  Object.assign(account, state, { policies });
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
}

/** Marks what JSON has no type for. */
function encode(value: unknown): unknown {
  if (value instanceof Date) return { $date: value.toISOString() };
  if (value instanceof Content) return { $bytes: base64(value.bytes()) };
  if (value instanceof Map) return { $map: [...value].map(encode) };
  if (value instanceof Set) return { $set: [...value].map(encode) };
  if (Array.isArray(value)) return value.map(encode);
  return isObject(value) ? mapValues(value, encode) : value;
}

function base64({ buffer, byteOffset, byteLength }: Uint8Array): string {
  // What can't fit isn't encoded first, which takes a second.
  if (byteLength / 3 * 4 > constants.MAX_STRING_LENGTH) throw new RangeError("Too many bytes");
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
}

function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (!isObject(value)) return value;
  const { $date, $bytes, $map, $set } = value;
  if (typeof $date === "string") return new Date($date);
  if (typeof $bytes === "string") return Content.of(new Uint8Array(Buffer.from($bytes, "base64")));
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
