/**
 * The picture on the first screen of the README: a terminal with real output of the commands, run in
 * a sandbox. Dates are replaced by one example, so that the picture only changes when the output does.
 *
 * @module
 */
import { main } from "../cli.ts";
import { type Io, processIo } from "../lib/cli/io.ts";
import { type Sandbox, startSandbox } from "../lib/sandbox/mod.ts";

/** A command as it is typed, and whether it must succeed; some are needed, but not shown. */
const SCENES: [line: string, outcome: "works" | "denied" | "works unseen"][] = [
  ["s3-credentials create photos --create-bucket --read-only -o key.json", "works"],
  ["s3-credentials put-object photos cat.jpg cat.jpg --silent", "works unseen"],
  ["s3-credentials list-bucket photos --csv --auth key.json", "works"],
  ["s3-credentials put-object photos cat.jpg cat.jpg --auth key.json", "denied"],
];

const COLUMNS = 108;
const CHARACTER_WIDTH = 7.83;
const LINE_HEIGHT = 19;
const MARGIN = 20;
const TITLE_BAR = 34;

type Line = { text: string; kind: "prompt" | "message" | "data" | "error" };

function wrapped({ text, kind }: Line): Line[] {
  const lines: Line[] = [];
  for (let rest = text;; rest = rest.slice(COLUMNS)) {
    lines.push({ text: rest.slice(0, COLUMNS), kind });
    if (rest.length <= COLUMNS) return lines;
  }
}

function linesOf(text: string, kind: Line["kind"]): Line[] {
  return text.trimEnd().split(/\r?\n/).filter((line) => line !== "").map((line) => ({
    text: line,
    kind: kind === "message" && line.startsWith("Error:") ? "error" : kind,
  }));
}

function withExampleDates(text: string): string {
  return text.replaceAll(
    /\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00:00/g,
    "2026-11-26 09:41:00+00:00",
  );
}

/** Runs a command whose files are in the directory. */
async function play(
  sandbox: Sandbox,
  line: string,
  directory: string,
): Promise<{ code: number; lines: Line[] }> {
  const lines: Line[] = [];
  const screen = (kind: Line["kind"]) => ({
    isTerminal: false,
    write(data: string | Uint8Array) {
      const text = typeof data === "string" ? data : new TextDecoder().decode(data);
      lines.push(...linesOf(withExampleDates(text.replaceAll(`${directory}/`, "")), kind));
      return Promise.resolve();
    },
  });
  const env: Record<string, string> = {
    AWS_ENDPOINT_URL: sandbox.url,
    AWS_REGION: sandbox.region,
    AWS_ACCESS_KEY_ID: sandbox.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: sandbox.credentials.secretAccessKey,
  };
  const io: Io = {
    ...processIo(),
    stdout: screen("data"),
    stderr: screen("message"),
    env: (name) => env[name],
    permit: () => Promise.resolve(),
  };
  const real = line.replaceAll(/(?<=(?:-o|--auth|cat\.jpg) )\w+\.\w+/g, `${directory}/$&`);
  const code = await main(real.split(" ").slice(1), io);
  return { code, lines };
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function svg(lines: readonly Line[]): string {
  const width = Math.ceil(COLUMNS * CHARACTER_WIDTH) + 2 * MARGIN;
  const height = TITLE_BAR + lines.length * LINE_HEIGHT + MARGIN;
  const rows = lines.map(({ text, kind }, index) =>
    `<text class="${kind}" x="${MARGIN}" y="${TITLE_BAR + (index + 1) * LINE_HEIGHT - 4}">` +
    `${escapeXml(text)}</text>`
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" role="img" xml:space="preserve">
<title>One command makes a bucket and a key that can only read it: listing works, writing is denied</title>
<style>
text { font: 13px ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  white-space: pre; fill: #d5d9e0 }
.prompt { fill: #ffffff; font-weight: bold }
.message { fill: #8fb8de }
.error { fill: #f08d8d }
</style>
<rect width="${width}" height="${height}" rx="10" fill="#1d2330"/>
<circle cx="22" cy="18" r="6" fill="#f0655a"/>
<circle cx="42" cy="18" r="6" fill="#f4bd4f"/>
<circle cx="62" cy="18" r="6" fill="#5fc454"/>
${rows.join("\n")}
</svg>
`;
}

/** The picture as SVG. Throws where a command does not end as the picture says. */
export async function tourPicture(): Promise<string> {
  await using sandbox = await startSandbox();
  const directory = await Deno.makeTempDir();
  const screen: Line[] = [];
  try {
    await Deno.writeTextFile(`${directory}/cat.jpg`, "meow");
    for (const [line, outcome] of SCENES) {
      const { code, lines } = await play(sandbox, line, directory);
      if ((code === 0) === (outcome === "denied")) {
        throw new Error(`${line} ended with ${code}: ${lines.map(({ text }) => text).join("\n")}`);
      }
      if (outcome === "works unseen") continue;
      screen.push({ text: `$ ${line}`, kind: "prompt" }, ...lines, { text: "", kind: "data" });
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
  return svg(screen.slice(0, -1).flatMap(wrapped));
}
