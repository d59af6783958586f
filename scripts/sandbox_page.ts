/**
 * The list of what the sandbox lacks, made from the tables by which it answers.
 *
 * @module
 */
import { AWS_OPERATIONS, type OperationsBySubject } from "../lib/sandbox/aws_operations.ts";
import { OPERATIONS as IAM } from "../lib/sandbox/iam/service.ts";
import { OPERATIONS as STS } from "../lib/sandbox/sts/service.ts";
import { refusedHeaders } from "../lib/sandbox/s3/parameters.ts";
import { unimplementedBySubject } from "../lib/sandbox/s3/unimplemented.ts";

const PAGE = "docs/sandbox.md";
const BEGIN = "<!-- Made by deno task docs, up to the next mark. -->";
const END = "<!-- End of what deno task docs made. -->";
const WIDTH = 100;

/** The operations that the sandbox answers with NotImplemented, by service and subject. */
export function unimplementedOperations(): Record<"IAM" | "STS" | "S3", OperationsBySubject> {
  return {
    IAM: without(AWS_OPERATIONS.iam, IAM),
    STS: without(AWS_OPERATIONS.sts, STS),
    S3: Object.fromEntries(
      Object.entries(unimplementedBySubject)
        .map(([subject, routes]) => [subject, routes.map(({ name }) => name)]),
    ),
  };
}

function without(
  operations: OperationsBySubject,
  present: ReadonlyMap<string, unknown>,
): OperationsBySubject {
  const missing = Object.entries(operations)
    .map(([subject, names]) => [subject, names.filter((name) => !present.has(name))] as const);
  return Object.fromEntries(missing.filter(([, names]) => names.length > 0));
}

/** The page with its list as it is now. */
export async function sandboxPage(): Promise<string> {
  const text = await Deno.readTextFile(PAGE);
  const begin = text.indexOf(BEGIN);
  const end = text.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`${PAGE} has lost the marks of its list`);
  const list = Object.entries(unimplementedOperations())
    .map(([service, subjects]) => `### Of ${service}\n\n${items(subjects)}\n`);
  list.push(`### Headers of S3\n\n${items(refusedHeaders)}\n`);
  return `${text.slice(0, begin)}${BEGIN}\n\n${list.join("\n")}\n${text.slice(end)}`;
}

function items(subjects: OperationsBySubject): string {
  return Object.entries(subjects)
    .map(([subject, names]) =>
      filled(`- **${capitalized(subject)}:** ${names.map((name) => `\`${name}\``).join(", ")}`)
    )
    .join("\n");
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Breaks an item of a list into lines, as the formatter does. */
function filled(item: string): string {
  const lines: string[] = [];
  for (const word of item.split(" ")) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= WIDTH) {
      lines[lines.length - 1] = `${line} ${word}`;
    } else lines.push(lines.length === 0 ? word : `  ${word}`);
  }
  return lines.join("\n");
}
