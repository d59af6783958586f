/** Command lines about the life of a key that make no sense. */
import { type Case, rows, SECRET } from "./case.ts";

const extend: Case[] = rows(["extend"], [
  [[], "Missing argument USERNAME"],
  [["somebody"], "Missing argument END"],
  [["some body", "30d"], "letters, digits and _+=,.@- only"],
  [["somebody", "soon"], "Invalid end: expected a time such as 30d, 12h"],
  [["somebody", "30"], "expected a time such as"],
  [["somebody", "2001-01-31"], "is not in the future"],
  [["somebody", "30d", "12h"], "Too many arguments"],
]);

const list: Case[] = rows(["list-credentials"], [
  [["--user", "some body"], "letters, digits and _+=,.@- only"],
  [["--older-than", "90"], 'expected a time such as 90d or 12h, not "90"'],
  [["--older-than", "old"], 'expected a time such as 90d or 12h, not "old"'],
  [["--unused-for", ""], "expected a time such as 90d or 12h"],
  [["--nl", "--csv"], "Use only one of"],
  [["somebody"], "Too many arguments: expected none, got 1 - name a user with --user NAME"],
]);

const single: Case[] = ["disable-key", "enable-key", "delete-key"].flatMap((command) =>
  rows([command], [
    [[], "Missing argument ACCESS_KEY_IDS"],
    [["somebody"], /Invalid access key id: expected one such as AKIAIOSFODNN7EXAMPLE\n$/],
    [[SECRET], /expected one such as AKIAIOSFODNN7EXAMPLE\n$/],
    [["ASIAIOSFODNN7EXAMPLE"], "temporary credentials have no key of a user"],
    [["AKIAIOSFODNN7EXAMPLE", "x"], "expected one such as"],
  ])
);

const rotate: Case[] = rows(["rotate"], [
  [[], "Missing argument USERNAME"],
  [["some body"], "letters, digits and _+=,.@- only"],
  [["somebody", "--finish", "--rollback"], "Use only one of --status, --finish and --rollback"],
  [["somebody", "--status", "--finish"], "Use only one of --status, --finish and --rollback"],
  [["somebody", "--force"], "--force needs --finish, --rollback, --output or --save-profile"],
  [["somebody", "--grace", "1h"], "--grace needs --finish or --status"],
  [["somebody", "--finish", "--grace", "24"], 'expected a time such as 24h or 7d, not "24"'],
  [["somebody", "--finish", "--wait"], "--wait is for a new key"],
  [["somebody", "--profile-name", "x"], "--profile-name needs --format ini"],
  [["somebody", "--format", "xml"], "--format"],
]);

const revoke: Case[] = rows(["revoke-sessions"], [
  [["somebody"], "Too many arguments"],
  [["--role", "a/b"], 'Invalid role name "a/b"'],
  [["--role", ""], 'Invalid role name ""'],
  [["--before", "yesterday"], "expected a time such as"],
  [["--before", "30d"], 'expected a time such as 2027-01-31 or 2027-01-31T17:00Z, not "30d"'],
  [["--before", "2999-01-01"], "2999-01-01 00:00:00+00:00 is in the future"],
  [["--undo", "--before", "2020-01-01"], "--undo cannot be used with --before"],
  [["--undo", "--dry-run"], "--undo cannot be used with --dry-run"],
]);

const prune: Case[] = rows(["prune"], [
  [[], "Say which users to delete: --expired, --unused-for or --orphans"],
  [["--yes"], "Say which users to delete"],
  [["--expired"], "Can't ask without a terminal: pass --yes to delete, or --dry-run to look"],
  [["--expired", "--yes", "--dry-run"], "--yes cannot be used with --dry-run"],
  [["--unused-for", "90", "--yes"], 'expected a time such as 90d, not "90"'],
  [["--unused-for", "23h", "--yes"], "expected a day or more"],
  [["--unused-for", "0d", "--yes"], "expected a day or more"],
  [["--unused-for", "-1d", "--yes"], /--unused-for/],
  [["--unused-for", "long", "--yes"], "expected a time such as 90d"],
  [["--expired", "somebody"], "Too many arguments"],
]);

/** Each is to end before anything is sent. */
export const KEY_CASES: Record<string, Case[]> = {
  "end of keys": extend,
  "list of keys": list,
  "single keys": single,
  "rotation": rotate,
  "pruned users": prune,
  "revoked sessions": revoke,
};
