/**
 * The commands about the CORS policy of a bucket.
 *
 * @module
 */
import { InvalidInput } from "../../errors.ts";
import { defineCommand, value, values } from "../command.ts";
import { library } from "../library.ts";
import { plainData } from "../lists/rows.ts";
import { awsOptions, dryRunOption, withAws } from "../options.ts";
import { writeJson, writeLine, writeMessage } from "../output.ts";
import { notSet, onlyBucket, readable } from "./one_bucket.ts";

/** `s3-credentials get-cors-policy` */
export const getCorsPolicy = defineCommand({
  printsJson: true,
  operands: "<bucket>",
  description: "Show the CORS policy of a bucket as JSON.",
  examples: [["One bucket:", "get-cors-policy my-bucket"]],
  options: awsOptions,
  async run({ operands, options }, io) {
    const bucket = onlyBucket(operands);
    const rules = await withAws(options, io, async (aws) => {
      const { getCorsRules } = await library.bucketSettings();
      return await getCorsRules(aws, bucket);
    });
    if (rules.length === 0) throw notSet(bucket, "CORS policy");
    await writeJson(io, rules.map((rule) => plainData(rule, CORS_FIELDS)));
  },
});

const CORS_FIELDS = [
  "ID",
  "AllowedHeaders",
  "AllowedMethods",
  "AllowedOrigins",
  "ExposeHeaders",
  "MaxAgeSeconds",
];

const CORS_METHODS = ["GET", "PUT", "POST", "DELETE", "HEAD"];

/** What the command line gave; nothing rather than an empty list. */
function listOf<T>(values: readonly T[]): T[] | undefined {
  return values.length > 0 ? [...values] : undefined;
}

function parseMethod(text: string): string {
  const method = text.toUpperCase();
  if (CORS_METHODS.includes(method)) return method;
  throw new InvalidInput(
    `Invalid method ${JSON.stringify(text)}: S3 allows ${CORS_METHODS.join(", ")}`,
  );
}

function parseOrigin(text: string): string {
  if (text.split("*").length <= 2 && text.trim() !== "") return text;
  throw new InvalidInput(
    `Invalid origin ${JSON.stringify(text)}: expected a URL with at most one *`,
  );
}

/** An origin as browsers send it, with at most one `*` in the place of any part of it. */
const ORIGIN = /^(?:null|[^/]*\*[^/]*|[a-z*][a-z0-9+.*-]*:\/\/[^/?#]+)$/i;

/** Why an origin would match no page; undefined if it may. */
function originWarning(origin: string): string | undefined {
  if (ORIGIN.test(origin)) return undefined;
  const [, scheme = "https://", host = ""] = /^([a-z*][a-z0-9+.*-]*:\/\/)?([^/?#]*)/i.exec(origin)!;
  const example = host === "" ? "https://www.example.com" : `${scheme}${host}`;
  return `Warning: --allowed-origin ${origin} matches no page: browsers send the scheme and the ` +
    `host without a slash or path, as in ${example}`;
}

function parseSeconds(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidInput(`Expected a number of seconds, not ${JSON.stringify(text)}`);
}

/** `s3-credentials set-cors-policy` */
export const setCorsPolicy = defineCommand({
  operands: "<bucket>",
  description:
    "Set the CORS policy of a bucket: which web pages may use it from a browser. It replaces " +
    "the previous policy.",
  examples: [
    ["GET requests from any origin:", "set-cors-policy my-bucket"],
    [
      "GET and PUT from one origin, which may read the ETag header:",
      "set-cors-policy my-bucket --allowed-method GET --allowed-method PUT " +
      "--allowed-origin https://www.example.com --expose-header ETag",
    ],
  ],
  options: {
    allowedMethod: values(
      "-m, --allowed-method <method>",
      "Allowed method, such as GET; may be repeated",
      parseMethod,
    ),
    allowedHeader: values(
      "-h, --allowed-header <header>",
      "Allowed request header, such as Authorization; may be repeated",
    ),
    allowedOrigin: values(
      "-o, --allowed-origin <origin>",
      "Allowed origin, such as https://www.example.com; may be repeated",
      parseOrigin,
    ),
    exposeHeader: values(
      "-e, --expose-header <header>",
      "Response header that pages may read, such as ETag; may be repeated",
    ),
    maxAgeSeconds: value(
      "--max-age-seconds <seconds>",
      "How long browsers may cache the response to a preflight request",
      parseSeconds,
    ),
    dryRun: dryRunOption,
    ...awsOptions,
  },
  async run({ operands, options }, io) {
    const bucket = onlyBucket(operands);
    await withAws(options, io, async (aws) => {
      const { completeCorsRule, CORS_RULE_ID, getCorsRules, setCorsRule } = await library
        .bucketSettings();
      const present = await readable(getCorsRules(aws, bucket)) ?? [];
      const others = present.filter((rule) => rule.ID !== CORS_RULE_ID).length;
      const rule = {
        AllowedMethods: listOf(options.allowedMethod),
        AllowedHeaders: listOf(options.allowedHeader),
        AllowedOrigins: listOf(options.allowedOrigin),
        ExposeHeaders: listOf(options.exposeHeader),
        MaxAgeSeconds: options.maxAgeSeconds,
      };
      const { dryRun } = options;
      if (dryRun) {
        await writeLine(io, `Would set CORS policy for bucket '${bucket}':`);
        await writeJson(io, [plainData(completeCorsRule(rule), CORS_FIELDS)]);
      } else {
        await setCorsRule(aws, bucket, rule);
        await writeMessage(io, `Updated CORS policy for bucket '${bucket}'`);
      }
      for (const warning of options.allowedOrigin.map(originWarning)) {
        if (warning !== undefined) await writeMessage(io, warning);
      }
      if (others > 0) {
        const rules = others === 1 ? "a CORS rule" : `${others} CORS rules`;
        const replaced = dryRun ? "would replace" : "replaced";
        await writeMessage(io, `Warning: this ${replaced} ${rules} that other tools had set`);
      }
    });
  },
});
