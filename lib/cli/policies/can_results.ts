/**
 * What `can` has found out: each answer as a row of JSON and as text, and what could not be read.
 *
 * @module
 */
import type { S3CredentialsError } from "../../errors.ts";
import type { Answer } from "../../policy/ask.ts";
import type { Capability } from "../../policy/capabilities.ts";
import type { UnreadPolicy } from "../../policy/unread.ts";
import type { Io } from "../io.ts";
import { writeLine, writeMessage } from "../output.ts";
import type { SecondOpinion } from "./can_checks.ts";
import type { CanOptions } from "./can_options.ts";
import { answerText, capabilityText, probedText, unreadNames, unreadText } from "./can_text.ts";

/** What was answered, in the forms in which it can be printed. */
export interface Result {
  /** A row of JSON. */
  row: object;
  /** A line of text. */
  text: string;
  /** The bucket or key that it belongs to, as a heading. */
  heading?: string;
  /** What `--expect` is compared with; `undefined` if it is unknown, or holds for some keys only. */
  verdict: "allowed" | "denied" | undefined;
  /** Whether a call has shown it, so that it does not matter what could not be read. */
  isProbed: boolean;
}

/** The answer to a question about one action. */
export function actionResult(
  answer: Answer,
  unread: readonly UnreadPolicy[],
  { simulated, probed }: Partial<SecondOpinion> = {},
): Result {
  const { action, resource, decision, policies, missing } = answer;
  const isUnknown = decision === "unknown";
  const row = {
    action,
    resource,
    decision,
    policies: policies.map(({ type, name, statement, sid = null }) => ({
      type,
      name,
      statement,
      sid,
    })),
    missing: missing ?? null,
    ...(isUnknown && { unread: unread.map(({ what }) => what) }),
    ...(simulated !== undefined && { simulated }),
    ...(probed !== undefined && { probed }),
  };
  const isProbed = probed !== undefined && probed !== null;
  const opinions = [
    ...(simulated === undefined ? [] : [`simulated: ${simulated ?? "no answer"}`]),
    ...(probed === undefined ? [] : [`tried: ${probed ?? "no answer"}`]),
  ];
  const text = isUnknown && isProbed ? probedText(answer, probed) : answerText(answer, unread);
  return {
    row,
    text: [text, ...opinions].join("  "),
    verdict: isProbed ? probed : verdictOf(answer),
    isProbed,
  };
}

function verdictOf({ decision, isAllowedOnSome }: Answer): Result["verdict"] {
  if (decision === "unknown" || isAllowedOnSome) return undefined;
  return decision === "allowed" ? "allowed" : "denied";
}

const VERDICTS: Readonly<Record<Capability["answer"], Result["verdict"]>> = {
  yes: "allowed",
  no: "denied",
  some: undefined,
  unknown: undefined,
};

/** What can be done with a bucket or key, in one word. */
export function capabilityResult(
  { name, answer, granted }: Capability,
  { bucket, key }: { bucket: string; key?: string },
  unread: readonly UnreadPolicy[],
): Result {
  return {
    row: {
      bucket,
      ...(key !== undefined && { key }),
      capability: name,
      answer,
      granted,
      ...(answer === "unknown" && { unread: unread.map(({ what }) => what) }),
    },
    text: capabilityText({ name, answer, granted }),
    heading: key === undefined ? bucket : `${bucket}/${key}`,
    verdict: VERDICTS[answer],
    isProbed: false,
  };
}

/** Writes results to standard output, as JSON or as text under the buckets and keys. */
export async function writeResults(
  results: readonly Result[],
  isJson: boolean,
  io: Io,
): Promise<void> {
  if (isJson) {
    await writeLine(io, JSON.stringify(results.map(({ row }) => row), null, 2));
    return;
  }
  let heading: string | undefined;
  for (const result of results) {
    if (result.heading !== heading) {
      if (heading !== undefined) await writeLine(io, "");
      heading = result.heading;
      if (heading !== undefined) await writeLine(io, heading);
    }
    await writeLine(io, result.text);
  }
}

/** Warns of what could not be read, in one line of all that is not allowed. */
export async function writeReadErrors(
  unread: readonly UnreadPolicy[],
  errors: readonly S3CredentialsError[],
  io: Io,
): Promise<void> {
  const isOf = ({ what }: UnreadPolicy, { message }: S3CredentialsError) =>
    message.startsWith(`Could not read ${what}:`);
  const denied = unread.filter((one) =>
    errors.some((error) => error.code === "access-denied" && isOf(one, error))
  );
  const isOne = denied.length > 1;
  if (isOne) {
    await writeMessage(io, `Warning: These credentials may not read ${unreadNames(denied)}`);
  }
  for (const error of errors) {
    if (isOne && denied.some((one) => isOf(one, error))) continue;
    await writeMessage(io, `Warning: ${error.message}`);
  }
}

/** Says what could not be read, unless an error has said so, and what to do about it. */
export async function writeUnread(
  unread: readonly UnreadPolicy[],
  errors: readonly S3CredentialsError[],
  { user, role, key, probe }: CanOptions,
  io: Io,
): Promise<void> {
  const others = unread.filter(({ what }) =>
    !errors.some(({ message }) => message.startsWith(`Could not read ${what}:`))
  );
  if (others.length > 0) await writeMessage(io, unreadText(others));
  if (errors.length === 0) return;
  const isOwn = user === undefined && role === undefined && key === undefined;
  await writeMessage(
    io,
    "Use credentials that may read these policies (s3-credentials permissions can shows what " +
      `that takes)${isOwn && !probe ? ", or try an action with --action and --probe" : ""}`,
  );
  if (!unread.some(({ layer }) => layer === "resource")) return;
  await writeMessage(
    io,
    "If the bucket is another account's: get its policy from there, and judge the documents alone with " +
      "--policy, --bucket-policy, --principal and --context aws:ResourceAccount=ACCOUNT",
  );
}

/** Says which conditions were judged as those of a request that has no value for them. */
export async function writeOpenKeys(keys: readonly string[], io: Io): Promise<void> {
  if (keys.length === 0) return;
  await writeMessage(
    io,
    `The policies have conditions on ${
      keys.join(", ")
    }: these answers are for a request without, ` +
      "unless --context gives values",
  );
}
