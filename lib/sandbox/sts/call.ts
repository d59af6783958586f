/**
 * What the STS operations share: session names, session policies, codes of MFA devices, credentials.
 *
 * @module
 */
import type { Account } from "../account.ts";
import { checkIdentityPolicy } from "../auth/policy_document.ts";
import { secretKey, sessionToken, uniqueId } from "../identifiers.ts";
import {
  type Caller,
  type NeededPermission,
  type SandboxRequest,
  ServiceError,
} from "../operation.ts";
import {
  checkLength,
  constraintError,
  fields,
  type Parameters,
  required,
  validationError,
} from "../query.ts";
import { element, type XmlContent } from "../xml.ts";
import type { SessionPolicies, TemporaryKey } from "./session.ts";

/** A call of an STS operation. */
export interface StsCall {
  parameters: Parameters;
  caller: Caller;
  account: Account;
  request: SandboxRequest;
}

/** An STS operation. */
export interface StsOperation {
  /** Reads what the call needs; throws for an invalid call. */
  permissions(call: StsCall): NeededPermission[];
  /** Throws what can only be found wrong after waiting, until `closing` is aborted. */
  check?(call: StsCall, closing: AbortSignal): Promise<void>;
  /** Does the work and returns the content of the response's result element. */
  run(call: StsCall): XmlContent;
}

/** Operations by AWS's name. */
export type StsOperations = Record<string, StsOperation>;

/** Seconds that every session lasts at least. */
export const SHORTEST_SESSION = 900;
const POLICY_QUOTA = 2048;
const MAX_POLICY_ARNS = 10;

/** The name that a parameter gives a session. */
export function sessionNameOf({ parameters }: StsCall, parameter: string, max: number): string {
  return checkSessionName(parameter, required(parameters, parameter), max);
}

/** Refuses a name that a session can't have. */
export function checkSessionName(parameter: string, name: string, max: number): string {
  checkLength(parameter, name, 2, max);
  if (/^[\w+=,.@-]*$/.test(name)) return name;
  throw constraintError(parameter, "satisfy regular expression pattern: [\\w+=,.@-]*");
}

/** The sandbox knows no device's secret, so that any six digits are the right code. */
export function hasMfaCode({ parameters }: StsCall): boolean {
  if (!parameters.has("SerialNumber") && !parameters.has("TokenCode")) return false;
  checkLength("SerialNumber", required(parameters, "SerialNumber"), 9, 256);
  if (/^\d{6}$/.test(required(parameters, "TokenCode"))) return true;
  throw new ServiceError(
    403,
    "AccessDenied",
    "MultiFactorAuthentication failed with invalid MFA one time pass code.",
  );
}

/** The session policies that a call gives to a session in an account. */
export function sessionPoliciesOf({ parameters }: StsCall, account: Account): SessionPolicies {
  const policy = parameters.get("Policy");
  const policyArns = parameters.records("PolicyArns", ["arn"]).map(({ arn }) => arn!);
  const policies: SessionPolicies = { policy, ...(policyArns.length > 0 && { policyArns }) };
  const size = packedSize(policies);
  if (size > 100) {
    throw new ServiceError(
      400,
      "PackedPolicyTooLarge",
      `Packed policy consumes ${size}% of allotted space, please use smaller policy.`,
    );
  }
  if (policyArns.length > MAX_POLICY_ARNS) {
    throw validationError(
      "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: " +
        `Member must have length less than or equal to ${MAX_POLICY_ARNS}`,
    );
  }
  const unknown = policyArns.find((arn) => !account.policies.has(arn));
  if (unknown !== undefined) throw validationError(`Policy ${unknown} does not exist.`);
  if (policy !== undefined) checkIdentityPolicy("Policy", policy, account);
  return policies;
}

/** AWS packs policies in an undocumented way; the share of the plain text's quota stands in for it. */
function packedSize({ policy = "", policyArns = [] }: SessionPolicies): number {
  return Math.ceil((policy.length + policyArns.join("").length) / POLICY_QUOTA * 100);
}

/** Writes the size of session policies, if there are any or if a call always says so. */
export function packedSizeField(policies: SessionPolicies, isAlways = false): XmlContent {
  return fields({ PackedPolicySize: packedSize(policies) || (isAlways ? 0 : undefined) });
}

/** Makes a key that ends after some seconds. */
export function newTemporaryKey({ clock }: Account, seconds: number): TemporaryKey {
  const issueDate = clock.now();
  return {
    accessKeyId: uniqueId("ASIA"),
    secretAccessKey: secretKey(),
    sessionToken: sessionToken(),
    issueDate,
    expiration: new Date(issueDate.getTime() + seconds * 1000),
  };
}

/** Writes a temporary key. */
export function credentialFields(key: TemporaryKey): XmlContent {
  return element(
    "Credentials",
    fields({
      AccessKeyId: key.accessKeyId,
      SecretAccessKey: key.secretAccessKey,
      SessionToken: key.sessionToken,
      Expiration: key.expiration,
    }),
  );
}
