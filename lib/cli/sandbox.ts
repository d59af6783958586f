/**
 * The command `sandbox`.
 *
 * @module
 */
import { S3CredentialsError } from "../errors.ts";
import { formatCredentials } from "../credentials/format.ts";
import { defineCommand, value, values } from "./command.ts";
import { ExitCode } from "./exit_code.ts";
import { type Io, untilInterrupted } from "./io.ts";
import { bucketNames, parsePort } from "./options.ts";
import { writeLine, writeMessage } from "./output.ts";

const PERMISSION_REASONS = {
  net: "to serve the sandbox on this machine",
  read: "to look up what AWS's policies can hold",
  env: "to pass the environment on to the command, without your AWS settings",
};

/** `s3-credentials sandbox` */
export const sandbox = defineCommand({
  operands: "[command...]",
  description:
    "Try things out without an AWS account: serves IAM, STS and S3 from memory, on this " +
    "machine only. Signatures are checked and policies enforced as AWS does. All is gone when it " +
    "ends.\n\nWith a command, runs it against a fresh sandbox and ends as it ends. Without one, " +
    "prints the variables to set and serves until Ctrl-C.",
  examples: [
    [
      "A bucket and a key, in a sandbox of their own:",
      "sandbox -- s3-credentials create my-bucket -c",
    ],
    ["Any other program that speaks to AWS:", "sandbox --bucket my-bucket -- aws s3 ls"],
    ["Serve on a port of your choice:", "sandbox --port 5000"],
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
    const { startSandbox } = await import("../sandbox/mod.ts");
    const started = await startSandbox({
      buckets,
      ...(options.port !== undefined && { port: options.port }),
    }).catch((error) => {
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

/** Node's codes, since the sandbox listens by `node:http`. */
function portError(error: Error & { code?: string }, port: number | undefined): Error {
  const hint = "Choose another --port, or leave it out";
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

/** Only the sandbox's own keys and endpoint: a real account must be out of reach. */
async function runCommand(words: readonly string[], started: Started, io: Io): Promise<number> {
  // No proxy can find the sandbox, and not every client knows that.
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
  const keys = formatCredentials({
    UserName: "admin",
    AccessKeyId: credentials.accessKeyId,
    Status: "Active",
    SecretAccessKey: credentials.secretAccessKey,
    CreateDate: new Date(),
  }, "env");
  await writeMessage(
    io,
    `Sandbox at ${url} - press Ctrl-C to stop. To use it in another terminal:`,
  );
  // Some clients read the one name of the region, some the other.
  const settings = { AWS_ENDPOINT_URL: url, AWS_REGION: region, AWS_DEFAULT_REGION: region };
  const lines = Object.entries(settings).map(([name, value]) => `export ${name}=${value}`);
  await writeLine(io, [...lines, keys].join("\n"));
  await untilInterrupted(io.signal);
}
