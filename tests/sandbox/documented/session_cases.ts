/** Cases on sessions of roles: what they may do, and who may start them. */
import {
  ACCOUNT,
  ACCOUNT_ARN,
  allow,
  type Clients,
  DENIED_BY_IDENTITY,
  deny,
  type Group,
  iamGuide,
  NOT_GRANTED,
  type Policy,
  put,
  READ,
  READ_LOGO,
  type Request,
  ROLE,
  ROLE_ARN,
  SESSION,
  SESSION_ARN,
  SILENT,
  to,
  USER_ARN,
} from "./harness.ts";

const ALL_OF_S3 = allow("s3:*");

const SESSION_POLICIES: Group = {
  rule:
    "A session may do what role and session policy allow, and what a bucket policy allows to it",
  page: iamGuide("access_policies"),
  cases: [
    { name: "no session policy", role: [READ], request: READ_LOGO, expect: "allowed" },
    {
      name: "role and session policy allow",
      role: [ALL_OF_S3],
      session: [READ],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "only the role's policy allows",
      role: [ALL_OF_S3],
      session: [READ],
      request: put("public/logo.png"),
      expect: "because no session policy allows it",
    },
    {
      name: "only the session policy allows",
      role: [SILENT],
      session: [ALL_OF_S3],
      request: READ_LOGO,
      expect: NOT_GRANTED,
    },
    {
      name: "the boundary does not allow what role and session policy do",
      role: [ALL_OF_S3],
      boundary: [SILENT],
      session: [READ],
      request: READ_LOGO,
      expect: "because no permissions boundary allows it",
    },
    {
      name: "role, session policy and boundary allow",
      role: [ALL_OF_S3],
      boundary: [READ],
      session: [ALL_OF_S3],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "the bucket policy names the role, the session policy allows",
      role: [SILENT],
      session: [READ],
      bucket: [to(ROLE_ARN, READ)],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "the bucket policy names the role, the session policy is silent",
      role: [SILENT],
      session: [SILENT],
      bucket: [to(ROLE_ARN, READ)],
      request: READ_LOGO,
      expect: "because no session policy allows it",
    },
    {
      name: "the bucket policy names the session, the session policy is silent",
      role: [ALL_OF_S3],
      session: [SILENT],
      bucket: [to(SESSION_ARN, READ)],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "the bucket policy names the session; session policy, role and boundary are silent",
      role: [SILENT],
      boundary: [SILENT],
      session: [SILENT],
      bucket: [to(SESSION_ARN, READ)],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "the bucket policy names another session of the role",
      role: [SILENT],
      bucket: [to(SESSION_ARN.replace("monday", "tuesday"), READ)],
      request: READ_LOGO,
      expect: NOT_GRANTED,
    },
  ],
};

const STS_API = "https://docs.aws.amazon.com/STS/latest/APIReference/API_";
const ASSUME = allow("sts:AssumeRole", ROLE_ARN);

const assumeRole = (more: Record<string, string> = {}): Request => ({ sts }) =>
  sts.assumeRole({ RoleArn: ROLE_ARN, RoleSessionName: SESSION, ...more });

/** The administrator makes a role with this trust policy. */
const trusting = (principal: string, condition?: unknown) => async ({ iam }: Clients) => {
  const statement = to(principal, {
    Effect: "Allow",
    Action: "sts:AssumeRole",
    ...(condition ? { Condition: condition } : {}),
  });
  const AssumeRolePolicyDocument = JSON.stringify({
    Version: "2012-10-17",
    Statement: [statement],
  });
  await iam.createRole({ RoleName: ROLE, AssumeRolePolicyDocument });
  return "";
};

const ROLES: Group = {
  rule:
    "A role can be assumed by principals that its trust policy names, or by those of a named account whose own policies allow it",
  page: `${STS_API}AssumeRole.html`,
  cases: [
    {
      name: "the role trusts the account, the user's policy allows",
      user: [ASSUME],
      prepare: trusting(ACCOUNT_ARN),
      request: assumeRole(),
      expect: "allowed",
    },
    {
      name: "the role trusts the account, the user's policy is silent",
      user: [READ],
      prepare: trusting(ACCOUNT_ARN),
      request: assumeRole(),
      expect: NOT_GRANTED,
    },
    {
      name: "the role trusts the user, who has no policy",
      prepare: trusting(USER_ARN),
      request: assumeRole(),
      expect: "allowed",
    },
    {
      name: "the role trusts somebody else",
      user: [ASSUME],
      prepare: trusting(`arn:aws:iam::${ACCOUNT}:user/admin`),
      request: assumeRole(),
      expect: "denied",
    },
    {
      name: "the role trusts the user, whose policy denies",
      user: [deny("sts:*")],
      prepare: trusting(USER_ARN),
      request: assumeRole(),
      expect: DENIED_BY_IDENTITY,
    },
    {
      name: "the user's policy allows another role",
      user: [allow("sts:AssumeRole", `${ROLE_ARN}-2`)],
      prepare: trusting(ACCOUNT_ARN),
      request: assumeRole(),
      expect: NOT_GRANTED,
    },
  ],
};

const TRUST_CONDITIONS: Group = {
  rule: "A trust policy can ask for an external id",
  page: iamGuide("id_roles_common-scenarios_third-party"),
  cases: [
    {
      name: "the id",
      user: [ASSUME],
      prepare: trusting(ACCOUNT_ARN, { StringEquals: { "sts:ExternalId": "12345" } }),
      request: assumeRole({ ExternalId: "12345" }),
      expect: "allowed",
    },
    {
      name: "another id",
      user: [ASSUME],
      prepare: trusting(ACCOUNT_ARN, { StringEquals: { "sts:ExternalId": "12345" } }),
      request: assumeRole({ ExternalId: "54321" }),
      expect: "denied",
    },
    {
      name: "no id",
      user: [ASSUME],
      prepare: trusting(ACCOUNT_ARN, { StringEquals: { "sts:ExternalId": "12345" } }),
      request: assumeRole(),
      expect: "denied",
    },
  ],
};

const READ_ONLY: Policy = [allow("s3:*")];

const TRUST_AND_BOUNDARY: Group = {
  rule: "A user that a trust policy names still needs a boundary that allows sts:AssumeRole",
  page: iamGuide("id_roles_update-role-trust-policy"),
  cases: [
    {
      name: "the boundary is silent",
      boundary: READ_ONLY,
      prepare: trusting(USER_ARN),
      request: assumeRole(),
      expect: "denied",
    },
    {
      name: "the boundary allows",
      boundary: [ASSUME],
      prepare: trusting(USER_ARN),
      request: assumeRole(),
      expect: "allowed",
    },
  ],
};

const REVOKED = "2100-01-01T00:00:00Z";

const ISSUE_TIME: Group = {
  rule: "Temporary credentials say when they were issued, by which a role's sessions are revoked",
  page: iamGuide("id_roles_use_revoke-sessions"),
  cases: [
    {
      name: "issued before the revocation",
      role: [ALL_OF_S3, deny("*", "*", { DateLessThan: { "aws:TokenIssueTime": REVOKED } })],
      request: READ_LOGO,
      expect: DENIED_BY_IDENTITY,
    },
    {
      name: "issued after it",
      role: [
        ALL_OF_S3,
        deny("*", "*", { DateLessThan: { "aws:TokenIssueTime": "2020-01-01T00:00:00Z" } }),
      ],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "only temporary credentials are allowed: a session",
      role: [allow("s3:*", "*", { Null: { "aws:TokenIssueTime": "false" } })],
      request: READ_LOGO,
      expect: "allowed",
    },
    {
      name: "only temporary credentials are allowed: a user",
      user: [allow("s3:*", "*", { Null: { "aws:TokenIssueTime": "false" } })],
      request: READ_LOGO,
      expect: NOT_GRANTED,
    },
  ],
};

const whoAmI: Request = ({ sts }) => sts.getCallerIdentity({});

const IDENTITY: Group = {
  rule: "GetCallerIdentity takes no permission, and can't be denied",
  page: `${STS_API}GetCallerIdentity.html`,
  cases: [
    { name: "without policies", request: whoAmI, expect: "allowed" },
    {
      name: "with an explicit deny",
      user: [deny("sts:GetCallerIdentity")],
      request: whoAmI,
      expect: "allowed",
    },
  ],
};

/** The cases of this file. */
export const SESSIONS: Group[] = [
  SESSION_POLICIES,
  ROLES,
  TRUST_CONDITIONS,
  TRUST_AND_BOUNDARY,
  ISSUE_TIME,
  IDENTITY,
];
