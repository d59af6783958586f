/**
 * The environment in which a program reaches a sandbox and nothing else.
 *
 * @module
 */
import { devNull } from "node:os";
import { formatCredentials } from "../../credentials/format.ts";
import type { Sandbox, SandboxKeys } from "../../sandbox/mod.ts";
import type { ChildEnvironment, Io } from "../io.ts";

/** Variables that would lead out of the sandbox; those of its own are set. */
const UNSET = [
  "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
  "AWS_DEFAULT_PROFILE",
  "AWS_ENDPOINT_URL_IAM",
  "AWS_ENDPOINT_URL_S3",
  "AWS_ENDPOINT_URL_S3_CONTROL",
  "AWS_ENDPOINT_URL_STS",
  "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
  "AWS_PROFILE",
  "AWS_ROLE_ARN",
  "AWS_SESSION_TOKEN",
  "AWS_USE_DUALSTACK_ENDPOINT",
  "AWS_USE_FIPS_ENDPOINT",
  "AWS_WEB_IDENTITY_TOKEN_FILE",
];

/** All that a client of AWS needs to find the sandbox, besides the keys, and to find nothing else. */
function settingsFor({ url, region }: Sandbox): Record<string, string> {
  return {
    AWS_ENDPOINT_URL: url,
    // Some clients read one name of the region, some the other.
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    // A profile could name other keys, or switch the endpoint off.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: "true",
  };
}

/** The environment of a child process, with the users as profiles for as long as it runs. */
export async function childEnvironment(
  started: Sandbox,
  io: Io,
): Promise<ChildEnvironment & AsyncDisposable> {
  // No proxy can reach the sandbox, and not every client bypasses it for loopback.
  const hosts = [io.env("no_proxy") ?? io.env("NO_PROXY"), new URL(started.url).hostname];
  const noProxy = hosts.filter(Boolean).join(",");
  const profiles = await profilesFor(started);
  return {
    without: /^AWS_/i,
    set: {
      ...settingsFor(started),
      ...profiles.settings,
      AWS_ACCESS_KEY_ID: started.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: started.credentials.secretAccessKey,
      NO_PROXY: noProxy,
      no_proxy: noProxy,
    },
    [Symbol.asyncDispose]: profiles[Symbol.asyncDispose],
  };
}

/** Configuration files with a profile for each user, for as long as they are needed. */
async function profilesFor(
  { users, url, region }: Sandbox,
): Promise<{ settings: Record<string, string> } & AsyncDisposable> {
  const named = Object.entries(users);
  if (named.length === 0) return { settings: {}, [Symbol.asyncDispose]: () => Promise.resolve() };
  const directory = await Deno.makeTempDir();
  const files = {
    AWS_CONFIG_FILE: named.map(([name]) =>
      `[profile ${name}]\nregion = ${region}\nendpoint_url = ${url}\n`
    ),
    AWS_SHARED_CREDENTIALS_FILE: named.map(([name, keys]) =>
      `[${name}]\naws_access_key_id = ${keys.accessKeyId}\n` +
      `aws_secret_access_key = ${keys.secretAccessKey}\n`
    ),
  };
  const settings: Record<string, string> = {};
  for (const [name, sections] of Object.entries(files)) {
    settings[name] = `${directory}/${name.toLowerCase()}`;
    await Deno.writeTextFile(settings[name], sections.join("\n"), { mode: 0o600 });
  }
  return {
    settings,
    [Symbol.asyncDispose]: () => Deno.remove(directory, { recursive: true }),
  };
}

/** What to paste into a shell. */
export function shellLines(started: Sandbox): string[] {
  const { url, credentials, users } = started;
  const host = new URL(url).hostname;
  return [
    ...Object.entries(settingsFor(started)).map(([name, value]) => `export ${name}=${value}`),
    ...["NO_PROXY", "no_proxy"].map((name) => `export ${name}="${host}\${${name}:+,$${name}}"`),
    ...exportsOf(credentials),
    `unset ${UNSET.join(" ")}`,
    ...Object.entries(users).flatMap(([name, keys]) =>
      [`To be the user ${name}:`, ...exportsOf(keys)].map((line) => `# ${line}`)
    ),
  ];
}

function exportsOf(keys: SandboxKeys): string[] {
  return formatCredentials(keys, "env").split("\n").filter((line) => line.startsWith("export "));
}
