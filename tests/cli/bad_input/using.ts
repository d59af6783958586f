/** Command lines about using credentials that make no sense. */
import { type Case, rows } from "./case.ts";

const LONG_KEY = "k".repeat(1025);

const presign: Case[] = rows(["presign"], [
  [[], "Missing argument BUCKET"],
  [["my-bucket"], "Missing argument KEY"],
  [["my-bucket", ""], "Invalid key: it is empty"],
  [["my-bucket", LONG_KEY], "Invalid key: it has 1025 bytes"],
  [["s3://my-bucket", "a"], "give the name alone, without s3://"],
  [["my-bucket", "a", "b"], "Too many arguments: expected 2, got 3"],
  [["my-bucket--use1-az4--x-s3", "a"], "is a directory bucket"],
  [["my-bucket", "a", "--method", "DELETE"], "expected one of GET, PUT"],
  [["my-bucket", "a", "--expires", "0s"], "Duration must be between 1 second and 7 days"],
  [["my-bucket", "a", "--expires", "8d"], "Duration must be between 1 second and 7 days"],
  [["my-bucket", "a", "--expires", "604801"], "Duration must be between 1 second and 7 days"],
  [["my-bucket", "a", "--expires", "soon"], "Duration must be of form 3600s or 15m or 2h"],
  [
    ["my-bucket", "a", "--content-type", "text/html"],
    "--content-type needs --method PUT or --post",
  ],
  [["my-bucket", "a", "--method", "PUT", "--content-type", "a\nb"], "Invalid content type"],
  [["my-bucket", "a", "--max-size", "1M"], "--max-size needs --post"],
  [["my-bucket", "a", "--prefix", "in/"], "--prefix needs --post"],
  [["my-bucket", "--post"], "Specify KEY, or use --prefix"],
  [["my-bucket", "a", "--post", "--prefix", "in/"], "Cannot pass both KEY and --prefix"],
  [["my-bucket", "a", "--post", "--method", "PUT"], "--method cannot be used with --post"],
  [["my-bucket", "--post", "--prefix", ""], "Invalid prefix: it is empty"],
  [["my-bucket", "--post", "--prefix", "${filename}/"], "by the name of the file"],
  [["my-bucket", "${filename}", "--post"], "by the name of the file"],
  ...["0", "-1", "1.5", "1KB", "6G", "big", ""].map((size): [string[], string] => [
    ["my-bucket", "a", "--post", "--max-size", size],
    "expected 1 byte to 5G",
  ]),
]);

const RUN = ["--", "program"];

const exec: Case[] = rows(["exec"], [
  [[], "Missing argument BUCKETS"],
  [RUN, "Missing argument BUCKETS"],
  [["my-bucket"], "Missing argument COMMAND: put it after --, such as -- aws s3 ls"],
  [["my-bucket", "--"], "Missing argument COMMAND"],
  [["my-bucket", "--", ""], "Missing argument COMMAND"],
  [["my-bucket", "aws", "s3", "ls"], "Missing argument COMMAND"],
  [["my_*", ...RUN], "letters, digits, dots"],
  [["My-Bucket", "-c", ...RUN], "a new bucket's name has no capital letters"],
  [["my-bucket", "-d", "14m", ...RUN], "Duration must be between 15 minutes and 12 hours"],
  [["my-bucket", "-d", "13h", ...RUN], "Duration must be between 15 minutes and 12 hours"],
  [["my-bucket", "--read-only", "--write-only", ...RUN], "--read-only and --write-only"],
  [["my-bucket", "--prefix", "a*b/", ...RUN], "Prefix must not contain *"],
  [["my-bucket", "--statement", "{}", ...RUN], "Statement JSON missing required keys"],
  [["my-bucket", "--policy", "{", ...RUN], "Invalid JSON string"],
  [["my-bucket", "--policy", "no-such-file", ...RUN], "File not found: no-such-file"],
  [["my-bucket", "--role-arn", "reader", ...RUN], "expected arn:aws:iam::ACCOUNT:role/NAME"],
  [["my-bucket", "--bucket-region", "eu-west-1", ...RUN], "--bucket-region needs --create-bucket"],
  [["my-bucket", "--username", "ida", ...RUN], "Unknown option '--username'"],
  [["my-bucket", "--format", "env", ...RUN], "Unknown option '--format'"],
  [["--grant", "my-bucket/in/:read"], "Missing argument COMMAND"],
  [["my-bucket", "--grant", "my-bucket/in/:read", ...RUN], "--grant takes the place"],
  [["my-bucket", "--for", "no-such-preset", ...RUN], "Invalid value for --for"],
  [["my-bucket", "--tag", "team", ...RUN], "expected KEY=VALUE"],
]);

/** Each is to end before anything is sent. */
export const USING_CASES: Record<string, Case[]> = { exec, presign };
