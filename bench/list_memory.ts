/**
 * Whether listing users takes more memory the more users there are: 10 pages against 100.
 *
 * `deno run -A bench/list_memory.ts` starts a server that makes users up page by page and runs the
 * real command as a process of its own, twice. It prints the most memory that the process has held
 * (RSS, with all the garbage that V8 has not yet collected), and the most that was still in use when
 * the garbage had just been collected (live heap), which is what the command itself holds on to.
 *
 * @module
 */
import { main } from "../cli.ts";
import { processIo } from "../lib/cli/io.ts";
import { startEndless } from "../tests/support/endless.ts";

/** As many users as the command asks for at a time. */
const PAGE_SIZE = 250;
const RUNS = 3;

const MEGABYTE = 1024 * 1024;

/** Lists users in this process, collecting the garbage all the time; tells what is left of memory. */
async function listLive(args: string[]): Promise<void> {
  const { gc } = globalThis as unknown as { gc(): void };
  let highest = 0;
  const watch = setInterval(() => {
    gc();
    highest = Math.max(highest, Deno.memoryUsage().heapUsed);
  }, 20);
  const code = await main(args, processIo());
  clearInterval(watch);
  await Deno.stderr.write(new TextEncoder().encode(`${highest / MEGABYTE}\n`));
  Deno.exit(code);
}

interface Ran {
  rows: number;
  /** The highest RSS. */
  rss: number;
  stderr: string;
}

/** Runs a program and watches its memory; counts its rows to be sure that it did its work. */
async function watched(pages: number, args: string[]): Promise<Ran> {
  const server = startEndless({ users: pages * PAGE_SIZE, objects: 0 });
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", ...args],
    env: server.env,
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const stderr = new Response(child.stderr).text();
  let rss = 0;
  const watch = setInterval(() => {
    try {
      const status = Deno.readTextFileSync(`/proc/${child.pid}/status`);
      rss = Math.max(rss, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024);
    } catch {
      // The process has ended; its last figure stands.
    }
  }, 10);
  let rows = 0;
  for await (const chunk of child.stdout) {
    for (const byte of chunk) if (byte === 10) rows++;
  }
  clearInterval(watch);
  const { success } = await child.status;
  await server.close();
  if (!success) throw new Error(`The command failed: ${await stderr}`);
  return { rows, rss, stderr: await stderr };
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

const CLI = new URL("../cli.ts", import.meta.url).href;

async function compare(format: string): Promise<void> {
  const medians: Record<"rss" | "live", number[]> = { rss: [], live: [] };
  for (const pages of [10, 100]) {
    const [rss, live]: number[][] = [[], []];
    for (let n = 0; n < RUNS; n++) {
      const plain = await watched(pages, [CLI, "list-users", format]);
      const collected = await watched(pages, [
        "--v8-flags=--expose-gc",
        import.meta.url,
        "--live",
        "list-users",
        format,
      ]);
      if (plain.rows !== collected.rows || plain.rows < pages * PAGE_SIZE) {
        throw new Error(`Rows are missing: ${plain.rows}, ${collected.rows}`);
      }
      rss!.push(plain.rss);
      live!.push(Number(collected.stderr));
    }
    medians.rss.push(median(rss!));
    medians.live.push(median(live!));
    print(
      `${format}, ${pages} pages: highest RSS ${escapeName(rss!)}, live heap ${escapeName(live!)}`,
    );
  }
  const growth = ([few, many]: number[]) => (100 * (many! / few! - 1)).toFixed(1);
  print(`${format}: from 10 to 100 pages RSS ${growth(medians.rss)} %`);
  print(`${format}: from 10 to 100 pages live heap ${growth(medians.live)} %`);
}

function escapeName(megabytes: number[]): string {
  return `${megabytes.map((one) => one.toFixed(1)).join(", ")} MB`;
}

function print(line: string): void {
  // deno-lint-ignore no-console
  console.log(line);
}

if (Deno.args[0] === "--live") await listLive(Deno.args.slice(1));
for (const format of ["--nl", "--csv"]) await compare(format);
