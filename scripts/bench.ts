/**
 * `deno task bench [RUNS] [--quick]`: the same work by this tool and by its peers, side by side, as
 * whole processes on one server. Writes the medians to `docs/benchmarks.md`. Linux, with Go and
 * Python; takes about ten minutes. With `--quick` the large file is small and nothing is written.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { cpus, totalmem } from "node:os";
import { join } from "node:path";
import { connect } from "../lib/aws/connect.ts";
import { measure, type Measured, median } from "../bench/measure.ts";
import { getPeers, type Peer, type Server, type Task, type Work } from "../bench/peers.ts";
import { type RoundTrips, roundTrips } from "../bench/round_trips.ts";
import { sandboxFigures, sandboxTables } from "../bench/sandbox.ts";
import { startUp as startUpRows, startUpTable } from "../bench/start_up.ts";
import {
  type Running,
  startBare,
  startBareTls,
  startLine,
  startMinio,
  startSlowSandbox,
} from "../bench/servers.ts";
import { PROJECT } from "./peers.ts";

const isQuick = Deno.args.includes("--quick");
const RUNS = Number(Deno.args.find((word) => /^\d+$/.test(word)) ?? 3);
/** What takes the slower programs half a minute is done less often. */
const FEW_RUNS = Math.min(RUNS, isQuick ? 1 : 2);
/** What takes milliseconds is done more often. */
const START_RUNS = Math.max(RUNS, 15);
const FILES = 2_000;
const FILE_SIZE = 16 * 1024;
const MIB = 1024 * 1024;
const LARGE = (isQuick ? 64 : 1024) * MIB;
const LISTED = 200_000;
const LATENCY_MS = 50;
/** About what S3 gives to a machine in the same region. */
const LINE = { roundTripMs: 20, megabytes: 90 };

/** One line of a table: what a program took. */
interface Row {
  peer: string;
  seconds: number;
  mebibytes: number | undefined;
}

/** A table. */
interface Section {
  title: string;
  rows: Row[];
}

async function inTurns(
  task: Task,
  peers: readonly Peer[],
  server: Server,
  workFor: (peer: Peer, run: number) => Promise<Work> | Work,
  runs = RUNS,
): Promise<Row[]> {
  const able = peers.filter(({ commands }) => commands[task] !== undefined);
  const taken = new Map<string, Measured[]>(able.map(({ name }) => [name, []]));
  // In turns, so that a busy moment of the machine doesn't slow only one of them.
  console.error(`  ${task}`);
  for (let run = 0; run < runs; run++) {
    // Nor may one of them always come first, or pay for what another has left to the disk.
    for (const peer of [...able.slice(run % able.length), ...able.slice(0, run % able.length)]) {
      await new Deno.Command("sync").output();
      const words = peer.commands[task]!(await workFor(peer, run), server);
      taken.get(peer.name)!.push(await measure(words, server));
    }
  }
  return able.map(({ name }) => {
    const measured = taken.get(name)!;
    const memory = measured.flatMap(({ mebibytes }) => mebibytes === undefined ? [] : [mebibytes]);
    return {
      peer: name,
      seconds: median(measured.map(({ seconds }) => seconds)),
      mebibytes: memory.length > 0 ? Math.max(...memory) : undefined,
    };
  });
}

/** Random content: compressible content would be no fair load. */
async function writeRandom(path: string, size: number): Promise<void> {
  using file = await Deno.open(path, { write: true, create: true, truncate: true });
  for (let written = 0; written < size; written += MIB) {
    const block = new Uint8Array(Math.min(MIB, size - written));
    for (let at = 0; at < block.length; at += 65_536) {
      crypto.getRandomValues(block.subarray(at, at + 65_536));
    }
    await file.write(block);
  }
}

async function hasSameContent(one: string, other: string): Promise<boolean> {
  const { code } = await new Deno.Command("cmp", { args: ["-s", one, other] }).output();
  return code === 0;
}

const bucketOf = (peer: Peer) => `bench-${peer.name.toLowerCase().replaceAll(" ", "-")}`;

/** One for all: each overwrites what the one before has put there. */
const LARGE_BUCKET = "bench-large";

async function makeBuckets(server: Running, peers: readonly Peer[]): Promise<void> {
  const { url: endpointUrl, accessKeyId, secretAccessKey, certificateFile } = server;
  const aws = connect({
    endpointUrl,
    credentials: { accessKeyId, secretAccessKey },
    env: (name) => name === "AWS_CA_BUNDLE" ? certificateFile : undefined,
  });
  const s3 = await aws.s3();
  for (const peer of peers) {
    await s3.createBucket({ Bucket: bucketOf(peer) });
  }
  await s3.createBucket({ Bucket: LARGE_BUCKET });
  aws.close();
}

async function manySmall(server: Running, peers: readonly Peer[], folder: string, runs = RUNS) {
  const source = join(folder, "in");
  const work = (peer: Peer): Work => ({
    bucket: bucketOf(peer),
    folder: source,
    file: "",
    out: join(folder, "out"),
  });
  const emptied = async (peer: Peer) => {
    const one = work(peer);
    await Deno.remove(one.out, { recursive: true }).catch(() => {});
    return one;
  };
  const what = `${FILES.toLocaleString("en")} objects of 16 KiB, ${server.name}`;
  const put = await inTurns("put many", peers, server, work, runs);
  const get = await inTurns("get many", peers, server, emptied, runs);
  const last = (await Array.fromAsync(Deno.readDir(join(folder, "out", "in")))).length;
  if (last !== FILES) throw new Error(`${last} files came back instead of ${FILES}`);
  return [{ title: `Upload ${what}`, rows: put }, { title: `Download ${what}`, rows: get }];
}

async function large(
  server: Running,
  peers: readonly Peer[],
  folder: string,
  size: number,
  runs = RUNS,
) {
  const file = join(folder, "large");
  const out = join(folder, "large-out");
  await writeRandom(file, size);
  const work = (): Work => ({ bucket: LARGE_BUCKET, folder: "", file, out });
  const fresh = async () => {
    await Deno.remove(out).catch(() => {});
    return work();
  };
  const what = `one object of ${size / MIB} MiB, ${server.name}`;
  const sections = [
    { title: `Upload ${what}`, rows: await inTurns("put large", peers, server, work, runs) },
    { title: `Download ${what}`, rows: await inTurns("get large", peers, server, fresh, runs) },
  ];
  if (!await hasSameContent(file, out)) throw new Error("the large object came back different");
  await Deno.remove(file);
  await Deno.remove(out);
  return sections;
}

async function startUp(peers: readonly Peer[]): Promise<Section[]> {
  await using near = await startSlowSandbox(0);
  await using far = await startSlowSandbox(LATENCY_MS);
  const none: Work = { bucket: "", folder: "", file: "", out: "" };
  const fresh = (peer: Peer, run: number) => ({ ...none, bucket: `${bucketOf(peer)}-${run}` });
  return [
    { title: "`whoami`", rows: await inTurns("whoami", peers, near, () => none) },
    {
      title: `\`create BUCKET -c\`, ${LATENCY_MS} ms added to each answer`,
      rows: await inTurns("create", peers, far, fresh),
    },
  ];
}

function table({ title, rows }: Section): string {
  const own = rows.find(({ peer }) => peer === "s3creds")!.seconds;
  const lines = rows.map(({ peer, seconds, mebibytes }) =>
    `| ${peer} | ${seconds.toFixed(2)} s | ${
      peer === "s3creds" ? "" : `${(seconds / own).toFixed(1)}`
    } | ${mebibytes === undefined ? "" : `${Math.round(mebibytes)} MiB`} |`
  );
  return `### ${title}\n\n| | time | ratio | memory |\n| --- | ---: | ---: | ---: |\n${
    lines.join("\n")
  }\n`;
}

/** The programs that are measured over TLS and over the line too; the others would take minutes. */
const isFast = ({ name }: Peer) => ["s3creds", "rclone", "s5cmd"].includes(name);

async function onTls(program: string, work: (bare: Running) => Promise<void>): Promise<void> {
  const directory = await Deno.makeTempDir();
  try {
    await using bare = await startBareTls(program, join(directory, "certificate.pem"));
    await work(bare);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** What is compared with s5cmd at a glance: everything that moves objects, on the bare server. */
function againstS5cmd(sections: readonly Section[]): string {
  const rows = sections.flatMap(({ title, rows }) => {
    const [ours, theirs] = ["s3creds", "s5cmd"].map((name) =>
      rows.find(({ peer }) => peer === name)
    );
    if (ours === undefined || theirs === undefined || !/^(Up|Down)load /.test(title)) return [];
    const memory = [ours, theirs].map(({ mebibytes }) =>
      mebibytes === undefined ? "" : `${Math.round(mebibytes)} MiB`
    );
    const ratio = (theirs.seconds / ours.seconds).toFixed(2);
    return [`| ${title} | ${ratio} | ${memory.join(" | ")} |`];
  });
  return rows.length === 0 ? "" : `### Compared with s5cmd

The time of s5cmd over that of s3creds: above 1, s3creds is faster. Then the memory of both.

| | s5cmd / s3creds | s3creds | s5cmd |
| --- | ---: | ---: | ---: |
${rows.join("\n")}
`;
}

/** How many requests of `create` wait for one another. */
function roundTripTable(kinds: readonly RoundTrips[]): string {
  const rows = kinds.map(({ name, requests, chain, seconds }) =>
    `| ${name} | ${requests} | ${chain} | ${seconds.toFixed(2)} s |`
  );
  return `### Round trips of \`create\`, ${LATENCY_MS} ms added to each answer

The longest chain of requests that wait for one another, by the library in a running process.

| | requests | round trips | time |
| --- | ---: | ---: | ---: |
${rows.join("\n")}
`;
}

async function page(
  sections: Section[],
  sandbox: string,
  peers: Peer[],
  missing: string[],
): Promise<string> {
  const cpu = cpus();
  const gibibytes = Math.round(totalmem() / 1024 ** 3);
  const versions = peers.map(({ name, version }) => `- ${name}: ${version}`).join("\n");
  const left = missing.length === 0 ? "" : `\nLeft out: ${missing.join("; ")}.\n`;
  const text = `# Benchmarks

Made by \`deno task bench\`. Whole processes, start-up included, one after the other and in turns, on
one server on the same machine. Each time is the median of ${RUNS} runs
(of the listing and of MinIO, the better of ${FEW_RUNS}); "ratio" tells how many times
as long as s3creds the other program takes; "memory" is the most that it held in any of the runs.

The bare server keeps everything in memory, checks nothing and takes next to no time: what is
measured there is the client. MinIO is a server that does its work, and shares the machine with the
client. Between it and the client there may be a line that delays each byte, and limits each
connection, about as S3 does to a machine in the same region.

Machine: ${cpu.length} cores (${
    cpu[0]?.model.trim()
  }), ${gibibytes} GiB of memory, ${Deno.build.os}.

${versions}
${left}
${againstS5cmd(sections)}
${sections.map(table).join("\n")}
${sandbox}
${startUpTable(await startUpRows(START_RUNS), START_RUNS)}
${roundTripTable(await roundTrips(LATENCY_MS))}`;
  return await formatted(text);
}

async function formatted(text: string): Promise<string> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["fmt", "--line-width=100", "--ext=md", "-"],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(text));
  await writer.close();
  return new TextDecoder().decode((await child.output()).stdout);
}

const { peers, missing, s5cmd, servers } = await getPeers(console.error);
const folder = await Deno.makeTempDir({
  ...(await Deno.stat("/dev/shm").then(() => true, () => false) && { dir: "/dev/shm" }),
});
const sections: Section[] = [];
try {
  await Deno.mkdir(join(folder, "in"));
  for (let at = 0; at < FILES; at++) await writeRandom(join(folder, "in", `${at}.txt`), FILE_SIZE);
  console.error("Start-up");
  sections.push(...await startUp(peers));
  if (servers.bare !== undefined) {
    console.error("Objects, bare server");
    const { bare: program } = servers;
    // A server of its own for each, since it keeps everything in memory.
    const onBare = async (work: (bare: Running) => Promise<Section[]>) => {
      await using bare = await startBare(program);
      await makeBuckets(bare, peers);
      sections.push(...await work(bare));
    };
    const fast = peers.filter(isFast);
    const manyAndLarge = async (server: Running) => [
      ...await manySmall(server, fast, folder),
      ...await large(server, fast, folder, LARGE),
    ];
    await onBare((bare) => manySmall(bare, peers, folder));
    await onBare((bare) => large(bare, peers, folder, LARGE));
    await onTls(program, async (bare) => {
      await makeBuckets(bare, peers);
      sections.push(...await manyAndLarge(bare));
    });
    if (servers.line !== undefined) {
      const { line: lineProgram } = servers;
      await onBare(async (bare) => {
        await using line = await startLine(lineProgram, bare, LINE);
        return await manyAndLarge(line);
      });
    }
    if (!isQuick) await onBare((bare) => large(bare, peers.slice(0, 1), folder, 4 * LARGE, 1));
    const listed = () => ({ bucket: `listing-${LISTED}`, folder: "", file: "", out: "" });
    await onBare(async (bare) => [{
      title: `List ${LISTED.toLocaleString("en")} objects, ${bare.name}`,
      rows: await inTurns("list", peers, bare, listed, FEW_RUNS),
    }]);
  }
  if (servers.minio !== undefined) {
    await using minio = await startMinio(servers.minio, folder);
    console.error("Objects, MinIO");
    await makeBuckets(minio, peers);
    sections.push(...await manySmall(minio, peers, folder, FEW_RUNS));
  }
} finally {
  await Deno.remove(folder, { recursive: true });
}
console.error("The sandbox, by s5cmd");
const sandbox = s5cmd === undefined
  ? ""
  : sandboxTables(await sandboxFigures(s5cmd, servers.bare, RUNS));
const text = await page(sections, sandbox, peers, missing);
console.log(text);
if (!isQuick) await Deno.writeTextFile(join(PROJECT, "docs", "benchmarks.md"), text);
