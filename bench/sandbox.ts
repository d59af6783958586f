/**
 * `deno run -A bench/sandbox.ts [RUNS]`: how many objects of 1 KiB s5cmd puts and gets a second with the
 * sandbox, beside the bare server, and how much memory the sandbox takes for a large object. Linux.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { join } from "node:path";
import { PROJECT } from "../scripts/peers.ts";
import { measure, median } from "./measure.ts";
import { buildBare, type Server } from "./peers.ts";
import { getS5cmd } from "./s5cmd.ts";
import { type Running, startBare } from "./servers.ts";

/** What s5cmd did with one of the servers. */
export interface SandboxSpeed {
  name: string;
  /** Objects of 1 KiB a second. */
  puts: number;
  gets: number;
}

/** What a large object took. */
export interface SandboxMemory {
  name: string;
  /** The most memory that the sandbox took beyond that before the upload, by the object's size. */
  timesSize: number;
}

const BUCKET = "bench-sandbox";
const FILES = 5_000;
const FILE_SIZE = 1024;
const MIB = 1024 * 1024;
const LARGE_MIB = 200;
/** How s5cmd is told to upload the large object. */
const UPLOADS: Record<string, string[]> = {
  "at once": ["--part-size", "1000"],
  "in parts of 8 MiB": ["--part-size", "8"],
  "in parts of 50 MiB": ["--part-size", "50"],
};

/** Measures both, as the median of so many runs in turns. */
export async function sandboxFigures(
  s5cmd: string,
  bareProgram: string | undefined,
  runs: number,
): Promise<{ speeds: SandboxSpeed[]; memories: SandboxMemory[] }> {
  const folder = await Deno.makeTempDir({ dir: "/dev/shm" });
  try {
    await using bare = bareProgram === undefined ? undefined : await startBare(bareProgram);
    const speeds = await measureSpeeds(s5cmd, bare, folder, runs);
    const memories: SandboxMemory[] = [];
    const large = join(folder, "large");
    await Deno.writeFile(large, new Uint8Array(LARGE_MIB * MIB).fill(7));
    for (const [name, flags] of Object.entries(UPLOADS)) {
      const words = [s5cmd, "cp", ...flags, large, `s3://${BUCKET}/large`];
      memories.push({ name, timesSize: await measureMemory(words) });
    }
    return { speeds, memories };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function measureSpeeds(
  s5cmd: string,
  bare: Running | undefined,
  folder: string,
  runs: number,
): Promise<SandboxSpeed[]> {
  const [source, out] = [join(folder, "in"), join(folder, "out")];
  await Deno.mkdir(source);
  for (let at = 0; at < FILES; at++) {
    const content = crypto.getRandomValues(new Uint8Array(FILE_SIZE));
    await Deno.writeFile(join(source, `${at}.txt`), content);
  }
  await using sandbox = await startSandboxProgram();
  const taken = [sandbox, ...bare === undefined ? [] : [bare]]
    .map((server) => ({ server, puts: [] as number[], gets: [] as number[] }));
  for (let run = 0; run <= runs; run++) {
    for (const { server, puts, gets } of taken) {
      await Deno.remove(out, { recursive: true }).catch(() => {});
      const put = await measure([s5cmd, "cp", `${source}/*`, `s3://${BUCKET}/in/`], server);
      const get = await measure([s5cmd, "cp", `s3://${BUCKET}/in/*`, `${out}/`], server);
      // The first run lets the sandbox's program be compiled.
      if (run === 0) continue;
      puts.push(put.seconds);
      gets.push(get.seconds);
    }
  }
  return taken.map(({ server, puts, gets }) => ({
    name: server.name,
    puts: FILES / median(puts),
    gets: FILES / median(gets),
  }));
}

async function measureMemory(words: string[]): Promise<number> {
  await using sandbox = await startSandboxProgram();
  const before = await mebibytesOf(sandbox.pid, "VmRSS");
  await measure(words, sandbox);
  return (await mebibytesOf(sandbox.pid, "VmHWM") - before) / LARGE_MIB;
}

async function mebibytesOf(pid: number, name: "VmRSS" | "VmHWM"): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(new RegExp(`^${name}:\\s*(\\d+)`, "m").exec(status)![1]) / 1024;
}

/** Starts a sandbox in a process of its own, as users do. */
async function startSandboxProgram(): Promise<Running & { pid: number }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", join(PROJECT, "cli.ts"), "sandbox", "--bucket", BUCKET],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  let text = "";
  for await (const chunk of child.stdout.pipeThrough(new TextDecoderStream())) {
    text += chunk;
    // The last line of what a shell would read.
    if (/^unset .*\n/m.test(text)) break;
  }
  const valueOf = (name: string) => new RegExp(`${name}='?([^'\\n]*)`).exec(text)?.[1] ?? "";
  const server: Server = {
    url: valueOf("AWS_ENDPOINT_URL"),
    accessKeyId: valueOf("AWS_ACCESS_KEY_ID"),
    secretAccessKey: valueOf("AWS_SECRET_ACCESS_KEY"),
  };
  return {
    name: "the sandbox",
    ...server,
    pid: child.pid,
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await child.status;
    },
  };
}

/** The tables of the page of benchmarks. */
export function sandboxTables(
  { speeds, memories }: { speeds: SandboxSpeed[]; memories: SandboxMemory[] },
): string {
  const whole = (number: number) => Math.round(number).toLocaleString("en");
  const speedLines = speeds.map(({ name, puts, gets }) =>
    `| ${name} | ${whole(puts)} | ${whole(gets)} |`
  );
  const memoryLines = memories.map(({ name, timesSize }) =>
    `| ${name} | ${timesSize.toFixed(2)} |`
  );
  return `### The sandbox, by s5cmd

Objects of 1 KiB a second, ${
    whole(FILES)
  } in a run after a first one that isn't counted; s5cmd has the
same two cores.

| | PUT | GET |
| --- | ---: | ---: |
${speedLines.join("\n")}

The most memory that the sandbox takes for an object of ${LARGE_MIB} MiB, by the object's size:

| uploaded | memory / size |
| --- | ---: |
${memoryLines.join("\n")}
`;
}

if (import.meta.main) {
  const s5cmd = await getS5cmd(console.error);
  if ("missing" in s5cmd) throw new Error(s5cmd.missing);
  const bare = await buildBare();
  const bareProgram = "program" in bare ? bare.program : undefined;
  const runs = Number(Deno.args[0] ?? 3);
  console.log(sandboxTables(await sandboxFigures(s5cmd.program, bareProgram, runs)));
}
