/** Profiles and environments that give no credentials say why. */
import assert from "node:assert/strict";
import { devNull } from "node:os";
import { type Sandbox, startSandbox } from "../../../lib/sandbox/mod.ts";
import { type Machine, runOn } from "../../support/machine.ts";
import { keysOf, section } from "./support.ts";

function test(name: string, work: (sandbox: Sandbox) => Promise<void>): void {
  Deno.test(`authentication: ${name}`, async () => {
    await using sandbox = await startSandbox();
    await work(sandbox);
  });
}

const ROLE = "role_arn=arn:aws:iam::123456789012:role/x\n";
const KEYS = "[profile keys]\naws_access_key_id=AKIA1\naws_secret_access_key=x\n";
const process = (line: string) => `credential_process=${line}\n`;
const printing = (document: unknown) => process(`echo '${JSON.stringify(document)}'`);
const KEY_PAIR = { Version: 1, AccessKeyId: "AKIA1", SecretAccessKey: "hidden" };

/** What stands in the profile, and what is said of it. */
const FRUITLESS: Record<string, [profile: string, message: RegExp, hint: RegExp]> = {
  "an SSO session that isn't there": [
    "sso_session=corp\nsso_account_id=1\nsso_role_name=Admin\n",
    /^Error: The sso_session of profile work does not exist: corp$/m,
    /^Add a section \[sso-session corp\] to \S+config$/m,
  ],
  "an SSO session without its region": [
    "sso_session=corp\nsso_account_id=1\nsso_role_name=Admin\n[sso-session corp]\nsso_start_url=x\n",
    /^Error: The section sso-session corp lacks sso_region$/m,
    /^Add it in \S+config/m,
  ],
  "half of what SSO needs": [
    "sso_account_id=1\nsso_region=eu-west-1\n",
    /^Error: Profile work uses SSO and lacks sso_role_name and sso_start_url$/m,
    /aws configure sso/,
  ],
  "a program that fails": [
    process("sh -c 'echo the token has expired >&2; exit 3' hidden"),
    /^Error: The credential_process of profile work failed with exit code 3$/m,
    /^It said: the token has expired$/m,
  ],
  "a program that isn't there": [
    process("no-such-program --token hidden"),
    /^Error: Could not run the credential_process .*: there is no program no-such-program$/m,
    /No shell reads the line/,
  ],
  "a program that prints no JSON": [
    process("echo hidden"),
    /^Error: The credential_process of profile work printed no JSON$/m,
    /Version, AccessKeyId and SecretAccessKey/,
  ],
  "a program of another version": [
    printing({ ...KEY_PAIR, Version: 2 }),
    /^Error: The credential_process of profile work printed no "Version": 1$/m,
    /as a number/,
  ],
  "a program that prints half a key": [
    printing({ ...KEY_PAIR, AccessKeyId: undefined }),
    /^Error: The credential_process .* printed no AccessKeyId and SecretAccessKey$/m,
    /both/,
  ],
  "a program that prints expired keys": [
    printing({ ...KEY_PAIR, Expiration: "2020-01-01T00:00:00Z" }),
    /^Error: The credentials of profile work, by the program echo have expired$/m,
    /sign in again/,
  ],
  "a program that prints no time": [
    printing({ ...KEY_PAIR, Expiration: "tomorrow" }),
    /^Error: The credential_process .* printed an Expiration that is no time$/m,
    /2026-01-31T12:00:00Z/,
  ],
  "a program whose quote is left open": [
    process("echo 'hidden"),
    /^Error: The credential_process of profile work can't be read$/m,
    /quote/,
  ],
  "a source that isn't there": [
    `${ROLE}source_profile=nobody\n`,
    /^Error: The source_profile of profile work does not exist: nobody$/m,
    /^Correct it in \S+config: the profiles there are work$/m,
  ],
  "a source that gives nothing": [
    `${ROLE}source_profile=empty\n[profile empty]\nregion=x\n`,
    /^Error: Profile empty, the source_profile of work, gives no credentials$/m,
    /^Give it keys/m,
  ],
  "sources that go in a circle": [
    `${ROLE}source_profile=b\n[profile b]\n${ROLE}source_profile=work\n`,
    /^Error: The source_profile settings go in a circle: work -> b -> work$/m,
    /^Correct source_profile/m,
  ],
  "a role without a source": [
    ROLE,
    /^Error: Profile work has role_arn without source_profile or credential_source$/m,
    /^Add source_profile = NAME/m,
  ],
  "a role with two sources": [
    `${ROLE}source_profile=keys\ncredential_source=Environment\n${KEYS}`,
    /^Error: Profile work has both source_profile and credential_source$/m,
    /^Remove one/m,
  ],
  "a typo in credential_source": [
    `${ROLE}credential_source=Enviroment\n`,
    /^Error: Profile work has an unknown credential_source: Enviroment$/m,
    /^Use Environment, EcsContainer or Ec2InstanceMetadata$/m,
  ],
  "keys of the environment that aren't there": [
    `${ROLE}credential_source=Environment\n`,
    /^Error: Profile work has credential_source = Environment, which holds no keys$/m,
    /AWS_ACCESS_KEY_ID/,
  ],
  "a web identity without a role": [
    "web_identity_token_file=/no/file\n",
    /^Error: profile work names a web identity token without a role$/m,
    /role_arn/,
  ],
  "a web identity without its token": [
    `${ROLE}web_identity_token_file=/no/file\n`,
    /^Error: The web identity token of profile work is not there: \/no\/file$/m,
    /path/,
  ],
  "a key without its secret": [
    "aws_access_key_id=AKIA1\n",
    /^Error: Profile work in \S+config has no aws_secret_access_key$/m,
    /both/,
  ],
  "nothing but a region": [
    "region=eu-west-1\n",
    /^Error: Profile work gives no credentials$/m,
    /^It has none of aws_access_key_id, role_arn/m,
  ],
  "a services section that isn't there": [
    "services=local\n",
    /^Error: The services section of profile work does not exist: local$/m,
    /\[services local\]/,
  ],
  "a second factor, and no terminal": [
    `${ROLE}source_profile=keys\nmfa_serial=arn:aws:iam::123456789012:mfa/me\n${KEYS}`,
    /requires a code of the MFA device arn:aws:iam::123456789012:mfa\/me, and there is no terminal/,
    /aws sts get-session-token --serial-number SERIAL --token-code CODE.*--auth/,
  ],
  "a line that is none": [
    "hidden\n",
    /^Error: Could not read \S+config: line 2: expected a section, NAME = VALUE or a comment$/m,
    /AWS's other tools stop at the same place/,
  ],
  "a setting that is there twice": [
    "region=a\nregion=b\n",
    /^Error: Could not read \S+config: line 3: this setting is there already in its section$/m,
    /AWS's other tools/,
  ],
};

const NO_CREDENTIALS: [RegExp, RegExp] = [
  /: no AWS credentials were found$/m,
  /Pass --auth or --profile, set AWS_ACCESS_KEY_ID .* or run aws configure/,
];

/** The test of a missing `services` section needs its endpoints to be looked up. */
function unusedEndpoint(machine: Machine, sandbox: Sandbox): Record<string, string> {
  const isUsed = !String(machine.config?.(sandbox)).includes("services=");
  return isUsed ? { AWS_ENDPOINT_URL: sandbox.url } : {};
}

async function assertFruitless(
  sandbox: Sandbox,
  command: string[],
  machine: Machine,
  says: readonly RegExp[],
): Promise<void> {
  const env = () => ({ ...unusedEndpoint(machine, sandbox), ...machine.env?.(sandbox) });
  const { code, stdout, stderr } = await runOn({ ...machine, env }, sandbox, command);
  assert.deepEqual({ code, stdout }, { code: 1, stdout: "" });
  assert.equal(stderr.match(/^Error: /gm)?.length, 1, stderr);
  for (const words of says) assert.match(stderr, words);
  assert.doesNotMatch(stderr, /hidden|unexpected/);
  assert.equal(sandbox.requests.length, 0);
}

for (const [name, [profile, ...says]] of Object.entries(FRUITLESS)) {
  test(`a profile with ${name} says so`, async (sandbox) => {
    const machine = { config: () => `[profile work]\n${profile}`, args: ["--profile", "work"] };
    await assertFruitless(sandbox, ["whoami"], machine, says);
  });
}

for (
  const command of [
    ["whoami"],
    ["create", "my-bucket"],
    ["list-bucket", "my-bucket"],
    ["get-object", "my-bucket", "a"],
    ["get-objects", "my-bucket", "a", "b"],
    ["put-object", "my-bucket", "a", "LICENSE"],
    ["put-objects", "my-bucket", "LICENSE"],
    ["delete-objects", "my-bucket", "a", "--silent"],
  ]
) {
  test(`no credentials at all: ${command.join(" ")}`, async (sandbox) => {
    await assertFruitless(sandbox, command, {}, NO_CREDENTIALS);
  });
}

test("why a profile gives no credentials is said by the commands for objects too", async (sandbox) => {
  const [profile, ...says] = FRUITLESS["a program that fails"]!;
  const machine = { config: () => `[profile work]\n${profile}`, args: ["--profile", "work"] };
  await assertFruitless(sandbox, ["get-object", "my-bucket", "a"], machine, says);
});

const NOWHERE: Record<string, [Machine, RegExp]> = {
  "AWS_PROFILE of a profile that isn't there": [
    { env: () => ({ AWS_PROFILE: "nope" }) },
    /^Error: Profile does not exist: nope$/m,
  ],
  "AWS_PROFILE where one empty file is both files": [
    {
      env: () => ({
        AWS_PROFILE: "nope",
        AWS_CONFIG_FILE: devNull,
        AWS_SHARED_CREDENTIALS_FILE: devNull,
      }),
    },
    /^There is no such section in [^ ]+: no profile is there$/m,
  ],
  "AWS_PROFILE=default without such a profile": [
    { env: () => ({ AWS_PROFILE: "default" }) },
    /^Error: Profile does not exist: default$/m,
  ],
  "an empty AWS_PROFILE": [{ env: () => ({ AWS_PROFILE: "" }) }, /^Error: AWS_PROFILE is empty$/m],
  "a profile that isn't there, next to keys": [
    { env: (sandbox) => ({ ...keysOf(sandbox), AWS_PROFILE: "nope" }) },
    /^Error: Profile does not exist: nope$/m,
  ],
  "an access key without its secret in the environment": [
    {
      config: (sandbox) => `[default]\n${section("default", sandbox.credentials).slice(10)}`,
      env: () => ({ AWS_ACCESS_KEY_ID: "AKIAX", AWS_SECRET_ACCESS_KEY: "" }),
    },
    /^Error: AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not\nSet both, or unset both$/m,
  ],
  "a secret without its access key in the environment": [
    { env: () => ({ AWS_SECRET_ACCESS_KEY: "hidden" }) },
    /^Error: AWS_SECRET_ACCESS_KEY is set and AWS_ACCESS_KEY_ID is not$/m,
  ],
  "a key id that ends in CR": [
    { env: (sandbox) => ({ ...keysOf(sandbox), AWS_ACCESS_KEY_ID: "AKIA1\r" }) },
    /^Error: Cannot use the key of the environment: the access key id has a line end in it$/m,
  ],
  "a secret with a space after it": [
    { env: (sandbox) => ({ ...keysOf(sandbox), AWS_SECRET_ACCESS_KEY: "hidden " }) },
    /^Error: Cannot use the key .*: the secret access key has a space before or after it$/m,
  ],
  "keys of the environment that have expired": [
    {
      env: (sandbox) => ({ ...keysOf(sandbox), AWS_CREDENTIAL_EXPIRATION: "2020-01-01T00:00:00Z" }),
    },
    /^Error: .*The credentials of the environment have expired$/m,
  ],
  "an end of the environment's keys that is no time": [
    { env: (sandbox) => ({ ...keysOf(sandbox), AWS_CREDENTIAL_EXPIRATION: "soon" }) },
    /^Error: AWS_CREDENTIAL_EXPIRATION is no time\nUnset it, or write it as 2027-01-31T17:00:00Z$/m,
  ],
};
for (const [name, [machine, message]] of Object.entries(NOWHERE)) {
  test(`${name}: says so and calls nobody`, async (sandbox) => {
    await assertFruitless(sandbox, ["whoami"], machine, [message]);
  });
}
