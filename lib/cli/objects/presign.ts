/**
 * The command `presign`.
 *
 * @module
 */
import { InvalidInput } from "../../errors.ts";
import { parseUrlDuration } from "../../time.ts";
import { defineCommand, flag, optionalChoice, value, type Values } from "../command.ts";
import { library } from "../library.ts";
import {
  bucketOrAccessPoint,
  checkedKeys,
  contentTypeOption,
  objectAwsOptions,
} from "./options.ts";
import { usage, withAws } from "../options.ts";
import { messageLog, writeJson, writeLine } from "../output.ts";

const presignOptions = {
  method: optionalChoice(
    "--method <method>",
    "What the URL is for: GET (a download) or PUT (an upload) (default: GET)",
    ["GET", "PUT"],
    (text) => text.toUpperCase(),
  ),
  expires: value(
    "--expires <duration>",
    "How long it works: 90s, 15m, 2h or 7d, from 1 second to 7 days (default: 1h)",
    parseUrlDuration,
  ),
  contentType: contentTypeOption("Content type that an upload must have, with PUT or --post"),
  post: flag("--post", "Print the address and the fields of a form for uploads, as JSON"),
  maxSize: value(
    "--max-size <size>",
    "With --post: the maximum size of the file, in bytes, or such as 500K, 10M or 1G (of 1024)",
    parseSize,
  ),
  prefix: value(
    "--prefix <prefix>",
    "With --post, in place of KEY: any key that starts with this, to which the file's name is added",
  ),
  ...objectAwsOptions,
};

/** `s3-credentials presign` */
export const presign = defineCommand({
  operands: "<bucket> [key]",
  description:
    "Make a URL by which anyone can download or upload one object until it expires, with the " +
    "permissions of your credentials. S3 is asked for the bucket's region, unless --region names it.",
  examples: [
    ["A download, for an hour:", "presign my-bucket report.pdf"],
    [
      "An upload, for ten minutes:",
      "presign my-bucket inbox/scan.pdf --method PUT --expires 10m --content-type application/pdf",
    ],
    [
      "A form of a web page, for files of up to 10 MiB:",
      "presign my-bucket --post --prefix inbox/ --max-size 10M",
    ],
  ],
  options: presignOptions,
  async run({ operands: [name, key], options }, io) {
    const bucket = bucketOrAccessPoint(name);
    checkCombinations(key, options);
    const target = key === undefined ? undefined : checkedKeys([key])[0]!;
    const { method, contentType, region, maxSize, prefix, expires: expiresIn } = options;
    const log = messageLog(io);
    const common = { contentType, region, expiresIn, onWarning: log.warn, signal: io.signal };
    await withAws(options, io, async (aws) => {
      const { presignPost, presignUrl } = await library.presign();
      if (options.post) {
        const where = target === undefined ? { prefix: prefix! } : { key: target };
        await writeJson(io, await presignPost(aws, bucket, where, { ...common, maxSize }));
      } else {
        await writeLine(io, await presignUrl(aws, bucket, target!, { ...common, method }));
      }
      await log.flush();
    });
  },
});

/** An option that would silently have no effect is an error: the URL would allow more than intended. */
function checkCombinations(key: string | undefined, options: Values<typeof presignOptions>): void {
  const { post, prefix, method } = options;
  if (post) {
    if (method !== undefined) throw usage("--method cannot be used with --post");
    if (options.requestPayer) throw usage("--request-payer cannot be used with --post");
    if (key !== undefined && prefix !== undefined) throw usage("Cannot pass both KEY and --prefix");
    if (key === undefined && prefix === undefined) throw usage("Specify KEY, or use --prefix");
    return;
  }
  if (options.maxSize !== undefined) {
    throw usage("--max-size needs --post: a URL can't limit the size of an upload");
  }
  if (prefix !== undefined) throw usage("--prefix needs --post: a URL is for one key");
  if (key === undefined) throw usage("Missing argument KEY");
  if (options.contentType !== undefined && method !== "PUT") {
    throw usage("--content-type needs --method PUT or --post");
  }
}

/** S3's limit for an upload by a form. */
const MAX_SIZE = 5 * 1024 ** 3;
const UNITS = ["", "K", "M", "G"];

function parseSize(text: string): number {
  const [, count = "", unit = ""] = /^(\d+)([KMG]?)$/i.exec(text) ?? [];
  const size = Number(count) * 1024 ** UNITS.indexOf(unit.toUpperCase());
  if (count !== "" && size >= 1 && size <= MAX_SIZE) return size;
  throw new InvalidInput(
    `Invalid size ${JSON.stringify(text)}: expected 1 byte to 5G, such as 500K or 10M`,
  );
}
