/**
 * Servers and files whose keys would write more into a file than a key.
 */
import assert from "node:assert/strict";
import { connect, createCredentials, formatCredentials, S3CredentialsError } from "@s3creds/cli";
import { CREDENTIAL_FORMATS } from "../../lib/credentials/format.ts";
import { isItsTurn, RUNS } from "../support/arbitraries.ts";
import { errorBody, hostileServer } from "./hostile_server.ts";

/** In a file of profiles, the second line would be an entry of its own. */
const EVIL = "x\ncredential_process = sh -c 'touch /tmp/owned'";
const BAD: Record<string, string> = {
  "a line end": EVIL,
  "a carriage return": "x\rAWS_PROFILE=evil",
  "NUL": "x\0y",
  "an escape": "x\x1b[2Jy",
  "U+2028": "x\u2028y",
  "a space at its end": "x ",
};
const GOOD = { AccessKeyId: "AKIAEXAMPLE", SecretAccessKey: "example", SessionToken: "token" };

function xml(text: string): string {
  return text.replace(/[^\w =-]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A server on which everything succeeds, and whose keys are not what they should be. */
function keysServer(fields: Partial<typeof GOOD>) {
  const actions: string[] = [];
  const key = Object.entries({ ...GOOD, ...fields })
    .map(([name, text]) => `<${name}>${text.includes("\0") ? text : xml(text)}</${name}>`).join("");
  const results: Record<string, string> = {
    CreateAccessKey: `<AccessKey>${key}</AccessKey>`,
    AssumeRole: `<Credentials>${key}<Expiration>2040-01-01T00:00:00Z</Expiration></Credentials>`,
    GetRole: "<Role><Arn>arn:aws:iam::123456789012:role/r</Arn><MaxSessionDuration>43200" +
      "</MaxSessionDuration></Role>",
    ListAttachedRolePolicies: "<AttachedPolicies><member><PolicyArn>" +
      "arn:aws:iam::aws:policy/AmazonS3FullAccess</PolicyArn></member></AttachedPolicies>",
    GetCallerIdentity: "<Arn>arn:aws:iam::123456789012:user/me</Arn>",
  };
  const server = hostileServer((_, body) => {
    const action = new URLSearchParams(body).get("Action");
    if (action === null) return new Response("");
    actions.push(action);
    if (action === "GetUser") {
      return new Response(errorBody({ Code: "NoSuchEntity", Message: "No" }, false), {
        status: 404,
      });
    }
    const result = `<${action}Result>${results[action] ?? ""}</${action}Result>`;
    return new Response(`<${action}Response>${result}</${action}Response>`);
  });
  return { server, actions };
}

for (const [at, [what, text]] of Object.entries(BAD).entries()) {
  // What formatCredentials refuses is tried with every format below. That create asks it is tried with
  // JSON and INI in turn; for a line end with both, and with the other formats in turn.
  const formats = CREDENTIAL_FORMATS.filter((format, n) =>
    text === EVIL
      ? ["json", "ini"].includes(format) || isItsTurn(n, 3)
      : format === (isItsTurn(at, 2) ? "json" : "ini") || RUNS > 1
  );
  for (const field of Object.keys(GOOD) as (keyof typeof GOOD)[]) {
    Deno.test(`create: refuses a new key with ${what} in its ${field}, formats ${formats}`, async () => {
      for (const format of formats) {
        for (const duration of field === "SessionToken" ? [["-d", "15m"]] : [[], ["-d", "15m"]]) {
          if (format === "s3fs" && duration.length > 0) continue;
          const { server, actions } = keysServer({ [field]: text });
          await using _ = server;
          const args = ["create", "my-bucket", ...duration, "-f", format];
          const { code, stdout, stderr } = await server.run(args, { patienceMs: 0 });
          assert.deepEqual([code, stdout], [1, ""], `${args} ${stderr}`);
          assert.doesNotMatch(stderr, /^(credential_process|AWS_PROFILE)/m);
          if (duration.length === 0 && text !== BAD.NUL) {
            assert.ok(actions.includes("DeleteAccessKey"), stderr);
            assert.ok(actions.includes("DeleteUser"), stderr);
          }
        }
      }
    });

    Deno.test(`--auth, formatCredentials: refuse a key with ${what} in its ${field}`, async () => {
      await using server = hostileServer(() => new Response(""));
      const keys = { ...GOOD, [field]: text };
      const files = { "auth.json": JSON.stringify(keys) };
      const ran = await server.run(["whoami", "--auth", "auth.json"], { files });
      assert.deepEqual([ran.code, ran.stdout, server.requests], [2, "", 0], ran.stderr);
      for (const format of CREDENTIAL_FORMATS) {
        const credentials = {
          accessKeyId: keys.AccessKeyId,
          secretAccessKey: keys.SecretAccessKey,
          sessionToken: keys.SessionToken,
        };
        assert.throws(() => formatCredentials(credentials, format), S3CredentialsError);
      }
    });
  }
}

for (const duration of [undefined, 900]) {
  Deno.test(`createCredentials: gives no key with a line end, duration ${duration}`, async () => {
    const { server } = keysServer({ SecretAccessKey: EVIL });
    await using _ = server;
    const credentials = { accessKeyId: "AKIAEXAMPLE", secretAccessKey: "example" };
    using aws = connect({ endpointUrl: server.url, credentials, env: () => undefined });
    await assert.rejects(
      createCredentials(aws, { buckets: ["my-bucket"], duration }, { patienceMs: 0 }),
      { code: "aws", message: /the secret access key has a line end in it$/ },
    );
  });
}
