/**
 * `~/.aws/config` and `~/.aws/credentials`, put together as boto3 does it.
 *
 * @module
 */
import { InvalidInput, S3CredentialsError } from "../errors.ts";
import { escapeName } from "../escape.ts";
import { fileError } from "../file_error.ts";
import { decodeText } from "../text.ts";
import { type IniSection, type IniValue, parseIni } from "./ini.ts";
import { splitWords } from "./words.ts";

/** Looks an environment variable up. */
export type Environment = (name: string) => string | undefined;

/** What the two files hold. */
export interface SharedFiles {
  /** Each profile with the settings of both files; those of the credentials file win. */
  profiles: ReadonlyMap<string, IniSection>;
  /** The sections `sso-session NAME` of the config file. */
  ssoSessions: ReadonlyMap<string, IniSection>;
  /** The sections `services NAME` of the config file. */
  services: ReadonlyMap<string, IniSection>;
  /** The config file by itself. */
  config: SharedFile;
  /** The credentials file by itself. */
  credentials: SharedFile;
}

/** One of the two files. */
export interface SharedFile {
  /** Where it is, or would be. */
  path: string;
  /** Its profiles. */
  profiles: ReadonlyMap<string, IniSection>;
}

/** Reads both files. One that isn't there holds nothing; one that can't be read is an error. */
export async function readSharedFiles(env: Environment): Promise<SharedFiles> {
  const configPath = expandPath(env("AWS_CONFIG_FILE") ?? "~/.aws/config", env);
  const credentialsPath = expandPath(
    env("AWS_SHARED_CREDENTIALS_FILE") ?? "~/.aws/credentials",
    env,
  );
  const [config, credentials] = await Promise.all([
    readIniFile(configPath),
    readIniFile(credentialsPath),
  ]);
  const { profiles, ssoSessions, services } = sortSections(config);
  return {
    profiles: merged(profiles, credentials),
    ssoSessions,
    services,
    config: { path: configPath, profiles },
    credentials: { path: credentialsPath, profiles: credentials },
  };
}

/** The text of a setting; an indented block where a text belongs is an error. */
export function textOf(
  section: IniSection | undefined,
  name: string,
  where: string,
): string | undefined {
  const value: IniValue | undefined = section?.get(name);
  if (value === undefined || typeof value === "string") return value;
  throw new S3CredentialsError("credentials", `${name} of ${where} is no single value`, {
    hint: "Write the value on the line of its name",
  });
}

/** Reads an INI file; empty if there is none. */
export async function readIniFile(path: string): Promise<Map<string, IniSection>> {
  const text = await readTextIfAny(path);
  if (text === undefined) return new Map();
  return withReadErrors(path, () => parseIni(text));
}

/** Reads a text file; undefined if there is none, as for a directory or a pipe. */
export async function readTextIfAny(path: string): Promise<string | undefined> {
  let bytes: Uint8Array;
  try {
    // Often there is none, which is known sooner than another thread is asked.
    if (path === "" || !Deno.statSync(path).isFile) return undefined;
    bytes = await Deno.readFile(path);
  } catch (cause) {
    const { code } = cause as { code?: string };
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw fileError(cause, `Could not read ${escapeName(path)}`);
  }
  return withReadErrors(path, () => decodeText(bytes));
}

/** Says which file could not be read, and why. */
function withReadErrors<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof InvalidInput)) throw error;
    throw new S3CredentialsError("file", `Could not read ${escapeName(path)}: ${error.message}`, {
      hint: "Correct the file: AWS's other tools stop at the same place",
    });
  }
}

/** Puts variables and the home directory into a path, as Python's `expandvars` and `expanduser`. */
export function expandPath(path: string, env: Environment): string {
  const withVariables = path.replace(
    // No variable has any other name.
    /\$(?:(\w+)|\{([^}=\0]+)\})/g,
    (whole, plain, braced) => env(plain ?? braced) ?? whole,
  );
  if (!/^~(?=[/\\]|$)/.test(withVariables)) return withVariables;
  const home = env("HOME") ?? env("USERPROFILE");
  return home === undefined
    ? withVariables
    : `${home.replace(/\/+$/, "")}${withVariables.slice(1)}`;
}

function sortSections(sections: ReadonlyMap<string, IniSection>) {
  const profiles = new Map<string, IniSection>();
  const ssoSessions = new Map<string, IniSection>();
  const services = new Map<string, IniSection>();
  const kinds = [["profile", profiles], ["sso-session", ssoSessions], [
    "services",
    services,
  ]] as const;
  for (const [header, section] of sections) {
    if (header === "default") profiles.set(header, section);
    const [, found] = kinds.find(([kind]) => header.startsWith(kind)) ?? [];
    const words = found && splitWords(header);
    if (words?.length === 2) found!.set(words[1]!, section);
  }
  return { profiles, ssoSessions, services };
}

function merged(
  config: ReadonlyMap<string, IniSection>,
  credentials: ReadonlyMap<string, IniSection>,
): Map<string, IniSection> {
  const all = new Map(config);
  for (const [name, section] of credentials) {
    all.set(name, new Map([...config.get(name) ?? [], ...section]));
  }
  return all;
}
