/**
 * `deno task demo`: a tour of the tool by its real commands, in a sandbox. Every step is checked, and
 * the tour ends non-zero if one does not do what it says.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import { S3 } from "@aws-sdk/client-s3";
import process from "node:process";
import { type AuthCredentials, parseAuthFile } from "../mod.ts";

const CLI = `${import.meta.dirname}/../cli.ts`;
const TOUR = "tour";

if (Deno.args[0] !== TOUR) {
  // Once more, this time inside `s3-credentials sandbox -- COMMAND`.
  const deno = Deno.execPath();
  const { code } = await new Deno.Command(deno, {
    args: ["run", "-A", CLI, "sandbox", "--", deno, "run", "-A", import.meta.filename!, TOUR],
  }).spawn().status;
  Deno.exit(code);
}

let step = 0;
function say(text: string): void {
  console.log(`\n${++step}. ${text}\n`);
}

function fail(what: string): never {
  console.log(`\nThe tour failed: ${what}`);
  Deno.exit(1);
}

/** Runs a command as a user would, shows it with its output, and gives its standard output. */
async function run(...args: string[]): Promise<string> {
  const shown = args.map((word) => word.startsWith(folder) ? word.slice(folder.length + 1) : word);
  console.log(`$ s3-credentials ${shown.join(" ")}`);
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", CLI, ...args],
  }).output();
  const [data, messages] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
  console.log(`${messages}${data}`.trimEnd());
  if (code !== 0) fail(`the command above ended with ${code}`);
  return data!;
}

function clientFor(credentials: AuthCredentials): S3 {
  return new S3({
    endpoint: process.env.AWS_ENDPOINT_URL!,
    region: process.env.AWS_REGION!,
    forcePathStyle: true,
    credentials,
  });
}

/** Makes a call and checks that it ends as it must: `allowed`, or with AWS's error code. */
async function expect(
  ending: string,
  what: string,
  call: () => Promise<unknown>,
): Promise<void> {
  const result = await call().then(() => "allowed", (error: Error) => error.name);
  console.log(`   ${result === ending ? "✓" : "✗"} ${what}: ${result}`);
  if (result !== ending) fail(`expected ${ending}`);
}

const began = performance.now();
const folder = await Deno.makeTempDir();
const admin = clientFor({
  accessKeyId: process.env.AWS_ACCESS_KEY_ID!,
  secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY!,
});
try {
  await tour();
} finally {
  await Deno.remove(folder, { recursive: true });
}
const seconds = ((performance.now() - began) / 1000).toFixed(1);
console.log(`\nAll ${step} steps did what they said, in ${seconds} s. No AWS account was touched.`);
Deno.exit(0);

async function tour(): Promise<void> {
  say("A sandbox is running: IAM, STS and S3 in memory, which check signatures and policies.");
  await run("whoami");

  say("What would it take to make a bucket, and a key that can only read it? Nothing is done yet.");
  await run("create", "photos", "--create-bucket", "--read-only", "--dry-run");

  say("Now for real. The key goes to a file.");
  const key = await run("create", "photos", "--create-bucket", "--read-only");
  await Deno.writeTextFile(`${folder}/key.json`, key, { mode: 0o600 });
  await run("whoami", "--auth", `${folder}/key.json`);

  say("The key can read the bucket, and nothing else.");
  await admin.putObject({ Bucket: "photos", Key: "cat.jpg", Body: "meow" });
  const reader = clientFor(parseAuthFile(key));
  const photo = { Bucket: "photos", Key: "cat.jpg" };
  await expect("allowed", "list photos", () => reader.listObjectsV2({ Bucket: "photos" }));
  await expect("allowed", "get photos/cat.jpg", () => reader.getObject(photo));
  await expect(
    "AccessDenied",
    "put photos/cat.jpg",
    () => reader.putObject({ ...photo, Body: "woof" }),
  );
  await expect("AccessDenied", "delete photos/cat.jpg", () => reader.deleteObject(photo));
  await expect(
    "AccessDenied",
    "delete the bucket",
    () => reader.deleteBucket({ Bucket: "photos" }),
  );
  await expect("AccessDenied", "list all buckets", () => reader.listBuckets());

  say("Credentials for 15 minutes, that can only write below one folder.");
  const temporary = await run(
    ...["create", "photos", "--write-only", "--prefix", "inbox/", "--duration", "15m"],
  );
  const writer = clientFor(parseAuthFile(temporary));
  const put = (Key: string) => () => writer.putObject({ Bucket: "photos", Key, Body: "woof" });
  await expect("allowed", "put photos/inbox/dog.jpg", put("inbox/dog.jpg"));
  await expect("AccessDenied", "put photos/dog.jpg", put("dog.jpg"));
  await expect(
    "AccessDenied",
    "get photos/inbox/dog.jpg",
    () => writer.getObject({ Bucket: "photos", Key: "inbox/dog.jpg" }),
  );

  say("Clean up: the user goes with its policy and its key, and the key stops working.");
  await run("delete-user", "s3.read-only.photos");
  await expect("InvalidAccessKeyId", "get photos/cat.jpg", () => reader.getObject(photo));
  for (const Key of ["cat.jpg", "inbox/dog.jpg"]) {
    await admin.deleteObject({ Bucket: "photos", Key });
  }
  await expect(
    "allowed",
    "delete the bucket, as administrator",
    () => admin.deleteBucket({ Bucket: "photos" }),
  );
}
