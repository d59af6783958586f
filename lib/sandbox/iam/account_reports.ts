/**
 * IAM's reports on the account as a whole: its summary, and the credential report.
 *
 * @module
 */
import type { AccessKey, Account, User } from "../account.ts";
import { identify } from "../caller.ts";
import type { IamOperation, IamOperations } from "./call.ts";
import { isAwsManaged } from "./aws_managed_policies.ts";
import { attachmentCount, boundaryCount } from "./policy_use.ts";
import { QUOTAS } from "./quotas.ts";
import { ServiceError } from "../operation.ts";
import { fields, timeText } from "../query.ts";
import { element, type XmlContent } from "../xml.ts";

/** AWS takes a second or two. */
const GENERATION_MS = 1000;
const VALID_MS = 4 * 60 * 60 * 1000;

/** The operations of this module. */
export const accountReportOperations: IamOperations = {
  GetAccountSummary: onAccount("GetAccountSummary", (account) => {
    const entries = Object.entries({ ...summaryOf(account), ...QUOTAS })
      .map(([key, value]) => element("entry", fields({ key, value })));
    return element("SummaryMap", entries);
  }),

  GenerateCredentialReport: onAccount("GenerateCredentialReport", (account) => {
    const state = stateOf(account);
    if (state === "pending") return fields({ State: "INPROGRESS" });
    if (state === "ready") return fields({ State: "COMPLETE" });
    const startTime = account.clock.now();
    account.credentialReport = { content: credentialReport(account), startTime };
    return fields({
      State: "STARTED",
      Description: state === "none"
        ? "No report exists. Starting a new report generation task"
        : undefined,
    });
  }),

  GetCredentialReport: onAccount("GetCredentialReport", (account) => {
    const report = account.credentialReport;
    const state = stateOf(account);
    if (state === "none" || report === undefined) throw unavailable(410, "ReportNotPresent");
    if (state === "pending") throw unavailable(404, "ReportInProgress");
    if (state === "expired") throw unavailable(410, "ReportExpired");
    return fields({
      Content: btoa(report.content),
      ReportFormat: "text/csv",
      GeneratedTime: report.startTime,
    });
  }),
};

function onAccount(action: string, run: (account: Account) => XmlContent): IamOperation {
  return {
    permissions: () => [{ action: `iam:${action}`, resource: "*" }],
    run: ({ account }) => run(account),
  };
}

function summaryOf(account: Account): Record<string, number> {
  const { users, groups, roles, policies, instanceProfiles, virtualMfaDevices, rootKey } = account;
  const devices = [...virtualMfaDevices.values()];
  const arns = [...policies.keys()];
  return {
    AccountAccessKeysPresent: rootKey === undefined ? 0 : 1,
    AccountMFAEnabled: 0,
    AccountPasswordPresent: 0,
    AccountSigningCertificatesPresent: 0,
    GlobalEndpointTokenVersion: account.globalEndpointTokenVersion ?? 1,
    Groups: groups.size,
    InstanceProfiles: instanceProfiles.size,
    MFADevices: devices.length,
    MFADevicesInUse: devices.filter(({ userName }) => userName !== undefined).length,
    Policies: arns.filter((arn) => !isAwsManaged(arn)).length,
    PolicyVersionsInUse:
      arns.filter((arn) => attachmentCount(arn, account) + boundaryCount(arn, account) > 0).length,
    Providers: account.oidcProviders.size,
    Roles: roles.size,
    ServerCertificates: 0,
    Users: users.size,
  };
}

function stateOf({ credentialReport, clock }: Account): "none" | "pending" | "ready" | "expired" {
  if (credentialReport === undefined) return "none";
  const ageMs = +clock.now() - +credentialReport.startTime;
  if (ageMs > VALID_MS) return "expired";
  return ageMs < GENERATION_MS ? "pending" : "ready";
}

function unavailable(status: number, code: string): ServiceError {
  return new ServiceError(status, code, "Unknown");
}

const COLUMNS = [
  "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed",
  "password_next_rotation,mfa_active",
  ...[1, 2].map((n) =>
    ["active", "last_rotated", "last_used_date", "last_used_region", "last_used_service"]
      .map((column) => `access_key_${n}_${column}`).join(",")
  ),
  ...[1, 2].map((n) => `cert_${n}_active,cert_${n}_last_rotated`),
].join(",");

const NONE = "N/A";

/**
 * The report as CSV: first root, then the users in the order of their names. AWS's page describes
 * the columns; that keys are sorted by their ids, that inactive ones have dates too, and how times
 * and line ends are written, is how AWS has been seen to do it.
 */
function credentialReport(account: Account): string {
  const users = [...account.users.values()]
    .sort((a, b) => a.userName.toLowerCase() < b.userName.toLowerCase() ? -1 : 1);
  const rows = [rootRow(account), ...users.map(userRow)];
  return [COLUMNS, ...rows.map((cells) => cells.map(csvCell).join(","))].join("\n");
}

function rootRow(account: Account): string[] {
  const { users, rootKey, clock } = account;
  const first = [rootKey, ...users.values()].flatMap((one) => one ? [+one.createDate] : []);
  return [
    "<root_account>",
    identify({ type: "root", accessKeyId: "" }, account)!.arn,
    timeText(new Date(Math.min(+clock.now(), ...first))),
    ...["false", NONE, NONE, "not_supported", "false"],
    ...keyCells(rootKey),
    ...keyCells(undefined),
    ...certificateCells(undefined),
    ...certificateCells(undefined),
  ];
}

function userRow(user: User): string[] {
  const { loginProfile } = user;
  const keys = [...user.accessKeys.values()]
    .sort((a, b) => a.accessKeyId < b.accessKeyId ? -1 : 1);
  const certificates = [...user.signingCertificates.values()];
  return [
    user.userName,
    user.arn,
    timeText(user.createDate),
    String(loginProfile !== undefined),
    loginProfile ? timeOr("no_information", loginProfile.passwordLastUsed) : NONE,
    timeOr(NONE, loginProfile?.passwordLastChanged ?? loginProfile?.createDate),
    NONE,
    String(user.mfaDevices.size > 0),
    ...keyCells(keys[0]),
    ...keyCells(keys[1]),
    ...certificateCells(certificates[0]),
    ...certificateCells(certificates[1]),
  ];
}

/** S3 is one of the services that have no region here. */
function keyCells(key: AccessKey | undefined): string[] {
  const used = key?.lastUsed;
  return [
    String(key?.status === "Active"),
    timeOr(NONE, key?.createDate),
    timeOr(NONE, used?.date),
    used === undefined || used.service === "s3" ? NONE : used.region,
    used?.service ?? NONE,
  ];
}

function certificateCells(certificate: { uploadDate: Date } | undefined): string[] {
  return [String(certificate !== undefined), timeOr(NONE, certificate?.uploadDate)];
}

function timeOr(otherwise: string, time: Date | undefined): string {
  return time === undefined ? otherwise : timeText(time);
}

/** Names of users may have a comma in them, and nothing else that CSV gives a meaning to. */
function csvCell(text: string): string {
  return text.includes(",") ? `"${text}"` : text;
}
