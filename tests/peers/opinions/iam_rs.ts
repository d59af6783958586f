/**
 * The crate iam-rs: one list of policies, identity or resource, and no accounts.
 *
 * @module
 */
import type { Random } from "../../policy/random.ts";
import {
  type Case,
  withConditions,
  withKeyNames,
  withNames,
  withPlainArns,
  withPlainTests,
  withResources,
  withVersion,
} from "./cases.ts";
import { enginePath } from "./support.ts";
import type { Engine, Rule } from "./compare.ts";

const ACCOUNT = "123456789012";
const USER = { type: "user", arn: `arn:aws:iam::${ACCOUNT}:user/staff/alice` };

const plain = (asked: Case): Case => withPlainTests(withPlainArns(asked));

/** What iam-rs can be asked: policies of a user, or of a bucket of the same account. */
export function iamRsCase({ request, policies }: Case, random: Random): Case | undefined {
  if (!request.resource.startsWith("arn:")) return;
  const { action, resource } = request;
  const context = Object.fromEntries(
    Object.entries(request.context).filter(([key]) => key.toLowerCase() !== "aws:username"),
  );
  const asked = { principal: USER, action, resource, resourceAccount: ACCOUNT, context };
  const versioned = <P extends { document: Record<string, unknown> }>(policy: P): P => ({
    ...policy,
    document: { ...policy.document, Version: policy.document.Version ?? "2008-10-17" },
  });
  if (policies.identity?.length && random.chance(0.7)) {
    return plain(
      withKeyNames({ request: asked, policies: { identity: policies.identity.map(versioned) } }),
    );
  }
  if (policies.resource?.type !== "bucket") return;
  return plain(
    withKeyNames({ request: asked, policies: { resource: versioned(policies.resource) } }),
  );
}

const contextOf = ({ request }: Case) => ({
  "aws:PrincipalArn": USER.arn,
  "aws:PrincipalAccount": ACCOUNT,
  "aws:ResourceAccount": ACCOUNT,
  "aws:PrincipalIsAWSService": "false",
  "aws:username": "alice",
  ...request.context,
});

/** The context with values of the types that iam-rs has. */
const typedContext = (asked: Case) =>
  Object.fromEntries(
    Object.entries(contextOf(asked)).map(([key, value]) => {
      if (value === "true" || value === "false") return [key, value === "true"];
      return [key, key === "s3:max-keys" && value !== "ten" ? Number(value) : value];
    }),
  );

const VARIABLE = /\$\{([^},]*)(?:, *'([^']*)')?\}/g;

/** The case with variables of patterns and values replaced; `undefined` leaves one as it is. */
function withVariables(
  asked: Case,
  replace: (value: string | string[] | undefined, or: string | undefined) => string | undefined,
): Case {
  const context: Record<string, string | string[]> = contextOf(asked);
  const text = (original: string) =>
    original.replace(
      VARIABLE,
      (all, name: string, or?: string) =>
        ["*", "?", "$"].includes(name) ? all : replace(context[name], or) ?? all,
    );
  return withResources(asked, text);
}

const VARIABLES =
  "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html";

const OPERATORS =
  "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html";
const PRINCIPALS =
  "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html";
const NOBODY = "arn:aws:iam::999999999999:user/nobody";

const RULES: Rule[] = [
  {
    why: "iam-rs: ArnEquals knows no wildcards; AWS: it behaves as ArnLike does",
    page: OPERATORS,
    read: (asked) =>
      withConditions(
        asked,
        (operator, key, values) =>
          /Arn(Not)?Equals/.test(operator)
            ? [
              operator,
              key,
              values.map((one) => one.includes("*") && one.split(":").length > 5 ? NOBODY : one),
            ]
            : [operator, key, values],
      ),
  },
  {
    why: "iam-rs: a variable in a condition is plain text; AWS: it is replaced there, too",
    page: VARIABLES,
    read: (asked) =>
      withConditions(asked, (operator, key, values) => [
        operator,
        key,
        values.map((value) => value.replaceAll("${", "${$}{")),
      ]),
  },
  {
    why: "iam-rs: does not know ${*}, ${?} and ${$}; AWS: they are these characters",
    page: VARIABLES,
    read: (asked) => withResources(asked, (pattern) => pattern.replace(/\$\{[*?$]\}/g, "")),
  },
  {
    why: "iam-rs: an account as a principal is not its users; AWS: it is everyone in it",
    page: PRINCIPALS,
    read: (asked) =>
      withNames(asked, (name) => name === ACCOUNT || /:root$/.test(name) ? NOBODY : name),
  },
  {
    why: "iam-rs: a wildcard in a principal's ARN matches; AWS: it can't be a part of an ARN",
    page: PRINCIPALS,
    read: (asked) => withNames(asked, (name) => name.endsWith(":user/*") ? USER.arn : name),
  },
  {
    why: "iam-rs: variables in the version 2008-10-17 too; AWS: in 2012-10-17 only",
    page: VARIABLES,
    read: (asked) => withVersion(asked, "2012-10-17"),
  },
  {
    why: "iam-rs: a variable without a value is an empty text; AWS: nothing matches it",
    page: VARIABLES,
    read: (asked) =>
      withVariables(asked, (value, or) => value === undefined && or === undefined ? "" : undefined),
  },
  {
    why: "iam-rs: a wildcard in a variable's value matches anything; AWS: it is plain text",
    page: VARIABLES,
    read: (asked) =>
      withVariables(
        asked,
        (value) => typeof value === "string" && /[*?]/.test(value) ? value : undefined,
      ),
  },
];

/** The crate iam-rs as a peer. */
export const IAM_RS: Engine = {
  name: "iam-rs",
  command: [enginePath("iam-rs")],
  question(asked) {
    const { request, policies } = asked;
    const { identity = [], resource } = policies;
    const { action: Action, resource: Resource } = request;
    return {
      policies: [...identity, ...(resource ? [resource] : [])].map(({ document }) => document),
      request: { Principal: { AWS: USER.arn }, Action, Resource, Context: typedContext(asked) },
    };
  },
  decision: (line) => line,
  refusals: [
    { says: /untagged enum OneOrMany/, why: "an element whose values iam-rs does not read" },
    { says: /^error: Condition error/, why: "a value of a condition that iam-rs refuses" },
    { says: /^error: Invalid variable/, why: "a variable that iam-rs refuses" },
    { says: /^error: Invalid ARN/, why: "an ARN that iam-rs refuses" },
  ],
  rules: RULES,
};
