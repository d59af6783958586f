/**
 * `deno task docs`: writes the pages and the picture that are made from the program itself. With `--check` it only
 * compares, and fails where a page is out of date.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { main } from "../cli.ts";
import { type Io, processIo } from "../lib/cli/io.ts";
import { permissionsPage } from "./permissions_page.ts";
import { presetsPage } from "./presets_page.ts";
import { sandboxPage } from "./sandbox_page.ts";
import { tourPicture } from "./tour_picture.ts";

const processIoOnce = processIo();

async function print(...args: string[]): Promise<string> {
  let text = "";
  const stdout = {
    isTerminal: false,
    write: (data: string | Uint8Array) => {
      text += data;
      return Promise.resolve();
    },
  };
  const io: Io = { ...processIoOnce, stdout };
  const code = await main(args, io);
  if (code !== 0) throw new Error(`s3-credentials ${args.join(" ")} ended with ${code}`);
  return text.trimEnd();
}

function block(text: string): string {
  return "```\n" + text + "\n```\n";
}

async function helpPage(): Promise<string> {
  const overview = await print("--help");
  const names = [...overview.matchAll(/^ {2}([a-z][a-z-]+) /gm)]
    .map((match) => match[1]!);
  const pages = [`# Command help

What \`--help\` prints, for every command. Made by \`deno task docs\`.

## s3-credentials --help

${block(overview)}`];
  for (const name of names) {
    pages.push(`## s3-credentials ${name} --help\n\n${block(await print(name, "--help"))}`);
  }
  return pages.join("\n");
}

const POLICY_SAMPLES: [string, string[]][] = [
  ["read-write (default)", []],
  ["`--read-only`", ["--read-only"]],
  ["`--write-only`", ["--write-only"]],
  ["`--prefix my-prefix/`", ["--prefix", "my-prefix/"]],
  ["`--prefix my-prefix/ --read-only`", ["--prefix", "my-prefix/", "--read-only"]],
  ["`--prefix my-prefix/ --write-only`", ["--prefix", "my-prefix/", "--write-only"]],
  ["`--prefix a/ --prefix b/ --no-delete`", ["--prefix", "a/", "--prefix", "b/", "--no-delete"]],
  ["public bucket policy", ["--public-bucket"]],
];

async function policyPage(): Promise<string> {
  const pages = [`# Policy documents

The policies that this tool makes for a bucket called \`my-s3-bucket\`, as \`s3-credentials policy\`
prints them. Made by \`deno task docs\`.

A user gets one of these as an inline policy, a session of a role gets it as its session policy. The
last one is attached to the bucket itself by \`create --public\`.
`];
  for (const [title, options] of POLICY_SAMPLES) {
    const document = await print("policy", "my-s3-bucket", ...options);
    pages.push(`## ${title}\n\n\`\`\`json\n${document}\n\`\`\`\n`);
  }
  return pages.join("\n");
}

const PAGES: Record<string, () => string | Promise<string>> = {
  "docs/help.md": helpPage,
  "docs/permissions.md": permissionsPage,
  "docs/policy-documents.md": policyPage,
  "docs/presets.md": presetsPage,
  "docs/sandbox.md": sandboxPage,
  "docs/tour.svg": tourPicture,
};

let outdated = 0;
for (const [path, make] of Object.entries(PAGES)) {
  const text = await make();
  const old = await Deno.readTextFile(path).catch(() => "");
  if (text === old) continue;
  if (Deno.args.includes("--check")) {
    console.error(`${path} is out of date: run deno task docs`);
    outdated++;
  } else {
    await Deno.writeTextFile(path, text);
    console.log(`wrote ${path}`);
  }
}
Deno.exit(outdated > 0 ? 1 : 0);
