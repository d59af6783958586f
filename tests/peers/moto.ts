/**
 * Moto's server, with a recorder before it.
 *
 * @module
 */
import { type Call, startRecorder } from "./recorder.ts";
import { awsEnv, cleanEnv, freePort, peerPath } from "./support.ts";

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
  const url = `http://127.0.0.1:${freePort()}`;
  const home = await Deno.makeTempDir();
  const child = new Deno.Command(peerPath("moto_server"), {
    args: ["-H", "127.0.0.1", "-p", new URL(url).port],
    clearEnv: true,
    env: {
      ...cleanEnv(home),
      MOTO_IAM_LOAD_MANAGED_POLICIES: String(options.managedPolicies ?? false),
    },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let hasEnded = false;
  const ended = child.status.then(() => void (hasEnded = true));
  const recorder = startRecorder(url);
  const { calls } = recorder;
  const stop = async () => {
    if (!hasEnded) child.kill();
    await Promise.all([ended, recorder.stop()]);
    await Deno.remove(home, { recursive: true });
  };
  const reset = async () => {
    const answer = await fetch(`${url}/moto-api/reset`, { method: "POST" });
    await answer.body?.cancel();
    if (!answer.ok) throw new Error(`moto answered its reset with ${answer.status}`);
    calls.length = 0;
  };
  const deadline = Date.now() + PATIENCE_MS;
  while (!await reset().then(() => true, () => false)) {
    if (hasEnded || Date.now() > deadline) {
      await stop();
      throw new Error(`moto's server did not start at ${url}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const keys = { accessKeyId: "testing", secretAccessKey: "testing" };
  return { url, env: awsEnv(recorder.url, keys), calls, reset, stop };
}
