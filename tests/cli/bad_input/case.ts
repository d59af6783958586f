/**
 * A command line that makes no sense, with what the program has to say about it.
 *
 * @module
 */

/** Stands in files and options where a secret would; no message may repeat it. */
export const SECRET = "wJalrXUtnFEMI/K7MDENG/notToBeShown";

/** A folder, where a file is expected. */
export const FOLDER = import.meta.dirname!;

export interface Case {
  args: string[];
  /** What the message has to contain. */
  says: string | RegExp;
  stdin?: string;
  files?: Record<string, string>;
  env?: Record<string, string>;
  /** The exit code, 2 for wrong usage where it isn't given. */
  code?: number;
}

export const STATEMENT = '{"Effect":"Allow","Action":"s3:*","Resource":"*"}';
export const POLICY = `{"Version":"2012-10-17","Statement":[${STATEMENT}]}`;
export const ROLE = "arn:aws:iam::123456789012:role/reader";
/** The address is not repeated. */
export const NO_USER = /Invalid endpoint URL: it must not hold a user name or password\n$/;
export const JSON_KEYS = JSON.stringify({ AccessKeyId: "AKIAEXAMPLE", SecretAccessKey: SECRET });

/** `args says`, for rows that have no more. */
export function rows(command: string[], table: [args: string[], says: Case["says"]][]): Case[] {
  return table.map(([args, says]) => ({ args: [...command, ...args], says }));
}
