/**
 * Policies and statements that several peer tests give to a tool.
 *
 * @module
 */

/** A policy of the user's own, for any bucket. */
export const OWN_POLICY: string = JSON.stringify({
  Version: "2012-10-17",
  Statement: [{
    Effect: "Allow",
    Action: ["s3:GetObject*", "s3:ListBucket"],
    Resource: ["arn:aws:s3:::$!BUCKET_NAME!$", "arn:aws:s3:::$!BUCKET_NAME!$/*"],
  }],
});

/** A further statement. */
export const STATEMENT: string = JSON.stringify({
  Sid: "Names",
  Effect: "Allow",
  Action: "s3:ListAllMyBuckets",
  Resource: "*",
});

/** Another one. */
export const OTHER_STATEMENT: string = JSON.stringify({
  Effect: "Deny",
  Action: ["s3:DeleteObject"],
  Resource: ["arn:aws:s3:::one/keep/*"],
  Condition: { Bool: { "aws:SecureTransport": "false" } },
});

/** The ARN of a permissions boundary. */
export const BOUNDARY = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess";

/** A command line as words, or as text where no word holds a space. */
export type Line = string | string[];

/** The words of a command line. */
export function words(line: Line): string[] {
  return typeof line === "string" ? line.split(" ") : line;
}

/** A command line as a test's name: without the text of policies. */
export function nameOf(line: Line): string {
  return words(line).map((word) => word.startsWith("{") ? "{…}" : word).join(" ");
}
