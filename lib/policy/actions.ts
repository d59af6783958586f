/**
 * What AWS publishes of the actions of S3, S3 Express, IAM, STS and KMS: their access level, the types of
 * resources that they take and the condition keys that they know.
 *
 * @module
 */
import { compileGlob, matchesPattern } from "./language/wildcard.ts";
import { GLOBAL_KEYS, SERVICES, UPDATED } from "./actions_data.ts";

/** What an action does, in AWS's words. */
export type AccessLevel = "List" | "Read" | "Write" | "Tagging" | "Permissions management";

/** What AWS publishes of an action. */
export interface ActionFacts {
  /** The action, such as `s3:GetObject`. */
  name: string;
  /** What it does. */
  access: AccessLevel;
  /** The types of resources that it takes, such as `object`; none if it has to be allowed on `*`. */
  resources: readonly string[];
  /**
   * Its condition keys and those of its resources, without those of all services; `*` stands for a name in
   * them.
   */
  keys: readonly string[];
}

/** The day of the table of actions that {@linkcode lint} checks against. */
export const ACTIONS_UPDATED: string = UPDATED;

const list = (names: string): string[] => names === "" ? [] : names.split(" ");

let byName: ReadonlyMap<string, ActionFacts> | undefined;

function index(): ReadonlyMap<string, ActionFacts> {
  return byName ??= new Map(
    Object.entries(SERVICES).flatMap(([service, { actions, resources: types }]) => {
      // Split once for all actions: what commands such as lint wait for.
      const keysOf = new Map(types.map(([type, , keys]) => [type, list(keys)]));
      return actions.flatMap(([access, typeNames, ownKeys, names]) => {
        const resources = list(typeNames);
        const ofResources = resources.flatMap((type) => keysOf.get(type) ?? []);
        const keys = [...new Set([...list(ownKeys), ...ofResources])];
        return list(names).map((name): [string, ActionFacts] => [
          `${service}:${name}`.toLowerCase(),
          { name: `${service}:${name}`, access: access as AccessLevel, resources, keys },
        ]);
      });
    }),
  );
}

/** Looks an action up, in either case. `undefined` if its service has none of that name, or is not known. */
export function findAction(name: string): ActionFacts | undefined {
  return index().get(name.toLowerCase());
}

/** All actions of the services that are known, or of one of them. */
export function allActions(service?: string): ActionFacts[] {
  const facts = [...index().values()];
  return service === undefined ? facts : facts.filter(({ name }) => name.startsWith(`${service}:`));
}

/** Whether the actions of a service are known, by their prefix. */
export function isKnownService(service: string): boolean {
  return Object.hasOwn(SERVICES, service.toLowerCase());
}

/** The formats of the ARNs of a type of resource, such as `arn:{Partition}:s3:::{BucketName}`. */
export function arnFormat(service: string, type: string): string | undefined {
  return SERVICES[service]?.resources.find(([name]) => name === type)?.[1];
}

/** Whether a condition key is one of a table, in which `*` stands for a name. */
export function isSameKey(key: string, known: string): boolean {
  const [one, other] = [key.toLowerCase(), known.toLowerCase()];
  return one === other || (known.includes("*") &&
    matchesPattern(compileGlob(other), one));
}

function typeIn(data: typeof GLOBAL_KEYS, key: string): string | undefined {
  return data.find(([, keys]) => list(keys).some((known) => isSameKey(key, known)))?.[0];
}

/** The type of a condition key's values, such as `ArrayOfString`; `undefined` if AWS has no such key. */
export function conditionKeyType(key: string): string | undefined {
  const lower = key.toLowerCase();
  const [service = ""] = lower.split(":", 1);
  return typeIn(GLOBAL_KEYS, lower) ?? typeIn(SERVICES[service]?.keys ?? [], lower);
}

/** The condition keys of all services. */
export function globalKeys(): string[] {
  return GLOBAL_KEYS.flatMap(([, keys]) => list(keys));
}
