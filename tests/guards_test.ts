/**
 * What the library's functions refuse before they send anything.
 */
import assert from "node:assert/strict";
import {
  connect,
  deleteObjects,
  downloadObject,
  getObject,
  getObjects,
  listBuckets,
  listObjects,
  listRoles,
  listUserPolicies,
  putObject,
  putObjects,
} from "@s3creds/cli";
import { connectionOf } from "../lib/aws/connect.ts";
import { BUCKET, type Stage, stage, tree } from "./support/objects.ts";

function account(st: Stage) {
  return connect({ endpointUrl: st.sandbox.url, credentials: st.sandbox.credentials });
}

Deno.test("deleteObjects: refuses a call with neither keys nor a prefix", async () => {
  await using st = await stage();
  for (const key of ["one", "dir/two"]) await st.put(key, key);
  const aws = account(st);
  const sent = st.sandbox.requests.length;
  const choices: unknown[] = [
    ...[{ prefix: "" }, { prefix: undefined }, { prefix: null }, { prefix: ["one"] }, {}],
    ...[{ keys: undefined }, { keys: "one" }, undefined, null, []],
  ];
  for (const choice of choices) {
    await assert.rejects(
      Array.fromAsync(deleteObjects(aws, BUCKET, choice as { prefix: string })),
      {
        code: "usage",
        message: "Invalid choice of objects: expected keys, or a prefix that is not empty",
      },
      JSON.stringify(choice),
    );
  }
  assert.equal(st.sandbox.requests.length, sent, "nothing is sent");
  assert.deepEqual(await Array.fromAsync(deleteObjects(aws, BUCKET, { keys: [] })), []);
  assert.deepEqual([...st.objects().keys()], ["one", "dir/two"]);
  aws.close();
});

const NO_BUCKETS = [
  ...["aaa/../my-bucket", "../my-bucket", "..//my-bucket", "my-bucket/dir", "my-bucket?x="],
  ...["my-bucket#", "aaa/%2e%2e/my-bucket", "my-bucket\\..", "", "..", "s3://my-bucket"],
];

Deno.test("functions for objects: refuse a bucket name that would lead elsewhere", async () => {
  await using st = await stage();
  await st.put("one", "one");
  const aws = account(st);
  const sent = st.sandbox.requests.length;
  for (const name of NO_BUCKETS) {
    const path = st.path("new");
    const calls: [string, () => Promise<unknown>][] = [
      ["bucketAddress", () => connectionOf(aws).bucketAddress(name)],
      ["listObjects", () => Array.fromAsync(listObjects(aws, name))],
      ["deleteObjects", () => Array.fromAsync(deleteObjects(aws, name, { prefix: "o" }))],
      ["getObject", () => getObject(aws, name, "one")],
      ["getObjects", () => Array.fromAsync(getObjects(aws, name, path))],
      ["downloadObject", () => downloadObject(aws, name, "one", path)],
      ["putObject", () => putObject(aws, name, "one", new Blob(["new"]))],
      [
        "putObjects",
        () => Array.fromAsync(putObjects(aws, name, [{ path: "deno.json", key: "one" }])),
      ],
    ];
    for (const [what, call] of calls) {
      await assert.rejects(
        call(),
        { code: "usage", message: /^Invalid bucket name / },
        `${what} of ${name}`,
      );
    }
  }
  assert.equal(st.sandbox.requests.length, sent, "nothing is sent");
  assert.deepEqual(tree(st.directory), {}, "nothing is left");
  assert.equal(st.objects().get("one")!.body.text(), "one");
  aws.close();
});

Deno.test("functions with a concurrency: refuse one that is not a whole number of 1 or more", async () => {
  await using st = await stage();
  await st.put("one", "one");
  const aws = account(st);
  const sent = st.sandbox.requests.length;
  for (const concurrency of [0, -1, NaN, 1.5, Infinity]) {
    const path = st.path("new");
    const options = { concurrency };
    const uploads = [{ path: "deno.json", key: "two" }];
    const calls: Record<string, () => Promise<unknown>> = {
      deleteObjects: () => Array.fromAsync(deleteObjects(aws, BUCKET, { keys: ["one"] }, options)),
      getObjects: () => Array.fromAsync(getObjects(aws, BUCKET, path, options)),
      downloadObject: () => downloadObject(aws, BUCKET, "one", path, options),
      putObject: () => putObject(aws, BUCKET, "two", { path: "deno.json" }, options),
      putObjects: () => Array.fromAsync(putObjects(aws, BUCKET, uploads, options)),
      listUserPolicies: () => Array.fromAsync(listUserPolicies(aws, options)),
      listRoles: () => Array.fromAsync(listRoles(aws, options)),
      listBuckets: () => Array.fromAsync(listBuckets(aws, options)),
    };
    for (const [what, call] of Object.entries(calls)) {
      const message = `Invalid concurrency ${concurrency}: expected a whole number, 1 or more`;
      await assert.rejects(call(), { code: "usage", message }, `${what} with ${concurrency}`);
    }
  }
  assert.equal(st.sandbox.requests.length, sent, "nothing is sent");
  assert.deepEqual(tree(st.directory), {}, "nothing is left");
  aws.close();
});

Deno.test("a key that S3 would not accept: one code, whichever function finds it", async () => {
  await using st = await stage();
  const aws = account(st);
  const path = st.path("new");
  for (const key of ["", "é".repeat(513)]) {
    const calls: Record<string, () => Promise<unknown>> = {
      putObject: () => putObject(aws, BUCKET, key, { path: "deno.json" }),
      getObject: () => getObject(aws, BUCKET, key),
      downloadObject: () => downloadObject(aws, BUCKET, key, path),
    };
    for (const [what, call] of Object.entries(calls)) {
      await assert.rejects(call(), { code: "usage", message: /^Invalid key: / }, what);
    }
    for (
      const results of [
        putObjects(aws, BUCKET, [{ path: "deno.json", key }]),
        getObjects(aws, BUCKET, path, { keys: [key] }),
      ]
    ) {
      const [result] = await Array.fromAsync(results);
      assert.equal(result?.error?.code, "usage");
      assert.match(result.error.message, /Invalid key: /);
    }
  }
  assert.deepEqual(st.sandbox.requests, []);
  assert.deepEqual(tree(st.directory), { new: null });
  aws.close();
});

Deno.test("putObject: what is no content is refused, and a string is not taken for a path", async () => {
  await using st = await stage();
  const aws = account(st);
  // @ts-expect-error: a string could be a path or the content
  await assert.rejects(putObject(aws, BUCKET, "a", "deno.json"), {
    code: "usage",
    message: "Invalid content for an object: string",
    hint: /Pass \{ path \} for a file/,
  });
  for (const content of [null, undefined, 7, {}, { path: 7 }] as unknown[]) {
    await assert.rejects(putObject(aws, BUCKET, "a", content as Blob), { code: "usage" });
  }
  assert.deepEqual(st.sandbox.requests, []);
  aws.close();
});

Deno.test("connect: refuses an endpoint with more than host, port and path, whatever its source", async () => {
  await using st = await stage();
  await st.put("one", "one");
  const { url, credentials, requests } = st.sandbox;
  const sent = requests.length;
  const config = st.path("config");
  for (const suffix of ["#", "?", "/#", "?x", "/?x=y#z"]) {
    await Deno.writeTextFile(config, `[profile odd]\nendpoint_url = ${url}${suffix}\n`);
    const places = {
      "endpointUrl": { endpointUrl: `${url}${suffix}` },
      "AWS_ENDPOINT_URL": { env: (name: string) => variable(name, `${url}${suffix}`) },
      "endpoint_url": {
        profile: "odd",
        env: (name: string) => name === "AWS_CONFIG_FILE" ? config : undefined,
      },
    };
    for (const [source, options] of Object.entries(places)) {
      const aws = connect({ credentials, ...options });
      await assert.rejects(Array.fromAsync(listObjects(aws, BUCKET)), {
        code: "usage",
        message: `${source}: Invalid endpoint URL: it must not have a query or a fragment`,
      });
      aws.close();
    }
  }
  assert.equal(requests.length, sent, "nothing is sent");
});

function variable(name: string, url: string): string | undefined {
  return name === "AWS_ENDPOINT_URL" ? url : undefined;
}

Deno.test("putObjects: refuses paths in place of files with their keys", async () => {
  await using st = await stage();
  const aws = account(st);
  for (const uploads of [["README.md"], "README.md", [{ path: "README.md" }], [null], undefined]) {
    await assert.rejects(
      Array.fromAsync(putObjects(aws, BUCKET, uploads as unknown as [])),
      { code: "usage", message: "Invalid uploads: expected a list of { path, key }" },
      JSON.stringify(uploads),
    );
  }
  assert.equal(st.sandbox.requests.length, 0, "nothing is sent");
  aws.close();
});
