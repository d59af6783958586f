/**
 * The command `exec`.
 *
 * @module
 */
import type { Aws } from "../../aws/connect.ts";
import type { ServiceName, Settings } from "../../aws/settings.ts";
import {
  childEnvironment,
  type ChildSettings,
} from "../../credentials/delivery/child_environment.ts";
import type { CreatedSession, CreateRequest } from "../../credentials/types.ts";
import { checkArn } from "../../names.ts";
import { formatTime, parseDuration } from "../../time.ts";
import { runChild } from "../child.ts";
import { checked, defineCommand, flag, optionGroup, value } from "../command.ts";
import {
  createRequest,
  lintRequest,
  requestOptions,
  runOptions,
  tagOptions,
} from "../create_request.ts";
import { ExitCode } from "../exit_code.ts";
import type { Io } from "../io.ts";
import { library } from "../library.ts";
import { awsOptions, withAws } from "../options.ts";
import { GRANT_OPTION } from "../permission_options.ts";
import { type MessageLog, messageLog } from "../output.ts";
import { newToken, serveCredentials } from "./credential_listener.ts";

const DEFAULT_SECONDS = 3600;
const HOST = "127.0.0.1";
/** How long before the end of the credentials a warning comes. */
const WARNING_MS = 5 * 60_000;

/** `s3-credentials exec` */
export const exec = defineCommand({
  operands: "<buckets...>",
  operandsOption: GRANT_OPTION,
  takesChild: true,
  description:
    "Run a command with temporary credentials for one or more buckets. They are in the environment " +
    "of the command only, with region and endpoint; your own credentials, profiles and roles are " +
    "not passed on. Signals are, and the exit code is that of the command: 127 if it is not found, " +
    "126 if it can't be run.",
  examples: [
    [
      "Copy a file, and be able to do nothing else:",
      "exec my-bucket --write-only -- aws s3 cp LICENSE s3://my-bucket/",
    ],
    [
      "Only read, and only below a prefix:",
      "exec my-bucket --read-only --prefix in/ -- aws s3 ls s3://my-bucket/in/",
    ],
    [
      "Renewed as long as the command runs:",
      "exec my-bucket --serve -- aws s3 sync . s3://my-bucket/",
    ],
  ],
  options: {
    ...requestOptions,
    ...optionGroup("Credentials", {
      duration: value(
        "-d, --duration <duration>",
        "How long they last: 3600s, 15m or 2h, from 15 minutes to 12 hours (default: 1h)",
        parseDuration,
      ),
      serve: flag(
        "--serve",
        "Serve them to the command on this machine, with a token, in place of giving it keys; they " +
          "are renewed as long as it runs",
      ),
      roleArn: value(
        "--role-arn <arn>",
        "Assume this role, and make no IAM call",
        checked((arn) => checkArn(arn, "role")),
      ),
      ...tagOptions,
      silent: flag("--silent", "Don't log the steps; warnings are still shown"),
    }),
    ...awsOptions,
  },
  stopsItself: true,
  async run({ operands, options, childWords }, io) {
    const duration = options.duration ?? DEFAULT_SECONDS;
    const request = {
      ...await createRequest(operands, { ...options, duration }, io),
      duration,
    };
    await lintRequest(request, io);
    const log = messageLog(io, { isSilent: options.silent });
    const code = await withAws(options, io, async (aws) => {
      await io.permit(["run"]);
      const { createCredentials } = await library.create();
      const created = await createCredentials(aws, request, runOptions(io, log))
        .finally(log.flush);
      await using source = options.serve
        ? await served(aws, request, created, io, log)
        : given(created, io, log);
      const settings = await settingsFor(aws, created);
      return await runChild(
        childWords,
        (own) => childEnvironment(own, source.credentials, settings),
        io,
        async (error) => {
          const { withRollbackReport } = await import("../../credentials/rollback.ts");
          return withRollbackReport(error, await created.rollBack());
        },
      ).finally(log.flush);
    });
    throw new ExitCode(code);
  },
});

/** What a child takes its credentials from, for as long as it runs. */
interface Source extends AsyncDisposable {
  credentials: Parameters<typeof childEnvironment>[1];
}

/** The keys themselves, with a warning before they end. */
function given({ credentials }: CreatedSession, io: Io, log: MessageLog): Source {
  const { expiration } = credentials;
  const now = io.now?.() ?? new Date();
  const timer = setTimeout(() => {
    log.warn(
      `the credentials of the command expire at ${formatTime(expiration)}; with --serve they ` +
        "would be renewed",
    );
  }, Math.max(0, expiration.getTime() - now.getTime() - WARNING_MS));
  return {
    credentials,
    [Symbol.asyncDispose]: () => Promise.resolve(clearTimeout(timer)),
  };
}

/** A server of credentials that are renewed. */
async function served(
  aws: Aws,
  request: CreateRequest & { duration: number },
  { credentials }: CreatedSession,
  io: Io,
  log: MessageLog,
): Promise<Source> {
  const { bucketCredentials } = await library.credentialCache();
  // The buckets are there by now; if they are deleted, they are not to be created again.
  const renewed = {
    ...request,
    createBucket: undefined,
    bucketRegion: undefined,
    public: false,
    website: false,
  };
  const provider = bucketCredentials(aws, renewed, {
    initial: credentials,
    onProgress: log.say,
    signal: io.signal,
    patienceMs: io.patienceMs,
    now: io.now && (() => io.now!().getTime()),
  });
  const token = newToken();
  const server = await serveCredentials(provider, { host: HOST, port: 0, token });
  return {
    credentials: { url: server.url, token },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** The bucket's region, and the endpoints in use. */
async function settingsFor(aws: Aws, { region }: CreatedSession): Promise<ChildSettings> {
  const { connectionOf } = await library.connect();
  const { endpoints, useFips, useDualstackS3, ...settings } = await connectionOf(aws).settings;
  return {
    region: region ?? settings.region,
    endpoints: childEndpoints(endpoints),
    useFips,
    useDualstack: useDualstackS3,
  };
}

function childEndpoints(
  { IAM, STS, S3 }: Settings["endpoints"],
): string | Partial<Record<ServiceName, string>> {
  return S3 !== undefined && S3 === IAM && S3 === STS ? S3 : { IAM, STS, S3 };
}
