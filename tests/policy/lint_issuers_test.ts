/** `lint` on trust in issuers of tokens that many organizations share. */
import assert from "node:assert/strict";
import { lint } from "@s3creds/cli/policy";

const GITHUB = "token.actions.githubusercontent.com";

function trust(issuer: string, Condition?: unknown, Effect = "Allow") {
  const Federated = `arn:aws:iam::123456789012:oidc-provider/${issuer}`;
  const Action = "sts:AssumeRoleWithWebIdentity";
  const statement = {
    Effect,
    Principal: { Federated },
    Action,
    ...(Condition ? { Condition } : {}),
  };
  return { Version: "2012-10-17", Statement: [statement] };
}

function found(issuer: string, Condition?: unknown, Effect?: string) {
  return lint(trust(issuer, Condition, Effect))
    .filter(({ code }) => code === "shared-issuer")
    .map(({ level, path }) => [level, path]);
}

const PROVIDER = "Statement[0].Principal.Federated";
const NONE: unknown[] = [];
const error = (path: string) => [["error", path]];
const warning = (path: string) => [["warning", path]];
const like = (issuer: string, sub: unknown, operator = "StringLike") => ({
  [operator]: { [`${issuer}:sub`]: sub },
});
const at = (operator = "StringLike", claim = "sub", index = "") =>
  `Statement[0].Condition.${operator}.${GITHUB}:${claim}${index}`;

const AUDIENCE = { StringEquals: { [`${GITHUB}:aud`]: "sts.amazonaws.com" } };

const CASES: [name: string, condition: unknown, expected: unknown[]][] = [
  ["no condition", undefined, error(PROVIDER)],
  ["the audience alone", AUDIENCE, error(PROVIDER)],
  ["any subject", like(GITHUB, "*"), error(at())],
  ["any subject, exactly", like(GITHUB, "*", "StringEquals"), error(at("StringEquals"))],
  [
    "a subject that may be missing",
    like(GITHUB, "repo:o/r:*", "StringLikeIfExists"),
    error(PROVIDER),
  ],
  ["a subject that it is not", like(GITHUB, "repo:o/r:x", "StringNotEquals"), error(PROVIDER)],
  ["all of no subjects", like(GITHUB, "repo:o/r:*", "ForAllValues:StringLike"), error(PROVIDER)],
  ["any repository", like(GITHUB, "repo:*"), warning(at())],
  ["any organization", like(GITHUB, "repo:*/my-repo:ref:refs/heads/main"), warning(at())],
  ["organizations that begin alike", like(GITHUB, "repo:my-org*"), warning(at())],
  ["any repository's branch", like(GITHUB, "*:ref:refs/heads/main"), warning(at())],
  ["one of two", like(GITHUB, ["repo:o/r:*", "repo:*"]), warning(at("StringLike", "sub", "[1]"))],
  [
    "any workflow",
    { StringLike: { [`${GITHUB}:job_workflow_ref`]: "*/w.yml@*" } },
    warning(
      at("StringLike", "job_workflow_ref"),
    ),
  ],
  ["an organization", like(GITHUB, "repo:my-org/*"), NONE],
  ["an organization by its number", like(GITHUB, "repository_owner_id:42:*"), NONE],
  ["a branch", like(GITHUB, "repo:my-org/my-repo:ref:refs/heads/main", "StringEquals"), NONE],
  ["a subject for any value", like(GITHUB, "repo:o/r:*", "ForAnyValue:StringLike"), NONE],
  [
    "a key in other letters",
    { StringLike: { [`${GITHUB.toUpperCase()}:SUB`]: "repo:o/r:*" } },
    NONE,
  ],
  ["a workflow", { StringLike: { [`${GITHUB}:job_workflow_ref`]: "my-org/r/.github/*" } }, NONE],
  ["two tests, of which one is narrow", {
    ...like(GITHUB, "repo:my-org/r:*", "StringLike"),
    ...like(GITHUB, "*", "StringEquals"),
  }, NONE],
];

for (const [name, condition, expected] of CASES) {
  Deno.test(`lint: trust in GitHub with ${name}`, () => {
    assert.deepEqual(found(GITHUB, condition), expected);
  });
}

Deno.test("lint: trust in other shared issuers, each by its own claim", () => {
  for (
    const [issuer, value] of [
      ["gitlab.com", "project_path:my-group/*"],
      ["app.terraform.io", "organization:my-org:*"],
      ["agent.buildkite.com", "organization:my-org:*"],
    ] as const
  ) {
    assert.deepEqual(found(issuer), error(PROVIDER));
    assert.deepEqual(found(issuer, like(issuer, value)), NONE);
    assert.equal(found(issuer, like(issuer, value.replace(/my-\w+/, "*")))[0]?.[0], "warning");
  }
  const pulumi = "api.pulumi.com/oidc";
  assert.deepEqual(found(pulumi, like(pulumi, "pulumi:deploy:org:x")), error(PROVIDER));
  assert.deepEqual(found(pulumi, { StringEquals: { [`${pulumi}:aud`]: "my-org" } }), NONE);
  assert.equal(found(pulumi, { StringLike: { [`${pulumi}:aud`]: "my*" } })[0]?.[0], "warning");
});

Deno.test("lint: an issuer of one organization, and a denial, need no condition", () => {
  for (
    const issuer of [
      "oidc.circleci.com/org/11111111-2222-3333-4444-555555555555",
      "api.bitbucket.org/2.0/workspaces/my-workspace/pipelines-config/identity/oidc",
      "oidc.eks.eu-west-1.amazonaws.com/id/0123456789ABCDEF",
    ]
  ) assert.deepEqual(found(issuer), NONE);
  assert.deepEqual(found(GITHUB, undefined, "Deny"), NONE);
});
