/**
 * The environment in which a program reaches a sandbox and nothing else.
 *
 * @module
 */
import { childEnvironment } from "../../credentials/delivery/child_environment.ts";
import { formatCredentials } from "../../credentials/format.ts";
import type { Sandbox, SandboxKeys } from "../../sandbox/mod.ts";
import type { MakeEnvironment } from "../io.ts";

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

/** An identity for a program other than the administrator of the first account. */
interface Profile {
  name: string;
  /** For people. */
  title: string;
  keys: SandboxKeys;
}

/** The users of the first account, and the administrators of the others. */
function profilesOf({ users, account, accounts }: Sandbox): Profile[] {
  return [
    ...Object.entries(users).map(([name, keys]) => ({ name, title: `the user ${name}`, keys })),
    ...Object.entries(accounts).filter(([id]) => id !== account.id).map(([id, other]) => ({
      name: id,
      title: `the administrator of account ${id}`,
      keys: other.credentials,
    })),
  ];
}

/** The environment of a child process, with its profiles for as long as it runs. */
export async function sandboxEnvironment(
  started: Sandbox,
): Promise<{ make: MakeEnvironment } & AsyncDisposable> {
  const profiles = await profilesFor(started);
  const { url, region, credentials } = started;
  return {
    make: (own) => ({
      ...childEnvironment(own, credentials, { region, endpoints: url }),
      ...profiles.settings,
    }),
    [Symbol.asyncDispose]: profiles[Symbol.asyncDispose],
  };
}

/** Configuration files with the profiles, for as long as they are needed. */
async function profilesFor(
  started: Sandbox,
): Promise<{ settings: Record<string, string> } & AsyncDisposable> {
  const { url, region } = started;
  const profiles = profilesOf(started);
  if (profiles.length === 0) {
    return {
      settings: {},
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }
  const directory = await Deno.makeTempDir();
  const files = {
    AWS_CONFIG_FILE: profiles.map(({ name }) =>
      `[profile ${name}]\nregion = ${region}\nendpoint_url = ${url}\n`
    ),
    AWS_SHARED_CREDENTIALS_FILE: profiles.map(({ name, keys }) =>
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
  const { url, region, credentials } = started;
  const host = new URL(url).hostname;
  const variables = childEnvironment({}, credentials, { region, endpoints: url });
  return [
    ...Object.entries(variables).filter(([name]) => !/(PROXY|_KEY|_KEY_ID)$/i.test(name))
      .map(([name, value]) => `export ${name}=${value}`),
    ...["NO_PROXY", "no_proxy"].map((name) => `export ${name}="${host}\${${name}:+,$${name}}"`),
    ...exportsOf(credentials),
    `unset ${UNSET.join(" ")}`,
    ...profilesOf(started).flatMap(({ title, keys }) =>
      [`To be ${title}:`, ...exportsOf(keys)].map((line) => `# ${line}`)
    ),
  ];
}

function exportsOf(keys: SandboxKeys): string[] {
  return formatCredentials(keys, "env").split("\n").filter((line) => line.startsWith("export "));
}
