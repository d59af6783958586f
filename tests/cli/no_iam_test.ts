/** Servers that have S3 and neither IAM nor STS: what they answer to calls of these. */
import assert from "node:assert/strict";
import { startSandbox } from "@s3creds/cli/sandbox";
import { run, sandboxEnv } from "../support/run.ts";

const document = (code: string, message: string) =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`;

/** What each of them answers to a POST, in S3's form. */
const SERVERS: Record<string, { status: number; body: string }> = {
  R2: { status: 501, body: document("NotImplemented", "POST not implemented") },
  B2: {
    status: 405,
    body: document(
      "MethodNotAllowed",
      "The specified method is not allowed against this resource.",
    ),
  },
  Garage: { status: 400, body: document("InvalidRequest", "Bad request: unexpected POST") },
  "a server with empty answers": { status: 404, body: "" },
};

for (const [name, { status, body }] of Object.entries(SERVERS)) {
  Deno.test(`${name}: says that it has no IAM or STS, and what works there`, async () => {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    await using server = Deno.serve(
      { port: 0, onListen() {} },
      () => new Response(body, { status, headers: { "content-type": "application/xml" } }),
    );
    const url = `http://127.0.0.1:${server.addr.port}`;
    const env = {
      ...sandboxEnv(sandbox),
      AWS_ENDPOINT_URL_S3: sandbox.url,
      AWS_ENDPOINT_URL: url,
    };
    const before = sandbox.snapshot();
    const lines = [
      ["list-users"],
      ["create", "my-bucket"],
      ["list-roles"],
      ["rotate", "somebody"],
    ];
    for (const line of lines) {
      const { code, stdout, stderr } = await run(line, { env });
      assert.deepEqual({ code, stdout }, { code: 1, stdout: "" }, stderr);
      assert.match(
        stderr,
        /the server at this endpoint does not offer this call of IAM \((HTTP status \d+|NotFound)\)$/m,
      );
      assert.match(stderr, /have no IAM: make keys for them in their own consoles/);
      assert.match(
        stderr,
        /commands for objects work there, and temporary credentials with --duration and --role-arn/,
      );
    }
    const role = ["--role-arn", "arn:aws:iam::123456789012:role/x"];
    for (const line of [["whoami"], ["create", "my-bucket", "--duration", "15m", ...role]]) {
      const { code, stderr } = await run(line, { env });
      assert.equal(code, 1);
      assert.match(stderr, /the server at this endpoint does not offer this call of STS/);
      assert.match(stderr, /have no STS/);
    }
    assert.deepEqual(sandbox.snapshot(), before);
    assert.equal((await run(["list-bucket", "my-bucket"], { env })).code, 0);
  });
}
