/** `provePlan`: plans that grant what was requested pass, and any that grant more or less don't. */
import assert from "node:assert/strict";
import { type CreatePlan, type CreateRequest, planForEmptyAccount } from "@s3creds/cli";
import { parseGrant, type PolicyDocument } from "@s3creds/cli/policy";
import { grantsBeyond, provePlan } from "../../lib/credentials/planning/proof.ts";
import { allActions } from "../../lib/policy/actions.ts";

const PERMISSIONS = ["read-only", "write-only", "read-write"] as const;

function requests(): CreateRequest[] {
  return PERMISSIONS.flatMap((permission) =>
    [undefined, "reports/", "re"].flatMap((prefix) =>
      [undefined, 900].flatMap((duration) =>
        [["logs"], ["logs", "logs-2", "site"]].map((buckets) => ({
          buckets,
          permission,
          prefix,
          duration,
        }))
      )
    )
  );
}

Deno.test("provePlan: every kind of credentials grants what was requested and nothing else", () => {
  assert.equal(requests().length, 36);
  for (const request of requests()) provePlan(request, planForEmptyAccount(request));
});

Deno.test("provePlan: many buckets, whose policies are merged", () => {
  const buckets = Array.from({ length: 12 }, (_, index) => `bucket-${index}`);
  const request = { buckets, prefix: "a/" };
  const plan = planForEmptyAccount(request);
  assert.equal(plan.steps.filter(({ kind }) => kind === "put-user-policy").length, 1);
  provePlan(request, plan);
});

/** The plan with another policy in the place of the user's or the session's. */
function withPolicy(plan: CreatePlan, change: (text: string) => string): CreatePlan {
  const changed = (policy: PolicyDocument) => JSON.parse(change(JSON.stringify(policy)));
  const steps = plan.steps.map((step) =>
    step.kind === "put-user-policy" || step.kind === "assume-role"
      ? { ...step, policy: changed(step.policy) }
      : step
  );
  return { ...plan, steps };
}

const GRANTS = [
  ["logs:read"],
  ["logs/a/:read", "logs/b/:read-write", "site:put"],
  ["logs/a/:get", "logs/a/b/:put", "logs/a/b/c:delete"],
  ["logs/k:read", "logs/kk:put", "logs/k/:list"],
  ["logs:multipart+versions", "logs/a/:multipart+acl+tag"],
];

Deno.test("provePlan: grants, several prefixes and no deleting", () => {
  for (const duration of [undefined, 900]) {
    for (const texts of GRANTS) {
      const request = { grants: texts.map(parseGrant), duration };
      provePlan(request, planForEmptyAccount(request));
    }
    for (const more of [{ prefix: ["a/", "b", "a/c/"] }, { noDelete: true }]) {
      const request = { buckets: ["logs", "site"], duration, ...more };
      provePlan(request, planForEmptyAccount(request));
    }
  }
});

const GRANT_CHANGES: [name: string, change: (text: string) => string, says: RegExp][] = [
  ["another directory", (text) => text.replace("logs/a/*", "logs/*"), /would allow/],
  ["all that begins like the key", (text) => text.replace("logs/k", "logs/k*"), /would allow/],
  [
    "an action more",
    (text) => text.replace('"s3:PutObject"', '"s3:PutObject","s3:DeleteObject"'),
    /would allow s3:DeleteObject/,
  ],
  ["an action less", (text) => text.replace('"s3:GetObject",', ""), /not allow s3:GetObject/],
  [
    "a listing of everything",
    (text) => text.replace(/,"Condition":.*?\}\}/, ""),
    /allow s3:ListBucket/,
  ],
];

for (const [name, change, says] of GRANT_CHANGES) {
  Deno.test(`provePlan: refuses a plan for grants with ${name}`, () => {
    const request = { grants: ["logs/a/:read", "logs/k:put"].map(parseGrant) };
    const plan = planForEmptyAccount(request);
    const changed = withPolicy(plan, change);
    assert.notDeepEqual(changed, plan);
    assert.throws(() => provePlan(request, changed), { code: "invalid-policy", message: says });
  });
}

const CHANGES: [name: string, change: (text: string) => string, says: RegExp][] = [
  [
    "an action more",
    (text) => text.replace('"s3:GetObject"', '"s3:GetObject","s3:GetObjectVersion"'),
    /would allow s3:GetObjectVersion/,
  ],
  ["an action less", (text) => text.replace('"s3:GetObjectAcl",', ""), /not allow s3:GetObjectAcl/],
  [
    "an action with a wildcard",
    (text) => text.replace('"s3:GetObject"', '"s3:Get*"'),
    /would allow s3:Get/,
  ],
  ["the start of the bucket's name", (text) => text.replaceAll("logs/", "logs*/"), /logs-other/],
  ["another bucket", (text) => text.replaceAll("logs", "log"), /not allow/],
  ["another prefix", (text) => text.replaceAll("reports/*", "report*"), /would allow/],
  [
    "a listing of everything",
    (text) => text.replace(/,"Condition":.*?\}\}/, ""),
    /would allow s3:ListBucket/,
  ],
  ["all resources", (text) => text.replace(/"arn:aws:s3:::logs"/, '"*"'), /would allow/],
];

for (const [name, change, says] of CHANGES) {
  Deno.test(`provePlan: refuses a plan with ${name}`, () => {
    for (const duration of [undefined, 900]) {
      const request = {
        buckets: ["logs"],
        permission: "read-only",
        prefix: "reports/",
        duration,
      } as const;
      const plan = planForEmptyAccount(request);
      const changed = withPolicy(plan, change);
      assert.notDeepEqual(changed, plan);
      assert.throws(() => provePlan(request, changed), { code: "invalid-policy", message: says });
    }
  });
}

Deno.test("provePlan: names each action of S3 that a plan grants too much, however it is written", () => {
  const request = { buckets: ["logs"], prefix: "reports/" };
  const plan = planForEmptyAccount(request);
  const granted = JSON.stringify(plan);
  let tried = 0;
  for (const { name } of allActions("s3")) {
    if (granted.includes(`"${name}"`)) continue;
    const pattern = `${name.slice(0, -1)}?`;
    for (const action of [name, name.toUpperCase(), pattern]) {
      const changed = withPolicy(plan, (text) => text.replace('"s3:PutObject"', `$&,"${action}"`));
      // A pattern may mean others too, one of which is named.
      const named = action === pattern ? "s3:" : `${name} on`;
      const message = new RegExp(`would allow ${named}`);
      assert.throws(() => provePlan(request, changed), { message }, action);
      tried++;
    }
  }
  assert.ok(tried > 3 * 100, String(tried));
});

Deno.test("provePlan: names each action of a grant that a plan denies", () => {
  const request = { buckets: ["logs"], prefix: "reports/" };
  const plan = planForEmptyAccount(request);
  for (const { name } of allActions("s3")) {
    const denial = { Effect: "Deny", Action: name.toLowerCase(), Resource: "*" };
    const changed = withPolicy(plan, (text) => text.replace("[{", `[${JSON.stringify(denial)},{`));
    assert.notDeepEqual(changed, plan);
    const prove = () => provePlan(request, changed);
    if (JSON.stringify(plan).includes(`"${name}"`)) {
      assert.throws(prove, { message: new RegExp(`would not allow ${name} on`) });
    } else {
      prove();
    }
  }
});

Deno.test("provePlan: refuses a boundary that leaves too little", () => {
  const request = { buckets: ["logs"] };
  const plan = planForEmptyAccount(request);
  const steps = plan.steps.map((step) =>
    step.kind === "create-user"
      ? { ...step, permissionsBoundary: "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess" }
      : step
  );
  assert.throws(() => provePlan(request, { ...plan, steps }), {
    message: /not allow s3:PutObject/,
  });
});

Deno.test("grantsBeyond: other services and other buckets of a custom policy", () => {
  const beyond = (
    Action: string | string[],
    Resource: string,
    more: Partial<CreateRequest> = {},
  ) => {
    const request = {
      buckets: ["logs"],
      statements: [{ Effect: "Allow", Action, Resource }],
      ...more,
    };
    return grantsBeyond(request, planForEmptyAccount(request));
  };
  assert.deepEqual(beyond("s3:GetObject", "arn:aws:s3:::logs/*"), []);
  assert.deepEqual(beyond("textract:*", "*"), ["The custom policy also allows textract:*"]);
  assert.deepEqual(beyond(["a:A", "b:B", "c:C", "d:D"], "*"), [
    "The custom policy also allows a:A, b:B, c:C and more",
  ]);
  assert.deepEqual(beyond("s3:GetObject", "*"), [
    "The custom policy also allows actions of S3 on other buckets, such as s3:GetObject",
  ]);
  assert.deepEqual(beyond("*", "*").slice(0, 1), [
    "The custom policy also allows all actions of all services",
  ]);
  assert.deepEqual(beyond("*", "arn:aws:s3:::logs/*"), []);
  assert.match(
    beyond("*", "*", { duration: 900 }).join(),
    /^The custom policy also allows actions of S3/,
  );
  const notAction = {
    buckets: ["logs"],
    statements: [{ Effect: "Allow", NotAction: ["iam:*", "sts:*"], Resource: "*" }],
  };
  assert.deepEqual(grantsBeyond(notAction, planForEmptyAccount(notAction)).slice(0, 1), [
    "The custom policy also allows all actions but iam:*, sts:*",
  ]);
  assert.deepEqual(beyond("textract:*", "*", { duration: 900 }), []);
  assert.deepEqual(
    grantsBeyond({ buckets: ["logs"] }, planForEmptyAccount({ buckets: ["logs"] })),
    [],
  );
});
