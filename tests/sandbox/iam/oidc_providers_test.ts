import assert from "node:assert/strict";
import { startSandbox } from "../../../lib/sandbox/mod.ts";
import { allow, refusal, room, userWithKey } from "../helpers.ts";

const Url = "https://token.actions.githubusercontent.com";
const ARN = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com";
const Arn = { OpenIDConnectProviderArn: ARN };
const THUMBPRINT = "6938fd4d98bab03faadb97b34396831e3780aea1";

Deno.test("CreateOpenIDConnectProvider: what was given is returned by Get, and listed", async () => {
  await using r = await room();
  const created = await r.iam.createOpenIDConnectProvider({
    Url,
    ClientIDList: ["sts.amazonaws.com", "other", "other"],
    ThumbprintList: [THUMBPRINT],
    Tags: [{ Key: "team", Value: "a" }],
  });
  assert.equal(created.OpenIDConnectProviderArn, ARN);
  assert.deepEqual(created.Tags, [{ Key: "team", Value: "a" }]);
  await r.iam.createOpenIDConnectProvider({ Url: "https://example.com/realms/a" });
  const { $metadata: _, CreateDate, ...found } = await r.iam.getOpenIDConnectProvider(Arn);
  assert.deepEqual(found, {
    Url: "token.actions.githubusercontent.com",
    ClientIDList: ["sts.amazonaws.com", "other"],
    ThumbprintList: [THUMBPRINT],
    Tags: [{ Key: "team", Value: "a" }],
  });
  assert.ok(CreateDate instanceof Date);
  const { OpenIDConnectProviderList } = await r.iam.listOpenIDConnectProviders({});
  assert.deepEqual(OpenIDConnectProviderList, [
    { Arn: "arn:aws:iam::123456789012:oidc-provider/example.com/realms/a" },
    { Arn: ARN },
  ]);
});

Deno.test("AddClientIDToOpenIDConnectProvider, Remove: add and remove once, and don't mind again", async () => {
  await using r = await room();
  await r.iam.createOpenIDConnectProvider({ Url });
  const clientIds = async () => (await r.iam.getOpenIDConnectProvider(Arn)).ClientIDList;
  for (let time = 0; time < 2; time++) {
    await r.iam.addClientIDToOpenIDConnectProvider({ ...Arn, ClientID: "a" });
    assert.deepEqual(await clientIds(), ["a"]);
  }
  for (let time = 0; time < 2; time++) {
    await r.iam.removeClientIDFromOpenIDConnectProvider({ ...Arn, ClientID: "a" });
    assert.deepEqual(await clientIds() ?? [], []);
  }
});

Deno.test("UpdateOpenIDConnectProviderThumbprint: replaces the thumbprints", async () => {
  await using r = await room();
  await r.iam.createOpenIDConnectProvider({ Url, ThumbprintList: [THUMBPRINT] });
  const ThumbprintList = ["0".repeat(40), "1".repeat(40)];
  await r.iam.updateOpenIDConnectProviderThumbprint({ ...Arn, ThumbprintList });
  const found = await r.iam.getOpenIDConnectProvider(Arn);
  assert.deepEqual(found.ThumbprintList, ThumbprintList);
});

Deno.test("TagOpenIDConnectProvider, Untag, List: tags of a provider", async () => {
  await using r = await room();
  await r.iam.createOpenIDConnectProvider({ Url, Tags: [{ Key: "a", Value: "1" }] });
  const Tags = [{ Key: "a", Value: "2" }, { Key: "b", Value: "3" }];
  await r.iam.tagOpenIDConnectProvider({ ...Arn, Tags });
  const first = await r.iam.listOpenIDConnectProviderTags({ ...Arn, MaxItems: 1 });
  assert.deepEqual([first.Tags, first.IsTruncated], [[{ Key: "a", Value: "2" }], true]);
  await r.iam.untagOpenIDConnectProvider({ ...Arn, TagKeys: ["a"] });
  const rest = await r.iam.listOpenIDConnectProviderTags(Arn);
  assert.deepEqual(rest.Tags, [{ Key: "b", Value: "3" }]);
});

Deno.test("DeleteOpenIDConnectProvider: deletes, once", async () => {
  await using r = await room();
  await r.iam.createOpenIDConnectProvider({ Url });
  await r.iam.deleteOpenIDConnectProvider(Arn);
  assert.deepEqual(r.sandbox.snapshot().oidcProviders, []);
  const gone = await refusal(r.iam.deleteOpenIDConnectProvider(Arn));
  assert.deepEqual([gone.status, gone.code], [404, "NoSuchEntity"]);
});

Deno.test("oidc providers: each call takes its permission, on the provider", async () => {
  await using r = await room();
  const mine = "arn:aws:iam::123456789012:oidc-provider/mine.example.com";
  const keys = await userWithKey(r.iam, "joe", allow("iam:*OpenIDConnect*", mine));
  const iam = r.iamAs(keys);
  const own = { OpenIDConnectProviderArn: mine };
  await iam.createOpenIDConnectProvider({ Url: "https://mine.example.com" });
  await iam.addClientIDToOpenIDConnectProvider({ ...own, ClientID: "a" });
  await iam.tagOpenIDConnectProvider({ ...own, Tags: [{ Key: "a", Value: "1" }] });
  await iam.getOpenIDConnectProvider(own);
  await r.iam.createOpenIDConnectProvider({ Url });
  const before = r.sandbox.snapshot();
  const list = { ThumbprintList: [THUMBPRINT] };
  for (
    const call of [
      () => iam.createOpenIDConnectProvider({ Url: "https://other.example.com" }),
      () => iam.getOpenIDConnectProvider(Arn),
      () => iam.deleteOpenIDConnectProvider(Arn),
      () => iam.addClientIDToOpenIDConnectProvider({ ...Arn, ClientID: "a" }),
      () => iam.removeClientIDFromOpenIDConnectProvider({ ...Arn, ClientID: "a" }),
      () => iam.updateOpenIDConnectProviderThumbprint({ ...Arn, ...list }),
      () => iam.tagOpenIDConnectProvider({ ...Arn, Tags: [{ Key: "a", Value: "1" }] }),
      () => iam.untagOpenIDConnectProvider({ ...Arn, TagKeys: ["a"] }),
      () => iam.listOpenIDConnectProviderTags(Arn),
      () => iam.listOpenIDConnectProviders({}),
    ]
  ) assert.equal((await refusal(call())).code, "AccessDenied");
  assert.deepEqual(r.sandbox.snapshot(), before);
});

Deno.test("oidc providers: a condition can ask for the tags of a provider", async () => {
  await using r = await room();
  const keys = await userWithKey(r.iam, "joe", {
    Version: "2012-10-17",
    Statement: {
      Effect: "Allow",
      Action: "iam:GetOpenIDConnectProvider",
      Resource: "*",
      Condition: { StringEquals: { "aws:ResourceTag/team": "a" } },
    },
  });
  await r.iam.createOpenIDConnectProvider({ Url });
  assert.equal((await refusal(r.iamAs(keys).getOpenIDConnectProvider(Arn))).code, "AccessDenied");
  await r.iam.tagOpenIDConnectProvider({ ...Arn, Tags: [{ Key: "team", Value: "a" }] });
  await r.iamAs(keys).getOpenIDConnectProvider(Arn);
});

Deno.test("oidc providers: are a part of the saved state", async () => {
  await using r = await room();
  await r.iam.createOpenIDConnectProvider({ Url, ClientIDList: ["a"] });
  await using restored = await startSandbox({ state: r.sandbox.save() });
  assert.deepEqual(restored.snapshot().oidcProviders, r.sandbox.snapshot().oidcProviders);
  assert.equal(restored.snapshot().oidcProviders.length, 1);
});

const many = (count: number) => Array.from({ length: count }, (_, index) => `client-${index}`);

for (
  const [name, input, status, code, message] of [
    [
      "a URL that is there",
      {},
      409,
      "EntityAlreadyExists",
      /^Provider with url https:.* exists\.$/,
    ],
    ["http", { Url: "http://example.com" }, 400, "ValidationError", /Connect Provider URL$/],
    ["a port", { Url: "https://example.com:8443" }, 400, "ValidationError", /Provider URL$/],
    ["a query", { Url: "https://example.com/?a=b" }, 400, "ValidationError", /Provider URL$/],
    ["no host", { Url: "https://" }, 400, "ValidationError", /Provider URL$/],
    [
      "256 characters",
      { Url: `https://example.com/${"x".repeat(236)}` },
      400,
      "ValidationError",
      /'url' .* less than or equal to 255$/,
    ],
    [
      "101 client ids",
      { ClientIDList: many(101) },
      409,
      "LimitExceeded",
      /IdConnectProvider: 100$/,
    ],
    [
      "a thumbprint of 39 characters",
      { ThumbprintList: ["0".repeat(39)] },
      400,
      "ValidationError",
      /greater than or equal to 40$/,
    ],
    [
      "six thumbprints",
      { ThumbprintList: many(6).map(() => THUMBPRINT) },
      400,
      "InvalidInput",
      /fewer than 5 entries/,
    ],
  ] as const
) {
  Deno.test(`CreateOpenIDConnectProvider: refuses ${name}`, async () => {
    await using r = await room();
    if (name === "a URL that is there") await r.iam.createOpenIDConnectProvider({ Url });
    const before = r.sandbox.snapshot();
    const found = await refusal(
      r.iam.createOpenIDConnectProvider({ Url, ...input } as { Url: string }),
    );
    assert.deepEqual([found.status, found.code], [status, code]);
    assert.match(found.message, message);
    assert.deepEqual(r.sandbox.snapshot(), before);
  });
}

Deno.test("oidc providers: one that is not there is NoSuchEntity", async () => {
  await using r = await room();
  for (
    const call of [
      r.iam.getOpenIDConnectProvider(Arn),
      r.iam.addClientIDToOpenIDConnectProvider({ ...Arn, ClientID: "a" }),
      r.iam.tagOpenIDConnectProvider({ ...Arn, Tags: [] }),
    ]
  ) {
    assert.deepEqual(await refusal(call), {
      status: 404,
      code: "NoSuchEntity",
      message: `OpenIDConnect Provider not found for arn ${ARN}`,
    });
  }
});
