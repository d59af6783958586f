/** Credentials as scripts: read by the shells themselves, the variables are those that were meant. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type AwsCredentialIdentity, type CredentialFormat, formatCredentials } from "@s3creds/cli";
import { printable } from "../support/arbitraries.ts";

/** The variables of credentials, and of what would win over them. */
const NAMES = [
  ...["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"],
  ...["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CREDENTIAL_EXPIRATION"],
];

/** A shell, how it is given a script to read, and how a variable is set there. */
interface Shell {
  shell: string;
  format: CredentialFormat;
  read: string;
  set(name: string): string;
}

const POSIX: Omit<Shell, "shell"> = {
  format: "env",
  read: 'set -eu; eval "$SCRIPT"',
  set: (name) => `export ${name}=old`,
};
const SHELLS: Shell[] = [
  { shell: "sh", ...POSIX },
  { shell: "bash", ...POSIX },
  { shell: "zsh", ...POSIX },
  {
    shell: "fish",
    format: "fish",
    read: "echo $SCRIPT | source",
    set: (name) => `set -gx ${name} old`,
  },
  {
    shell: "pwsh",
    format: "powershell",
    read: "$Env:SCRIPT | Invoke-Expression",
    set: (name) => `$Env:${name} = "old"`,
  },
];

function isInstalled(shell: string): boolean {
  try {
    return new Deno.Command(shell, { args: ["-c", "exit 0"] }).outputSync().success;
  } catch {
    return false;
  }
}

const END = "end-of-one";

/**
 * The AWS variables after a shell with those of other temporary credentials has read a script; each of
 * the scripts by itself, but all of them in one process.
 */
function variablesAfter({ shell, read, set }: Shell, scripts: string[]): Record<string, string>[] {
  const others = NAMES.map(set);
  const all = scripts.flatMap((script) => [...others, script, "env -u SCRIPT", `echo ${END}`]).join(
    "\n",
  );
  const { stdout, stderr, success } = new Deno.Command(shell, {
    args: ["-c", read],
    env: { SCRIPT: all },
  }).outputSync();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).split(`${END}\n`).slice(0, -1).map((output) => {
    const lines = output.split("\n").map((line) => line.split("="));
    return Object.fromEntries(
      lines.filter(([name]) => NAMES.includes(name!)).map(([name, ...rest]) => [
        name!,
        rest.join("="),
      ]),
    );
  });
}

/** Checks that a shell then has the variables of each of these credentials. */
function check(shell: Shell, all: AwsCredentialIdentity[]): void {
  const scripts = all.map((keys) => formatCredentials(keys, shell.format));
  const expected = all.map(({ accessKeyId, secretAccessKey, sessionToken }) => ({
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken !== undefined && { AWS_SESSION_TOKEN: sessionToken }),
  }));
  assert.deepEqual(variablesAfter(shell, scripts), expected);
}

const secret = printable({ minLength: 1, maxLength: 60 })
  .map((text) => text.replaceAll(" ", "!"));
const permanent = fc.record({ accessKeyId: fc.constant("AKIA"), secretAccessKey: secret });
const temporary = fc.record({
  accessKeyId: fc.constant("ASIA"),
  secretAccessKey: secret,
  sessionToken: secret,
  expiration: fc.constant(new Date(0)),
});

/** A process takes longer than all that it then reads. */
const AT_ONCE = { minLength: 20, maxLength: 20 };
/** Each attempt to find a smaller example that fails would be a process. */
const ONCE = { numRuns: 1, endOnFailure: true };

for (const shell of SHELLS) {
  const name = shell.shell;
  const options = { ignore: Deno.build.os === "windows" || !isInstalled(name) };

  Deno.test({
    ...options,
    name: `${name} reads permanent credentials, and forgets the token of others`,
    fn() {
      fc.assert(fc.property(fc.array(permanent, AT_ONCE), (all) => check(shell, all)), ONCE);
    },
  });

  Deno.test({
    ...options,
    name: `${name} reads temporary credentials`,
    fn() {
      fc.assert(fc.property(fc.array(temporary, AT_ONCE), (all) => check(shell, all)), ONCE);
    },
  });

  Deno.test({
    ...options,
    name:
      `${name} takes each character as it stands, at the start, after a colon and after a backslash`,
    fn() {
      // Where shells put a path or a process in a word's place: zsh `=ls`, fish `%self`, all `~`.
      const all: AwsCredentialIdentity[] = [];
      for (let code = 0x21; code <= 0x7e; code++) {
        const character = String.fromCharCode(code);
        const secretAccessKey = `${character}${character === "%" ? "self" : "ls"}`;
        const sessionToken = `a:${secretAccessKey}\\${character}`;
        all.push({ accessKeyId: "ASIA", secretAccessKey, sessionToken, expiration: new Date(0) });
      }
      check(shell, all);
    },
  });
}

Deno.test("env-no-export is no script: assignments and nothing else", () => {
  const one: AwsCredentialIdentity = { accessKeyId: "AKIA", secretAccessKey: "s" };
  const text = formatCredentials(one, "env-no-export");
  assert.equal(text, "AWS_ACCESS_KEY_ID=AKIA\nAWS_SECRET_ACCESS_KEY=s");
});
