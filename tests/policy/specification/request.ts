/**
 * What a request says of itself.
 *
 * @module
 */
import type { Json, SpecifiedRequest } from "./types.ts";

/** "Condition key names are not case-sensitive." */
export function valueOf(request: SpecifiedRequest, key: string): string | string[] | undefined {
  const wanted = key.toLowerCase();
  for (const [name, value] of Object.entries(request.context)) {
    if (name.toLowerCase() === wanted) return value;
  }
  const { principal } = request;
  const account = accountOf(principal);
  switch (wanted) {
    case "aws:principalarn":
      return (principal.type === "session" ? principal.roleArn : principal.arn) as string;
    case "aws:principalaccount":
      return principal.type === "anonymous" ? "anonymous" : account;
    case "aws:username":
      return principal.type === "user" ? String(principal.arn).split("/").at(-1) : undefined;
    case "aws:userid":
      if (principal.type === "anonymous") return "anonymous";
      if (principal.type === "federated") {
        return (principal.id ?? `${account}:${String(principal.arn).split("/").at(-1)}`) as string;
      }
      return principal.type === "root" ? account : principal.id as string | undefined;
    case "aws:principalisawsservice":
      return String(principal.type === "service");
    case "aws:resourceaccount":
      return ownerOf(request);
  }
  return undefined;
}

/** The account of the resource: where nothing says otherwise, the one who asks. */
export function ownerOf({ resourceAccount, resource, principal }: SpecifiedRequest) {
  return resourceAccount ?? /^arn:[^:]*:[^:]*:[^:]*:(\d{12}):/.exec(resource)?.[1] ??
    accountOf(principal);
}

export function accountOf(principal: Json): string | undefined {
  return principal.arn === undefined ? undefined : String(principal.arn).split(":")[4];
}
