/**
 * What the specification of AWS's evaluation is given, and what it answers.
 *
 * @module
 */

export type Json = Record<string, unknown>;

/** A request as the specification sees it: the same shape as `AccessRequest` with a principal object. */
export interface SpecifiedRequest {
  principal: Json & { type: string };
  action: string;
  resource: string;
  resourceAccount?: string | undefined;
  context: Record<string, string | string[]>;
}

export interface SpecifiedPolicy {
  name: string;
  document: Json;
}

/** The policies that take part: the same shape as `AccessPolicies`. */
export interface SpecifiedPolicies {
  identity?: SpecifiedPolicy[] | undefined;
  permissionsBoundary?: SpecifiedPolicy | undefined;
  session?: SpecifiedPolicy[] | undefined;
  resource?: SpecifiedPolicy & { type: string } | undefined;
  publicAccessBlock?: {
    bucket?: { RestrictPublicBuckets?: boolean };
    account?: { RestrictPublicBuckets?: boolean };
  } | undefined;
  serviceControl?: SpecifiedPolicy[][] | undefined;
  resourceControl?: SpecifiedPolicy[][] | undefined;
}

export type Answer = "allowed" | "explicitDeny" | "implicitDeny";

/** What becomes of a request, and the statements that apply to it, each as `policy[index]`. */
export interface Specified {
  answer: Answer;
  statements: string[];
}

export const list = (value: unknown): unknown[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];
