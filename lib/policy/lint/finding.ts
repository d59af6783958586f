/**
 * What `lint` finds, and how its checks report it.
 *
 * @module
 */

/** What a policy is for. */
export type LintType = "identity" | "bucket" | "trust" | "session";

/** What a policy can have wrong. */
export type FindingCode =
  | "invalid-json"
  | "invalid-document"
  | "unknown-element"
  | "missing-element"
  | "conflicting-elements"
  | "invalid-version"
  | "version-without-variables"
  | "invalid-effect"
  | "invalid-sid"
  | "duplicate-sid"
  | "misplaced-principal"
  | "invalid-principal"
  | "misplaced-resource"
  | "not-with-allow"
  | "invalid-action"
  | "unknown-action"
  | "wrong-resource"
  | "needs-all-resources"
  | "unused-resource"
  | "invalid-arn"
  | "variable-before-resource"
  | "other-partition"
  | "invalid-condition"
  | "unknown-operator"
  | "unknown-condition-key"
  | "condition-key-of-other-action"
  | "wrong-operator"
  | "wildcard-without-like"
  | "invalid-value"
  | "for-all-values-with-allow"
  | "grants-everything"
  | "public"
  | "shared-issuer"
  | "locks-everyone-out"
  | "too-large"
  | "unsupported-character";

/** Something that is wrong with a policy, or is likely to be. */
export interface Finding {
  /** What is wrong, for a program to branch on. */
  code: FindingCode;
  /**
   * `error` for what AWS refuses, what can't do what it says, or what nobody but the root user could undo;
   * `warning` for what may be meant.
   */
  level: "error" | "warning";
  /** Where in the document, such as `Statement[0].Action[1]`; empty for the document itself. */
  path: string;
  /** What is wrong. */
  message: string;
  /** What to write instead. */
  fix?: string;
  /** The page of AWS's documentation that says so. */
  url: string;
}

/** Takes what a check has found. */
export type Report = (
  code: FindingCode,
  level: Finding["level"],
  path: string,
  message: string,
  page: string,
  fix?: string,
) => void;

const IAM_GUIDE = "https://docs.aws.amazon.com/IAM/latest/UserGuide/";

/** The address of a page: one of the IAM User Guide, or any other. */
export function pageUrl(page: string): string {
  return page.startsWith("https:") ? page : `${IAM_GUIDE}${page}.html`;
}

/** The pages that several findings refer to. */
export const PAGES = {
  grammar: "reference_policies_grammar",
  action: "reference_policies_elements_action",
  resource: "reference_policies_elements_resource",
  principal: "reference_policies_elements_principal",
  condition: "reference_policies_elements_condition",
  operators: "reference_policies_elements_condition_operators",
  variables: "reference_policies_variables",
  sets: "reference_policies_condition-single-vs-multi-valued-context-keys",
  quotas: "reference_iam-quotas",
  publicAccess:
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html",
  lockout: "https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteBucketPolicy.html",
} as const;

/** The page of the Service Authorization Reference on a service. */
export function servicePage(service: string): string {
  const names: Record<string, string> = {
    s3: "amazons3",
    s3express: "amazons3express",
    iam: "awsidentityandaccessmanagementiam",
    sts: "awssecuritytokenservice",
    kms: "awskeymanagementservice",
  };
  return `https://docs.aws.amazon.com/service-authorization/latest/reference/list_${
    names[service] ?? service
  }.html`;
}

/** The values of an element, each with its path: one value stands at the element's own. */
export function withPaths(element: unknown, path: string): [value: unknown, path: string][] {
  return Array.isArray(element)
    ? element.map((value, index) => [value, `${path}[${index}]`])
    : [[element, path]];
}
