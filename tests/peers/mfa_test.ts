/** On a real terminal: the code of an MFA device, and a `credential_process` that asks for something. */
import assert from "node:assert/strict";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { startChainServer } from "../support/chain_server.ts";
import { CLI, peerTest, runPeer, scriptPath } from "./support.ts";

const CODE = "864209";

interface Session {
  code: number;
  screen: string;
  /** The codes that the server got. */
  codes: (string | undefined)[];
}

/** Runs `whoami` with a profile, and types each text where the screen shows what it answers. */
async function whoami(
  profile: string,
  steps: [shown: string, typed: string][],
  isRefused = false,
): Promise<Session> {
  await using sandbox = await startSandbox();
  await using server = await startChainServer(sandbox);
  if (isRefused) server.refuse.set("AssumeRole", { status: 403, type: "AccessDenied" });
  const home = await Deno.makeTempDir();
  const { accessKeyId, secretAccessKey } = sandbox.credentials;
  const base =
    `[profile base]\naws_access_key_id=${accessKeyId}\naws_secret_access_key=${secretAccessKey}\n`;
  await Deno.writeTextFile(
    `${home}/config`,
    `[profile one]\n${profile.replace("KEYS", `${accessKeyId} ${secretAccessKey}`)}\n${base}`,
  );
  try {
    const program = [Deno.execPath(), "run", "-A", CLI, "whoami", "--profile", "one"];
    const script = [scriptPath("typing_session.py"), JSON.stringify(steps), ...program];
    const ran = await runPeer("python", script, {
      env: {
        AWS_CONFIG_FILE: `${home}/config`,
        AWS_SHARED_CREDENTIALS_FILE: `${home}/none`,
        AWS_ENDPOINT_URL: server.url,
        AWS_EC2_METADATA_DISABLED: "true",
      },
    });
    assert.equal(ran.code, 0, ran.stderr);
    const codes = server.calls.filter(({ name }) => name === "AssumeRole")
      .map(({ parameters }) => parameters.TokenCode as string | undefined);
    return { ...JSON.parse(ran.stdout), codes };
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

const SERIAL = "arn:aws:iam::123456789012:mfa/me";
const MFA =
  `role_arn=arn:aws:iam::123456789012:role/one\nsource_profile=base\nmfa_serial=${SERIAL}`;
const QUESTION = `Enter MFA code for ${SERIAL}: `;

peerTest("mfa_serial on a terminal: the code is asked for, not shown, and sent", async () => {
  const { code, screen, codes } = await whoami(MFA, [[QUESTION, `${CODE}\r`]]);
  assert.equal(code, 0, screen);
  assert.deepEqual(codes, [CODE]);
  assert.ok(!screen.includes(CODE), screen);
  assert.match(screen, /"Arn": /);
});

peerTest(
  "mfa_serial on a terminal: a wrong code is one clear error, without the code",
  async () => {
    const { code, screen, codes } = await whoami(MFA, [[QUESTION, "000000\r"]], true);
    assert.equal(code, 1, screen);
    assert.deepEqual(codes, ["000000"]);
    assert.match(screen, /^Error: Could not assume role .* of profile one: /m);
    assert.ok(!screen.includes("000000"), screen);
  },
);

peerTest(
  "mfa_serial on a terminal: Ctrl-C at the question ends the run, and nothing is sent",
  async () => {
    const { code, screen, codes } = await whoami(MFA, [[QUESTION, "\x03"]]);
    assert.ok(code === 130 || code === -2, `${code}: ${screen}`);
    assert.deepEqual(codes, []);
    assert.doesNotMatch(screen, /^\s+at /m);
  },
);

/** Asks on the terminal, as programs of SSO and of password stores do. */
const ASKING =
  `credential_process=sh -c 'printf "PIN: " >&2; read pin; test "$pin" = 42 || { echo no >&2; exit 3; }; ` +
  `printf "{\\"Version\\":1,\\"AccessKeyId\\":\\"%s\\",\\"SecretAccessKey\\":\\"%s\\"}" "$0" "$1"' KEYS`;

peerTest("credential_process on a terminal: it can ask there", async () => {
  const { code, screen } = await whoami(ASKING, [["PIN: ", "42\r"]]);
  assert.equal(code, 0, screen);
  assert.match(screen, /"Arn": /);
});

peerTest(
  "credential_process on a terminal: what it says is shown, and its failure is an error",
  async () => {
    const { code, screen } = await whoami(ASKING, [["PIN: ", "41\r"]]);
    assert.equal(code, 1, screen);
    assert.match(screen, /^no$/m);
    assert.match(screen, /^Error: .*profile one/m);
  },
);
