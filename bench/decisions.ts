/**
 * How many decisions a second the policy engine makes about a user with ten managed policies, and how
 * many the sandbox does, which reads the policies of its account for each: `deno run -A bench/decisions.ts`.
 *
 * CPU time is what counts on a machine that others keep busy.
 *
 * @module
 */
// deno-lint-ignore-file no-console
import process from "node:process";
import { CreatePolicyCommand, CreateUserCommand, IAMClient } from "@aws-sdk/client-iam";
import { AttachUserPolicyCommand } from "@aws-sdk/client-iam";
import { type AccessRequest, evaluate, type PolicyDocument } from "../lib/policy/mod.ts";
import { authorize } from "../lib/sandbox/auth/authorize.ts";
import { startSandbox } from "../lib/sandbox/mod.ts";

const USER = "arn:aws:iam::123456789012:user/alice";

/** Ten policies of the kind that people write: several statements, wildcards, variables, conditions. */
const DOCUMENTS: PolicyDocument[] = Array.from({ length: 10 }, (_, index): PolicyDocument => ({
  Version: "2012-10-17",
  Statement: [
    {
      Sid: "List",
      Effect: "Allow",
      Action: ["s3:ListBucket", "s3:GetBucketLocation"],
      Resource: `arn:aws:s3:::team-${index}`,
      Condition: { StringLike: { "s3:prefix": ["shared/*", "home/${aws:username}/*"] } },
    },
    {
      Sid: "Read",
      Effect: "Allow",
      Action: "s3:Get*",
      Resource: [`arn:aws:s3:::team-${index}/shared/*`, `arn:aws:s3:::team-${index}/*/public/*`],
    },
    {
      Sid: "Own",
      Effect: "Allow",
      Action: ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
      Resource: `arn:aws:s3:::team-${index}/home/\${aws:username}/*`,
    },
    {
      Sid: "NoHttp",
      Effect: "Deny",
      Action: "s3:*",
      Resource: `arn:aws:s3:::team-${index}/secret/*`,
      Condition: { Bool: { "aws:SecureTransport": "false" } },
    },
  ],
}));

const CONTEXT = { "aws:SecureTransport": "true", "aws:SourceIp": "203.0.113.7" };
const QUESTIONS: Pick<AccessRequest, "action" | "resource" | "context">[] = [
  { action: "s3:GetObject", resource: "arn:aws:s3:::team-7/shared/2026/report.csv" },
  { action: "s3:PutObject", resource: "arn:aws:s3:::team-3/home/alice/plan.txt" },
  { action: "s3:PutObject", resource: "arn:aws:s3:::team-3/home/bob/plan.txt" },
  { action: "s3:DeleteObject", resource: "arn:aws:s3:::elsewhere/shared/report.csv" },
  { action: "iam:CreateUser", resource: "arn:aws:iam::123456789012:user/bob" },
  {
    action: "s3:ListBucket",
    resource: "arn:aws:s3:::team-9",
    context: { "s3:prefix": "home/alice/2026" },
  },
  { action: "s3:GetObject", resource: "arn:aws:s3:::team-5/secret/a/public/b" },
  { action: "s3:GetObjectAcl", resource: "arn:aws:s3:::team-5/private/a/b/c/d/e/f" },
];

interface Figure {
  perWallSecond: number;
  perCpuSecond: number;
}

async function measure(count: number, decide: (index: number) => unknown): Promise<Figure> {
  for (let index = 0; index < count / 5; index++) await decide(index);
  const cpu = process.cpuUsage();
  const started = performance.now();
  for (let index = 0; index < count; index++) {
    const answer = decide(index);
    if (answer instanceof Promise) await answer;
  }
  const wallSeconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { perWallSecond: count / wallSeconds, perCpuSecond: count / ((user + system) / 1e6) };
}

function show(what: string, { perWallSecond, perCpuSecond }: Figure): void {
  const round = (figure: number) => Math.round(figure).toLocaleString("en-US").padStart(9);
  console.log(
    `${what.padEnd(42)} ${round(perCpuSecond)} a CPU second ${round(perWallSecond)} a second`,
  );
}

const identity = DOCUMENTS.map((document, index) => ({
  type: "attached" as const,
  name: `team-${index}`,
  document,
}));
const requests = QUESTIONS.map((question) => ({
  ...question,
  principal: USER,
  context: { ...CONTEXT, ...question.context },
}));
show(
  "evaluate",
  await measure(1_000_000, (index) => evaluate(requests[index % requests.length]!, { identity })),
);
for (const request of requests) {
  const { decision } = evaluate(request, { identity });
  const figure = await measure(200_000, () => evaluate(request, { identity }));
  show(`  ${request.action}, ${decision}`, figure);
}

await using sandbox = await startSandbox();
const iam = new IAMClient({
  endpoint: sandbox.url,
  region: sandbox.region,
  credentials: sandbox.credentials,
});
await iam.send(new CreateUserCommand({ UserName: "alice" }));
for (const { name, document } of identity) {
  const PolicyDocument = JSON.stringify(document);
  const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: name, PolicyDocument }));
  await iam.send(new AttachUserPolicyCommand({ UserName: "alice", PolicyArn: Policy!.Arn! }));
}
iam.destroy();
const [user] = [...sandbox.account.users.values()].filter(({ userName }) => userName === "alice");
const caller = { type: "user" as const, accessKeyId: "none", user: user! };
show(
  "the sandbox, policies read from its account",
  await measure(200_000, (index) => {
    const { action, resource, context } = requests[index % requests.length]!;
    return authorize(
      { action, resource },
      caller,
      sandbox.account,
      context as Record<string, string>,
    );
  }),
);
