/**
 * Refusing unknown options. Where options narrow what is granted, one that is misspelled
 * would grant more than is meant.
 *
 * @module
 */
import { InvalidInput } from "./errors.ts";
import { didYouMean, nearest } from "./suggest.ts";

/** Throws `InvalidInput` if an option that has a value has an unknown name. */
export function checkOptionNames(options: object, known: readonly string[]): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || known.includes(name)) continue;
    const near = didYouMean(nearest(name, known));
    throw new InvalidInput(
      `Unknown option ${JSON.stringify(name)}${near || `: expected one of ${known.join(", ")}`}`,
    );
  }
}
