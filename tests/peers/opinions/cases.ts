/**
 * Random cases for engines of other makers: those of `tests/policy/random_cases.ts`, with requests
 * for resources that their actions have.
 *
 * @module
 */
import { Random } from "../../policy/random.ts";
import { randomPolicies, randomRequest } from "../../policy/random_cases.ts";
import type { SpecifiedPolicies, SpecifiedRequest } from "../../policy/specification/types.ts";

/** A request and the policies that decide it. */
export interface Case {
  request: SpecifiedRequest;
  policies: SpecifiedPolicies;
}

/** So many requests are put to the same policies. */
const REQUESTS = 4;

/** What each action of the random requests is for; others have no resource. */
const RESOURCE_OF: Record<string, RegExp> = {
  "s3:getobject": /^arn:aws:s3:::[^/]+\/./,
  "s3:getobjectacl": /^arn:aws:s3:::[^/]+\/./,
  "s3:getobjectversion": /^arn:aws:s3:::[^/]+\/./,
  "s3:putobject": /^arn:aws:s3:::[^/]+\/./,
  "s3:listbucket": /^arn:aws:s3:::[^/]+$/,
  "s3:putbucketpolicy": /^arn:aws:s3:::[^/]+$/,
  "s3:listallmybuckets": /^\*$/,
  "iam:createuser": /^arn:aws:iam::\d+:user\//,
  "sts:assumerole": /^arn:aws:iam::\d+:role\//,
  "kms:decrypt": /^arn:aws:kms:[^:]*:\d+:key\//,
};

/**
 * Makes cases that an engine can be asked about.
 *
 * @param seed where the random numbers start
 * @param count how many
 * @param adapt what of a case the engine's model has; `undefined` for none of it
 */
export function* opinionCases(
  seed: number,
  count: number,
  adapt: (made: Case, random: Random) => Case | undefined,
): Generator<Case> {
  const random = new Random(seed);
  for (let made = 0; made < count;) {
    const policies = randomPolicies(random);
    for (let request = 0; request < REQUESTS && made < count;) {
      const asked = randomRequest(random);
      if (!RESOURCE_OF[asked.action.toLowerCase()]?.test(asked.resource)) continue;
      // Some engines look for variables in what is asked for, too.
      if (asked.resource.includes("${")) continue;
      request++;
      // No request has these keys elsewhere, nor a key with an empty list.
      for (const [key, value] of Object.entries(asked.context)) {
        const isOfAnother = /^s3:(prefix|max-keys)$/i.test(key) &&
          !/:ListBucket$/i.test(asked.action);
        if (isOfAnother || (Array.isArray(value) && value.length === 0)) delete asked.context[key];
      }
      const adapted = adapt({ request: asked, policies }, random);
      if (adapted === undefined) continue;
      made++;
      yield adapted;
    }
  }
}

type Statement = Record<string, unknown>;

/** A value that may be alone as a list. */
export const listOf = (value: unknown): unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

/** The policies of all layers, changed. */
function withDocuments(
  policies: SpecifiedPolicies,
  changed: <P extends { name: string; document: Statement }>(policy: P) => P,
): SpecifiedPolicies {
  const { identity, permissionsBoundary, session, resource, serviceControl } = policies;
  return {
    ...policies,
    ...(identity && { identity: identity.map(changed) }),
    ...(permissionsBoundary && { permissionsBoundary: changed(permissionsBoundary) }),
    ...(session && { session: session.map(changed) }),
    ...(resource && { resource: changed(resource) }),
    ...(serviceControl && { serviceControl: serviceControl.map((level) => level.map(changed)) }),
  };
}

/** The case with each statement of its policies changed. Every document gets a list of statements. */
export function withStatements(
  { request, policies }: Case,
  change: (statement: Statement, version: unknown) => Statement,
): Case {
  const changed = <P extends { document: Record<string, unknown> }>(policy: P): P => {
    const { document } = policy;
    const Statement = listOf(document.Statement).map((one) =>
      change(one as Statement, document.Version)
    );
    return { ...policy, document: { ...document, Statement } };
  };
  return { request, policies: withDocuments(policies, changed) };
}

/** The case with each test of a condition changed, or without it where `undefined` is given. */
export function withConditions(
  asked: Case,
  change: (
    operator: string,
    key: string,
    values: string[],
    version: unknown,
  ) => [operator: string, key: string, values: string[]] | undefined,
): Case {
  return withStatements(asked, (statement, version) => {
    if (statement.Condition === undefined) return statement;
    const Condition: Record<string, Record<string, string[]>> = {};
    for (const [operator, tests] of Object.entries(statement.Condition as Statement)) {
      for (const [key, values] of Object.entries(tests as Statement)) {
        const test = change(operator, key, listOf(values).map(String), version);
        if (test === undefined) continue;
        const [newOperator, newKey, newValues] = test;
        (Condition[newOperator] ??= {})[newKey] = newValues;
      }
    }
    const { Condition: _before, ...others } = statement;
    return Object.keys(Condition).length > 0 ? { ...others, Condition } : others;
  });
}

/** The case with each pattern of a resource changed. */
export function withResources(asked: Case, change: (pattern: string) => string): Case {
  return withStatements(asked, (statement) => ({
    ...statement,
    ...Object.fromEntries(
      ["Resource", "NotResource"].filter((name) => statement[name] !== undefined)
        .map((name) => [name, listOf(statement[name]).map((pattern) => change(String(pattern)))]),
    ),
  }));
}

/** The names of condition keys as AWS writes them. */
const KEYS = [
  "s3:prefix",
  "s3:max-keys",
  "aws:SourceIp",
  "aws:CurrentTime",
  "aws:SecureTransport",
  "aws:PrincipalTag/team",
  "aws:TagKeys",
  "aws:username",
  "aws:PrincipalArn",
  "aws:PrincipalAccount",
  "aws:ResourceAccount",
  "aws:PrincipalIsAWSService",
];

const keyName = (key: string): string =>
  KEYS.find((known) => known.toLowerCase() === key.toLowerCase()) ?? key;

/** The case with condition keys under the names that AWS writes: not every engine folds their case. */
export function withKeyNames(asked: Case): Case {
  const context = Object.fromEntries(
    Object.entries(asked.request.context).map(([key, value]) => [keyName(key), value]),
  );
  const named = withConditions(
    asked,
    (operator, key, values) => [operator, keyName(key), values],
  );
  return { ...named, request: { ...named.request, context } };
}

/**
 * The case with `arn:aws:s3:::logs/*` in place of patterns that are no ARNs or have a wildcard in
 * partition or service: what engines make of these is beyond what AWS documents.
 */
export function withPlainArns(asked: Case): Case {
  return withResources(
    asked,
    (pattern) =>
      pattern === "*" || /^arn:[a-z-]+:[a-z0-9]+:[^:]*:[^:]*:./.test(pattern)
        ? pattern
        : "arn:aws:s3:::logs/*",
  );
}

/** Values that AWS refuses, or does not document: no date, number, network or ARN. */
const ODD_VALUES = ["soon", "x", "2026-02-30", "2026-03", "203.0.113.0/33"];

/**
 * The case without what AWS advises against or does not document: values that are none of their kind, set
 * operators for a single value, none for several, and keys whose value is empty.
 */
export function withPlainTests(asked: Case): Case {
  const context = Object.fromEntries(
    Object.entries(asked.request.context).filter(([, value]) =>
      listOf(value).join("") !== "" && value !== "unknown"
    ),
  );
  const plain = withConditions(asked, (operator, key, values) => {
    const isOdd = values.some((value) => ODD_VALUES.includes(value)) ||
      operator.includes("Arn") && values.some((value) => value.split(":").length < 6);
    const isSet = operator.startsWith("For");
    if (isOdd || isSet !== /^aws:TagKeys$/i.test(key) || /:Null$/.test(operator)) return;
    return [operator, key, operator === "Null" ? values.slice(0, 1) : values];
  });
  return { ...plain, request: { ...plain.request, context } };
}

/** The case with each name of an AWS principal changed. */
export function withNames(asked: Case, change: (name: string) => string): Case {
  return withStatements(asked, (statement) => {
    const changed = { ...statement };
    for (const element of ["Principal", "NotPrincipal"]) {
      const names = changed[element];
      if (typeof names !== "object" || names === null || !("AWS" in names)) continue;
      changed[element] = { ...names, AWS: listOf(names.AWS).map((name) => change(String(name))) };
    }
    return changed;
  });
}

/** The case with another version of the policies' language. */
export function withVersion({ request, policies }: Case, Version: string): Case {
  const changed = <P extends { document: Record<string, unknown> }>(policy: P): P => ({
    ...policy,
    document: { ...policy.document, Version },
  });
  return { request, policies: withDocuments(policies, changed) };
}
