/**
 * IAM's operations on login profiles, which are the users' console passwords.
 *
 * @module
 */
import { alreadyExists, type IamOperations, onUser, refuse } from "./call.ts";
import type { User } from "../account.ts";
import { ServiceError } from "../operation.ts";
import { checkLength, fields, required } from "../query.ts";
import { element, type XmlContent } from "../xml.ts";

/** The operations on login profiles. */
export const loginProfileOperations: IamOperations = {
  CreateLoginProfile: onUser("CreateLoginProfile", (user, { parameters, account }) => {
    checkPassword(required(parameters, "Password"));
    if (user.loginProfile !== undefined) {
      throw alreadyExists(`Login Profile for user ${user.userName} already exists.`);
    }
    user.loginProfile = {
      createDate: account.clock.now(),
      passwordLastUsed: undefined,
      isResetRequired: parameters.get("PasswordResetRequired") === "true",
    };
    return loginProfile(user);
  }),

  GetLoginProfile: onUser("GetLoginProfile", (user) => {
    if (user.loginProfile === undefined) throw noLoginProfile(user);
    return loginProfile(user);
  }),

  UpdateLoginProfile: onUser("UpdateLoginProfile", (user, { parameters, account }) => {
    const profile = user.loginProfile ?? refuse(noLoginProfile(user));
    const password = parameters.get("Password");
    if (password !== undefined) {
      checkPassword(password);
      profile.passwordLastChanged = account.clock.now();
    }
    const isResetRequired = parameters.get("PasswordResetRequired");
    if (isResetRequired !== undefined) profile.isResetRequired = isResetRequired === "true";
    return undefined;
  }),

  DeleteLoginProfile: onUser("DeleteLoginProfile", (user) => {
    if (user.loginProfile === undefined) throw noLoginProfile(user);
    user.loginProfile = undefined;
    return undefined;
  }),
};

/** The account has no policy for passwords, and can't get one in the sandbox. */
export const passwordPolicyOperations: IamOperations = {
  GetAccountPasswordPolicy: {
    permissions: () => [{ action: "iam:GetAccountPasswordPolicy", resource: "*" }],
    run: ({ account }) => {
      throw new ServiceError(
        404,
        "NoSuchEntity",
        `The Password Policy with domain name ${account.id} cannot be found.`,
      );
    },
  },
};

function checkPassword(password: string): void {
  checkLength("Password", password, 1, 128);
  if (password.length >= 8) return;
  throw new ServiceError(
    400,
    "PasswordPolicyViolation",
    "Password should have a minimum length of 8",
  );
}

function loginProfile(user: User): XmlContent {
  return element(
    "LoginProfile",
    fields({
      UserName: user.userName,
      CreateDate: user.loginProfile?.createDate,
      PasswordResetRequired: user.loginProfile?.isResetRequired ?? false,
    }),
  );
}

function noLoginProfile(user: User): ServiceError {
  return new ServiceError(
    404,
    "NoSuchEntity",
    `Login Profile for User ${user.userName} cannot be found.`,
  );
}
