/**
 * How the address of a bucket is written.
 *
 * @module
 */

/** The ways to write it. */
export const ADDRESSING_STYLES = ["virtual", "path"] as const;

/** Whether a bucket is a part of S3's host name (`virtual`), or of its path. */
export type AddressingStyle = typeof ADDRESSING_STYLES[number];
