/**
 * The commands that list, download and upload objects.
 *
 * @module
 */
import { S3CredentialsError } from "../../errors.ts";
import { abortable } from "../../abortable.ts";
import { plainData } from "../lists/rows.ts";
import { escapeName } from "../../escape.ts";
import { defineCommand, flag, value, values } from "../command.ts";
import { ExitCode } from "../exit_code.ts";
import {
  bucketOrAccessPoint,
  checkedKeys,
  concurrencyOption,
  contentTypeOption,
  objectAwsOptions,
  report,
  silentOption,
  transferOptions,
} from "./options.ts";
import type { Io } from "../io.ts";
import { library } from "../library.ts";
import { rowFormatOf, rowOptions, writeRows } from "../lists/write.ts";
import { usage, withAws } from "../options.ts";
import { inCliTerms, nameFor, writeLine, writeMessage } from "../output.ts";
import { withProgress } from "../progress.ts";

/** `s3-credentials list-bucket` */
export const listBucket = defineCommand({
  operands: "<bucket>",
  description: "List the objects of a bucket.",
  examples: [
    ["As JSON:", "list-bucket my-bucket"],
    ["One directory, as CSV:", "list-bucket my-bucket --prefix my-directory/ --csv"],
    ["With the URL of each object:", "list-bucket my-bucket --urls"],
  ],
  options: {
    prefix: value("--prefix <prefix>", "Only list keys that start with this"),
    urls: flag("--urls", "Show the URL of each object"),
    ...rowOptions,
    ...objectAwsOptions,
  },
  async run({ operands, options }, io) {
    const bucket = bucketOrAccessPoint(operands[0]);
    const format = rowFormatOf(options);
    const { urls, prefix } = options;
    const url = urls ? ["URL"] : [];
    const fields = [...OBJECT_FIELDS, ...url];
    const tableFields = ["Key", "Size", "LastModified", "StorageClass", ...url];
    await withAws(options, io, async (aws) => {
      const { listObjects } = await library.listObjects();
      const objects = listObjects(aws, bucket, { urls, prefix, signal: io.signal });
      await writeRows(io, objectRows(objects, [...fields, ...MORE_FIELDS]), format, {
        fields,
        tableFields,
      });
    });
  },
});

const OBJECT_FIELDS = ["Key", "LastModified", "ETag", "Size", "StorageClass", "Owner"];
/** In JSON only: they are no columns. */
const MORE_FIELDS = ["ChecksumAlgorithm", "ChecksumType"];

async function* objectRows(objects: AsyncIterable<object>, fields: readonly string[]) {
  for await (const object of objects) yield plainData(object, fields) as object;
}

/** `s3-credentials get-object` */
export const getObject = defineCommand({
  operands: "<bucket> <key>",
  description: "Download an object: to standard output, or into a file.",
  examples: [
    ["Show its content:", "get-object my-bucket hello.txt"],
    ["Save it to a file:", "get-object my-bucket hello.txt -o hello.txt"],
  ],
  options: {
    output: value(
      "-o, --output <file>",
      "Write to this file instead of standard output; - writes binary content to a terminal too",
    ),
    silent: silentOption,
    concurrency: concurrencyOption,
    ...objectAwsOptions,
  },
  stopsItself: true,
  async run({ operands, options }, io) {
    const bucket = bucketOrAccessPoint(operands[0]);
    const [key = ""] = checkedKeys([operands[1] ?? ""]);
    // Replacing that would replace the file that standard output is redirected to.
    const isStdout = options.output === "-" || options.output === "/dev/stdout";
    const output = isStdout ? undefined : options.output;
    const mustBeText = options.output === undefined && io.stdout.isTerminal;
    // The content would overwrite a progress bar on the same terminal.
    const isSilent = options.silent || output === undefined && io.stdout.isTerminal;
    if (output !== undefined) await io.permit(["write"]);
    await withProgress(
      io,
      { direction: "download", isSilent },
      (line) =>
        withAws(options, io, async (aws) => {
          const { downloadObject, getObject } = await library.getObjects();
          const transfer = transferOptions(options, line, io);
          if (output !== undefined) return await downloadObject(aws, bucket, key, output, transfer);
          const { body } = await getObject(aws, bucket, key, transfer);
          const check = mustBeText ? textCheck(key) : () => {};
          for await (const chunk of body) {
            check(chunk);
            // The reader of a pipe may be slow, and an interruption must not wait for it.
            await abortable(io.stdout.write(chunk), io.signal);
          }
        }),
    );
  },
});

/** Throws at the first chunk that is no text: it would garble the terminal. */
function textCheck(key: string): (chunk: Uint8Array) => void {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  return (chunk) => {
    try {
      if (!decoder.decode(chunk, { stream: true }).includes("\0")) return;
    } catch {
      // It is not UTF-8.
    }
    throw new S3CredentialsError("usage", `Object ${escapeName(key)} is binary`, {
      hint: "Save it with -o FILE, or write it to the terminal all the same with -o -",
    });
  };
}

/** `s3-credentials get-objects` */
export const getObjects = defineCommand({
  operands: "<bucket> [keys...]",
  description: "Download several objects into the current directory, or another one. Each keeps " +
    "the directories of its key. A key that would lead out of the directory is not downloaded.",
  examples: [
    ["Everything:", "get-objects my-bucket"],
    ["Some keys:", "get-objects my-bucket one.txt path/two.txt"],
    [
      "All keys that match a pattern, into another directory:",
      "get-objects my-bucket --pattern '*/*.js' -o my-directory",
    ],
  ],
  options: {
    output: value("-o, --output <directory>", "Write to this directory (default: the current one)"),
    pattern: values(
      "-p, --pattern <pattern>",
      "Download keys that match, such as '*/*.js'. * matches anything, ? one character, [abc] one " +
        "of these, [!abc] any other; may be repeated",
    ),
    silent: silentOption,
    concurrency: concurrencyOption,
    ...objectAwsOptions,
  },
  stopsItself: true,
  async run({ operands: [name, ...keys], options }, io) {
    const bucket = bucketOrAccessPoint(name);
    const selection = { keys: checkedKeys(keys), patterns: options.pattern };
    await io.permit(["write"]);
    await withProgress(
      io,
      { direction: "download", isSilent: options.silent },
      (line) =>
        withAws(options, io, async (aws) => {
          const { getObjects } = await library.getObjects();
          const transfer = transferOptions(options, line, io);
          const directory = options.output ?? ".";
          const found = getObjects(aws, bucket, directory, { ...selection, ...transfer });
          const count = await report(found, line);
          if (count === 0 && options.pattern.length > 0) {
            line.say(`Warning: No key of bucket ${bucket} matches ${options.pattern.join(" or ")}`);
          }
        }),
    );
  },
});

/** `s3-credentials put-object` */
export const putObject = defineCommand({
  operands: "<bucket> <key> <path>",
  description: "Upload a file, or standard input, to a key of a bucket.",
  examples: [
    ["A file:", "put-object my-bucket my-key.txt /path/to/file.txt"],
    ["Standard input:", "put-object my-bucket my-key.txt -"],
    [
      "With a given content type:",
      "put-object my-bucket hello.html - --content-type text/html",
    ],
  ],
  options: {
    contentType: contentTypeOption("Content type (default: according to the file extension)"),
    silent: silentOption,
    concurrency: concurrencyOption,
    ...objectAwsOptions,
  },
  stopsItself: true,
  async run({ operands, options }, io) {
    const bucket = bucketOrAccessPoint(operands[0]);
    const [key = ""] = checkedKeys([operands[1] ?? ""]);
    const path = operands[2] ?? "";
    const isInput = path === "-";
    if (isInput && options.auth === "-") {
      throw usage("PATH and --auth cannot both read standard input");
    }
    const { silent: isSilent, contentType } = options;
    await withProgress(
      io,
      { direction: "upload", isSilent },
      (line) =>
        withAws(options, io, async (aws) => {
          const { putObject } = await library.putObjects();
          const transfer = transferOptions(options, line, io);
          const source = isInput ? io.stdin : { path };
          await putObject(aws, bucket, key, source, { ...transfer, contentType });
        }),
    ).catch((error) => {
      throw isInput ? error : asUsageOfPath(error);
    });
  },
});

async function uploadsOf(
  paths: string[],
  { prefix, followLinks }: { prefix?: string; followLinks?: boolean },
  io: Io,
) {
  await io.permit(["read"]);
  const { findUploads } = await library.findUploads();
  try {
    return findUploads(paths, prefix, { followLinks });
  } catch (error) {
    throw asUsageOfPath(error);
  }
}

/** A path that is missing, or a directory where a file is expected, is wrong usage. */
function asUsageOfPath(error: unknown): unknown {
  if (!(error instanceof S3CredentialsError) || error.code !== "file") return error;
  const { message, cause } = error;
  if (cause instanceof Deno.errors.NotFound) return usage(message);
  return cause instanceof Deno.errors.IsADirectory
    ? new S3CredentialsError("usage", message, { hint: "put-objects uploads directories" })
    : error;
}

/** `s3-credentials put-objects` */
export const putObjects = defineCommand({
  operands: "<bucket> <paths...>",
  description:
    "Upload files, and directories with everything below them. The key of a file is its " +
    "name; the keys of a directory's files begin with the directory's name.",
  examples: [
    ["Two files:", "put-objects my-bucket one.txt two.txt"],
    ["The same below backup/:", "put-objects my-bucket one.txt two.txt --prefix backup"],
    ["A directory, as my-directory/...:", "put-objects my-bucket my-directory"],
    ["The content of the current directory:", "put-objects my-bucket ."],
    ["Show first what would be uploaded:", "put-objects my-bucket . --dry-run"],
  ],
  options: {
    prefix: value("--prefix <prefix>", "Prefix to add to the keys"),
    followLinks: flag(
      "--follow-links",
      "Follow symbolic links to files outside of a directory, too",
    ),
    silent: silentOption,
    dryRun: flag("--dry-run", "Show what would be uploaded, and upload nothing"),
    concurrency: concurrencyOption,
    ...objectAwsOptions,
  },
  stopsItself: true,
  async run({ operands: [name, ...paths], options }, io) {
    const bucket = bucketOrAccessPoint(name);
    const { uploads, skipped } = await uploadsOf(paths, options, io);
    for (const { path, reason, isFailure } of skipped) {
      const kind = isFailure ? "Error" : "Warning";
      await writeMessage(io, `${kind}: not uploaded: ${escapeName(path)}: ${inCliTerms(reason)}`);
    }
    await warnOfSlashes(uploads.map(({ key }) => key), io);
    if (options.dryRun) {
      for (const { path, key } of uploads) {
        await writeLine(io, `${nameFor(io, path)} => s3://${bucket}/${nameFor(io, key)}`);
      }
    } else {
      await withProgress(
        io,
        { direction: "upload", isSilent: options.silent, note: leftOut(skipped) },
        (line) =>
          withAws(options, io, async (aws) => {
            const { putObjects } = await library.putObjects();
            const transfer = transferOptions(options, line, io);
            await report(putObjects(aws, bucket, uploads, transfer), line);
          }),
      );
    }
    if (skipped.some(({ isFailure }) => isFailure)) throw new ExitCode(1);
  },
});

/** `get-objects` takes such keys for absolute paths. */
async function warnOfSlashes(keys: readonly string[], io: Io): Promise<void> {
  const key = keys.find((key) => key.startsWith("/"));
  if (key === undefined) return;
  const message = `get-objects skips keys that begin with a slash, such as ${escapeName(key)}`;
  await writeMessage(io, `Warning: ${message}`);
}

/** How many files and directories are not uploaded, such as `1 unreadable, 2 skipped`. */
function leftOut(skipped: readonly { isFailure: boolean }[]): string {
  const unreadable = skipped.filter(({ isFailure }) => isFailure).length;
  const others = skipped.length - unreadable;
  return [unreadable && `${unreadable} unreadable`, others && `${others} skipped`]
    .filter(Boolean).join(", ");
}
