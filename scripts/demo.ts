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
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

/** Runs a command as a user would, shows it with its output, and gives its standard output. */
async function run(...args: string[]): Promise<string> {
  console.log(`$ s3-credentials ${asTyped(args)}`);
  const { code, stdout, stderr } = await spawn(args);
  const output = `${stderr}${stdout}`.trimEnd();
  if (output !== "") console.log(output);
  if (code !== 0) fail(`the command above ended with ${code}`);
  return stdout;
}

function asTyped(args: string[]): string {
  return args.map((word) => word.replace(`${folder}/`, "")).join(" ");
}

/** Runs a command that must be allowed, or must be refused with a certain error of AWS. */
async function expect(
  ending: "allowed" | "AccessDenied" | "InvalidAccessKeyId",
  ...args: string[]
) {
  const { code, stderr } = await spawn(args);
  const isRight = ending === "allowed" ? code === 0 : code === 1 && stderr.includes(ending);
  console.log(`${isRight ? "✓" : "✗"} ${ending}: s3-credentials ${asTyped(args)}`);
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

  say("What would it take to make a bucket, and a key that can only read it? Nothing is done yet.");
  await run("create", "photos", "--create-bucket", "--read-only", "--dry-run");

  say("Now for real. The key goes to a file.");
  const key = await run("create", "photos", "--create-bucket", "--read-only");
  await Deno.writeTextFile(`${folder}/key.json`, key, { mode: 0o600 });
  await run("whoami", "--auth", `${folder}/key.json`);

  say("The key can read the bucket, and nothing else.");
  await Deno.writeTextFile(`${folder}/cat.jpg`, "meow");
  await run("put-object", "photos", "cat.jpg", `${folder}/cat.jpg`);
  const reader = ["--auth", `${folder}/key.json`];
  await expect("allowed", "list-bucket", "photos", ...reader);
  await expect("allowed", "get-object", "photos", "cat.jpg", ...reader);
  await expect("AccessDenied", "put-object", "photos", "dog.jpg", `${folder}/cat.jpg`, ...reader);
  await expect("AccessDenied", "delete-objects", "photos", "cat.jpg", ...reader);
  await expect("AccessDenied", "set-bucket-policy", "photos", "--allow-all-get", ...reader);
  await expect("AccessDenied", "list-buckets", ...reader);
  await expect("AccessDenied", "list-users", ...reader);

  say("Credentials for 15 minutes, that can only write below one folder.");
  const temporary = await run(
    ...["create", "photos", "--write-only", "--prefix", "inbox/", "--duration", "15m"],
  );
  await Deno.writeTextFile(`${folder}/inbox.json`, temporary, { mode: 0o600 });
  const writer = ["--auth", `${folder}/inbox.json`];
  const cat = `${folder}/cat.jpg`;
  await expect("allowed", "put-object", "photos", "inbox/dog.jpg", cat, ...writer);
  await expect("AccessDenied", "put-object", "photos", "dog.jpg", cat, ...writer);
  await expect("AccessDenied", "get-object", "photos", "inbox/dog.jpg", ...writer);

  say("What can the first key do, by its policies? Without trying it.");
  await run("can", "photos", "--user", "s3.read-only.photos");
  await run(
    ...["can", "photos/cat.jpg", "--user", "s3.read-only.photos", "--action", "s3:DeleteObject"],
    ...["--expect", "denied"],
  );

  say("A key has a life. A second one takes its place, and the old one is deactivated.");
  await run(
    ...["create", "photos", "--read-only", "--username", "course", "--expires", "5d"],
    ...["-o", `${folder}/course.json`],
  );
  await run("list-credentials", "--table");
  await run("rotate", "s3.read-only.photos", "-o", `${folder}/new.json`);
  await expect("allowed", "get-object", "photos", "cat.jpg", "--auth", `${folder}/new.json`);
  await run("rotate", "s3.read-only.photos", "--finish");
  await expect("InvalidAccessKeyId", "get-object", "photos", "cat.jpg", ...reader);
  await run("prune", "--expired", "--orphans", "--dry-run");

  say("Clean up: the users go with their policies and keys, and the keys stop working.");
  await run("delete-user", "s3.read-only.photos", "course");
  await expect(
    ...["InvalidAccessKeyId", "get-object", "photos", "cat.jpg"] as const,
    ...["--auth", `${folder}/new.json`],
  );
  await run("delete-objects", "photos", "cat.jpg", "inbox/dog.jpg");
}
