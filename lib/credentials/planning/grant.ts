/**
 * What a request grants, as policy documents that AWS will take.
 *
 * @module
 */
import { unsupportedCharacter } from "../../policy/limits.ts";
import { type PolicyDocument, type PolicyStatement, policyText } from "../../policy/document.ts";
import { bucketsOf, type Grant, grantsOf, grantsPolicy } from "../../policy/grants.ts";
import { accountOfArn } from "../../policy/language/principal.ts";
import { joinPolicies } from "../../policy/merge.ts";
import { packPolicy } from "../../policy/pack.ts";
import { expandPolicyTemplate } from "../../policy/template.ts";
import { DEFAULT_REGION, hostSuffixOf } from "../../partitions.ts";
import type { CreateFacts, CreateRequest, GrantName } from "../types.ts";
import { S3CredentialsError } from "../../errors.ts";
import { inlinePolicyName } from "../defaults.ts";

/**
 * Characters, of all inline policies of a user together and of a session policy, see
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
 */
const POLICY_LIMIT = 2048;

/** A request with what the account adds to its grant. */
export interface GrantRequest extends CreateRequest {
  /** For buckets that encrypt with a key, what allows the use of that key. */
  keyStatements?: ReadonlyMap<string, PolicyStatement>;
}

/** What a request grants on one of its buckets, apart from a custom policy. */
export function grantsOn(request: CreateRequest, bucket: string): readonly Grant[] {
  return grantsOf({ ...request, buckets: [bucket] }).filter((grant) => grant.bucket === bucket);
}

/** Whether objects can be read and written by some grants; for a custom policy, both. */
export function mainUses(
  request: CreateRequest,
  bucket: string,
): { reads: boolean; writes: boolean } {
  if (request.policy !== undefined) return { reads: true, writes: true };
  const actions = grantsOn(request, bucket).flatMap((grant) => grant.actions.keys);
  return { reads: actions.includes("s3:GetObject"), writes: actions.includes("s3:PutObject") };
}

/** Whether a request grants nothing that changes anything. */
export function isReadOnly(request: CreateRequest): boolean {
  const grants = bucketsOf(request).flatMap((bucket) => grantsOn(request, bucket));
  return grants.every(({ actions: { keys } }) => keys.every((one) => /^s3:(Get|List)/.test(one)));
}

/** The policy that a request grants on some of its buckets. */
export function grantedPolicy(request: GrantRequest, buckets: readonly string[]): PolicyDocument {
  const { policy, keyStatements } = request;
  const ofKeys = buckets.flatMap((bucket) => keyStatements?.get(bucket) ?? []);
  const statements = [...request.statements ?? [], ...ofKeys];
  if (policy === undefined) {
    const grants = buckets.flatMap((bucket) => grantsOn(request, bucket));
    const { Statement, ...granted } = grantsPolicy(grants, { partition: request.partition });
    return checkedPolicy({ ...granted, Statement: [...Statement, ...statements] });
  }
  const expanded = buckets.map((bucket) => expandPolicyTemplate(policy, bucket));
  const [first] = expanded;
  const joined = first !== undefined && expanded.length === 1 ? first : joinPolicies(expanded);
  return checkedPolicy({ ...joined, Statement: [...joined.Statement, ...statements] });
}

function checkedPolicy(policy: PolicyDocument): PolicyDocument {
  const character = unsupportedCharacter(policy);
  if (character === undefined) return policy;
  throw new S3CredentialsError(
    "invalid-policy",
    `The policy holds ${JSON.stringify(character)}, and AWS takes no character beyond U+00FF ` +
      "in a policy",
    { hint: "Use a prefix without it, or end the prefix before it" },
  );
}

/** For each bucket that encrypts with a key of the customer's, what allows the use of that key. */
export function keyStatements(
  request: CreateRequest,
  facts: CreateFacts,
): Map<string, PolicyStatement> {
  if (!request.kms) return new Map();
  return new Map(
    [...facts.encryptionKeys ?? []].map((
      [bucket, key],
    ) => [bucket, keyStatement(bucket, key, request, facts)]),
  );
}

function keyStatement(
  bucket: string,
  key: string,
  request: CreateRequest,
  { region, existingBuckets, callerArn }: CreateFacts,
): PolicyStatement {
  const { partition = "aws" } = request;
  const [, , , keyRegion, keyAccount, name = key] = /^arn:/.test(key) ? key.split(":") : [];
  const bucketRegion = existingBuckets.get(bucket) ?? region ?? DEFAULT_REGION;
  const account = keyAccount || accountOfArn(callerArn ?? "") || "*";
  const start = `arn:${partition}:kms:${keyRegion || bucketRegion}:${account}`;
  const isAlias = name.startsWith("alias/");
  const path = isAlias ? "key/*" : name.startsWith("key/") ? name : `key/${name}`;
  return {
    Effect: "Allow",
    Action: mainUses(request, bucket).writes
      ? ["kms:Decrypt", "kms:GenerateDataKey"]
      : ["kms:Decrypt"],
    Resource: [`${start}:${path}`],
    Condition: {
      StringEquals: { "kms:ViaService": `s3.${bucketRegion}.${hostSuffixOf(bucketRegion)}` },
      // A policy can't name an alias as its resource.
      ...(isAlias && { "ForAnyValue:StringEquals": { "kms:ResourceAliases": name } }),
    },
  };
}

/**
 * The policy that limits a session: statements bucket by bucket as the `policy` command prints
 * them, joined only if they would be too long.
 */
export function sessionPolicy(
  request: GrantRequest,
  policies: readonly PolicyDocument[],
): PolicyDocument {
  const plain = grantedPolicy(request, bucketsOf(request));
  if (sizeOf(plain) <= POLICY_LIMIT) return plain;
  const joined = (count: number) => oneForAll(policies.slice(0, count));
  const all = joined(policies.length);
  if (sizeOf(all) <= POLICY_LIMIT) return all;
  throw tooLarge(
    `The session policy would take ${sizeOf(all)} characters`,
    (count) => sizeOf(joined(count)),
    policies.length,
  );
}

function sizeOf(policy: PolicyDocument): number {
  return policyText(policy).length;
}

/** One policy that means the same as several, packed if it would be too long otherwise. */
function oneForAll(policies: readonly PolicyDocument[], limit: number = POLICY_LIMIT) {
  const joined = joinPolicies(policies);
  return sizeOf(joined) <= limit ? joined : packPolicy(joined);
}

/** An inline policy and its name. */
export interface NamedPolicy {
  policyName: string;
  policy: PolicyDocument;
}

/** What is granted to a user, and the inline policies that the user has. */
interface UserGrant {
  userName: string;
  grant: GrantName;
  buckets: readonly string[];
  /** One policy for each bucket. */
  policies: readonly PolicyDocument[];
  existing?: ReadonlyMap<string, string>;
}

/**
 * The inline policies to put: one for each bucket, or one for all of them if only that stays within
 * AWS's limit, or if two names would differ only in their case.
 */
export function policiesToPut(
  { userName, grant, buckets, policies, existing }: UserGrant,
): NamedPolicy[] {
  const separate = policies.map((policy, index) => ({
    policyName: inlinePolicyName(grant, [buckets[index]!]),
    policy,
  }));
  const sizeWith = (all: NamedPolicy[]) => inlineSize(all, existing);
  // Only old buckets have upper case. IAM ignores case, so that one of two such policies would be lost.
  const names = new Set(separate.map(({ policyName }) => policyName.toLowerCase()));
  if (names.size === separate.length && sizeWith(separate) <= POLICY_LIMIT) return separate;
  const sizeOfOthers = (count: number) => {
    const merged = inlinePolicyName(grant, buckets.slice(0, count));
    return inlineSize([], new Map([...existing ?? []].filter(([name]) => name !== merged)));
  };
  const merged = (count: number) => [{
    policyName: inlinePolicyName(grant, buckets.slice(0, count)),
    policy: oneForAll(policies.slice(0, count), POLICY_LIMIT - sizeOfOthers(count)),
  }];
  const size = sizeWith(merged(buckets.length));
  if (size <= POLICY_LIMIT) return merged(buckets.length);
  throw tooLarge(
    `The inline policies of user ${userName} would take ${size} characters`,
    (count) => sizeWith(merged(count)),
    buckets.length,
  );
}

/** IAM counts all inline policies of a user together, without white space. */
function inlineSize(
  policies: NamedPolicy[],
  existing: ReadonlyMap<string, string> = new Map(),
): number {
  const sizes = new Map(
    [...existing].map(([name, text]) => [name, text.replace(/\s/g, "").length]),
  );
  for (const { policyName, policy } of policies) sizes.set(policyName, sizeOf(policy));
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}

function tooLarge(
  what: string,
  sizeOf: (bucketCount: number) => number,
  bucketCount: number,
): S3CredentialsError {
  let fitting = bucketCount;
  while (fitting > 0 && sizeOf(fitting) > POLICY_LIMIT) fitting--;
  return new S3CredentialsError("limit", `${what}, AWS allows ${POLICY_LIMIT}`, {
    hint: fitting === 0
      ? "Not even one bucket fits: shorten the policy"
      : `The first ${fitting} of these ${bucketCount} buckets fit: create credentials for ` +
        "fewer buckets at a time",
  });
}

const S3_ACTION = /^(s3|s3-object-lambda):/i;

/** The actions other than those of S3 that a request allows, such as `textract:*`, each once. */
export function actionsBeyondS3(request: CreateRequest): string[] {
  const actions = customAllowances(request).flatMap((statement) => statement.Action ?? []);
  return [...new Set(actions)].filter((action) => !S3_ACTION.test(action) && action !== "*");
}

/** What a request allows besides S3 without naming it, such as `all actions of all services`, each once. */
export function unnamedBeyondS3(request: CreateRequest): string[] {
  const beyond = customAllowances(request).filter(({ Resource }) =>
    Resource === undefined || [Resource].flat().some((arn) => !/^arn:[^:]*:s3:/.test(arn))
  );
  const unnamed = beyond.flatMap(({ Action, NotAction }) => {
    if ([Action].flat().includes("*")) return ["all actions of all services"];
    return NotAction === undefined ? [] : [`all actions but ${[NotAction].flat().join(", ")}`];
  });
  return [...new Set(unnamed)];
}

/** Whether a request allows nothing but actions of S3. */
export function isWithinS3(request: CreateRequest): boolean {
  return customAllowances(request).every(({ Action }) =>
    Action !== undefined && [Action].flat().every((action) => S3_ACTION.test(action))
  );
}

/** The allowing statements that the caller brings along. */
function customAllowances(request: CreateRequest): PolicyStatement[] {
  return [...request.policy?.Statement ?? [], ...request.statements ?? []]
    .filter((statement) => statement.Effect === "Allow");
}
