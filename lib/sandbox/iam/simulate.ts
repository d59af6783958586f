/**
 * IAM's simulations: what policies say to actions, decided by the same engine as requests.
 *
 * @module
 */
import type { AccessPolicies, Decision, IdentityPolicy, NamedPolicy } from "../../policy/access.ts";
import { findAction } from "../../policy/actions.ts";
import { asList, type PolicyDocument } from "../../policy/document.ts";
import { evaluate } from "../../policy/evaluate.ts";
import type { Principal } from "../../policy/language/principal.ts";
import type { Group, Role, User } from "../account.ts";
import { identityPolicies, managedPolicy } from "../auth/authorize.ts";
import { checkIdentityPolicy } from "../auth/policy_document.ts";
import { ServiceError } from "../operation.ts";
import { fields, members, refuseUnsupported, required, validationError } from "../query.ts";
import { element, type XmlContent } from "../xml.ts";
import { arnOf, type IamCall, type IamOperations, noSuchEntity, page, refuse } from "./call.ts";

/** The operations of this module. */
export const simulationOperations: IamOperations = {
  SimulatePrincipalPolicy: {
    permissions: (call) => [{
      action: "iam:SimulatePrincipalPolicy",
      resource: required(call.parameters, "PolicySourceArn"),
    }],
    run: (call) => {
      const source = sourceOf(call);
      const policies: AccessPolicies = {
        identity: [...identityPolicies(source, call.account), ...givenPolicies(call)],
      };
      const isGroup = "groupName" in source;
      if (!isGroup && source.permissionsBoundary !== undefined) {
        policies.permissionsBoundary = managedPolicy(source.permissionsBoundary, call.account);
      }
      return results(call, isGroup ? simulatedUser(call) : principalFor(source, call), policies);
    },
  },

  SimulateCustomPolicy: {
    permissions: () => [{ action: "iam:SimulateCustomPolicy", resource: "*" }],
    run: (call) => {
      const identity = givenPolicies(call);
      if (identity.length === 0) {
        throw validationError("1 validation error detected: PolicyInputList must not be empty");
      }
      return results(call, simulatedUser(call), { identity });
    },
  },

  GetContextKeysForPrincipalPolicy: {
    permissions: (call) => [{
      action: "iam:GetContextKeysForPrincipalPolicy",
      resource: required(call.parameters, "PolicySourceArn"),
    }],
    run: (call) =>
      contextKeys([
        ...identityPolicies(sourceOf(call), call.account),
        ...policiesOf(call, "PolicyInputList"),
      ]),
  },

  GetContextKeysForCustomPolicy: {
    permissions: () => [{ action: "iam:GetContextKeysForCustomPolicy", resource: "*" }],
    run: (call) => contextKeys(policiesOf(call, "PolicyInputList")),
  },
};

function simulatedUser({ account }: IamCall): string {
  return arnOf(account, "user", "simulated");
}

/** A user itself, or a session of a role, since a role sends no requests. */
function principalFor(source: User | Role, { account: { partition, id } }: IamCall): Principal {
  if ("userName" in source) return { type: "user", arn: source.arn, id: source.userId };
  const { arn: roleArn, roleName, roleId } = source;
  const arn = `arn:${partition}:sts::${id}:assumed-role/${roleName}/simulated`;
  return { type: "session", arn, id: `${roleId}:simulated`, roleArn };
}

/** The user in whose name a simulation asks, if it names one; nobody else can be named. */
function callerOf({ parameters }: IamCall): string | undefined {
  const arn = parameters.get("CallerArn");
  if (arn === undefined || /^arn:[\w-]+:iam::\d{12}:user\/./.test(arn)) return arn;
  throw new ServiceError(400, "InvalidInput", `CallerArn must be the ARN of a user: ${arn}`);
}

/** The condition keys that policies ask for, in conditions and as variables. */
function contextKeys(policies: NamedPolicy[]): XmlContent {
  const keys = policies.flatMap(({ document }) => [
    ...asList(document.Statement).flatMap(({ Condition }) =>
      Object.values(Condition ?? {}).flatMap((operands) => Object.keys(operands))
    ),
    ...[...JSON.stringify(document).matchAll(VARIABLE)].map(([, name]) => name!),
  ]);
  return members("ContextKeyNames", [...new Set(keys)].sort());
}

/** A policy variable, without its default; `${*}`, `${?}` and `${$}` are characters. */
const VARIABLE = /\$\{([\w-]+:[^},]+)(?:,[^}]*)?\}/g;

function sourceOf({ parameters, account }: IamCall): User | Role | Group {
  const arn = required(parameters, "PolicySourceArn");
  const { users, roles, groups } = account;
  const all = [...users.values(), ...roles.values(), ...groups.values()];
  return all.find((principal) => principal.arn === arn) ?? refuse(noSuchEntity("entity", arn));
}

/** Parameters that this simulation doesn't support. */
const UNSUPPORTED = [
  "OrderedOrganizationPolicyInputList",
  "PolicyExclusionList",
  "ResourceHandlingOption",
  "ResourceOwner",
];

type PolicyInput = "PolicyInputList" | "PermissionsBoundaryPolicyInputList";

/** The policies of a parameter, each with the name that results give it. */
function policiesOf(call: IamCall, parameter: PolicyInput): NamedPolicy[] {
  return call.parameters.list(parameter).map((text, index) => {
    checkIdentityPolicy(parameter, text, call.account);
    return { name: `${parameter}.${index + 1}`, document: JSON.parse(text) as PolicyDocument };
  });
}

function givenPolicies(call: IamCall): IdentityPolicy[] {
  refuseUnsupported(call, UNSUPPORTED);
  return policiesOf(call, "PolicyInputList").map((policy) => ({ type: "inline", ...policy }));
}

function results(call: IamCall, source: Principal | string, policies: AccessPolicies): XmlContent {
  const { parameters } = call;
  const actions = parameters.list("ActionNames");
  if (actions.length === 0) throw validationError("ActionNames must not be empty");
  const resources = parameters.list("ResourceArns");
  const resourcePolicy = parameters.get("ResourcePolicy");
  const [permissionsBoundary = policies.permissionsBoundary] = policiesOf(
    call,
    "PermissionsBoundaryPolicyInputList",
  );
  const all: AccessPolicies = {
    ...policies,
    permissionsBoundary,
    ...(resourcePolicy !== undefined && {
      resource: { type: "bucket", name: "ResourcePolicy", document: JSON.parse(resourcePolicy) },
    }),
  };
  const context = contextOf(call);
  const principal = callerOf(call) ?? source;
  const evaluated = actions.flatMap((action) => {
    if (!/^[\w-]+:[\w*?]+$/.test(action)) {
      throw new ServiceError(400, "InvalidInput", `Invalid action name: ${action}`);
    }
    const hasResource = findAction(action)?.resources.length !== 0;
    return (resources.length > 0 ? resources : ["*"]).map((resource) => {
      const wanted = { principal, action, resource: hasResource ? resource : "*", context };
      return result(action, resource, evaluate(wanted, all));
    });
  });
  const numbered = evaluated.map((one, index) => [String(index).padStart(7, "0"), one] as const);
  return page(call, "EvaluationResults", numbered, (one) => one);
}

function contextOf({ parameters }: IamCall): Record<string, string[]> {
  const context: Record<string, string[]> = {};
  for (let index = 1;; index++) {
    const entry = `ContextEntries.member.${index}`;
    const key = parameters.get(`${entry}.ContextKeyName`);
    if (key === undefined) return context;
    context[key] = parameters.list(`${entry}.ContextKeyValues`);
  }
}

/** The names that simulations give the kinds of policies. */
const SOURCE_TYPES: Partial<Record<Decision["statements"][number]["type"], string>> = {
  inline: "IAM Policy",
  attached: "IAM Policy",
  group: "IAM Policy",
  bucket: "Resource Policy",
  "permissions-boundary": "Permissions Boundary Policy",
};

function result(action: string, resource: string, { decision, statements }: Decision): XmlContent {
  return [
    fields({ EvalActionName: action, EvalResourceName: resource, EvalDecision: decision }),
    members(
      "MatchedStatements",
      statements.map(({ type, name }) =>
        fields({ SourcePolicyId: name, SourcePolicyType: SOURCE_TYPES[type] })
      ),
    ),
    element("MissingContextValues", undefined),
  ];
}
