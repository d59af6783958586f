/**
 * Trust in issuers of tokens that many organizations share: without a condition on who a token is for,
 * a role trusts all of them.
 *
 * @module
 */
import { isObject } from "../../is_object.ts";
import { readOperatorName } from "../language/condition.ts";
import { type Report, withPaths } from "./finding.ts";

const PAGE = "id_roles_providers_oidc_secure-by-default";

/** The claims of each shared issuer that tell its organizations apart, as that page lists them. */
const CLAIMS: Readonly<Record<string, readonly string[]>> = {
  "agent.buildkite.com": ["sub"],
  "api.pulumi.com/oidc": ["aud"],
  "app.terraform.io": ["sub"],
  "cognito-identity.amazonaws.com": ["aud"],
  "gitlab.com": ["sub"],
  "oidc-configuration.audit-log.githubusercontent.com": ["sub"],
  "oidc.codefresh.io": ["sub"],
  "oidc.vercel.com": ["aud"],
  "proidc.upbound.io": ["sub"],
  "sandboxes.cloud": ["aud"],
  "scalr.io": ["sub"],
  "studio.datachain.ai/api": ["sub"],
  "token.actions.githubusercontent.com": ["sub", "job_workflow_ref"],
  "tokens.cloud.shisho.dev": ["sub"],
  "vstoken.actions.githubusercontent.com": ["sub"],
};

/** Values of the claims, of those whose form is well known. */
const EXAMPLES: Readonly<Record<string, string>> = {
  "agent.buildkite.com": "organization:my-org:*",
  "app.terraform.io": "organization:my-org:*",
  "gitlab.com": "project_path:my-group/my-project:*",
  "token.actions.githubusercontent.com": "repo:my-org/my-repo:*",
};

const SCOPING = ["StringEquals", "StringLike", "StringEqualsIgnoreCase"];

/** A value that a claim is compared with. */
interface Comparison {
  claim: string;
  value: string;
  path: string;
  hasWildcards: boolean;
}

/** Checks a statement of a trust policy that allows something. */
export function lintSharedIssuers(
  { Principal, Condition }: Record<string, unknown>,
  path: string,
  report: Report,
): void {
  const federated = isObject(Principal) ? Principal.Federated : undefined;
  for (const [provider, providerPath] of withPaths(federated, `${path}.Principal.Federated`)) {
    const issuer = Object.keys(CLAIMS).find((name) =>
      provider === name || String(provider).endsWith(`:oidc-provider/${name}`)
    );
    if (issuer !== undefined) lintIssuer(issuer, providerPath, Condition, path, report);
  }
}

function lintIssuer(
  issuer: string,
  providerPath: string,
  condition: unknown,
  path: string,
  report: Report,
): void {
  const keys = CLAIMS[issuer]!.map((claim) => `${issuer}:${claim}`);
  const tests = comparisonsOf(condition, keys, `${path}.Condition`);
  // All tests must hold, so that one which names an organization is enough.
  if (tests.some((values) => values.length > 0 && !values.some(isOpen))) return;
  const open = tests.flat().find(isOpen);
  const example = EXAMPLES[issuer];
  const fix = example && `Write "StringLike": {"${keys[0]}": "${example}"}`;
  if (open === undefined || /^\*+$/.test(open.value)) {
    const message = `Anybody's tokens of ${issuer} would do, which AWS refuses: ` +
      `there must be a condition on ${keys.join(" or ")}`;
    report("shared-issuer", "error", open?.path ?? providerPath, message, PAGE, fix);
    return;
  }
  const message = `${open.value} also matches tokens of ${issuer} for other organizations`;
  report("shared-issuer", "warning", open.path, message, PAGE, fix);
}

/** For each test of one of the keys, the values that it compares with. */
function comparisonsOf(
  condition: unknown,
  keys: readonly string[],
  path: string,
): Comparison[][] {
  return Object.entries(isObject(condition) ? condition : {}).flatMap(([operator, tests]) => {
    const name = readOperatorName(operator);
    // What holds of a token without the claim keeps nobody out.
    const isScoping = name !== undefined && SCOPING.includes(name.base) && !name.ifExists &&
      name.quantifier !== "all";
    if (!isScoping || !isObject(tests)) return [];
    return Object.entries(tests).filter(([key]) => keys.includes(key.toLowerCase()))
      .map(([key, expected]) =>
        withPaths(expected, `${path}.${operator}.${key}`).map(([value, valuePath]) => ({
          claim: key.toLowerCase().split(":").at(-1)!,
          value: String(value),
          path: valuePath,
          hasWildcards: name.base === "StringLike",
        }))
      );
  });
}

/**
 * Whether the value of a claim can be that of another organization's tokens: it has a wildcard before
 * the end of the organization's name, such as in `repo:*` or `repo:my-org*`.
 */
function isOpen({ claim, value, hasWildcards }: Comparison): boolean {
  if (/^\*+$/.test(value)) return true;
  if (!hasWildcards || !/[*?]/.test(value)) return false;
  switch (claim) {
    case "aud":
      return true;
    case "job_workflow_ref":
      return !/^[^/*?]+\//.test(value);
    default:
      return !/^[^:*?]+:[^:/*?]+[:/]/.test(value);
  }
}
