/**
 * The services that give credentials to profiles, in front of a sandbox: STS with web identity, IAM
 * Identity Center, a container's and an instance's service. All give the key of the sandbox's
 * administrator, and note what they were called with.
 *
 * @module
 */
import http from "node:http";
import type { AddressInfo } from "node:net";
import type { Sandbox } from "../../lib/sandbox/mod.ts";

/** What was called, such as `AssumeRole`, with its parameters. */
export interface ChainCall {
  name: string;
  parameters: Record<string, string>;
}

/** Such a server. */
export interface ChainServer extends AsyncDisposable {
  url: string;
  calls: ChainCall[];
  /** Answers calls of this name with an error. */
  refuse: Map<string, { status: number; type: string }>;
}

/** Starts it. */
export async function startChainServer(sandbox: Sandbox): Promise<ChainServer> {
  const { accessKeyId, secretAccessKey } = sandbox.credentials;
  const calls: ChainCall[] = [];
  const refuse: ChainServer["refuse"] = new Map();
  const inAnHour = () => new Date(Date.now() + 3_600_000);
  const server = http.createServer(async (request, response) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const url = new URL(request.url!, "http://localhost");
    const call = callOf(url, request, body);
    if (call === undefined) return forward(request, response, body);
    calls.push(call);
    const refusal = refuse.get(call.name);
    if (refusal !== undefined) {
      response.writeHead(refusal.status, { "x-amzn-errortype": refusal.type });
      return response.end(JSON.stringify({ message: "refused", error: "invalid_grant" }));
    }
    if (call.name.startsWith("AssumeRole")) {
      response.writeHead(200, { "content-type": "text/xml" });
      return response.end(
        `<${call.name}Response><${call.name}Result><Credentials>` +
          `<AccessKeyId>${accessKeyId}</AccessKeyId><SecretAccessKey>${secretAccessKey}` +
          `</SecretAccessKey><Expiration>${inAnHour().toISOString()}</Expiration></Credentials>` +
          `</${call.name}Result></${call.name}Response>`,
      );
    }
    response.writeHead(200, { "content-type": "application/json" });
    if (call.name === "instance-token") return response.end("metadata-token");
    if (call.name === "instance-role") return response.end("my-role");
    if (call.name === "CreateToken") {
      return response.end(
        JSON.stringify({ accessToken: "renewed", refreshToken: "next", expiresIn: 3600 }),
      );
    }
    if (call.name === "GetRoleCredentials") {
      const roleCredentials = { accessKeyId, secretAccessKey, expiration: Number(inAnHour()) };
      return response.end(JSON.stringify({ roleCredentials }));
    }
    response.end(JSON.stringify({
      Code: "Success",
      AccessKeyId: accessKeyId,
      SecretAccessKey: secretAccessKey,
      Token: "",
      Expiration: inAnHour().toISOString(),
    }));
  });

  function callOf(
    url: URL,
    { headers }: http.IncomingMessage,
    body: string,
  ): ChainCall | undefined {
    const query = Object.fromEntries(url.searchParams);
    if (url.pathname === "/federation/credentials") {
      const token = String(headers["x-amz-sso_bearer_token"]);
      return { name: "GetRoleCredentials", parameters: { ...query, token } };
    }
    if (url.pathname === "/token") return { name: "CreateToken", parameters: JSON.parse(body) };
    if (url.pathname === "/container") {
      return { name: "container", parameters: { token: headers.authorization ?? "" } };
    }
    if (url.pathname.startsWith("/latest/")) {
      const token = String(headers["x-aws-ec2-metadata-token"]);
      const name = url.pathname === "/latest/api/token"
        ? "instance-token"
        : url.pathname.endsWith("/security-credentials/")
        ? "instance-role"
        : "instance";
      return { name, parameters: { token } };
    }
    const parameters = Object.fromEntries(new URLSearchParams(body));
    if (parameters.Action === "AssumeRoleWithWebIdentity") {
      return {
        name: parameters.Action,
        parameters: { ...parameters, signed: String(headers.authorization !== undefined) },
      };
    }
    // The sandbox knows no MFA here.
    if (parameters.Action === "AssumeRole" && parameters.SerialNumber) {
      return { name: parameters.Action, parameters };
    }
    if (parameters.Action === "AssumeRole") calls.push({ name: "AssumeRole", parameters });
    return undefined;
  }

  function forward(
    { method, url, headers }: http.IncomingMessage,
    response: http.ServerResponse,
    body: string,
  ) {
    const { hostname, port } = new URL(sandbox.url);
    const onwards = http.request({ hostname, port, method, headers, path: url });
    onwards.on("response", (answer) => {
      response.writeHead(answer.statusCode!, answer.headers);
      answer.pipe(response);
    });
    onwards.end(body);
  }

  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    refuse,
    [Symbol.asyncDispose]: () =>
      new Promise((done) => {
        server.closeAllConnections();
        server.close(() => done());
      }),
  };
}
