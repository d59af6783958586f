/**
 * Servers that answer what nobody asked for.
 */
import assert from "node:assert/strict";
import { startSandbox } from "../../lib/sandbox/mod.ts";
import { run } from "../support/run.ts";

const KEYS = { AWS_ACCESS_KEY_ID: "AKIAEXAMPLE", AWS_SECRET_ACCESS_KEY: "example" };

/** A server with fixed pages, the first of which is 1; it tells which keys it was to delete. */
function serveListing(
  pages: readonly string[],
  { deletion = "<DeleteResult/>", next = (number: number) => number + 1 } = {},
) {
  const deleted: string[] = [];
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const query = new URL(request.url).searchParams;
      const text = await request.text();
      const number = Number(query.get("continuation-token") ?? 1);
      for (const [, key] of text.matchAll(/<Key>(.*?)<\/Key>/g)) deleted.push(key!);
      return new Response(request.method === "GET" ? page(pages, number, next(number)) : deletion);
    },
  );
  const env = { ...KEYS, AWS_ENDPOINT_URL: `http://127.0.0.1:${server.addr.port}` };
  return {
    deleted,
    run: (args: string[]) => run(args, { env }),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

function page(pages: readonly string[], number: number, token: number): string {
  const next = number < pages.length
    ? `<IsTruncated>true</IsTruncated><NextContinuationToken>${token}</NextContinuationToken>`
    : "<IsTruncated>false</IsTruncated>";
  return `<ListBucketResult><EncodingType>url</EncodingType>${next}${
    pages[number - 1]
  }</ListBucketResult>`;
}

function contents(...keys: string[]): string {
  return keys.map((key) => `<Contents><Key>${key}</Key><Size>1</Size></Contents>`).join("");
}

const ERROR =
  "Error: Could not list bucket my-bucket: the server lists precious/b, which does not " +
  "start with old/\nNo key of that page is deleted. Check whether a proxy drops the query\n";

Deno.test("delete-objects --prefix: a listing with other keys deletes nothing", async () => {
  await using server = serveListing([contents("old/a", "precious/b")]);
  const args = ["delete-objects", "my-bucket", "--prefix", "old/"];
  for (const more of [[], ["--dry-run"]]) {
    assert.deepEqual(await server.run([...args, ...more]), { code: 1, stdout: "", stderr: ERROR });
  }
  assert.deepEqual(server.deleted, []);
});

Deno.test("delete-objects --prefix: other keys on the second page end the work there", async () => {
  await using server = serveListing([
    contents("old/a", "old/b+c"),
    contents("old/d", "precious/b"),
  ]);
  const ran = await server.run(["delete-objects", "my-bucket", "--prefix", "old/"]);
  assert.deepEqual(ran, { code: 1, stdout: "", stderr: ERROR });
  assert.deepEqual(server.deleted, ["old/a", "old/b c"]);
});

for (
  const [what, key] of [
    ["without a key", ""],
    ["with another spelling of the key", "<Key>a&#xd;b</Key>"],
  ]
) {
  Deno.test(`delete-objects: an error ${what} counts for all that have none of their own`, async () => {
    const error = (key: string) => `<Error>${key}<Code>AccessDenied</Code></Error>`;
    await using server = serveListing(
      [],
      { deletion: `<DeleteResult>${error(key!)}${error("<Key>c</Key>")}</DeleteResult>` },
    );
    const ran = await server.run(["delete-objects", "my-bucket", "a\nb", "c", "d", "-s"]);
    assert.equal(ran.code, 1);
    const [first, hint, second, ...others] = ran.stderr.trimEnd().split("\n");
    assert.match(
      first!,
      /^Error: Could not delete a\\nb and 1 other key: AccessDenied.*\(the server does not say of which key\)/,
    );
    assert.match(hint!, /^The server does not say why\. This takes s3:DeleteObject\./);
    assert.match(second!, /^Error: Could not delete c: AccessDenied/);
    assert.deepEqual(others, []);
  });
}

Deno.test("delete-objects: a request that fails as a whole is one error", async () => {
  await using server = serveListing([], { deletion: "neither XML nor anything else" });
  const keys = Array.from({ length: 1_001 }, (_, number) => `key-${number}`);
  const { code, stderr } = await server.run(["delete-objects", "my-bucket", ...keys, "-s"]);
  assert.equal(code, 1);
  const errors = stderr.match(/^Error: .*$/gm)!.sort();
  assert.deepEqual(errors, [
    "Error: Could not delete key-0 and 999 other keys: the answer could not be understood",
    "Error: Could not delete key-1000: the answer could not be understood",
  ]);
});

for (const args of [["list-bucket"], ["delete-objects", "--prefix", "old/", "-s"]]) {
  Deno.test(`${args[0]}: a listing that repeats itself is an error, and comes to an end`, async () => {
    await using server = serveListing([contents("old/a"), contents("old/b"), ""], {
      next: () => 2,
    });
    const [command = "", ...options] = args;
    const { code, stderr } = await server.run([command, "my-bucket", ...options]);
    assert.equal(
      stderr,
      "Error: Could not list bucket my-bucket: the server repeated a page token\n",
    );
    assert.equal(code, 1);
  });
}

for (
  const [what, page] of [
    ["a key that is not encoded as it says", contents("old/a", "old/b%ZZ")],
    ["a key that is half encoded", contents("old/%E2%82")],
    [
      "a time that is none",
      "<Contents><Key>old/a</Key><LastModified>yesterday</LastModified></Contents>",
    ],
    ["a size that is none", "<Contents><Key>old/a</Key><Size>some</Size></Contents>"],
    ["an element without end", `<Owner${"r".repeat(300_000)}`],
  ] as const
) {
  Deno.test(`a listing that can't be read, ${what}: one clear error, and nothing is deleted`, async () => {
    await using server = serveListing([page]);
    for (
      const args of [["list-bucket", "my-bucket"], [
        "delete-objects",
        "my-bucket",
        "--prefix",
        "old/",
      ]]
    ) {
      const { code, stderr } = await server.run(args);
      assert.equal(code, 1);
      assert.equal(
        stderr,
        "Error: Could not list bucket my-bucket: the answer could not be understood\n" +
          "Check that the endpoint is one of AWS's services, or of a server that speaks as they do\n",
      );
    }
    assert.deepEqual(server.deleted, []);
  });
}

for (
  const args of [
    ["put-object", "my-bucket", "large", "LARGE"],
    ["delete-objects", "my-bucket", "a", "--silent"],
  ]
) {
  Deno.test(`${args[0]}: an answer that can't be read is one clear error`, async () => {
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      async (request) => {
        await request.body?.cancel();
        return new Response("neither XML nor anything else");
      },
    );
    const large = await Deno.makeTempFile();
    await Deno.truncate(large, 9 * 1024 * 1024);
    const env = { ...KEYS, AWS_ENDPOINT_URL: `http://127.0.0.1:${server.addr.port}` };
    const { code, stderr } = await run(args.map((word) => word === "LARGE" ? large : word), {
      env,
    });
    await server.shutdown();
    await Deno.remove(large);
    assert.equal(code, 1);
    assert.match(stderr, /^Error: Could not (put|delete) .+: the answer could not be understood$/m);
    assert.doesNotMatch(stderr, /SyntaxError/);
  });
}

const USER = "<member><UserName>one</UserName></member>";

/** What a server answers each time that it is asked for a listing. */
const ENDLESS: Record<string, { answer: string; what: string }> = {
  "list-users": {
    answer: `<ListUsersResponse><ListUsersResult><Users>${USER}</Users>` +
      "<IsTruncated>true</IsTruncated><Marker>same</Marker></ListUsersResult></ListUsersResponse>",
    what: "list users",
  },
  "list-roles": {
    answer: "<ListRolesResponse><ListRolesResult><Roles/><IsTruncated>true</IsTruncated>" +
      "<Marker>same</Marker></ListRolesResult></ListRolesResponse>",
    what: "list roles",
  },
  "list-buckets": {
    answer: "<ListAllMyBucketsResult><Buckets><Bucket><Name>one</Name></Bucket></Buckets>" +
      "<ContinuationToken>same</ContinuationToken></ListAllMyBucketsResult>",
    what: "list buckets",
  },
};

async function ranAgainst(answer: string, args: string[]) {
  let requests = 0;
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      requests++;
      await request.text();
      return new Response(answer, { headers: { "content-type": "text/xml" } });
    },
  );
  const env = { ...KEYS, AWS_ENDPOINT_URL: `http://127.0.0.1:${server.addr.port}` };
  return { ...await run(args, { env }), requests };
}

for (const [command, { answer, what }] of Object.entries(ENDLESS)) {
  Deno.test(`${command}: a server that gives the same page for ever is not asked for ever`, async () => {
    const { code, stderr, requests } = await ranAgainst(answer, [command, "--nl"]);
    assert.deepEqual({ code, requests }, { code: 1, requests: 2 });
    assert.equal(stderr, `Error: Could not ${what}: the server repeated a page token\n`);
  });
}

for (const document of ["%7Bbroken 100%", "%7Bbroken", "{broken", ""]) {
  Deno.test(`list-roles: a role with the policy ${JSON.stringify(document)}, and one after it`, async () => {
    const role = (name: string, text: string) =>
      `<member><RoleName>${name}</RoleName><AssumeRolePolicyDocument>${text}` +
      "</AssumeRolePolicyDocument></member>";
    const { code, stdout, stderr } = await ranAgainst(
      `<ListRolesResponse><ListRolesResult><Roles>${role("odd", document)}${role("good", "{}")}` +
        "</Roles></ListRolesResult></ListRolesResponse>",
      ["list-roles", "--nl"],
    );
    const problem =
      "Could not read the trust policy of role odd: the answer could not be understood";
    const rows = stdout.trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(code, 1);
    assert.deepEqual(rows.map((row) => [row.RoleName, row.AssumeRolePolicyDocument]), [
      ["odd", { error: problem }],
      ["good", {}],
    ]);
    assert.match(stderr, new RegExp(`^Error: ${problem}\nCheck that the endpoint is .*\n$`));
  });
}

Deno.test("create: an existing user's policy that a server gives unencoded, with a % in it", async () => {
  await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
  await run(["create", "my-bucket", "--username", "one"], { sandbox });
  const policy =
    '{"Statement":[{"Effect":"Deny","Action":"*","Resource":"arn:aws:s3:::b/100%/*"}]}';
  sandbox.fail({
    operation: "GetUserPolicy",
    malformedBody: `<GetUserPolicyResponse><GetUserPolicyResult><PolicyDocument>${policy}` +
      "</PolicyDocument></GetUserPolicyResult></GetUserPolicyResponse>",
  });
  const { code, stderr } = await run(["create", "my-bucket", "--username", "one"], { sandbox });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /Created access key for user: one\n$/);
});
