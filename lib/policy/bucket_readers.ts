/**
 * Whom a bucket policy lets read, in words.
 *
 * @module
 */
import { escapeName } from "../escape.ts";
import { isObject } from "../is_object.ts";
import { covers, keyPatterns } from "./key_samples.ts";
import { meansAction } from "./lint/statement.ts";

type Statement = Record<string, unknown>;

const READING = ["s3:GetObject", "s3:GetObjectVersion", "s3:ListBucket", "s3:ListBucketVersions"];

/**
 * Whom the statements of a bucket policy name that allow to read or list, each once. Those of another
 * account can then read; for those of the bucket's own, their account's policies say the same or not.
 */
export function namedReaders(document: unknown): string[] {
  if (!isObject(document)) return [];
  const readers = [document.Statement].flat().flatMap((statement, index) => {
    if (!isObject(statement) || statement.Effect !== "Allow" || !allowsReading(statement)) {
      return [];
    }
    const limit = statement.Condition === undefined
      ? ""
      : ` under the conditions of Statement[${index}]`;
    return principals(statement).map((name) => `${name}${limit}`);
  });
  return [...new Set(readers)];
}

function allowsReading(statement: Statement): boolean {
  return READING.some((action) => isAbout(statement, action));
}

/** Whether a statement, which may have anything in it, is about an action. */
export function isAbout({ Action, NotAction }: Statement, action: string): boolean {
  const means = (element: unknown) => [element].flat().some((one) => meansAction(one, action));
  return Action === undefined ? !means(NotAction) : means(Action);
}

/** Whether a bucket policy denies all downloads to everyone, and which of its statements deny some. */
export function downloadDenials(
  bucket: string,
  document: unknown,
): { isDownloadDenied: boolean; denyingStatements: number[] } {
  const statements = isObject(document) ? [document.Statement].flat() : [];
  const denying = [...statements.entries()].filter((entry): entry is [number, Statement] =>
    isObject(entry[1]) && entry[1].Effect === "Deny" && isAbout(entry[1], "s3:GetObject")
  );
  return {
    isDownloadDenied: denying.some(([, statement]) => isForEverything(statement, bucket)),
    denyingStatements: denying.map(([index]) => index),
  };
}

/** Whether a statement is for everyone, for all keys of a bucket, and under no condition. */
function isForEverything(statement: Statement, bucket: string): boolean {
  const { Principal: principal, Resource, Condition } = statement;
  const isEveryone = principal === "*" ||
    (isObject(principal) && [principal.AWS].flat().includes("*"));
  const isAlways = !isObject(Condition) || Object.keys(Condition).length === 0;
  const document = { Version: "2012-10-17", Statement: { Resource } };
  const patterns = keyPatterns([document], bucket, { get: () => undefined });
  return isEveryone && isAlways && patterns.some((pattern) => covers(pattern, "*"));
}

function principals({ Principal: principal, NotPrincipal: others }: Statement): string[] {
  if (others !== undefined) return ["anyone but those of NotPrincipal"];
  if (principal === "*") return ["anyone"];
  if (!isObject(principal)) return [];
  return Object.entries(principal).flatMap(([kind, names]) =>
    [names].flat().map((name) => principalInWords(kind, String(name)))
  );
}

function principalInWords(kind: string, name: string): string {
  if (kind !== "AWS") return escapeName(name);
  if (name === "*") return "anyone";
  const [, account] = /^(?:arn:[^:]*:iam::)?(\d{12})(?::root)?$/.exec(name) ?? [];
  return account === undefined ? escapeName(name) : `account ${account}`;
}
