/**
 * The command `sandbox`.
 *
 * @module
 */
import { S3CredentialsError } from "../errors.ts";
import { formatCredentials } from "../credentials/format.ts";
import { defineCommand, value, values } from "./command.ts";
import { ExitCode } from "./exit_code.ts";
import { library } from "./library.ts";
import { type Io, waitForInterrupt } from "./io.ts";
import { bucketNames, parsePort } from "./options.ts";
import { writeLine, writeMessage } from "./output.ts";

const PERMISSION_REASONS = {
  net: "to serve the sandbox on this machine",
  read: "to look up the tables of AWS's policies",
  env: "to pass the environment on to the command, without your AWS settings",
};

/** `s3-credentials sandbox` */
export const sandbox = defineCommand({
  operands: "[command...]",
  description:
    "Run an in-memory AWS to try things out without an account: serves IAM, STS and S3, on this " +
    "machine only. Signatures are checked and policies enforced as AWS does. Everything is gone " +
    "when it ends.\n\nWith a command, runs it against a fresh sandbox and exits with its exit " +
    "code. Without one, prints the environment variables to set and serves until Ctrl-C.",
  examples: [
    [
      "A bucket and a key, in a sandbox of their own:",
      "sandbox -- s3-credentials create my-bucket -c",
    ],
    ["Any other program that uses AWS:", "sandbox --bucket my-bucket -- aws s3 ls"],
    ["Serve on a given port:", "sandbox --port 5000"],
  ],
  options: {
    port: value("--port <port>", "Port to serve on (default: any that is free)", parsePort),
    bucket: values("--bucket <name>", "Bucket to start with; may be repeated", (name) => name),
  },
  stopsItself: true,
  async run({ operands, options }, io) {
    const buckets = bucketNames(options.bucket, { forNewBucket: true });
    await io.permit(
      operands.length > 0 ? ["net", "read", "env", "run"] : ["net", "read"],
      PERMISSION_REASONS,
    );
    const { startSandbox } = await library.sandbox();
    const started = await startSandbox({ buckets, port: options.port }).catch((error) => {
      throw portError(error, options.port);
    });
    try {
      io.signal.throwIfAborted();
      if (operands.length > 0) throw new ExitCode(await runCommand(operands, started, io));
      await serve(started, io);
    } finally {
      await started.close();
    }
  },
});

/** The codes are Node's, since the sandbox listens with `node:http`. */
function portError(error: Error & { code?: string }, port: number | undefined): Error {
  const hint = "Choose another --port, or omit it";
  switch (error.code) {
    case "EADDRINUSE":
      return new S3CredentialsError("conflict", `Port ${port} is in use`, { hint, cause: error });
    case "EACCES":
      return new S3CredentialsError("access-denied", `Port ${port} may not be served on`, {
        hint,
        cause: error,
      });
    default:
      return error;
  }
}

interface Started {
  url: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

/** The child gets only the sandbox's keys and endpoint: a real account must be out of reach. */
async function runCommand(words: readonly string[], started: Started, io: Io): Promise<number> {
  // No proxy can reach the sandbox, and not every client bypasses it for loopback.
  const hosts = [io.env("no_proxy") ?? io.env("NO_PROXY"), new URL(started.url).hostname];
  const noProxy = hosts.filter(Boolean).join(",");
  try {
    return await io.run(words, {
      without: /^AWS_/i,
      set: {
        AWS_ENDPOINT_URL: started.url,
        AWS_ACCESS_KEY_ID: started.credentials.accessKeyId,
        AWS_SECRET_ACCESS_KEY: started.credentials.secretAccessKey,
        AWS_REGION: started.region,
        AWS_DEFAULT_REGION: started.region,
        AWS_EC2_METADATA_DISABLED: "true",
        NO_PROXY: noProxy,
        no_proxy: noProxy,
      },
    });
  } catch (error) {
    if ((error as Error).name !== "NotFound") throw error;
    throw new S3CredentialsError("not-found", `Command not found: ${words[0]}`, { cause: error });
  }
}

async function serve({ url, region, credentials }: Started, io: Io): Promise<void> {
  const keys = formatCredentials(credentials, "env");
  await writeMessage(
    io,
    `Sandbox at ${url} - press Ctrl-C to stop. To use it in another terminal:`,
  );
  // Some clients read one name of the region, some the other.
  const settings = { AWS_ENDPOINT_URL: url, AWS_REGION: region, AWS_DEFAULT_REGION: region };
  const lines = Object.entries(settings).map(([name, value]) => `export ${name}=${value}`);
  await writeLine(io, [...lines, keys].join("\n"));
  await waitForInterrupt(io.signal);
}
