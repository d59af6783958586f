/**
 * `deno task demo`: a tour of the tool by its real commands, in a sandbox. Every step is checked, and
 * the tour ends non-zero if one does not do what it says.
 *
 * @module
 */
// deno-lint-ignore-file no-console

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

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

async function spawn(args: string[]): Promise<Outcome> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", CLI, ...args],
    cwd: folder,
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

/** Runs a command as a user would, and shows it with its output. */
async function run(...args: string[]): Promise<void> {
  console.log(`$ s3-credentials ${args.join(" ")}`);
  const { code, stdout, stderr } = await spawn(args);
  const output = `${stderr}${stdout}`.trimEnd();
  if (output !== "") console.log(output);
  if (code !== 0) fail(`the command above ended with ${code}`);
}

/** Runs a command that must be allowed, or must be refused with a certain error of AWS. */
async function expect(
  ending: "allowed" | "AccessDenied" | "InvalidAccessKeyId",
  ...args: string[]
) {
  const { code, stderr } = await spawn(args);
  const isRight = ending === "allowed" ? code === 0 : code === 1 && stderr.includes(ending);
  console.log(`${isRight ? "✓" : "✗"} ${ending}: s3-credentials ${args.join(" ")}`);
  if (!isRight) fail(`that should have been ${ending}; it ended with ${code}\n${stderr}`);
}

const began = performance.now();
const folder = await Deno.makeTempDir();
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

  say("What does it take to create a bucket, and a key that can only read it? A dry run shows it.");
  await run("create", "photos", "--create-bucket", "--read-only", "--dry-run");

  say("Now for real. The key goes to a file that only you can read.");
  await run("create", "photos", "--create-bucket", "--read-only", "-o", "key.json");
  await run("whoami", "--auth", "key.json");

  say("The key can read the bucket, and nothing else.");
  await Deno.writeTextFile(`${folder}/cat.jpg`, "meow");
  await run("put-object", "photos", "cat.jpg", "cat.jpg");
  const reader = ["--auth", "key.json"];
  await expect("allowed", "list-bucket", "photos", ...reader);
  await expect("allowed", "get-object", "photos", "cat.jpg", ...reader);
  await expect("AccessDenied", "put-object", "photos", "dog.jpg", "cat.jpg", ...reader);
  await expect("AccessDenied", "delete-objects", "photos", "cat.jpg", ...reader);
  await expect("AccessDenied", "set-bucket-policy", "photos", "--allow-all-get", ...reader);
  await expect("AccessDenied", "list-buckets", ...reader);
  await expect("AccessDenied", "list-users", ...reader);

  say("Credentials for 15 minutes that can only write, and only below one directory.");
  await run(
    ...["create", "photos", "--write-only", "--prefix", "inbox/", "--duration", "15m"],
    ...["-o", "inbox.json"],
  );
  const writer = ["--auth", "inbox.json"];
  await expect("allowed", "put-object", "photos", "inbox/dog.jpg", "cat.jpg", ...writer);
  await expect("AccessDenied", "put-object", "photos", "dog.jpg", "cat.jpg", ...writer);
  await expect("AccessDenied", "get-object", "photos", "inbox/dog.jpg", ...writer);

  say("What can the first key do? Its policies say so; nothing is tried.");
  await run("can", "photos", "--user", "s3.read-only.photos");
  await run(
    ...["can", "photos/cat.jpg", "--user", "s3.read-only.photos", "--action", "s3:DeleteObject"],
    ...["--expect", "denied"],
  );

  say("Keys come to an end: one expires in five days, the other is replaced by a second one.");
  await run(
    ...["create", "photos", "--read-only", "--username", "course", "--expires", "5d"],
    ...["-o", "course.json"],
  );
  await run("list-credentials", "--table");
  await run("rotate", "s3.read-only.photos", "-o", "new.json");
  await expect("allowed", "get-object", "photos", "cat.jpg", "--auth", "new.json");
  await run("rotate", "s3.read-only.photos", "--finish");
  await expect("InvalidAccessKeyId", "get-object", "photos", "cat.jpg", ...reader);
  await run("prune", "--expired", "--orphans", "--dry-run");

  say("Clean up: the users go with their policies and keys, and the keys stop working.");
  await run("delete-user", "s3.read-only.photos", "course");
  await expect("InvalidAccessKeyId", "get-object", "photos", "cat.jpg", "--auth", "new.json");
  await run("delete-objects", "photos", "cat.jpg", "inbox/dog.jpg");
}
