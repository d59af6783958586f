/**
 * The command `sandbox`.
 *
 * @module
 */
import { InvalidInput, S3CredentialsError } from "../../errors.ts";
import { fileError } from "../../file_error.ts";
import { checkUserName } from "../../names.ts";
import type { PolicyDocument } from "../../policy/document.ts";
import type { Sandbox } from "../../sandbox/mod.ts";
import { runChild } from "../child.ts";
import { defineCommand, flag, value, values } from "../command.ts";
import { ExitCode } from "../exit_code.ts";
import { type Io, waitForInterrupt } from "../io.ts";
import { library } from "../library.ts";
import { bucketNames, checkEachOnce, parseAccountId, parsePort, usage } from "../options.ts";
import { messageLog, writeLine, writeMessage } from "../output.ts";
import { assertMayListen, type PermissionKind } from "../permissions.ts";
import { readPolicyDocument } from "../policies/policy_input.ts";
import { sandboxEnvironment, shellLines } from "./environment.ts";
import { requestText } from "./request_text.ts";

const PERMISSION_REASONS = {
  net: "to serve the sandbox on this machine",
  read: "to read the sandbox's own modules and the files that you name",
  write: "to save the state of the sandbox, or the keys of its users for the command",
  env: "to pass the environment on to the command, without your AWS settings",
};

/** `s3-credentials sandbox` */
export const sandbox = defineCommand({
  operands: "[command...]",
  description:
    "Run an in-memory AWS to try things out without an account: serves IAM, STS and S3, on this " +
    "machine only. Signatures are checked and policies enforced as AWS does. Everything is gone " +
    "when it ends, unless --state keeps it.\n\nWith a command, runs it against the sandbox and " +
    "exits with its exit code; users of --user, and further accounts, are profiles for it. Without " +
    "one, prints the environment variables to set and serves until Ctrl-C.",
  examples: [
    [
      "A bucket and a key, in a sandbox of their own:",
      "sandbox -- s3-credentials create my-bucket -c",
    ],
    ["A shell, to try commands in:", "sandbox --bucket my-bucket -- bash"],
    ["Any other program that uses AWS:", "sandbox --bucket my-bucket -- aws s3 ls"],
    ["Serve on a given port:", "sandbox --port 5000"],
    [
      "Try something that takes two accounts:",
      "sandbox --account 111122223333 --account 444455556666 -- aws --profile 444455556666 s3 ls",
    ],
    ["See which permissions a program needs:", "sandbox --log --bucket my-bucket -- aws s3 ls"],
  ],
  options: {
    port: value("--port <port>", "Port to serve on (default: any that is free)", parsePort),
    bucket: values("--bucket <name>", "Bucket to start with; may be repeated"),
    user: values(
      "--user <user>",
      "User to start with, as NAME=POLICY; the policy is a file, JSON, or - for standard input; " +
        "may be repeated",
      parseUser,
    ),
    account: values(
      "--account <number>",
      "Number of the account (default: 123456789012); may be repeated: buckets and users are in " +
        "the first one, the administrator of a further one is the profile of its number",
      parseAccountId,
    ),
    state: value(
      "--state <file>",
      "Start with the state in this file if it exists, and save it there at the end",
    ),
    openBuckets: flag(
      "--open-buckets",
      "Make new buckets as before April 2023: with ACLs, and without a public access block",
    ),
    log: flag("--log", "Write each request to standard error, and what decided it"),
  },
  stopsItself: true,
  async run({ operands, options }, io) {
    const isServer = operands.length === 0;
    const buckets = bucketNames(options.bucket, { forNewBucket: true });
    checkEachOnce("--account", options.account);
    checkEachOnce("--user", options.user.map(({ name }) => name));
    const clash = options.user.find(({ name }) => options.account.includes(name));
    if (clash !== undefined) {
      throw usage(`Invalid user name ${clash.name}: it is the number of an account`);
    }
    await io.permit([
      "net",
      "read",
      ...(options.state !== undefined || (!isServer && hasProfiles(options)) ? WRITE : []),
      ...(isServer ? [] : CHILD),
    ], PERMISSION_REASONS);
    await assertMayListen(`127.0.0.1:${options.port ?? 0}`);
    const users: Record<string, PolicyDocument> = {};
    for (const { name, policy } of options.user) {
      users[name] = await readPolicyDocument(policy, "identity", io, "--user");
    }
    const log = messageLog(io);
    const { startSandbox } = await library.sandbox();
    const started = await startSandbox({
      buckets,
      users,
      accountId: options.account[0],
      accounts: Object.fromEntries(options.account.map((id) => [id, {}])),
      openBuckets: options.openBuckets,
      port: options.port,
      state: options.state === undefined ? undefined : await readState(options.state, io),
      onRequest: options.log ? (record) => log.say(requestText(record)) : undefined,
    }).catch((error) => {
      throw startError(error, options);
    });
    const save = async () => {
      if (options.state !== undefined) await io.writePrivateFile(options.state, started.save());
    };
    try {
      io.signal.throwIfAborted();
      // That the file can't be written is better known before the work is done.
      await save();
      if (!isServer) throw new ExitCode(await runCommand(operands, started, io));
      await serve(started, io);
    } finally {
      await started.close();
      await log.flush();
      await save();
    }
  },
});

const WRITE: readonly PermissionKind[] = ["write"];
const CHILD: readonly PermissionKind[] = ["env", "run"];

/** Whether the options make profiles. A state may add some. */
function hasProfiles({ user, account }: { user: readonly unknown[]; account: readonly string[] }) {
  return user.length > 0 || account.length > 1;
}

function parseUser(text: string): { name: string; policy: string } {
  const [, name = "", policy = ""] = /^([^=]*)=(.+)$/s.exec(text) ?? [];
  if (policy === "") {
    throw new InvalidInput(`Invalid user ${JSON.stringify(text)}: expected NAME=POLICY`);
  }
  checkUserName(name);
  return { name, policy };
}

/** The text of a state file; `undefined` if there is none yet. */
async function readState(path: string, io: Io): Promise<string | undefined> {
  try {
    return new TextDecoder().decode(await io.readFile(path));
  } catch (error) {
    if ((error as Error).name === "NotFound") return undefined;
    throw fileError(error, `Could not read ${path}`);
  }
}

/** The codes are Node's, since the sandbox listens with `node:http`. */
function startError(
  error: Error & { code?: string },
  { port, state }: { port: number | undefined; state: string | undefined },
): Error {
  const hint = "Choose another --port, or omit it";
  if (error instanceof SyntaxError) {
    return new S3CredentialsError("usage", `Not the state of a sandbox: ${state}`, {
      hint: "Give --state a file that the sandbox has written, or one that does not exist yet",
    });
  }
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

/** The child gets only the sandbox's keys and endpoint: a real account must be out of reach. */
async function runCommand(words: readonly string[], started: Sandbox, io: Io): Promise<number> {
  await using environment = await sandboxEnvironment(started);
  return await runChild(words, environment.make, io);
}

async function serve(started: Sandbox, io: Io): Promise<void> {
  await writeMessage(
    io,
    `Sandbox at ${started.url} - press Ctrl-C to stop. To use it in another terminal:`,
  );
  await writeLine(io, shellLines(started).join("\n"));
  await waitForInterrupt(io.signal);
}
