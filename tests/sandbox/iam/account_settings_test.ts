import assert from "node:assert/strict";
import { startSandbox } from "../../../lib/sandbox/mod.ts";
import { allow, refusal, room, userWithKey } from "../helpers.ts";

Deno.test("account alias: one takes the place of another, and is no other account's", async () => {
  await using r = await room({ accounts: { "444455556666": {} } });
  const { iam } = r;
  const aliases = async () => (await iam.listAccountAliases({})).AccountAliases;
  assert.deepEqual(await aliases(), []);
  await iam.createAccountAlias({ AccountAlias: "acme-dev" });
  await iam.createAccountAlias({ AccountAlias: "acme-test" });
  assert.deepEqual(await aliases(), ["acme-test"]);
  const other = r.iamAs(r.sandbox.accounts["444455556666"]!.credentials);
  const taken = await refusal(other.createAccountAlias({ AccountAlias: "acme-test" }));
  assert.deepEqual([taken.status, taken.code], [409, "EntityAlreadyExists"]);
  await using restored = await startSandbox({ state: r.sandbox.save() });
  assert.equal(restored.account.alias, "acme-test");
  const gone = await refusal(iam.deleteAccountAlias({ AccountAlias: "acme-dev" }));
  assert.deepEqual([gone.status, gone.code], [404, "NoSuchEntity"]);
  await iam.deleteAccountAlias({ AccountAlias: "acme-test" });
  assert.deepEqual(await aliases(), []);
});

for (const AccountAlias of ["ab", "Acme", "-acme", "acme-", "ac--me", "a".repeat(64)]) {
  Deno.test(`CreateAccountAlias: refuses ${AccountAlias}`, async () => {
    await using r = await room();
    const { code } = await refusal(r.iam.createAccountAlias({ AccountAlias }));
    assert.equal(code, "ValidationError");
  });
}

Deno.test("password policy: an update sets what it leaves out to the default", async () => {
  await using r = await room();
  const { iam } = r;
  assert.equal((await refusal(iam.getAccountPasswordPolicy({}))).code, "NoSuchEntity");
  assert.equal((await refusal(iam.deleteAccountPasswordPolicy({}))).code, "NoSuchEntity");
  await iam.updateAccountPasswordPolicy({ MinimumPasswordLength: 12, RequireNumbers: true });
  await iam.updateAccountPasswordPolicy({ MaxPasswordAge: 60, HardExpiry: true });
  const { PasswordPolicy } = await iam.getAccountPasswordPolicy({});
  assert.deepEqual(PasswordPolicy, {
    MinimumPasswordLength: 6,
    RequireSymbols: false,
    RequireNumbers: false,
    RequireUppercaseCharacters: false,
    RequireLowercaseCharacters: false,
    AllowUsersToChangePassword: false,
    ExpirePasswords: true,
    HardExpiry: true,
    MaxPasswordAge: 60,
  });
  const short = await refusal(iam.updateAccountPasswordPolicy({ MinimumPasswordLength: 5 }));
  assert.equal(short.code, "ValidationError");
  await iam.deleteAccountPasswordPolicy({});
  assert.equal((await refusal(iam.getAccountPasswordPolicy({}))).code, "NoSuchEntity");
});

Deno.test("password policy: passwords must be as it says", async () => {
  await using r = await room();
  const { iam } = r;
  const UserName = "admin";
  const refused = async (Password: string) => {
    const { code, message } = await refusal(iam.createLoginProfile({ UserName, Password }));
    assert.equal(code, "PasswordPolicyViolation");
    return message;
  };
  assert.equal(await refused("short-1"), "Password should have a minimum length of 8");
  await iam.updateAccountPasswordPolicy({
    MinimumPasswordLength: 10,
    RequireUppercaseCharacters: true,
    RequireLowercaseCharacters: true,
    RequireNumbers: true,
    RequireSymbols: true,
  });
  assert.match(await refused("Short-1"), /length of 10$/);
  assert.match(await refused("correct-horse-1"), /one uppercase letter$/);
  assert.match(await refused("CORRECT-HORSE-1"), /one lowercase letter$/);
  assert.match(await refused("Correct-horse"), /one number$/);
  assert.match(await refused("Correct1horse"), /one symbol$/);
  await iam.createLoginProfile({ UserName, Password: "Correct-horse-1" });
});

Deno.test("SetSecurityTokenServicePreferences: the account's summary tells the version", async () => {
  await using r = await room();
  const version = async () =>
    (await r.iam.getAccountSummary({})).SummaryMap?.GlobalEndpointTokenVersion;
  assert.equal(await version(), 1);
  await r.iam.setSecurityTokenServicePreferences({ GlobalEndpointTokenVersion: "v2Token" });
  assert.equal(await version(), 2);
});

Deno.test("account settings: each needs its own permission", async () => {
  await using r = await room();
  const { iam } = r;
  const calls: Record<string, (client: typeof iam) => Promise<unknown>> = {
    CreateAccountAlias: (client) => client.createAccountAlias({ AccountAlias: "acme" }),
    ListAccountAliases: (client) => client.listAccountAliases({}),
    DeleteAccountAlias: (client) => client.deleteAccountAlias({ AccountAlias: "acme" }),
    UpdateAccountPasswordPolicy: (client) => client.updateAccountPasswordPolicy({}),
    GetAccountPasswordPolicy: (client) => client.getAccountPasswordPolicy({}),
    DeleteAccountPasswordPolicy: (client) => client.deleteAccountPasswordPolicy({}),
    SetSecurityTokenServicePreferences: (client) =>
      client.setSecurityTokenServicePreferences({ GlobalEndpointTokenVersion: "v1Token" }),
  };
  const nobody = r.iamAs(await userWithKey(iam, "nobody", allow("iam:GetUser")));
  for (const [name, call] of Object.entries(calls)) {
    const denied = await refusal(call(nobody));
    assert.equal(denied.code, "AccessDenied");
    assert.match(denied.message, new RegExp(`iam:${name} `));
    await call(r.iamAs(await userWithKey(iam, name, allow(`iam:${name}`))));
  }
});
