/**
 * Generates machines: shared files and environments as people have them, and as they get them wrong.
 *
 * @module
 */

/** A machine, and how the tool is run on it. */
export interface Case {
  /** `~/.aws/config`. */
  config: Uint8Array<ArrayBuffer>;
  /** `~/.aws/credentials`. */
  credentials: Uint8Array<ArrayBuffer>;
  env: Record<string, string>;
  /** What names a profile, a region, an endpoint or keys on the command line. */
  flags: { profile?: string; region?: string; endpoint?: string; keys?: [string, string] };
}

/** What there is around the files. */
export interface Surroundings {
  home: string;
  /** Serves `/container` and the instance's metadata. */
  machineUrl: string;
}

/** The same numbers between 0 and 1 for the same seed. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const NAMES = ["default", "prod", "dev", "my work", "größe", "R&D", "a.b", "profile x", "o'brien"];
const SESSIONS = ["corp", "my corp"];
const START_URL = "https://corp.awsapps.com/start";
const REGIONS = [
  ...["us-east-1", "eu-west-1", "eu-central-1", "us-gov-west-1", "cn-north-1", "us-iso-east-1"],
];
const ROLE = "arn:aws:iam::123456789012:role/";

/** Makes one case after the other. */
export class CaseGenerator {
  readonly #next: () => number;
  readonly #surroundings: Surroundings;
  readonly #withFlags: boolean;
  #keys = 0;

  constructor(seed: number, surroundings: Surroundings, withFlags: boolean) {
    this.#next = random(seed);
    this.#surroundings = surroundings;
    this.#withFlags = withFlags;
  }

  make(): Case {
    // Few names, so that they meet.
    const names = this.#some(NAMES, 2, 4);
    if (this.#chance(0.7) && !names.includes("default")) names.push("default");
    const flags: Case["flags"] = {};
    const env = this.#environment(names);
    if (this.#chance(0.4)) flags.profile = this.#name(names);
    if (this.#withFlags) {
      if (this.#chance(0.4)) flags.region = this.#one(REGIONS);
      if (this.#chance(0.4)) flags.endpoint = this.#endpoint("flag");
      if (flags.profile === undefined && this.#chance(0.4)) flags.keys = [this.#keyId(), "secret"];
    }
    const config = this.#file(names, "config");
    const credentials = this.#file(names, "credentials");
    return { config, credentials, env, flags };
  }

  #chance(probability: number): boolean {
    return this.#next() < probability;
  }

  #one<T>(items: readonly T[]): T {
    return items[Math.floor(this.#next() * items.length)]!;
  }

  #some<T>(items: readonly T[], least: number, most: number): T[] {
    const rest = [...items];
    const count = least + Math.floor(this.#next() * (most - least + 1));
    return Array.from(
      { length: count },
      () => rest.splice(Math.floor(this.#next() * rest.length), 1)[0]!,
    );
  }

  #keyId(): string {
    return `AKIA${String(++this.#keys).padStart(8, "0")}`;
  }

  /** Mostly one that is there. */
  #name(names: readonly string[]): string {
    return this.#chance(0.93) ? this.#one(names) : this.#one(["missing", "", "default"]);
  }

  #endpoint(label: string): string {
    return this.#one([
      `http://${label}.test`,
      `https://${label}.test:8443`,
      `http://${label}.test/path/`,
    ]);
  }

  #environment(names: readonly string[]): Record<string, string> {
    const { home, machineUrl } = this.#surroundings;
    const env: Record<string, string> = { AWS_EC2_METADATA_DISABLED: "true" };
    const may = (probability: number, name: string, value: () => string) => {
      if (this.#chance(probability)) env[name] = value();
    };
    if (this.#chance(0.2)) {
      env.AWS_ACCESS_KEY_ID = this.#keyId();
      env.AWS_SECRET_ACCESS_KEY = "secret";
      may(0.3, "AWS_SESSION_TOKEN", () => "token");
      may(0.1, "AWS_SECURITY_TOKEN", () => "older-token");
      may(
        0.1,
        "AWS_CREDENTIAL_EXPIRATION",
        () => this.#one(["2100-01-01T00:00:00Z", "2020-01-01T00:00:00Z"]),
      );
    }
    may(0.03, "AWS_ACCESS_KEY_ID", () => this.#one(["", this.#keyId()]));
    may(0.03, "AWS_SECRET_ACCESS_KEY", () => this.#one(["", "secret"]));
    may(0.3, "AWS_PROFILE", () => this.#name(names));
    may(0.1, "AWS_DEFAULT_PROFILE", () => this.#name(names));
    may(0.4, "AWS_DEFAULT_REGION", () => this.#one([...REGIONS, "EU-west-1", "bad region", ""]));
    may(0.15, "AWS_ENDPOINT_URL", () => this.#one([this.#endpoint("all"), ""]));
    for (const service of ["IAM", "STS", "S3"]) {
      may(
        0.05,
        `AWS_ENDPOINT_URL_${service}`,
        () => this.#endpoint(`env-${service.toLowerCase()}`),
      );
    }
    may(
      0.05,
      "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
      () => this.#one(["true", "TRUE", "false", ""]),
    );
    may(0.05, "AWS_USE_FIPS_ENDPOINT", () => this.#one(["true", "false", "True", ""]));
    may(0.05, "AWS_USE_DUALSTACK_ENDPOINT", () => this.#one(["true", "false"]));
    may(0.06, "AWS_STS_REGIONAL_ENDPOINTS", () => this.#one(["legacy", "Regional", ""]));
    may(0.1, "AWS_CONTAINER_CREDENTIALS_FULL_URI", () => `${machineUrl}/container`);
    may(0.05, "AWS_WEB_IDENTITY_TOKEN_FILE", () => this.#one([`${home}/token`, ""]));
    may(0.06, "AWS_ROLE_ARN", () => `${ROLE}from-environment`);
    may(0.03, "AWS_ROLE_SESSION_NAME", () => "from-environment");
    if (this.#chance(0.1)) {
      delete env.AWS_EC2_METADATA_DISABLED;
      env.AWS_EC2_METADATA_SERVICE_ENDPOINT = machineUrl;
    }
    may(0.02, "AWS_CONFIG_FILE", () => this.#one([`${home}/none`, "", home, "~/.aws/config"]));
    may(0.02, "AWS_SHARED_CREDENTIALS_FILE", () => this.#one([`${home}/none`, ""]));
    may(0.02, "AWS_CONFIG_FILE", () => "$HOME/.aws/config");
    return env;
  }

  #file(names: readonly string[], kind: "config" | "credentials"): Uint8Array<ArrayBuffer> {
    const isConfig = kind === "config";
    const sections = names.filter(() => this.#chance(isConfig ? 0.85 : 0.4))
      .map((name) => this.#section(this.#header(name, isConfig), this.#profile(names, isConfig)));
    if (isConfig) sections.push(...this.#otherSections());
    if (this.#chance(0.01)) sections.push(sections[0] ?? "");
    if (this.#chance(0.01)) sections.unshift("region = eu-west-1\n");
    if (this.#chance(0.02)) sections.push("junk\n");
    if (this.#chance(0.02)) sections.push(this.#section("[DEFAULT]", ["region = eu-central-1"]));
    return this.#encoded(sections.join(this.#one(["", "\n", "\n# a comment\n", "; x\n\n"])));
  }

  #encoded(text: string): Uint8Array<ArrayBuffer> {
    const lines = text.replaceAll("\n", this.#one(["\n", "\n", "\n", "\r\n", "\r"]));
    if (this.#chance(0.01)) {
      const units = [0xfeff, ...lines.split("").map((one) => one.charCodeAt(0))];
      return new Uint8Array(Uint16Array.from(units).buffer);
    }
    return new TextEncoder().encode(this.#chance(0.01) ? `\uFEFF${lines}` : lines);
  }

  #header(name: string, isConfig: boolean): string {
    const comment = this.#chance(0.1) ? " # mine" : "";
    if (!isConfig) return `[${name}]${comment}`;
    if (name === "default" && this.#chance(0.9)) return `[default]${comment}`;
    if (this.#chance(0.03)) return `[${name}]`;
    return `[profile ${this.#quoted(name)}]${comment}`;
  }

  #quoted(name: string): string {
    const isPlain = /^[^\s'"\\]+$/.test(name);
    if (isPlain && this.#chance(0.6)) return name;
    if (this.#chance(0.03)) return name;
    if (!name.includes("'") && this.#chance(0.3)) return `'${name}'`;
    return `"${name}"`;
  }

  #section(header: string, settings: readonly string[]): string {
    const indent = this.#one(["", "", "", "", " ", "\t"]);
    const lines = settings.map((setting) => {
      const [, name, value] = /^(\w+) = ?([^]*)$/.exec(setting)!;
      const key = this.#chance(0.05) ? name!.toUpperCase() : name;
      return `${indent}${key}${this.#one(["=", " = ", " = ", ":", " =\t"])}${value}`;
    });
    if (this.#chance(0.1)) lines.splice(1, 0, this.#one(["# c = d", "", "; e", "  # f"]));
    return `${[header, ...lines].join("\n")}\n`;
  }

  #profile(names: readonly string[], isConfig: boolean): string[] {
    const settings: string[] = [];
    const may = (probability: number, setting: () => string) => {
      if (this.#chance(probability)) settings.push(setting());
    };
    if (this.#chance(isConfig ? 0.3 : 0.8)) {
      may(0.97, () => `aws_access_key_id = ${this.#chance(0.98) ? this.#keyId() : ""}`);
      may(0.97, () => `aws_secret_access_key = ${this.#one(["secret", "sec#ret;x", "se=c:ret"])}`);
      may(0.2, () => "aws_session_token = token");
    }
    may(0.4, () => `region = ${this.#region()}`);
    if (isConfig) {
      may(0.2, () => `endpoint_url = ${this.#chance(0.95) ? this.#endpoint("profile") : "nope"}`);
      may(0.15, () => `services = ${this.#one(["local", "my local", "missing"])}`);
      may(0.04, () => `use_fips_endpoint = ${this.#one(["true", "false"])}`);
      may(0.04, () => `use_dualstack_endpoint = ${this.#one(["true", "false"])}`);
      may(0.04, () => `ignore_configured_endpoint_urls = ${this.#one(["true", "false", "True"])}`);
      may(0.1, () => `s3 = \n    addressing_style = ${this.#one(["path", "virtual", "auto"])}`);
      may(0.04, () => `s3 = \n    use_dualstack_endpoint = ${this.#one(["true", "True", "no"])}`);
      may(0.06, () => `sts_regional_endpoints = ${this.#one(["legacy", "regional"])}`);
    }
    if (this.#chance(isConfig ? 0.35 : 0.05)) settings.push(...this.#role(names));
    if (this.#chance(isConfig ? 0.1 : 0.02)) settings.push(...this.#sso());
    if (this.#chance(isConfig ? 0.1 : 0.02)) {
      settings.push(`credential_process = ${this.#process()}`);
    }
    may(
      0.05,
      () =>
        `web_identity_token_file = ${
          this.#one(
            ["token", "none", ""].map((name) => name && `${this.#surroundings.home}/${name}`),
          )
        }`,
    );
    may(0.01, () => "region = us-east-1");
    return settings;
  }

  #region(): string {
    return this.#chance(0.93)
      ? this.#one(REGIONS)
      : this.#one(["eu-west-1 # Ireland", "", "eu west", "\n    a = b"]);
  }

  #role(names: readonly string[]): string[] {
    const settings = this.#chance(0.95) ? [`role_arn = ${ROLE}${this.#one(["one", "two"])}`] : [];
    const may = (probability: number, setting: () => string) => {
      if (this.#chance(probability)) settings.push(setting());
    };
    may(0.75, () => `source_profile = ${this.#name(names)}`);
    may(
      0.2,
      () =>
        `credential_source = ${
          this.#one(["Environment", "EcsContainer", "Ec2InstanceMetadata", "environment", "x"])
        }`,
    );
    may(0.2, () => "mfa_serial = arn:aws:iam::123456789012:mfa/me");
    may(0.2, () => "external_id = x 1");
    may(0.2, () => "role_session_name = me");
    may(0.2, () => `duration_seconds = ${this.#one(["1800", "an hour"])}`);
    return settings;
  }

  #sso(): string[] {
    const own = ["sso_account_id = 123456789012", "sso_role_name = Admin"];
    const start = [`sso_start_url = ${START_URL}`, "sso_region = eu-west-1"];
    const session = `sso_session = ${this.#one([...SESSIONS, "missing"])}`;
    const all = this.#one([[...own, ...start], [...own, session], [...own, session, start[1]!]]);
    return all.filter(() => this.#chance(0.95));
  }

  #otherSections(): string[] {
    const sections: string[] = [];
    for (const name of SESSIONS) {
      if (this.#chance(0.1)) continue;
      const region = this.#one(["eu-west-1", "eu-west-1", "us-east-1"]);
      const settings = [`sso_start_url = ${START_URL}`, `sso_region = ${region}`]
        .filter(() => this.#chance(0.95));
      sections.push(this.#section(`[sso-session "${name}"]`, settings));
    }
    for (const name of ["local", "my local"]) {
      const services = this.#some(["iam", "sts", "s3"], 1, 3)
        .map((service) => `${service} =\n  endpoint_url = ${this.#endpoint(service)}`);
      if (this.#chance(0.9)) sections.push(`[services "${name}"]\n${services.join("\n")}\n`);
    }
    return sections;
  }

  #process(): string {
    const document = (more: Record<string, unknown> = {}) =>
      JSON.stringify({
        Version: 1,
        AccessKeyId: this.#keyId(),
        SecretAccessKey: "secret",
        ...more,
      });
    return this.#one([
      () => `echo '${document()}'`,
      () =>
        `sh -c 'echo "$0" # ; "' '${
          document({ SessionToken: "t", Expiration: "2100-01-01T00:00:00Z" })
        }'`,
      () => `echo '${document({ Version: 2 })}'`,
      () => `echo '${document({ SecretAccessKey: undefined })}'`,
      () => "sh -c 'exit 3'",
      () => "echo none",
      () => "no-such-program",
      () => "echo 'open",
    ])();
  }
}

/** The files of the home directory besides the two. */
export async function writeHome({ home }: Surroundings): Promise<void> {
  const { createHash } = await import("node:crypto");
  await Deno.mkdir(`${home}/.aws/sso/cache`, { recursive: true });
  await Deno.writeTextFile(`${home}/token`, "web-identity-token");
  for (const name of [START_URL, ...SESSIONS]) {
    const file = createHash("sha1").update(name).digest("hex");
    await Deno.writeTextFile(
      `${home}/.aws/sso/cache/${file}.json`,
      JSON.stringify({ accessToken: `token of ${name}`, expiresAt: "2100-01-01T00:00:00Z" }),
    );
  }
}
