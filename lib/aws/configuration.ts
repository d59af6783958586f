/**
 * What the environment and the profile in use say: looking settings up by their names.
 *
 * @module
 */
import { asUsageError, InvalidInput } from "../errors.ts";
import { escapeName } from "../escape.ts";
import { type NamedProfile, profileSettings } from "./profiles.ts";
import { type Environment, type SharedFiles, textOf } from "./shared_files.ts";

/** What the environment and the profile in use say. */
export interface Configuration {
  env: Environment;
  /** The name of the profile, for messages. */
  where: string;
  /** A setting of the profile. */
  profile(name: string): string | undefined;
  /** A setting of the profile's `s3` block. */
  s3(name: string): string | undefined;
  /** A setting that is `true` or `false`. An empty one of the environment is `false`, as for boto3. */
  flag(variable: string, name: string): boolean;
  /** A setting of the environment, else of the profile; undefined if it is empty or not there in both. */
  setting<T>(
    variable: string,
    name: string,
    /** Returns undefined for an invalid text. */
    parse: (text: string) => T | undefined,
    expected: string,
  ): T | undefined;
}

/** Looks settings up: first in the environment, then in the profile. */
export function configuration(
  files: SharedFiles,
  env: Environment,
  named: NamedProfile | undefined,
): Configuration {
  const section = profileSettings(files, named);
  const where = `profile ${escapeName(named?.name ?? "default")}`;
  const profile = (name: string) => textOf(section, name, where);
  const setting: Configuration["setting"] = (variable, name, parse, expected) => {
    const given = env(variable);
    const [text, source] = given ? [given, variable] : [profile(name), `${name} of ${where}`];
    if (!text) return undefined;
    return parse(text) ?? asUsageError(() => {
      throw new InvalidInput(`Invalid value of ${source}: expected ${expected}`);
    });
  };
  const flag = (variable: string, name: string) =>
    env(variable) !== "" && setting(variable, name, trueOrFalse, "true or false") === true;
  const block = section?.get("s3");
  const s3 = (name: string) => typeof block === "object" ? block.get(name) : undefined;
  return { env, where, profile, s3, flag, setting };
}

/** Finds a text among those that are known, in capitals or not. */
export function oneOf<T extends string>(known: readonly T[]): (text: string) => T | undefined {
  return (text) => known.find((one) => one.toLowerCase() === text.toLowerCase());
}

/** Reads `true` or `false`, in capitals or not; `undefined` for anything else. */
export function trueOrFalse(text = ""): boolean | undefined {
  return /^true$/i.test(text) || (/^false$/i.test(text) ? false : undefined);
}
