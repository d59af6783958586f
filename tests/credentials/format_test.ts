/** Credentials as scripts: read by the shells themselves, the variables are those that were meant. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { type AwsCredentialIdentity, type CredentialFormat, formatCredentials } from "@s3creds/cli";

/** The variables of credentials, and of what would win over them. */
const NAMES = [
  ...["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"],
  ...["AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_CREDENTIAL_EXPIRATION"],
];

/** How each shell is given a script to read. */
const SHELLS: [shell: string, format: CredentialFormat, read: string][] = [
  ["sh", "env", 'set -eu; eval "$SCRIPT"; env'],
  ["bash", "env", 'set -eu; eval "$SCRIPT"; env'],
  ["zsh", "env", 'set -eu; eval "$SCRIPT"; env'],
  ["fish", "fish", "echo $SCRIPT | source; env"],
  ["pwsh", "powershell", "$Env:SCRIPT | Invoke-Expression; env"],
];

function isInstalled(shell: string): boolean {
  try {
    return new Deno.Command(shell, { args: ["-c", "exit 0"] }).outputSync().success;
  } catch {
    return false;
  }
}

/** The AWS variables after a shell with those of other temporary credentials has read a script. */
function variablesAfter(shell: string, read: string, script: string): Record<string, string> {
  const { stdout, stderr, success } = new Deno.Command(shell, {
    args: ["-c", read],
    env: { SCRIPT: script, ...Object.fromEntries(NAMES.map((name) => [name, "old"])) },
  }).outputSync();
  assert.ok(success, new TextDecoder().decode(stderr));
  const lines = new TextDecoder().decode(stdout).split("\n").map((line) => line.split("="));
  return Object.fromEntries(
    lines.filter(([name]) => NAMES.includes(name!)).map(([name, ...rest]) => [
      name!,
      rest.join("="),
    ]),
  );
}

const secret = fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 60 })
  .filter((text) => /^[!-~]+$/.test(text));

for (const [shell, format, read] of SHELLS) {
  const options = { ignore: Deno.build.os === "windows" || !isInstalled(shell) };

  Deno.test({
    ...options,
    name: `${shell} reads permanent credentials, and forgets the token of others`,
    fn() {
      fc.assert(
        fc.property(secret, (secretAccessKey) => {
          const one: AwsCredentialIdentity = { accessKeyId: "AKIA", secretAccessKey };
          assert.deepEqual(variablesAfter(shell, read, formatCredentials(one, format)), {
            AWS_ACCESS_KEY_ID: "AKIA",
            AWS_SECRET_ACCESS_KEY: secretAccessKey,
          });
        }),
        { numRuns: 20 },
      );
    },
  });

  Deno.test({
    ...options,
    name: `${shell} reads temporary credentials`,
    fn() {
      fc.assert(
        fc.property(secret, secret, (secretAccessKey, sessionToken) => {
          const keys = { accessKeyId: "ASIA", secretAccessKey, sessionToken };
          const text = formatCredentials({ ...keys, expiration: new Date(0) }, format);
          assert.deepEqual(variablesAfter(shell, read, text), {
            AWS_ACCESS_KEY_ID: "ASIA",
            AWS_SECRET_ACCESS_KEY: secretAccessKey,
            AWS_SESSION_TOKEN: sessionToken,
          });
        }),
        { numRuns: 20 },
      );
    },
  });

  Deno.test({
    ...options,
    name: `${shell} takes each character as it stands, at the start and after a colon`,
    fn() {
      // Where shells put a path or a process in a word's place: zsh `=ls`, fish `%self`, all `~`.
      for (let code = 0x21; code <= 0x7e; code++) {
        const character = String.fromCharCode(code);
        const secretAccessKey = `${character}${character === "%" ? "self" : "ls"}`;
        const keys = { accessKeyId: "ASIA", secretAccessKey, sessionToken: `a:${secretAccessKey}` };
        const text = formatCredentials({ ...keys, expiration: new Date(0) }, format);
        assert.deepEqual(variablesAfter(shell, read, text), {
          AWS_ACCESS_KEY_ID: "ASIA",
          AWS_SECRET_ACCESS_KEY: secretAccessKey,
          AWS_SESSION_TOKEN: `a:${secretAccessKey}`,
        });
      }
    },
  });
}

Deno.test("env-no-export is no script: assignments and nothing else", () => {
  const one: AwsCredentialIdentity = { accessKeyId: "AKIA", secretAccessKey: "s" };
  const text = formatCredentials(one, "env-no-export");
  assert.equal(text, "AWS_ACCESS_KEY_ID=AKIA\nAWS_SECRET_ACCESS_KEY=s");
});
