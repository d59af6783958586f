/**
 * Policies with as few characters as possible, and the meaning that they had.
 *
 * @module
 */
import { asList, type PolicyDocument, type PolicyStatement } from "./document.ts";

/** What a statement allows on each resource: actions by resource. */
type Allowed = Map<string, Set<string>>;

/** The one kind of condition whose values are joined: any of several prefixes of a listing. */
const LISTING_OPERATOR = "StringLike";
const LISTING_KEY = "s3:prefix";

/**
 * Makes the allowing statements of a policy as few and as short as possible: what another one covers is
 * dropped, and statements with the same actions or the same resources become one. Statements with any
 * other element than Effect, Action, Resource and Condition stay as they are, at the end.
 *
 * @param policy the policy document
 * @returns a document that allows and denies the same
 *
 * @example One statement for two directories
 * ```ts
 * import { packPolicy } from "@s3creds/cli/policy";
 * import assert from "node:assert/strict";
 *
 * const allow = (Action: string[], Resource: string[]) => ({ Effect: "Allow", Action, Resource });
 * const { Statement } = packPolicy({
 *   Version: "2012-10-17",
 *   Statement: [
 *     allow(["s3:GetObject"], ["arn:aws:s3:::logs/a/*"]),
 *     allow(["s3:GetObject"], ["arn:aws:s3:::logs/b/*"]),
 *     allow(["s3:GetObject"], ["arn:aws:s3:::logs/b/c/*"]),
 *   ],
 * });
 * assert.deepEqual(Statement, [
 *   allow(["s3:GetObject"], ["arn:aws:s3:::logs/a/*", "arn:aws:s3:::logs/b/*"]),
 * ]);
 * ```
 */
export function packPolicy(policy: PolicyDocument): PolicyDocument {
  const simple = policy.Statement.filter(isSimple);
  const others = policy.Statement.filter((statement) => !isSimple(statement));
  const byCondition = new Map<string, Allowed>();
  for (const { Action, Resource, Condition } of joinListings(simple)) {
    const allowed = getOrAdd(byCondition, JSON.stringify(Condition ?? null), () => new Map());
    for (const resource of asList(Resource)) addAll(allowed, resource, asList(Action));
  }
  const everywhere = byCondition.get("null") ?? new Map<string, Set<string>>();
  const packed = [...byCondition].flatMap(([text, allowed]) => {
    const condition = JSON.parse(text);
    const needed = condition === null ? withoutCovered(allowed) : beyond(allowed, everywhere);
    return shortest(needed, condition);
  });
  const onBuckets = packed.filter((statement) => !isOfKeys(statement));
  return { ...policy, Statement: [...onBuckets, ...packed.filter(isOfKeys), ...others] };
}

function isOfKeys({ Resource }: PolicyStatement): boolean {
  return asList(Resource).some((resource) => resource.includes("/"));
}

const SIMPLE_ELEMENTS = ["Effect", "Action", "Resource", "Condition"];

function isSimple(statement: PolicyStatement): boolean {
  return statement.Effect === "Allow" && statement.Action !== undefined &&
    statement.Resource !== undefined &&
    Object.keys(statement).every((element) => SIMPLE_ELEMENTS.includes(element));
}

function getOrAdd<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}

function addAll(sets: Map<string, Set<string>>, key: string, members: Iterable<string>): void {
  const set = getOrAdd(sets, key, () => new Set());
  for (const member of members) set.add(member);
}

/** The prefixes that a statement lets its holder list, if that is its only condition. */
function listingPatterns({ Condition }: PolicyStatement): string[] | undefined {
  if (Condition === undefined || Object.keys(Condition).join() !== LISTING_OPERATOR) return;
  const keys = Condition[LISTING_OPERATOR]!;
  if (Object.keys(keys).join() !== LISTING_KEY) return;
  const patterns = [keys[LISTING_KEY]].flat();
  return patterns.every((pattern) => typeof pattern === "string") ? patterns : undefined;
}

/** All prefixes of which one action on one resource may list, in one condition. */
function joinListings(statements: readonly PolicyStatement[]): PolicyStatement[] {
  const listings = new Map<string, { action: string; resource: string; patterns: Set<string> }>();
  const others: PolicyStatement[] = [];
  for (const statement of statements) {
    const patterns = listingPatterns(statement);
    if (patterns === undefined) {
      others.push(statement);
      continue;
    }
    for (const action of asList(statement.Action)) {
      for (const resource of asList(statement.Resource)) {
        const listing = getOrAdd(listings, JSON.stringify([action, resource]), () => ({
          action,
          resource,
          patterns: new Set<string>(),
        }));
        for (const pattern of patterns) listing.patterns.add(pattern);
      }
    }
  }
  const joined = [...listings.values()].map(({ action, resource, patterns }) => ({
    Effect: "Allow",
    Action: [action],
    Resource: [resource],
    Condition: { [LISTING_OPERATOR]: { [LISTING_KEY]: widest([...patterns]).toSorted() } },
  }));
  return [...others, ...joined];
}

/** What a pattern that ends in its only wildcard begins with. */
function startOf(pattern: string): string | undefined {
  const start = pattern.slice(0, -1);
  return pattern.endsWith("*") && !/[*?]|\$\{/.test(start) ? start : undefined;
}

/** Whether a pattern is another one, or ends in its only wildcard and matches all that the other does. */
function covers(pattern: string, other: string): boolean {
  if (pattern === other) return true;
  const start = startOf(pattern);
  return start !== undefined && other.startsWith(start);
}

/** The patterns that no other one covers. */
function widest(patterns: readonly string[]): string[] {
  const wide = patterns.map((pattern) => ({ pattern, start: startOf(pattern) }))
    .filter(({ start }) => start !== undefined);
  return patterns.filter((one) =>
    !wide.some(({ pattern, start }) => pattern !== one && one.startsWith(start!))
  );
}

/** Without what is allowed by a wider resource too. */
function withoutCovered(allowed: Allowed): Allowed {
  const needed: Allowed = new Map();
  for (const [action, resources] of inverted(allowed)) {
    for (const resource of widest([...resources])) addAll(needed, resource, [action]);
  }
  // In the order in which they came.
  return new Map(
    [...allowed].flatMap(([resource, actions]) => {
      const kept = [...actions].filter((action) => needed.get(resource)?.has(action));
      return kept.length === 0 ? [] : [[resource, new Set(kept)]];
    }),
  );
}

/** What is allowed under a condition, without what is allowed anyway. */
function beyond(allowed: Allowed, everywhere: Allowed): Allowed {
  const isAnyway = (resource: string, action: string) =>
    [...everywhere].some(([wider, actions]) => actions.has(action) && covers(wider, resource));
  return withoutCovered(
    new Map(
      [...allowed].map(([resource, actions]) => [
        resource,
        new Set([...actions].filter((action) => !isAnyway(resource, action))),
      ]),
    ),
  );
}

function inverted(sets: ReadonlyMap<string, ReadonlySet<string>>): Map<string, Set<string>> {
  const other = new Map<string, Set<string>>();
  for (const [key, members] of sets) for (const member of members) addAll(other, member, [key]);
  return other;
}

/** Keys that have the same members, with these. */
function grouped(sets: ReadonlyMap<string, ReadonlySet<string>>): [string[], string[]][] {
  const groups = Map.groupBy(sets, ([, members]) => JSON.stringify([...members].toSorted()));
  return [...groups.values()].map((group) => [group.map(([key]) => key), [...group[0]![1]]]);
}

/** The statements for what is allowed: resources with the same actions, or actions with the same resources. */
function shortest(
  allowed: Allowed,
  Condition: PolicyStatement["Condition"] | null,
): PolicyStatement[] {
  const statement = (Action: string[], Resource: string[]): PolicyStatement => ({
    Effect: "Allow",
    Action,
    Resource,
    ...(Condition && { Condition }),
  });
  // Actions on buckets and on keys have nothing in common, and each may be shorter in another way.
  const kinds = Map.groupBy(allowed, ([resource]) => resource.includes("/"));
  return [...kinds.values()].flatMap((entries) => {
    const ofKind = new Map(entries);
    const byResource = grouped(ofKind).map(([Resource, Action]) => statement(Action, Resource));
    const byAction = grouped(inverted(ofKind)).map(([Action, Resource]) =>
      statement(Action, Resource)
    );
    const length = (statements: PolicyStatement[]) => JSON.stringify(statements).length;
    return length(byAction) < length(byResource) ? byAction : byResource;
  });
}
