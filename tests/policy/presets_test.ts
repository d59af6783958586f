/** Presets: each allows what it lists, and nothing else, on its own keys only. */
import assert from "node:assert/strict";
import {
  evaluate,
  findPreset,
  grantsPolicy,
  lint,
  presetConfiguration,
  presetGrants,
  presets,
} from "@s3creds/cli/policy";
import { planForEmptyAccount } from "@s3creds/cli";
import { allActions, findAction } from "../../lib/policy/actions.ts";
import { NOT_RUN, whyNotRun } from "../../lib/policy/presets/not_run.ts";
import { provePlan } from "../../lib/credentials/planning/proof.ts";

const ACTIONS = allActions("s3").map(({ name }) => name);
const LISTINGS = ["s3:ListBucket", "s3:ListBucketVersions"];

/** The actions of all of S3 that the policy of a preset allows on something. */
function allowedBy(name: string, prefix?: string) {
  const document = grantsPolicy(presetGrants(name, ["my-bucket"], { prefix }));
  const policies = { identity: [{ type: "inline" as const, name, document }] };
  const principal = "arn:aws:iam::123456789012:user/somebody";
  return (resource: string, context = {}) =>
    ACTIONS.filter((action) =>
      evaluate({ principal, action, resource, context }, policies).decision === "allowed"
    ).sort();
}

const BUCKET = "arn:aws:s3:::my-bucket";

for (const { name, bucket, keys, listing = "prefix" } of presets()) {
  const onBucket = Object.keys(bucket).sort();
  const onKeys = Object.keys(keys).sort();
  const unlisted = onBucket.filter((action) => !LISTINGS.includes(action));

  Deno.test(`presets: ${name} allows what it lists, and nothing else`, () => {
    const allowed = allowedBy(name);
    assert.deepEqual(allowed(BUCKET), onBucket);
    assert.deepEqual(allowed(`${BUCKET}/any/key`), onKeys);
    assert.deepEqual(allowed(`${BUCKET}-2`), []);
    assert.deepEqual(allowed(`${BUCKET}-2/any/key`), []);
    assert.deepEqual(allowed("*"), []);
  });

  Deno.test(`presets: ${name} under a prefix keeps to it`, () => {
    const allowed = allowedBy(name, "top/app/");
    const listed = (prefix?: string, delimiter?: string) =>
      allowed(BUCKET, { "s3:prefix": prefix, "s3:delimiter": delimiter });
    const beside = listing === "whole-bucket" ? onBucket : unlisted;
    const above = listing === "prefix" ? unlisted : onBucket;
    assert.deepEqual(allowed(`${BUCKET}/top/app/key`), onKeys);
    for (const key of ["top/other/key", "top/app", "key"]) {
      assert.deepEqual(allowed(`${BUCKET}/${key}`), []);
    }
    assert.deepEqual(listed("top/app/x"), onBucket);
    assert.deepEqual(listed("top/", "/"), above);
    assert.deepEqual(listed("top/app", "/"), above);
    for (const prefix of [undefined, "", "top/", "top/other/"]) {
      assert.deepEqual(listed(prefix), beside);
    }
  });
}

Deno.test("presets: create proves each of them, permanent and temporary", () => {
  for (const { name } of presets()) {
    for (const prefix of [undefined, ["a/", "b/c/"]]) {
      for (const duration of [undefined, 900]) {
        const request = { grants: presetGrants(name, ["my-bucket"], { prefix }), duration };
        provePlan(request, planForEmptyAccount(request));
      }
    }
  }
});

Deno.test("presets: actions that exist, each on its kind of resource, and none of the forbidden", () => {
  for (const { name, bucket, keys } of presets()) {
    for (const [actions, type] of [[bucket, "bucket"], [keys, "object"]] as const) {
      for (const [action, use] of Object.entries(actions)) {
        assert.ok(findAction(action)?.resources.includes(type), `${name}: ${action}`);
        assert.doesNotMatch(action, /\*|ListAllMyBuckets|CreateBucket|DeleteBucket/);
        assert.match(use, /^[a-z].*[^.]$/, `${name}: ${action}`);
      }
    }
    assert.deepEqual(lint(grantsPolicy(presetGrants(name, ["my-bucket"], { prefix: "a/" }))), []);
  }
});

Deno.test("presets: names, dates and addresses are of one form", () => {
  const names = presets().map(({ name }) => name);
  assert.deepEqual(names, names.toSorted());
  assert.equal(new Set(names).size, names.length);
  for (const { name, source, checked } of presets()) {
    assert.match(name, /^[a-z0-9]+(-[a-z0-9]+)*(:[a-z-]+)?$/);
    assert.match(source, /^https:\/\/\S+$/);
    assert.match(checked, /^\d{4}-\d\d-\d\d$/);
  }
});

Deno.test("whyNotRun: has a reason for each preset that is not run, and for no other", () => {
  for (const { name, measured } of presets()) {
    assert.equal(whyNotRun(name) === undefined, measured !== undefined, name);
  }
  const applications = new Set(presets().map(({ name }) => name.split(":")[0]));
  assert.deepEqual(NOT_RUN.filter((name) => !applications.has(name)), []);
});

Deno.test("findPreset: suggests roles, and the nearest names", () => {
  const message = (name: string) => {
    try {
      return findPreset(name).name;
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.equal(message("restic"), "restic");
  assert.match(message("resitc"), /^Unknown preset "resitc" - did you mean restic\?$/);
  assert.match(message("litestream:read"), /did you mean litestream or litestream:restore\?$/);
  assert.match(message("active-storage"), /did you mean rails-active-storage/);
  assert.equal(
    message("nothing-like-it"),
    'Unknown preset "nothing-like-it": `presets` lists them',
  );
  assert.equal(message("__proto__"), 'Unknown preset "__proto__": `presets` lists them');
});

Deno.test("presetConfiguration: names the bucket and the prefix, and nothing is left open", () => {
  for (const { name } of presets()) {
    const whole = presetConfiguration(name, "my-bucket");
    const part = presetConfiguration(name, "my-bucket", { prefix: "top/app/" });
    assert.match(whole, /my-bucket/, name);
    assert.doesNotMatch(whole + part, /\{(bucket|\/?path\/?)\}|AKIA|\t/, name);
    // An application without a setting for it can't be told.
    const isUnsettable = /^(rails|gitlab|loki)/.test(name);
    assert.equal(part.includes("top/app"), !isUnsettable, name);
  }
});

for (const prefix of ["a b/", 'a"/', "a\n/", "a'/", "${x}/", "a*b/", "`id`/", "$(id)/"]) {
  Deno.test(`presetConfiguration: refuses the prefix ${JSON.stringify(prefix)}`, () => {
    assert.throws(() => presetConfiguration("restic", "my-bucket", { prefix }), RangeError);
  });
}
