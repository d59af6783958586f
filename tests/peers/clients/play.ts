/**
 * Runs a client through all scenes, and tells what came of each operation.
 *
 * @module
 */
import assert from "node:assert/strict";
import type { Sandbox } from "../../../lib/sandbox/mod.ts";
import {
  openStage,
  type Operation,
  SCENE_NAMES,
  type SceneName,
  type Task,
  TEXT,
} from "./scenes.ts";

/** `ok`, or the client's own words. */
export type Outcomes = Partial<Record<Operation, string>>;

/** What a client did. */
export interface Played {
  outcomes: Record<SceneName, Outcomes>;
  /** The account afterwards. */
  sandbox: Sandbox;
}

/** What came of an operation, as a client tells it. */
export interface Line {
  scene: SceneName;
  operation: Operation;
  ok?: boolean;
  /** What `presign` gives. */
  url?: string;
  error?: string;
}

/** A client, which does all operations in all scenes. */
export type Player = (task: Task) => Promise<Line[]>;

/** Each request has other ids, which clients repeat in their errors. */
function withoutIds(text: string): string {
  return text.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-Za-z+/]{90,}=*/g, "ID");
}

/** What a presigned URL gives to a program that has no keys. */
async function outcomeOfUrl(url: string): Promise<string> {
  const response = await fetch(url);
  const text = await response.text();
  return response.ok && text === TEXT
    ? "ok"
    : `${response.status} ${text.replaceAll("&quot;", '"')}`;
}

async function outcomeOf({ ok, url, error }: Line): Promise<string> {
  if (error !== undefined) return withoutIds(error);
  if (url !== undefined) return withoutIds(await outcomeOfUrl(url));
  assert.ok(ok);
  return "ok";
}

/** Runs a client in a sandbox of its own, which stays open for a look. */
export async function play(player: Player): Promise<Played> {
  const { sandbox, task } = await openStage();
  const outcomes = Object.fromEntries(SCENE_NAMES.map((name) => [name, {}])) as Played["outcomes"];
  for (const line of await player(task)) {
    outcomes[line.scene][line.operation] = await outcomeOf(line);
  }
  return { outcomes, sandbox };
}
