/**
 * Where new credentials go: to standard output, into a file, into a profile.
 *
 * @module
 */
import type { Aws } from "../aws/connect.ts";
import { InvalidInput } from "../errors.ts";
import { escapeName } from "../escape.ts";
import { checkProfileName, CREDENTIAL_FORMATS, formatCredentials } from "../credentials/format.ts";
import type { CreatedCredentials } from "../credentials/types.ts";
import { formatTime } from "../time.ts";
import { checked, choice, value, type Values } from "./command.ts";
import type { Io } from "./io.ts";
import { library } from "./library.ts";
import { usage } from "./options.ts";
import { type MessageLog, writeLine } from "./output.ts";

/** Formats that say where the buckets are. */
const REGIONAL_FORMATS: readonly string[] = ["rclone", "s3cmd", "mc", "duckdb"];
/** Formats in which something has a name. */
const NAMED_FORMATS = ["ini", "rclone", "k8s-secret", "duckdb"] as const;

/** Elsewhere `-` stands for a stream, so that nobody means a file by it. */
function checkedFile(path: string): string {
  if (path === "") throw new InvalidInput("expected the name of a file");
  if (path === "-") {
    throw new InvalidInput(
      "without it credentials go to standard output; for a file of this name write ./-",
    );
  }
  return path;
}

/** The options of commands that give new credentials. Which of them `--force` concerns, they say. */
export const deliveryOptions = {
  format: choice("-f, --format <format>", "Output format", CREDENTIAL_FORMATS, "json"),
  profileName: value(
    "--profile-name <name>",
    `Name of the section, remote or secret for --format ${NAMED_FORMATS.join(", ")}`,
    checked(checkProfileName),
  ),
  output: value(
    "-o, --output <file>",
    "Write the credentials to a new file that only you can read, not to standard output",
    checkedFile,
  ),
  saveProfile: value(
    "--save-profile <name>",
    "Save the credentials as a profile of AWS's shared credentials file, not to standard output",
    checked(checkProfileName),
  ),
};

type DeliveryOptions = Values<typeof deliveryOptions> & { force: boolean };

/** Whether what is delivered says in which region the buckets are. */
export function namesRegion({ format, saveProfile }: DeliveryOptions): boolean {
  return saveProfile !== undefined || REGIONAL_FORMATS.includes(format);
}

/** A way for credentials that don't exist yet. */
export interface Delivery extends Disposable {
  /** Whether the credentials go to standard output. */
  isPrinted: boolean;
  /** Whether they were delivered, and nobody has them. */
  readonly isLost: boolean;
  /** Delivers the credentials; if that fails, all that was created for them is removed. */
  deliver(created: CreatedCredentials): Promise<void>;
}

/** An option that would have no effect is an error, and what the format has no place for. */
export function checkDelivery(
  { format, profileName, output, saveProfile }: DeliveryOptions,
  isTemporary = false,
): void {
  const isNamed = (NAMED_FORMATS as readonly string[]).includes(format);
  if (profileName !== undefined && !isNamed) {
    throw usage(
      `--profile-name needs --format ${NAMED_FORMATS.join(", ").replace(/, (?=\S+$)/, " or ")}`,
    );
  }
  if (saveProfile !== undefined && output === undefined && format !== "json") {
    throw usage("--format cannot be used with --save-profile alone, which writes AWS's own format");
  }
  const example = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "secret" };
  formatCredentials(isTemporary ? { ...example, sessionToken: "token" } : example, format, {
    profileName,
  });
}

/** A profile, or a program's configuration, has one region. */
function warnOfRegions(
  regions: CreatedCredentials["regions"],
  written: string,
  log: MessageLog,
): void {
  if (regions === undefined || new Set(regions.values()).size < 2) return;
  const all = [...regions].map(([bucket, region]) => `${bucket} in ${region}`).join(", ");
  log.warn(`The buckets are in several regions, of which ${written} is written: ${all}`);
}

/** What is left where nobody has seen the credentials. */
function lossOf({ credentials, accessKey }: CreatedCredentials): string {
  const reason = "Standard output is closed or discards everything, so that nobody has";
  const { accessKeyId, expiration } = credentials;
  return accessKey === undefined
    ? `${reason} these credentials, which last until ${formatTime(new Date(expiration!))}`
    : `${reason} the secret of access key ${accessKeyId} of user ${accessKey.userName}. The key is ` +
      `active until it is deleted: s3-credentials delete-key ${accessKeyId}`;
}

/** Makes sure that credentials will have where to go, before there are any. */
export async function openDelivery(
  aws: Aws,
  options: DeliveryOptions,
  buckets: readonly string[],
  io: Io,
  log: MessageLog,
): Promise<Delivery> {
  const { format, profileName, output, saveProfile, force } = options;
  const isPrinted = output === undefined && saveProfile === undefined;
  if (!isPrinted) await io.permit(["write"], { write: "to save the credentials" });
  const { connectionOf } = await library.connect();
  const { PrivateFile } = await library.privateFile();
  const { checkProfile, saveProfile: save } = await library.profileFile();
  const { deliver } = await import("../credentials/delivery/deliver.ts");
  const { region, endpoints: { S3: endpointUrl } } = await connectionOf(aws).settings;
  if (saveProfile !== undefined) {
    await checkProfile(saveProfile, { force, endpointUrl, env: io.env });
  }
  const file = output === undefined ? undefined : PrivateFile.open(output, { replace: force });
  let isLost = false;
  const write = async (created: CreatedCredentials) => {
    const { credentials, accessKey, region: bucketRegion, regions } = created;
    if (namesRegion(options)) warnOfRegions(regions, bucketRegion ?? region, log);
    const use = { profileName, region: bucketRegion ?? region, endpointUrl, buckets };
    const text = formatCredentials(credentials, format, { accessKey, ...use });
    if (isPrinted) {
      await writeLine(io, text);
      isLost = await io.stdout.isDiscarded?.() ?? false;
      if (isLost) log.warn(lossOf(created));
      return;
    }
    file?.fill(`${text}\n`);
    // A new file can be removed again. One that is replaced may hold the only copy of a key in use.
    if (!force) file?.commit();
    let profilePath: string | undefined;
    if (saveProfile !== undefined) {
      try {
        // What is not known of the buckets doesn't change what a profile says of them.
        const profileRegion = bucketRegion ?? (force ? undefined : region);
        const options = { endpointUrl, region: profileRegion, force, env: io.env };
        profilePath = (await save(saveProfile, credentials, options)).path;
      } catch (error) {
        if (!force) file?.remove();
        throw error;
      }
    }
    if (force) file?.commit();
    if (file !== undefined) log.say(`Wrote credentials to ${escapeName(output!)}`);
    if (profilePath !== undefined) {
      log.say(`Saved profile ${saveProfile} in ${escapeName(profilePath)}`);
    }
  };
  return {
    isPrinted,
    get isLost() {
      return isLost;
    },
    deliver: (created) => deliver(created, write),
    [Symbol.dispose]: () => file?.[Symbol.dispose](),
  };
}
