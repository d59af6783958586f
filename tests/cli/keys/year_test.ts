/**
 * A year in the life of twenty keys, by the commands alone: it ends in the account that the model says.
 */
import assert from "node:assert/strict";
import { startSandbox } from "../../../lib/sandbox/mod.ts";
import { run } from "../../support/run.ts";
import { type AccountUser, liveAYear } from "../../support/year.ts";

const YEARS = Number(Deno.env.get("S3CREDS_RUNS") ?? 1);

Deno.test("a year in the life of twenty keys ends in the account that the model says", async () => {
  const done = new Map<string, number>();
  for (let seed = 1; seed <= YEARS; seed++) {
    await using sandbox = await startSandbox({ buckets: ["my-bucket"] });
    // Nobody's business: without tags of this tool, unused and without a key.
    await run(["create", "my-bucket", "--username", "others", "--no-own-tags"], { sandbox });
    sandbox.account.users.get("others")!.accessKeys.clear();
    // It stands still while a command runs, so that the command and the model count from the same second.
    let now = sandbox.clock.now();
    const counts = await liveAYear({
      isComplete: true,
      now: () => +now,
      advance(ms) {
        sandbox.clock.advance(ms);
        now = sandbox.clock.now();
      },
      run: (args, key) => run(args, { sandbox, now: () => now, ...(key && { files: { key } }) }),
      account() {
        const users = [...sandbox.account.users.values()].filter(({ userName }) =>
          userName !== "admin" && userName !== "others"
        );
        return Object.fromEntries(users.map(({ userName, accessKeys, inlinePolicies }) => {
          const text = inlinePolicies.get("s3-credentials.expires");
          const [, time] = /"aws:CurrentTime":"([^"]+)"/.exec(text ?? "") ?? [];
          const keys = Object.fromEntries([...accessKeys.values()].map((key) => [
            key.accessKeyId,
            key.status,
          ]));
          const user: AccountUser = { keys };
          if (time !== undefined) user.expires = Date.parse(time) / 1000;
          return [userName, user];
        }));
      },
    }, seed);
    assert.ok(sandbox.account.users.has("others") && sandbox.account.users.has("admin"));
    for (const [step, count] of counts) done.set(step, (done.get(step) ?? 0) + count);
  }
  for (
    const step of [
      ...["create", "list-bucket", "rotate", "rotate --finish", "rotate --rollback", "extend"],
      ...["disable-key", "enable-key", "delete-key", "prune"],
    ]
  ) assert.ok((done.get(step) ?? 0) > 0, `${step}: ${JSON.stringify([...done])}`);
});
