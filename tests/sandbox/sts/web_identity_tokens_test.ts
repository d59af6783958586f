/** Which tokens are refused: by time, form, signature and issuer. */
import assert from "node:assert/strict";
import { refusal } from "../helpers.ts";
import { type Claims, claimsOf, signingKey, startIssuer, unsignedToken } from "./tokens.ts";
import { assume, GITHUB, keysOf, PROVIDER, READ, roomWithRole, token } from "./web_identity.ts";

Deno.test("AssumeRoleWithWebIdentity: times count by the sandbox's clock, with five minutes to spare", async () => {
  await using r = await roomWithRole();
  const now = 1_800_000_000;
  r.sandbox.clock.set(new Date(now * 1000));
  const at = (times: Claims) => assume(r, token(times));
  await at({ iat: now - 3600, exp: now - 200 });
  await at({ iat: now + 200, exp: now + 3600 });
  const expired = await refusal(at({ iat: now - 3600, exp: now - 300 }));
  assert.deepEqual([expired.status, expired.code], [400, "ExpiredTokenException"]);
  assert.match(
    expired.message,
    /^Token expired: current date\/time 18000000\d\d must be before the expiration date\/time1799999700$/,
  );
  for (const early of [{ iat: now + 400 }, { iat: now, nbf: now + 400 }]) {
    const found = await refusal(at({ exp: now + 3600, ...early }));
    assert.deepEqual([found.status, found.code], [400, "InvalidIdentityToken"]);
    assert.match(found.message, /^Token is not valid yet/);
  }
});

const NOT_A_TOKEN =
  /^The ID Token provided is not a valid JWT\. \(You may see this error if you sent an Access Token\)$/;

for (
  const [name, text, code, message] of [
    ["what is no token", "not.a.token", "InvalidIdentityToken", NOT_A_TOKEN],
    [
      "a token without signature",
      `${token().split(".").slice(0, 2).join(".")}.`,
      "InvalidIdentityToken",
      NOT_A_TOKEN,
    ],
    [
      "the algorithm none",
      unsignedToken(claimsOf(GITHUB), { alg: "none" }),
      "InvalidIdentityToken",
      /algorithm none/,
    ],
    [
      "an issuer that is no provider",
      token({ iss: "https://example.com" }),
      "InvalidIdentityToken",
      /^No OpenIDConnect provider found in your account for https:\/\/example\.com$/,
    ],
    [
      "an audience that is no client id",
      token({ aud: "other" }),
      "InvalidIdentityToken",
      /^Incorrect token audience$/,
    ],
    [
      "an authorized party that is no client id",
      token({ azp: "other" }),
      "InvalidIdentityToken",
      /^Incorrect token audience$/,
    ],
    ...["iss", "sub", "aud", "exp", "iat"].map((claim) =>
      [
        `a token without ${claim}`,
        token({ [claim]: undefined }),
        "InvalidIdentityToken",
        new RegExp(`^Missing a required claim: ${claim}$`),
      ] as const
    ),
    [
      "a session tag with two values",
      token({ "https://aws.amazon.com/tags": { principal_tags: { team: ["a", "b"] } } }),
      "InvalidIdentityToken",
      /^Not a single text in the claim https:\/\/aws\.amazon\.com\/tags$/,
    ],
    [
      "a source identity of one character",
      token({ "https://aws.amazon.com/source_identity": "x" }),
      "ValidationError",
      /'sourceIdentity' .* or equal to 2$/,
    ],
  ] as const
) {
  Deno.test(`AssumeRoleWithWebIdentity: refuses ${name}`, async () => {
    await using r = await roomWithRole();
    const found = await refusal(assume(r, text));
    assert.deepEqual([found.status, found.code], [400, code]);
    assert.match(found.message, message);
    assert.equal(r.sandbox.account.sessions.size, 0);
  });
}

Deno.test("AssumeRoleWithWebIdentity: refuses the ProviderId of OAuth 2.0", async () => {
  await using r = await roomWithRole();
  const found = await refusal(assume(r, token(), { ProviderId: "www.amazon.com" }));
  assert.match(found.message, /does not support the parameter ProviderId/);
});

for (const algorithm of ["RS256", "ES256", "ES384"] as const) {
  Deno.test(`AssumeRoleWithWebIdentity: an issuer on this machine signs with ${algorithm}`, async () => {
    const [key, other] = await Promise.all([
      signingKey("one", algorithm),
      signingKey("one", algorithm),
    ]);
    await using issuer = await startIssuer([(await signingKey("zero")).jwk, key.jwk]);
    await using r = await roomWithRole({ url: issuer.url });
    const claims = claimsOf(issuer.url);
    const good = await key.sign(claims);
    await r.s3As(keysOf(await assume(r, good))).getObject(READ);
    const [header, , signature] = good.split(".");
    const [, payload] = (await key.sign({ ...claims, sub: "me" })).split(".");
    for (const forged of [await other.sign(claims), `${header}.${payload}.${signature}`]) {
      assert.deepEqual(await refusal(assume(r, forged)), {
        status: 400,
        code: "InvalidIdentityToken",
        message: "The signature of the token is not that of its issuer",
      });
    }
    assert.equal(r.sandbox.account.sessions.size, 1);
  });
}

const KEY_NOT_FOUND = {
  status: 400,
  code: "InvalidIdentityToken",
  message: "Couldn't retrieve verification key from your identity provider,  please reference " +
    "AssumeRoleWithWebIdentity documentation for requirements",
};

Deno.test("AssumeRoleWithWebIdentity: an issuer on this machine must have the key, and be there", async () => {
  const key = await signingKey("one");
  await using issuer = await startIssuer([key.jwk]);
  await using r = await roomWithRole({ url: issuer.url });
  const claims = claimsOf(issuer.url);
  const unknown = assume(r, await key.sign(claims, { kid: "two" }));
  assert.deepEqual(await refusal(unknown), KEY_NOT_FOUND);
  const good = await key.sign(claims);
  issuer.keysAt = "https://example.com/keys";
  assert.deepEqual(await refusal(assume(r, good)), KEY_NOT_FOUND);
  issuer.keysAt = `${issuer.url}/elsewhere`;
  assert.deepEqual(await refusal(assume(r, good)), KEY_NOT_FOUND);
  issuer.keysAt = undefined;
  await assume(r, good);
  await issuer.close();
  const gone = await refusal(assume(r, good));
  assert.deepEqual([gone.status, gone.code], [400, "IDPCommunicationError"]);
  assert.ok(gone.message.includes(issuer.url));
});

Deno.test("AssumeRoleWithWebIdentity: a test can give a provider its keys", async () => {
  await using r = await roomWithRole();
  const [key, other] = await Promise.all([signingKey("one"), signingKey("one")]);
  r.sandbox.account.oidcProviders.get(PROVIDER)!.signingKeys = [key.jwk];
  await assume(r, await key.sign(claimsOf(GITHUB)));
  const forged = await refusal(assume(r, await other.sign(claimsOf(GITHUB))));
  assert.equal(forged.code, "InvalidIdentityToken");
});
