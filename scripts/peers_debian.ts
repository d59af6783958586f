/**
 * Gets what Debian has as packages: pgBackRest, for which it makes a database to back up, and Active
 * Storage of Ruby on Rails with its Ruby. Nothing is installed in the system.
 *
 * @module
 */
import { join } from "node:path";
import { directoryFrom, type Got } from "./peers_clients.ts";
import { run } from "./peers.ts";

/** Debian has one version a release; this one knows PostgreSQL up to 15. */
const PGBACKREST = "pgbackrest=2.45-1";
/** Where Debian has the program, and elsewhere the path leads to it. */
const INITDB = ["/usr/lib/postgresql/15/bin/initdb", "initdb"];

/**
 * Active Storage and what it needs, apart from libraries of C that every Debian has. They are not
 * pinned, since what repairs a weakness takes the place of the version before; `check.rb` looks.
 */
const ACTIVE_STORAGE = (
  "libruby3.1 racc rake ruby-actionpack ruby-actionview ruby-activejob ruby-activemodel " +
  "ruby-activerecord ruby-activestorage ruby-activesupport ruby-aws-eventstream " +
  "ruby-aws-partitions ruby-aws-sdk-core ruby-aws-sdk-kms ruby-aws-sdk-s3 ruby-aws-sigv4 " +
  "ruby-builder ruby-concurrent ruby-crass ruby-erubi ruby-globalid ruby-i18n ruby-jmespath " +
  "ruby-loofah ruby-marcel ruby-mini-mime ruby-mini-portile2 ruby-minitest ruby-nokogiri " +
  "ruby-pkg-config ruby-rack ruby-rack-test ruby-rails-deprecated-sanitizer " +
  "ruby-rails-dom-testing ruby-rails-html-sanitizer ruby-rubygems ruby-tzinfo ruby-zeitwerk " +
  "ruby3.1 rubygems-integration "
).trim().split(" ");
const ACTIVE_STORAGE_CHECK = `
require "active_support/all"
require "action_dispatch"
require "active_storage"
require "aws-sdk-s3"
found = [ActiveStorage.version, Aws::S3::GEM_VERSION].join(" ")
abort "it is of the versions #{found}" unless found == "6.1.7.10 1.117.2"
`;
/** Ruby looks where the packages would be if they were installed. */
const RUBY = `#!/bin/sh
here=$(dirname "$0")
libraries=$(echo "$here"/usr/lib/*-linux-*)
export LD_LIBRARY_PATH="$libraries"
export GEM_PATH="$here/usr/share/rubygems-integration/all:$libraries/rubygems-integration/3.1.0"
export RUBYLIB="$here/usr/lib/ruby/3.1.0:$libraries/ruby/3.1.0:$here/usr/lib/ruby/vendor_ruby:$libraries/ruby/vendor_ruby/3.1.0"
exec "$here/usr/bin/ruby3.1" --disable-did_you_mean "$@"
`;

/**
 * Makes sure that there is a directory with the program (`usr/bin/pgbackrest`) and the files of a
 * database (`data`).
 *
 * @param say called with what takes time
 */
export async function installPgBackRest(say: (line: string) => void): Promise<Got> {
  const initdb = await findInitdb();
  if (initdb === undefined) return { missing: "initdb of PostgreSQL does not run" };
  return await directoryFrom("pgbackrest", { version: PGBACKREST }, async (directory) => {
    say("Getting pgBackRest");
    const steps = [...unpack([PGBACKREST]), ["usr/bin/pgbackrest", "version"]];
    return await inTurn(steps, directory) ?? await makeDatabase(initdb, join(directory, "data"));
  });
}

/** Makes sure that there is a directory with `ruby`, which finds Active Storage and the AWS SDK. */
export async function installActiveStorage(say: (line: string) => void): Promise<Got> {
  const files = {
    "ruby": RUBY,
    "packages": ACTIVE_STORAGE.join("\n"),
    "check.rb": ACTIVE_STORAGE_CHECK,
  };
  return await directoryFrom("active-storage", files, async (directory) => {
    say("Getting Active Storage");
    return await inTurn([...unpack(ACTIVE_STORAGE), ["sh", "ruby", "check.rb"]], directory);
  });
}

/** Gets packages and unpacks them into the working directory. A new machine has no list of them yet. */
function unpack(packages: readonly string[]): string[][] {
  return [
    ...(Deno.uid() === 0 ? [["apt-get", "update", "-qq"]] : []),
    ["apt-get", "download", "-qq", ...packages],
    ["sh", "-c", 'for file in *.deb; do dpkg -x "$file" . || exit; done; rm *.deb'],
  ];
}

async function findInitdb(): Promise<string | undefined> {
  for (const program of INITDB) {
    if ((await run(program, ["--version"])).problem === undefined) return program;
  }
}

/** PostgreSQL refuses to run as root. */
async function makeDatabase(initdb: string, target: string): Promise<string | undefined> {
  const directory = await Deno.makeTempDir();
  try {
    const make = [initdb, "--no-sync", "--no-locale", "--wal-segsize=1", directory];
    const isRoot = Deno.uid() === 0;
    return await inTurn([
      ...(isRoot ? [["chown", "nobody", directory]] : []),
      isRoot ? ["setpriv", "--reuid", "nobody", "--clear-groups", ...make] : make,
      ["cp", "-R", directory, target],
    ], directory);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Runs programs until one says what went wrong. */
async function inTurn(steps: string[][], directory: string): Promise<string | undefined> {
  for (const [program = "", ...args] of steps) {
    const { problem } = await run(program, args, directory);
    if (problem !== undefined) return `${program}: ${problem}`;
  }
}
