/** Cases on the principals of a bucket policy: other accounts, everyone, everyone but some. */
import {
  ACCOUNT,
  ACCOUNT_ARN,
  allow,
  BUCKET_ARN,
  CANONICAL_ID,
  DENIED_BY_BUCKET,
  deny,
  EVERYTHING,
  type Group,
  iamGuide,
  NOT_GRANTED,
  OBJECTS,
  PARTNER,
  put,
  READ,
  READ_LOGO,
  ROLE_ARN,
  SESSION_ARN,
  SILENT,
  type Statement,
  to,
  USER_ARN,
} from "./harness.ts";

const NO_READING = deny("s3:GetObject", OBJECTS);
const OTHER_USER_ARN = `arn:aws:iam::${ACCOUNT}:user/admin`;
const READ_FOR_ALL = to("*", READ);

/** S3 tells callers from outside the account only that access is denied. */
const CROSS_ACCOUNT: Group = {
  rule: "Across accounts the caller's account and the bucket's must both allow",
  page: iamGuide("reference_policies_evaluation-logic-cross-account"),
  cases: [
    {
      name: "both allow the user",
      user: [READ],
      bucket: [to(USER_ARN, READ)],
      expect: "allowed" as const,
    },
    { name: "only the user's policy allows", user: [READ], expect: "denied" as const },
    {
      name: "only the bucket policy allows",
      user: [SILENT],
      bucket: [to(USER_ARN, READ)],
      expect: "denied" as const,
    },
    {
      name: "the bucket policy allows the account, the user's policy the user",
      user: [READ],
      bucket: [to(ACCOUNT_ARN, READ)],
      expect: "allowed" as const,
    },
    {
      name: "the bucket policy allows the account by its number",
      user: [READ],
      bucket: [to(ACCOUNT, READ)],
      expect: "allowed" as const,
    },
    {
      name: "the bucket policy allows the account, the user's policy is silent",
      user: [SILENT],
      bucket: [to(ACCOUNT_ARN, READ)],
      expect: "denied" as const,
    },
    {
      name: "the bucket policy allows another user of the account",
      user: [READ],
      bucket: [to(OTHER_USER_ARN, READ)],
      expect: "denied" as const,
    },
    {
      name: "the user's policy denies",
      user: [READ, NO_READING],
      bucket: [to(USER_ARN, READ)],
      expect: "denied" as const,
    },
    {
      name: "the bucket policy denies",
      user: [READ],
      bucket: [to(ACCOUNT_ARN, READ), to(USER_ARN, NO_READING)],
      expect: "denied" as const,
    },
    {
      name: "the user's boundary is silent, though the bucket policy names the user",
      user: [READ],
      boundary: [SILENT],
      bucket: [to(USER_ARN, READ)],
      expect: "denied" as const,
    },
    {
      name: "the bucket policy names the role",
      role: [READ],
      bucket: [to(ROLE_ARN, READ)],
      expect: "allowed" as const,
    },
    {
      name: "the session policy is silent, though the bucket policy names the session",
      role: [READ],
      session: [SILENT],
      bucket: [to(SESSION_ARN, READ)],
      expect: "denied" as const,
    },
  ].map((one) => ({ partnerOwned: true, request: READ_LOGO, ...one })),
};

const PRINCIPALS: Group = {
  rule: "Principal names accounts, users, roles, sessions or everyone",
  page: iamGuide("reference_policies_elements_principal"),
  cases: [
    {
      name: "one of several users",
      bucket: [to({ AWS: [OTHER_USER_ARN, USER_ARN] }, READ)],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "everyone is anonymous callers too",
      anonymous: true,
      open: true,
      bucket: [READ_FOR_ALL],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: 'everyone written as { "AWS": "*" }',
      anonymous: true,
      open: true,
      bucket: [to({ AWS: "*" }, READ)],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "everyone may do what the statement names, and no more",
      anonymous: true,
      open: true,
      bucket: [READ_FOR_ALL],
      request: put("public/new.png"),
      expect: "denied",
    },
    {
      name: "a user is no anonymous caller",
      anonymous: true,
      open: true,
      bucket: [to(USER_ARN, READ)],
      request: READ_LOGO,
      expect: "denied",
    },
    {
      name: "no policy, no anonymous caller",
      anonymous: true,
      request: READ_LOGO,
      expect: "denied",
    },
    {
      name: "a deny for everyone keeps anonymous callers out",
      anonymous: true,
      open: true,
      bucket: [READ_FOR_ALL, to("*", deny("s3:GetObject", `${BUCKET_ARN}/public/*`))],
      request: READ_LOGO,
      expect: "denied",
    },
    {
      name: "everyone: a user of the account needs no policy of its own",
      open: true,
      bucket: [READ_FOR_ALL],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "everyone: a user of another account needs a policy of its own",
      user: [SILENT],
      partnerOwned: true,
      open: true,
      bucket: [READ_FOR_ALL],
      request: READ_LOGO,
      expect: "denied",
    },
    {
      name: "everyone: a user of another account has a policy of its own",
      user: [READ],
      partnerOwned: true,
      open: true,
      bucket: [READ_FOR_ALL],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "everyone with the role's ARN: session policy and boundary don't limit that",
      role: [SILENT],
      session: [SILENT],
      boundary: [SILENT],
      bucket: [
        to("*", allow("s3:GetObject", OBJECTS, { ArnEquals: { "aws:PrincipalArn": ROLE_ARN } })),
      ],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "everyone with the role's ARN: an explicit deny in the session policy does",
      role: [SILENT],
      session: [NO_READING],
      bucket: [
        to("*", allow("s3:GetObject", OBJECTS, { ArnEquals: { "aws:PrincipalArn": ROLE_ARN } })),
      ],
      request: READ_LOGO,
      expect: "with an explicit deny in a session policy",
    },
    {
      name: "everyone but one user is denied: that user",
      user: [READ],
      bucket: [everyoneBut(USER_ARN)],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "everyone but one user is denied: another one",
      user: [READ],
      bucket: [everyoneBut(OTHER_USER_ARN)],
      request: READ_LOGO,
      expect: DENIED_BY_BUCKET,
    },
    {
      name: "everyone but one role is denied: a session of it",
      role: [READ],
      bucket: [everyoneBut(ROLE_ARN)],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "the canonical user id of an account stands for the account",
      user: [READ],
      partnerOwned: true,
      bucket: [to({ CanonicalUser: CANONICAL_ID }, READ)],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "the canonical user id of an account: the user's policy is silent",
      user: [SILENT],
      partnerOwned: true,
      bucket: [to({ CanonicalUser: CANONICAL_ID }, READ)],
      request: READ_LOGO,
      expect: "denied",
    },
  ],
};

/** The statement that AWS recommends in place of NotPrincipal. */
function everyoneBut(arn: string): Statement {
  return to("*", deny("s3:*", EVERYTHING, { ArnNotEquals: { "aws:PrincipalArn": arn } }));
}

function notPrincipal(...AWS: string[]): Statement {
  return { Effect: "Deny", NotPrincipal: { AWS }, Action: "s3:*", Resource: EVERYTHING };
}

const OTHER_SESSION_ARN = SESSION_ARN.replace("monday", "tuesday");

const NOT_PRINCIPAL: Group = {
  rule: "A deny with NotPrincipal is for everyone but those who are listed",
  page: iamGuide("reference_policies_elements_notprincipal"),
  cases: [
    {
      name: "a user that is listed with its account",
      user: [READ],
      bucket: [notPrincipal(USER_ARN, ACCOUNT_ARN)],
      expect: "allowed" as const,
    },
    {
      name: "a user of the account who is not listed",
      user: [READ],
      bucket: [notPrincipal(OTHER_USER_ARN, ACCOUNT_ARN)],
      expect: DENIED_BY_BUCKET,
    },
    {
      name: "a user of an account that is not listed",
      user: [READ],
      bucket: [notPrincipal(`arn:aws:iam::${PARTNER}:root`)],
      expect: DENIED_BY_BUCKET,
    },
    {
      name: "who is listed is granted nothing by that",
      user: [SILENT],
      bucket: [notPrincipal(USER_ARN, ACCOUNT_ARN)],
      expect: NOT_GRANTED,
    },
    {
      name: "a user with a boundary is denied even if listed",
      user: [READ],
      boundary: [READ],
      bucket: [notPrincipal(USER_ARN, ACCOUNT_ARN)],
      expect: DENIED_BY_BUCKET,
    },
    {
      name: "a session that is listed with role and account",
      role: [READ],
      bucket: [notPrincipal(SESSION_ARN, ROLE_ARN, ACCOUNT_ARN)],
      expect: "allowed" as const,
    },
    {
      name: "a session of the role that is not listed",
      role: [READ],
      bucket: [notPrincipal(OTHER_SESSION_ARN, ROLE_ARN, ACCOUNT_ARN)],
      expect: DENIED_BY_BUCKET,
    },
  ].map((one) => ({ request: READ_LOGO, ...one })),
};

/** The cases of this file. */
export const NAMED_PRINCIPALS: Group[] = [CROSS_ACCOUNT, PRINCIPALS, NOT_PRINCIPAL];
