/**
 * Moto's server, with a recorder before it.
 *
 * @module
 */
import { type Call, startRecorder } from "./recorder.ts";
import { awsEnv, cleanEnv, peerPath } from "./support.ts";

/** A server of moto that runs. */
export interface Moto {
  /** Where it answers. */
  url: string;
  /** The variables by which any AWS client finds it, through the recorder. */
  env: Record<string, string>;
  /** What was asked of IAM and STS since the last reset. */
  calls: Call[];
  /** Empties the account. */
  reset(): Promise<void>;
  stop(): Promise<void>;
}

const PATIENCE_MS = 60_000;

/**
 * Starts moto's server on a free port and waits until it answers.
 *
 * @param options whether to have AWS's managed policies, which the role of temporary credentials
 *   needs; they make each reset take a second
 */
export async function startMoto(options: { managedPolicies?: boolean } = {}): Promise<Moto> {
  const home = await Deno.makeTempDir();
  // Moto chooses its port: one that is looked for beforehand may be another's by the time it starts.
  const child = new Deno.Command(peerPath("moto_server"), {
    args: ["-H", "127.0.0.1", "-p", "0"],
    clearEnv: true,
    env: {
      ...cleanEnv(home),
      MOTO_IAM_LOAD_MANAGED_POLICIES: String(options.managedPolicies ?? false),
    },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const timer = setTimeout(() => child.kill(), PATIENCE_MS);
  const { url, ended } = await listeningUrl(child).finally(() => clearTimeout(timer));
  const recorder = startRecorder(url);
  const { calls } = recorder;
  let hasEnded = false;
  child.status.then(() => hasEnded = true);
  return {
    url,
    env: awsEnv(recorder.url, { accessKeyId: "testing", secretAccessKey: "testing" }),
    calls,
    async reset() {
      const answer = await fetch(`${url}/moto-api/reset`, { method: "POST" });
      await answer.body?.cancel();
      if (!answer.ok) throw new Error(`moto answered its reset with ${answer.status}`);
      calls.length = 0;
    },
    async stop() {
      if (!hasEnded) child.kill();
      await Promise.all([ended, recorder.stop()]);
      await Deno.remove(home, { recursive: true });
    },
  };
}

/** Waits until moto says where it listens, and goes on reading what it says until it ends. */
async function listeningUrl(
  child: Deno.ChildProcess,
): Promise<{ url: string; ended: Promise<unknown> }> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const listen = async () => {
    let said = "";
    for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
      said = `${said}${text}`.slice(-10_000);
      const url = /Running on (http:\S+)\n/.exec(said)?.[1];
      if (url !== undefined) resolve(url);
    }
    reject(new Error(`moto's server did not start: ${said}`));
  };
  const ended = Promise.all([listen(), child.status]);
  return { url: await promise, ended };
}
