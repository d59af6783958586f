/**
 * Every command that calls a server has its turn on moto, one after the other in one account; after
 * each, boto3 finds that what it says has changed, and nothing else. A command without a turn fails
 * the test.
 */
import assert from "node:assert/strict";
import { COMMANDS_WITHOUT_AWS } from "../../lib/cli/policies/command_permissions.ts";
import { commandsInHelp } from "../support/help.ts";
import { tree } from "../support/objects.ts";
import { type Account, AccountReader, type Document, grants } from "./account.ts";
import { startLocalServer } from "./local_server.ts";
import { type Moto, startMoto } from "./moto.ts";
import { type BucketState, type Held, held } from "./object_stage.ts";
import { PythonProcess } from "./python_process.ts";
import { sessions } from "./recorder.ts";
import { OWN_POLICY } from "./samples.ts";
import { assertHolds, type Expected } from "./steps.ts";
import { awsEnv, CLI, hasPeers, peerTest, type Ran, runCli, runPeer } from "./support.ts";

let moto: Moto;
let accounts: AccountReader;
let buckets: PythonProcess;
let folder: string;

Deno.test.beforeAll(async () => {
  if (!hasPeers) return;
  folder = await Deno.makeTempDir();
  await Deno.mkdir(`${folder}/site`);
  await Deno.writeTextFile(`${folder}/site/index.html`, "<p>");
  moto = await startMoto({ managedPolicies: true });
  accounts = new AccountReader();
  buckets = new PythonProcess("buckets.py", moto.env);
});
Deno.test.afterAll(async () => {
  await Promise.all([moto?.stop(), accounts?.close(), buckets?.close()]);
  if (folder !== undefined) await Deno.remove(folder, { recursive: true });
});

/** The whole account, and what the bucket `one` holds once it is there. */
type State = Account & { objects: Record<string, Held> };

async function stateNow(): Promise<State> {
  const [account] = await accounts.read(moto.url);
  if (account!.buckets.one === undefined) return { ...account!, objects: {} };
  const found = await buckets.ask(JSON.stringify({ do: "read", bucket: "one" })) as BucketState;
  assert.deepEqual(found.uploads, []);
  return { ...account!, objects: found.objects };
}

interface Turn {
  /** The words after the command's name; FOLDER is a folder with a file in `site`. */
  line: string;
  stdin?: string;
  /** Runs it where it does not end by itself. */
  run?(args: string[]): Promise<Ran>;
  stdout: Expected;
  stderr?: Expected;
  /** Changes the state before into the one that must come of it. */
  changes?(state: State): void;
  /** What else must be so. */
  check?(): void;
}

const USER = "arn:aws:sts::123456789012:user/moto";
const ROLE = "s3-credentials.AmazonS3FullAccess";
const OPEN = {
  BlockPublicAcls: false,
  IgnorePublicAcls: false,
  BlockPublicPolicy: false,
  RestrictPublicBuckets: false,
};
const CLOSED = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};
const POLICY: Document = JSON.parse(OWN_POLICY.replaceAll("$!BUCKET_NAME!$", "one"));
const PUBLIC_POLICY = {
  Version: "2012-10-17",
  Statement: [{
    Sid: "AllowAllGetObject",
    Effect: "Allow",
    Principal: "*",
    Action: ["s3:GetObject"],
    Resource: ["arn:aws:s3:::one/*"],
  }],
};
const CORS = [{ ID: "set-by-s3-credentials", AllowedMethods: ["PUT"], AllowedOrigins: ["*"] }];

/** Gives the words of the aws CLI to whom it asks with the credentials that are served. */
async function whoIsServed(args: string[]): Promise<Ran> {
  const server = await startLocalServer(
    Deno.execPath(),
    ["run", "-A", CLI, "localserver", ...args],
    moto.env,
  );
  const served = await (await fetch(server.url)).json();
  const caller = await runPeer("aws", ["sts", "get-caller-identity"], {
    env: awsEnv(moto.url, {
      accessKeyId: served.AccessKeyId,
      secretAccessKey: served.SecretAccessKey,
      sessionToken: served.SessionToken,
    }),
  });
  const { code, stderr } = await server.stop();
  return { ...caller, code: code || caller.code, stderr };
}

/** Runs a command about the user's oldest key, whose id only the account knows. */
function aboutTheKey(command: string): () => Promise<Ran> {
  return async () => {
    const listed = await runCli(["list-credentials", "--user", "ida"], { env: moto.env });
    const [{ AccessKeyId }] = JSON.parse(listed.stdout);
    return await runCli([command, AccessKeyId], { env: moto.env });
  };
}

const TURNS: Record<string, Turn> = {
  "create": {
    line: `one -c --username ida --policy ${OWN_POLICY}`,
    stdout: { json: { UserName: "ida", Status: "Active" } },
    stderr: /^Created bucket: one\n.+\n.+\nCreated access key for user: ida\n$/,
    changes(state) {
      const policies = { "s3.custom.one": POLICY };
      state.users.ida = { path: "/", keys: ["Active"], policies, attached: [] };
      const nothing = { policy: null, publicAccessBlock: null, website: null, cors: null };
      state.buckets.one = { region: null, ...nothing };
    },
  },
  "whoami": { line: "", stdout: { json: { Arn: USER } } },
  "list-users": { line: "", stdout: { json: [{ UserName: "ida", Path: "/" }] } },
  "list-user-policies": {
    line: "ida",
    stdout: `User: ida\nPolicyName: s3.custom.one\n${JSON.stringify(POLICY, null, 4)}\n`,
  },
  "localserver": {
    line: "one --duration 15m --read-only --port 0",
    run: whoIsServed,
    stdout: { json: { Arn: `arn:aws:sts::123456789012:assumed-role/${ROLE}/s3.read-only.one` } },
    stderr: /\nStopped\n$/,
    check() {
      const [session, ...others] = sessions(moto.calls);
      assert.deepEqual([session!.DurationSeconds, others], ["900", []]);
      assert.deepEqual(grants(session!.Policy as Document), [
        "Allow s3:ListBucket s3:GetBucketLocation on arn:aws:s3:::one",
        "Allow s3:GetObject s3:GetObjectAcl s3:GetObjectLegalHold s3:GetObjectRetention " +
        "s3:GetObjectTagging on arn:aws:s3:::one/*",
      ]);
    },
    changes(state) {
      const Principal = { AWS: "arn:aws:iam::123456789012:root" };
      state.roles[ROLE] = {
        path: "/",
        description:
          "For the s3-credentials tool: temporary credentials, narrowed down to single " +
          "buckets by a session policy",
        trust: {
          Version: "2012-10-17",
          Statement: [{ Effect: "Allow", Principal, Action: "sts:AssumeRole" }],
        },
        maxSessionDuration: 43_200,
        policies: [],
        attached: ["arn:aws:iam::aws:policy/AmazonS3FullAccess"],
      };
    },
  },
  "exec": {
    line: "one -d 15m --write-only -- aws sts get-caller-identity",
    stdout: { json: { Arn: `arn:aws:sts::123456789012:assumed-role/${ROLE}/s3.write-only.one` } },
  },
  "list-roles": {
    line: "--details",
    stdout: {
      json: [{
        RoleName: ROLE,
        inline_policies: [],
        attached_policies: [{ PolicyName: "AmazonS3FullAccess", PolicyVersion: {} }],
      }],
    },
  },
  "list-buckets": {
    line: "--details",
    stdout: { json: [{ Name: "one", region: "us-east-1", bucket_website: null }] },
  },
  "set-public-access-block": {
    line: "one --allow-public-access",
    stdout: "",
    changes: ({ buckets }) => buckets.one!.publicAccessBlock = OPEN,
  },
  "get-public-access-block": { line: "one", stdout: `${JSON.stringify(OPEN, null, 4)}\n` },
  "set-bucket-policy": {
    line: "one --allow-all-get",
    stdout: "",
    changes: ({ buckets }) => buckets.one!.policy = PUBLIC_POLICY,
  },
  "get-bucket-policy": { line: "one", stdout: `${JSON.stringify(PUBLIC_POLICY, null, 4)}\n` },
  "set-cors-policy": {
    line: "one --allowed-method PUT",
    stdout: "",
    changes: ({ buckets }) => buckets.one!.cors = CORS,
  },
  "get-cors-policy": { line: "one", stdout: `${JSON.stringify(CORS, null, 4)}\n` },
  "debug-bucket": { line: "one", stdout: /^Bucket ACL:\n[^]+\n\nPublic\.\n.+policy/ },
  "make-private": {
    line: "one",
    stdout: /^Before: Public\. .+\nNow: Not public: .+\n$/,
    changes({ buckets }) {
      buckets.one!.policy = null;
      buckets.one!.publicAccessBlock = CLOSED;
    },
  },
  "make-public": {
    line: "one",
    stdout: /^Before: Not public: .+\nNow: Public\. .+\n$/,
    changes({ buckets }) {
      buckets.one!.policy = PUBLIC_POLICY;
      const opened = { BlockPublicPolicy: false, RestrictPublicBuckets: false };
      buckets.one!.publicAccessBlock = { ...CLOSED, ...opened };
    },
  },
  "put-object": {
    line: "one hello.txt -",
    stdin: "hello",
    stdout: "",
    stderr: /^Uploaded .+\n$/,
    changes: ({ objects }) => objects["hello.txt"] = held("hello", "text/plain"),
  },
  "put-objects": {
    line: "one FOLDER/site --prefix web",
    stdout: "",
    stderr: /^Uploaded .+\n$/,
    changes: ({ objects }) => objects["web/site/index.html"] = held("<p>", "text/html"),
  },
  "list-bucket": {
    line: "one",
    stdout: { json: [{ Key: "hello.txt", Size: 5 }, { Key: "web/site/index.html", Size: 3 }] },
  },
  "get-object": { line: "one hello.txt", stdout: "hello" },
  "presign": {
    line: "one hello.txt",
    stdout: /^http:\/\/127\.0\.0\.1:\d+\/one\/hello\.txt\?X-Amz-\S+\n$/,
  },
  "get-objects": {
    line: "one --pattern *.html -o FOLDER/out",
    stdout: "",
    stderr: "",
    check() {
      const file = { "web/site/index.html": "<p>" };
      assert.deepEqual(tree(`${folder}/out`), { "web": null, "web/site": null, ...file });
    },
  },
  "delete-objects": {
    line: "one --prefix web/",
    stdout: "",
    stderr: "Deleting 1 object from one\n",
    changes: ({ objects }) => delete objects["web/site/index.html"],
  },
  "can": {
    line: "one/hello.txt --user ida --action s3:GetObject --json",
    stdout: { json: [{ action: "s3:GetObject", resource: "arn:aws:s3:::one/hello.txt" }] },
  },
  "list-credentials": {
    line: "--all",
    stdout: { json: [{ UserName: "ida", Status: "Active" }] },
  },
  "disable-key": {
    line: "",
    run: aboutTheKey("disable-key"),
    stdout: "",
    changes: ({ users }) => users.ida!.keys = ["Inactive"],
  },
  "enable-key": {
    line: "",
    run: aboutTheKey("enable-key"),
    stdout: "",
    changes: ({ users }) => users.ida!.keys = ["Active"],
  },
  "rotate": {
    line: "ida",
    stdout: { json: { UserName: "ida", Status: "Active" } },
    changes: ({ users }) => users.ida!.keys = ["Active", "Active"],
  },
  "delete-key": {
    line: "",
    run: aboutTheKey("delete-key"),
    stdout: "",
    changes: ({ users }) => users.ida!.keys = ["Active"],
  },
  "delete-bucket": {
    line: "one --force --yes",
    stdout: "",
    stderr: /^Deleted bucket: one \(\d+ objects?\)\n$/,
    changes(state) {
      delete state.buckets.one;
      state.objects = {};
    },
  },
  "prune": { line: "--expired --dry-run", stdout: "" },
  "extend": { line: "ida never", stdout: "" },
  "revoke-sessions": {
    line: "",
    stdout: "",
    changes: ({ roles }) => roles[ROLE]!.policies = ["s3-credentials.revoke-sessions"],
  },
  "delete-user": {
    line: "ida",
    stdout: /^User: ida\n[^]+\n {2}Deleted user\n$/,
    changes: ({ users }) => delete users.ida,
  },
};

for (const [command, turn] of Object.entries(TURNS)) {
  const line = `${command} ${turn.line.replace(OWN_POLICY, "{…}")}`.trimEnd();
  peerTest(`moto, every command: ${line}`, async () => {
    const expected = await stateNow();
    turn.changes?.(expected);
    const args = turn.line.split(" ").filter((word) => word !== "")
      .map((word) => word.replace("FOLDER", folder));
    const ran = turn.run === undefined
      ? await runCli([command, ...args], { env: moto.env, stdin: turn.stdin })
      : await turn.run(args);
    assert.equal(ran.code, 0, ran.stderr);
    assertHolds(ran.stdout, turn.stdout);
    if (turn.stderr !== undefined) assertHolds(ran.stderr, turn.stderr);
    turn.check?.();
    assert.deepEqual(await stateNow(), expected);
  });
}

Deno.test("moto, every command: each that calls a server has its turn", async () => {
  const commands = await commandsInHelp();
  const calling = commands.filter((name) => !COMMANDS_WITHOUT_AWS.includes(name));
  assert.deepEqual(Object.keys(TURNS).sort(), calling.sort());
});
