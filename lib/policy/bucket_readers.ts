/**
 * Whom a bucket policy lets read, in words.
 *
 * @module
 */
import { escapeName } from "../escape.ts";
import { isObject } from "../is_object.ts";
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
  const means = (element: unknown, action: string) =>
    [element].flat().some((pattern) => meansAction(pattern, action));
  return READING.some((action) =>
    "Action" in statement ? means(statement.Action, action) : !means(statement.NotAction, action)
  );
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
