/**
 * IAM's operations on login profiles, which are the users' console passwords.
 *
 * @module
 */
import { checkPassword } from "./account_settings.ts";
import { alreadyExists, type IamOperations, onUser, refuse } from "./call.ts";
import type { User } from "../account.ts";
import { ServiceError } from "../operation.ts";
import { fields, required } from "../query.ts";
import { element, type XmlContent } from "../xml.ts";

/** The operations on login profiles. */
export const loginProfileOperations: IamOperations = {
  CreateLoginProfile: onUser("CreateLoginProfile", (user, { parameters, account }) => {
    checkPassword(required(parameters, "Password"), account);
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
      checkPassword(password, account);
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
