/**
 * A year in the life of twenty keys: random commands, month by month, and a model that says what must
 * come of them. The model shares no code with the program.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Ran } from "./run.ts";

const DAY_MS = 86_400_000;
const USERS = Array.from({ length: 20 }, (_, n) => `user-${String(n).padStart(2, "0")}`);
const UNUSED_DAYS = 120;

/** An account in which a year passes. */
export interface YearStage {
  /** Runs a command; `key` is what `--auth key` names. */
  run(args: string[], key?: string): Promise<Ran>;
  /** The time for the program. */
  now(): number;
  advance(ms: number): void;
  /** The keys of each user with their status, and when they expire. */
  account(): Promise<Record<string, AccountUser>> | Record<string, AccountUser>;
  /** Whether the server's clock moves with ours, it records uses, and it evaluates policies. */
  isComplete: boolean;
}

/** What the model and the account are compared by. */
export interface AccountUser {
  keys: Record<string, "Active" | "Inactive">;
  /** In seconds since 1970. */
  expires?: number;
}

interface ModelKey {
  id: string;
  secret: string;
  isActive: boolean;
  created: number;
  used?: number;
}

interface ModelUser {
  /** The older one first. */
  keys: ModelKey[];
  expires?: number;
  /** What `--finish` has noted. */
  deactivated?: { id: string; time: number; byFinish: boolean };
}

type Random = () => number;

/** A small generator, so that a year can be lived once more. */
function randomFrom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** One year, one seed. Gives how often each kind of step succeeded. */
export async function liveAYear(stage: YearStage, seed: number): Promise<Map<string, number>> {
  const random = randomFrom(seed);
  const model = new Map<string, ModelUser>();
  const done = new Map<string, number>();
  const story: string[] = [];
  const go = async (args: string[], isExpected: boolean, key?: ModelKey): Promise<Ran> => {
    const ran = await stage.run(args, key?.secret);
    story.push(`${args.join(" ")}: ${ran.code}`);
    const told = `seed ${seed}\n${story.slice(-30).join("\n")}\n${ran.stderr}`;
    assert.equal(ran.code, isExpected ? 0 : 1, told);
    const step = args[0] === "rotate" ? `rotate ${args[2] ?? ""}`.trim() : args[0]!;
    if (isExpected) done.set(step, (done.get(step) ?? 0) + 1);
    return ran;
  };
  const steps = stepsOf(stage, model, go, random);
  for (let month = 0; month < 12; month++) {
    for (const name of USERS) {
      const user = model.get(name);
      if (user === undefined) await steps.create(name);
      else await steps.any(name, user);
      stage.advance(60_000);
    }
    stage.advance(30 * DAY_MS);
    if (month % 3 === 2) await steps.prune();
    const told = `seed ${seed}, month ${month}\n${story.slice(-30).join("\n")}`;
    assert.deepEqual(await stage.account(), expected(model), told);
  }
  return done;
}

function expected(model: Map<string, ModelUser>): Record<string, AccountUser> {
  return Object.fromEntries([...model].map(([name, { keys, expires }]) => [name, {
    keys: Object.fromEntries(
      keys.map(({ id, isActive }) => [id, isActive ? "Active" as const : "Inactive" as const]),
    ),
    ...(expires !== undefined && { expires: Math.floor(expires / 1000) }),
  }]));
}

type Go = (args: string[], isExpected: boolean, key?: ModelKey) => Promise<Ran>;

/** The steps of the year: what is run, and what the model says. */
function stepsOf(stage: YearStage, model: Map<string, ModelUser>, go: Go, random: Random) {
  const chance = (probability: number) => random() < probability;
  const newKey = ({ stdout }: Ran, created: number): ModelKey => {
    const id = JSON.parse(stdout).AccessKeyId;
    return { id, secret: stdout, isActive: true, created };
  };

  const isExpired = ({ expires }: ModelUser, now: number) =>
    expires !== undefined && expires <= now;

  async function create(name: string) {
    const days = stage.isComplete && chance(0.4) ? 20 + Math.floor(random() * 200) : undefined;
    const end = days === undefined ? [] : ["--expires", `${days}d`];
    const now = stage.now();
    const ran = await go(["create", "my-bucket", "--username", name, ...end], true);
    const expires = days === undefined ? {} : { expires: now + days * DAY_MS };
    model.set(name, { keys: [newKey(ran, now)], ...expires });
  }

  async function use(user: ModelUser) {
    for (const key of user.keys) {
      if (chance(0.3)) continue;
      const now = stage.now();
      const isExpected = key.isActive && !isExpired(user, now);
      await go(["list-bucket", "my-bucket", "--auth", "key"], isExpected, key);
      // AWS records it too if a policy then refuses the request.
      if (key.isActive) key.used = now;
    }
  }

  async function rotate(name: string, user: ModelUser) {
    const { keys } = user;
    const now = stage.now();
    const ran = await go(["rotate", name], keys.length === 1 && !isExpired(user, now));
    if (ran.code === 0) keys.push(newKey(ran, now));
  }

  async function finish(name: string, user: ModelUser) {
    const now = stage.now();
    const [older, newer] = user.keys;
    const finishing = (isExpected: boolean) => go(["rotate", name, "--finish"], isExpected);
    if (older === undefined) return await finishing(false);
    if (newer === undefined) return await finishing(true);
    if (!newer.isActive) return await finishing(false);
    if (older.isActive) {
      if (older.used !== undefined && older.used > newer.created) return await finishing(false);
      await finishing(true);
      older.isActive = false;
      user.deactivated = { id: older.id, time: now, byFinish: true };
      return;
    }
    const since = user.deactivated?.id === older.id ? user.deactivated.time : undefined;
    if (since === undefined || (older.used !== undefined && older.used > since)) {
      await finishing(true);
      user.deactivated = { id: older.id, time: now, byFinish: false };
    } else if (now < since + DAY_MS) {
      await finishing(false);
    } else {
      await finishing(true);
      user.keys = [newer];
      user.deactivated = undefined;
    }
  }

  async function rollBack(name: string, user: ModelUser) {
    const [older, newer] = user.keys;
    const noted = user.deactivated;
    const byFinish = noted !== undefined && noted.id === older?.id && noted.byFinish &&
      (older!.used === undefined || older!.used <= noted.time);
    const isPossible = newer !== undefined && newer.used === undefined &&
      (older!.isActive || byFinish);
    await go(["rotate", name, "--rollback"], isPossible);
    if (!isPossible) return;
    older!.isActive = true;
    user.keys = [older!];
  }

  /** A key leaks, or somebody takes it for one that does. */
  async function leak(user: ModelUser) {
    const key = user.keys[Math.floor(random() * user.keys.length)];
    if (key === undefined) return;
    if (!key.isActive && chance(0.6)) {
      await go(["enable-key", key.id], true);
      key.isActive = true;
    } else if (chance(0.6)) {
      await go(["disable-key", key.id], true);
      key.isActive = false;
    } else {
      await go(["delete-key", key.id], true);
      user.keys = user.keys.filter((other) => other !== key);
    }
  }

  async function extend(name: string, user: ModelUser) {
    const isForEver = user.expires === undefined || chance(0.3);
    const now = stage.now();
    await go(["extend", name, isForEver ? "never" : "100d"], true);
    user.expires = isForEver ? undefined : now + 100 * DAY_MS;
  }

  return {
    create,
    async any(name: string, user: ModelUser) {
      const dice = random();
      if (stage.isComplete && chance(0.6)) await use(user);
      stage.advance(60_000);
      if (dice < 0.2) await rotate(name, user);
      else if (dice < 0.5) await finish(name, user);
      else if (dice < 0.6) await rollBack(name, user);
      else if (dice < 0.75) await leak(user);
      else if (dice < 0.85) await extend(name, user);
    },
    async prune() {
      const now = stage.now();
      const isOld = ({ used, created }: ModelKey) =>
        (used ?? created) <= now - UNUSED_DAYS * DAY_MS;
      const unused = stage.isComplete ? ["--unused-for", `${UNUSED_DAYS}d`] : [];
      await go(["prune", "--expired", "--orphans", ...unused, "--yes"], true);
      for (const [name, { keys, expires }] of model) {
        const isExpired = expires !== undefined && expires <= now;
        const isUnused = stage.isComplete && keys.length > 0 && keys.every(isOld);
        if (isExpired || isUnused || keys.length === 0) model.delete(name);
      }
    },
  };
}
