/**
 * A guard for JSON of unknown shape.
 *
 * @module
 */

/** Whether a value is an object with fields, rather than `null`, an array or a primitive. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
