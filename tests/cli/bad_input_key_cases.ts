/** Command lines about the life of a key that make no sense. */
import { type Case, rows } from "./bad_input_cases.ts";

const extend: Case[] = rows(["extend"], [
  [[], "Missing argument USERNAME"],
  [["somebody"], "Missing argument END"],
  [["some body", "30d"], "letters, digits and _+=,.@- only"],
  [["somebody", "soon"], "Invalid end: expected a time such as 30d, 12h"],
  [["somebody", "30"], "expected a time such as"],
  [["somebody", "2001-01-31"], "is not in the future"],
  [["somebody", "30d", "12h"], "Too many arguments"],
]);

/** Each is to end before anything is sent. */
export const KEY_CASES: Record<string, Case[]> = {
  "end of keys": extend,
};
