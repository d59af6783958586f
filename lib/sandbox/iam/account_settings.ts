/**
 * IAM's operations on settings of the account as a whole: its alias, and its policy for passwords.
 *
 * @module
 */
import type { Account } from "../account.ts";
import { alreadyExists, type IamCall, type IamOperation, type IamOperations } from "./call.ts";
import type { PasswordPolicy } from "./entities.ts";
import { ServiceError } from "../operation.ts";
import {
  checkLength,
  constraintError,
  fields,
  integer,
  members,
  oneOf,
  required,
  validationError,
} from "../query.ts";
import { element, type XmlContent } from "../xml.ts";

const ALIAS = /^[a-z0-9](?:(?:[a-z0-9]|-(?!-))*[a-z0-9])?$/;
const ALIAS_PATTERN = "^[a-z0-9](([a-z0-9]|-(?!-))*[a-z0-9])?$";

/** The operations of this module. */
export const accountSettingOperations: IamOperations = {
  ListAccountAliases: onAccount("ListAccountAliases", ({ account: { alias } }) => [
    members("AccountAliases", alias === undefined ? [] : [alias]),
    fields({ IsTruncated: false }),
  ]),

  // An account has one alias: a new one takes the place of the old one.
  CreateAccountAlias: onAccount("CreateAccountAlias", (call) => {
    const alias = aliasOf(call);
    if ([...call.account.accounts.values()].some((other) => other.alias === alias)) {
      throw alreadyExists(`The account alias ${alias} already exists.`);
    }
    call.account.alias = alias;
    return undefined;
  }),

  DeleteAccountAlias: onAccount("DeleteAccountAlias", (call) => {
    const alias = aliasOf(call);
    if (call.account.alias !== alias) {
      throw noSuchEntity(`The Account Alias ${alias} cannot be found.`);
    }
    delete call.account.alias;
    return undefined;
  }),

  GetAccountPasswordPolicy: onAccount("GetAccountPasswordPolicy", ({ account }) => {
    const policy = account.passwordPolicy;
    if (policy === undefined) {
      throw noSuchEntity(`The Password Policy with domain name ${account.id} cannot be found.`);
    }
    const { HardExpiry, MaxPasswordAge, PasswordReusePrevention, ...others } = policy;
    return element(
      "PasswordPolicy",
      fields({
        ...others,
        ExpirePasswords: MaxPasswordAge !== undefined,
        HardExpiry,
        MaxPasswordAge,
        PasswordReusePrevention,
      }),
    );
  }),

  UpdateAccountPasswordPolicy: onAccount("UpdateAccountPasswordPolicy", (call) => {
    call.account.passwordPolicy = passwordPolicyOf(call);
    return undefined;
  }),

  DeleteAccountPasswordPolicy: onAccount("DeleteAccountPasswordPolicy", ({ account }) => {
    if (account.passwordPolicy === undefined) {
      throw noSuchEntity("The account policy with name PasswordPolicy cannot be found.");
    }
    delete account.passwordPolicy;
    return undefined;
  }),

  SetSecurityTokenServicePreferences: onAccount(
    "SetSecurityTokenServicePreferences",
    ({ account, parameters }) => {
      required(parameters, "GlobalEndpointTokenVersion");
      const version = oneOf(parameters, "GlobalEndpointTokenVersion", ["v1Token", "v2Token"]);
      account.globalEndpointTokenVersion = version === "v2Token" ? 2 : 1;
      return undefined;
    },
  ),
};

function onAccount(action: string, run: (call: IamCall) => XmlContent): IamOperation {
  return { permissions: () => [{ action: `iam:${action}`, resource: "*" }], run };
}

function aliasOf({ parameters }: IamCall): string {
  const alias = required(parameters, "AccountAlias");
  checkLength("AccountAlias", alias, 3, 63);
  if (ALIAS.test(alias)) return alias;
  const constraint = `satisfy regular expression pattern: ${ALIAS_PATTERN}`;
  throw constraintError("AccountAlias", constraint);
}

/** What a call leaves out is set to its default, whatever the policy was before. */
function passwordPolicyOf({ parameters }: IamCall): PasswordPolicy {
  const flag = (name: string) => booleanOf(parameters.get(name) ?? "false", name);
  const number = (name: string, min: number, max: number) => integer(parameters, name, min, max);
  const MaxPasswordAge = number("MaxPasswordAge", 1, 1095);
  const PasswordReusePrevention = number("PasswordReusePrevention", 1, 24);
  return {
    MinimumPasswordLength: number("MinimumPasswordLength", 6, 128) ?? 6,
    RequireSymbols: flag("RequireSymbols"),
    RequireNumbers: flag("RequireNumbers"),
    RequireUppercaseCharacters: flag("RequireUppercaseCharacters"),
    RequireLowercaseCharacters: flag("RequireLowercaseCharacters"),
    AllowUsersToChangePassword: flag("AllowUsersToChangePassword"),
    ...(parameters.has("HardExpiry") && { HardExpiry: flag("HardExpiry") }),
    ...(MaxPasswordAge !== undefined && { MaxPasswordAge }),
    ...(PasswordReusePrevention !== undefined && { PasswordReusePrevention }),
  };
}

function booleanOf(text: string, name: string): boolean {
  if (text === "true" || text === "false") return text === "true";
  throw validationError(`${name} must be true or false`);
}

function noSuchEntity(message: string): ServiceError {
  return new ServiceError(404, "NoSuchEntity", message);
}

/** What passwords must have where the account has a policy that says so. */
const REQUIREMENTS: [setting: keyof PasswordPolicy, pattern: RegExp, what: string][] = [
  ["RequireUppercaseCharacters", /[A-Z]/, "uppercase letter"],
  ["RequireLowercaseCharacters", /[a-z]/, "lowercase letter"],
  ["RequireNumbers", /\d/, "number"],
  ["RequireSymbols", /[!@#$%^&*()_+\-=[\]{}|']/, "symbol"],
];

/** Refuses a password that is too short or lacks what the account's policy asks for. */
export function checkPassword(password: string, { passwordPolicy }: Account): void {
  checkLength("Password", password, 1, 128);
  const minimum = passwordPolicy?.MinimumPasswordLength ?? 8;
  if (password.length < minimum) throw violation(`have a minimum length of ${minimum}`);
  for (const [setting, pattern, what] of REQUIREMENTS) {
    if (passwordPolicy?.[setting] && !pattern.test(password)) {
      throw violation(`have at least one ${what}`);
    }
  }
}

function violation(what: string): ServiceError {
  return new ServiceError(400, "PasswordPolicyViolation", `Password should ${what}`);
}
