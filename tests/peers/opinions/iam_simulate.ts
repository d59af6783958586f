/**
 * iam-simulate: all layers of a decision, for users, sessions of roles and callers without credentials.
 *
 * @module
 */
import {
  type Case,
  listOf,
  withConditions,
  withKeyNames,
  withNames,
  withPlainArns,
  withPlainTests,
  withResources,
  withStatements,
  withVersion,
} from "./cases.ts";
import { ownerOf } from "../../policy/specification/request.ts";
import { enginePath } from "./support.ts";
import type { Engine, Rule } from "./compare.ts";

const NOBODY = "arn:aws:iam::999999999999:user/nobody";

/** The policy that a resource has, by the action that is for it. */
const RESOURCE_POLICY: [action: RegExp, type: string][] = [
  [/^s3:/i, "bucket"],
  [/^sts:AssumeRole$/i, "trust"],
  [/^kms:/i, "key"],
];

/** What iam-simulate can be asked. */
export function iamSimulateCase({ request, policies }: Case): Case | undefined {
  const { principal, action, resource } = request;
  if (!["user", "session", "anonymous"].includes(principal.type)) return;
  // It takes a resource with a wildcard for a pattern.
  if (/.[*?]/.test(resource)) return;
  const policy = policies.resource;
  const fits = policy !== undefined &&
    RESOURCE_POLICY.some(([of, type]) => of.test(action) && type === policy.type);
  // Every role and key has its policy: without one there is nothing to ask.
  if (!fits && !/^s3:|^iam:/i.test(action)) return;
  const own = principal.type !== "anonymous";
  const { identity, permissionsBoundary, session, serviceControl } = policies;
  const { id: _id, canonicalUserId: _canonical, provider: _provider, ...caller } = principal;
  // It knows callers by their ARN alone.
  return withNames(
    withPlainTests(withPlainArns(withKeyNames({
      request: { ...request, principal: caller },
      policies: {
        ...(fits && { resource: policy }),
        ...(own && identity && { identity }),
        ...(own && permissionsBoundary && { permissionsBoundary }),
        ...(own && serviceControl && { serviceControl }),
        // Its model has one session policy.
        ...(principal.type === "session" && session?.length === 1 && { session }),
      },
    }))),
    (name) => name || NOBODY,
  );
}

const accountOf = ({ request }: Case): string | undefined =>
  (request.principal.arn as string | undefined)?.split(":")[4];

function contextOf(asked: Case): Record<string, string | string[]> {
  const { principal, context } = asked.request;
  const arn = String(principal.roleArn ?? principal.arn);
  const owner = ownerOf(asked.request);
  return {
    ...(principal.type !== "anonymous" && { "aws:PrincipalArn": arn }),
    ...(principal.type === "user" && { "aws:username": arn.split("/").at(-1)! }),
    "aws:PrincipalAccount": accountOf(asked) ?? "anonymous",
    ...(owner !== undefined && { "aws:ResourceAccount": owner }),
    "aws:PrincipalIsAWSService": "false",
    ...context,
  };
}

const OPERATORS =
  "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html";
const PRINCIPAL =
  "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html";
const VARIABLES =
  "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html";

const EVALUATION =
  "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-denyallow.html";

/** Whether a text has a variable that the request has no value for. */
function hasNoValue(asked: Case, text: string): boolean {
  const context = contextOf(asked);
  return [...text.matchAll(/\$\{([^},]*)\}/g)]
    .some(([, name]) => !["*", "?", "$"].includes(name!) && context[name!] === undefined);
}

const RULES: Rule[] = [
  {
    why: "iam-simulate: variables in the version 2008-10-17 too; AWS: in 2012-10-17 only",
    page: VARIABLES,
    read: (asked) => withVersion(asked, "2012-10-17"),
  },
  {
    why: "iam-simulate: a test with ${*} fails; AWS: it is an asterisk",
    page: VARIABLES,
    read: (asked) =>
      withConditions(asked, (operator, key, values) => [
        operator,
        key,
        values.map((value) => value.replaceAll("${*}", "${aws:nothing}")),
      ]),
  },
  {
    why:
      "iam-simulate: boundary and session policy limit what a bucket grants to *; AWS: they limit what it grants to a role's ARN, of * its page does not speak",
    page: EVALUATION,
    read: (asked) => {
      const { type, roleArn } = asked.request.principal;
      if (type !== "session" || asked.policies.resource === undefined) return asked;
      const resource = withStatements(
        { ...asked, policies: { resource: asked.policies.resource } },
        (statement) => {
          const { Principal } = statement;
          if (Principal === "*") return { ...statement, Principal: { AWS: roleArn } };
          return statement;
        },
      ).policies.resource!;
      const named = withNames(
        { ...asked, policies: { resource } },
        (name) => name === "*" ? String(roleArn) : name,
      );
      return { ...asked, policies: { ...asked.policies, resource: named.policies.resource } };
    },
  },
  {
    why:
      "iam-simulate: arn:aws:s3:::* is not for actions without a resource; AWS: its examples list buckets by it",
    page: "https://docs.aws.amazon.com/AmazonS3/latest/userguide/example-policies-s3.html",
    read: (asked) =>
      asked.request.resource === "*"
        ? withResources(asked, (one) => /^arn:[^:]+:s3:::\*+$/.test(one) ? `${one}/none` : one)
        : asked,
  },
  {
    why:
      "iam-simulate: a NotResource with a variable that has no value excepts everything; AWS: nothing matches it",
    page: VARIABLES,
    read: (asked) =>
      withStatements(
        asked,
        (statement) =>
          listOf(statement.NotResource).some((one) => hasNoValue(asked, String(one)))
            ? { ...statement, NotResource: "*" }
            : statement,
      ),
  },
  {
    why: "iam-simulate: a date in seconds is one in milliseconds; AWS: seconds since 1970",
    page: OPERATORS,
    read(asked) {
      const read = (text: string) =>
        /^\d+$/.test(text) ? new Date(Number(text)).toISOString() : text;
      const { "aws:CurrentTime": now, ...others } = asked.request.context;
      const context = {
        ...others,
        ...(now !== undefined && { "aws:CurrentTime": read(`${now}`) }),
      };
      return withConditions(
        { ...asked, request: { ...asked.request, context } },
        (operator, key, values) => [
          operator,
          key,
          operator.startsWith("Date") ? values.map(read) : values,
        ],
      );
    },
  },
  {
    why: "iam-simulate: a network of all addresses has none; AWS: 0.0.0.0/0 is every IPv4 address",
    page: OPERATORS,
    read: (asked) =>
      withConditions(asked, (operator, key, values) => [
        operator,
        key,
        values.map((value) => /^(0\.0\.0\.0|::)\/0$/.test(value) ? "240.0.0.1/32" : value),
      ]),
  },
  {
    why: "iam-simulate: ArnNotLike fails if a variable has no value; AWS: nothing matches it",
    page: VARIABLES,
    read: (asked) =>
      withConditions(
        asked,
        (operator, key, values) =>
          /^ArnNot/.test(operator) && values.some((value) => hasNoValue(asked, value))
            ? ["ArnEquals", key, [NOBODY]]
            : [operator, key, values],
      ),
  },
  {
    why: "iam-simulate: of a role and its session in one statement, the role counts; AWS: both do",
    page: PRINCIPAL,
    read(asked) {
      const { arn, roleArn } = asked.request.principal;
      return withStatements(asked, (statement) => {
        const { AWS = [], ...others } = Object(statement.Principal);
        const names = listOf(AWS);
        if (!names.includes(roleArn) || !names.includes(arn)) return statement;
        return { ...statement, Principal: { ...others, AWS: names.filter((one) => one !== arn) } };
      });
    },
  },
  {
    why:
      "iam-simulate: who a role's trust policy names needs no boundary's leave; AWS: trust policies " +
      "are the exception",
    page: EVALUATION,
    read(asked) {
      const { permissionsBoundary: _boundary, session: _session, ...policies } = asked.policies;
      return policies.resource?.type === "trust" ? { ...asked, policies } : asked;
    },
  },
  {
    why: "iam-simulate: a role may be named without its path; AWS: its ARN has it",
    page: PRINCIPAL,
    read: (asked) => withNames(asked, (name) => name.replace(/:role\/reader$/, ":role/app/reader")),
  },
];

const DECISIONS: Record<string, string> = {
  Allowed: "allowed",
  ExplicitlyDenied: "explicitDeny",
  ImplicitlyDenied: "implicitDeny",
};

interface Named {
  name: string;
  document: unknown;
}

const named = ({ name, document }: Named) => ({ name, policy: document });

/** iam-simulate as a peer. */
export const IAM_SIMULATE: Engine = {
  name: "iam-simulate",
  command: ["node", enginePath("iam-simulate/main.mjs")],
  question(asked) {
    const { request, policies } = asked;
    const { identity = [], permissionsBoundary, session, resource, serviceControl = [] } = policies;
    const accountId = request.resourceAccount ??
      /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(request.resource)?.[1] ??
      accountOf(asked) ?? "123456789012";
    return {
      request: {
        principal: request.principal.arn,
        action: request.action,
        resource: { resource: request.resource, accountId },
        contextVariables: contextOf(asked),
      },
      identityPolicies: identity.map(named),
      serviceControlPolicies: serviceControl.map((level, index) => ({
        orgIdentifier: `ou-${index}`,
        policies: level.map(named),
      })),
      resourceControlPolicies: [],
      ...(session && { sessionPolicy: session[0]!.document }),
      ...(permissionsBoundary && { permissionBoundaryPolicies: [named(permissionsBoundary)] }),
      ...(resource && { resourcePolicy: resource.document }),
    };
  },
  decision: (line) => DECISIONS[line] ?? line,
  refusals: [{
    says: /policy\.errors/,
    why: "an action whose service has a wildcard or is missing",
  }],
  rules: RULES,
};
