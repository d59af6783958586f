/**
 * What can be wrong with the actions, resources and principals of a statement.
 *
 * @module
 */
import {
  type ActionFacts,
  ACTIONS_UPDATED,
  allActions,
  arnFormat,
  findAction,
  isKnownService,
} from "../actions.ts";
import { compileGlob, matchesPattern } from "../language/wildcard.ts";
import { isObject } from "../../is_object.ts";
import { meantAction } from "./action_names.ts";
import { PAGES, type Report, servicePage, withPaths } from "./finding.ts";
import { overlaps } from "./overlap.ts";

/** The actions of an element, each with its path; anything else is reported. */
function actionsOf(
  element: unknown,
  path: string,
  report: Report,
): [action: string, path: string][] {
  return withPaths(element, path).flatMap(([action, actionPath]): [string, string][] => {
    if (action === "*" || (typeof action === "string" && /^[\w-]+:\S+$/.test(action))) {
      return [[action, actionPath]];
    }
    const message = `An action is the prefix of a service, a colon and a name, unlike ${
      JSON.stringify(action)
    }`;
    report("invalid-action", "error", actionPath, message, PAGES.action);
    return [];
  });
}

/** The actions that a pattern means, as far as its service is known; `undefined` if it isn't. */
function meantBy(action: string): ActionFacts[] | undefined {
  const [service = ""] = action.split(":", 1);
  if (!isKnownService(service)) return undefined;
  if (!/[*?]/.test(action)) {
    const facts = findAction(action);
    return facts === undefined ? [] : [facts];
  }
  const pattern = compileGlob(action.toLowerCase());
  return allActions(service.toLowerCase()).filter(({ name }) =>
    matchesPattern(pattern, name.toLowerCase())
  );
}

/** Whether a pattern of an `Action` element, which may be anything, means an action. */
export function meansAction(pattern: unknown, action: string): boolean {
  return typeof pattern === "string" &&
    matchesPattern(compileGlob(pattern.toLowerCase()), action.toLowerCase());
}

/** What an `Action` element says. */
export interface ActionsOfStatement {
  /** Existing actions that are written without wildcards. */
  named: [facts: ActionFacts, path: string][];
  /** All actions that are meant; `undefined` if some of them are not known. */
  all: ActionFacts[] | undefined;
}

/** Checks an `Action` or `NotAction` element. */
export function lintActions(element: unknown, path: string, report: Report): ActionsOfStatement {
  const named: [ActionFacts, string][] = [];
  let all: ActionFacts[] | undefined = [];
  for (const [action, actionPath] of actionsOf(element, path, report)) {
    const meant = meantBy(action);
    if (meant === undefined) {
      all = undefined;
      continue;
    }
    all?.push(...meant);
    if (meant.length === 0) reportUnknown(action, actionPath, report);
    else if (!/[*?]/.test(action)) named.push([meant[0]!, actionPath]);
  }
  return { named, all };
}

function reportUnknown(action: string, path: string, report: Report): void {
  const [service = ""] = action.toLowerCase().split(":", 1);
  const page = servicePage(service);
  const since = `as of ${ACTIONS_UPDATED}`;
  if (/[*?]/.test(action)) {
    const message = `No action of AWS matches ${action}, ${since}`;
    report("unknown-action", "warning", path, message, page);
    return;
  }
  const meant = meantAction(action);
  report(
    "unknown-action",
    meant?.isSure ? "error" : "warning",
    path,
    `AWS has no action ${action}, ${since}`,
    page,
    meant && `Write ${meant.name}`,
  );
}

const ARN_START = /^arn:([^:]*):([^:]*):([^:]*):([^:]*):/;

/** The resources of an element that are `*` or ARNs, each with its path; the others are reported. */
function resourcesOf(
  element: unknown,
  path: string,
  hasVariables: boolean,
  report: Report,
): [resource: string, path: string][] {
  return withPaths(element, path).flatMap(([resource, resourcePath]): [string, string][] => {
    if (resource === "*") return [[resource, resourcePath]];
    const start = typeof resource === "string" ? ARN_START.exec(resource) : null;
    if (typeof resource !== "string" || !resource.startsWith("arn:")) {
      const bucket = typeof resource === "string" && /^[a-z\d][\w.-]+(?:\/.*)?$/.test(resource);
      const message = `A resource is * or an ARN, unlike ${JSON.stringify(resource)}`;
      const fix = bucket ? `Write arn:aws:s3:::${resource}` : undefined;
      report("invalid-arn", "error", resourcePath, message, PAGES.resource, fix);
      return [];
    }
    const [, partition = "", service = ""] = start ?? resource.split(":");
    if (/[*?]/.test(partition) || /[*?]/.test(service)) {
      const message = "A wildcard can't stand for a partition or a service";
      report("invalid-arn", "error", resourcePath, message, PAGES.resource);
      return [];
    }
    // A colon before its variable may be one of the ARN's own or one of the variable's.
    const head = (start?.[0] ?? resource).replace(/\$\{.*/s, "${");
    if (hasVariables && head.includes("${")) {
      const message = "Variables are known only in the resource of an ARN, after its fifth colon";
      report("variable-before-resource", "error", resourcePath, message, PAGES.variables);
      return [];
    }
    return [[resource, resourcePath]];
  });
}

/** Whether an action can be for something that the pattern of a resource means. */
function fits({ name, resources }: ActionFacts, pattern: string): boolean {
  if (pattern === "*") return true;
  const [service = ""] = name.split(":", 1);
  if (resources.length === 0) return service === "s3" && /^arn:[^:]*:s3:::\*+$/.test(pattern);
  return resources.some((type) => {
    const format = arnFormat(service, type) ?? "";
    if (overlaps(pattern, format)) return true;
    // A multi-Region access point is an access point without a region.
    return service === "s3" && type.startsWith("accesspoint") &&
      overlaps(pattern, format.replace("{Region}", ""));
  });
}

/** An ARN of the kind that an action is for, the simplest one. */
function exampleArn({ name, resources }: ActionFacts): string {
  const [service = ""] = name.split(":", 1);
  const formats = resources.map((type) => arnFormat(service, type) ?? "");
  const format = formats.find((one) => one.includes(":::")) ?? formats[0] ?? "";
  return format.replace("{Partition}", "aws").replaceAll(/[{}]/g, "");
}

/** Checks a `Resource` element, and whether it has what the actions are for. */
export function lintResources(
  element: unknown,
  path: string,
  actions: ActionsOfStatement,
  hasVariables: boolean,
  report: Report,
): string[] {
  const resources = resourcesOf(element, path, hasVariables, report);
  const isWhole = resources.length === withPaths(element, path).length;
  const misplaced = actions.named.filter(([facts]) =>
    isWhole && !resources.some(([resource]) => fits(facts, resource))
  );
  for (const [facts, actionPath] of misplaced) {
    const [service = ""] = facts.name.split(":", 1);
    if (facts.resources.length === 0) {
      const message = `${facts.name} has no resource, and is allowed or denied by "*" only`;
      const fix = `Give ${facts.name} a statement of its own, with "Resource": "*"`;
      report("needs-all-resources", "error", actionPath, message, servicePage(service), fix);
    } else {
      const message = `${facts.name} is not for a resource of this statement`;
      const fix = `Add a resource such as ${exampleArn(facts)}`;
      report("wrong-resource", "error", actionPath, message, servicePage(service), fix);
    }
  }
  const { all = [] } = actions;
  for (
    const [resource, resourcePath] of misplaced.length === 0 && all.length > 0 ? resources : []
  ) {
    if (all.some((facts) => fits(facts, resource))) continue;
    const message = `No action of this statement is for ${resource}`;
    report("unused-resource", "warning", resourcePath, message, PAGES.resource);
  }
  return resources.map(([resource]) => resource);
}

const PRINCIPAL_KINDS = ["AWS", "CanonicalUser", "Federated", "Service"];
const AWS_PRINCIPAL =
  /^(?:\*|\d{12}|A(?:IDA|ROA)[A-Z\d]+|arn:[^:]+:(?:iam|sts)::\d{12}:(?:root|(?:user|role|assumed-role|federated-user)\/.+))$/;
/** What CloudFront's older distributions read buckets as. */
const ORIGIN_ACCESS_IDENTITY =
  /^arn:[^:]+:iam::cloudfront:user\/CloudFront Origin Access Identity [A-Z\d]+$/;

/** Checks a `Principal` or `NotPrincipal` element; says whether it means everyone. */
export function lintPrincipal(element: unknown, path: string, report: Report): boolean {
  if (element === "*") return true;
  if (!isObject(element)) {
    const message = 'Principal must be "*" or an object such as {"AWS": "123456789012"}';
    report("invalid-principal", "error", path, message, PAGES.principal);
    return false;
  }
  let isEveryone = false;
  for (const [kind, names] of Object.entries(element)) {
    if (!PRINCIPAL_KINDS.includes(kind)) {
      const message = `${kind} is none of the kinds of principals: ${PRINCIPAL_KINDS.join(", ")}`;
      report("invalid-principal", "error", `${path}.${kind}`, message, PAGES.principal);
      continue;
    }
    for (const [name, namePath] of withPaths(names, `${path}.${kind}`)) {
      if (kind === "AWS" && name === "*") isEveryone = true;
      lintPrincipalName(kind, name, namePath, report);
    }
  }
  return isEveryone;
}

function lintPrincipalName(kind: string, name: unknown, path: string, report: Report): void {
  if (typeof name !== "string" || name === "") {
    const message = "The name of a principal must be a string";
    report("invalid-principal", "error", path, message, PAGES.principal);
  } else if (kind === "AWS" && !AWS_PRINCIPAL.test(name) && !ORIGIN_ACCESS_IDENTITY.test(name)) {
    const message = `${name} is neither an account nor the ARN of a user, a role or a session`;
    report("invalid-principal", "error", path, message, PAGES.principal);
  } else if (kind === "AWS" && name !== "*" && /[*?]/.test(name)) {
    const message = "A wildcard can't stand for a part of a principal";
    const fix = 'Write "*", and a condition on aws:PrincipalArn';
    report("invalid-principal", "error", path, message, PAGES.principal, fix);
  }
}
