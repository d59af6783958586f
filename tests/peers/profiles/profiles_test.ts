/**
 * Generated configuration files and environments, each read by boto3 and by us: the same key, region
 * and endpoint for each service, or an error from both. S3CREDS_SEED and S3CREDS_CASES make it others
 * and more.
 */
// deno-lint-ignore-file no-console -- the figures are in docs/security.md
import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { connect, type ConnectOptions } from "@s3creds/cli";
import { connectionOf } from "../../../lib/aws/connect.ts";
import { serviceError } from "../../../lib/aws/service_error.ts";
import { COMMAND_PERMISSIONS } from "../../../lib/cli/policies/command_permissions.ts";
import { run } from "../../support/run.ts";
import { PythonProcess } from "../python_process.ts";
import { hasPeers, peerTest } from "../support.ts";
import { type Case, CaseGenerator, random, type Surroundings, writeHome } from "./cases.ts";
import { interceptRequests, noted, type Sent, serviceOf } from "./intercept.ts";

const SEED = Number(Deno.env.get("S3CREDS_SEED") ?? 20_261_126);
const CASES = Number(Deno.env.get("S3CREDS_CASES") ?? 1_200);
const COMMAND_CASES = Math.ceil(CASES / 3);

type Outcome = Sent | { error: string };
type Outcomes = Record<string, Outcome>;

let surroundings: Surroundings;
let boto3: PythonProcess;
let machine: http.Server;

Deno.test.beforeAll(async () => {
  if (!hasPeers) return;
  machine = http.createServer((request, response) => {
    const keys = {
      Code: "Success",
      AccessKeyId: request.url === "/container" ? "ASIACONTAINER" : "ASIAINSTANCE",
      SecretAccessKey: "secret",
      Token: "token",
      Expiration: "2100-01-01T00:00:00Z",
    };
    request.resume();
    if (request.url?.startsWith("/latest/api/token")) response.end("metadata-token");
    else if (request.url?.endsWith("/security-credentials/")) response.end("role");
    else response.end(JSON.stringify(keys));
  });
  await new Promise<void>((done) => machine.listen(0, "127.0.0.1", done));
  const { port } = machine.address() as AddressInfo;
  surroundings = { home: await Deno.makeTempDir(), machineUrl: `http://127.0.0.1:${port}` };
  await writeHome(surroundings);
  boto3 = new PythonProcess("profiles/session.py", { HOME: surroundings.home });
  // The SDK's provider for instances looks at the process's own environment.
  Deno.env.set("AWS_EC2_METADATA_SERVICE_ENDPOINT", surroundings.machineUrl);
});
Deno.test.afterAll(async () => {
  if (!hasPeers) return;
  Deno.env.delete("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  await boto3.close();
  machine.closeAllConnections();
  machine.close();
  await Deno.remove(surroundings.home, { recursive: true });
});

async function write({ config, credentials }: Case): Promise<void> {
  await Deno.writeFile(`${surroundings.home}/.aws/config`, config);
  await Deno.writeFile(`${surroundings.home}/.aws/credentials`, credentials);
}

async function theirs({ env, flags }: Case): Promise<Outcomes> {
  const { profile, region, endpoint, keys } = flags;
  const [aws_access_key_id, aws_secret_access_key] = keys ?? [];
  return await boto3.ask(JSON.stringify({
    env,
    profile,
    region,
    endpoint,
    keys: keys && { aws_access_key_id, aws_secret_access_key },
  })) as Outcomes;
}

async function ours({ env, flags }: Case): Promise<Outcomes> {
  using network = interceptRequests();
  const all: Record<string, string> = { HOME: surroundings.home, ...env };
  const options: ConnectOptions = {
    env: (name) => all[name],
    profile: flags.profile,
    mfaCode: () => Promise.resolve("123456"),
  };
  const outcome = async (call: () => Promise<unknown>): Promise<Outcome> => {
    network.sent.length = 0;
    try {
      const result = await call();
      return result as Sent;
    } catch (error) {
      return network.sent.at(-1) ?? { error: message(error) };
    }
  };
  using aws = connectionOf(connect(options));
  const iam = await outcome(async () => await (await aws.iam({ retry: false })).listUsers({}));
  const sts = await outcome(async () => await (await aws.sts()).getCallerIdentity({}));
  const s3 = await outcome(async () => await (await aws.s3({ retry: false })).listBuckets({}));
  const bucket = await outcome(async () => {
    const address = await aws.bucketAddress("my-bucket");
    const { accessKeyId } = await address.credentials();
    return { key: accessKeyId, region: address.region, url: address.url.replace(/\/+$/, "") };
  });
  return { iam, sts, s3, bucket };
}

function message(error: unknown): string {
  const { code, message } = serviceError(error, "tried");
  return `${code}: ${message}`;
}

/** boto3's older names for the same places, and its region where none is configured. */
function sameNames(outcome: Outcome): Outcome {
  if ("error" in outcome) return outcome;
  const url = outcome.url
    .replace(/\b(s3|sts)\.amazonaws\.com(?=\/|$)/, "$1.us-east-1.amazonaws.com")
    .replace(/\baws-global\b/, "us-east-1")
    .toLowerCase();
  return { ...outcome, url };
}

/** Why we refuse what boto3 takes, by our words or by what stands in the files. */
const STRICTER: Record<string, (error: string, one: Case) => boolean> = {
  "a named profile without credentials: boto3 goes on to the container or the instance": (error) =>
    /^credentials: Profile .* gives no credentials$/.test(error),
  "AWS_SECRET_ACCESS_KEY without a key id: boto3 passes it over": (error) =>
    error === "credentials: AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not",
  "an empty key id in a file: boto3 signs with it": (error) =>
    /^credentials: Profile .* has no aws_access_key_id$/.test(error),
  "an empty region: boto3 calls IAM, and endpoints of their own, which need none": (error) =>
    /^usage: Invalid region "" in /.test(error),
  "FIPS with an endpoint of its own: boto3 refuses it for IAM and STS in most regions": (error) =>
    error.startsWith("usage: Amazon's FIPS endpoints and the endpoint"),
  "an endpoint_url that is none: boto3 calls the services that have another one": (error) =>
    error.startsWith('usage: endpoint_url: Invalid endpoint URL "nope"'),
  "a services section that is missing: boto3 calls the services that need it not": (error) =>
    /^credentials: The services section of .* does not exist/.test(error),
};

/** What we take and boto3 can't read. */
const READS_MORE: Record<string, (error: string, one: Case) => boolean> = {
  "a byte order mark, or UTF-16": (error, { config, credentials }) =>
    error === "ConfigParseError" &&
    [config, credentials].some(([first]) => first === 0xff || first === 0xef),
  "keys on the command line: boto3 stops at a broken sso_session that they don't need": (
    error,
    { flags },
  ) => error === "InvalidConfigError" && flags.keys !== undefined,
  "no region: boto3 demands one for an endpoint of its own": (error) => error === "NoRegionError",
};

/** What is not as it is for boto3: the reason, or what is to be mended. */
type Difference = { reason: string } | { fault: string };

function difference(one: Case, boto: Outcome, own: Outcome): Difference | undefined {
  const [theirs, ours] = [sameNames(boto), sameNames(own)];
  if ("error" in ours && /^aws:/.test(ours.error)) return { fault: "a raw error" };
  if ("error" in theirs && "error" in ours) return undefined;
  if (!("error" in theirs) && !("error" in ours)) {
    const isSame = JSON.stringify(theirs) === JSON.stringify(ours);
    return isSame ? undefined : { fault: "another identity or place" };
  }
  const [reasons, error] = "error" in ours
    ? [STRICTER, ours.error]
    : [READS_MORE, (theirs as { error: string }).error];
  const reason = Object.keys(reasons).find((name) => reasons[name]!(error, one));
  return reason === undefined ? { fault: "one of them refuses" } : { reason };
}

function shown(one: Case, service: string, theirs: Outcome, ours: Outcome): string {
  const text = (bytes: Uint8Array) => JSON.stringify(new TextDecoder().decode(bytes));
  return [
    `${service}: boto3 ${JSON.stringify(theirs)}, we ${JSON.stringify(ours)}`,
    `env ${JSON.stringify(one.env)}, flags ${JSON.stringify(one.flags)}`,
    `config ${text(one.config)}`,
    `credentials ${text(one.credentials)}`,
  ].join("\n");
}

peerTest(`profiles: ${CASES} generated machines are read as boto3 reads them`, async () => {
  const generator = new CaseGenerator(SEED, surroundings, false);
  const reasons = new Map<string, number>();
  const faults: string[] = [];
  let acting = 0;
  for (let index = 0; index < CASES; index++) {
    const one = generator.make();
    await write(one);
    const [boto, own] = await Promise.all([theirs(one), ours(one)]);
    for (const [service, outcome] of Object.entries(boto)) {
      const found = difference(one, outcome, own[service]!);
      if (found === undefined) continue;
      if ("fault" in found) {
        faults.push(shown(one, `${found.fault}: ${service}`, outcome, own[service]!));
      } else reasons.set(found.reason, (reasons.get(found.reason) ?? 0) + 1);
    }
    if (!("error" in own.sts!)) acting++;
  }
  assert.equal(faults.length, 0, `${faults.length} faults\n${faults.slice(0, 5).join("\n\n")}`);
  console.log(`profiles: seed ${SEED}, ${CASES} machines, ${acting} of them give credentials`);
  for (const [reason, count] of reasons) console.log(`profiles: ${count} x ${reason}`);
  assert.ok(acting > CASES / 4, "most cases would only test errors");
});

/** Every use of every command that talks to AWS. */
const LINES = COMMAND_PERMISSIONS.map(({ line }) => line.replace("my-file", "LICENSE").split(" "));
const LINES_EACH = 3;

/** Adds the options of AWS, which stand before the program of `exec`. */
function withOptions(line: string[], options: string[]): string[] {
  const end = line.includes("--") ? line.indexOf("--") : line.length;
  return line.toSpliced(end, 0, ...options);
}

/** What a command has sent, in order; of `presign` the URL that it has printed. */
function sentBy(line: string[], sent: Sent[], stdout: string): Sent[] {
  if (line[0] !== "presign" || stdout === "") return sent;
  const { origin, pathname, searchParams } = new URL(stdout.trim());
  const credential = searchParams.get("X-Amz-Credential")!;
  return [...sent, noted(`Credential=${credential}/`, `${origin}${pathname}`)];
}

/** The place of a service: that of the first of boto3's addresses which an address is below. */
function placed(service: string, own: Sent, boto: Outcomes): Sent {
  const places = service === "s3" ? [boto.bucket!, boto.s3!] : [boto[service]!];
  const { url } = sameNames(own) as Sent;
  const place = places.map(sameNames).find((one): one is Sent =>
    !("error" in one) && `${url}/`.startsWith(`${one.url}/`)
  );
  return { ...own, url: place?.url ?? own.url };
}

/** boto3's outcome for the same place, else for the service. */
function expected(service: string, own: Sent, boto: Outcomes): Outcome {
  const isOfBucket = service === "s3" && !("error" in boto.bucket!) &&
    (sameNames(boto.bucket!) as Sent).url === own.url;
  return isOfBucket ? boto.bucket! : boto[service]!;
}

peerTest(
  `profiles: ${COMMAND_CASES} machines with flags: any command acts as boto3 would, or not at all`,
  async () => {
    const generator = new CaseGenerator(SEED + 1, surroundings, true);
    const next = random(SEED + 2);
    const tried = new Set<string[]>();
    const acting = new Set<string>();
    let requests = 0;
    for (let index = 0; index < COMMAND_CASES; index++) {
      const one = generator.make();
      await write(one);
      const boto = await theirs(withEndpoint(one));
      for (let count = 0; count < LINES_EACH; count++) {
        const line = LINES[Math.floor(next() * LINES.length)]!;
        const authFile = next() < 0.5 ? await writeAuthFile(one) : undefined;
        using network = interceptRequests();
        const { stdout } = await run(withOptions(line, flagsOf(one, authFile)), {
          env: { ...HOME_FILES, HOME: surroundings.home, ...one.env },
          askHidden: () => Promise.resolve("123456"),
        });
        tried.add(line);
        for (const own of sentBy(line, network.sent, stdout)) {
          requests++;
          acting.add(line[0]!);
          const service = serviceOf(own);
          const at = placed(service, own, boto);
          const theirs = expected(service, at, boto);
          const found = difference(one, theirs, at);
          assert.ok(found === undefined || "reason" in found, shown(one, `${line}`, theirs, own));
        }
      }
    }
    console.log(
      `profiles: ${tried.size} of ${LINES.length} uses of commands, ${requests} requests of ` +
        `${acting.size} commands`,
    );
    assert.ok(requests > COMMAND_CASES / 2, "most command lines would only test errors");
  },
);

/** The keys of the command line as `--auth` reads them; undefined if there are none. */
async function writeAuthFile({ flags: { keys } }: Case): Promise<string | undefined> {
  if (keys === undefined) return undefined;
  const path = `${surroundings.home}/auth.json`;
  const [AccessKeyId, SecretAccessKey] = keys;
  await Deno.writeTextFile(path, JSON.stringify({ AccessKeyId, SecretAccessKey }));
  return path;
}

/** For us an endpoint on the command line counts as one in the environment: for a role's calls too. */
function withEndpoint(one: Case): Case {
  const { endpoint, ...flags } = one.flags;
  if (endpoint === undefined) return one;
  const others = Object.entries(one.env).filter(([name]) => !/ENDPOINT_URLS?(_|$)/.test(name));
  const env = {
    ...Object.fromEntries(others),
    AWS_ENDPOINT_URL: endpoint,
    AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "false",
  };
  return { ...one, flags, env };
}

/** Else a test has none. */
const HOME_FILES = {
  AWS_CONFIG_FILE: "~/.aws/config",
  AWS_SHARED_CREDENTIALS_FILE: "~/.aws/credentials",
};

function flagsOf(
  { flags: { profile, region, endpoint, keys } }: Case,
  authFile: string | undefined,
): string[] {
  const given = authFile === undefined ? keys : undefined;
  return [
    ...(profile === undefined ? [] : ["--profile", profile]),
    ...(region === undefined ? [] : ["--region", region]),
    ...(endpoint === undefined ? [] : ["--endpoint-url", endpoint]),
    ...(authFile === undefined ? [] : ["--auth", authFile]),
    ...(given === undefined ? [] : ["--access-key", given[0], "--secret-key", given[1]]),
  ];
}
