/**
 * Tags of users, roles and whatever else has some.
 *
 * @module
 */

/** A tag of a user or role. */
export interface Tag {
  /** Unique regardless of case. */
  key: string;
  /** May be empty. */
  value: string;
}
